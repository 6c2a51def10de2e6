package dbpool

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/internal/lazytx"
	"github.com/linkgraph/linkgraph/internal/overload"
	"github.com/linkgraph/linkgraph/linkstore"
)

// Sessions hands the sessions of a pool to requests. Writers may hold only a share of them: writers that wait for
// each other's locks would otherwise hold all, and reads would wait too. No request waits for a session longer than
// Share.Wait. Sessions is the DB of both stores.
type Sessions struct {
	pool        *pgxpool.Pool
	wait        time.Duration
	writers     chan struct{} // a semaphore: one entry per session that a writer holds
	settingsSQL string        // the first statement of each transaction, "" for none
}

// Share configures how sessions are handed out.
type Share struct {
	// Writers is how many sessions writers may hold at a time. 0 means all.
	Writers int
	// Wait is how long a request waits for a session. 0 means until the request's own deadline.
	Wait time.Duration
	// Settings are applied at the beginning of each transaction, for sessions behind a pooler, which keep no
	// settings.
	Settings map[string]string
}

// Writers returns how many of the given number of sessions writers may hold: three quarters, at least one.
func Writers(sessions int) int { return max(sessions-max(sessions/4, 1), 1) }

// New returns Sessions over pool.
func New(pool *pgxpool.Pool, share Share) *Sessions {
	writers := share.Writers
	if writers <= 0 {
		writers = int(pool.Config().MaxConns)
	}
	return &Sessions{pool, share.Wait, make(chan struct{}, writers), settingsStatement(share.Settings)}
}

// acquire waits for a session to read with.
func (s *Sessions) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	r := requestOf(ctx)
	if s.wait <= 0 || r != nil && r.waitsForever {
		return s.pool.Acquire(ctx)
	}
	return s.within(ctx, r, s.pool.Acquire)
}

// write waits for a session to write with. Call the returned function to release it.
func (s *Sessions) write(ctx context.Context) (*pgxpool.Conn, func(), error) {
	r := requestOf(ctx)
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
	r.writes()
	return conn, sync.OnceFunc(func() {
		conn.Release()
		<-s.writers
	}), nil
}

// within calls acquire with the wait bounded by s.wait. It returns an *overload.Error if that passes.
func (s *Sessions) within(
	ctx context.Context,
	r *request,
	acquire func(context.Context) (*pgxpool.Conn, error),
) (*pgxpool.Conn, error) {
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
	r.refuse(refused)
	return nil, refused
}

// Session returns a session to write with, for one call of linkstore. It returns an *overload.Error if none is free
// in time.
func (s *Sessions) Session(ctx context.Context) (linkstore.Session, error) {
	return s.session(ctx, false)
}

// TxSession returns a session for a transaction. It returns an *overload.Error if none is free in time.
func (s *Sessions) TxSession(ctx context.Context, readOnly bool) (lazytx.Session, error) {
	return s.session(ctx, readOnly)
}

// anySession is what both stores take for a session. A nil one stays nil when it is converted.
type anySession interface {
	linkstore.Session
	lazytx.Session
}

func (s *Sessions) session(ctx context.Context, readOnly bool) (anySession, error) {
	if readOnly {
		conn, err := s.acquire(ctx)
		if err != nil {
			return nil, err
		}
		return &session{conn.Conn(), s.settingsSQL, conn.Release}, nil
	}
	conn, release, err := s.write(ctx)
	if err != nil {
		return nil, err
	}
	return &session{conn.Conn(), s.settingsSQL, release}, nil
}

// Begin begins a transaction that writes. It returns an *overload.Error if no session is free in time.
func (s *Sessions) Begin(ctx context.Context) (pgx.Tx, error) {
	conn, release, err := s.write(ctx)
	if err != nil {
		return nil, err
	}
	options := pgx.TxOptions{}
	if s.settingsSQL != "" {
		options.BeginQuery = "begin; " + s.settingsSQL
	}
	tx, err := conn.Conn().BeginTx(ctx, options)
	if err != nil {
		release()
		return nil, err
	}
	return &heldTx{tx, release}, nil
}

// Exec runs one statement that only reads.
func (s *Sessions) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	rows, err := s.Query(ctx, sql, args...)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	rows.Close()
	return rows.CommandTag(), rows.Err()
}

// Query runs one statement that only reads. The rows hold a session until they are read to the end or closed.
func (s *Sessions) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if s.settingsSQL != "" {
		b := &pgx.Batch{}
		b.Queue(sql, args...)
		results := s.SendBatch(ctx, b)
		rows, err := results.Query()
		if err != nil {
			rows.Close()
			_ = results.Close() // returns the same error
			return nil, err
		}
		return &batchRows{rows, results}, nil
	}
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

// QueryRow reads one row.
func (s *Sessions) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, err := s.Query(ctx, sql, args...)
	return lazytx.FirstRow(rows, err)
}

// SendBatch runs statements in one round trip, without a transaction. Its results hold a session until they are
// closed.
func (s *Sessions) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	conn, err := s.acquire(ctx)
	if err != nil {
		return pgx.FailedBatchResults(b, err)
	}
	return &heldResults{sendAfter(ctx, conn.Conn(), s.settingsSQL, b), conn}
}

// sendAfter sends first and then the statements of b in one batch, and consumes the result of first.
func sendAfter(ctx context.Context, conn *pgx.Conn, first string, b *pgx.Batch) pgx.BatchResults {
	if first == "" || conn.PgConn().TxStatus() != 'I' {
		return conn.SendBatch(ctx, b)
	}
	all := *b // keeps its options
	all.QueuedQueries = append([]*pgx.QueuedQuery{{SQL: first}}, b.QueuedQueries...)
	results := conn.SendBatch(ctx, &all)
	_, _ = results.Exec() // if it fails, everything after it fails with the same error
	return results
}
