package dbpool

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// heldTx is a transaction that releases its session when it ends.
type heldTx struct {
	pgx.Tx
	release func()
}

// Commit commits. The end of the request does not cut it short: the client has to learn what was written.
func (t *heldTx) Commit(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err // the session is released by Rollback, which pgx.BeginFunc calls
	}
	requestOf(ctx).commit()
	defer t.release()
	return t.Tx.Commit(ctx)
}

// Rollback rolls back and releases the session.
func (t *heldTx) Rollback(ctx context.Context) error {
	defer t.release()
	return t.Tx.Rollback(ctx)
}

// session is one that belongs to a call or a transaction until it is released.
type session struct {
	conn    *pgx.Conn
	first   string
	release func()
}

// Conn is the connection.
func (s *session) Conn() *pgx.Conn { return s.conn }

// Preamble is the first statement of each transaction.
func (s *session) Preamble() string { return s.first }

// SendBatch sends the statements of b in one round trip.
func (s *session) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	return sendAfter(ctx, s.conn, s.first, b)
}

// Committing notes that the next statements commit, so that the end of the request does not cut them short.
func (s *session) Committing(ctx context.Context) { requestOf(ctx).commit() }

// Release returns the session to the pool.
func (s *session) Release() { s.release() }

// batchRows are the rows of a statement that was sent in a batch after the settings.
type batchRows struct {
	pgx.Rows
	results pgx.BatchResults
}

// Close closes the rows and releases the session.
func (r *batchRows) Close() {
	r.Rows.Close()
	_ = r.results.Close() // the rows already carry its error
}

// Next releases the session after the last row.
func (r *batchRows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	r.Close()
	return false
}

// heldRows release their session once they are read to the end or closed.
type heldRows struct {
	pgx.Rows
	conn *pgxpool.Conn
}

// Close closes the rows and releases the session.
func (r *heldRows) Close() {
	r.Rows.Close()
	if r.conn != nil {
		r.conn.Release()
		r.conn = nil
	}
}

// Next releases the session after the last row.
func (r *heldRows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	r.Close()
	return false
}

// heldResults release their session when they are closed.
type heldResults struct {
	pgx.BatchResults
	conn *pgxpool.Conn
}

// Close closes the results and releases the session.
func (r *heldResults) Close() error {
	err := r.BatchResults.Close()
	if r.conn != nil {
		r.conn.Release()
		r.conn = nil
	}
	return err
}
