// Package cli is the program linkgraph: its commands, one file each, and their flags.
package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"

	"github.com/alecthomas/kong"

	"github.com/linkgraph/linkgraph/internal/buildinfo"
)

// commands are the commands of the program.
type commands struct {
	logFlags
	Version kong.VersionFlag `help:"Print the version, the commit and the version of Go."`

	Serve   serveCommand   `cmd:"" default:"withargs" help:"Serve the API and the playground (the default)."`
	Migrate migrateCommand `cmd:"" help:"Bring the modules' tables and the link tables up to date."`
	Links   struct {
		Plan     linksPlanCommand     `cmd:"" help:"Show what sync would do to the link tables."`
		Sync     linksSyncCommand     `cmd:"" help:"Change the link tables to match the schema."`
		Import   linksImportCommand   `cmd:"" help:"Import links from a CSV or JSONL file."`
		Export   linksExportCommand   `cmd:"" help:"Export links to a CSV or JSONL file."`
		Doctor   linksDoctorCommand   `cmd:"" help:"Look for damaged links and neglected link tables; with --fix, repair what can be."`
		Discover linksDiscoverCommand `cmd:"" help:"Print stanzas for link tables that are not declared, to paste into the schema."`
	} `cmd:"" help:"Compare the declared links with the database."`
	Keys   keysCommands  `cmd:"" help:"Manage API keys."`
	Events eventsCommand `cmd:"" help:"Print the events of links in commit order, and follow new ones."`
	Prune  pruneCommand  `cmd:"" help:"Remove old events, audit rows, deletions and answers of idempotency keys."`
	Audit  auditCommand  `cmd:"" help:"Print the audit log."`
	Schema schemaCommand `cmd:"" help:"Print the schema, as admins or storefronts see it."`
	Import struct {
		Shopify importShopifyCommand `cmd:"" help:"Import a Shopify product export."`
	} `cmd:"" help:"Import data."`
	Completion completionCommand `cmd:"" help:"Print the script that completes commands and flags in a shell."`
	Complete   completeCommand   `cmd:"" name:"__complete" passthrough:"" hidden:""`
}

// streams are the outputs of a command.
type streams struct {
	out, err io.Writer
	log      *slog.Logger
	command  string // its name, such as "keys create"
}

// Run runs the program with its arguments until it is done or gets a signal to stop.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	ctx, stop := untilSignal(ctx)
	defer stop()
	cli := commands{Serve: newServeCommand()}
	exited := false
	parser, err := newParser(&cli, stdout, stderr, func(int) { exited = true })
	if err != nil {
		return err
	}
	selected, err := parser.Parse(args)
	if exited { // --help or --version has been printed
		return nil
	}
	if err != nil {
		return err
	}
	log, err := cli.logger(stderr)
	if err != nil {
		return err
	}
	s := &streams{stdout, stderr, log, selected.Command()}
	selected.BindTo(ctx, (*context.Context)(nil))
	return selected.Run(s)
}

// newParser returns the parser of command lines. It calls exit after it has printed the help or the version.
func newParser(cli *commands, stdout, stderr io.Writer, exit func(int)) (*kong.Kong, error) {
	return kong.New(
		cli,
		kong.Name("linkgraph"),
		kong.Description(
			"A GraphQL API over linked modules. Without --database-url it runs a private Postgres under --data-dir.",
		),
		kong.Vars{"version": buildinfo.Read().String()},
		kong.Writers(stdout, stderr),
		kong.Exit(exit),
		kong.UsageOnError(),
		kong.ExplicitGroups(serveGroups()),
		kong.ValueFormatter(helpOfValue),
		kong.ConfigureHelp(kong.HelpOptions{WrapUpperBound: helpWidth}),
		kong.PostBuild(initialDefaults),
	)
}

// printJSON prints a value as indented JSON.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// initialDefaults makes the value that a flag has before the arguments are parsed its default, where its tag names
// none.
func initialDefaults(k *kong.Kong) error {
	return kong.Visit(k.Model, func(node kong.Visitable, next kong.Next) error {
		if f, ok := node.(*kong.Flag); ok && !f.HasDefault && !f.Target.IsZero() {
			f.Default, f.HasDefault = fmt.Sprint(f.Target.Interface()), true
		}
		return next(nil)
	})
}
