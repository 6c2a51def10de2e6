// Package resolve answers what the resolvers of root fields start: it plans the selection below a root field, loads it level by level, and
// writes it. It knows models and links by their catalogue alone.
package resolve

import (
	"context"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"linkgraph/linkstore"
	"linkgraph/modules"
)

// Config is what an Engine runs on.
type Config struct {
	Records *modules.Store
	Catalog *linkstore.Catalog
	Limits  Limits
	// Spent is told of the fields that each root field writes, if every page is full. nil means nobody is.
	Spent func(ctx context.Context, fields int)
}

// Engine answers the fields of the API.
type Engine struct {
	records *modules.Store
	catalog *linkstore.Catalog
	limits  Limits
	spent   func(ctx context.Context, fields int)
	buffers modules.Buffers
}

// New returns an engine.
func New(cfg Config) *Engine {
	cfg.Limits.complete()
	return &Engine{
		records: cfg.Records, catalog: cfg.Catalog, limits: cfg.Limits,
		spent: cfg.Spent,
	}
}

func (e *Engine) planner(ctx context.Context) *planner {
	p := &planner{engine: e, ctx: ctx, budget: budgetFrom(ctx), op: graphql.GetOperationContext(ctx)}
	p.translator = translator{catalog: e.records.Catalog(), limits: &e.limits, tally: &tally{limits: &e.limits, before: p.budget.get()}}
	return p
}

func (e *Engine) model(name string) (*modules.Model, error) {
	m, ok := e.records.Catalog().Model(name)
	if !ok {
		return nil, fmt.Errorf("model %s is not in the catalogue", name)
	}
	return m, nil
}

// rootArguments are the arguments of the field that is being resolved, as the client wrote them.
func rootArguments(ctx context.Context) map[string]any {
	f := graphql.GetFieldContext(ctx).Field
	return arguments(f.Field, graphql.GetOperationContext(ctx).Variables)
}

// root compiles the list of a root field. asked is by its arguments.
func (p *planner) root(m *modules.Model, f graphql.CollectedField, args map[string]any) (l listPlan, node *selection, asked usage, err error) {
	if l, err = p.list(f.Alias, m, nil, args); err != nil {
		return l, nil, asked, err
	}
	asked = p.tally.own
	node = newSelection(m, l.page.Limit)
	node.most = p.most(f.Field, l.page.Limit)
	var link *selection
	err = p.addConnection(&l, node, &link, f.Alias, 0, f.Selections)
	return l, node, asked, err
}
