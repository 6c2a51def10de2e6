package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/linkgraph/linkgraph/internal/bookkeeping"
	"github.com/linkgraph/linkgraph/internal/medusa"
	"github.com/linkgraph/linkgraph/internal/recordstore"
)

type migrateCommand struct {
	databaseFlags
	Plan bool `help:"Print the pending migrations and what would be done for links, and change nothing."`
}

// Run brings the database up to date, or prints what that would do.
func (c *migrateCommand) Run(ctx context.Context, s *streams) error {
	return c.withNew(ctx, s, sessionMode(!c.Plan), func(db *database) error {
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

// migrate runs the pending migrations: of the program's own tables, then of the modules.
func (db *database) migrate(ctx context.Context, s *streams) error {
	if db.pooled {
		if own, modules, err := db.pending(ctx); err != nil || len(own)+len(modules) > 0 {
			return errors.Join(err, errPooledMigration)
		}
	}
	own, err := bookkeeping.Migrate(ctx, db.pool)
	if err != nil {
		return err
	}
	for _, file := range own {
		s.log.Info("migrated", "module", "bookkeeping", "file", file)
	}
	applied, err := medusa.Migrate(ctx, db.pool)
	if err != nil {
		return err
	}
	for _, a := range applied {
		if a.Blocked != "" {
			s.log.Warn("left out until the next start", "module", a.Module, "file", a.File, "in the way", a.Blocked)
			continue
		}
		s.log.Info("migrated", "module", a.Module, "file", a.File)
	}
	return nil
}

// pending returns the migrations that migrate would run.
func (db *database) pending(ctx context.Context) ([]bookkeeping.File, []recordstore.Pending, error) {
	own, err := bookkeeping.Pending(ctx, db.pool)
	if err != nil {
		return nil, nil, err
	}
	modules, err := medusa.MigrationPlan(ctx, db.pool)
	return own, modules, err
}

// showPlan prints what prepare would run: the pending migrations, and the statements for link tables.
func (db *database) showPlan(ctx context.Context, s *streams) error {
	own, modules, err := db.pending(ctx)
	if err != nil {
		return err
	}
	for _, file := range own {
		fmt.Fprintf(s.out, "-- bookkeeping, %s\n%s\n\n", file.Name, file.Up)
	}
	for _, p := range modules {
		fmt.Fprintf(s.out, "-- module %s, %s\n%s\n\n", p.Module, p.File, strings.Join(p.Statements, "\n"))
	}
	plan, err := db.graph.Links.Plan(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "-- links\n%s", plan)
	fmt.Fprintln(
		s.out,
		"-- The schema linkgraph also has what deletions removed, the outbox, and the versions of the migrations.",
	)
	return nil
}
