package answer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/linkgraph/linkgraph/graph/internal/plan"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/internal/recordstore/rows"
)

// Answer is what a resolver of a root field returns: gqlgen writes it as it is.
type Answer interface {
	MarshalGQL(w io.Writer)
}

// Request is an operation while it is answered.
//
// Each resolver starts its root field: it checks its arguments, runs what a mutation does, and returns an Answer that is not yet
// written. After the last root field of a query, and after each of a mutation, Finish reads what lies below them, level by level, and
// writes it.
type Request struct {
	*Output
	engine   *Engine
	ctx      context.Context //nolint:containedctx // it lives as long as the operation
	op       *graphql.OperationContext
	operation     *plan.Operation
	pending  int        // root fields that were not resolved yet
	refused  bool       // one of them was above a limit
	started  []*rootField    // whose answers are to be read and written
	payloadLinks shownLinks // what a mutation is about to show of links
	planMissed bool       // a part of the plan had to be made
	quota    *rows.Quota
	failed   bool // a root field that is never null has failed, so that all of the data is null
}

type requestKey struct{}

func requestFrom(ctx context.Context) *Request {
	r, _ := ctx.Value(requestKey{}).(*Request)
	return r
}

// readRatio is how many bytes may be read for each byte of the longest answer. Keys and the values of sort keys are read and not
// written, what several paths lead to is read once and written often.
const readRatio = 2

// Begin begins to answer the operation of a context, which is one of the plans' document, and returns the context in which its root
// fields are resolved.
func (e *Engine) Begin(ctx context.Context, plans *plan.Cache, out *Output) context.Context {
	op := graphql.GetOperationContext(ctx)
	r := &Request{Output: out, engine: e, op: op, quota: rows.NewQuota(readRatio * e.Limits().MaxAnswer)}
	var kept bool
	r.operation, kept = plans.Operation(op)
	r.planMissed = !kept
	r.pending = len(r.operation.Roots)
	r.ctx = context.WithValue(ctx, requestKey{}, r)
	out.Begin(ctx, e.Limits().MaxAnswer)
	return r.ctx
}

// limited reports whether the root field of a context was refused because it is above a limit.
func exceedsLimit(ctx context.Context) bool {
	alias := ast.PathName(graphql.GetRootFieldContext(ctx).Field.Alias)
	return slices.ContainsFunc(graphql.GetErrors(ctx), func(err *gqlerror.Error) bool {
		return len(err.Path) > 0 && err.Path[0] == alias && errors.Is(err, plan.ErrLimit)
	})
}

// SortErrors puts errors in the order of the root fields that they are of. Those of none are first.
func SortErrors(ctx context.Context, errs gqlerror.List) {
	roots := requestFrom(ctx).operation.Roots
	place := func(err *gqlerror.Error) int {
		if len(err.Path) == 0 {
			return -1
		}
		return slices.IndexFunc(roots, func(r *plan.Root) bool { return ast.PathName(r.Field.Alias) == err.Path[0] })
	}
	slices.SortStableFunc(errs, func(a, b *gqlerror.Error) int { return cmp.Compare(place(a), place(b)) })
}

// Planned reports whether there was a plan for the whole operation before.
func PlanCached(ctx context.Context) bool { return !requestFrom(ctx).planMissed }

// Written is an Answer that write writes to the output of the context's operation.
func WriteNow(ctx context.Context, write func(*Output) error) (Answer, error) {
	r := requestFrom(ctx)
	run := &rootField{request: r, begin: len(r.b)}
	err := write(r.Output)
	if err != nil {
		r.b = r.b[:run.begin]
	}
	run.end = len(r.b)
	switch {
	case isTooLong(err): // what is left is part of the same answer
		r.failed = true
		return graphql.RequiredNull, err
	case err != nil:
		return graphql.Null, err
	}
	return run, nil
}

// Finish is called with what the resolver of a root field returned. It returns what gqlgen is to write for it.
func Finish(ctx context.Context, res graphql.Marshaler) graphql.Marshaler {
	field := graphql.GetRootFieldContext(ctx).Field
	if strings.HasPrefix(field.Name, "__") {
		return res
	}
	r := requestFrom(ctx)
	r.pending--
	nonNull := field.Definition.Type.NonNull
	r.failed = r.failed || nonNull && res == graphql.Null
	r.refused = r.refused || res == graphql.Null && exceedsLimit(ctx)
	if r.pending > 0 && r.op.Operation.Operation != ast.Mutation {
		return res
	}
	runs := r.started
	r.started = nil
	if !r.failed || !r.refused { // or nothing of it would be shown, and it is too much
		r.complete(runs)
	}
	if !r.failed {
		return res
	}
	if nonNull {
		return graphql.Null
	}
	return graphql.RequiredNull // gqlgen makes all of the data null
}

// complete reads and writes root fields that were started.
func (r *Request) complete(runs []*rootField) {
	var reading []*rootField
	for _, run := range runs {
		if run.err == nil && run.needsRead() {
			reading = append(reading, run)
		}
	}
	r.load(reading)
	for _, run := range runs {
		run.begin = len(r.b)
		if run.err == nil {
			run.err = r.guarded(func() error { return run.write() })
		}
		if run.err != nil {
			r.b = r.b[:run.begin]
			r.failed = r.failed || run.NonNull
		}
		run.end = len(r.b)
		run.report()
		if isTooLong(run.err) { // what follows is part of the same answer
			r.failed = true
			return
		}
	}
}

// MarshalGQL writes the field's value.
func (r *rootField) MarshalGQL(w io.Writer) {
	if r.begin == r.end {
		_, _ = io.WriteString(w, "null")
		return
	}
	if buffer, ok := w.(interface{ Grow(n int) }); ok {
		buffer.Grow(r.end - r.begin)
	}
	_, _ = w.Write(r.request.b[r.begin:r.end]) // the buffer of an answer does not fail
}

// report adds the errors of a root field to the answer.
func (r *rootField) report() {
	for _, f := range r.request.faults {
		r.request.op.Error(r.ctx, f.located(r.Field.Alias))
	}
	r.request.faults = nil
	if r.err == nil {
		return
	}
	if r.result.committed && errors.Is(r.err, plan.ErrLimit) {
		r.err = fmt.Errorf("the mutation was done, but what it did is not shown: %w", r.err)
	}
	if fault, ok := errors.AsType[*valueFault](r.err); ok {
		r.request.op.Error(r.ctx, fault.located(r.Field.Alias))
		return
	}
	if _, ok := errors.AsType[*panicError](r.err); ok {
		r.request.op.Error(r.ctx, r.err)
		return
	}
	r.request.op.Error(r.ctx, graphql.AddFieldLocationToError(r.ctx, r.err))
}

// located is the fault as an error of the answer, below a root field.
func (f *valueFault) located(root string) *gqlerror.Error {
	path := ast.Path{ast.PathName(root)}
	for i := len(f.path) - 1; i >= 0; i-- {
		path = append(path, f.path[i])
	}
	return gqlerror.WrapPath(path, f.err)
}

// load reads what root fields ask for: together, so that they need no more round trips than the deepest of them. If that
// fails, each is read alone, so that it is seen whose failure it is.
func (r *Request) load(runs []*rootField) {
	if len(runs) == 0 {
		return
	}
	err := r.guarded(func() error {
		if err := plan.BudgetFrom(r.ctx).Admit(r.ctx); err != nil {
			return err
		}
		return r.read(runs)
	})
	if err == nil {
		return
	}
	if len(runs) == 1 || r.ctx.Err() != nil || exhausted(err) {
		for _, run := range runs {
			run.err = err
		}
		return
	}
	for _, run := range runs {
		run.err = r.guarded(func() error { return r.read([]*rootField{run}) })
	}
}

// dear reports whether an error says that something took too much: it is not tried again field by field.
func exhausted(err error) bool {
	return errors.Is(err, recordstore.ErrLimit) || recordstore.IsTimeout(err) || recordstore.IsUnavailable(err)
}

// panicError is an error that was a panic. gqlgen reports one without its place in the document.
type panicError struct{ error }

func (e *panicError) Unwrap() error { return e.error }

// guarded makes an error of a panic, as gqlgen does.
func (r *Request) guarded(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &panicError{r.op.Recover(r.ctx, v)}
		}
	}()
	return f()
}

// bind finds or makes the tree of records of a model below a root field.
func (r *Request) bind(
	ts *plan.PlansByModel,
	f graphql.CollectedField,
	m *recordstore.Model,
	rows int,
	compile func() (*plan.Plan, error),
) (plan.BoundPlan, error) {
	b, known, err := ts.Bind(r.ctx, r.engine.Compiler, f, m, rows, compile)
	r.planMissed = r.planMissed || !known
	return b, err
}

// newSet returns an empty set for one request to the record store. All sets of the operation share its quota.
func (r *Request) newSet() *rows.Set { return r.engine.rows.NewSet(r.quota) }
