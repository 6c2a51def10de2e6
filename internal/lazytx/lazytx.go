// Package lazytx has transactions that cost no round trips of their own: BEGIN travels with the first statements, and
// COMMIT with the last. Statements whose results nobody waits for are queued and travel with the next ones.
package lazytx

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Session is a connection that belongs to a transaction until it is released.
type Session interface {
	Conn() *pgx.Conn
	// Preamble is a statement that each transaction begins with, after BEGIN. "" means none.
	Preamble() string
	// Committing is called before COMMIT is sent, with the context of the call.
	Committing(ctx context.Context)
	Release()
}

// Sessions hands out sessions, to write with or to read with.
type Sessions interface {
	TxSession(ctx context.Context, readOnly bool) (Session, error)
}

// Tx is a transaction. Its session is acquired with the first statement. It is a pgx.Tx, and may be used by several
// goroutines: each waits until the rows of the others are closed.
type Tx struct {
	acquire func(ctx context.Context) (Session, error)
	outer   pgx.Tx // of the caller, in which this one is nested
	options Options

	mu      sync.Mutex
	session Session
	inner   pgx.Tx // nil until it has begun
	queued  []statement
	owner   any
	last    bool // the next call is the last one
	ending  bool // COMMIT travels with the next statements
	state   state
}

type state int

const (
	open state = iota
	committed
	rolledBack
)

// Open returns a transaction of a database: Sessions, a *pgxpool.Pool, a *pgx.Conn, a pgx.Tx or a DB. In a pgx.Tx, one that
// writes is a savepoint, and one that reads is the caller's.
func Open(db any, options Options) *Tx {
	t := &Tx{options: options}
	switch db := db.(type) {
	case Sessions:
		t.acquire = func(ctx context.Context) (Session, error) { return db.TxSession(ctx, t.readOnly()) }
	case *pgxpool.Pool:
		t.acquire = func(ctx context.Context) (Session, error) {
			conn, err := db.Acquire(ctx)
			if err != nil {
				return nil, err
			}
			return pooled{conn}, nil
		}
	case *pgx.Conn:
		t.acquire = func(context.Context) (Session, error) { return single{db}, nil }
	case pgx.Tx:
		t.outer = db
	case DB:
		t.outer = whole{DB: db}
	default:
		t.acquire = func(context.Context) (Session, error) {
			return nil, fmt.Errorf("lazytx: %T is no database", db)
		}
	}
	return t
}

// DB is a database that hands out no sessions. Its transactions that write are begun by Begin; what reads is sent to it without
// a transaction.
type DB interface {
	Begin(ctx context.Context) (pgx.Tx, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// whole takes a database for the transaction in which others are nested.
type whole struct {
	pgx.Tx
	DB
}

func (w whole) Begin(ctx context.Context) (pgx.Tx, error) { return w.DB.Begin(ctx) }

func (w whole) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return w.DB.Query(ctx, sql, args...)
}

func (w whole) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	return w.DB.SendBatch(ctx, b)
}

func (whole) Conn() *pgx.Conn { return nil }

// Options say what kind of transaction is begun.
type Options = pgx.TxOptions

// Snapshot returns the options of a transaction whose statements all see the database at one moment.
func Snapshot() Options {
	return Options{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
}

// Moments returns the options of a transaction that reads, and whose statements each see the moment at which they begin.
func Moments() Options {
	return Options{IsoLevel: pgx.ReadCommitted, AccessMode: pgx.ReadOnly}
}

// Writing returns the options of a transaction that writes: those of the database.
func Writing() Options { return Options{} }

// IsControl reports whether a statement begins or ends a transaction.
func IsControl(sql string) bool {
	return sql == "commit" || sql == "rollback" || strings.HasPrefix(sql, "begin")
}

type pooled struct{ conn *pgxpool.Conn }

func (p pooled) Conn() *pgx.Conn          { return p.conn.Conn() }
func (pooled) Preamble() string           { return "" }
func (pooled) Committing(context.Context) {}
func (p pooled) Release()                 { p.conn.Release() }

type single struct{ conn *pgx.Conn }

func (s single) Conn() *pgx.Conn          { return s.conn }
func (single) Preamble() string           { return "" }
func (single) Committing(context.Context) {}
func (single) Release()                   {}

func (t *Tx) readOnly() bool { return t.options.AccessMode == pgx.ReadOnly }

// Ending says that the next statements are the last ones: COMMIT travels with them. A single statement that reads is
// then sent without a transaction, unless one has begun.
func (t *Tx) Ending() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ending = true
}

// LastCall says that the next call of a store is the last one of the transaction.
func (t *Tx) LastCall() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = true
}

// EndCall says that the statements that are sent next are the last ones of a call: COMMIT travels with them if it is the last
// call.
func (t *Tx) EndCall() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ending = t.last
}

// Savepoint is a part of a transaction that can be rolled back by itself.
type Savepoint = pgx.Tx

// Begin begins a savepoint.
func (t *Tx) Begin(ctx context.Context) (pgx.Tx, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.flush(ctx); err != nil {
		return nil, err
	}
	return t.inner.Begin(ctx)
}

// Commit commits, unless COMMIT has travelled with the last statements. Queued statements are sent with it.
func (t *Tx) Commit(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.state == committed:
		return nil
	case t.state == rolledBack:
		return pgx.ErrTxClosed
	case t.inner == nil && len(t.queued) == 0:
		t.end(committed)
		return nil
	}
	t.ending = true
	return t.flush(ctx)
}

// Rollback rolls back, unless the transaction was committed. Queued statements are dropped.
func (t *Tx) Rollback(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.state != open {
		return pgx.ErrTxClosed
	}
	t.queued = nil
	var err error
	if t.inner != nil && t.inner != t.outer {
		err = t.inner.Rollback(ctx)
	}
	t.end(rolledBack)
	return err
}

// IsOpen reports whether the transaction holds a session.
func (t *Tx) IsOpen() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.state == open && t.session != nil
}

// end gives the session back.
func (t *Tx) end(s state) {
	t.state = s
	if t.session != nil {
		t.session.Release()
		t.session = nil
	}
}

// Conn returns the connection, or nil before the first statement.
func (t *Tx) Conn() *pgx.Conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.session != nil:
		return t.session.Conn()
	case t.outer != nil:
		return t.outer.Conn()
	}
	return nil
}

// CopyFrom copies rows into a table.
func (t *Tx) CopyFrom(
	ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource,
) (int64, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.flush(ctx); err != nil {
		return 0, err
	}
	return t.inner.CopyFrom(ctx, table, columns, rows)
}

// Prepare prepares a statement.
func (t *Tx) Prepare(ctx context.Context, name, sql string) (*pgconn.StatementDescription, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.flush(ctx); err != nil {
		return nil, err
	}
	return t.inner.Prepare(ctx, name, sql)
}

// LargeObjects returns those of the transaction, which must have begun.
func (t *Tx) LargeObjects() pgx.LargeObjects { return t.inner.LargeObjects() }

var _ pgx.Tx = (*Tx)(nil)
