package dbpool

import (
	"context"
	"sync"
	"time"

	"github.com/linkgraph/linkgraph/internal/overload"
)

// commitGrace is how long a request that ends may still take once it commits: for the COMMIT, and to show what was done.
const commitGrace = 5 * time.Second

// request is what is known of the sessions of a request.
type request struct {
	patient bool // it waits for as long as it has
	end     func()

	mu      sync.Mutex
	refused *overload.Error
	wrote   bool // it got a session to write with
	commits bool
}

type requestKey struct{}

// Request tells of the sessions of a request.
type Request struct{ r *request }

// WithRequest returns a context for a request that reads.
func WithRequest(ctx context.Context) (_ context.Context, _ Request, done func()) {
	r := &request{}
	return context.WithValue(ctx, requestKey{}, r), Request{r}, func() {}
}

// WithWriting returns a context for a request that writes. Once it commits, the end of ctx leaves it a while, so that whoever asked
// learns what was done, and its reads wait for a session for as long as it has. done is called when it is answered.
func WithWriting(ctx context.Context) (_ context.Context, _ Request, done func()) {
	inner, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	r := &request{patient: true}
	r.end = func() { cancel(context.Cause(ctx)) }
	stop := context.AfterFunc(ctx, func() {
		if r.endsAtOnce() {
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

// Refused is the error of a request that got no session in time, and had got none to write with before: nothing of it was done. It
// is nil otherwise.
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

// refuse notes that there was no session in time.
func (r *request) refuse(err *overload.Error) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refused = err
}

// writes notes that there is a session to write with.
func (r *request) writes() {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wrote = true
}

// endsAtOnce ends a request unless it commits.
func (r *request) endsAtOnce() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.commits {
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
	r.commits = true
}
