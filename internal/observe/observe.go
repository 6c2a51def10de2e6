// Package observe tells what the server does: a line a request in the log, metrics of operations and hops, and traces of
// operation, hop and statement. It knows the API through the hooks of graph.Observer and the database through the tracer of
// pgx, so nothing else has to know of it.
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

// Config says what is told. The zero value is good.
type Config struct {
	// Log gets a line a request. nil means slog.Default. It should be one of NewLog, so that lines carry the request's id.
	Log *slog.Logger
	// Tracing exports traces. nil means that there are none.
	Tracing *Tracing
	// Explain answers the header x-linkgraph-explain with what an operation took.
	Explain bool
	// MaxNames is how many names of operations the metrics tell apart, of admins and of storefronts each. 0 means 200.
	MaxNames int
}

// Observer watches a server.
type Observer struct {
	log     *slog.Logger
	tracer  trace.Tracer // nil means that nothing is traced
	explain bool
	metrics *metrics
	labels  *labels

	database string // as traces name it
}

var (
	_ graph.Observer               = (*Observer)(nil)
	_ graphql.OperationInterceptor = (*Observer)(nil)
	_ graphql.ResponseInterceptor  = (*Observer)(nil)
	_ pgx.QueryTracer              = (*Observer)(nil)
	_ pgx.BatchTracer              = (*Observer)(nil)
)

// New returns an observer. It does its work as the Observer of a graph.Graph, the tracer of the pool below it, and the
// Handler around the server.
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

// request is what is known of an HTTP request while it runs.
type request struct {
	id         string
	explain    bool // asked for and allowed
	statements atomic.Int64

	mu         sync.Mutex
	operations []string
}

// operation is what is known of an operation while it runs.
type operation struct {
	kind, name string // as the client wrote the name
	label      string // as the metrics call it
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

// RequestID returns the id of the request that the context is of, "" if it is of none.
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

func readFrom(ctx context.Context) *read {
	r, _ := ctx.Value(readKey{}).(*read)
	return r
}
