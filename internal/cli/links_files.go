package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/linkgraph/linkgraph/internal/linkfile"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

type linksImportCommand struct {
	databaseFlags
	File    string `arg:"" complete:"files" help:"CSV or JSONL file with the columns (or keys) link, left, right and extra columns; - reads the standard input."`
	Link    string `help:"Link of rows that do not name one."`
	Format  string `help:"csv or jsonl. Default: by the file's extension." enum:",csv,jsonl" default:""`
	Batch   int    `help:"Rows per transaction." default:"5000"`
	Replace bool   `help:"Dismiss existing links that conflict with imported ones."`
	Resume  bool   `help:"Continue an interrupted import of the same file."`
	DryRun  bool   `help:"Check all rows and report the result without writing links. Rejected rows are written to the rejects file."`
	JSON    bool   `name:"json" help:"Print the report as JSON."`
	Rejects string `help:"File for rejected rows. It is overwritten. Default: beside the file, as links.rejects.csv." type:"path"`
}

// errRejected is the error of an import that left rows out.
var errRejected = errors.New("rows were rejected")

// Run imports the file, and fails if a row was rejected.
func (c *linksImportCommand) Run(ctx context.Context, s *streams) error {
	return c.with(ctx, s, writes, func(db *database) error {
		if !c.DryRun {
			if err := db.prepareOwn(ctx, s); err != nil {
				return err
			}
			return c.load(ctx, s, db.pool, db.graph.Links)
		}
		// All of the file is one transaction, so that rows see what earlier ones would have written.
		tx, err := db.pool.Begin(ctx)
		if err != nil {
			return err
		}
		return errors.Join(c.load(ctx, s, tx, db.graph.Links.WithTx(tx)), tx.Rollback(ctx))
	})
}

// load imports the file into a store and prints the report.
func (c *linksImportCommand) load(ctx context.Context, s *streams, db recordstore.DB, links *linkstore.Store) error {
	importer := linkfile.Importer{
		DB: db, Links: links, Link: c.Link, Format: linkfile.Format(c.Format), Batch: c.Batch,
		Replace: c.Replace, Resume: c.Resume, Rejects: c.Rejects, Stdin: os.Stdin, Progress: s.err,
	}
	report, err := importer.File(ctx, c.File)
	if report.Rows > 0 || err == nil {
		if err := c.print(s, report); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	if report.Rejected > 0 {
		return partlyError{fmt.Errorf("%s: %d %w", c.File, report.Rejected, errRejected)}
	}
	return nil
}

func (c *linksImportCommand) print(s *streams, report linkfile.Report) error {
	switch {
	case c.JSON:
		return printJSON(s.out, report)
	case c.DryRun:
		_, err := fmt.Fprintf(s.out, "%s: dry run, nothing was written: %s\n", c.File, report)
		return err
	}
	_, err := fmt.Fprintf(s.out, "%s: %s\n", c.File, report)
	return err
}

type linksExportCommand struct {
	databaseFlags
	File   string `arg:"" optional:"" default:"-" complete:"files" help:"File to write; - writes to the standard output."`
	Link   string `help:"Export only this link."`
	Format string `help:"csv or jsonl. Default: by the file's extension; csv on the standard output." enum:",csv,jsonl" default:""`
}

// Run exports the live links.
func (c *linksExportCommand) Run(ctx context.Context, s *streams) error {
	return c.with(ctx, s, reads, func(db *database) error {
		if _, err := db.graph.Adapt(ctx); err != nil { // links without a table have no rows
			return err
		}
		exporter := linkfile.Exporter{
			DB:       db.pool,
			Links:    db.graph.Links,
			Link:     c.Link,
			Format:   linkfile.Format(c.Format),
			Stdout:   s.out,
			Progress: s.err,
		}
		if c.Format == "" && c.File == "-" {
			exporter.Format = linkfile.CSV
		}
		n, err := exporter.File(ctx, c.File)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.err, "%s: %d links\n", c.File, n)
		return nil
	})
}
