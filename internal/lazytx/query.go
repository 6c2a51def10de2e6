package lazytx

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Query runs a statement, after what is queued. The rows have to be closed, or read to the end, before anything else is sent.
func (t *Tx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	t.mu.Lock()
	held := false // by the rows
	defer func() {
		if !held { // a failure, or a panic of a function that reads
			t.mu.Unlock()
		}
	}()
	rows, results, err := t.query(ctx, sql, args)
	if rows == nil {
		return nil, err
	}
	held = true
	r := &heldRows{Rows: rows, t: t, results: results}
	if err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// query runs a statement. results are those of the batch in which it travels, if it does.
func (t *Tx) query(ctx context.Context, sql string, args []any) (rows pgx.Rows, results pgx.BatchResults, err error) {
	if t.isPlain() {
		return t.plain(ctx, sql, args)
	}
	if hasMode(args) { // a batch has no modes of its own
		t.ending = false // Commit sends COMMIT then
		if err := t.flush(ctx); err != nil {
			return nil, nil, err
		}
	}
	if t.inner != nil && len(t.queued) == 0 && !t.ending && t.state == open {
		rows, err = t.inner.Query(ctx, sql, args...)
		return rows, nil, err
	}
	results, err = t.send(ctx, []*pgx.QueuedQuery{{SQL: sql, Arguments: args}})
	if err != nil {
		return nil, nil, err
	}
	rows, err = results.Query()
	return rows, results, err
}

// hasMode reports whether a statement says in which mode it is to be run.
func hasMode(args []any) bool {
	if len(args) == 0 {
		return false
	}
	_, ok := args[0].(pgx.QueryExecMode)
	return ok
}

// isPlain reports whether a statement needs no transaction: it is the only one, and reads.
func (t *Tx) isPlain() bool {
	return t.ending && t.readOnly() && t.outer == nil && t.inner == nil && t.state == open && len(t.queued) == 0
}

// plain runs the only statement.
func (t *Tx) plain(ctx context.Context, sql string, args []any) (rows pgx.Rows, results pgx.BatchResults, err error) {
	if t.session == nil {
		if t.session, err = t.acquire(ctx); err != nil {
			return nil, nil, err
		}
	}
	preamble := t.session.Preamble()
	if preamble == "" {
		rows, err = t.session.Conn().Query(ctx, sql, args...)
		return rows, nil, err
	}
	batch := &pgx.Batch{}
	batch.Queue(preamble)
	batch.Queue(sql, args...)
	results = t.session.Conn().SendBatch(ctx, batch)
	_, _ = results.Exec() // if it fails, so does the statement
	rows, err = results.Query()
	return rows, results, err
}

// heldRows are rows of a transaction.
type heldRows struct {
	pgx.Rows
	t       *Tx
	results pgx.BatchResults
	err     error
	closed  bool
}

// Close reads what is left, the answer to COMMIT too.
func (r *heldRows) Close() {
	if r.closed {
		return
	}
	r.closed = true
	defer r.t.mu.Unlock()
	r.Rows.Close()
	r.err = r.Rows.Err()
	if r.results != nil {
		if err := r.results.Close(); r.err == nil {
			r.err = err
		}
	}
	r.err = r.t.ended(r.err)
}

// Next closes the rows behind the last one.
func (r *heldRows) Next() bool {
	if !r.closed && r.Rows.Next() {
		return true
	}
	r.Close()
	return false
}

// Err returns what went wrong, with COMMIT too.
func (r *heldRows) Err() error {
	if r.closed {
		return r.err
	}
	return r.Rows.Err()
}

// Exec runs a statement, after what is queued.
func (t *Tx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	rows, err := t.Query(ctx, sql, args...)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	rows.Close()
	return rows.CommandTag(), rows.Err()
}

// QueryRow reads a row.
func (t *Tx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, err := t.Query(ctx, sql, args...)
	return FirstRow(rows, err)
}

// FirstRow returns the first of some rows, or their error. Its Scan reads it and closes the rows.
func FirstRow(rows pgx.Rows, err error) pgx.Row { return firstRow{rows, err} }

type firstRow struct {
	rows pgx.Rows
	err  error
}

// Scan reads the row. It returns pgx.ErrNoRows if there is none.
func (r firstRow) Scan(dest ...any) error {
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

// SendBatch runs statements in one round trip, after what is queued. The batch must not begin a transaction.
func (t *Tx) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	t.mu.Lock()
	held := false // by the results
	defer func() {
		if !held {
			t.mu.Unlock()
		}
	}()
	results, err := t.send(ctx, b.QueuedQueries)
	if err != nil {
		return pgx.FailedBatchResults(b, err)
	}
	held = true
	return &heldResults{BatchResults: results, t: t}
}

// heldResults are results of a transaction, which is free for others when they are closed.
type heldResults struct {
	pgx.BatchResults
	t      *Tx
	closed bool
	err    error
}

// Close reads what is left, the answer to COMMIT too.
func (r *heldResults) Close() error {
	if !r.closed {
		r.closed = true
		defer r.t.mu.Unlock()
		r.err = r.t.ended(r.BatchResults.Close())
	}
	return r.err
}

// Tx returns nil: the batch began none.
func (*heldResults) Tx() pgx.Tx { return nil }
