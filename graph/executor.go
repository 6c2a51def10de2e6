package graph

import (
	"context"
	"sync"

	"github.com/99designs/gqlgen/graphql"

	"github.com/linkgraph/linkgraph/graph/internal/answer"
	"github.com/linkgraph/linkgraph/graph/internal/plan"
	"github.com/linkgraph/linkgraph/graph/transport"
	"github.com/linkgraph/linkgraph/internal/idempotency"
	"github.com/linkgraph/linkgraph/internal/lazytx"
)

// executor batches the root fields of an operation: they are read together, level by level, with one statement for
// equal reads, and written in one pass.
type executor struct {
	engine   *answer.Engine
	observer Observer             // may be nil
	answers  *idempotency.Answers // nil keeps none
	present  graphql.ErrorPresenterFunc
}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationInterceptor
	graphql.RootFieldInterceptor
} = executor{}

// ExtensionName names the extension.
func (executor) ExtensionName() string { return "executor" }

// Validate accepts every schema.
func (executor) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptOperation finds the plan of an operation and runs it.
func (e executor) InterceptOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	done := false
	return func(context.Context) *graphql.Response {
		if done {
			return nil
		}
		done = true
		for try := 1; ; try++ {
			running, resp := e.run(ctx, next)
			if resp != nil && try < lazytx.Tries && answer.Again(running, resp.Errors) {
				_ = lazytx.Pause(ctx, try) // the next try finds that the context has ended
				continue
			}
			return e.finished(running, resp)
		}
	}
}

// run runs an operation once. It returns the context of the run too.
func (e executor) run(ctx context.Context, next graphql.OperationHandler) (context.Context, *graphql.Response) {
	sent := transport.IdempotencyOf(ctx)
	ctx = e.engine.Begin(ctx, plansFrom(ctx), outputFrom(ctx), sent != nil)
	switch dry, err := answer.IsDryRun(ctx); {
	case err != nil:
		return ctx, e.failed(ctx, err)
	case dry: // nothing is written, so an Idempotency-Key has nothing to repeat
		defer func() { _ = answer.Transaction(ctx).Rollback(ctx) }() // the session is closed if it fails
		return ctx, next(ctx)(ctx)
	case sent != nil:
		return ctx, e.idempotent(ctx, next, sent)
	}
	return ctx, next(ctx)(ctx)
}

// finished sorts the errors of a response, and reports the operation to the observer.
func (e executor) finished(ctx context.Context, resp *graphql.Response) *graphql.Response {
	if resp == nil {
		return nil
	}
	if len(resp.Errors) > 1 {
		answer.SortErrors(ctx, resp.Errors)
	}
	if e.observer != nil {
		e.observer.Planned(ctx, answer.PlanCached(ctx))
	}
	return resp
}

// InterceptRootField runs the resolver of a root field, and reads and writes what resolvers have started.
func (executor) InterceptRootField(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
	if !answer.Enter(ctx) {
		return answer.Finish(ctx, graphql.Null)
	}
	return answer.Finish(ctx, next(ctx))
}

// plansFrom returns the plans of the document of the request.
func plansFrom(ctx context.Context) *plan.Cache {
	if plans := transport.PlansOf(ctx); plans != nil {
		return plans
	}
	return plan.NewCache(graphql.GetOperationContext(ctx).Doc)
}

// outputs is a pool of the buffers that answers are written to.
type outputs struct{ pool sync.Pool }

type outputKey struct{}

// keptOutput is the capacity in bytes up to which a buffer goes back to the pool.
const keptOutput = 1 << 20

// with returns a context whose operations write to a pooled buffer. Call release once gqlgen has copied the answers.
func (o *outputs) with(ctx context.Context) (_ context.Context, release func()) {
	out, ok := o.pool.Get().(*answer.Output)
	if !ok {
		out = &answer.Output{}
	}
	return context.WithValue(ctx, outputKey{}, out), func() {
		if out.Cap() <= keptOutput {
			out.Reset()
			o.pool.Put(out)
		}
	}
}

// outputFrom returns the output of the request, or a new one.
func outputFrom(ctx context.Context) *answer.Output {
	if out, ok := ctx.Value(outputKey{}).(*answer.Output); ok {
		return out
	}
	return &answer.Output{}
}
