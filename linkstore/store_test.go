package linkstore_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"linkgraph/internal/pgtest"
	"linkgraph/linkstore"
	"linkgraph/linkstore/linktest"
)

// newDB returns a database with the tables of the test catalogue and its links.
func newDB(t testing.TB) *pgtest.DB {
	t.Helper()
	return pgtest.NewFrom(t, "linktest", func(ctx context.Context, pool *pgxpool.Pool) error {
		if _, err := pool.Exec(ctx, linktest.Tables); err != nil {
			return err
		}
		catalog, err := linktest.Catalog()
		if err != nil {
			return err
		}
		_, err = linkstore.New(pool, catalog, linkstore.Config{}).Sync(ctx, linkstore.Safe)
		return err
	})
}

// subject is the store on a real Postgres.
type subject struct {
	*linkstore.Store
	query func(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	exec  func(ctx context.Context, sql string, args ...any) error
}

func newSubject(t testing.TB, pool *pgxpool.Pool) *subject {
	t.Helper()
	catalog, err := linktest.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	return &subject{
		Store: linkstore.New(pool, catalog, linkstore.Config{}),
		query: pool.Query,
		exec: func(ctx context.Context, sql string, args ...any) error {
			_, err := pool.Exec(ctx, sql, args...)
			return err
		},
	}
}

func table(c *linkstore.Catalog, model string) string {
	m, _ := c.Model(model)
	return pgx.Identifier{m.Table}.Sanitize()
}

// PutRecord makes a record.
func (s *subject) PutRecord(ctx context.Context, model, id, owner string) error {
	if column := linktest.OwnerColumn(s.Catalog(), model); column != "" && owner != "" {
		return s.exec(ctx, fmt.Sprintf(`INSERT INTO %s (id, %s) VALUES ($1, $2)`, table(s.Catalog(), model), column), id, owner)
	}
	return s.exec(ctx, fmt.Sprintf(`INSERT INTO %s (id) VALUES ($1)`, table(s.Catalog(), model)), id)
}

// State reads all tables.
func (s *subject) State(ctx context.Context) (linktest.State, error) {
	state := linktest.State{Links: map[linkstore.Pair]linktest.LinkState{}, Records: map[linktest.Record]bool{}}
	for _, m := range s.Catalog().Models() {
		rows, err := s.query(ctx, `SELECT id, deleted_at IS NULL FROM `+table(s.Catalog(), m.Name))
		if err != nil {
			return state, err
		}
		var id string
		var live bool
		if _, err := pgx.ForEachRow(rows, []any{&id, &live}, func() error {
			state.Records[linktest.Record{Model: m.Name, ID: id}] = live
			return nil
		}); err != nil {
			return state, err
		}
	}
	for _, d := range s.Catalog().Links() {
		if d.ReadOnly != "" {
			continue
		}
		module, err := s.Module(d.Name)
		if err != nil {
			return state, err
		}
		links, err := module.List(ctx, linkstore.ListOptions{WithDeleted: true})
		if err != nil {
			return state, err
		}
		for _, l := range links {
			l2 := linktest.LinkState{Live: l.DeletedAt == nil}
			if q, ok := l.Data["quantity"]; ok {
				l2.Data = fmt.Sprint(q)
			}
			state.Links[l.Pair()] = l2
		}
	}
	return state, nil
}

func TestSuite(t *testing.T) {
	t.Parallel()
	t.Run("Postgres", func(t *testing.T) {
		t.Parallel()
		linktest.Run(t, func(t *testing.T) linktest.Subject { return newSubject(t, newDB(t).Pool) })
	})
	t.Run("InTransaction", func(t *testing.T) {
		t.Parallel()
		linktest.Run(t, func(t *testing.T) linktest.Subject {
			pool := newDB(t).Pool
			tx, err := pool.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
			s := newSubject(t, pool)
			s.Store = s.WithTx(tx)
			s.query = tx.Query
			s.exec = func(ctx context.Context, sql string, args ...any) error {
				_, err := tx.Exec(ctx, sql, args...)
				return err
			}
			return s
		})
	})
	t.Run("Model", func(t *testing.T) {
		t.Parallel()
		linktest.Run(t, func(t *testing.T) linktest.Subject {
			catalog, err := linktest.Catalog()
			if err != nil {
				t.Fatal(err)
			}
			return linktest.NewModel(catalog)
		})
	})
}
