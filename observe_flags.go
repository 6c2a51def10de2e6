package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"linkgraph/internal/observe"
	"linkgraph/internal/overload"
)

// logFlags are those of every command.
type logFlags struct {
	LogFormat string `help:"How log lines are written: text or json." enum:"text,json" default:"text" env:"LOG_FORMAT"`
	LogLevel  string `help:"The least level that is written: debug, info, warn or error." enum:"debug,info,warn,error" default:"info" env:"LOG_LEVEL"`
}

func (f logFlags) logger(w io.Writer) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.LogLevel)); err != nil {
		return nil, err
	}
	return observe.NewLog(w, f.LogFormat, level)
}

// observeFlags say what is told of the work of a server. Traces follow the standard OTEL_ variables.
type observeFlags struct {
	Explain      *bool `help:"Tell a client that sends x-linkgraph-explain: 1 what its operation took. On for the private Postgres, otherwise off." negatable:"" env:"EXPLAIN"`
	MetricsNames int   `help:"Most names of operations that the metrics tell apart; the rest is 'other'." default:"200" env:"METRICS_NAMES"`
}

// observer returns what watches the server, and a function that ends it.
func (f observeFlags) observer(ctx context.Context, s *streams, private bool) (*observe.Observer, func(), error) {
	tracing, err := observe.StartTracing(ctx, os.Getenv, s.log)
	if err != nil {
		return nil, nil, err
	}
	explain := private
	if f.Explain != nil {
		explain = *f.Explain
	}
	stop := func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
		defer cancel()
		if err := tracing.Stop(ctx); err != nil {
			s.log.Warn("traces are lost", "error", err)
		}
	}
	return observe.New(observe.Config{Log: s.log, Tracing: tracing, Explain: explain, MaxNames: f.MetricsNames}), stop, nil
}

// overloadFlags bound what the server and the database do at a time.
type overloadFlags struct {
	DBMaxConns       int32         `help:"Most sessions with the database. 0 leaves it to pool_max_conns of the URL, or else four and at least one a core." default:"0" env:"DB_MAX_CONNS"`
	StatementTimeout time.Duration `help:"How long a statement of a request may take, unless the URL says statement_timeout. 0 is without end." default:"30s" env:"STATEMENT_TIMEOUT"`
	MaxConcurrent    int           `help:"Most requests that are worked on at a time. 0 is four a session." default:"0" env:"MAX_CONCURRENT"`
	MaxQueue         int           `help:"Most requests that wait for that. The next is answered 503." default:"256" env:"MAX_QUEUE"`
	QueueTimeout     time.Duration `help:"How long a request waits before it is answered 503." default:"2s" env:"QUEUE_TIMEOUT"`
}

// pool bounds the sessions of a pool. The time of their statements is bounded once the server serves: making an index
// before that takes as long as it takes.
func (f overloadFlags) pool(serving *atomic.Bool) func(*pgxpool.Config) {
	return func(cfg *pgxpool.Config) {
		if f.DBMaxConns > 0 {
			cfg.MaxConns = f.DBMaxConns
		}
		cfg.MinConns = min(cfg.MinConns, cfg.MaxConns)
		if _, ok := cfg.ConnConfig.RuntimeParams["statement_timeout"]; ok || f.StatementTimeout <= 0 {
			return
		}
		cfg.BeforeConnect = func(_ context.Context, conn *pgx.ConnConfig) error {
			if serving.Load() {
				conn.RuntimeParams["statement_timeout"] = strconv.FormatInt(max(f.StatementTimeout.Milliseconds(), 1), 10)
			}
			return nil
		}
	}
}

func (f overloadFlags) limiter(pool *pgxpool.Pool) *overload.Limiter {
	running := f.MaxConcurrent
	if running <= 0 {
		running = 4 * int(pool.Config().MaxConns)
	}
	return overload.New(overload.Config{Running: running, Queued: f.MaxQueue, Wait: f.QueueTimeout})
}
