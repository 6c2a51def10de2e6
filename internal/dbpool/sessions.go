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

// Sessions hands the sessions of a pool to requests. Who writes gets a share of them, so that writers who wait for each other's locks
// never hold all; and nobody waits for one longer than it may. It is the DB of both stores.
type Sessions struct {
	pool    *pgxpool.Pool
	wait    time.Duration
	writers chan struct{} // a place for each session that may be held by one who writes
	first   string        // the first statement of each transaction; "" if there is none to be sent
}

// Share says how sessions are handed out.
type Share struct {
	// Writers is how many sessions may be held at a time by those who write. 0 is all.
	Writers int
	// Wait is how long a request waits for a session. 0 is as long as it has.
	Wait time.Duration
	// Settings are made at the beginning of each transaction. They are for sessions behind a pooler, which keep none.
	Settings map[string]string
}

// Writers is the share of so many sessions that those who write may hold: three quarters, and all of one.
func Writers(sessions int) int { return max(sessions-max(sessions/4, 1), 1) }

// New hands out the sessions of a pool.
func New(pool *pgxpool.Pool, share Share) *Sessions {
	writers := share.Writers
	if writers <= 0 {
		writers = int(pool.Config().MaxConns)
	}
	return &Sessions{pool, share.Wait, make(chan struct{}, writers), preamble(share.Settings)}
}

// acquire waits for a session, to read with.
func (s *Sessions) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	r := requestOf(ctx)
	if s.wait <= 0 || r != nil && r.patient {
		return s.pool.Acquire(ctx)
	}
	return s.within(ctx, r, s.pool.Acquire)
}

// write waits for a session to write with.
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

// within bounds the wait for a session.
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

// Session is a session to write with, for a call of linkstore.
func (s *Sessions) Session(ctx context.Context) (linkstore.Session, error) {
	conn, release, err := s.write(ctx)
	if err != nil {
		return nil, err
	}
	return &session{conn.Conn(), s.first, release}, nil
}

// TxSession returns a session for a transaction.
func (s *Sessions) TxSession(ctx context.Context, readOnly bool) (lazytx.Session, error) {
	if !readOnly {
		conn, release, err := s.write(ctx)
		if err != nil {
			return nil, err
		}
		return &session{conn.Conn(), s.first, release}, nil
	}
	conn, err := s.acquire(ctx)
	if err != nil {
		return nil, err
	}
	return &session{conn.Conn(), s.first, conn.Release}, nil
}

// Begin begins a transaction that writes.
func (s *Sessions) Begin(ctx context.Context) (pgx.Tx, error) {
	conn, release, err := s.write(ctx)
	if err != nil {
		return nil, err
	}
	options := pgx.TxOptions{}
	if s.first != "" {
		options.BeginQuery = "begin; " + s.first
	}
	tx, err := conn.Conn().BeginTx(ctx, options)
	if err != nil {
		release()
		return nil, err
	}
	return &heldTx{tx, release}, nil
}

// Exec runs a statement.
func (s *Sessions) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	rows, err := s.Query(ctx, sql, args...)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	rows.Close()
	return rows.CommandTag(), rows.Err()
}

// Query reads.
func (s *Sessions) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if s.first != "" {
		b := &pgx.Batch{}
		b.Queue(sql, args...)
		results := s.SendBatch(ctx, b)
		rows, err := results.Query()
		if err != nil {
			rows.Close()
			_ = results.Close() // with the same error
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
	return &heldResults{sendAfter(ctx, conn.Conn(), s.first, b), conn}
}

// sendAfter sends a batch with a statement before it, and reads what that returns.
func sendAfter(ctx context.Context, conn *pgx.Conn, first string, b *pgx.Batch) pgx.BatchResults {
	if first == "" || conn.PgConn().TxStatus() != 'I' {
		return conn.SendBatch(ctx, b)
	}
	all := *b // with what it says of a transaction
	all.QueuedQueries = append([]*pgx.QueuedQuery{{SQL: first}}, b.QueuedQueries...)
	results := conn.SendBatch(ctx, &all)
	_, _ = results.Exec() // if it fails, so does all that follows
	return results
}
