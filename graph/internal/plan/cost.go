package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/linkgraph/linkgraph/linkstore"
)

// commit charges the root field to the budget of the operation. It returns a *LimitError, and charges nothing, if a limit is exceeded.
func (p *planner) commit(path string, more usage) error {
	if err := p.tally.add(path, more); err != nil {
		return err
	}
	p.budget.mu.Lock()
	all := p.budget.used
	all.add(p.tally.own)
	err := p.limits.check(path, all)
	if err == nil {
		p.budget.used = all
	}
	p.budget.mu.Unlock()
	if err == nil && p.compiler.spent != nil {
		p.compiler.spent(p.ctx, p.tally.own.fields)
	}
	return err
}

// commit completes the usage of a newly compiled plan and charges it.
func (t *Plan) commit(p *planner, path string) error {
	t.fixedUsage = p.tally.own.minus(t.usage)
	for _, h := range t.hops {
		t.fixedUsage = t.fixedUsage.minus(h.usage)
	}
	b := BoundPlan{t, t.list, t.lists}
	t.totalUsage = p.tally.own
	t.totalUsage.fields = b.fields(t.rows)
	err := p.commit(path, usage{fields: t.totalUsage.fields})
	if limit, ok := errors.AsType[*LimitError](err); ok && strings.HasPrefix(limit.What, fieldsOfRecords) {
		others := limit.Asked - t.totalUsage.fields
		limit.Advice = b.advice(path, limit.Limit-others)
	}
	return err
}

// maxAdvised bounds the relations that advice looks at. Outer ones come first, and weigh most.
const maxAdvised = 100

// advice says which list is to be shorter, and how short, for the plan to fit into a number of fields. Of several it takes the one
// that loses the least. It looks at a bounded number of lists: a refused document must not cost more than an accepted one.
func (b *BoundPlan) advice(path string, room int) string {
	b.Lists = slices.Clone(b.Lists)
	var best, longest string
	kept, share := 0.0, 0
	try := func(path string, page *int, expected int) {
		asked, full := *page, b.fields(b.rows)
		*page = 0
		rest := b.fields(b.rows)
		*page = asked
		if full-rest > share {
			longest, share = path, full-rest
		}
		each := (full - rest) / max(expected, 1)
		if each == 0 || full >= usageCap {
			return
		}
		if n := (room - rest) / each; n >= 1 && float64(n)/float64(expected) > kept {
			best, kept = fmt.Sprintf("%s(first: %d) would fit", path, n), float64(n)/float64(expected)
		}
	}
	if b.Connection != nil {
		try(path, &b.List.Page.Limit, b.List.Page.Limit)
	}
	for i, h := range b.hops[:min(len(b.hops), maxAdvised)] {
		if page := &b.Lists[i].Page.Limit; h.Relation.Many {
			try(h.path, page, b.expected.page(h.Near, h.Relation, *page))
		}
	}
	switch {
	case best != "":
		return best
	case longest != "":
		return "ask for less, first of all in " + longest
	}
	return ""
}

// LinkNames returns the names of the links that the items belong to, each once. It leaves out faulty items: the store has a better error
// for them.
func (c *Compiler) LinkNames(items []linkstore.Item) (names []string) {
	type keys struct{ link, moduleA, keyA, moduleB, keyB string }
	seen := map[keys]bool{}
	for _, item := range items {
		k := keys{link: item.Link}
		if len(item.Keys) == 2 {
			k = keys{item.Link, item.Keys[0].Module, item.Keys[0].Name, item.Keys[1].Module, item.Keys[1].Name}
		}
		if seen[k] {
			continue
		}
		pair, err := c.links.Resolve(item)
		if err != nil {
			continue
		}
		seen[k] = true
		if d, ok := c.links.Link(pair.Link); !ok || d.ReadOnly != "" {
			continue
		}
		if !slices.Contains(names, pair.Link) {
			names = append(names, pair.Link)
		}
	}
	return names
}

// fields returns how many fields are written and records are read if pages hold what is expected of them. rows is how many records the plan
// begins with.
func (b *BoundPlan) fields(rows int) int {
	if b.Connection != nil {
		return b.connFields(b.Connection, b.List.Page.Limit, b.Node, nil)
	}
	n := 1 // the record
	for _, l := range b.Objects {
		n += b.objectFields(l, b.Node)
	}
	return min(rows*n, usageCap)
}

// objectFields is the share of one record.
func (b *BoundPlan) objectFields(l *Object, at *Node) int {
	n := len(l.Fields)
	for i := range l.Fields {
		switch f := &l.Fields[i]; f.Kind {
		case WriteOne, WriteJoinedOne:
			n += 1 + b.objectFields(f.Object, at.Hops[f.Index].Node)
		case WriteLinkEnd:
			n += len(f.Object.Fields)
		case WriteMany, WriteJoinedMany:
			h := at.Hops[f.Index]
			limit := b.expected.page(h.Near, h.Relation, b.Lists[h.ID].Page.Limit)
			n += b.connFields(f.Connection, limit, h.Node, h.Link)
		}
	}
	return min(n, usageCap)
}

// connFields is the share of one list.
func (b *BoundPlan) connFields(l *Connection, limit int, node, link *Node) int {
	n, each := len(l.Fields), 0
	for i := range l.Fields {
		switch f := &l.Fields[i]; f.Kind {
		case WritePageInfo:
			n += len(f.Fields)
			each = max(each, 1) // rows are read even if only pageInfo is selected
		case WriteNodes:
			each += 1 + b.objectFields(f.Object, node)
		case WriteEdges:
			each += 1 + b.edgeFields(f.Fields, node, link)
		}
	}
	return min(n+limit*each, usageCap)
}

func (b *BoundPlan) edgeFields(fields []Field, node, link *Node) int {
	n := len(fields)
	for i := range fields {
		switch f := &fields[i]; f.Kind {
		case WriteNode:
			n += b.objectFields(f.Object, node)
		case WriteLink:
			n += b.objectFields(f.Object, link)
		}
	}
	return n
}
