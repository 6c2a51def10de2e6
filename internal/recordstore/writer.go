package recordstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/internal/lazytx"
)

// writer queues the statements of one call that writes. They travel together, with the checks of what they read between
// them: what comes after a check that fails is rolled back.
type writer struct {
	store *Store
	tx    *lazytx.Tx
	model *Model
	verb  string
	held  held

	versions versions
}

// transaction runs a call in a transaction of its own, or in the one that the store has joined.
func (s *Store) transaction(ctx context.Context, verb string, model *Model, fn func(w *writer) error) error {
	w := &writer{store: s, tx: s.joined, model: model, verb: verb, held: held{}}
	if s.joined != nil {
		return w.fault(fn(w))
	}
	w.tx = s.Open(lazytx.Writing())
	defer w.tx.Rollback(ctx) //nolint:errcheck // the first error tells
	if err := fn(w); err != nil {
		return w.fault(err)
	}
	return w.fault(classify(w.tx.Commit(ctx)))
}

// query queues a statement. read takes its rows.
func (w *writer) query(read func(pgx.Rows) error, sql string, args ...any) {
	w.tx.Queue(func(rows pgx.Rows) error { return w.fault(read(rows)) }, sql, args...)
}

// exec queues a statement that returns no rows. told turns its failure into a typed error.
func (w *writer) exec(told func(error) error, sql string, args ...any) {
	w.tx.QueueExec(func(err error) error { return w.fault(told(err)) }, sql, args...)
}

// check has a function look at what the statements queued so far have read.
func (w *writer) check(fn func() error) error {
	return w.tx.Check(func() error { return w.fault(fn()) })
}

// callError is an error with the call that has failed.
type callError struct {
	verb, model string
	err         error
}

func (e *callError) Error() string { return fmt.Sprintf("%s %s: %v", e.verb, e.model, e.err) }

func (e *callError) Unwrap() error { return e.err }

// fault names the call in an error, once.
func (w *writer) fault(err error) error {
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
