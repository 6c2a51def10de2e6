package resolve

import (
	"context"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"linkgraph/linkstore"
	"linkgraph/modules"
)

// linkTrees are the trees of links, which are shown in as many ways as there are selection sets.
type linkTrees struct {
	sets  []ast.SelectionSet
	trees trees
}

// add adds a way to show the links and returns its number.
func (l *linkTrees) add(set ast.SelectionSet) int {
	l.sets = append(l.sets, set)
	return len(l.sets) - 1
}

// shownLinks are links in the order in which they are shown.
type shownLinks struct {
	entries []shownLink
	works   []*linkWork
}

// shownLink is one of them. Its work is nil if there is no link.
type shownLink struct {
	work *linkWork
	row  int
}

// linkWork is the links of one kind that are shown.
type linkWork struct {
	name    string
	bound   bound
	builder modules.CellBuilder
	cells   modules.Cells
	n       int
	top     *position
}

// any reports whether there are any.
func (s *shownLinks) any() bool { return len(s.works) > 0 }

// enter takes the links as positions of the first level.
func (s *shownLinks) enter(next *level) {
	for _, w := range s.works {
		w.top = &position{place: w.bound.place, cells: &w.cells, n: w.n}
		next.add(&w.bound, w.top)
	}
}

// showLinks shows links. An entry may be nil.
func (r *root) showLinks(s *shownLinks, of *linkTrees, links []*linkstore.Link) error {
	s.entries = make([]shownLink, len(links))
	there := len(links)
	if slices.Contains(links, nil) {
		there = 0
		for _, l := range links {
			if l != nil {
				there++
			}
		}
	}
	var w *linkWork
	for i, l := range links {
		if l == nil {
			continue
		}
		if w == nil || w.name != l.Name {
			var err error
			if w, err = r.workOf(s, of, l.Name, there); err != nil {
				return err
			}
		}
		s.entries[i] = shownLink{w, w.n}
		w.add(l)
	}
	for _, w := range s.works {
		w.cells = w.builder.Cells(len(w.bound.columns))
	}
	return nil
}

// workOf finds the work of a kind, or begins it.
func (r *root) workOf(s *shownLinks, of *linkTrees, name string, rows int) (*linkWork, error) {
	if i := slices.IndexFunc(s.works, func(w *linkWork) bool { return w.name == name }); i >= 0 {
		return s.works[i], nil
	}
	b, err := r.request.linkTree(r.rootPlan, of, name, rows)
	if err != nil {
		return nil, err
	}
	w := &linkWork{name: name, bound: b}
	s.works = append(s.works, w)
	return w, nil
}

// linkTree finds or makes the tree of links of a kind.
func (r *Request) linkTree(plan *rootPlan, of *linkTrees, name string, rows int) (bound, error) {
	m, err := r.engine.linkModel(name)
	if err != nil {
		return bound{}, err
	}
	return of.trees.bind(r, plan.field, m, rows, func() (*tree, error) {
		return r.engine.compileLinks(r.ctx, m, rows, of.sets)
	})
}

// compileLinks makes the tree of links that are there already.
func (e *Engine) compileLinks(ctx context.Context, m *modules.Model, rows int, sets []ast.SelectionSet) (*tree, error) {
	t, err := e.compileRecords(ctx, m, "links", rows, false, sets...)
	if err != nil {
		return nil, err
	}
	d, _ := e.catalog.Link(m.Link)
	for _, i := range m.Selected(t.place.sel.columns) {
		t.columns = append(t.columns, newLinkColumn(m, d, i))
	}
	return t, nil
}

// add adds a link.
func (w *linkWork) add(l *linkstore.Link) {
	for i := range w.bound.columns {
		w.bound.columns[i].add(&w.builder, l)
	}
	w.n++
}

// linkColumn is a column of a link's rows.
type linkColumn struct {
	column *modules.Column
	of     linkValue
	record func(l *linkstore.Link) any // of fromRecord
}

// linkValue is where the value of a column comes from.
type linkValue uint8

const (
	fromRecord linkValue = iota // the link as a record
	fromID
	fromLeft
	fromRight
	fromCreated
	fromUpdated
	fromDeleted
	fromData
)

// newLinkColumn finds where the value of a column comes from, as linkRecord does.
func newLinkColumn(m *modules.Model, d *linkstore.Definition, i int) linkColumn {
	c := linkColumn{column: &m.Columns[i]}
	values := map[string]linkValue{"id": fromID, "created_at": fromCreated, "updated_at": fromUpdated, "deleted_at": fromDeleted}
	values[keyColumn(&d.Left)], values[keyColumn(&d.Right)] = fromLeft, fromRight
	c.of = values[c.column.Name]
	isTime := c.of == fromCreated || c.of == fromUpdated || c.of == fromDeleted
	switch {
	case c.of == fromRecord && slices.ContainsFunc(d.Columns, func(own linkstore.Column) bool { return own.Name == c.column.Name }):
		c.of = fromData
	case c.column.Type == modules.Time && !isTime, c.column.Type != modules.Time && isTime, !isTime && c.column.Type != modules.Text:
		c.of = fromRecord
	}
	c.record = func(l *linkstore.Link) any { return linkRecord(m, d, *l).Values[i] }
	return c
}

func (c *linkColumn) add(to *modules.CellBuilder, l *linkstore.Link) {
	switch c.of {
	case fromID:
		to.Text(l.ID)
	case fromLeft:
		to.Text(l.Left)
	case fromRight:
		to.Text(l.Right)
	case fromCreated:
		to.Time(l.CreatedAt)
	case fromUpdated:
		to.Time(l.UpdatedAt)
	case fromDeleted:
		if l.DeletedAt == nil {
			to.Null()
			return
		}
		to.Time(*l.DeletedAt)
	case fromData:
		to.Value(c.column, l.Data[c.column.Name])
	default:
		to.Value(c.column, c.record(l))
	}
}

// ShowLinks resolves a field to links.
func ShowLinks(ctx context.Context, links []*linkstore.Link) (Answer, error) {
	r := newRoot(ctx)
	r.laid.Do(func() { r.shown.add(r.field.Selections) })
	r.tell = func() error { return r.request.links(&r.links, 0) }
	return r.start(r.showLinks(&r.links, &r.shown, links))
}

// links writes links in one of the ways in which they are shown.
func (a *Request) links(s *shownLinks, way int) error {
	return a.list(len(s.entries), func(i int) error { return a.link(s.entries[i], way) })
}

func (a *Request) link(entry shownLink, way int) error {
	if entry.work == nil {
		a.b = append(a.b, "null"...)
		return nil
	}
	return a.object(entry.work.bound.objects[way], entry.work.top, entry.row)
}
