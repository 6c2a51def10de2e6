package resolve

import (
	"encoding/json"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

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
	rootSchema // __schema and __type
	rootCreateLinks
	rootDismissLinks
	rootDeleteLinks
	rootRestoreLinks
	rootDelete
	rootRestore
	rootCreate
	rootUpdate
)

// root is a root field of a plan.
type root struct {
	field   graphql.CollectedField
	object  string // Query or Mutation
	key     string // `"alias":`
	kind    rootKind
	nonNull bool
	model   *modules.Model // of lists and records
	trees   trees          // of lists, records and nodes
	links   *linkTrees     // what is shown of links
	payload *payload       // of a mutation
}

// operation makes the plan of an operation. The trees of its fields are made when they are first needed.
func (e *Engine) operation(op *graphql.OperationContext) (*operation, error) {
	plan := &operation{mutation: op.Operation.Operation == ast.Mutation}
	object := "Query"
	if plan.mutation {
		object = "Mutation"
	}
	written := map[string]bool{}
	for _, f := range graphql.CollectFields(op, op.Operation.SelectionSet, []string{object}) {
		if written[f.Alias] {
			continue
		}
		written[f.Alias] = true
		r := &root{field: f, object: object, key: `"` + f.Alias + `":`}
		if err := e.rootPlan(r, op); err != nil {
			return nil, err
		}
		plan.roots = append(plan.roots, r)
	}
	return plan, nil
}

// rootPlan decides how a root field is answered.
func (e *Engine) rootPlan(r *root, op *graphql.OperationContext) error {
	if r.field.Name == "__typename" {
		return nil
	}
	r.nonNull = r.field.Definition.Type.NonNull
	if r.field.Name == "__schema" || r.field.Name == "__type" {
		r.kind = rootSchema
		return nil
	}
	if r.object == "Mutation" {
		return e.mutationPlan(r, op)
	}
	r.kind, r.model = e.rootKind(r.field.Definition)
	switch {
	case r.kind == rootList && r.model == nil:
		return ErrField
	case r.kind == rootLinks:
		r.links = &linkTrees{sets: []ast.SelectionSet{r.field.Selections}}
	}
	return nil
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
	keys  []string         // of a record, or of those that were written
	top   *position
	links shownLinks
	done  done          // what a mutation did
	none  bool          // there is nothing to read: the answer is null
	about []*LinkModule // of rootLinkModule and rootLinkModules
}

// start does what comes before records are read.
func (r *rootRun) start(a *answer) (err error) {
	ctx := r.root.context(a.ctx)
	f := r.root.field
	switch r.root.kind {
	case rootList:
		r.bound, err = r.root.trees.bind(a, f, r.root.model, 0, func() (*tree, error) { return a.engine.compileList(ctx, r.root.model, f) })
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
	case rootCreate, rootUpdate:
		return r.writeRecords(a)
	case rootCreateLinks, rootDismissLinks, rootDeleteLinks, rootRestoreLinks, rootDelete, rootRestore:
		return r.mutate(a)
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
	key, err := normalKey(m, f.Alias, id)
	if err != nil {
		return err
	}
	r.keys = []string{key}
	r.bound, err = r.root.trees.bind(a, f, m, 1, func() (*tree, error) {
		return a.engine.compileRecords(a.ctx, m, f.Alias, 1, true, f.Selections)
	})
	return err
}

// reads reports whether there is anything to read.
func (r *rootRun) reads() bool {
	return !r.none && (r.bound.tree != nil || r.links.any() || r.done.replaced != nil)
}

// requests are what the field reads first, if anything; ahead of knowing that a record is there, also what its key leads to.
func (r *rootRun) requests(a *answer, ahead bool) []modules.Request {
	if r.bound.tree == nil {
		return nil
	}
	t, l := r.bound.tree, &r.bound.list
	sel := t.place.sel
	r.list = a.compact()
	r.top = &position{place: t.place}
	joins, stencil := t.reading.requests(r.bound.lists), stencilOf(t.stencil, t.varying, t.reading)
	if t.conn != nil {
		return []modules.Request{&modules.List{
			Model: sel.model, Columns: sel.columns, Where: l.where, Order: l.order, Page: l.pageOf(), Count: l.count,
			Joins: joins, Stencil: stencil, Compact: r.list,
		}}
	}
	requests := []modules.Request{&modules.Fetch{
		Model: sel.model, Keys: r.keys, Columns: sel.columns, Joins: joins, Stencil: stencil, Compact: r.list,
	}}
	if ahead && t.single && keyIsText(sel.model) {
		requests = append(requests, r.ahead(a)...)
	}
	return requests
}

// ahead are the hops from the record's key.
func (r *rootRun) ahead(a *answer) (requests []modules.Request) {
	for i, h := range r.top.place.hops {
		if h.joined || !h.near.IsKey(h.relation.Columns) {
			continue
		}
		if r.top.hops == nil {
			r.top.hops = make([]followed, len(r.top.place.hops))
		}
		f := &r.top.hops[i]
		f.keys = []int32{0}
		requests = append(requests, f.request(h, &r.bound, r.keys, a))
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
	r.links.enter(next)
	for i := range r.done.replaced {
		r.done.replaced[i].enter(next)
	}
}

// write writes the field's value.
func (r *rootRun) write(a *answer) error {
	switch {
	case r.none:
		a.b = append(a.b, "null"...)
	case r.root.kind == rootTypeName:
		a.b = append(append(append(a.b, '"'), r.root.object...), '"')
	case r.root.kind == rootLinks:
		return a.links(&r.links, 0)
	case r.root.payload != nil:
		return r.writePayload(a, r.root.payload.fields)
	case r.root.kind == rootLinkModule:
		a.linkModule(r.about[0], r.root.field.Selections)
	case r.root.kind == rootLinkModules:
		return a.list(len(r.about), func(i int) error {
			a.linkModule(r.about[i], r.root.field.Selections)
			return nil
		})
	case r.root.kind == rootSchema:
		return a.introspect(a.op, r.root.field, a.Output)
	case r.bound.conn != nil:
		return a.connection(r.bound.conn, &listWriter{list: &r.bound.list, rows: r.list, span: &r.list.Spans[0], found: true, node: r.top})
	case r.list.Spans[0].Len == 0:
		a.b = append(a.b, "null"...)
	default:
		return a.object(r.bound.objects[0], r.top, 0)
	}
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
