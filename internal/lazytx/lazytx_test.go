package lazytx_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/internal/lazytx"
	"github.com/linkgraph/linkgraph/internal/pgtest"
)

// trips records what is sent: the statements of each round trip.
type trips struct {
	mu   sync.Mutex
	sent []string
}

func (c *trips) note(statements ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent = append(c.sent, strings.Join(statements, "; "))
}

// take returns the round trips since the last call.
func (c *trips) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	sent := c.sent
	c.sent = nil
	return sent
}

func (c *trips) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	c.note(data.SQL)
	return ctx
}

func (*trips) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (c *trips) TraceBatchStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	var statements []string
	for _, q := range data.Batch.QueuedQueries {
		statements = append(statements, q.SQL)
	}
	c.note(statements...)
	return ctx
}

func (*trips) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

func (*trips) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// open returns a pool of one session with a table, and what it sends.
func open(t *testing.T) (*pgxpool.Pool, *trips) {
	t.Helper()
	db := pgtest.New(t)
	cfg, err := pgxpool.ParseConfig(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	sent := &trips{}
	cfg.ConnConfig.Tracer, cfg.MaxConns = sent, 1
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	if _, err := pool.Exec(t.Context(), `CREATE TABLE t (n integer PRIMARY KEY)`); err != nil {
		t.Fatal(err)
	}
	sent.take()
	return pool, sent
}

func count(t *testing.T, db interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
},
) (n int) {
	t.Helper()
	if err := db.QueryRow(t.Context(), `SELECT count(*) FROM t`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

const beginSnapshot = "begin isolation level repeatable read read only"

func TestSnapshotTravelsAlong(t *testing.T) {
	t.Parallel()
	pool, sent := open(t)
	tx := lazytx.Open(pool, lazytx.Snapshot())
	count(t, tx)
	tx.Ending()
	count(t, tx)
	want := []string{beginSnapshot + "; SELECT count(*) FROM t", "SELECT count(*) FROM t; commit"}
	if diff := cmp.Diff(want, sent.take()); diff != "" {
		t.Errorf("round trips (-want +got):\n%s", diff)
	}
	if err := tx.Rollback(t.Context()); !errors.Is(err, pgx.ErrTxClosed) {
		t.Errorf("it is not closed: %v", err)
	}
	single := lazytx.Open(pool, lazytx.Snapshot())
	single.Ending()
	count(t, single)
	if diff := cmp.Diff([]string{"SELECT count(*) FROM t"}, sent.take()); diff != "" {
		t.Errorf("a single statement (-want +got):\n%s", diff)
	}
	batch := &pgx.Batch{}
	batch.Queue(`SELECT 1`)
	batch.Queue(`SELECT 2`)
	several := lazytx.Open(pool, lazytx.Snapshot())
	several.Ending()
	if err := several.SendBatch(t.Context(), batch).Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{beginSnapshot + "; SELECT 1; SELECT 2; commit"}, sent.take()); diff != "" {
		t.Errorf("several at once (-want +got):\n%s", diff)
	}
	if idle := pool.Stat().IdleConns(); idle != 1 {
		t.Errorf("%d sessions are idle, want 1", idle)
	}
}

func TestSnapshotIsOneMoment(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	if _, err := db.Pool.Exec(t.Context(), `CREATE TABLE t (n integer PRIMARY KEY)`); err != nil {
		t.Fatal(err)
	}
	tx := lazytx.Open(db.Pool, lazytx.Snapshot())
	defer tx.Rollback(t.Context()) //nolint:errcheck // nothing is to be kept
	before := count(t, tx)
	if _, err := db.Pool.Exec(t.Context(), `INSERT INTO t VALUES (1)`); err != nil {
		t.Fatal(err)
	}
	if after := count(t, tx); after != before {
		t.Errorf("the snapshot has %d rows, and then %d", before, after)
	}
	if _, err := tx.Exec(t.Context(), `INSERT INTO t VALUES (2)`); err == nil {
		t.Error("a snapshot can be written to")
	}
}

func TestQueueTravelsWithTheNext(t *testing.T) {
	t.Parallel()
	pool, sent := open(t)
	tx := lazytx.Open(pool, pgx.TxOptions{})
	var order []string
	tx.QueueExec(nil, `INSERT INTO t VALUES (1)`)
	tx.Queue(func(pgx.Rows) error {
		order = append(order, "read")
		return nil
	}, `SELECT n FROM t`)
	if err := tx.Check(func() error { order = append(order, "check"); return nil }); err != nil {
		t.Fatal(err)
	}
	if n := count(t, tx); n != 1 {
		t.Errorf("%d rows", n)
	}
	tx.QueueExec(nil, `INSERT INTO t VALUES (2)`)
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"begin; INSERT INTO t VALUES (1); SELECT n FROM t; SELECT count(*) FROM t", "INSERT INTO t VALUES (2); commit",
	}
	if diff := cmp.Diff(want, sent.take()); diff != "" {
		t.Errorf("round trips (-want +got):\n%s", diff)
	}
	if !slices.Equal(order, []string{"read", "check"}) {
		t.Errorf("order: %v", order)
	}
	if n := count(t, pool); n != 2 {
		t.Errorf("%d rows are committed", n)
	}
}

func TestFailureRollsBack(t *testing.T) {
	t.Parallel()
	pool, _ := open(t)
	refused := errors.New("refused")
	for _, c := range []struct {
		name string
		run  func(tx *lazytx.Tx) error
	}{
		{"a statement", func(tx *lazytx.Tx) error {
			tx.QueueExec(nil, `INSERT INTO t VALUES (1), (1)`)
			return tx.Commit(t.Context())
		}},
		{"a check", func(tx *lazytx.Tx) error {
			tx.QueueExec(nil, `INSERT INTO t VALUES (1)`)
			if err := tx.Check(func() error { return refused }); err != nil {
				return err
			}
			return tx.Commit(t.Context())
		}},
		{"a statement before COMMIT", func(tx *lazytx.Tx) error {
			tx.LastCall()
			tx.QueueExec(nil, `INSERT INTO t VALUES (1)`)
			tx.EndCall()
			_, err := tx.Exec(t.Context(), `SELECT 1/0`)
			return err
		}},
		{"a context that has ended", func(tx *lazytx.Tx) error {
			tx.QueueExec(nil, `INSERT INTO t VALUES (1)`)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			return tx.Commit(ctx)
		}},
	} {
		tx := lazytx.Open(pool, pgx.TxOptions{})
		if err := c.run(tx); err == nil {
			t.Errorf("%s: no error", c.name)
		}
		if err := tx.Rollback(t.Context()); err != nil && !errors.Is(err, pgx.ErrTxClosed) {
			t.Errorf("%s: roll back: %v", c.name, err)
		}
		if n := count(t, pool); n != 0 { // and the one session is free
			t.Errorf("%s: %d rows are committed", c.name, n)
		}
	}
}

func TestErrorsHaveOwners(t *testing.T) {
	t.Parallel()
	pool, _ := open(t)
	tx := lazytx.Open(pool, pgx.TxOptions{})
	defer tx.Rollback(t.Context()) //nolint:errcheck // nothing is to be kept
	tx.Own("first")
	tx.QueueExec(nil, `INSERT INTO t VALUES (1), (1)`)
	tx.Own("second")
	_, err := tx.Exec(t.Context(), `SELECT 1`)
	var owned *lazytx.OwnedError
	if !errors.As(err, &owned) || owned.Owner != "first" {
		t.Errorf("the error is of %+v: %v", owned, err)
	}
}

func TestNested(t *testing.T) {
	t.Parallel()
	pool, _ := open(t)
	err := pgx.BeginFunc(t.Context(), pool, func(outer pgx.Tx) error {
		undone := lazytx.Open(outer, pgx.TxOptions{})
		undone.QueueExec(nil, `INSERT INTO t VALUES (1)`)
		if _, err := undone.Exec(t.Context(), `SELECT 1`); err != nil {
			return err
		}
		if err := undone.Rollback(t.Context()); err != nil {
			return err
		}
		done := lazytx.Open(outer, pgx.TxOptions{})
		done.QueueExec(nil, `INSERT INTO t VALUES (2)`)
		if err := done.Commit(t.Context()); err != nil {
			return err
		}
		if n := count(t, lazytx.Open(outer, lazytx.Snapshot())); n != 1 {
			t.Errorf("%d rows in the caller's transaction", n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := count(t, pool); n != 1 {
		t.Errorf("%d rows are committed", n)
	}
}
