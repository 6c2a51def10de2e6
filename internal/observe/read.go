package observe

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// roundTrip is a round trip of the record store. Its statements are answered one after the other, so it needs no
// lock.
type roundTrip struct {
	number int64 // number within the operation, from 1
	hops   []hop
	of     []int     // index of the hop of each statement
	next   int       // index of the next statement to be answered
	sent   time.Time // when the statements went to Postgres; the time before was spent waiting for a session
}

// hop is one request of a round trip.
type hop struct {
	name       string
	joins      []string // relations that the same statement joins
	keys       int
	statements int
	rows       int64
	until      time.Time     // when its last statement was answered
	took       time.Duration // from sent to until: Postgres does not say which part of a round trip each statement took
	err        error
	ctx        context.Context //nolint:containedctx // of the span
	span       trace.Span      // nil until its first statement is answered, or without tracing
}

// newHop returns the hop of a request, named after what it reads: a list, records by key, or a relation of a model.
// The catalogue limits how many names there are.
func newHop(r recordstore.Request) hop {
	h := hop{name: otherName}
	var joins []recordstore.Join
	switch r := r.(type) {
	case *recordstore.List:
		h.name, joins = r.Model.Name+" list", r.Joins
	case *recordstore.Fetch:
		h.name, h.keys, joins = r.Model.Name+" fetch", len(r.Keys), r.Joins
	case *recordstore.Hop:
		h.name, h.keys, joins = r.Model.Name+"."+r.Relation.Field, len(r.Keys), r.Joins
	}
	for _, j := range joins {
		h.joins = append(h.joins, j.Model.Name+"."+j.Relation.Field)
	}
	return h
}

// StartRead observes the requests of one round trip.
func (o *Observer) StartRead(
	ctx context.Context,
	requests []recordstore.Request,
	statements []int,
) (context.Context, func(error)) {
	r := &roundTrip{sent: time.Now()}
	for i, n := range statements {
		if n == 0 {
			continue // no keys, so no statement
		}
		for range n {
			r.of = append(r.of, len(r.hops))
		}
		h := newHop(requests[i])
		h.statements = n
		r.hops = append(r.hops, h)
	}
	op := operationFrom(ctx)
	if op != nil {
		r.number = op.roundTrips.Add(1)
	}
	parent := ctx
	return context.WithValue(ctx, readKey{}, r), func(err error) { o.endRead(parent, op, r, err) }
}

// endRead records the hops: the answered ones in the metrics, all of them in the trace.
func (o *Observer) endRead(parent context.Context, op *operation, r *roundTrip, err error) {
	for i := range r.hops {
		h := &r.hops[i]
		if h.until.IsZero() {
			h.until, h.err = time.Now(), err
			h.took = h.until.Sub(r.sent)
			if o.tracer != nil {
				h.start(parent, o.tracer, r.sent)
			}
		}
		if h.span != nil {
			h.end()
		}
		if h.err == nil {
			o.metrics.hop(h)
		}
	}
	if op == nil {
		return
	}
	op.mu.Lock()
	defer op.mu.Unlock()
	for _, h := range r.hops {
		op.hops = append(op.hops, hopReport{
			Hop: h.name, Joins: h.joins, RoundTrip: r.number, Keys: h.keys, Statements: h.statements, Rows: h.rows,
			Ms: float64(h.took.Microseconds()) / 1000,
		})
	}
}

// answered records that a statement was answered, and returns its hop, or nil if the statement belongs to none.
func (r *roundTrip) answered(rows int64, err error) *hop {
	if r.next == len(r.of) {
		return nil
	}
	h := &r.hops[r.of[r.next]]
	r.next++
	h.rows += rows
	h.until, h.err = time.Now(), err
	h.took = h.until.Sub(r.sent)
	return h
}

func (h *hop) start(parent context.Context, tracer trace.Tracer, at time.Time) {
	h.ctx, h.span = tracer.Start(parent, h.name, trace.WithTimestamp(at), trace.WithAttributes(
		attribute.String("linkgraph.hop", h.name), attribute.Int("linkgraph.keys", h.keys),
	))
}

func (h *hop) end() {
	h.span.SetAttributes(attribute.Int("linkgraph.statements", h.statements), attribute.Int64("linkgraph.rows", h.rows))
	if h.err != nil {
		h.span.SetStatus(codes.Error, "")
	}
	h.span.End(trace.WithTimestamp(h.until))
}
