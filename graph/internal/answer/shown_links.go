package answer

import (
	"context"
	"slices"

	"github.com/linkgraph/linkgraph/graph/internal/plan"
	"github.com/linkgraph/linkgraph/internal/recordstore/rows"
	"github.com/linkgraph/linkgraph/linkstore"
)

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
	bound   plan.Bound
	builder rows.Builder
	cells   rows.Buffer
	n       int
	top     *position
}

// any reports whether there are any.
func (s *shownLinks) any() bool { return len(s.works) > 0 }

// enter takes the links as positions of the first level.
func (s *shownLinks) enter(next *level) {
	for _, w := range s.works {
		w.top = &position{place: w.bound.Place, cells: &w.cells, n: w.n}
		next.add(&w.bound, w.top)
	}
}

// showLinks shows links. An entry may be nil.
func (r *root) showLinks(s *shownLinks, of *plan.LinkTrees, links []*linkstore.Link) error {
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
		w.cells = w.builder.Buffer(len(w.bound.Columns))
	}
	return nil
}

// workOf finds the work of a kind, or begins it.
func (r *root) workOf(s *shownLinks, of *plan.LinkTrees, name string, rows int) (*linkWork, error) {
	if i := slices.IndexFunc(s.works, func(w *linkWork) bool { return w.name == name }); i >= 0 {
		return s.works[i], nil
	}
	b, err := r.request.linkTree(r.Root, of, name, rows)
	if err != nil {
		return nil, err
	}
	w := &linkWork{name: name, bound: b}
	s.works = append(s.works, w)
	return w, nil
}

// linkTree finds or makes the tree of links of a kind.
func (r *Request) linkTree(root *plan.Root, of *plan.LinkTrees, name string, rows int) (plan.Bound, error) {
	m, err := r.engine.LinkModel(name)
	if err != nil {
		return plan.Bound{}, err
	}
	return r.bind(&of.Trees, root.Field, m, rows, func() (*plan.Tree, error) {
		return r.engine.Links(r.ctx, m, rows, of.Sets)
	})
}

// add adds a link.
func (w *linkWork) add(l *linkstore.Link) {
	for i := range w.bound.Columns {
		w.bound.Columns[i].Add(&w.builder, l)
	}
	w.n++
}

// ShowLinks resolves a field to links.
func ShowLinks(ctx context.Context, links []*linkstore.Link) (Answer, error) {
	r := newRoot(ctx)
	r.LayOutLinks()
	r.tell = func() error { return r.request.links(&r.links, 0) }
	return r.start(r.showLinks(&r.links, &r.Shown, links))
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
	return a.object(entry.work.bound.Objects[way], entry.work.top, entry.row)
}
