package cli

import (
	"context"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/linkgraph/linkgraph/internal/observe"
)

// logFlags are flags of every command.
type logFlags struct {
	LogFormat string `help:"Format of log lines: text or json." enum:"text,json" default:"text" env:"LOG_FORMAT"`
	LogLevel  string `help:"Lowest level to log: debug, info, warn or error." enum:"debug,info,warn,error" default:"info" env:"LOG_LEVEL"`
}

func (f logFlags) logger(w io.Writer) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.LogLevel)); err != nil {
		return nil, err
	}
	return observe.NewLog(w, f.LogFormat, level)
}

// observeFlags configure metrics, explain and warnings. Traces follow the standard OTEL_ variables.
type observeFlags struct {
	Explain          *bool         `help:"Answer the header x-linkgraph-explain: 1 of admins with statements and timings. On for the private Postgres, otherwise off." negatable:"" env:"EXPLAIN"`
	EventsLagWarning time.Duration `help:"Log the session whose open transaction has held back link events for longer than this. 0 turns it off." default:"1m" env:"EVENTS_LAG_WARNING"`
	MetricsNames     int           `help:"Most operation names with metrics labels of their own; the others share 'other'." default:"200" env:"METRICS_NAMES"`
}

// observer returns the observer of the server, and a function that flushes its traces.
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
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		if err := tracing.Stop(ctx); err != nil {
			s.log.Warn("traces are lost", "error", err)
		}
	}
	return observe.New(
		observe.Config{Log: s.log, Tracing: tracing, Explain: explain, MaxNames: f.MetricsNames},
	), stop, nil
}
