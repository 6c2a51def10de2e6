package recordstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/internal/lazytx"
)

// writer queues the statements of one writing call. They are sent as one batch, together with checks of what they
// read. If a check fails, everything after it is rolled back.
type writer struct {
	store *Store
	tx    *lazytx.Tx
	model *Model
	verb  string
	held  heldRecords

	versions versions
}

// transaction runs a call in a transaction of its own, or in the one that the store has joined.
func (s *Store) transaction(ctx context.Context, verb string, model *Model, fn func(w *writer) error) error {
	w := &writer{store: s, tx: s.joined, model: model, verb: verb, held: heldRecords{}}
	if s.joined != nil {
		return w.wrap(fn(w))
	}
	w.tx = s.Open(lazytx.Writing())
	defer w.tx.Rollback(ctx) //nolint:errcheck // the first error matters
	if err := fn(w); err != nil {
		return w.wrap(err)
	}
	return w.wrap(classify(w.tx.Commit(ctx)))
}

// query queues a statement. read reads its rows.
func (w *writer) query(read func(pgx.Rows) error, sql string, args ...any) {
	w.tx.Queue(func(rows pgx.Rows) error { return w.wrap(read(rows)) }, sql, args...)
}

// exec queues a statement that returns no rows. wrapError turns its failure into a typed error.
func (w *writer) exec(wrapError func(error) error, sql string, args ...any) {
	w.tx.QueueExec(func(err error) error { return w.wrap(wrapError(err)) }, sql, args...)
}

// check queues a check that runs after the statements queued so far have been read.
func (w *writer) check(fn func() error) error {
	return w.tx.Check(func() error { return w.wrap(fn()) })
}

// callError adds the failed call to an error.
type callError struct {
	verb, model string
	err         error
}

func (e *callError) Error() string { return fmt.Sprintf("%s %s: %v", e.verb, e.model, e.err) }

func (e *callError) Unwrap() error { return e.err }

// wrap adds the failed call to an error, once. It adds the model to a lock timeout instead.
func (w *writer) wrap(err error) error {
	var named *callError
	if err == nil || errors.As(err, &named) {
		return err
	}
	var locked *LockTimeoutError
	if errors.As(err, &locked) {
		w.store.catalog.nameLocked(locked)
		return locked
	}
	return &callError{w.verb, w.model.Name, err}
}
