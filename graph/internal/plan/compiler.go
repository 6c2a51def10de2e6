// Package plan compiles documents: what an operation asks for becomes the plan of what is read and how the answer is written. It reads and
// writes nothing itself.
//
// The way of an operation: Plans keeps what was compiled of a document, an Operation with its root fields. What lies below a root field is a
// Tree, made by a Compiler when it is first known of which model the records are: selection.go collects what is asked for at each position,
// arguments.go reads filters, orders and pages, join.go decides which hops share a statement, layout.go lays out what is written, cost.go and
// limits.go refuse what is too much. Bind fills in the variables of one request. Package answer reads and writes by it.
package plan

import (
	"context"
	"errors"
	"fmt"

	"github.com/99designs/gqlgen/graphql"

	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

// Compiler makes the plans of operations. It knows models and links by their catalogues alone.
type Compiler struct {
	catalog *recordstore.Catalog
	links   *linkstore.Catalog
	limits  Limits
	spent   func(ctx context.Context, fields int)
}

// NewCompiler returns a compiler. Limits that are zero take their defaults. spent is told of the fields that each root field writes, if
// every page is full; nil means nobody is.
func NewCompiler(
	catalog *recordstore.Catalog,
	links *linkstore.Catalog,
	limits Limits,
	spent func(ctx context.Context, fields int),
) *Compiler {
	limits.Complete()
	return &Compiler{catalog, links, limits, spent}
}

// Limits are those of the operations.
func (c *Compiler) Limits() *Limits { return &c.limits }

// Model returns the model of a name.
func (c *Compiler) Model(name string) (*recordstore.Model, error) {
	m, ok := c.catalog.Model(name)
	if !ok {
		return nil, fmt.Errorf("model %s is not in the catalogue", name)
	}
	return m, nil
}

// LinkModel returns the model of a link's rows.
func (c *Compiler) LinkModel(name string) (*recordstore.Model, error) {
	for _, m := range c.catalog.Models() {
		if m.Link == name {
			return m, nil
		}
	}
	return nil, errors.New("no model for the rows of link " + name)
}

// planner begins to plan a root field.
func (c *Compiler) planner(ctx context.Context) *planner {
	p := &planner{compiler: c, ctx: ctx, budget: BudgetFrom(ctx), op: graphql.GetOperationContext(ctx)}
	p.translator = translator{
		catalog: c.catalog,
		limits:  &c.limits,
		tally:   &tally{limits: &c.limits, before: p.budget.get()},
	}
	return p
}

// root compiles the list of a root field. asked is by its arguments.
func (p *planner) root(
	m *recordstore.Model,
	f graphql.CollectedField,
	args map[string]any,
) (l List, node *Selection, asked usage, err error) {
	if l, err = p.list(f.Alias, m, nil, args); err != nil {
		return l, nil, asked, err
	}
	asked = p.tally.own
	node = newSelection(m, l.Page.Limit)
	node.most = p.most(f.Field, l.Page.Limit)
	var link *Selection
	err = p.addConnection(&l, node, &link, f.Alias, 0, f.Selections)
	return l, node, asked, err
}
