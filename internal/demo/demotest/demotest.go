// Package demotest creates databases for tests that need both stores.
package demotest

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/bookkeeping"
	"github.com/linkgraph/linkgraph/internal/demo"
	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

// Tables creates the tables of all modules and links, and returns the graph over them.
func Tables(ctx context.Context, pool *pgxpool.Pool, cfg graph.Config) (*graph.Graph, error) {
	g, err := graph.New(pool, cfg)
	if err != nil {
		return nil, err
	}
	if _, err := bookkeeping.Migrate(ctx, pool); err != nil {
		return nil, err
	}
	if _, err := recordstore.Migrate(ctx, pool); err != nil {
		return nil, err
	}
	_, err = g.Links.Sync(ctx, linkstore.Safe)
	return g, err
}

// Store creates the tables and loads the demo store.
func Store(ctx context.Context, pool *pgxpool.Pool, cfg graph.Config) error {
	g, err := Tables(ctx, pool, cfg)
	if err != nil {
		return err
	}
	_, err = demo.Load(ctx, pool, g.Records, g.Links)
	return err
}

// Empty returns a database with all tables. Its only records are those that migrations insert.
func Empty(t testing.TB) *pgtest.DB {
	t.Helper()
	return pgtest.NewFrom(t, "empty", func(ctx context.Context, pool *pgxpool.Pool) error {
		_, err := Tables(ctx, pool, graph.Config{})
		return err
	})
}

// New returns a database with the demo store.
func New(t testing.TB) *pgtest.DB {
	t.Helper()
	return pgtest.NewFrom(t, "demo", func(ctx context.Context, pool *pgxpool.Pool) error {
		return Store(ctx, pool, graph.Config{})
	})
}
