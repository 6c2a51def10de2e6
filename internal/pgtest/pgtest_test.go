package pgtest_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/internal/pgtest"
)

func TestNewLogsStatements(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	if _, err := db.Pool.Exec(t.Context(), "SELECT\n  1"); err != nil {
		t.Fatal(err)
	}
	if got := db.Statements(); len(got) != 1 || got[0] != "SELECT 1" {
		t.Errorf("statements: %q", got)
	}
}

func TestNewFromCopies(t *testing.T) {
	t.Parallel()
	runs := 0
	prepare := func(ctx context.Context, pool *pgxpool.Pool) error {
		runs++
		_, err := pool.Exec(ctx, `CREATE TABLE a (n integer); INSERT INTO a VALUES (7)`)
		return err
	}
	for range 2 {
		db := pgtest.NewFrom(t, "copies", prepare)
		var n int
		if err := db.Pool.QueryRow(t.Context(), `UPDATE a SET n = n + 1 RETURNING n`).Scan(&n); err != nil || n != 8 {
			t.Errorf("n = %d, %v", n, err)
		}
	}
	if runs != 1 {
		t.Errorf("prepared %d times", runs)
	}
}
