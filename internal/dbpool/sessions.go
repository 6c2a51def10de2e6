package dbpool

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"linkgraph/internal/overload"
)

// Sessions hands the sessions of a pool to requests. Who writes gets a share of them, so that writers who wait for each other's locks
// never hold all; and nobody waits for one longer than it may. It is the DB of both stores.
type Sessions struct {
	pool    *pgxpool.Pool
	wait    time.Duration
	writers chan struct{} // a place for each session that may be held by one who writes
}

// Share says how sessions are handed out.
type Share struct {
	// Writers is how many sessions may be held at a time by those who write. 0 is all.
	Writers int
	// Wait is how long a request waits for a session. 0 is as long as it has.
	Wait time.Duration
}

// Writers is the share of so many sessions that those who write may hold: three quarters, and all of one.
func Writers(sessions int) int { return max(sessions-max(sessions/4, 1), 1) }

// New hands out the sessions of a pool.
func New(pool *pgxpool.Pool, share Share) *Sessions {
	writers := share.Writers
	if writers <= 0 {
		writers = int(pool.Config().MaxConns)
	}
	return &Sessions{pool, share.Wait, make(chan struct{}, writers)}
}

// request is what is known of the sessions of a request.
type request struct {
	patient bool // it waits for as long as it has
	mu      sync.Mutex
	refused *overload.Error
	wrote   bool // it got a session to write with
}

type requestKey struct{}

// Request notes how the sessions of a request are handed out.
type Request struct{ r *request }

// WithRequest returns a context for a request. One that writes has its reads wait for as long as it has: what it did is to be shown.
func WithRequest(ctx context.Context, writes bool) (context.Context, Request) {
	r := &request{patient: writes}
	return context.WithValue(ctx, requestKey{}, r), Request{r}
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

// acquire waits for a session, to read with.
func (s *Sessions) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	r, _ := ctx.Value(requestKey{}).(*request)
	if s.wait <= 0 || r != nil && r.patient {
		return s.pool.Acquire(ctx)
	}
	return s.within(ctx, r, s.pool.Acquire)
}

// write waits for a session to write with.
func (s *Sessions) write(ctx context.Context) (*pgxpool.Conn, func(), error) {
	r, _ := ctx.Value(requestKey{}).(*request)
	conn, err := s.within(ctx, r, func(ctx context.Context) (*pgxpool.Conn, error) {
		select {
		case s.writers <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		conn, err := s.pool.Acquire(ctx)
		if err != nil {
			<-s.writers
		}
		return conn, err
	})
	if err != nil {
		return nil, nil, err
	}
	if r != nil {
		r.mu.Lock()
		r.wrote = true
		r.mu.Unlock()
	}
	return conn, sync.OnceFunc(func() {
		conn.Release()
		<-s.writers
	}), nil
}

// within bounds the wait for a session.
func (s *Sessions) within(ctx context.Context, r *request, acquire func(context.Context) (*pgxpool.Conn, error)) (*pgxpool.Conn, error) {
	if s.wait <= 0 {
		return acquire(ctx)
	}
	bounded, cancel := context.WithTimeout(ctx, s.wait)
	defer cancel()
	conn, err := acquire(bounded)
	if err == nil || ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
		return conn, err
	}
	refused := &overload.Error{Reason: overload.NoSession}
	if r != nil {
		r.mu.Lock()
		r.refused = refused
		r.mu.Unlock()
	}
	return nil, refused
}

// Session is a session to write with, for a call of linkstore.
func (s *Sessions) Session(ctx context.Context) (*pgx.Conn, func(), error) {
	conn, release, err := s.write(ctx)
	if err != nil {
		return nil, nil, err
	}
	return conn.Conn(), release, nil
}

// Begin begins a transaction that writes.
func (s *Sessions) Begin(ctx context.Context) (pgx.Tx, error) {
	conn, release, err := s.write(ctx)
	if err != nil {
		return nil, err
	}
	tx, err := conn.Conn().Begin(ctx)
	if err != nil {
		release()
		return nil, err
	}
	return &heldTx{tx, release}, nil
}

// Exec runs a statement.
func (s *Sessions) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	conn, err := s.acquire(ctx)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	defer conn.Release()
	return conn.Exec(ctx, sql, args...)
}

// Query reads.
func (s *Sessions) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	conn, err := s.acquire(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := conn.Conn().Query(ctx, sql, args...)
	if err != nil {
		rows.Close()
		conn.Release()
		return nil, err
	}
	return &heldRows{rows, conn}, nil
}

// QueryRow reads a row.
func (s *Sessions) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, err := s.Query(ctx, sql, args...)
	return oneRow{rows, err}
}

// SendBatch runs statements in one round trip. It does not begin transactions.
func (s *Sessions) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	conn, err := s.acquire(ctx)
	if err != nil {
		return pgx.FailedBatchResults(b, err)
	}
	return &heldResults{conn.Conn().SendBatch(ctx, b), conn}
}
