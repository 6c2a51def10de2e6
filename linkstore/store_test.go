package linkstore_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/linkstore"
	"github.com/linkgraph/linkgraph/linkstore/linktest"
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
	pool  *pgxpool.Pool
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
		pool:  pool,
		query: pool.Query,
		exec: func(ctx context.Context, sql string, args ...any) error {
			_, err := pool.Exec(ctx, sql, args...)
			return err
		},
	}
}

// within makes the subject work in a transaction, which is rolled back when the test ends.
func (s *subject) within(t testing.TB) {
	t.Helper()
	tx, err := s.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	s.Store = s.WithTx(tx)
	s.query = tx.Query
	s.exec = func(ctx context.Context, sql string, args ...any) error {
		_, err := tx.Exec(ctx, sql, args...)
		return err
	}
}

// reused are databases for tests that roll back what they write. As many are made as tests run at a time.
type reused struct {
	parent testing.TB // the databases are dropped when it ends

	mu   sync.Mutex
	free []*pgxpool.Pool
}

// take returns a database that is given back when the test ends.
func (r *reused) take(t testing.TB) *pgxpool.Pool {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	var pool *pgxpool.Pool
	if n := len(r.free); n > 0 {
		pool, r.free = r.free[n-1], r.free[:n-1]
	} else {
		pool = newDB(r.parent).Pool
	}
	t.Cleanup(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.free = append(r.free, pool)
	})
	return pool
}

func tableOf(schema, table string) string {
	if schema == "" {
		return pgx.Identifier{table}.Sanitize()
	}
	return pgx.Identifier{schema, table}.Sanitize()
}

// PutRecord makes a record.
func (s *subject) PutRecord(ctx context.Context, model, id, owner string) error {
	var columns, values []string
	var args []any
	add := func(key []linkstore.KeyColumn, names, parts []string) {
		for i, column := range key {
			args = append(args, parts[i])
			columns = append(columns, pgx.Identifier{names[i]}.Sanitize())
			values = append(values, fmt.Sprintf("$%d::text::%s", len(args), column.Type))
		}
	}
	m, _ := s.Catalog().Model(model)
	parts, err := m.SplitKey(id)
	if err != nil {
		return err
	}
	var names []string
	for _, column := range m.PrimaryKey {
		names = append(names, column.Name)
	}
	add(m.PrimaryKey, names, parts)
	if of, names := linktest.Owner(s.Catalog(), model); of != nil && owner != "" {
		if parts, err = of.SplitKey(owner); err != nil {
			return err
		}
		add(of.PrimaryKey, names, parts)
	}
	return s.exec(ctx, fmt.Sprintf(`INSERT INTO %s (%s) VALUES (%s)`,
		tableOf(m.Schema, m.Table), strings.Join(columns, ", "), strings.Join(values, ", ")), args...)
}

// readRecords reads the ids of a model's records, and whether they are live.
func (s *subject) readRecords(ctx context.Context, m *linkstore.Model, state linktest.State) error {
	live := "deleted_at IS NULL"
	if m.NoSoftDelete {
		live = "true"
	}
	parts := make([]string, len(m.PrimaryKey))
	var dests []any
	var columns []string
	for i, column := range m.PrimaryKey {
		columns = append(columns, pgx.Identifier{column.Name}.Sanitize()+"::text")
		dests = append(dests, &parts[i])
	}
	rows, err := s.query(
		ctx,
		fmt.Sprintf(`SELECT %s, %s FROM %s`, strings.Join(columns, ", "), live, tableOf(m.Schema, m.Table)),
	)
	if err != nil {
		return err
	}
	var isLive bool
	_, err = pgx.ForEachRow(rows, append(dests, &isLive), func() error {
		state.Records[linktest.Record{Model: m.Name, ID: m.JoinKey(parts...)}] = isLive
		return nil
	})
	return err
}

// State reads all tables.
func (s *subject) State(ctx context.Context) (linktest.State, error) {
	state := linktest.State{Links: map[linkstore.Pair]linktest.LinkState{}, Records: map[linktest.Record]bool{}}
	for _, m := range s.Catalog().Models() {
		if err := s.readRecords(ctx, m, state); err != nil {
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
		free := &reused{parent: t}
		linktest.Run(t, func(t *testing.T) linktest.Subject {
			s := newSubject(t, free.take(t))
			s.within(t)
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
