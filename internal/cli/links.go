package cli

import (
	"context"
	"fmt"

	"github.com/linkgraph/linkgraph/internal/medusa"
	"github.com/linkgraph/linkgraph/linkstore"
)

type linksPlanCommand struct {
	databaseFlags
	JSON bool `name:"json" help:"Print the steps as JSON."`
}

// planStep is a linkstore.Action as JSON.
type planStep struct {
	Kind      linkstore.ActionKind `json:"kind"`
	Link      string               `json:"link"`
	Table     string               `json:"table"`
	Reason    string               `json:"reason"`
	SQL       []string             `json:"sql"`
	Offenders []string             `json:"offenders,omitempty"`
}

// Run prints what a sync would do.
func (c *linksPlanCommand) Run(ctx context.Context, s *streams) error {
	return c.with(ctx, s, reads, func(db *database) error {
		plan, err := db.graph.Links.Plan(ctx)
		if err != nil {
			return err
		}
		if c.JSON {
			steps := make([]planStep, len(plan.Actions))
			for i, a := range plan.Actions {
				steps[i] = planStep(a)
			}
			return printJSON(s.out, steps)
		}
		fmt.Fprint(s.out, plan)
		return nil
	})
}

type linksSyncCommand struct {
	databaseFlags
	Safe bool `help:"Leave out what loses data (the default)." xor:"mode"`
	All  bool `help:"Include steps that lose data: drop tables of links that are no longer declared, change column types." xor:"mode"`
}

// Run syncs the link tables and prints what was done.
func (c *linksSyncCommand) Run(ctx context.Context, s *streams) error {
	return c.with(ctx, s, writes, func(db *database) error {
		mode := linkstore.Safe
		if c.All {
			mode = linkstore.All
		}
		done, err := db.graph.Links.Sync(ctx, mode)
		if err != nil {
			return err
		}
		fmt.Fprint(s.out, done)
		return nil
	})
}

type linksDiscoverCommand struct{ databaseFlags }

// Run prints the stanzas.
func (c *linksDiscoverCommand) Run(ctx context.Context, s *streams) error {
	return c.with(ctx, s, reads, func(db *database) error {
		found, err := medusa.Discover(ctx, db.pool, db.graph.Links.Catalog(), db.graph.Records.Catalog())
		if err != nil {
			return err
		}
		fmt.Fprint(s.out, found)
		return nil
	})
}
