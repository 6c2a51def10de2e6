package dbpool

import (
	"context"
	"sync"
	"time"

	"github.com/linkgraph/linkgraph/internal/overload"
)

// commitGrace is how much longer a request may take once it commits: for the COMMIT, and for reading what it wrote.
const commitGrace = 5 * time.Second

// request is the state of one request's use of sessions.
type request struct {
	waitsForever bool // reads wait for a session until the request's own deadline
	end          func()

	mu         sync.Mutex
	refused    *overload.Error
	wrote      bool // it has held a session to write with
	committing bool
}

type requestKey struct{}

// Request tells how a request fared with its sessions.
type Request struct{ r *request }

// WithRequest returns a context for a request that only reads. Call done once it is answered.
func WithRequest(ctx context.Context) (_ context.Context, _ Request, done func()) {
	r := &request{}
	return context.WithValue(ctx, requestKey{}, r), Request{r}, func() {}
}

// WithWriting returns a context for a request that writes. If ctx ends once the request commits, the returned context
// lives up to commitGrace longer, so that the client learns what was done. Its reads wait for a session without the
// limit of Share.Wait. Call done once the request is answered.
func WithWriting(ctx context.Context) (_ context.Context, _ Request, done func()) {
	inner, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	r := &request{waitsForever: true}
	r.end = func() { cancel(context.Cause(ctx)) }
	stop := context.AfterFunc(ctx, func() {
		if r.endUnlessCommitting() {
			return
		}
		timer := time.NewTimer(commitGrace)
		defer timer.Stop()
		select {
		case <-timer.C:
			r.end()
		case <-inner.Done():
		}
	})
	return context.WithValue(inner, requestKey{}, r), Request{r}, func() {
		stop()
		cancel(nil)
	}
}

// Refused returns an *overload.Error if the request got no session in time and had written nothing, so that nothing
// of it took effect. Otherwise it returns nil.
func (r Request) Refused() error {
	r.r.mu.Lock()
	defer r.r.mu.Unlock()
	if r.r.refused == nil || r.r.wrote {
		return nil
	}
	return r.r.refused
}

func requestOf(ctx context.Context) *request {
	r, _ := ctx.Value(requestKey{}).(*request)
	return r
}

// refuse notes that the request got no session in time.
func (r *request) refuse(err *overload.Error) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refused = err
}

// writes notes that the request holds a session to write with.
func (r *request) writes() {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wrote = true
}

// endUnlessCommitting ends the request unless it has begun to commit. It reports whether it did.
func (r *request) endUnlessCommitting() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.committing {
		return false
	}
	r.end()
	return true
}

// commit notes that a COMMIT is about to be sent.
func (r *request) commit() {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.committing = true
}
