package answer

import (
	"context"
	"time"

	"github.com/linkgraph/linkgraph/internal/lazytx"
	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// readTries is how often an operation is read when Postgres ends its snapshot: a standby does, for the sake of what it has to
// repeat.
const readTries = 3

// rollbackTimeout bounds the end of a snapshot that nobody waits for.
const rollbackTimeout = 5 * time.Second

// readAtOnce reads for root fields in one snapshot of the database, so that an answer never mixes two moments.
func (r *Request) readAtOnce(fields []*rootField) error {
	for try := 1; ; try++ {
		err := r.readSnapshot(fields)
		if !recordstore.IsConflict(err) || r.commitLast || r.ctx.Err() != nil || try == readTries {
			return err
		}
	}
}

// readSnapshot reads in a snapshot of its own, which ends also if reading panics. What is not committed yet can only be read in
// the transaction that wrote it.
func (r *Request) readSnapshot(fields []*rootField) error {
	if r.commitLast {
		r.reading = r.recordStore
		return r.read(fields)
	}
	r.openSnapshot()
	defer r.closeSnapshot()
	return r.read(fields)
}

// readApart reads each root field behind a savepoint of one snapshot, so that it is seen whose failure it is.
func (r *Request) readApart(fields []*rootField) {
	r.openSnapshot()
	defer r.closeSnapshot()
	for _, f := range fields {
		f.err = r.guarded(func() error {
			if err := r.nextSavepoint(); err != nil {
				return err
			}
			return r.read([]*rootField{f})
		})
	}
}

// nextSavepoint takes back what failed since the last savepoint, and sets another.
func (r *Request) nextSavepoint() (err error) {
	if r.savepoint != nil {
		_ = r.savepoint.Rollback(r.ctx) // if it fails, so does the next one
	}
	if r.savepoint, err = r.snapshot.Begin(r.ctx); err == nil {
		r.reading = r.engine.records.WithTx(r.savepoint)
	}
	return err
}

// openSnapshot begins a snapshot with the next statements.
func (r *Request) openSnapshot() {
	r.snapshot = r.engine.records.Open(r.engine.reading)
	r.reading = r.engine.records.Join(r.snapshot)
}

// closeSnapshot ends the snapshot, unless COMMIT has travelled with its last statements: where they had found less than they
// might have, nobody waits for the end.
func (r *Request) closeSnapshot() {
	if !r.snapshot.IsOpen() {
		return
	}
	go func(tx *lazytx.Tx) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), rollbackTimeout)
		defer cancel()
		_ = tx.Rollback(ctx) // the session is closed if it fails
	}(r.snapshot)
}

// restart begins anew after a failure: what was read is read again.
func (r *Request) restart() error {
	if r.savepoint != nil {
		return r.nextSavepoint()
	}
	r.closeSnapshot()
	r.openSnapshot()
	return nil
}

// endWith says whether the next statements are the last ones that are read.
func (r *Request) endWith(last bool) {
	if last && r.savepoint == nil && !r.commitLast {
		r.snapshot.Ending()
	}
}
