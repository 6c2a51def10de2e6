package dbpool

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/internal/pgtest"
)

func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(90 * time.Second); !condition(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// pool returns a pool of the given size and a function that counts the pool's active sessions in Postgres.
func pool(t *testing.T, size int32, change func(*pgxpool.Config)) (*pgxpool.Pool, *Watch, func() int) {
	t.Helper()
	db := pgtest.New(t)
	cfg, err := pgxpool.ParseConfig(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	cfg.MaxConns = size
	cfg.ConnConfig.RuntimeParams["application_name"] = "kept"
	change(cfg)
	ctx, cancel := context.WithCancel(context.Background())
	w := Keep(ctx, cfg, db.Pool)
	p, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		p.Close() // does not wait for abandoned sessions
	})
	return p, w, func() int {
		var n int
		if err := db.Pool.QueryRow(context.Background(), `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'kept' AND state = 'active'`).
			Scan(&n); err != nil {
			t.Error(err)
		}
		return n
	}
}

// planned returns a statement that takes Postgres seconds to plan and no time to run.
func planned() string {
	var b strings.Builder
	b.WriteString(`SELECT 1 FROM generate_series(1, 1) AS n WHERE FALSE ORDER BY 1`)
	for i := range 2600 {
		fmt.Fprintf(&b, `, n + %d`, i)
	}
	return b.String()
}

// TestPlanningIsCounted abandons requests while Postgres plans, which cannot be interrupted. There must never be more
// active sessions than the pool's size.
func TestPlanningIsCounted(t *testing.T) {
	t.Parallel()
	p, _, working := pool(t, 2, func(*pgxpool.Config) {})
	most := 0
	for range 4 {
		ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
		_, err := p.Exec(ctx, planned(), pgx.QueryExecModeSimpleProtocol)
		cancel()
		if err == nil {
			t.Fatal("the statement is planned too quickly for this test")
		}
		// Postgres does not count sessions at one moment: one that ends and its successor may both be seen. Planning takes
		// seconds, so one session too many is there both times.
		most = max(most, min(working(), working()))
	}
	if most > 2 {
		t.Errorf("%d sessions at work behind a pool of 2", most)
	}
	if _, err := p.Exec(t.Context(), `SELECT 1`); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// TestGivenUpWithoutCancel drops the cancel request, as a firewall might. The next check must end the session, and a
// new one must take its slot.
func TestGivenUpWithoutCancel(t *testing.T) {
	t.Parallel()
	var dials atomic.Int64
	p, w, working := pool(t, 1, func(cfg *pgxpool.Config) {
		dial := cfg.ConnConfig.DialFunc
		cfg.ConnConfig.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
			if dials.Add(1) == 2 { // the first dial is the session, the second its cancel request
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return dial(ctx, network, addr)
		}
	})
	// The session is there before time runs: on a machine with other work, connecting alone may take longer.
	if err := p.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := p.Exec(ctx, `SELECT pg_sleep(600)`); err == nil {
		t.Fatal("the statement ended")
	}
	until(t, "it is seen to be given up", func() bool { return w.GivenUp() == 1 })
	if _, err := p.Exec(t.Context(), `SELECT 1`); err != nil {
		t.Error(err)
	}
	if working() != 0 || w.GivenUp() != 0 {
		t.Errorf("%d at work, %d given up", working(), w.GivenUp())
	}
}

// TestOthersAreLeftAlone checks a session whose process number now belongs to another session.
func TestOthersAreLeftAlone(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	conn, err := pgx.Connect(t.Context(), db.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if isRunning(t.Context(), conn.PgConn().PID(), time.Now().Add(-time.Hour), db.Pool) {
		t.Error("a younger session is taken for the one that was given up")
	}
	if err := conn.Ping(t.Context()); err != nil {
		t.Errorf("it was ended: %v", err)
	}
	if !isRunning(t.Context(), conn.PgConn().PID(), time.Now(), db.Pool) {
		t.Error("a session that is there was not found")
	}
	until(t, "it has ended", func() bool { return conn.Ping(t.Context()) != nil })
	if isRunning(t.Context(), conn.PgConn().PID(), time.Now(), db.Pool) {
		until(t, "it is gone", func() bool { return !isRunning(t.Context(), conn.PgConn().PID(), time.Now(), db.Pool) })
	}
}

// TestClosedSessionsCostNothing closes idle sessions and expects no query to be sent.
func TestClosedSessionsCostNothing(t *testing.T) {
	t.Parallel()
	p, w, _ := pool(t, 2, func(*pgxpool.Config) {})
	for range 3 {
		if _, err := p.Exec(t.Context(), `SELECT 1`); err != nil {
			t.Fatal(err)
		}
		p.Reset()
	}
	if w.GivenUp() != 0 {
		t.Errorf("%d are taken to be given up", w.GivenUp())
	}
}
