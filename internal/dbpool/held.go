package dbpool

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// heldTx gives its session back when it ends.
type heldTx struct {
	pgx.Tx
	release func()
}

// Commit commits. The end of the request does not cut it short.
func (t *heldTx) Commit(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err // BeginFunc rolls back
	}
	requestOf(ctx).commit()
	defer t.release()
	return t.Tx.Commit(ctx)
}

// Rollback rolls back.
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

// SendBatch sends statements.
func (s *session) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	return sendAfter(ctx, s.conn, s.first, b)
}

// Committing is told that the next statements commit.
func (s *session) Committing(ctx context.Context) { requestOf(ctx).commit() }

// Release gives the session back.
func (s *session) Release() { s.release() }

// batchRows are those of a statement that travelled with another.
type batchRows struct {
	pgx.Rows
	results pgx.BatchResults
}

// Close gives the session back.
func (r *batchRows) Close() {
	r.Rows.Close()
	_ = r.results.Close() // the rows have its error
}

// Next gives it back behind the last row.
func (r *batchRows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	r.Close()
	return false
}

// heldRows give their session back when they were read or closed.
type heldRows struct {
	pgx.Rows
	conn *pgxpool.Conn
}

// Close gives the session back.
func (r *heldRows) Close() {
	r.Rows.Close()
	if r.conn != nil {
		r.conn.Release()
		r.conn = nil
	}
}

// Next gives it back behind the last row.
func (r *heldRows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	r.Close()
	return false
}

// oneRow is the first of some rows.
type oneRow struct {
	rows pgx.Rows
	err  error
}

// Scan reads it.
func (r oneRow) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	defer r.rows.Close()
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return pgx.ErrNoRows
	}
	if err := r.rows.Scan(dest...); err != nil {
		return err
	}
	r.rows.Close()
	return r.rows.Err()
}

// heldResults give their session back when they are closed.
type heldResults struct {
	pgx.BatchResults
	conn *pgxpool.Conn
}

// Close gives the session back.
func (r *heldResults) Close() error {
	err := r.BatchResults.Close()
	if r.conn != nil {
		r.conn.Release()
		r.conn = nil
	}
	return err
}
