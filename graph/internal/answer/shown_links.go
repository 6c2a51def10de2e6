package answer

import (
	"context"
	"slices"

	"github.com/linkgraph/linkgraph/graph/internal/plan"
	"github.com/linkgraph/linkgraph/internal/recordstore/rows"
	"github.com/linkgraph/linkgraph/linkstore"
)

// shownLinks is links that are in memory, in the order of the answer. Their rows are built once for each kind of link.
type shownLinks struct {
	entries []shownLink
	groups  []*linkGroup
}

// shownLink is one entry. Its group is nil if there is no link.
type shownLink struct {
	group *linkGroup
	row   int
}

// linkGroup is the links of one kind.
type linkGroup struct {
	name    string
	bound   plan.BoundPlan
	builder rows.Builder
	buffer  rows.Buffer
	n       int
	top     *frame
}

// any reports whether there is a link.
func (s *shownLinks) any() bool { return len(s.groups) > 0 }

// lead reports whether there is more to read below the links.
func (s *shownLinks) lead() bool {
	return slices.ContainsFunc(s.groups, func(g *linkGroup) bool { return g.bound.Node.Leads() })
}

// addFrames adds the links to the first level.
func (s *shownLinks) addFrames(next *level) {
	for _, g := range s.groups {
		g.top = &frame{node: g.bound.Node, buffer: &g.buffer, n: g.n}
		next.add(&g.bound, g.top)
	}
}

// showLinks fills s with links. A link may be nil: its entry is then null.
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
	var g *linkGroup
	for i, l := range links {
		if l == nil {
			continue
		}
		if g == nil || g.name != l.Name {
			var err error
			if g, err = r.groupOf(s, of, l.Name, there); err != nil {
				return err
			}
		}
		s.entries[i] = shownLink{g, g.n}
		g.add(l)
	}
	for _, g := range s.groups {
		g.buffer = g.builder.Buffer(len(g.bound.LinkSources))
	}
	return nil
}

// groupOf returns the group of a kind of link. A new group may exceed a limit.
func (r *rootField) groupOf(s *shownLinks, of *plan.LinkPlans, name string, rows int) (*linkGroup, error) {
	if i := slices.IndexFunc(s.groups, func(g *linkGroup) bool { return g.name == name }); i >= 0 {
		return s.groups[i], nil
	}
	b, err := r.request.bindLinks(r.Root, of, name, rows)
	if err != nil {
		return nil, err
	}
	g := &linkGroup{name: name, bound: b}
	s.groups = append(s.groups, g)
	return g, nil
}

// bindLinks returns the plan of what is below links of a kind.
func (r *Request) bindLinks(root *plan.Root, of *plan.LinkPlans, name string, rows int) (plan.BoundPlan, error) {
	m, err := r.engine.LinkModel(name)
	if err != nil {
		return plan.BoundPlan{}, err
	}
	return r.bind(&of.Plans, root.Field, m, rows, func() (*plan.Plan, error) {
		return r.engine.CompileLinks(r.ctx, m, rows, of.Sets)
	})
}

// add appends the row of a link.
func (g *linkGroup) add(l *linkstore.Link) {
	for i := range g.bound.LinkSources {
		g.bound.LinkSources[i].Add(&g.builder, l)
	}
	g.n++
}

// ShowLinks resolves a root field to those of some links that exist, in the order given.
func ShowLinks(ctx context.Context, items []linkstore.Item) (Answer, error) {
	r := newRootField(ctx)
	if slices.ContainsFunc(items, func(item linkstore.Item) bool { return item.Err != nil }) {
		_, err := r.request.engine.links.Get(ctx, items) // fails before it reads anything
		return nil, FailItems(ctx, err)
	}
	r.LayOutLinks()
	for _, name := range r.request.engine.LinkNames(items) {
		if _, err := r.groupOf(&r.links, &r.Links, name, len(items)); err != nil {
			return nil, err
		}
	}
	only := !r.links.lead() && len(r.links.groups) == 1 && len(r.request.operation.Roots) == 1
	r.prepare = func() error {
		r.request.endWith(only)
		found, err := r.request.engine.links.Join(r.request.snapshot).Get(ctx, items)
		if err != nil {
			return err
		}
		r.links = shownLinks{}
		return r.showLinks(
			&r.links,
			&r.Links,
			slices.DeleteFunc(found, func(l *linkstore.Link) bool { return l == nil }),
		)
	}
	r.writeValue = func() error { return r.request.links(&r.links, 0) }
	return r.start(nil)
}

// links writes the list of links for one of the selection sets.
func (a *Request) links(s *shownLinks, set int) error {
	return a.list(len(s.entries), func(i int) error { return a.link(s.entries[i], set) })
}

func (a *Request) link(entry shownLink, set int) error {
	if entry.group == nil {
		a.b = append(a.b, "null"...)
		return nil
	}
	return a.object(entry.group.bound.Objects[set], entry.group.top, entry.row)
}
