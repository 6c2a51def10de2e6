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
	"github.com/linkgraph/linkgraph/internal/lazytx"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/internal/recordstore/rows"
	"github.com/linkgraph/linkgraph/linkstore"
	"github.com/linkgraph/linkgraph/linkstore/storeerr"
)

// Answer is what the resolver of a root field returns. gqlgen calls MarshalGQL when all root fields are resolved.
type Answer interface {
	MarshalGQL(w io.Writer)
}

// Request is one operation while it is answered. Its root fields are resolved one after the other.
type Request struct {
	*Output
	engine       *Engine
	ctx          context.Context //nolint:containedctx // lives as long as the operation
	op           *graphql.OperationContext
	operation    *plan.Operation
	pending      int          // root fields that are not resolved yet
	refused      bool         // a root field exceeded a limit
	started      []*rootField // root fields to be read and written by Finish
	payloadLinks shownLinks   // plans of the links that CheckPayload checked
	planMissed   bool         // a part of the plan was not in a cache
	quota        *rows.Quota
	failed       bool               // a root field that must not be null has failed: all of the data is null
	recordStore  *recordstore.Store // by which root fields write
	linkStore    *linkstore.Store
	writes       *lazytx.Tx         // of all root fields of a mutation; nil if there is one, whose call has its own
	commitLast   bool               // the caller commits or rolls back, once it has the answer
	dryRun       bool               // it rolls back
	reading      *recordstore.Store // reads in the snapshot
	snapshot     *lazytx.Tx
	savepoint    lazytx.Savepoint // behind which a root field is read; nil where all are read together
}

type requestKey struct{}

func requestFrom(ctx context.Context) *Request {
	r, _ := ctx.Value(requestKey{}).(*Request)
	return r
}

// readRatio is how many bytes of rows may be read for each byte that an answer may have. It is above 1 because keys and sort keys are read
// and not written.
const readRatio = 2

// Begin starts to answer the operation of the context, and returns the context in which its root fields must be resolved. plans is the
// cache of the operation's document. With commitLast a mutation is not committed: see Transaction. Nor is a dry run: see IsDryRun.
func (e *Engine) Begin(ctx context.Context, plans *plan.Cache, out *Output, commitLast bool) context.Context {
	op := graphql.GetOperationContext(ctx)
	r := &Request{
		Output: out, engine: e, op: op, quota: rows.NewQuota(readRatio * e.Limits().MaxAnswer), commitLast: commitLast,
	}
	var cached bool
	r.operation, cached = plans.Operation(op)
	r.planMissed = !cached
	r.pending = len(r.operation.Roots)
	r.ctx = context.WithValue(ctx, requestKey{}, r)
	r.dryRun = r.asksForDryRun()
	r.commitLast = r.commitLast || r.dryRun
	r.beginWriting()
	out.Begin(ctx, e.Limits().MaxAnswer)
	return r.ctx
}

// exceedsLimit reports whether the root field of the context was refused because of a limit.
func exceedsLimit(ctx context.Context) bool {
	alias := ast.PathName(graphql.GetRootFieldContext(ctx).Field.Alias)
	return slices.ContainsFunc(graphql.GetErrors(ctx), func(err *gqlerror.Error) bool {
		return len(err.Path) > 0 && err.Path[0] == alias && plan.IsLimited(err)
	})
}

// SortErrors sorts errors by the order of their root fields in the document. Errors without a path come first.
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

// PlanCached reports whether the whole plan of the operation came from caches.
func PlanCached(ctx context.Context) bool { return !requestFrom(ctx).planMissed }

// WriteNow calls write with the output of the operation, and returns what was written as an Answer. If write fails, the answer is null.
func WriteNow(ctx context.Context, write func(*Output) error) (Answer, error) {
	r := requestFrom(ctx)
	f := &rootField{request: r, begin: len(r.b)}
	err := write(r.Output)
	if err != nil {
		r.b = r.b[:f.begin]
	}
	f.end = len(r.b)
	switch {
	case isTooLong(err): // the limit is for the whole answer
		r.failed = true
		return graphql.RequiredNull, err
	case err != nil:
		return graphql.Null, err
	}
	return f, nil
}

// Finish has to be called after each root field, with what its resolver returned. It returns what gqlgen has to write for the field. Errors
// are added to the operation.
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
	if r.pending > 0 && (r.writes != nil || r.op.Operation.Operation != ast.Mutation) {
		return res
	}
	fields := r.started
	r.started = nil
	if !r.endWriting(fields) {
		return graphql.Null
	}
	if !r.failed || !r.refused { // the data is null, and reading it exceeds a limit
		r.complete(fields)
	}
	if !r.failed {
		return res
	}
	if nonNull {
		return graphql.Null
	}
	return graphql.RequiredNull // gqlgen makes all of the data null
}

// complete reads and writes the root fields that were started.
func (r *Request) complete(fields []*rootField) {
	var reading []*rootField
	for _, f := range fields {
		if f.err == nil && f.needsRead() {
			reading = append(reading, f)
		}
	}
	r.load(reading)
	if r.commitLast && r.failed { // nothing is kept
		return
	}
	for _, f := range fields {
		f.begin = len(r.b)
		if f.err == nil {
			f.err = r.guarded(func() error { return f.write() })
		}
		if f.err != nil {
			r.b = r.b[:f.begin]
			r.failed = r.failed || f.NonNull
		}
		f.end = len(r.b)
		f.report()
		if isTooLong(f.err) { // what follows is part of the same answer
			r.failed = true
			return
		}
	}
}

// MarshalGQL writes the value of the field, or null if it failed.
func (r *rootField) MarshalGQL(w io.Writer) {
	if r.begin == r.end {
		_, _ = io.WriteString(w, "null")
		return
	}
	if buffer, ok := w.(interface{ Grow(n int) }); ok {
		buffer.Grow(r.end - r.begin)
	}
	_, _ = w.Write(r.request.b[r.begin:r.end]) // a buffer of gqlgen, whose writes do not fail
}

// report adds the errors of the field to the operation.
func (r *rootField) report() {
	for _, f := range r.request.faults {
		r.request.op.Error(r.ctx, f.located(r.Field.Alias))
	}
	r.request.faults = nil
	if r.err == nil {
		return
	}
	if r.result.committed && !r.request.commitLast && plan.IsLimited(r.err) {
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
	AddErrors(r.ctx, r.err)
}

// located returns the fault as an error with the path from a root field.
func (f *valueFault) located(root string) *gqlerror.Error {
	path := ast.Path{ast.PathName(root)}
	for i := len(f.path) - 1; i >= 0; i-- {
		path = append(path, f.path[i])
	}
	return gqlerror.WrapPath(path, f.err)
}

// load reads root fields together, so that they need no more round trips than the deepest of them. If that fails, it reads each alone, to
// report the error at the field that has it.
func (r *Request) load(fields []*rootField) {
	if len(fields) == 0 {
		return
	}
	err := r.guarded(func() error {
		if err := plan.BudgetFrom(r.ctx).Admit(r.ctx); err != nil {
			return err
		}
		return r.readAtOnce(fields)
	})
	if err == nil {
		return
	}
	if r.commitLast { // the transaction has failed
		r.failed = true
		fields[0].err = err
		fields[0].report()
		return
	}
	if len(fields) == 1 || r.ctx.Err() != nil || exhausted(err) {
		for _, f := range fields {
			f.err = err
		}
		return
	}
	r.readApart(fields)
}

// exhausted reports whether an error is about the load of the operation. Reading field by field would only add to it.
func exhausted(err error) bool {
	return errors.Is(err, storeerr.ErrLimit) && !plan.IsLimited(err) || recordstore.IsTimeout(err) ||
		recordstore.IsUnavailable(err)
}

// panicError is a recovered panic. Like gqlgen, the answer gives it no location in the document.
type panicError struct{ error }

func (e *panicError) Unwrap() error { return e.error }

// guarded calls f and turns a panic into an error, as gqlgen does for resolvers.
func (r *Request) guarded(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &panicError{r.op.Recover(r.ctx, v)}
		}
	}()
	return f()
}

// bind returns the plan of what is below a root field, from the cache or by compile.
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
