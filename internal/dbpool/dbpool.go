// Package dbpool keeps a pool of sessions from passing its size in Postgres. A session whose request ends while Postgres is at
// work is closed here and goes on there until Postgres next looks for interrupts, which it does not do while it plans. Its
// place in the pool is not given to a new session before it has ended.
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

// Asker asks the database beside the pool. *pgxpool.Pool satisfies it.
type Asker interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

const (
	// closing is how long a session has to end by itself, after Postgres was asked to cancel its statement.
	closing = time.Second
	// again is how often it is looked at after that.
	again = 250 * time.Millisecond
	// askTimeout ends one look.
	askTimeout = 5 * time.Second
	// slack is what the clocks of this machine and of Postgres may run apart in the life of a session.
	slack = 2 * time.Second
)

// Watch counts the sessions of a pool that were given up and still work.
type Watch struct{ working atomic.Int64 }

// GivenUp is how many there are. nil watches none.
func (w *Watch) GivenUp() int {
	if w == nil {
		return 0
	}
	return int(w.working.Load())
}

// opened is where a session's time of birth is kept with it.
const opened = "linkgraph.opened"

// Keep has the pools of a configuration keep the places of sessions that were given up until they have ended. It asks beside
// them whether they have; nil looks for none. When the context ends nothing is waited for any more: it has to end before such a pool is closed.
func Keep(ctx context.Context, cfg *pgxpool.Config, beside Asker) *Watch {
	w := &Watch{}
	after := cfg.AfterConnect
	cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		conn.PgConn().CustomData()[opened] = time.Now()
		if after != nil {
			return after(ctx, conn)
		}
		return nil
	}
	cfg.BeforeClose = func(conn *pgx.Conn) { // the pool has taken the session out of use, and waits
		if conn.IsClosed() || conn.PgConn().IsBusy() {
			w.working.Add(1)
			defer w.working.Add(-1)
			waitFor(ctx, conn, beside)
		}
	}
	return w
}

// waitFor waits until Postgres has ended a session.
func waitFor(ctx context.Context, conn *pgx.Conn, beside Asker) {
	patience, cancel := context.WithTimeout(ctx, closing)
	defer cancel()
	_ = conn.Close(patience) // does nothing to one that is closed
	select {
	case <-conn.PgConn().CleanupDone(): // Postgres may have hung up, or pgx
	case <-patience.Done():
	}
	since, ok := conn.PgConn().CustomData()[opened].(time.Time)
	if !ok || beside == nil {
		return // it was never good, or cannot be found
	}
	for ctx.Err() == nil && works(ctx, conn.PgConn().PID(), since, beside) {
		select {
		case <-ctx.Done():
		case <-time.After(again):
		}
	}
}

// works reports whether a session is still there, and has Postgres end it as soon as it can. One that has its process number
// and is younger is another one. While Postgres does not answer it is taken to be there.
func works(ctx context.Context, pid uint32, opened time.Time, beside Asker) bool {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	age := time.Since(opened) - slack
	var told bool
	err := beside.QueryRow(ctx, `
		SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE pid = $1 AND backend_type = 'client backend' AND datname = current_database()
			AND backend_start <= clock_timestamp() - make_interval(secs => $2)`, int64(pid), max(age, 0).Seconds()).Scan(&told)
	if errors.Is(err, pgx.ErrNoRows) {
		return false
	}
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == "42501" { // it is of another role, so it is none of the pool
		return false
	}
	return true
}
