package cli

import (
	"context"
	"fmt"

	"github.com/linkgraph/linkgraph/internal/recordstore"
)

type migrateCommand struct {
	databaseFlags
	Plan bool `help:"Show what would be done, and do nothing."`
}

// Run migrates the database, or prints what would be done.
func (c *migrateCommand) Run(ctx context.Context, s *streams) error {
	return c.with(ctx, s, sessionMode(!c.Plan), func(db *database) error {
		if c.Plan {
			return db.showPlan(ctx, s)
		}
		if err := db.prepare(ctx, s); err != nil {
			return err
		}
		fmt.Fprintln(s.out, "the database is up to date")
		return nil
	})
}

// showPlan prints every statement of prepare that would change something.
func (db *database) showPlan(ctx context.Context, s *streams) error {
	pending, err := recordstore.MigrationPlan(ctx, db.pool)
	if err != nil {
		return err
	}
	for _, p := range pending {
		if len(p.Statements) == 0 {
			fmt.Fprintf(s.out, "-- module %s, %s: all there\n", p.Module, p.File)
			continue
		}
		fmt.Fprintf(s.out, "-- module %s, %s\n", p.Module, p.File)
		for _, statement := range p.Statements {
			fmt.Fprintf(s.out, "%s;\n", statement)
		}
	}
	plan, err := db.graph.Links.Plan(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "-- links\n%s", plan)
	fmt.Fprintln(
		s.out,
		"-- bookkeeping: what deletions removed, the outbox and the versions of the above are in the Postgres schema linkgraph",
	)
	return nil
}
