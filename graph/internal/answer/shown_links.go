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
	groups   []*linkGroup
}

// shownLink is one of them. Its work is nil if there is no link.
type shownLink struct {
	group *linkGroup
	row  int
}

// linkWork is the links of one kind that are shown.
type linkGroup struct {
	name    string
	bound   plan.BoundPlan
	builder rows.Builder
	buffer   rows.Buffer
	n       int
	top     *frame
}

// any reports whether there are any.
func (s *shownLinks) any() bool { return len(s.groups) > 0 }

// enter takes the links as positions of the first level.
func (s *shownLinks) addFrames(next *level) {
	for _, w := range s.groups {
		w.top = &frame{node: w.bound.Node, buffer: &w.buffer, n: w.n}
		next.add(&w.bound, w.top)
	}
}

// showLinks shows links. An entry may be nil.
func (r *rootField) showLinks(s *shownLinks, of *plan.LinkPlans, links []*linkstore.Link) error {
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
	var w *linkGroup
	for i, l := range links {
		if l == nil {
			continue
		}
		if w == nil || w.name != l.Name {
			var err error
			if w, err = r.groupOf(s, of, l.Name, there); err != nil {
				return err
			}
		}
		s.entries[i] = shownLink{w, w.n}
		w.add(l)
	}
	for _, w := range s.groups {
		w.buffer = w.builder.Buffer(len(w.bound.LinkSources))
	}
	return nil
}

// workOf finds the work of a kind, or begins it.
func (r *rootField) groupOf(s *shownLinks, of *plan.LinkPlans, name string, rows int) (*linkGroup, error) {
	if i := slices.IndexFunc(s.groups, func(w *linkGroup) bool { return w.name == name }); i >= 0 {
		return s.groups[i], nil
	}
	b, err := r.request.bindLinks(r.Root, of, name, rows)
	if err != nil {
		return nil, err
	}
	w := &linkGroup{name: name, bound: b}
	s.groups = append(s.groups, w)
	return w, nil
}

// linkTree finds or makes the tree of links of a kind.
func (r *Request) bindLinks(root *plan.Root, of *plan.LinkPlans, name string, rows int) (plan.BoundPlan, error) {
	m, err := r.engine.LinkModel(name)
	if err != nil {
		return plan.BoundPlan{}, err
	}
	return r.bind(&of.Plans, root.Field, m, rows, func() (*plan.Plan, error) {
		return r.engine.CompileLinks(r.ctx, m, rows, of.Sets)
	})
}

// add adds a link.
func (w *linkGroup) add(l *linkstore.Link) {
	for i := range w.bound.LinkSources {
		w.bound.LinkSources[i].Add(&w.builder, l)
	}
	w.n++
}

// ShowLinks resolves a field to links.
func ShowLinks(ctx context.Context, links []*linkstore.Link) (Answer, error) {
	r := newRootField(ctx)
	r.LayOutLinks()
	r.writeValue = func() error { return r.request.links(&r.links, 0) }
	return r.start(r.showLinks(&r.links, &r.Links, links))
}

// links writes links in one of the ways in which they are shown.
func (a *Request) links(s *shownLinks, way int) error {
	return a.list(len(s.entries), func(i int) error { return a.link(s.entries[i], way) })
}

func (a *Request) link(entry shownLink, way int) error {
	if entry.group == nil {
		a.b = append(a.b, "null"...)
		return nil
	}
	return a.object(entry.group.bound.Objects[way], entry.group.top, entry.row)
}
