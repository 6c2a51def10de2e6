package linkstore

import (
	"context"
	mrand "math/rand/v2"
	"time"

	"github.com/linkgraph/linkgraph/linkstore/storeerr"
)

// run runs the transaction of a call and passes what it wrote to Config.Written. It retries a transaction of its
// own that Postgres aborts because of another one. If another call changed what this one had read, it retries in a
// caller's transaction too, from the savepoint. fn may leave statements queued. Their results are available when
// report is called, which returns what was written.
func (s *Store) run(ctx context.Context, fn func(tx *batchTx) (report func() Written, err error)) error {
	for try, changes := 0, 0; ; {
		err := s.once(ctx, fn)
		if s.joined {
			return s.joinedError(err)
		}
		switch kind := classify(err); {
		case kind == final:
			return s.lockTimeoutOf(err)
		case kind == changed && changes < changesPerRetry*s.cfg.Retries:
			changes++
		case kind != changed && !s.inTx && try < s.cfg.Retries:
			try++
		case kind == duplicate:
			return duplicateOf(err)
		case s.inTx && kind == retryable:
			return err // the caller's to run again
		default:
			return &storeerr.ContendedError{Err: err}
		}
		pause := time.Duration(mrand.Int64N(int64(time.Millisecond) << min(try+changes/2, 6)))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// readTries is how often a read is tried if Postgres aborts it because of another transaction.
const readTries = 3

// read runs a read, and retries it if Postgres aborted it, as a standby does when a read conflicts with what it
// replays.
func (s *Store) read(ctx context.Context, fn func() error) error {
	for try := 1; ; try++ {
		err := fn()
		switch {
		case classify(err) != retryable || s.inTx || ctx.Err() != nil:
			return err
		case try == readTries:
			return &storeerr.ContendedError{Err: err}
		}
	}
}

// changesPerRetry is how often a call may be retried, for each of Config.Retries, because another call changed what
// this one had read. It is larger than for deadlocks because another call makes progress each time.
const changesPerRetry = 10

// once runs the transaction of a call one time.
func (s *Store) once(ctx context.Context, fn func(tx *batchTx) (report func() Written, err error)) error {
	tx, err := s.start(ctx)
	if err != nil {
		return err
	}
	defer tx.cancel(ctx)
	report, err := fn(tx)
	if err != nil {
		return err
	}
	if s.cfg.Written == nil {
		if err := tx.commit(ctx); err != nil {
			return err
		}
		report()
		return nil
	}
	if err := tx.send(ctx); err != nil {
		return err
	}
	if err := s.cfg.Written(ctx, report(), &tx.last); err != nil {
		return err
	}
	return tx.commit(ctx)
}
