package resolve

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"linkgraph/modules"
)

// tree is the plan of what stands below a root field, for records of one model. It is not changed once it is made, so that
// requests share it.
type tree struct {
	place   *place
	objects []*objectLayout // of records, one for each selection set
	conn    *connLayout     // of a root list; nil of records
	columns []linkColumn    // of links

	list     listPlan // of a root list
	varying  varying
	stencil  *modules.Stencil
	asked    usage    // by the arguments of the root list
	fixed    usage    // by what stands beside all arguments
	reading  *reading // of the records it begins with
	lists    []listPlan
	hops     []*compiledHop // in the order in which they were planned
	static   bool           // nothing depends on variables but the records it begins with
	rows     int            // how many records it was made for
	single   bool           // it begins with one record, whatever the input
	total    usage          // of all that stands in it
	keepable bool
}

// varying says what of a list's arguments depends on variables.
type varying uint8

const (
	varyingNot  varying = iota
	varyingSize         // how many rows there are
	varyingAll
)

// place is a position of the answer: what is read there, and where it is found among the cells of a row.
type place struct {
	sel   *selection
	cells map[int]int // by column
	hops  []*compiledHop
}

// compiledHop is a hop of a plan.
type compiledHop struct {
	*hop
	id         int // among the lists of the tree
	parent     int // the hop that leads to where this one begins; -1 if that is the root
	field      *ast.Field
	path       string
	asked      usage // by its arguments
	varying    varying
	from       []int // the cells of the near key
	near       *modules.Model
	node, link *place
	linkCells  []int // the columns of the join table's row that are read; nil if it is not
	stencil    *modules.Stencil
	united     *modules.Stencil // of several such hops at once, if each is from one record
	reading    *reading         // of its statement
	joined     bool             // the statement is that of another hop or of the root
	joinedFrom int              // the join of the statement that it begins at; -1 if it begins at what is joined to
	shape      string           // of its statement; "" of a join
}

// compileList makes the tree of a root list.
func (e *Engine) compileList(ctx context.Context, m *modules.Model, f graphql.CollectedField) (*tree, error) {
	p := e.planner(ctx)
	l, node, asked, err := p.root(m, f, arguments(f.Field, p.op.Variables))
	if err != nil {
		return nil, err
	}
	t := &tree{list: l, varying: varies(f.Field), rows: l.page.Limit, stencil: &modules.Stencil{}, asked: asked}
	// A list with conditions is planned by Postgres for their values, each time: joins would make that dearer.
	t.build(p, node, l.where == nil && t.varying != varyingAll)
	t.conn = t.place.connection(p.op, f.Definition.Type.Name(), f.Selections, t.place, nil)
	t.static = t.static && t.varying == varyingNot
	return t, t.afford(p, f.Alias)
}

// compileRecords makes the tree of one record that is read by its key, or of many that are known already. They are shown in as many
// ways as there are selection sets.
func (e *Engine) compileRecords(ctx context.Context, m *modules.Model, path string, rows int, read bool, sets ...ast.SelectionSet) (*tree, error) {
	p := e.planner(ctx)
	sel := newSelection(m, rows)
	sel.single = read
	for _, set := range sets {
		if err := p.add(sel, path, 1, set); err != nil {
			return nil, err
		}
	}
	t := &tree{rows: rows, single: read, stencil: &modules.Stencil{}}
	t.build(p, sel, read)
	for _, set := range sets {
		t.objects = append(t.objects, t.place.object(p.op, set))
	}
	return t, t.afford(p, path)
}

// build makes the places of all selections, now that they are complete. read says that the records it begins with are read
// by a statement, which hops can be joined to.
func (t *tree) build(p *planner, root *selection, read bool) {
	t.static, t.keepable = true, true
	top := root.model.Selected(root.columns)
	at := map[*selection]*place{root: newPlace(root, top, 0)}
	leads := map[*selection]int{root: -1}
	t.reading = &reading{width: len(top)}
	points := map[*selection]joinPoint{}
	if read {
		points[root] = joinPoint{t.reading, -1}
	}
	t.place = at[root]
	t.lists = make([]listPlan, len(p.made))
	for i, made := range p.made {
		near := at[made.near]
		h := &compiledHop{
			hop: made.hop, id: i, parent: leads[made.near], field: made.field, path: made.path, asked: made.asked,
			near: made.near.model, varying: varies(made.field), stencil: &modules.Stencil{}, united: &modules.Stencil{},
		}
		for _, col := range h.near.Indexes(h.relation.Columns) {
			h.from = append(h.from, near.cells[col])
		}
		h.join(points, made.near)
		columns := h.hop.node.model.Selected(h.hop.node.columns)
		h.node = newPlace(h.hop.node, columns, h.reading.take(len(columns)))
		at[h.hop.node], leads[h.hop.node] = h.node, i
		if h.hop.link != nil {
			h.linkCells = append([]int{h.hop.link.model.Primary()}, h.hop.link.columns...)
			h.link = newPlace(h.hop.link, h.linkCells, h.reading.take(len(h.linkCells)))
			at[h.hop.link], leads[h.hop.link] = h.link, i
		}
		t.static = t.static && h.varying == varyingNot
		t.lists[i] = h.list
		t.hops = append(t.hops, h)
		near.hops = append(near.hops, h)
	}
	for _, h := range t.hops {
		if !h.joined {
			h.shape = h.signature()
		}
	}
	for _, pl := range at {
		t.keepable = t.keepable && pl.keepable()
	}
}

func newPlace(sel *selection, columns []int, first int) *place {
	pl := &place{sel: sel, cells: make(map[int]int, len(columns))}
	for i, col := range columns {
		pl.cells[col] = first + i
	}
	return pl
}

// varies says what of a field's arguments depends on variables.
func varies(f *ast.Field) varying {
	v := varyingNot
	for _, a := range f.Arguments {
		size := a.Name == "first" || a.Name == "last"
		switch {
		case !hasVariable(a.Value):
		case size:
			v = max(v, varyingSize)
		default:
			return varyingAll
		}
	}
	return v
}

func hasVariable(v *ast.Value) bool {
	return v.Kind == ast.Variable || slices.ContainsFunc(v.Children, func(c *ast.ChildValue) bool { return hasVariable(c.Value) })
}

// keepable reports whether the hops of a place are the same for all values of variables. They are not if two fields follow
// one relation, and have the same arguments or not as variables go.
func (pl *place) keepable() bool {
	written := map[string]string{} // arguments, by relation
	varying := map[string]bool{}
	several := map[string]bool{}
	for f := range pl.sel.byField {
		var b strings.Builder
		for _, def := range f.Definition.Arguments {
			if a := f.Arguments.ForName(def.Name); a != nil {
				b.WriteString(a.Name + ":" + a.Value.String() + " ")
				varying[f.Name] = varying[f.Name] || hasVariable(a.Value)
			}
		}
		if other, ok := written[f.Name]; ok && other != b.String() {
			several[f.Name] = true
		}
		written[f.Name] = b.String()
	}
	for name := range several {
		if varying[name] {
			return false
		}
	}
	return true
}

// trees are those of one position, by model: of some it is not known before which models there are. The zero value is good.
type trees struct {
	mu      sync.RWMutex
	byModel map[string]*tree
}

// bind finds the tree of a model and reads its arguments, or makes it.
func (ts *trees) bind(a *Request, f graphql.CollectedField, m *modules.Model, rows int, compile func() (*tree, error)) (bound, error) {
	ts.mu.RLock()
	t := ts.byModel[m.Name]
	ts.mu.RUnlock()
	if t != nil {
		if b, ok := a.engine.bind(a.ctx, t, f, rows); ok {
			return b, nil
		}
	}
	a.compiled = true
	t, err := compile()
	if err != nil {
		return bound{}, err
	}
	if t.keepable {
		ts.mu.Lock()
		if ts.byModel == nil {
			ts.byModel = map[string]*tree{}
		}
		ts.byModel[m.Name] = t
		ts.mu.Unlock()
	}
	return bound{t, t.list, t.lists}, nil
}

// bound is a tree with the lists of one request.
type bound struct {
	*tree
	list  listPlan
	lists []listPlan
}

// bind reads the arguments that depend on variables. ok is false if a limit was passed or an argument is bad: making the
// tree anew tells which.
func (e *Engine) bind(ctx context.Context, t *tree, f graphql.CollectedField, rows int) (b bound, ok bool) {
	p := e.planner(ctx)
	b = bound{t, t.list, t.lists}
	if t.static && (t.conn != nil || rows == t.rows) {
		return b, p.commit(f.Alias, t.total) == nil
	}
	if p.tally.add(f.Alias, t.fixed) != nil {
		return b, false
	}
	if t.conn != nil {
		if !p.bindList(&b.list, t.place.sel.model, nil, f.Field, f.Alias, t.varying, t.asked) {
			return b, false
		}
		rows = b.list.page.Limit
	}
	b.lists = slices.Clone(t.lists)
	for i, h := range t.hops {
		if !h.relation.Many {
			continue
		}
		if !p.bindList(&b.lists[i], p.catalog.Target(h.relation), p.catalog.Row(h.relation), h.field, h.path, h.varying, h.asked) {
			return b, false
		}
	}
	return b, p.commit(f.Alias, usage{fields: b.fields(rows)}) == nil
}

// bindList reads the arguments of one list, if they depend on variables. asked is by those that do not.
func (p *planner) bindList(l *listPlan, m, row *modules.Model, f *ast.Field, path string, v varying, asked usage) bool {
	switch v {
	case varyingNot:
		return p.tally.add(path, asked) == nil
	case varyingSize:
		if p.tally.add(path, asked) != nil {
			return false
		}
		page, err := p.page(path, arguments(f, p.op.Variables))
		if err != nil {
			return false
		}
		l.page = *page
		return true
	}
	read, err := p.list(path, m, row, arguments(f, p.op.Variables))
	if err != nil {
		return false
	}
	l.where, l.order, l.page = read.where, read.order, read.page
	return true
}

// stencilOf is what keeps a statement, or nil if it depends on variables.
func stencilOf(s *modules.Stencil, v varying, r *reading) *modules.Stencil {
	if v == varyingAll || slices.ContainsFunc(r.joins, func(h *compiledHop) bool { return h.varying == varyingAll }) {
		return nil
	}
	return s
}
