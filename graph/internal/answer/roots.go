package answer

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"

	"github.com/linkgraph/linkgraph/graph/internal/plan"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/internal/recordstore/rows"
)

// rootField is a root field in one request.
type rootField struct {
	*plan.Root
	request    *Request
	ctx        context.Context //nolint:containedctx // that of its resolver, for the location of errors
	err        error
	begin, end int // of the value in the output

	bound      plan.BoundPlan
	model      *recordstore.Model
	set        *rows.Set // the rows that the field begins with
	keys       []string  // of the records to read, if they are known
	by         string    // the unique column that the key is a value of; "" is the primary key
	top        *frame
	links      shownLinks
	result     mutationResult // of a mutation
	writeValue func() error
	// prepare reads what has to be known before anything else can be read. It is nil if that is nothing.
	prepare func() error
}

func newRootField(ctx context.Context) *rootField {
	r := requestFrom(ctx)
	return &rootField{Root: r.operation.Root(graphql.GetFieldContext(ctx).Field.Alias), request: r, ctx: ctx}
}

// start leaves the field to Finish, unless err is not nil.
func (r *rootField) start(err error) (Answer, error) {
	if err != nil {
		return nil, err
	}
	r.request.started = append(r.request.started, r)
	return r, nil
}

// List resolves a root field that lists a model. Errors are those of the arguments.
func List(ctx context.Context, model string) (Answer, error) {
	r := newRootField(ctx)
	return r.start(
		r.bindPlan(model, 0, func() (*plan.Plan, error) { return r.request.engine.CompileList(ctx, r.model, r.Field) }),
	)
}

// Record resolves a root field that looks up a record by its primary key or by a unique column: whichever argument is given. The value
// is null if there is none.
func Record(ctx context.Context, model string) (Answer, error) {
	f := graphql.GetFieldContext(ctx).Field
	var given, choices []string
	arguments := f.ArgumentMap(graphql.GetOperationContext(ctx).Variables)
	for _, a := range f.Definition.Arguments {
		choices = append(choices, a.Name)
		if arguments[a.Name] != nil {
			given = append(given, a.Name)
		}
	}
	if len(given) != 1 {
		return nil, plan.Invalidf(f.Alias, "give one of %s", strings.Join(choices, ", "))
	}
	key, err := graphql.UnmarshalID(arguments[given[0]])
	if err != nil {
		return nil, err
	}
	r := newRootField(ctx)
	return r.start(r.record(model, given[0], key))
}

// firstArgument is the argument of a field that takes one, besides dryRun.
func firstArgument(ctx context.Context) any {
	f := graphql.GetFieldContext(ctx).Field
	return f.ArgumentMap(graphql.GetOperationContext(ctx).Variables)[f.Definition.Arguments[0].Name]
}

// RecordOf resolves a root field to the record with a key. The value is null if there is none.
func RecordOf(ctx context.Context, model, id string) (Answer, error) {
	r := newRootField(ctx)
	return r.start(r.record(model, "", id))
}

// record binds the plan for the record with a key: a value of a field, or of the primary key if the field is "".
func (r *rootField) record(model, field, key string) error {
	e := r.request.engine
	m, err := e.Model(model)
	if err != nil {
		return err
	}
	at := m.Primary()
	if i, ok := m.Column(field); ok && i != at {
		at, r.by = i, m.Columns[i].Name
	}
	if key, err = normalKey(&m.Columns[at], r.Field.Alias, key); err != nil {
		return err
	}
	r.keys = []string{key}
	return r.bindPlan(model, 1, func() (*plan.Plan, error) {
		return e.CompileRecords(r.request.ctx, m, r.Field.Alias, 1, true, r.Field.Selections)
	})
}

// bindPlan sets the plan of what is below the field, for records of a model.
func (r *rootField) bindPlan(model string, rows int, compile func() (*plan.Plan, error)) (err error) {
	if r.model, err = r.request.engine.Model(model); err != nil {
		return err
	}
	r.bound, err = r.request.bind(&r.Plans, r.Field, r.model, rows, compile)
	return err
}

// Null resolves a root field to null.
func Null() (Answer, error) { return graphql.Null, nil }

// normalKey returns a value of a key column in the spelling of the database.
func normalKey(column *recordstore.Column, path, key string) (string, error) {
	v, err := recordstore.Normalize(column, key)
	if err != nil {
		return "", plan.Invalidf(path, "%v", err)
	}
	return fmt.Sprint(v), nil
}

// needsRead reports whether the field reads anything.
func (r *rootField) needsRead() bool {
	return r.bound.Plan != nil || r.links.any() || r.result.replaced != nil || r.prepare != nil
}

// leads reports whether there is more to read than what the field reads first. ahead is that of loadKeys.
func (r *rootField) leads(ahead bool) bool {
	if r.bound.Plan != nil {
		for _, h := range r.bound.Node.Hops {
			if known := h.Joined || ahead && r.needsOnlyKey(h); !known || h.Leads() {
				return true
			}
		}
	}
	return r.links.lead() || slices.ContainsFunc(r.result.replaced, func(s shownLinks) bool { return s.lead() })
}

// needsOnlyKey reports whether a hop needs no more than the record's key, which is known.
func (r *rootField) needsOnlyKey(h *plan.Hop) bool {
	p := r.bound.Plan
	return p.Connection == nil && p.Single && r.by == "" && keyIsText(p.Node.Selection.Model) && !h.Joined &&
		h.Near.IsKey(h.Relation.Columns)
}

// loadKeys returns what the field reads first. With ahead that includes the hops from the key of a record that may not exist: they travel
// in the same round trip.
func (r *rootField) loadKeys(ahead bool) []*loadKey {
	if r.bound.Plan == nil {
		return nil
	}
	t, l := r.bound.Plan, &r.bound.List
	sel := t.Node.Selection
	r.set = r.request.newSet()
	r.top = &frame{node: t.Node}
	joins, cache := t.Statement.Joins(r.bound.Lists), t.StatementCache(r.by)
	if t.Connection != nil {
		return []*loadKey{{request: &recordstore.List{
			Model:   sel.Model,
			Columns: sel.Columns,
			Where:   l.Where,
			Order:   l.Order,
			Page:    l.PageToRead(),
			Count:   l.Count,
			Deleted: l.Deleted,
			Joins:   joins,
			Cache:   cache,
			Into:    r.set,
		}}}
	}
	keys := []*loadKey{{request: &recordstore.Fetch{
		Model: sel.Model, Keys: r.keys, By: r.by, Columns: sel.Columns, Joins: joins, Cache: cache, Into: r.set,
	}}}
	if ahead {
		keys = append(keys, r.hopsFromKey()...)
	}
	return keys
}

// hopsFromKey returns the hops that need no more than the record's key.
func (r *rootField) hopsFromKey() (keys []*loadKey) {
	for i, h := range r.top.node.Hops {
		if !r.needsOnlyKey(h) {
			continue
		}
		if r.top.hops == nil {
			r.top.hops = make([]hopResult, len(r.top.node.Hops))
		}
		keys = append(keys, &loadKey{hop: h, index: i, frame: r.top, bound: &r.bound, keys: r.keys})
	}
	return keys
}

// keyIsText reports whether a key is spelled in one way only, so that the argument equals the column.
func keyIsText(m *recordstore.Model) bool {
	key := &m.Columns[m.Primary()]
	return key.Type == recordstore.Text && key.SQLType == "" && key.Parts == nil
}

// addFrames adds the rows that were read to the first level.
func (r *rootField) addFrames(next *level) {
	if r.set != nil {
		r.top.buffer, r.top.n = &r.set.Buffer, r.set.Len()
		next.add(&r.bound, r.top)
	}
	r.links.addFrames(next)
	for i := range r.result.replaced {
		r.result.replaced[i].addFrames(next)
	}
}

// write writes the value of the field.
func (r *rootField) write() error {
	o := r.request.Output
	switch {
	case r.writeValue != nil:
		return r.writeValue()
	case r.bound.Connection != nil:
		return o.connection(
			r.bound.Connection,
			&listWriter{list: &r.bound.List, set: r.set, rowRange: &r.set.Ranges[0], found: true, node: r.top},
		)
	case r.set.Ranges[0].Len == 0:
		o.b = append(o.b, "null"...)
		return nil
	}
	return o.object(r.bound.Objects[0], r.top, 0)
}
