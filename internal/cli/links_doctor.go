package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/linkgraph/linkgraph/internal/bookkeeping"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

type linksDoctorCommand struct {
	databaseFlags
	JSON     bool   `help:"Print one JSON object instead of a table." name:"json" env:"-"`
	Link     string `help:"Examine only this link." env:"-"`
	Examples int    `help:"Rows to show of each finding. 0 shows none." default:"3" env:"-"`
	HubSize  int64  `help:"How many links make a record a hub." default:"100000" env:"-"`
	Fix      bool   `help:"Dismiss damaged links, and delete records that a cascade should have taken. Prints the id of the deletion that undoes it." env:"-"`
}

// Validate refuses sizes that mean nothing.
func (c *linksDoctorCommand) Validate() error {
	if c.Examples < 0 {
		return errors.New("--examples must be 0 or more")
	}
	if c.HubSize < 1 {
		return errors.New("--hub-size must be at least 1")
	}
	return nil
}

// errDamage is the error of an examination that found damage.
var errDamage = errors.New("links are damaged")

// doctorResult is what the command prints as JSON. With --fix, the findings are those that are left.
type doctorResult struct {
	linkstore.Report
	Damaged bool       `json:"damaged"`
	Fixed   *fixResult `json:"fixed,omitempty"`
}

// fixResult is what --fix did.
type fixResult struct {
	DeletionID string         `json:"deletionId"`
	Links      map[string]int `json:"links"`   // dismissed, by link
	Records    map[string]int `json:"records"` // deleted, by model
}

// Run prints the findings, and fails if there is damage.
func (c *linksDoctorCommand) Run(ctx context.Context, s *streams) error {
	return c.with(ctx, s, sessionMode(c.Fix), func(db *database) error {
		if c.Fix {
			if err := db.prepareRepair(ctx); err != nil {
				return err
			}
		}
		if _, err := db.graph.Adapt(ctx); err != nil { // links and models without a table have no rows
			return err
		}
		result, err := c.examine(ctx, db)
		if err != nil {
			return err
		}
		if c.Fix {
			if result, err = c.fix(ctx, db, result); err != nil {
				return err
			}
		}
		if err := c.print(s, result); err != nil {
			return err
		}
		if result.Damaged {
			return errDamage
		}
		return nil
	})
}

func (c *linksDoctorCommand) examine(ctx context.Context, db *database) (doctorResult, error) {
	options := linkstore.ExamineOptions{Link: c.Link, Examples: c.Examples, HubSize: c.HubSize}
	if c.Examples == 0 {
		options.Examples = -1
	}
	report, err := db.graph.Links.Examine(ctx, options)
	if report.Findings == nil {
		report.Findings = []linkstore.Finding{} // [] in JSON
	}
	return doctorResult{Report: report, Damaged: report.Damaged()}, err
}

// fix repairs what was found, and examines again.
func (c *linksDoctorCommand) fix(ctx context.Context, db *database, found doctorResult) (doctorResult, error) {
	receipt, err := db.graph.Links.Repair(ctx, found.Report)
	if err != nil || receipt.DeletionID == "" {
		return found, err
	}
	fixed := &fixResult{receipt.DeletionID, map[string]int{}, map[string]int{}}
	for _, l := range receipt.Links {
		fixed.Links[l.Name]++
	}
	for _, r := range receipt.Records {
		fixed.Records[r.Model] = len(r.IDs)
	}
	left, err := c.examine(ctx, db)
	if err != nil {
		return left, fmt.Errorf("repaired as deletion %s, but: %w", receipt.DeletionID, err)
	}
	left.Fixed = fixed
	return left, nil
}

// prepareRepair creates the program's own tables, which note what is repaired. It leaves the tables of modules and links as they are:
// indexes cannot be created before the damage is gone.
func (db *database) prepareRepair(ctx context.Context) error {
	foreign, err := recordstore.Foreign(ctx, db.pool, db.graph.Records.Catalog())
	if err != nil {
		return err
	}
	if foreign {
		return errForeign
	}
	if db.pooled {
		if own, _, err := db.pending(ctx); err != nil || len(own) > 0 {
			return errors.Join(err, errPooledMigration)
		}
	}
	if _, err := bookkeeping.Migrate(ctx, db.pool); err != nil {
		return err
	}
	return db.graph.Links.Migrate(ctx)
}

func (c *linksDoctorCommand) print(s *streams, result doctorResult) error {
	if c.JSON {
		return printJSON(s.out, result)
	}
	table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	if len(result.Findings) > 0 {
		fmt.Fprintln(table, "SEVERITY\tFINDING\tLINK\tIN\tCOUNT\tWHAT TO DO")
	}
	for _, f := range result.Findings {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%s\n", f.Severity, f.Kind, f.Link, f.Subject, f.Count, f.Advice)
		for _, e := range f.Examples {
			fmt.Fprintf(table, "\t\t\t\t\t  %s\n", exampleText(e))
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%d links in %d tables: %d findings\n", result.Links, result.Tables, len(result.Findings))
	if f := result.Fixed; f != nil {
		fmt.Fprintf(s.out, "fixed: %s, %s\n", countsText(f.Links, "link"), countsText(f.Records, "record"))
		fmt.Fprintf(s.out, "undo:  mutation { restoreLinks(deletionId: %q) { deletionId } }\n", f.DeletionID)
	}
	return nil
}

// exampleText returns the parts of an example that it has.
func exampleText(e linkstore.Example) string {
	var parts []string
	for _, p := range []struct{ name, value string }{{"id", e.ID}, {"left", e.Left}, {"right", e.Right}} {
		if p.value != "" || p.name != "id" && e.ID != "" && e.Links == 0 && (e.Left != "" || e.Right != "") {
			parts = append(parts, fmt.Sprintf("%s %q", p.name, p.value))
		}
	}
	if e.Links > 0 {
		parts = append(parts, fmt.Sprintf("%d links", e.Links))
	}
	return strings.Join(parts, ", ")
}

func countsText(counts map[string]int, what string) string {
	n := 0
	for _, c := range counts {
		n += c
	}
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
