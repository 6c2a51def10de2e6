package resolve

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"linkgraph/modules"
)

// Why an operation is not answered by its plan.
var (
	// ErrDirective says that the document has a directive of which the plan knows nothing.
	ErrDirective = errors.New("directive")
	// ErrField says that a root field is none that the plan knows.
	ErrField = errors.New("field")
	// ErrNumber says that the document has a number that gqlgen cannot read.
	ErrNumber = errors.New("number")
	// ErrValue says that a value was read that the schema has no place for: no null, or no finite number. Of a mutation, which cannot
	// be run again, it says that it may show such a value.
	ErrValue = errors.New("value")
)

// maxShapes is how many plans of one document are kept: one for each operation, and for each set of values of the variables
// of @skip and @include.
const maxShapes = 8

// Plans keeps the plans of one document.
type Plans struct {
	operations int
	refused    error    // why the document has no plans
	deciding   []string // the variables of @skip and @include

	mu      sync.RWMutex
	byShape map[shape]*operation
}

// shape is what decides the fields of an answer.
type shape struct {
	operation *ast.OperationDefinition
	decided   string // the values of the deciding variables
}

// operation is the plan of an operation: its root fields, each with what it takes to answer it.
type operation struct {
	mutation bool
	roots    []*root
}

// Answer answers an operation by its plan. kept says that there was one already. The error is one of those above, and says
// that gqlgen's executor must answer: nothing has been added to the answer then, and nothing was written.
//
// introspect writes what __schema or __type asks for.
func (e *Engine) Answer(ctx context.Context, plans *Plans, out *Output, introspect Introspect) (resp *graphql.Response, kept bool, err error) {
	op := graphql.GetOperationContext(ctx)
	if plans.refused != nil {
		return nil, false, plans.refused
	}
	plan, kept, err := plans.operation(e, op)
	if err != nil {
		return nil, kept, err
	}
	out.Begin(ctx, e.limits.MaxAnswer)
	a := answer{engine: e, ctx: ctx, op: op, Output: out, introspect: introspect, toRead: modules.NewAllowance(readRatio * e.limits.MaxAnswer)}
	budget := budgetFrom(ctx)
	before := budget.get()
	data, err := a.run(plan)
	if err != nil {
		budget.set(before)
		return nil, kept, err
	}
	return &graphql.Response{Data: data}, kept && !a.compiled, nil
}

// readRatio is how many bytes may be read for each byte of the longest answer. Keys and the values of sort keys are read and not
// written, what several paths lead to is read once and written often.
const readRatio = 2

// compact is what a request of the operation is read into.
func (a *answer) compact() *modules.Compact { return a.engine.buffers.Compact(a.toRead) }

// NewPlans returns the plans of a document that was found valid: none yet.
func NewPlans(doc *ast.QueryDocument) *Plans {
	p := &Plans{operations: len(doc.Operations)}
	for _, op := range doc.Operations {
		p.examineDirectives(op.Directives)
		p.examineSet(op.SelectionSet)
		for _, v := range op.VariableDefinitions {
			p.examineDirectives(v.Directives)
			p.examineValue(v.DefaultValue)
		}
	}
	for _, f := range doc.Fragments {
		p.examineDirectives(f.Directives)
		p.examineSet(f.SelectionSet)
	}
	slices.Sort(p.deciding)
	p.deciding = slices.Compact(p.deciding)
	return p
}

// Most is how many plans may come to be kept.
func (p *Plans) Most() int {
	if p.refused != nil {
		return 0
	}
	return min(maxShapes, p.operations<<min(len(p.deciding), 3))
}

func (p *Plans) examineSet(set ast.SelectionSet) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			p.examineDirectives(s.Directives)
			for _, a := range s.Arguments {
				p.examineValue(a.Value)
			}
			p.examineSet(s.SelectionSet)
		case *ast.InlineFragment:
			p.examineDirectives(s.Directives)
			p.examineSet(s.SelectionSet)
		case *ast.FragmentSpread:
			p.examineDirectives(s.Directives)
		}
	}
}

func (p *Plans) examineDirectives(list ast.DirectiveList) {
	for _, d := range list {
		if d.Name != "skip" && d.Name != "include" {
			p.refused = ErrDirective
			continue
		}
		if arg := d.Arguments.ForName("if"); arg != nil && arg.Value.Kind == ast.Variable {
			p.deciding = append(p.deciding, arg.Value.Raw)
		}
	}
}

func (p *Plans) examineValue(v *ast.Value) {
	if v == nil {
		return
	}
	if v.Kind == ast.IntValue || v.Kind == ast.FloatValue {
		if _, err := v.Value(nil); err != nil {
			p.refused = ErrNumber
		}
	}
	for _, child := range v.Children {
		p.examineValue(child.Value)
	}
}

// operation returns the plan of an operation, one that is kept if there is one.
func (p *Plans) operation(e *Engine, op *graphql.OperationContext) (plan *operation, kept bool, err error) {
	s := shape{op.Operation, p.decide(op.Variables)}
	p.mu.RLock()
	plan, kept = p.byShape[s]
	p.mu.RUnlock()
	if kept {
		return plan, true, nil
	}
	if plan, err = e.operation(op); err != nil {
		return nil, false, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byShape == nil {
		p.byShape = map[shape]*operation{}
	}
	if len(p.byShape) < maxShapes {
		p.byShape[s] = plan
	}
	return plan, false, nil
}

func (p *Plans) decide(vars map[string]any) string {
	if len(p.deciding) == 0 {
		return ""
	}
	var b strings.Builder
	for _, name := range p.deciding {
		if vars[name] == true {
			b.WriteByte('t')
		} else {
			b.WriteByte('f')
		}
	}
	return b.String()
}

// Introspect writes the value of a field __schema or __type.
type Introspect func(op *graphql.OperationContext, field graphql.CollectedField, to *Output) error

// answer is the answer to one operation while it is made.
type answer struct {
	*Output
	engine   *Engine
	ctx      context.Context //nolint:containedctx // it lives as long as the call of Answer
	op       *graphql.OperationContext
	compiled bool // a part of the plan had to be made
	toRead   *modules.Allowance

	introspect Introspect
	failed     bool // a root field that is never null has failed
}

// run answers the root fields.
func (a *answer) run(plan *operation) ([]byte, error) {
	runs := make([]rootRun, len(plan.roots))
	for i, r := range plan.roots {
		runs[i].root = r
	}
	if !plan.mutation {
		a.readAll(runs)
	}
	begin := len(a.b)
	a.b = append(a.b, '{')
	for i := range runs {
		run := &runs[i]
		if plan.mutation { // each sees what those before it have done
			a.readAll(runs[i : i+1])
		}
		if i > 0 {
			a.b = append(a.b, ',')
		}
		a.b = append(a.b, run.root.key...)
		if run.err == nil {
			run.guard(a, func() error { return run.write(a) })
		}
		if !plan.mutation && errors.Is(run.err, ErrValue) {
			a.b = a.b[:begin]
			return nil, ErrValue
		}
		if run.err != nil {
			a.failed = a.failed || run.root.nonNull
			a.b = append(a.b, "null"...)
		}
		if !plan.mutation && isTooLong(run.err) { // what follows is part of the same answer
			a.failed, runs = true, runs[:i+1]
			break
		}
		if plan.mutation && errors.Is(run.err, ErrLimit) && run.done.written {
			run.err = fmt.Errorf("the mutation was done, but what it did is not shown: %w", run.err)
		}
	}
	a.b = append(a.b, '}')
	a.report(runs)
	if a.failed {
		a.b = append(a.b[:begin], "null"...)
	}
	return slices.Clip(a.b[begin:]), nil
}

// readAll starts root fields and reads what they show: that travels together.
func (a *answer) readAll(runs []rootRun) {
	var reading []*rootRun
	for i := range runs {
		run := &runs[i]
		run.guard(a, func() error {
			if err := a.ctx.Err(); err != nil {
				return err
			}
			return run.start(a)
		})
		if run.err == nil && run.reads() {
			reading = append(reading, run)
		}
	}
	a.load(reading)
}

// report adds the errors of root fields to the answer.
func (a *answer) report(runs []rootRun) {
	for i := range runs {
		err := runs[i].err
		if err == nil {
			continue
		}
		ctx := runs[i].root.context(a.ctx)
		if _, ok := errors.AsType[*panicError](err); !ok {
			err = graphql.AddFieldLocationToError(ctx, err)
		}
		a.op.Error(ctx, err)
	}
}

// load reads what root fields ask for: together, so that they need no more round trips than the deepest of them. If that
// fails, each is read alone, so that it is seen whose failure it is.
func (a *answer) load(runs []*rootRun) {
	if len(runs) == 0 {
		return
	}
	err := a.guarded(func() error {
		if err := budgetFrom(a.ctx).weigh(a.ctx); err != nil {
			return err
		}
		return a.read(runs)
	})
	if err == nil {
		return
	}
	if len(runs) == 1 || a.ctx.Err() != nil || dear(err) {
		for _, run := range runs {
			run.err = err
		}
		return
	}
	for _, run := range runs {
		run.err = a.guarded(func() error { return a.read([]*rootRun{run}) })
	}
}

// dear reports whether an error says that something took too much: it is not tried again field by field.
func dear(err error) bool {
	return errors.Is(err, modules.ErrLimit) || modules.IsTimeout(err) || modules.IsUnavailable(err)
}

// panicError is an error that was a panic. gqlgen reports one without its place in the document.
type panicError struct{ error }

func (e *panicError) Unwrap() error { return e.error }

// guarded makes an error of a panic, as gqlgen does.
func (a *answer) guarded(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &panicError{a.op.Recover(a.ctx, r)}
		}
	}()
	return f()
}

func (r *rootRun) guard(a *answer, f func() error) {
	begin := len(a.b)
	if r.err = a.guarded(f); r.err != nil {
		a.b = a.b[:begin]
	}
}

// context is the one in which the field is answered, as gqlgen has it.
func (r *root) context(ctx context.Context) context.Context {
	ctx = graphql.WithFieldContext(ctx, &graphql.FieldContext{Object: r.object})
	ctx = graphql.WithRootFieldContext(ctx, &graphql.RootFieldContext{Object: r.field.Name, Field: r.field})
	return graphql.WithFieldContext(ctx, &graphql.FieldContext{Object: r.object, Field: r.field, IsMethod: true, IsResolver: true})
}
