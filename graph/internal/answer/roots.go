package answer

import (
	"context"
	"fmt"

	"github.com/99designs/gqlgen/graphql"

	"github.com/linkgraph/linkgraph/graph/internal/plan"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/internal/recordstore/rows"
)

// root is a root field in one request.
type root struct {
	*plan.Root
	request    *Request
	ctx        context.Context //nolint:containedctx // that of its resolver, for errors that are found later
	err        error
	begin, end int // of its value in the output

	bound plan.Bound
	model *recordstore.Model
	list  *rows.Set // of a list or a record
	keys  []string  // of a record, or of those that were written
	top   *position
	links shownLinks
	done  done // what a mutation did
	tell  func() error
}

func newRoot(ctx context.Context) *root {
	r := requestFrom(ctx)
	return &root{Root: r.plan.Root(graphql.GetFieldContext(ctx).Field.Alias), request: r, ctx: ctx}
}

// start has the field read and written, unless what came before that has failed.
func (r *root) start(err error) (Answer, error) {
	if err != nil {
		return nil, err
	}
	r.request.started = append(r.request.started, r)
	return r, nil
}

// List resolves a field that lists a model.
func List(ctx context.Context, model string) (Answer, error) {
	r := newRoot(ctx)
	return r.start(r.plan(model, 0, func() (*plan.Tree, error) { return r.request.engine.List(ctx, r.model, r.Field) }))
}

// Record resolves a field that looks up a record by its key, which is the field's one argument.
func Record(ctx context.Context, model string) (Answer, error) {
	id, err := graphql.UnmarshalID(onlyArgument(ctx))
	if err != nil {
		return nil, err
	}
	return RecordOf(ctx, model, id)
}

// onlyArgument is the argument of the field that is being resolved, which has one.
func onlyArgument(ctx context.Context) any {
	f := graphql.GetFieldContext(ctx).Field
	return f.ArgumentMap(graphql.GetOperationContext(ctx).Variables)[f.Definition.Arguments[0].Name]
}

// RecordOf resolves a field that looks up the record of a key.
func RecordOf(ctx context.Context, model, id string) (Answer, error) {
	r := newRoot(ctx)
	return r.start(r.record(model, id))
}

func (r *root) record(model, id string) error {
	e := r.request.engine
	m, err := e.Model(model)
	if err != nil {
		return err
	}
	key, err := normalKey(m, r.Field.Alias, id)
	if err != nil {
		return err
	}
	r.keys = []string{key}
	return r.plan(model, 1, func() (*plan.Tree, error) {
		return e.Records(r.request.ctx, m, r.Field.Alias, 1, true, r.Field.Selections)
	})
}

// plan finds or makes the plan of what lies below the field, for records of a model.
func (r *root) plan(model string, rows int, compile func() (*plan.Tree, error)) (err error) {
	if r.model, err = r.request.engine.Model(model); err != nil {
		return err
	}
	r.bound, err = r.request.bind(&r.Trees, r.Field, r.model, rows, compile)
	return err
}

// None resolves a field to null.
func None() (Answer, error) { return graphql.Null, nil }

// normalKey is a primary key as it travels.
func normalKey(m *recordstore.Model, path, key string) (string, error) {
	v, err := recordstore.Normalize(&m.Columns[m.Primary()], key)
	if err != nil {
		return "", plan.Invalidf(path, "%v", err)
	}
	return fmt.Sprint(v), nil
}

// reads reports whether there is anything to read.
func (r *root) reads() bool { return r.bound.Tree != nil || r.links.any() || r.done.replaced != nil }

// fetches are what the field reads first, if anything; ahead of knowing that a record is there, also what its key leads to.
func (r *root) fetches(ahead bool) []*fetch {
	if r.bound.Tree == nil {
		return nil
	}
	t, l := r.bound.Tree, &r.bound.List
	sel := t.Place.Selection
	r.list = r.request.newSet()
	r.top = &position{place: t.Place}
	joins, cache := t.Reading.Joins(r.bound.Lists), t.Statement()
	if t.Conn != nil {
		return []*fetch{{request: &recordstore.List{
			Model: sel.Model, Columns: sel.Columns, Where: l.Where, Order: l.Order, Page: l.PageOf(), Count: l.Count,
			Joins: joins, Cache: cache, Into: r.list,
		}}}
	}
	fetches := []*fetch{{request: &recordstore.Fetch{
		Model: sel.Model, Keys: r.keys, Columns: sel.Columns, Joins: joins, Cache: cache, Into: r.list,
	}}}
	if ahead && t.Single && keyIsText(sel.Model) {
		fetches = append(fetches, r.ahead()...)
	}
	return fetches
}

// ahead are the hops from the record's key.
func (r *root) ahead() (fetches []*fetch) {
	for i, h := range r.top.place.Hops {
		if h.Joined || !h.Near.IsKey(h.Relation.Columns) {
			continue
		}
		if r.top.hops == nil {
			r.top.hops = make([]followed, len(r.top.place.Hops))
		}
		fetches = append(fetches, &fetch{hop: h, index: i, from: r.top, bound: &r.bound, keys: r.keys})
	}
	return fetches
}

// keyIsText reports whether a key that was given is the text that is read.
func keyIsText(m *recordstore.Model) bool {
	key := &m.Columns[m.Primary()]
	return key.Type == recordstore.Text && key.SQLType == "" && key.Parts == nil
}

// enter takes what was read as positions of the first level.
func (r *root) enter(next *level) {
	if r.list != nil {
		r.top.cells, r.top.n = &r.list.Buffer, r.list.Len()
		next.add(&r.bound, r.top)
	}
	r.links.enter(next)
	for i := range r.done.replaced {
		r.done.replaced[i].enter(next)
	}
}

// write writes the field's value.
func (r *root) write() error {
	o := r.request.Output
	switch {
	case r.tell != nil:
		return r.tell()
	case r.bound.Conn != nil:
		return o.connection(
			r.bound.Conn,
			&listWriter{list: &r.bound.List, rows: r.list, span: &r.list.Ranges[0], found: true, node: r.top},
		)
	case r.list.Ranges[0].Len == 0:
		o.b = append(o.b, "null"...)
		return nil
	}
	return o.object(r.bound.Objects[0], r.top, 0)
}
