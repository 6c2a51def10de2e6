package cli

import (
	"context"
	"maps"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/internal/dbpool"
	"github.com/linkgraph/linkgraph/internal/overload"
)

// overloadFlags bound what the server and the database do at a time. docs/operations.md explains each.
type overloadFlags struct {
	DBMaxConns       int32         `help:"Most sessions with the database for admins. 0 leaves it to pool_max_conns of the URL, or else eight and at least one a core." default:"0" env:"DB_MAX_CONNS"`
	StatementTimeout time.Duration `help:"How long a statement of a request may take, unless the URL says statement_timeout. 0 is without end." default:"30s" env:"STATEMENT_TIMEOUT"`
	LockTimeout      time.Duration `help:"How long a statement of a request waits for a lock that another transaction holds, unless the URL says lock_timeout. 0 is as long as it may take." default:"2s" env:"LOCK_TIMEOUT"`
	MaxConcurrent    int           `help:"Most requests of admins that are worked on at a time. 0 is two a session." default:"0" env:"MAX_CONCURRENT"`
	MaxQueue         int           `help:"Most requests of admins that wait for that. The next is answered 503." default:"256" env:"MAX_QUEUE"`
	QueueTimeout     time.Duration `help:"How long a request waits before it is answered 503." default:"2s" env:"QUEUE_TIMEOUT"`

	StorefrontDBConns          int32         `name:"storefront-db-conns" help:"Most sessions with the database for storefronts. 0 is as many as for admins." default:"0" env:"STOREFRONT_DB_CONNS"`
	StorefrontStatementTimeout time.Duration `help:"How long a statement of a storefront may take, whatever the URL says. 0 is as long as one of an admin." default:"3s" env:"STOREFRONT_STATEMENT_TIMEOUT"`
	StorefrontMaxConcurrent    int           `help:"Most requests of storefronts that are worked on at a time. 0 is two a session." default:"0" env:"STOREFRONT_MAX_CONCURRENT"`
	StorefrontMaxQueue         int           `help:"Most requests of storefronts that wait for that." default:"256" env:"STOREFRONT_MAX_QUEUE"`

	BodyMemory     int64         `help:"Most bytes of bodies that are read, or whose requests wait or run, those of admins and of storefronts apart." default:"67108864" env:"BODY_MEMORY"`
	AnswerMemory   int64         `help:"Most bytes of answers that clients have not yet taken, those of admins and of storefronts apart. The slowest client is given up when it is used up." default:"134217728" env:"ANSWER_MEMORY"`
	ReadTimeout    time.Duration `help:"How long a request may take to come in." default:"30s" env:"READ_TIMEOUT"`
	WriteTimeout   time.Duration `help:"How long a client may take for each 64 KiB of an answer. 0 is without end." default:"10s" env:"WRITE_TIMEOUT"`
	MaxConnections int           `help:"Most open connections. The one that has been idle longest makes room for the next." default:"4096" env:"MAX_CONNECTIONS"`
}

// pool bounds the sessions of admins. The time of their statements is bounded once the server serves: making an index before
// that takes as long as it takes.
func (f overloadFlags) pool(serving *atomic.Bool) func(*pgxpool.Config) {
	return func(cfg *pgxpool.Config) {
		cfg.MaxConns = f.most(cfg)
		cfg.MinConns = min(cfg.MinConns, cfg.MaxConns)
		bounds := f.bounds(cfg.ConnConfig.RuntimeParams)
		cfg.BeforeConnect = func(_ context.Context, conn *pgx.ConnConfig) error {
			if serving.Load() {
				maps.Copy(conn.RuntimeParams, bounds)
			}
			return nil
		}
	}
}

// defaultSessions is how many sessions a pool has, if nobody says: measured, see docs/operations.md.
const defaultSessions = 8

// most is how many sessions a pool of admins has.
func (f overloadFlags) most(cfg *pgxpool.Config) int32 {
	switch {
	case f.DBMaxConns > 0:
		return f.DBMaxConns
	case strings.Contains(cfg.ConnString(), "pool_max_conns"):
		return cfg.MaxConns
	}
	return max(defaultSessions, cfg.MaxConns) // which is one a core
}

// bounds are the settings that bound the statements of requests, but for those that the URL has.
func (f overloadFlags) bounds(given map[string]string) map[string]string {
	bounds := map[string]string{}
	for name, d := range map[string]time.Duration{"statement_timeout": f.StatementTimeout, "lock_timeout": f.LockTimeout} {
		if _, ok := given[name]; !ok && d > 0 {
			bounds[name] = milliseconds(d)
		}
	}
	return bounds
}

// shop bounds the sessions of storefronts.
func (f overloadFlags) shop(cfg *pgxpool.Config) {
	cfg.MaxConns = f.most(cfg)
	if f.StorefrontDBConns > 0 {
		cfg.MaxConns = f.StorefrontDBConns
	}
	cfg.MinConns = min(cfg.MinConns, cfg.MaxConns)
	params := cfg.ConnConfig.RuntimeParams
	maps.Copy(params, f.bounds(params))
	if f.StorefrontStatementTimeout > 0 {
		params["statement_timeout"] = milliseconds(f.StorefrontStatementTimeout)
	}
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(max(d.Milliseconds(), 1), 10) }

// gates are those of admins and of storefronts.
type gates struct{ admins, storefronts *overload.Gate }

func (f overloadFlags) gates(db *database) gates {
	return gates{
		f.gate(f.MaxConcurrent, f.MaxQueue, db.pool),
		f.gate(f.StorefrontMaxConcurrent, f.StorefrontMaxQueue, db.shop),
	}
}

// gate lets in what a pool can work on. Dear requests get half of its sessions at most, so that others do not wait for theirs; those
// that write have places of their own, fewer than those that read.
func (f overloadFlags) gate(running, queued int, pool *pgxpool.Pool) *overload.Gate {
	sessions := int(pool.Config().MaxConns)
	if running <= 0 {
		running = 2 * sessions
	}
	return &overload.Gate{
		Limiter: overload.New(
			overload.Config{
				Running: running,
				Dear:    sessions / 2,
				Writing: dbpool.Writers(running),
				Queued:  queued,
				Wait:    f.QueueTimeout,
			},
		),
		Bodies:  overload.NewBudget(f.BodyMemory),
		Answers: overload.NewBudget(f.AnswerMemory),
	}
}

// stalledAfter is how long nobody of one kind of callers may be let in before the server says that it is not ready.
const stalledAfter = 10 * time.Second

// stalled says who gets no answer, or nothing.
func (g gates) stalled() string {
	switch {
	case g.admins.Limiter.Stalled() > stalledAfter:
		return "no request of an admin was let in for a while: all places are taken"
	case g.storefronts.Limiter.Stalled() > stalledAfter:
		return "no request of a storefront was let in for a while: all places are taken"
	}
	return ""
}

// spareFiles are the files that the server opens besides connections: sessions with Postgres, the log, pages.
const spareFiles = 256

// listener bounds the connections, by the files that the process may open too.
func (f overloadFlags) listener(l net.Listener, s *streams) *overload.Connections {
	most := f.MaxConnections
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err == nil &&
		uint64(most)+spareFiles > files.Cur { //nolint:gosec // a number of connections is not negative
		most = max(int(files.Cur)-spareFiles, 1) //nolint:gosec // less than most
		s.log.Warn(
			"fewer connections than --max-connections: the process may not open more files",
			"connections",
			most,
			"files",
			files.Cur,
		)
	}
	return overload.Bound(l, most)
}

// server serves a handler to the connections of a listener.
func (f overloadFlags) server(h http.Handler, c *overload.Connections) *http.Server {
	return &http.Server{
		Handler: h, ConnState: c.State,
		ReadHeaderTimeout: min(headerTimeout, f.ReadTimeout), ReadTimeout: f.ReadTimeout, IdleTimeout: idleTimeout,
	}
}

// sessions hands out those of a pool to requests. Behind a pooler they have settings.
func (f overloadFlags) sessions(pool *pgxpool.Pool, settings map[string]string) *dbpool.Sessions {
	return dbpool.New(
		pool,
		dbpool.Share{Writers: dbpool.Writers(int(pool.Config().MaxConns)), Wait: f.QueueTimeout, Settings: settings},
	)
}

// requestSettings are those of the sessions of admins, behind a pooler.
func (f overloadFlags) requestSettings(db *database) map[string]string {
	if !db.pooled {
		return nil
	}
	settings := maps.Clone(db.settings.admins)
	maps.Copy(settings, f.bounds(settings))
	return settings
}
