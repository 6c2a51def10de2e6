package lazytx

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// statement is one that is queued, or a check that runs when the results of those before it were read.
type statement struct {
	sql   string
	args  []any
	read  func(pgx.Rows) error
	fail  func(error) error // turns the failure of a statement that is not read into another error; nil leaves it
	check func() error
	owner any
}

// decides reports whether it is known only when the results were read whether the transaction may be committed.
func (s statement) decides() bool { return s.check != nil || s.read != nil }

// OwnedError is the failure of a statement that was queued for another owner than the one that has sent it.
type OwnedError struct {
	Owner any
	Err   error
}

func (e *OwnedError) Error() string { return e.Err.Error() }

// Unwrap returns the failure.
func (e *OwnedError) Unwrap() error { return e.Err }

// OfAnotherCall says that the call that failed is not the one that has found the error.
func (*OwnedError) OfAnotherCall() {}

// Own says on whose behalf statements are queued from now on. If one of them fails when somebody else sends it, the error
// is an *OwnedError.
func (t *Tx) Own(owner any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.owner = owner
}

// Queue has a statement travel with the next ones. read takes its rows; its error fails whoever sends the statement. COMMIT
// does not travel with such a statement, because read decides on it.
func (t *Tx) Queue(read func(pgx.Rows) error, sql string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.queued = append(t.queued, statement{sql: sql, args: args, read: read, owner: t.owner})
}

// QueueExec is Queue for a statement whose rows nobody reads. fail turns its failure into another error; nil leaves it.
func (t *Tx) QueueExec(fail func(error) error, sql string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.queued = append(t.queued, statement{sql: sql, args: args, fail: fail, owner: t.owner})
}

// Check has a function run when the results of all statements queued so far were read: at once if there are none.
func (t *Tx) Check(check func() error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.queued) == 0 {
		return check()
	}
	t.queued = append(t.queued, statement{check: check, owner: t.owner})
	return nil
}

// flush begins the transaction and sends what is queued.
func (t *Tx) flush(ctx context.Context) error {
	if t.inner != nil && len(t.queued) == 0 && !t.ending {
		return nil
	}
	results, err := t.send(ctx, nil)
	if err != nil {
		return err
	}
	return t.ended(results.Close())
}

// ended notes that COMMIT was answered, if it travelled.
func (t *Tx) ended(err error) error {
	if t.ending && err == nil {
		t.end(committed)
	}
	return err
}

// sender sends statements.
type sender interface {
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// begin acquires the session and queues BEGIN, if the transaction has not begun. n is how many results come before those
// of the first statement.
func (t *Tx) begin(ctx context.Context, batch *pgx.Batch) (by sender, n int, err error) {
	if t.state != open {
		return nil, 0, pgx.ErrTxClosed
	}
	if t.outer != nil {
		return t.nest(ctx)
	}
	if t.session == nil {
		if t.session, err = t.acquire(ctx); err != nil {
			return nil, 0, err
		}
	}
	if t.inner != nil {
		return t.session.Conn(), 0, nil
	}
	batch.BeginTx(t.options)
	if preamble := t.session.Preamble(); preamble != "" {
		batch.Queue(preamble)
	}
	return t.session.Conn(), batch.Len(), nil
}

// nest begins in the transaction of the caller.
func (t *Tx) nest(ctx context.Context) (sender, int, error) {
	if t.inner == nil {
		t.inner = t.outer
		if !t.readOnly() {
			inner, err := t.outer.Begin(ctx)
			if err != nil {
				t.inner = nil
				return nil, 0, err
			}
			t.inner = inner
		}
	}
	return t.inner, 0, nil
}

// send sends what is queued and then some more, and reads the results of what was queued.
func (t *Tx) send(ctx context.Context, more []*pgx.QueuedQuery) (pgx.BatchResults, error) {
	if err := t.decide(ctx); err != nil {
		return nil, err
	}
	batch := &pgx.Batch{}
	by, begins, err := t.begin(ctx, batch)
	if err != nil {
		return nil, err
	}
	queued := t.queued
	t.queued = nil
	for _, s := range queued {
		if s.check == nil {
			batch.Queue(s.sql, s.args...)
		}
	}
	batch.QueuedQueries = append(batch.QueuedQueries, more...)
	if t.ending {
		if t.outer != nil {
			return t.sendNested(ctx, batch, queued)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if !t.readOnly() {
			t.session.Committing(ctx)
		}
		batch.Queue("commit").Exec(checkCommit)
	}
	results := by.SendBatch(ctx, batch)
	if t.inner == nil {
		t.inner = results.Tx()
	}
	for range begins {
		if _, err := results.Exec(); err != nil {
			_ = results.Close() // with the same error
			return nil, err
		}
	}
	if err := t.read(results, queued); err != nil {
		_ = results.Close() // the first error tells
		return nil, err
	}
	return results, nil
}

// decide sends what is queued before anything is sent with COMMIT, if it is to be read first.
func (t *Tx) decide(ctx context.Context) error {
	if !t.ending || !slices.ContainsFunc(t.queued, statement.decides) {
		return nil
	}
	t.ending = false
	err := t.flush(ctx)
	t.ending = true
	return err
}

// sendNested sends the last statements of a savepoint, which is then released.
func (t *Tx) sendNested(
	ctx context.Context,
	batch *pgx.Batch,
	queued []statement,
) (pgx.BatchResults, error) {
	results := t.inner.SendBatch(ctx, batch)
	if err := t.read(results, queued); err != nil {
		_ = results.Close() // the first error tells
		return nil, err
	}
	return &nestedResults{results, t, ctx}, nil
}

// nestedResults release the savepoint when they are closed.
type nestedResults struct {
	pgx.BatchResults
	t   *Tx
	ctx context.Context //nolint:containedctx // Close has none
}

// Close reads what is left and releases the savepoint.
func (r *nestedResults) Close() error {
	if err := r.BatchResults.Close(); err != nil || r.t.inner == r.t.outer {
		return err
	}
	return r.t.inner.Commit(r.ctx)
}

// read reads the results of statements that were queued, and runs the checks among them.
func (t *Tx) read(results pgx.BatchResults, queued []statement) error {
	for _, s := range queued {
		var err error
		switch {
		case s.check != nil:
			err = s.check()
		case s.read != nil:
			rows, _ := results.Query()
			err = s.read(rows)
			rows.Close()
			if err == nil {
				err = rows.Err()
			}
		default:
			if _, err = results.Exec(); err != nil && s.fail != nil {
				err = s.fail(err)
			}
		}
		if err != nil {
			if s.owner != t.owner {
				return &OwnedError{s.owner, err}
			}
			return err
		}
	}
	return nil
}

// checkCommit fails if COMMIT ended a transaction that had failed.
func checkCommit(tag pgconn.CommandTag) error {
	if tag.String() == "ROLLBACK" {
		return fmt.Errorf("commit: %w", pgx.ErrTxCommitRollback)
	}
	return nil
}
