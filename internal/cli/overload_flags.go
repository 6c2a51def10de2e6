package cli

import (
	"context"
	"fmt"
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

// overloadFlags bound concurrency, memory and time: see docs/operations.md.
type overloadFlags struct {
	DBMaxConns       int32         `group:"database" help:"Size of the connection pool of admins. 0 means pool_max_conns of the URL, or else eight and at least one per core." default:"0" env:"DB_MAX_CONNS"`
	StatementTimeout time.Duration `group:"database" help:"Statement timeout of requests, unless the URL sets statement_timeout. 0 means no limit." default:"30s" env:"STATEMENT_TIMEOUT"`
	LockTimeout      time.Duration `group:"database" help:"Lock timeout of requests, unless the URL sets lock_timeout. 0 means no limit of its own." default:"2s" env:"LOCK_TIMEOUT"`
	MaxConcurrent    int           `help:"Most concurrent requests of admins. 0 means two per session." default:"0" env:"MAX_CONCURRENT"`
	MaxQueue         int           `help:"Most queued requests of admins. Further ones are answered 503." default:"256" env:"MAX_QUEUE"`
	QueueTimeout     time.Duration `help:"How long a request waits for a slot or a session before it is answered 503." default:"2s" env:"QUEUE_TIMEOUT"`

	StorefrontDBConns          int32         `group:"database" name:"storefront-db-conns" help:"Size of the connection pool of storefronts. 0 means that of admins." default:"0" env:"STOREFRONT_DB_CONNS"`
	StorefrontStatementTimeout time.Duration `group:"database" help:"Statement timeout of storefronts, whatever the URL sets. 0 means that of admins." default:"3s" env:"STOREFRONT_STATEMENT_TIMEOUT"`
	StorefrontMaxConcurrent    int           `help:"Most concurrent requests of storefronts. 0 means two per session." default:"0" env:"STOREFRONT_MAX_CONCURRENT"`
	StorefrontMaxQueue         int           `help:"Most queued requests of storefronts. Further ones are answered 503." default:"256" env:"STOREFRONT_MAX_QUEUE"`

	BodyMemory     int64         `help:"Memory for request bodies, in bytes, for admins and storefronts each." default:"67108864" env:"BODY_MEMORY"`
	AnswerMemory   int64         `help:"Memory for answers that clients have not read yet, in bytes, for admins and storefronts each. When it is full, the slowest client is disconnected." default:"134217728" env:"ANSWER_MEMORY"`
	ReadTimeout    time.Duration `group:"listening" help:"Read timeout: how long a request may take to arrive." default:"30s" env:"READ_TIMEOUT"`
	WriteTimeout   time.Duration `group:"listening" help:"Write timeout: how long a client may take to read each 64 KiB of an answer. 0 means no limit." default:"10s" env:"WRITE_TIMEOUT"`
	MaxConnections int           `group:"listening" help:"Most open connections. Beyond that, the connection that was idle longest is closed." default:"4096" env:"MAX_CONNECTIONS"`
}

// refuseNegative refuses values that have no meaning.
func (f overloadFlags) refuseNegative() error {
	if f.MaxConnections < 1 {
		return fmt.Errorf("--max-connections=%d: the server needs at least 1", f.MaxConnections)
	}
	for _, flag := range []struct {
		name     string
		negative bool
		value    any
	}{
		{"db-max-conns", f.DBMaxConns < 0, f.DBMaxConns},
		{"statement-timeout", f.StatementTimeout < 0, f.StatementTimeout},
		{"lock-timeout", f.LockTimeout < 0, f.LockTimeout},
		{"max-concurrent", f.MaxConcurrent < 0, f.MaxConcurrent},
		{"max-queue", f.MaxQueue < 0, f.MaxQueue},
		{"queue-timeout", f.QueueTimeout < 0, f.QueueTimeout},
		{"storefront-db-conns", f.StorefrontDBConns < 0, f.StorefrontDBConns},
		{"storefront-statement-timeout", f.StorefrontStatementTimeout < 0, f.StorefrontStatementTimeout},
		{"storefront-max-concurrent", f.StorefrontMaxConcurrent < 0, f.StorefrontMaxConcurrent},
		{"storefront-max-queue", f.StorefrontMaxQueue < 0, f.StorefrontMaxQueue},
		{"body-memory", f.BodyMemory < 0, f.BodyMemory},
		{"answer-memory", f.AnswerMemory < 0, f.AnswerMemory},
		{"read-timeout", f.ReadTimeout < 0, f.ReadTimeout},
		{"write-timeout", f.WriteTimeout < 0, f.WriteTimeout},
	} {
		if flag.negative {
			return fmt.Errorf("--%s=%v: a negative value has no meaning", flag.name, flag.value)
		}
	}
	return nil
}

// pool configures the connection pool of admins. Statement timeouts apply once the server serves: building an index
// at the start may take longer.
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

// defaultSessions is the default size of a pool; docs/operations.md has the measurements.
const defaultSessions = 8

// most returns the size of the pool of admins.
func (f overloadFlags) most(cfg *pgxpool.Config) int32 {
	switch {
	case f.DBMaxConns > 0:
		return f.DBMaxConns
	case strings.Contains(cfg.ConnString(), "pool_max_conns"):
		return cfg.MaxConns
	}
	return max(defaultSessions, cfg.MaxConns) // pgx: one a core, at least 4
}

// bounds returns the timeouts of request statements, except those that the URL sets.
func (f overloadFlags) bounds(given map[string]string) map[string]string {
	bounds := map[string]string{}
	for name, d := range map[string]time.Duration{"statement_timeout": f.StatementTimeout, "lock_timeout": f.LockTimeout} {
		if _, ok := given[name]; !ok && d > 0 {
			bounds[name] = milliseconds(d)
		}
	}
	return bounds
}

// shop configures the connection pool of storefronts.
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

// gates are the gates of admins and of storefronts.
type gates struct{ admins, storefronts *overload.Gate }

func (f overloadFlags) gates(db *database) gates {
	return gates{
		f.gate(f.MaxConcurrent, f.MaxQueue, db.pool),
		f.gate(f.StorefrontMaxConcurrent, f.StorefrontMaxQueue, db.shop),
	}
}

// gate returns a gate that fits a connection pool. Expensive requests get at most half of the sessions, so that
// others do not wait for theirs. Writes have slots of their own, fewer than reads.
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

// stalledAfter is how long one kind of caller may get no slot before /readyz fails.
const stalledAfter = 10 * time.Second

// stalled returns why a gate is stalled, or "".
func (g gates) stalled() string {
	switch {
	case g.admins.Limiter.Stalled() > stalledAfter:
		return "no request of an admin was let in for a while: all places are taken"
	case g.storefronts.Limiter.Stalled() > stalledAfter:
		return "no request of a storefront was let in for a while: all places are taken"
	}
	return ""
}

// spareFiles are the file descriptors that the server needs besides client connections: database sessions, log, pages.
const spareFiles = 256

// listener bounds the open connections, also by the limit of file descriptors.
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

// server returns an HTTP server of a handler for a bounded listener.
func (f overloadFlags) server(h http.Handler, c *overload.Connections) *http.Server {
	return &http.Server{
		Handler: h, ConnState: c.State,
		ReadHeaderTimeout: min(headerTimeout, f.ReadTimeout), ReadTimeout: f.ReadTimeout, IdleTimeout: idleTimeout,
	}
}

// sessions returns the sessions of a pool for requests. settings are made in each transaction, behind a pooler.
func (f overloadFlags) sessions(pool *pgxpool.Pool, settings map[string]string) *dbpool.Sessions {
	return dbpool.New(
		pool,
		dbpool.Share{Writers: dbpool.Writers(int(pool.Config().MaxConns)), Wait: f.QueueTimeout, Settings: settings},
	)
}

// requestSettings returns the settings that transactions of admins make behind a pooler.
func (f overloadFlags) requestSettings(db *database) map[string]string {
	if !db.pooled {
		return nil
	}
	settings := maps.Clone(db.settings.admins)
	maps.Copy(settings, f.bounds(settings))
	return settings
}
