package graph

import (
	"context"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"linkgraph/graph/internal/resolve"
)

// compiled answers operations by their plans, and leaves what they do not take to the generated code. Everything around the
// execution of an operation is the same for both.
type compiled struct {
	graphql.ExecutableSchema
	engine     *resolve.Engine
	introspect resolve.Introspect
	told       func(ctx context.Context, how string)
}

// How an operation was executed, besides what resolve gives as reasons to leave it to the generated code.
const (
	byPlan    = "plan"     // that was there
	byNewPlan = "new plan" // or a part of it was new
)

// compiles reports whether operations have plans.
func (g *Graph) compiles() bool { return !g.cfg.NoCompiled && !g.cfg.NoLookAhead }

// compile returns the schema with plans, unless they are turned off.
func (g *Graph) compile(schema graphql.ExecutableSchema, engine *resolve.Engine, introspect resolve.Introspect) graphql.ExecutableSchema {
	if !g.compiles() {
		return schema
	}
	told := func(context.Context, string) {}
	if g.cfg.Observer != nil {
		told = g.cfg.Observer.Executed
	}
	return &compiled{schema, engine, introspect, told}
}

// Exec runs an operation.
func (c *compiled) Exec(ctx context.Context) graphql.ResponseHandler {
	doc, ok := ctx.Value(documentKey{}).(*document)
	if !ok {
		return bounded(c.ExecutableSchema.Exec(ctx), c.engine.Limits().MaxAnswer)
	}
	var rest graphql.ResponseHandler
	done := false
	return func(ctx context.Context) *graphql.Response {
		if rest != nil {
			return rest(ctx)
		}
		if done {
			return nil
		}
		done = true
		resp, kept, err := c.engine.Answer(ctx, doc.plans, outputFrom(ctx), c.introspect)
		switch {
		case err != nil:
			c.told(ctx, err.Error())
			resolve.ExpandLinks(graphql.GetOperationContext(ctx).Variables)
			rest = bounded(c.ExecutableSchema.Exec(ctx), c.engine.Limits().MaxAnswer)
			return rest(ctx)
		case kept:
			c.told(ctx, byPlan)
		default:
			c.told(ctx, byNewPlan)
		}
		return resp
	}
}

// bounded refuses answers of the generated code that are longer than they may be.
func bounded(next graphql.ResponseHandler, limit int) graphql.ResponseHandler {
	return func(ctx context.Context) *graphql.Response {
		resp := next(ctx)
		if resp == nil {
			return nil
		}
		if err := limitError("bytes of the answer", len(resp.Data), limit); err != nil {
			resp.Data, resp.Errors = []byte("null"), gqlerror.List{err}
		}
		return resp
	}
}

// outputs are what answers are written to, used again and again.
type outputs struct{ pool sync.Pool }

type outputKey struct{}

// keptOutput is the largest output that is used again.
const keptOutput = 1 << 20

// with returns a context whose operations are answered into one of the outputs. Release comes when the answers are sent, or
// were compressed; the output of a large answer is let go then.
func (o *outputs) with(ctx context.Context) (_ context.Context, release func()) {
	out, ok := o.pool.Get().(*resolve.Output)
	if !ok {
		out = &resolve.Output{}
	}
	return context.WithValue(ctx, outputKey{}, out), func() {
		if out != nil && out.Cap() <= keptOutput {
			out.Reset()
			o.pool.Put(out)
		}
		out = nil
	}
}

// outputFrom returns the output of the request, or a new one.
func outputFrom(ctx context.Context) *resolve.Output {
	if out, ok := ctx.Value(outputKey{}).(*resolve.Output); ok {
		return out
	}
	return &resolve.Output{}
}
