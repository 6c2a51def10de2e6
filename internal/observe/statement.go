package observe

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/linkgraph/linkgraph/internal/dbpool"
	"github.com/linkgraph/linkgraph/internal/lazytx"
)

// WatchStatements sets the tracer of cfg, so that statements are counted and traced. Call it before the pool is made.
func (o *Observer) WatchStatements(cfg *pgxpool.Config) {
	o.database = cfg.ConnConfig.Database
	cfg.ConnConfig.Tracer = o
}

// count adds n statements to the metrics and to the current operation.
func (o *Observer) count(ctx context.Context, n int) {
	o.metrics.statements.Add(float64(n))
	if r := requestFrom(ctx); r != nil {
		r.statements.Add(int64(n))
	}
	if op := operationFrom(ctx); op != nil {
		op.statements.Add(int64(n))
	}
}

// TraceQueryStart observes a statement that is sent alone.
func (o *Observer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	if !lazytx.IsControl(data.SQL) {
		o.count(ctx, 1)
	}
	r := readFrom(ctx)
	if r != nil {
		r.sent = time.Now()
	}
	if o.tracer == nil || !trace.SpanContextFromContext(ctx).IsValid() {
		return ctx // statements outside of requests are not traced
	}
	parent := ctx
	if r != nil && r.next < len(r.of) {
		h := &r.hops[r.of[r.next]]
		h.start(ctx, o.tracer, r.sent)
		parent = h.ctx
	}
	span := o.startStatement(parent, data.SQL, time.Now())
	return context.WithValue(ctx, spanKey{}, span)
}

// TraceQueryEnd ends the observation that TraceQueryStart began.
func (o *Observer) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryEndData) {
	if r := readFrom(ctx); r != nil {
		r.answered(data.CommandTag.RowsAffected(), data.Err)
	}
	if span, ok := ctx.Value(spanKey{}).(trace.Span); ok {
		endStatement(span, data.CommandTag, data.Err)
	}
}

// TraceBatchStart observes a batch.
func (o *Observer) TraceBatchStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	n := 0
	for _, q := range data.Batch.QueuedQueries {
		if !lazytx.IsControl(q.SQL) {
			n++
		}
	}
	o.count(ctx, n)
	r := readFrom(ctx)
	if r == nil { // not a batch of hops: it is traced as a round trip without hops
		r = &roundTrip{}
		ctx = context.WithValue(ctx, readKey{}, r)
	}
	r.sent = time.Now()
	return ctx
}

// TraceBatchQuery observes the end of one statement of a batch.
func (o *Observer) TraceBatchQuery(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	if dbpool.IsSettings(data.SQL) || lazytx.IsControl(data.SQL) {
		return
	}
	r := readFrom(ctx)
	h := r.answered(data.CommandTag.RowsAffected(), data.Err)
	if o.tracer == nil || !trace.SpanContextFromContext(ctx).IsValid() {
		return
	}
	parent := ctx
	if h != nil {
		if h.span == nil {
			h.start(ctx, o.tracer, r.sent)
		}
		parent = h.ctx
	}
	endStatement(o.startStatement(parent, data.SQL, r.sent), data.CommandTag, data.Err)
}

// TraceBatchEnd does nothing: TraceBatchQuery has observed each statement.
func (o *Observer) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// startStatement starts the span of a statement. The SQL holds no data, because values are parameters.
func (o *Observer) startStatement(ctx context.Context, sql string, at time.Time) trace.Span {
	verb := verbOf(sql)
	_, span := o.tracer.Start(
		ctx,
		verb+" "+o.database,
		trace.WithTimestamp(at),
		trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(
			semconv.DBSystemNamePostgreSQL,
			semconv.DBNamespace(o.database),
			semconv.DBOperationName(verb),
			semconv.DBQueryText(sql),
		),
	)
	return span
}

func endStatement(span trace.Span, tag pgconn.CommandTag, err error) {
	if err == nil {
		span.SetAttributes(attribute.Int64("linkgraph.rows", tag.RowsAffected()))
		span.End()
		return
	}
	class := "_OTHER"
	var pg *pgconn.PgError
	switch {
	case errors.As(err, &pg):
		class = pg.Code
		span.SetAttributes(semconv.DBResponseStatusCode(pg.Code))
	case errors.Is(err, context.Canceled):
		class = "canceled"
	case errors.Is(err, context.DeadlineExceeded):
		class = "timeout"
	}
	span.SetAttributes(semconv.ErrorTypeKey.String(class))
	span.SetStatus(codes.Error, err.Error())
	span.End()
}

// verbOf returns the first word of a statement.
func verbOf(sql string) string {
	sql = strings.TrimSpace(sql)
	if i := strings.IndexAny(sql, " \t\n(;"); i > 0 {
		sql = sql[:i]
	}
	return strings.ToUpper(sql)
}
