// Package resolve runs what the generated resolvers ask for: it compiles the selection below a root field, loads it level
// by level, and hands each resolver what was loaded. It knows models and links by their catalogue alone.
package resolve

import (
	"context"
	"fmt"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"linkgraph/linkstore"
	"linkgraph/modules"
)

// Config is what an Engine runs on.
type Config struct {
	Records *modules.Store
	Links   *linkstore.Store
	Catalog *linkstore.Catalog
	// Wrap gives an object the type the schema has for it, or nil if it is no Node.
	Wrap   func(*Object) Node
	Limits Limits
	// NoLookAhead leaves every hop to the request's dataloaders. It exists to compare the two.
	NoLookAhead bool
	// Spent is told of the fields that each root field writes, if every page is full. nil means nobody is.
	Spent func(ctx context.Context, fields int)
}

// Engine answers the fields of the API.
type Engine struct {
	records     *modules.Store
	links       *linkstore.Store
	catalog     *linkstore.Catalog
	wrap        func(*Object) Node
	limits      Limits
	noLookAhead bool
	spent       func(ctx context.Context, fields int)
	buffers     modules.Buffers
}

// New returns an engine.
func New(cfg Config) *Engine {
	cfg.Limits.complete()
	return &Engine{
		records: cfg.Records, links: cfg.Links, catalog: cfg.Catalog, wrap: cfg.Wrap, limits: cfg.Limits,
		noLookAhead: cfg.NoLookAhead, spent: cfg.Spent,
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

// lookAhead loads everything below the objects, unless that is left to the loaders.
func (e *Engine) lookAhead(ctx context.Context, level ...work) error {
	if e.noLookAhead {
		return nil
	}
	return e.load(ctx, level...)
}

// rootArguments are the arguments of the field that is being resolved, as the client wrote them.
func rootArguments(ctx context.Context) map[string]any {
	f := graphql.GetFieldContext(ctx).Field
	return arguments(f.Field, graphql.GetOperationContext(ctx).Variables)
}

// Record answers a field that fetches one record by its key.
func Record[T any](ctx context.Context, e *Engine, model, key string, wrap func(*Object) T) (T, error) {
	var none T
	m, err := e.model(model)
	if err != nil {
		return none, err
	}
	f := graphql.GetFieldContext(ctx).Field
	objects, err := e.fetch(ctx, m, []string{key}, true, f.Alias, f.Selections)
	if err != nil {
		return none, err
	}
	return wrap(objects[0]), nil
}

// fetch reads live records by their keys, with all that the selections ask of them. The entry of a key that has none is
// nil. single says that there is one key whatever the input.
func (e *Engine) fetch(ctx context.Context, m *modules.Model, keys []string, single bool, path string, sets ...ast.SelectionSet) ([]*Object, error) {
	keys = slices.Clone(keys)
	for i, k := range keys {
		var err error
		if keys[i], err = normalKey(m, path, k); err != nil {
			return nil, err
		}
	}
	sel := newSelection(m, len(keys))
	sel.single = single
	p := e.planner(ctx)
	for _, set := range sets {
		if err := p.add(sel, path, 1, set); err != nil {
			return nil, err
		}
	}
	if err := p.affordRecords(sel, path, len(keys), sets); err != nil {
		return nil, err
	}
	request := &modules.Fetch{Model: m, Keys: keys, Columns: sel.columns}
	if err := e.records.Read(ctx, request); err != nil {
		return nil, err
	}
	objects := make([]*Object, len(keys))
	w := work{sel: sel}
	for i, k := range keys {
		if r := request.Result[k]; r != nil {
			objects[i] = &Object{record: r, sel: sel}
			w.objects = append(w.objects, objects[i])
		}
	}
	return objects, e.lookAhead(ctx, w)
}

// normalKey is a primary key as it travels.
func normalKey(m *modules.Model, path, key string) (string, error) {
	v, err := modules.Normalize(&m.Columns[m.Primary()], key)
	if err != nil {
		return "", invalid(path, "%v", err)
	}
	return fmt.Sprint(v), nil
}

// List answers a field that lists a model.
func List[T any](ctx context.Context, e *Engine, model string, wrap func(*Connection) T) (T, error) {
	var none T
	c, err := e.list(ctx, model)
	if err != nil {
		return none, err
	}
	return wrap(c), nil
}

func (e *Engine) list(ctx context.Context, model string) (*Connection, error) {
	m, err := e.model(model)
	if err != nil {
		return nil, err
	}
	f := graphql.GetFieldContext(ctx).Field
	p := e.planner(ctx)
	l, node, _, err := p.root(m, f, rootArguments(ctx))
	if err != nil {
		return nil, err
	}
	if err := p.affordList(&l, node, f); err != nil {
		return nil, err
	}
	request := &modules.List{Model: m, Columns: node.columns, Where: l.where, Order: l.order, Page: l.pageOf(), Count: l.count}
	if err := e.records.Read(ctx, request); err != nil {
		return nil, err
	}
	next := []work{{sel: node}}
	c := connection(&l, &request.Result, node, nil, next)
	return c, e.lookAhead(ctx, next...)
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

// selectionsAt finds the selection sets that stand at a path below the field that is being resolved.
func selectionsAt(ctx context.Context, path ...string) []ast.SelectionSet {
	sets := []ast.SelectionSet{graphql.GetFieldContext(ctx).Field.Selections}
	for _, name := range path {
		var below []ast.SelectionSet
		for _, set := range sets {
			for _, f := range graphql.CollectFields(graphql.GetOperationContext(ctx), set, nil) {
				if f.Name == name {
					below = append(below, f.Selections)
				}
			}
		}
		sets = below
	}
	return sets
}

// Node answers the field `node`.
func (e *Engine) Node(ctx context.Context, id string) (Node, error) {
	m, err := e.locate(ctx, id)
	if m == nil || err != nil {
		return nil, err
	}
	f := graphql.GetFieldContext(ctx).Field
	objects, err := e.fetch(ctx, m, []string{id}, true, f.Alias, f.Selections)
	if err != nil || objects[0] == nil {
		return nil, err
	}
	return e.wrap(objects[0]), nil
}

// locate finds the model of an id. It is nil if there is none.
func (e *Engine) locate(ctx context.Context, id string) (*modules.Model, error) {
	if _, err := modules.Normalize(&modules.Column{Field: "id", Type: modules.Text}, id); err != nil {
		return nil, invalid("node.id", "%v", err)
	}
	m, ok, err := e.records.Locate(ctx, id)
	if !ok || err != nil {
		return nil, err
	}
	return m, nil
}
