// Command bulklink links products to sales channels, one link per row of a CSV file.
//
//	LINKGRAPH_KEY=sk_… go run ./scripts/bulklink links.csv
//
// The file has a header with the columns handle (of a product) and sales_channel (its name). All rows are resolved
// before anything is written. Links are then made in batches, each all or nothing. Making a link again changes
// nothing, so the same file can be run again after an error.
//
// Standard output has one line per row, separated by tabs: its line in the file, the handle, the channel, the outcome.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/Khan/genqlient/graphql"
)

func main() {
	err := run(context.Background(), os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "bulklink:", err)
		os.Exit(1)
	}
}

// maxBatch is the most links that createLinks accepts at once.
const maxBatch = 10_000

func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	flags := flag.NewFlagSet("bulklink", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintln(
			stderr,
			"usage: bulklink [--dry-run] [--batch N] FILE.csv\nThe key is read from LINKGRAPH_KEY, the address of the API from LINKGRAPH_URL.",
		)
		flags.PrintDefaults()
	}
	dry := flags.Bool("dry-run", false, "resolve all rows and write nothing")
	batch := flags.Int("batch", 1000, fmt.Sprintf("links of one call, %d at most", maxBatch))
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 || *batch < 1 || *batch > maxBatch {
		flags.Usage()
		return flag.ErrHelp
	}
	key := getenv("LINKGRAPH_KEY")
	if key == "" {
		return errors.New("LINKGRAPH_KEY is empty; it is a secret key, sk_…")
	}
	url := getenv("LINKGRAPH_URL")
	if url == "" {
		url = "http://127.0.0.1:8080/graphql"
	}
	file, err := os.Open(flags.Arg(0))
	if err != nil {
		return err
	}
	defer file.Close()
	rows, err := readRows(file)
	if err != nil {
		return fmt.Errorf("%s: %w", flags.Arg(0), err)
	}
	l := &linker{
		client: graphql.NewClient(url, &patient{
			next: keyed{key, &http.Client{Timeout: time.Minute}}, attempts: 6, wait: wait,
			told: func(why string, pause time.Duration) { fmt.Fprintf(stderr, "%s; trying again in %s\n", why, pause) },
		}),
		out: stdout, batch: *batch,
	}
	if err := l.resolve(ctx, rows); err != nil {
		return err
	}
	if *dry {
		fmt.Fprintf(stderr, "%d rows can be linked; nothing is written\n", len(rows))
		return nil
	}
	err = l.link(ctx, rows)
	fmt.Fprintln(stderr, l.summary(len(rows)))
	return err
}
