package dbpool

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// heldTx gives its session back when it ends.
type heldTx struct {
	pgx.Tx
	release func()
}

// commitGrace is how long a COMMIT that is on its way may still take when its request ends: who asked learns whether it was done.
const commitGrace = 5 * time.Second

// Commit commits. The end of the context does not cut it short.
func (t *heldTx) Commit(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err // BeginFunc rolls back
	}
	ctx, cancel := unhurried(ctx)
	defer cancel()
	defer t.release()
	return t.Tx.Commit(ctx)
}

// Rollback rolls back.
func (t *heldTx) Rollback(ctx context.Context) error {
	defer t.release()
	return t.Tx.Rollback(ctx)
}

// unhurried is a context that ends a while after another one.
func unhurried(ctx context.Context) (context.Context, context.CancelFunc) {
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(commitGrace)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-late.Done():
		}
	})
	return late, func() {
		stop()
		cancel()
	}
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
