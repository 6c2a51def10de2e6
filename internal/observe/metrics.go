package observe

import (
	"net/http"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/linkgraph/linkgraph/internal/buildinfo"
	"github.com/linkgraph/linkgraph/internal/dbpool"
	"github.com/linkgraph/linkgraph/internal/overload"
)

// metrics are the metrics of one server, in a registry of their own.
type metrics struct {
	registry *prometheus.Registry

	requests   *prometheus.CounterVec
	operations *prometheus.CounterVec
	executions *prometheus.CounterVec
	opSeconds  *prometheus.HistogramVec
	opCalls    *prometheus.HistogramVec
	errors     *prometheus.CounterVec
	statements prometheus.Counter

	hopSeconds    *prometheus.HistogramVec
	hopKeys       *prometheus.HistogramVec
	hopStatements *prometheus.CounterVec
	hopRows       *prometheus.CounterVec
}

// The buckets of the histograms. A hop reads at most a page of 100 records for each of 100 records.
var (
	secondBuckets    = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}
	keyBuckets       = []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10000}
	statementBuckets = []float64{0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 100}
)

func newMetrics() *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	histogram := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
	}
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: counter(
			"linkgraph_http_requests_total",
			"Requests to /graphql that were answered.",
			"method",
			"status",
		),
		operations: counter("linkgraph_operations_total", "Operations that were answered.", "type", "name", "outcome"),
		executions: counter(
			"linkgraph_executions_total",
			"Operations by how they were executed: by a plan that was there, or by a new one.",
			"by",
		),
		opSeconds: histogram(
			"linkgraph_operation_duration_seconds",
			"Time of an operation, without parsing and queueing.",
			secondBuckets,
			"type",
			"name",
		),
		opCalls: histogram(
			"linkgraph_operation_statements",
			"SQL statements of an operation, begin and commit among them.",
			statementBuckets,
			"type",
			"name",
		),
		errors: counter("linkgraph_errors_total", "Errors in answers.", "code"),
		statements: prometheus.NewCounter(
			prometheus.CounterOpts{Name: "linkgraph_statements_total", Help: "SQL statements that were sent."},
		),

		hopSeconds: histogram(
			"linkgraph_hop_duration_seconds",
			"Time of the round trip that a hop travelled in until it was answered, without the wait for a session.",
			secondBuckets,
			"hop",
		),
		hopKeys:       histogram("linkgraph_hop_keys", "Records that a hop starts from.", keyBuckets, "hop"),
		hopStatements: counter("linkgraph_hop_statements_total", "SQL statements of a hop.", "hop"),
		hopRows:       counter("linkgraph_hop_rows_total", "Rows that a hop read.", "hop"),
	}
	build := buildinfo.Read()
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "linkgraph_build_info", Help: "The program. The value is 1.",
		ConstLabels: prometheus.Labels{"version": build.Version, "revision": build.Revision, "goversion": build.Go},
	})
	info.Set(1)
	m.registry.MustRegister(
		m.requests,
		m.operations,
		m.executions,
		m.opSeconds,
		m.opCalls,
		m.errors,
		m.statements,
		m.hopSeconds,
		m.hopKeys,
		m.hopStatements,
		m.hopRows,
		info,
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

func (m *metrics) request(method string, status int) {
	m.requests.WithLabelValues(method, strconv.Itoa(status)).Inc()
}

func (m *metrics) operation(op *operation, failed bool) {
	outcome := "ok"
	if failed {
		outcome = "errors"
	}
	m.operations.WithLabelValues(op.kind, op.label, outcome).Inc()
	m.opSeconds.WithLabelValues(op.kind, op.label).Observe(time.Since(op.start).Seconds())
	m.opCalls.WithLabelValues(op.kind, op.label).Observe(float64(op.statements.Load()))
}

func (m *metrics) hop(h *hop) {
	m.hopSeconds.WithLabelValues(h.name).Observe(h.took.Seconds())
	m.hopStatements.WithLabelValues(h.name).Add(float64(h.statements))
	m.hopRows.WithLabelValues(h.name).Add(float64(h.rows))
	if h.keys > 0 {
		m.hopKeys.WithLabelValues(h.name).Observe(float64(h.keys))
	}
}

// MetricsHandler serves the metrics in the format of Prometheus.
func (o *Observer) MetricsHandler() http.Handler {
	return promhttp.HandlerFor(o.metrics.registry, promhttp.HandlerOpts{})
}

// group registers metrics that are read from elsewhere when scraped. They carry the label api: "admin" or
// "storefront".
type group struct {
	registry *prometheus.Registry
	labels   prometheus.Labels
}

func (o *Observer) group(api string) group {
	return group{o.metrics.registry, prometheus.Labels{"api": api}}
}

func (w group) gauge(name, help string, value func() float64) {
	w.registry.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: w.labels}, value),
	)
}

func (w group) counter(name, help string, value func() float64) {
	w.registry.MustRegister(
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: w.labels}, value),
	)
}

// WatchPool registers the metrics of a pool. api is "admin" or "storefront"; given counts the pool's abandoned
// sessions.
func (o *Observer) WatchPool(api string, pool *pgxpool.Pool, given *dbpool.Watch) {
	w := o.group(api)
	stat := func(value func(*pgxpool.Stat) float64) func() float64 {
		return func() float64 { return value(pool.Stat()) }
	}
	w.gauge(
		"linkgraph_pool_sessions_max",
		"Most sessions.",
		stat(func(s *pgxpool.Stat) float64 { return float64(s.MaxConns()) }),
	)
	w.gauge(
		"linkgraph_pool_sessions_used",
		"Sessions in use.",
		stat(func(s *pgxpool.Stat) float64 { return float64(s.AcquiredConns()) }),
	)
	w.gauge(
		"linkgraph_pool_sessions_idle",
		"Sessions that wait for use.",
		stat(func(s *pgxpool.Stat) float64 { return float64(s.IdleConns()) }),
	)
	w.gauge(
		"linkgraph_pool_sessions_given_up",
		"Sessions that were given up and that Postgres still works on. They are among those in use.",
		func() float64 { return float64(given.GivenUp()) },
	)
	w.counter(
		"linkgraph_pool_sessions_opened_total",
		"Sessions that were opened.",
		stat(func(s *pgxpool.Stat) float64 { return float64(s.NewConnsCount()) }),
	)
	w.counter(
		"linkgraph_pool_acquired_total",
		"Times a session was taken.",
		stat(func(s *pgxpool.Stat) float64 { return float64(s.AcquireCount()) }),
	)
	w.counter(
		"linkgraph_pool_waited_total",
		"Times none was free and one had to be waited for.",
		stat(func(s *pgxpool.Stat) float64 { return float64(s.EmptyAcquireCount()) }),
	)
	w.counter(
		"linkgraph_pool_wait_seconds_total",
		"Time of those waits.",
		stat(func(s *pgxpool.Stat) float64 { return s.EmptyAcquireWaitTime().Seconds() }),
	)
}

// WatchGate registers the metrics of a gate: its queue, and the memory held for clients. api is "admin" or
// "storefront".
func (o *Observer) WatchGate(api string, g *overload.Gate) {
	w := o.group(api)
	w.gauge(
		"linkgraph_requests_running",
		"Requests that are being worked on.",
		func() float64 { return float64(g.Limiter.Stats().Running) },
	)
	w.gauge(
		"linkgraph_requests_dear",
		"Those of them that are dear.",
		func() float64 { return float64(g.Limiter.Stats().Dear) },
	)
	w.gauge(
		"linkgraph_requests_queued",
		"Requests that wait.",
		func() float64 { return float64(g.Limiter.Stats().Queued) },
	)
	for _, reason := range overload.Reasons() {
		of := group{w.registry, prometheus.Labels{"api": api, "reason": string(reason)}}
		of.counter(
			"linkgraph_requests_rejected_total",
			"Requests that were refused with 503, or were gone before it was their turn.",
			func() float64 { return float64(g.Limiter.Stats().Rejected[reason]) },
		)
	}
	for what, budget := range map[string]*overload.Budget{"body": g.Bodies, "answer": g.Answers} {
		of := group{w.registry, prometheus.Labels{"api": api, "of": what}}
		of.gauge(
			"linkgraph_held_bytes",
			"Bytes of bodies and of answers that are held for clients.",
			func() float64 { return float64(budget.Stats().Used) },
		)
		of.counter(
			"linkgraph_clients_given_up_total",
			"Clients that were too slow for how little memory there was.",
			func() float64 { return float64(budget.Stats().Cut) },
		)
	}
}

// WatchConnections registers the metric of open connections.
func (o *Observer) WatchConnections(c *overload.Connections) {
	group{
		registry: o.metrics.registry,
	}.gauge(
		"linkgraph_connections",
		"Open connections.",
		func() float64 { return float64(c.Open()) },
	)
}

// Events is how late readers of link events are. A value that is not known is NaN.
type Events struct {
	Lag, Held float64 // in seconds
	Waiting   float64
}

// WatchEvents registers the metrics of link events.
func (o *Observer) WatchEvents(latest func() Events) {
	w := group{registry: o.metrics.registry}
	w.gauge(
		"linkgraph_events_lag_seconds",
		"Age of the oldest committed event of a link that cannot be read yet. 0 if there is none.",
		func() float64 { return latest().Lag },
	)
	w.gauge(
		"linkgraph_events_held_seconds",
		"How long the transaction has been open that holds events of links back. 0 if there is none.",
		func() float64 { return latest().Held },
	)
	w.gauge(
		"linkgraph_events_waiting",
		"Committed events of links that cannot be read yet, counted up to 10,000.",
		func() float64 { return latest().Waiting },
	)
}
