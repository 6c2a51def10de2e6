// Package dbpool hands Postgres sessions to requests and keeps a pool within its size in Postgres.
//
// Closing a connection does not end its session at once: Postgres looks for interrupts only now and then, and never
// while it plans a statement. A pool that opens a new connection meanwhile runs more sessions than it was configured
// for. This package keeps the slot of such a session taken until Postgres has ended it.
package dbpool

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Asker runs queries outside the pool. *pgxpool.Pool satisfies it.
type Asker interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

const (
	// cancelGrace is how long a session may take to end by itself after its statement was cancelled.
	cancelGrace = time.Second
	// pollInterval is the time between two checks whether the session has ended.
	pollInterval = 250 * time.Millisecond
	// pollTimeout bounds one check.
	pollTimeout = 5 * time.Second
	// clockSkew is how far the clocks of this machine and of Postgres may drift apart during the life of a session.
	clockSkew = 2 * time.Second
)

// Watch counts the abandoned sessions of a pool: their requests have ended, but Postgres still works on them.
type Watch struct{ working atomic.Int64 }

// GivenUp returns how many abandoned sessions there are. It returns 0 for a nil Watch.
func (w *Watch) GivenUp() int {
	if w == nil {
		return 0
	}
	return int(w.working.Load())
}

// openedKey is the key under which a connection's custom data holds the time at which it was opened.
const openedKey = "linkgraph.opened"

// Keep configures pools made from cfg to keep the slot of an abandoned session taken until Postgres has ended the
// session. It asks beside whether it has; if beside is nil, it waits for cancelGrace only. Cancelling ctx stops all
// waiting; cancel it before closing such a pool, or closing blocks.
func Keep(ctx context.Context, cfg *pgxpool.Config, beside Asker) *Watch {
	w := &Watch{}
	after := cfg.AfterConnect
	cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		conn.PgConn().CustomData()[openedKey] = time.Now()
		if after != nil {
			return after(ctx, conn)
		}
		return nil
	}
	cfg.BeforeClose = func(conn *pgx.Conn) { // the pool no longer hands it out, and waits for this hook
		if conn.IsClosed() || conn.PgConn().IsBusy() {
			w.working.Add(1)
			defer w.working.Add(-1)
			waitUntilEnded(ctx, conn, beside)
		}
	}
	return w
}

// waitUntilEnded blocks until Postgres has ended the session of conn, or ctx is done.
func waitUntilEnded(ctx context.Context, conn *pgx.Conn, beside Asker) {
	patience, cancel := context.WithTimeout(ctx, cancelGrace)
	defer cancel()
	_ = conn.Close(patience) // no-op if conn is already closed
	select {
	case <-conn.PgConn().CleanupDone(): // Postgres or pgx may have closed it
	case <-patience.Done():
	}
	since, ok := conn.PgConn().CustomData()[openedKey].(time.Time)
	if !ok || beside == nil {
		return // the session never worked, or cannot be looked up
	}
	for ctx.Err() == nil && isRunning(ctx, conn.PgConn().PID(), since, beside) {
		select {
		case <-ctx.Done():
		case <-time.After(pollInterval):
		}
	}
}

// isRunning reports whether the session still exists, and terminates it if so. It compares start times too, because
// Postgres may have given the process number to a younger session. If Postgres does not answer, the session counts as
// running.
func isRunning(ctx context.Context, pid uint32, opened time.Time, beside Asker) bool {
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	age := time.Since(opened) - clockSkew
	var told bool
	err := beside.QueryRow(ctx, `
		SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE pid = $1 AND backend_type = 'client backend' AND datname = current_database()
			AND backend_start <= clock_timestamp() - make_interval(secs => $2)`, int64(pid), max(age, 0).Seconds()).Scan(&told)
	if errors.Is(err, pgx.ErrNoRows) {
		return false
	}
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == "42501" { // it belongs to another role, so it is not ours
		return false
	}
	return true
}
