package observe

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// Headers of requests and answers.
const (
	requestIDHeader = "X-Request-Id"
	explainHeader   = "X-Linkgraph-Explain"
)

// apiPath is the path whose requests are counted, traced, and logged at level info. Other paths are logged at level
// debug.
const apiPath = "/graphql"

// requestIDPattern matches the request ids that are accepted from clients. They go into a header and into log lines.
var requestIDPattern = regexp.MustCompile(`^[A-Za-z0-9._:/+=-]{1,128}$`)

// propagator reads the headers traceparent and tracestate.
var propagator = propagation.TraceContext{}

// Handler gives each request an id, and logs, counts and traces it.
func (o *Observer) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		req := &request{id: r.Header.Get(requestIDHeader), explain: o.explain && r.Header.Get(explainHeader) == "1"}
		if !requestIDPattern.MatchString(req.id) {
			req.id = rand.Text()
		}
		w.Header().Set(requestIDHeader, req.id)
		ctx := context.WithValue(r.Context(), requestKey{}, req)
		api := r.URL.Path == apiPath
		var span trace.Span
		if api && o.tracer != nil {
			ctx, span = o.startRequest(ctx, r)
		}
		answer := &statusRecorder{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			if span != nil {
				endRequest(span, req, answer.status)
			}
			o.logRequest(ctx, r, req, answer.status, time.Since(start), api)
		}()
		next.ServeHTTP(answer, r.WithContext(ctx))
	})
}

// startRequest starts the span of the request, as part of the client's trace if its headers name one.
func (o *Observer) startRequest(ctx context.Context, r *http.Request) (context.Context, trace.Span) {
	ctx = propagator.Extract(ctx, propagation.HeaderCarrier(r.Header))
	return o.tracer.Start(ctx, method(r)+" "+apiPath, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
		semconv.HTTPRequestMethodKey.String(method(r)), semconv.URLPath(r.URL.Path), semconv.HTTPRoute(apiPath),
		attribute.String("linkgraph.request_id", requestFrom(ctx).id),
	))
}

func endRequest(span trace.Span, req *request, status int) {
	span.SetAttributes(
		semconv.HTTPResponseStatusCode(status),
		attribute.Int64("linkgraph.statements", req.statements.Load()),
	)
	if status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

// method returns the request's method for metrics and traces. Unknown methods share one label, because clients can
// make them up.
func method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodPost, http.MethodOptions, http.MethodHead:
		return r.Method
	}
	return "_OTHER"
}

func (o *Observer) logRequest(
	ctx context.Context,
	r *http.Request,
	req *request,
	status int,
	took time.Duration,
	api bool,
) {
	level := slog.LevelDebug
	if api {
		level = slog.LevelInfo
		o.metrics.request(method(r), status)
	}
	attrs := []slog.Attr{
		slog.String(
			"method",
			r.Method,
		),
		slog.String("path", r.URL.Path),
		slog.Int("status", status),
		slog.Duration("duration", took),
	}
	req.mu.Lock()
	defer req.mu.Unlock()
	if len(req.operations) > 0 {
		attrs = append(
			attrs,
			slog.String("operation", strings.Join(req.operations, ",")),
			slog.Int64("statements", req.statements.Load()),
		)
	}
	o.log.LogAttrs(ctx, level, "request", attrs...)
}

type statusRecorder struct {
	http.ResponseWriter
	status int
}

// WriteHeader records the status.
func (r *statusRecorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *statusRecorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
