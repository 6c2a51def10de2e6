package observe

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/demo/demotest"
	"github.com/linkgraph/linkgraph/internal/overload"
)

// watched is an API with an observer.
type watched struct {
	testing.TB
	*Observer
	handler http.Handler
	pool    *pgxpool.Pool
	spans   *tracetest.InMemoryExporter
	lines   *bytes.Buffer
}

func watch(t testing.TB, cfg Config) *watched {
	t.Helper()
	w := &watched{TB: t, spans: tracetest.NewInMemoryExporter(), lines: &bytes.Buffer{}}
	var err error
	if cfg.Log, err = NewLog(w.lines, "json", slog.LevelInfo); err != nil {
		t.Fatal(err)
	}
	if cfg.Tracing == nil {
		cfg.Tracing = newTracing(sdktrace.WithSyncer(w.spans))
	}
	w.Observer = New(cfg)
	pool, err := pgxpool.ParseConfig(demotest.New(t).URL)
	if err != nil {
		t.Fatal(err)
	}
	w.WatchStatements(pool)
	if w.pool, err = pgxpool.NewWithConfig(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.pool.Close)
	w.WatchPool("admin", w.pool, nil)
	w.WatchGate("admin", &overload.Gate{
		Limiter: overload.New(
			overload.Config{Running: 1},
		),
		Bodies:  overload.NewBudget(1),
		Answers: overload.NewBudget(1),
	})
	g, err := graph.New(w.pool, graph.Config{Logger: cfg.Log, Observer: w.Observer})
	if err != nil {
		t.Fatal(err)
	}
	w.handler = w.Handler(g.Handler())
	return w
}

// answer is the part of an answer that the tests check.
type answer struct {
	Data       json.RawMessage
	Errors     []struct{ Message string }
	Extensions struct{ Linkgraph *report }
}

func (w *watched) ask(query string, headers ...string) answer {
	w.Helper()
	body, err := json.Marshal(map[string]any{"query": query})
	if err != nil {
		w.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	var a answer
	if err := json.Unmarshal(rec.Body.Bytes(), &a); err != nil {
		w.Fatalf("%v: %s", err, rec.Body)
	}
	return a
}

func (w *watched) metricsText() string {
	rec := httptest.NewRecorder()
	w.MetricsHandler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return rec.Body.String()
}

// walk is two levels deep; the second level sends two hops in one round trip.
const walk = `query Walk {
	products(first: 2, orderBy: [{ id: ASC }]) {
		totalCount
		nodes { title variants { totalCount nodes { title } } salesChannels { nodes { name } } }
	}
}`

// tree prints spans as lines, indented below their parents, siblings in order of their start.
func tree(spans tracetest.SpanStubs, parent trace.SpanID, indent string) string {
	slices.SortStableFunc(spans, func(a, b tracetest.SpanStub) int { return a.StartTime.Compare(b.StartTime) })
	var b strings.Builder
	for _, s := range spans {
		if s.Parent.SpanID() == parent {
			fmt.Fprintf(
				&b,
				"%s%s (%s)\n%s",
				indent,
				s.Name,
				s.SpanKind,
				tree(spans, s.SpanContext.SpanID(), indent+"  "),
			)
		}
	}
	return b.String()
}

func TestTrace(t *testing.T) {
	t.Parallel()
	w := watch(t, Config{})
	const remote = "00f067aa0ba902b7"
	w.ask(walk, "traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-"+remote+"-01")
	spans := w.spans.GetSpans()
	database := w.database
	parent, _ := trace.SpanIDFromHex(remote)
	want := `POST /graphql (server)
  query (server)
    Product list (internal)
      SELECT DB (client)
      SELECT DB (client)
    Product.variants (internal)
      SELECT DB (client)
      SELECT DB (client)
    Product.salesChannels (internal)
      SELECT DB (client)
`
	if got := strings.ReplaceAll(tree(spans, parent, ""), database, "DB"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, s := range spans {
		if got := s.SpanContext.TraceID().String(); got != "4bf92f3577b34da6a3ce929d0e0e4736" {
			t.Errorf("%s is part of trace %s", s.Name, got)
		}
		if s.EndTime.Before(s.StartTime) {
			t.Errorf("%s ends before it starts", s.Name)
		}
		about := map[string]string{}
		for _, a := range s.Attributes {
			about[string(a.Key)] = a.Value.String()
		}
		switch s.Name {
		case "query":
			if about["graphql.operation.name"] != "Walk" || about["graphql.operation.type"] != "query" ||
				about["linkgraph.statements"] != "5" {
				t.Errorf("operation: %v", about)
			}
		case "Product.variants":
			if about["linkgraph.keys"] != "2" || about["linkgraph.statements"] != "2" {
				t.Errorf("hop: %v", about)
			}
		case "SELECT " + database:
			if about["db.system.name"] != "postgresql" || !strings.HasPrefix(about["db.query.text"], "SELECT ") ||
				about["db.namespace"] != database {
				t.Errorf("statement: %v", about)
			}
		}
	}
	if !strings.Contains(w.lines.String(), `"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"`) {
		t.Errorf("the line has no trace:\n%s", w.lines)
	}
}

func TestTraceOfFailures(t *testing.T) {
	t.Parallel()
	w := watch(t, Config{})
	w.ask(`{ nothing }`)
	if got := tree(w.spans.GetSpans(), trace.SpanID{}, ""); got != "POST /graphql (server)\n" {
		t.Errorf("a request that does not validate:\n%s", got)
	}
	w.spans.Reset()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(`{"query": "{ products { nodes { id } } }"}`)).
		WithContext(ctx)
	r.Header.Set("Content-Type", "application/json")
	w.handler.ServeHTTP(httptest.NewRecorder(), r)
	for _, s := range w.spans.GetSpans() {
		if s.EndTime.IsZero() {
			t.Errorf("%s does not end", s.Name)
		}
	}
	if got := tree(
		w.spans.GetSpans(),
		trace.SpanID{},
		"",
	); !strings.HasPrefix(
		got,
		"POST /graphql (server)\n  query (server)\n",
	) {
		t.Errorf("a request that was ended:\n%s", got)
	}
	w.spans.Reset()
	w.ask(`mutation { updateProducts(input: [{ id: "prod_none", title: "x" }]) { products { id } } }`)
	if got := tree(w.spans.GetSpans(), trace.SpanID{}, ""); !strings.Contains(got, "  mutation (server)\n    SELECT") ||
		!strings.Contains(got, "    ROLLBACK") {
		t.Errorf("a mutation:\n%s", got)
	}
}

func TestMetricsAndLine(t *testing.T) {
	t.Parallel()
	w := watch(t, Config{MaxNames: 1})
	w.ask(walk)
	w.ask(`query Second { products { totalCount } }`)
	w.ask(`{ products { totalCount } }`)
	w.ask(`query Wrong { nothing }`)
	w.ask(`query Schema { __schema { queryType { name } } }`)
	text := w.metricsText()
	for _, want := range []string{
		`linkgraph_operations_total{name="Walk",outcome="ok",type="query"} 1`,
		`linkgraph_operations_total{name="other",outcome="ok",type="query"} 2`,
		`linkgraph_operations_total{name="anonymous",outcome="ok",type="query"} 1`,
		`linkgraph_executions_total{by="new plan"} 4`,
		`linkgraph_operation_duration_seconds_count{name="Walk",type="query"} 1`,
		`linkgraph_operation_statements_sum{name="Walk",type="query"} 5`,
		`linkgraph_errors_total{code="`,
		`linkgraph_statements_total 7`,
		`linkgraph_hop_duration_seconds_count{hop="Product list"} 3`,
		`linkgraph_hop_duration_seconds_count{hop="Product.variants"} 1`,
		`linkgraph_hop_keys_sum{hop="Product.variants"} 2`,
		`linkgraph_hop_statements_total{hop="Product.variants"} 2`,
		`linkgraph_pool_sessions_max{api="admin"} `,
		`linkgraph_requests_rejected_total{api="admin",reason="full"} 0`,
		`linkgraph_requests_running{api="admin"} 0`,
		`linkgraph_build_info{goversion="go`,
		`go_goroutines `,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	if strings.Contains(text, "Wrong") || strings.Contains(text, "Second") {
		t.Error("a name too many")
	}
	if t.Failed() {
		t.Log(text)
	}
	first, _, _ := strings.Cut(w.lines.String(), "\n")
	if !strings.Contains(first, `"operation":"Walk","statements":5`) {
		t.Errorf("the line: %s", first)
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	w := watch(t, Config{Explain: true})
	if a := w.ask(walk); a.Extensions.Linkgraph != nil {
		t.Error("told without being asked")
	}
	r := w.ask(walk, "x-linkgraph-explain", "1").Extensions.Linkgraph
	if r == nil {
		t.Fatal("not told")
	}
	// The list has two fields. Each of its two products has three: a scalar, a list of 20 variants with two fields,
	// and a list of 20 channels with one. A record in a list counts one field more than it has.
	if variants, channels := 2+20*2, 1+20*2; r.Statements != 5 || r.RoundTrips != 2 ||
		r.Cost != int64(2+2*(1+3+variants+channels)) {
		t.Errorf("%+v", r)
	}
	var hops []string
	for _, h := range r.Hops {
		hops = append(hops, fmt.Sprint(h.Hop, " ", h.RoundTrip, " ", h.Keys, " ", h.Statements))
	}
	if want := []string{
		"Product list 1 0 2",
		"Product.variants 2 2 2",
		"Product.salesChannels 2 2 1",
	}; !slices.Equal(
		hops,
		want,
	) {
		t.Errorf("got %q, want %q", hops, want)
	}
	off := watch(t, Config{})
	if a := off.ask(walk, "x-linkgraph-explain", "1"); a.Extensions.Linkgraph != nil {
		t.Error("told although it is off")
	}
}

// TestExport exports a trace to a collector that the environment names.
func TestExport(t *testing.T) {
	var mu sync.Mutex
	var paths []string
	var sent []byte
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		paths = append(paths, r.URL.Path)
		body := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			body, _ = gzip.NewReader(r.Body)
		}
		text, _ := io.ReadAll(body)
		sent = append(sent, text...)
	}))
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	t.Setenv("OTEL_SERVICE_NAME", "shop-api")
	env := map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL}
	tracing, err := StartTracing(t.Context(), func(name string) string { return env[name] }, slog.Default())
	if err != nil || tracing == nil {
		t.Fatalf("%v, %v", tracing, err)
	}
	_, span := tracing.tracer().Start(t.Context(), "a span of the test")
	span.End()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := tracing.Stop(ctx); err != nil {
		t.Error(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if !slices.Equal(paths, []string{"/v1/traces"}) || !bytes.Contains(sent, []byte("a span of the test")) ||
		!bytes.Contains(sent, []byte("shop-api")) {
		t.Errorf("%v: %q", paths, sent)
	}
}
