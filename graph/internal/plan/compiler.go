// Package plan compiles the operations of documents into query plans. A plan says which statements are run, how their rows hang together
// and how the answer is written from them. The package does no I/O: package answer runs plans.
//
// The way of an operation:
//
//  1. [Cache.Operation] finds the [Operation] of a document, with a [Root] for each root field, or makes it (cache.go).
//  2. When a resolver starts a root field and it is known of which model the records are, [PlansByModel.Bind] finds the [Plan] of what
//     is below the field, or a [Compiler] makes it (plan.go). selection.go collects the columns and hops of each selection set,
//     arguments.go translates filters, orders and pages, join.go decides which hops share a statement, and layout.go lays out
//     the fields of the answer.
//  3. limits.go and cost.go add up what the operation asks for, and refuse it if that is above a limit.
//  4. The result is a [BoundPlan]: a plan that requests share, and the arguments of this request.
//
// A plan is a tree. A [Node] is the records of one selection set; a [Hop] leads from the records of a node to related ones. A
// [Statement] reads the rows of one hop, and of the hops that are joined to it.
package plan

import (
	"context"
	"errors"
	"fmt"

	"github.com/99designs/gqlgen/graphql"

	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

// Compiler compiles plans from the catalogues of models and links. It is safe for concurrent use.
type Compiler struct {
	catalog *recordstore.Catalog
	links   *linkstore.Catalog
	limits  Limits
	expect  *Expectations
	spent   func(ctx context.Context, fields int)
}

// NewCompiler returns a compiler. A limit of zero takes its default. expect may be nil. spent is called for each root field with the number
// of fields that it is expected to write; it may be nil.
func NewCompiler(
	catalog *recordstore.Catalog,
	links *linkstore.Catalog,
	limits Limits,
	expect *Expectations,
	spent func(ctx context.Context, fields int),
) *Compiler {
	limits.Complete()
	return &Compiler{catalog, links, limits, expect, spent}
}

// Limits returns the limits of operations, with defaults filled in.
func (c *Compiler) Limits() *Limits { return &c.limits }

// Model returns the model with a name, or an error if the catalogue has none.
func (c *Compiler) Model(name string) (*recordstore.Model, error) {
	m, ok := c.catalog.Model(name)
	if !ok {
		return nil, fmt.Errorf("model %s is not in the catalogue", name)
	}
	return m, nil
}

// LinkModel returns the model of the rows of a link, or an error if the catalogue has none.
func (c *Compiler) LinkModel(name string) (*recordstore.Model, error) {
	for _, m := range c.catalog.Models() {
		if m.Link == name {
			return m, nil
		}
	}
	return nil, errors.New("no model for the rows of link " + name)
}

// newPlanner returns the state of one compilation: the operation of the context, and what its other root fields have asked for.
func (c *Compiler) newPlanner(ctx context.Context) *planner {
	p := &planner{compiler: c, ctx: ctx, budget: BudgetFrom(ctx), op: graphql.GetOperationContext(ctx)}
	p.translator = translator{
		catalog: c.catalog,
		limits:  &c.limits,
		tally:   &tally{limits: &c.limits, before: p.budget.get()},
	}
	return p
}

// root compiles a root field that is a list. asked is what its own arguments cost.
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
	node.maxRows = p.maxPage(f.Field, l.Page.Limit)
	var link *Selection
	err = p.addConnection(&l, node, &link, f.Alias, 0, f.Selections)
	return l, node, asked, err
}
