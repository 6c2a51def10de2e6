// Package medusatest gives tests a database as Medusa makes it.
package medusatest

import (
	"context"
	_ "embed"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/internal/pgtest"
)

//go:embed testdata/medusa-2.21.2.sql
var structure string

// New returns a database with the tables of Medusa 2.21.2, without rows but for those of its migrations.
func New(t testing.TB) *pgtest.DB {
	t.Helper()
	return pgtest.NewFrom(t, "medusa", func(ctx context.Context, pool *pgxpool.Pool) error {
		_, err := pool.Exec(ctx, structure)
		return err
	})
}
