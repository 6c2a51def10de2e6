package observe

import (
	"context"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/linkgraph/linkgraph/graph"
)

// explainKey is the key of the report in an answer's extensions.
const explainKey = "linkgraph"

// report is what an operation cost.
type report struct {
	Statements int64       `json:"statements"`
	RoundTrips int64       `json:"roundTrips"`
	Cost       int64       `json:"cost"`
	Hops       []hopReport `json:"hops"`
}

// hopReport is what one hop cost.
type hopReport struct {
	Hop        string   `json:"hop"`
	Joins      []string `json:"joins,omitempty"`
	RoundTrip  int64    `json:"roundTrip"`
	Keys       int      `json:"keys"`
	Statements int      `json:"statements"`
	Rows       int64    `json:"rows"`
	Ms         float64  `json:"ms"`
}

// ExtensionName returns the name of the gqlgen extension.
func (o *Observer) ExtensionName() string { return "Observer" }

// Validate accepts every schema.
func (o *Observer) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptOperation observes an operation until it is answered.
func (o *Observer) InterceptOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	c := graphql.GetOperationContext(ctx)
	op := &operation{kind: string(c.Operation.Operation), name: c.Operation.Name, start: time.Now()}
	op.label = o.labels.label(ctx, op.name)
	req := requestFrom(ctx)
	if req != nil {
		req.note(op)
	}
	ctx = context.WithValue(ctx, operationKey{}, op)
	var span trace.Span
	if o.tracer != nil {
		ctx, span = o.startOperation(ctx, op)
	}
	answer := next(ctx)
	ended := false
	return func(ctx context.Context) *graphql.Response {
		r := answer(ctx)
		if ended { // nothing more: there are no subscriptions
			return r
		}
		ended = true
		if r != nil && req != nil && req.explain && mayAsk(ctx) {
			explain(r, op)
		}
		failed := r == nil || len(r.Errors) > 0
		if span != nil {
			endOperation(span, op, failed)
		}
		o.metrics.operation(op, failed)
		return r
	}
}

// note records the operation's name for the request's log line. A GraphQL name has neither spaces nor commas, so
// names can be joined by commas.
func (r *request) note(op *operation) {
	name := op.name
	if name == "" {
		name = anonymousName
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.operations = append(r.operations, name[:min(len(name), longestName)])
}

// startOperation starts the span of an operation. The span's name has no part that clients choose, as OpenTelemetry's
// conventions require.
func (o *Observer) startOperation(ctx context.Context, op *operation) (context.Context, trace.Span) {
	attrs := []attribute.KeyValue{semconv.GraphQLOperationTypeKey.String(op.kind)}
	if op.name != "" {
		attrs = append(attrs, semconv.GraphQLOperationName(op.name))
	}
	return o.tracer.Start(ctx, op.kind, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(attrs...))
}

func endOperation(span trace.Span, op *operation, failed bool) {
	span.SetAttributes(
		attribute.Int64("linkgraph.statements", op.statements.Load()),
		attribute.Int64("linkgraph.round_trips", op.roundTrips.Load()),
		attribute.Int64("linkgraph.cost", op.cost.Load()),
	)
	if failed {
		span.SetStatus(codes.Error, "the answer has errors")
	}
	span.End()
}

// mayAsk reports whether the caller may see what an operation cost. Admins may, storefronts may not.
func mayAsk(ctx context.Context) bool {
	c, ok := graph.CallerFrom(ctx)
	return !ok || !c.Storefront
}

func explain(r *graphql.Response, op *operation) {
	op.mu.Lock()
	defer op.mu.Unlock()
	extensions := map[string]any{}
	for k, v := range r.Extensions {
		extensions[k] = v
	}
	hops := op.hops
	if hops == nil {
		hops = []hopReport{}
	}
	extensions[explainKey] = report{op.statements.Load(), op.roundTrips.Load(), op.cost.Load(), hops}
	r.Extensions = extensions
}

// InterceptResponse counts the errors of answers, including those of requests that were refused before an operation
// ran.
func (o *Observer) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	r := next(ctx)
	if r == nil {
		return nil
	}
	for _, e := range r.Errors {
		code, _ := e.Extensions["code"].(string)
		o.metrics.errors.WithLabelValues(code).Inc()
	}
	return r
}

// Spent adds to the cost of the operation.
func (o *Observer) Spent(ctx context.Context, records int) {
	if op := operationFrom(ctx); op != nil {
		op.cost.Add(int64(records))
	}
}

// Planned counts operations by whether their plan existed already.
func (o *Observer) Planned(_ context.Context, before bool) {
	by := "new plan"
	if before {
		by = "plan"
	}
	o.metrics.executions.WithLabelValues(by).Inc()
}
