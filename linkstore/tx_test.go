package linkstore_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/linkstore"
	"github.com/linkgraph/linkgraph/linkstore/linktest"
)

// trips counts round trips.
type trips struct{ atomic.Int64 }

func (c *trips) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	if data.SQL != "-- ping" {
		c.Add(1)
	}
	return ctx
}

func (*trips) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (c *trips) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	c.Add(1)
	return ctx
}

func (*trips) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}
func (*trips) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData)     {}

// onlyDB hides that a pool hands out connections.
type onlyDB struct{ linkstore.DB }

// newPool returns a pool of one connection, so that one that is not given back stops the test.
func newPool(t *testing.T, url string, tracer pgx.QueryTracer) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 1
	config.ConnConfig.Tracer = tracer
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// TestRoundTrips counts what calls on few records cost.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	counter := &trips{}
	s := newSubject(t, newPool(t, db.URL, counter))
	ctx := t.Context()
	for model, ids := range map[string][]string{"Product": {"p1"}, "Channel": {"c1"}, "Variant": {"v1"}, "PriceSet": {"s1"}} {
		for _, id := range ids {
			if err := s.PutRecord(ctx, model, id, ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	items := []linkstore.Item{{Link: linktest.Sold, Left: "p1", Right: "c1"}}
	variant := []linkstore.Records{{Model: "Variant", IDs: []string{"v1"}}}
	create := func(items []linkstore.Item, want linkstore.Outcome) func() error {
		return func() error {
			results, err := s.Create(ctx, items, linkstore.CreateOptions{})
			if err == nil && results[0].Outcome != want {
				err = fmt.Errorf("%s, want %s", results[0].Outcome, want)
			}
			return err
		}
	}
	for range 2 { // the first prepares the statements
		for _, c := range []struct {
			name string
			most int64
			call func() error
		}{
			{"create", 2, create(items, linkstore.Created)},
			{"create again", 2, create(items, linkstore.Unchanged)},
			{"dismiss", 1, func() error { _, err := s.Dismiss(ctx, items); return err }},
			{"revive", 2, create(items, linkstore.Revived)},
			{"create one to one", 2, create([]linkstore.Item{priced("v1", "s1")}, linkstore.Created)},
			{"delete", 4, func() error { _, err := s.DeleteRecords(ctx, variant); return err }},
			{"restore", 4, func() error { _, err := s.Restore(ctx, variant); return err }},
		} {
			counter.Store(0)
			if err := c.call(); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			if n := counter.Load(); n > c.most {
				t.Errorf("%s: %d round trips, want at most %d", c.name, n, c.most)
			}
		}
		if err := s.exec(ctx, `TRUNCATE product_channel, variant_price_set`); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFailedCalls has calls fail at every point, and looks that nothing is written and that the one connection works on.
func TestFailedCalls(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]func(*pgxpool.Pool) linkstore.DB{
		"pool":           func(p *pgxpool.Pool) linkstore.DB { return p },
		"no connections": func(p *pgxpool.Pool) linkstore.DB { return onlyDB{p} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := newDB(t)
			pool := newPool(t, db.URL, nil)
			s := newSubject(t, pool)
			s.Store = linkstore.New(of(pool), s.Catalog(), linkstore.Config{})
			failedCalls(t, s)
		})
	}
}

func failedCalls(t *testing.T, s *subject) {
	t.Helper()
	ctx := t.Context()
	for model, ids := range map[string][]string{"Product": {"p1"}, "Channel": {"c1", "c2"}, "Variant": {"v1"}, "PriceSet": {"s1", "s2"}} {
		for _, id := range ids {
			if err := s.PutRecord(ctx, model, id, ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.exec(ctx, `
		CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF NEW.channel_id = 'c2' AND NEW.deleted_at IS NULL THEN RAISE EXCEPTION 'too late'; END IF; RETURN NULL; END $$;
		CREATE CONSTRAINT TRIGGER late AFTER INSERT OR UPDATE ON product_channel DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION late()`); err != nil {
		t.Fatal(err)
	}
	create := func(ctx context.Context, s *linkstore.Store, items ...linkstore.Item) error {
		_, err := s.Create(ctx, items, linkstore.CreateOptions{})
		return err
	}
	if err := create(ctx, s.Store, priced("v1", "s1")); err != nil {
		t.Fatal(err)
	}
	before, err := s.State(ctx)
	if err != nil {
		t.Fatal(err)
	}
	sold := linkstore.Item{Link: linktest.Sold, Left: "p1", Right: "c1"}
	hook := errors.New("no")
	for name, call := range map[string]func() error{
		"record": func() error {
			return create(ctx, s.Store, sold, linkstore.Item{Link: linktest.Sold, Left: "p9", Right: "c1"})
		},
		"conflict": func() error { return create(ctx, s.Store, sold, priced("v1", "s2")) },
		"commit": func() error {
			return create(ctx, s.Store, linkstore.Item{Link: linktest.Sold, Left: "p1", Right: "c2"})
		},
		"cancelled": func() error {
			ctx, cancel := context.WithTimeout(ctx, time.Nanosecond)
			defer cancel()
			return create(ctx, s.Store, sold)
		},
		"hook": func() error {
			return create(ctx, s.WithWritten(func(context.Context, linkstore.Written, *pgx.Batch) error { return hook }), sold)
		},
		"statement of the hook": func() error {
			return create(ctx, s.WithWritten(func(_ context.Context, _ linkstore.Written, last *pgx.Batch) error {
				last.Queue(`SELECT 1/0`)
				return nil
			}), sold)
		},
		"rows of the hook": func() error {
			return create(ctx, s.WithWritten(func(_ context.Context, _ linkstore.Written, last *pgx.Batch) error {
				last.Queue(`SELECT 1`).Query(func(pgx.Rows) error { return hook })
				return nil
			}), sold)
		},
		"deletion": func() error {
			_, err := s.RestoreDeletion(ctx, "del_none")
			return err
		},
		"panic": func() (err error) {
			defer func() { err = fmt.Errorf("%v", recover()) }()
			return create(ctx, s.WithWritten(func(context.Context, linkstore.Written, *pgx.Batch) error { panic(hook) }), sold)
		},
	} {
		if err := call(); err == nil {
			t.Errorf("%s: no error", name)
		}
		after, err := s.State(ctx)
		if err != nil {
			t.Fatalf("%s: then: %v", name, err)
		}
		if fmt.Sprint(before) != fmt.Sprint(after) {
			t.Errorf("%s: leaves %v", name, after)
		}
	}
	if err := create(ctx, s.Store, sold); err != nil {
		t.Error(err)
	}
}

// TestConnection runs calls on a connection that is not of a pool.
func TestConnection(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	s := newSubject(t, db.Pool)
	conn, err := pgx.Connect(t.Context(), db.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	s.Store = linkstore.New(conn, s.Catalog(), linkstore.Config{})
	ctx := t.Context()
	if err := s.PutRecord(ctx, "Product", "p1", ""); err != nil {
		t.Fatal(err)
	}
	if err := s.PutRecord(ctx, "Channel", "c1", ""); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		for _, left := range []string{"p9", "p1"} {
			_, err := s.Create(
				ctx,
				[]linkstore.Item{{Link: linktest.Sold, Left: left, Right: "c1"}},
				linkstore.CreateOptions{},
			)
			if (err == nil) != (left == "p1") {
				t.Fatal(err)
			}
		}
		if _, err := s.Dismiss(ctx, []linkstore.Item{{Link: linktest.Sold, Left: "p1", Right: "c1"}}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestEventData compares the events of a few links, whose extra columns the database writes as JSON, with those of many.
func TestEventData(t *testing.T) {
	t.Parallel()
	pool := newDB(t).Pool
	ctx := t.Context()
	catalog, err := linkstore.NewCatalog([]linkstore.Model{
		{
			Module: "a",
			Name:   "A",
			Key:    "a_id",
		},
		{
			Module:     "b",
			Name:       "B",
			Key:        "b_id",
			PrimaryKey: []linkstore.KeyColumn{{Name: "x"}, {Name: "y", Type: "integer"}},
		},
	}, []linkstore.Definition{
		{
			Name:     "it's",
			Table:    "its",
			IDPrefix: "x",
			Left:     linkstore.End{Model: "A", IsList: true},
			Right:    linkstore.End{Model: "B", IsList: true},
			Columns: []linkstore.Column{
				{Name: "te'xt"},
				{Name: "whole", Type: linkstore.Integer},
				{Name: "exact", Type: linkstore.Decimal},
				{Name: "yes", Type: linkstore.Boolean},
				{Name: "at", Type: linkstore.Timestamp},
				{Name: "doc", Type: linkstore.JSON},
				{Name: "float", Type: linkstore.Float},
				{Name: "fixed", Default: "x"},
			},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := linkstore.New(pool, catalog, linkstore.Config{})
	if _, err := s.Sync(ctx, linkstore.Safe); err != nil {
		t.Fatal(err)
	}
	for n, data := range []map[string]any{
		nil,
		{"te'xt": "a \"b\" \\ <c> \u2028 é", "whole": -7, "exact": "1.50", "yes": false, "at": "2026-01-31T12:00:00.120Z", "doc": json.RawMessage(`{"b":[1.0,null],"a":"<"}`), "float": 0.1},
		{"te'xt": "", "whole": 0, "exact": "100", "yes": true, "at": "2026-10-10T10:10:10+02:00", "doc": json.RawMessage(`null`), "float": 1e21},
		{"exact": "0.000", "at": "0001-01-01T00:00:00Z", "doc": json.RawMessage(`"x"`), "float": 1e-7},
		{"exact": "1e5", "at": "9999-12-31T23:59:59.999999Z", "doc": json.RawMessage(`1e3`), "float": -12345678.125},
	} {
		right := fmt.Sprintf("a%%3Ab%%25:%d", n)
		items := make([]linkstore.Item, 601)
		for i := range items {
			items[i] = linkstore.Item{Link: "it's", Left: fmt.Sprintf("l%d", i), Right: right, Data: data}
		}
		for _, some := range [][]linkstore.Item{items[:1], items[1:]} {
			if _, err := s.Create(ctx, some, linkstore.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Dismiss(ctx, some); err != nil {
				t.Fatal(err)
			}
		}
		rows, err := pool.Query(
			ctx,
			`SELECT concat_ws(' ', right_key, data, count(*)) FROM linkgraph.link_event WHERE right_key = $1 GROUP BY right_key, data`,
			right,
		)
		if err != nil {
			t.Fatal(err)
		}
		got, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 || !strings.HasSuffix(got[0], " 1202") {
			t.Errorf("events differ:\n%s", strings.Join(got, "\n"))
		}
	}
}
