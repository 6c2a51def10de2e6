// Package observe logs, measures and traces what the server does: a log line per request, metrics of operations and
// hops, and spans of operations, hops and statements. It hooks into graph.Observer and pgx tracers, so that no other
// package depends on it.
package observe

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/trace"

	"github.com/linkgraph/linkgraph/graph"
)

// Config configures an Observer. The zero value is usable.
type Config struct {
	// Log gets one line per request. nil means slog.Default. Use a logger of NewLog, so that lines carry the
	// request's id.
	Log *slog.Logger
	// Tracing exports traces. nil turns tracing off.
	Tracing *Tracing
	// Explain makes the server answer the header x-linkgraph-explain with what an operation cost.
	Explain bool
	// MaxNames is how many operation names get labels of their own in the metrics, counted for admins and storefronts
	// apart. 0 means 200.
	MaxNames int
}

// Observer observes one server.
type Observer struct {
	log     *slog.Logger
	tracer  trace.Tracer // nil without tracing
	explain bool
	metrics *metrics
	labels  *labels

	database string // name of the database in traces
}

var (
	_ graph.Observer               = (*Observer)(nil)
	_ graphql.OperationInterceptor = (*Observer)(nil)
	_ graphql.ResponseInterceptor  = (*Observer)(nil)
	_ pgx.QueryTracer              = (*Observer)(nil)
	_ pgx.BatchTracer              = (*Observer)(nil)
)

// New returns an observer. Pass it to the graph as its Observer and to the pool by WatchStatements, and wrap the
// server in its Handler.
func New(cfg Config) *Observer {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.MaxNames == 0 {
		cfg.MaxNames = 200
	}
	return &Observer{
		log: cfg.Log, tracer: cfg.Tracing.tracer(), explain: cfg.Explain,
		metrics: newMetrics(), labels: &labels{admins: names{max: cfg.MaxNames}, storefronts: names{max: cfg.MaxNames}},
	}
}

// request is the state of an HTTP request while it runs.
type request struct {
	id         string
	explain    bool // requested and permitted
	statements atomic.Int64

	mu         sync.Mutex
	operations []string
}

// operation is the state of an operation while it runs.
type operation struct {
	kind, name string // name is the client's
	label      string // name in the metrics
	start      time.Time

	statements, roundTrips, cost atomic.Int64

	mu   sync.Mutex
	hops []hopReport
}

type (
	requestKey   struct{}
	operationKey struct{}
	readKey      struct{}
	spanKey      struct{}
)

// RequestID returns the id of the context's request, "" if there is none.
func RequestID(ctx context.Context) string {
	if r := requestFrom(ctx); r != nil {
		return r.id
	}
	return ""
}

func requestFrom(ctx context.Context) *request {
	r, _ := ctx.Value(requestKey{}).(*request)
	return r
}

func operationFrom(ctx context.Context) *operation {
	o, _ := ctx.Value(operationKey{}).(*operation)
	return o
}

func readFrom(ctx context.Context) *roundTrip {
	r, _ := ctx.Value(readKey{}).(*roundTrip)
	return r
}
