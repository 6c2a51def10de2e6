package resolve

import (
	"encoding/json"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"linkgraph/linkstore"
	"linkgraph/modules"
)

// rootKind is what a root field asks for.
type rootKind uint8

const (
	rootTypeName rootKind = iota
	rootList
	rootRecord
	rootNode
	rootLinks
	rootLinkModule
	rootLinkModules
)

// root is a root field of a plan.
type root struct {
	field   graphql.CollectedField
	key     string // `"alias":`
	kind    rootKind
	nonNull bool
	model   *modules.Model // of lists and records

	mu    sync.RWMutex
	trees map[string]*tree // by model: of `node` and `links` it is not known before
}

// operation makes the plan of an operation. The trees of its fields are made when they are first needed.
func (e *Engine) operation(op *graphql.OperationContext) (*operation, error) {
	plan := &operation{}
	written := map[string]bool{}
	for _, f := range graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Query"}) {
		if f.Name == "__schema" || f.Name == "__type" {
			return nil, ErrIntrospection
		}
		if written[f.Alias] {
			continue
		}
		written[f.Alias] = true
		r := &root{field: f, key: `"` + f.Alias + `":`, trees: map[string]*tree{}}
		if f.Name != "__typename" {
			r.nonNull = f.Definition.Type.NonNull
			r.kind, r.model = e.rootKind(f.Definition)
		}
		if r.kind == rootList && r.model == nil {
			return nil, ErrField
		}
		plan.roots = append(plan.roots, r)
	}
	return plan, nil
}

func (e *Engine) rootKind(f *ast.FieldDefinition) (rootKind, *modules.Model) {
	switch f.Name {
	case "node":
		return rootNode, nil
	case "links":
		return rootLinks, nil
	case "linkModule":
		return rootLinkModule, nil
	case "linkModules":
		return rootLinkModules, nil
	}
	if m, ok := e.records.Catalog().Model(f.Type.Name()); ok {
		return rootRecord, m
	}
	m, _ := e.records.Catalog().Model(strings.TrimSuffix(f.Type.Name(), "Connection"))
	return rootList, m
}

// rootRun is a root field in one request.
type rootRun struct {
	root *root
	err  error

	bound bound
	list  *modules.Compact // of a list or a record
	key   string           // of a record
	top   *position
	shown []shownLink
	works []*linkWork
	none  bool          // there is nothing to read: the answer is null
	about []*LinkModule // of rootLinkModule and rootLinkModules
}

// shownLink is one entry of the field `links`.
type shownLink struct {
	work *linkWork
	row  int
}

// linkWork is the links of one kind that are shown.
type linkWork struct {
	bound   bound
	records []*modules.Record
	cells   modules.Cells
	top     *position
}

// tree finds the tree of a field for a model and reads its arguments, or makes it.
func (r *root) tree(a *answer, m *modules.Model, rows int, compile func() (*tree, error)) (bound, error) {
	r.mu.RLock()
	t := r.trees[m.Name]
	r.mu.RUnlock()
	if t != nil {
		if b, ok := a.engine.bind(a.ctx, t, r.field, rows); ok {
			return b, nil
		}
	}
	a.compiled = true
	t, err := compile()
	if err != nil {
		return bound{}, err
	}
	if t.keepable {
		r.mu.Lock()
		r.trees[m.Name] = t
		r.mu.Unlock()
	}
	return bound{t, t.list, t.lists}, nil
}

// start does what comes before records are read.
func (r *rootRun) start(a *answer) (err error) {
	ctx := r.root.context(a.ctx)
	f := r.root.field
	switch r.root.kind {
	case rootList:
		r.bound, err = r.root.tree(a, r.root.model, 0, func() (*tree, error) { return a.engine.compileList(ctx, r.root.model, f) })
		return err
	case rootRecord:
		id, err := graphql.UnmarshalID(f.ArgumentMap(a.op.Variables)[f.Definition.Arguments[0].Name])
		if err != nil {
			return err
		}
		return r.startRecord(a, r.root.model, id)
	case rootNode:
		id, err := graphql.UnmarshalID(f.ArgumentMap(a.op.Variables)["id"])
		if err != nil {
			return err
		}
		m, err := a.engine.locate(ctx, id)
		if m == nil || err != nil {
			r.none = true
			return err
		}
		return r.startRecord(a, m, id)
	case rootLinks:
		return r.startLinks(a)
	case rootLinkModules:
		r.about = a.engine.LinkModules()
	case rootLinkModule:
		var names [4]string
		args := f.ArgumentMap(a.op.Variables)
		for i, name := range []string{"moduleA", "keyA", "moduleB", "keyB"} {
			if names[i], err = graphql.UnmarshalString(args[name]); err != nil {
				return err
			}
		}
		found, err := a.engine.LinkModule(names[0], names[1], names[2], names[3])
		if found == nil || err != nil {
			r.none = true
			return err
		}
		r.about = []*LinkModule{found}
	}
	return nil
}

func (r *rootRun) startRecord(a *answer, m *modules.Model, id string) (err error) {
	f := r.root.field
	if r.key, err = normalKey(m, f.Alias, id); err != nil {
		return err
	}
	r.bound, err = r.root.tree(a, m, 1, func() (*tree, error) {
		return a.engine.compileRecords(a.ctx, m, f.Alias, 1, true, f.Selections)
	})
	return err
}

func (r *rootRun) startLinks(a *answer) error {
	ctx := r.root.context(a.ctx)
	items, err := a.engine.items(ctx)
	if err != nil {
		return err
	}
	found, err := a.engine.links.Get(ctx, items)
	if err != nil {
		return err
	}
	var links []linkstore.Link
	for _, l := range found {
		if l != nil {
			links = append(links, *l)
		}
	}
	works := map[string]*linkWork{}
	for _, l := range links {
		w := works[l.Name]
		if w == nil {
			m, err := a.engine.linkModel(l.Name)
			if err != nil {
				return err
			}
			w = &linkWork{}
			w.bound, err = r.root.tree(a, m, len(links), func() (*tree, error) {
				return a.engine.compileRecords(a.ctx, m, "links", len(links), false, r.root.field.Selections)
			})
			if err != nil {
				return err
			}
			works[l.Name] = w
			r.works = append(r.works, w)
		}
		d, _ := a.engine.catalog.Link(l.Name)
		r.shown = append(r.shown, shownLink{w, len(w.records)})
		w.records = append(w.records, linkRecord(w.bound.place.sel.model, d, l))
	}
	for _, w := range r.works {
		sel := w.bound.place.sel
		w.cells = modules.CellsOf(sel.model.Selected(sel.columns), w.records...)
	}
	return nil
}

// reads reports whether there is anything to read.
func (r *rootRun) reads() bool { return !r.none && (r.bound.tree != nil || len(r.works) > 0) }

// requests are what the field reads first, if anything; ahead of knowing that a record is there, also what its key leads to.
func (r *rootRun) requests(e *Engine, ahead bool) []modules.Request {
	if r.bound.tree == nil {
		return nil
	}
	t, l := r.bound.tree, &r.bound.list
	sel := t.place.sel
	r.list = e.buffers.Compact()
	r.top = &position{place: t.place}
	joins, stencil := t.reading.requests(r.bound.lists), stencilOf(t.stencil, t.varying, t.reading)
	if t.conn != nil {
		return []modules.Request{&modules.List{
			Model: sel.model, Columns: sel.columns, Where: l.where, Order: l.order, Page: l.pageOf(), Count: l.count,
			Joins: joins, Stencil: stencil, Compact: r.list,
		}}
	}
	requests := []modules.Request{&modules.Fetch{
		Model: sel.model, Keys: []string{r.key}, Columns: sel.columns, Joins: joins, Stencil: stencil, Compact: r.list,
	}}
	if ahead && keyIsText(sel.model) {
		requests = append(requests, r.ahead(e)...)
	}
	return requests
}

// ahead are the hops from the record's key.
func (r *rootRun) ahead(e *Engine) (requests []modules.Request) {
	for i, h := range r.top.place.hops {
		if h.joined || !h.near.IsKey(h.relation.Columns) {
			continue
		}
		if r.top.hops == nil {
			r.top.hops = make([]followed, len(r.top.place.hops))
		}
		f := &r.top.hops[i]
		f.keys = []int32{0}
		requests = append(requests, f.request(h, &r.bound, []string{r.key}, &e.buffers))
	}
	return requests
}

// keyIsText reports whether a key that was given is the text that is read.
func keyIsText(m *modules.Model) bool {
	key := &m.Columns[m.Primary()]
	return key.Type == modules.Text && key.SQLType == "" && key.Parts == nil
}

// enter takes what was read as positions of the first level.
func (r *rootRun) enter(next *level) {
	if r.list != nil {
		r.top.cells, r.top.n = &r.list.Cells, r.list.Len()
		next.add(&r.bound, r.top)
	}
	for _, w := range r.works {
		w.top = &position{place: w.bound.place, cells: &w.cells, n: len(w.records)}
		next.add(&w.bound, w.top)
	}
}

// write writes the field's value.
func (r *rootRun) write(a *answer) error {
	switch {
	case r.none:
		a.b = append(a.b, "null"...)
	case r.root.kind == rootTypeName:
		a.b = append(a.b, `"Query"`...)
	case r.root.kind == rootLinks:
		return r.writeLinks(a)
	case r.root.kind == rootLinkModule:
		a.linkModule(r.about[0], r.root.field.Selections)
	case r.root.kind == rootLinkModules:
		a.b = append(a.b, '[')
		for i, m := range r.about {
			if i > 0 {
				a.b = append(a.b, ',')
			}
			a.linkModule(m, r.root.field.Selections)
		}
		a.b = append(a.b, ']')
	case r.bound.conn != nil:
		return a.connection(r.bound.conn, &listWriter{list: &r.bound.list, rows: r.list, span: &r.list.Spans[0], found: true, node: r.top})
	case r.list.Spans[0].Len == 0:
		a.b = append(a.b, "null"...)
	default:
		return a.object(r.bound.object, r.top, 0)
	}
	return nil
}

func (r *rootRun) writeLinks(a *answer) error {
	a.b = append(a.b, '[')
	for i, s := range r.shown {
		if i > 0 {
			a.b = append(a.b, ',')
		}
		if err := a.object(s.work.bound.object, s.work.top, s.row); err != nil {
			return err
		}
	}
	a.b = append(a.b, ']')
	return nil
}

// linkModule writes what is told of a link. It is asked for seldom: what is written is looked up field by field.
func (a *answer) linkModule(m *LinkModule, set ast.SelectionSet) {
	a.fields("LinkModule", set, func(f graphql.CollectedField) {
		switch f.Name {
		case "name":
			a.value(m.Name)
		case "link":
			a.value(m.Link)
		case "table":
			a.value(m.Table)
		case "readOnly":
			a.value(m.ReadOnly)
		case "left":
			a.linkEnd(m.Left, f.Selections)
		case "right":
			a.linkEnd(m.Right, f.Selections)
		case "extraColumns":
			a.b = append(a.b, '[')
			for i, c := range m.ExtraColumns {
				if i > 0 {
					a.b = append(a.b, ',')
				}
				a.linkColumn(c, f.Selections)
			}
			a.b = append(a.b, ']')
		}
	})
}

func (a *answer) linkEnd(end *LinkEnd, set ast.SelectionSet) {
	a.fields("LinkEnd", set, func(f graphql.CollectedField) {
		a.value(map[string]any{
			"module": end.Module, "model": end.Model, "key": end.Key, "field": end.Field, "isList": end.IsList, "deleteCascade": end.DeleteCascade,
		}[f.Name])
	})
}

func (a *answer) linkColumn(c *LinkColumn, set ast.SelectionSet) {
	a.fields("LinkColumn", set, func(f graphql.CollectedField) {
		a.value(map[string]any{"name": c.Name, "type": c.Type, "default": c.Default}[f.Name])
	})
}

// fields writes an object field by field.
func (a *answer) fields(typeName string, set ast.SelectionSet, write func(graphql.CollectedField)) {
	a.b = append(a.b, '{')
	written := map[string]bool{}
	for _, f := range graphql.CollectFields(a.op, set, []string{typeName}) {
		if written[f.Alias] {
			continue
		}
		if len(written) > 0 {
			a.b = append(a.b, ',')
		}
		written[f.Alias] = true
		a.b = append(a.b, `"`+f.Alias+`":`...)
		if f.Name == "__typename" {
			a.value(typeName)
			continue
		}
		write(f)
	}
	a.b = append(a.b, '}')
}

func (a *answer) value(v any) {
	switch v := v.(type) {
	case string:
		a.b = appendText(a.b, v)
	case *string:
		if v == nil {
			a.b = append(a.b, "null"...)
			return
		}
		a.b = appendText(a.b, *v)
	default: // bool
		text, _ := json.Marshal(v) //nolint:errchkjson // it is true or false
		a.b = append(a.b, text...)
	}
}
