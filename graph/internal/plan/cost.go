package plan

import (
	"slices"

	"github.com/linkgraph/linkgraph/linkstore"
)

// commit adds what the root field asks for to the budget of the operation, or refuses it.
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

// afford completes what a new tree asks for, and commits it.
func (t *Plan) commit(p *planner, path string) error {
	t.fixedUsage = p.tally.own.minus(t.usage)
	for _, h := range t.hops {
		t.fixedUsage = t.fixedUsage.minus(h.usage)
	}
	b := Bound{t, t.list, t.lists}
	t.totalUsage = p.tally.own
	t.totalUsage.fields = b.fields(t.rows)
	return p.commit(path, usage{fields: t.totalUsage.fields})
}

// LinksOf are the links that items are of: none if the store refuses one of them, which says which.
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
		seen[k] = true
		pair, err := c.links.Resolve(item)
		if err != nil {
			return nil
		}
		if d, ok := c.links.Link(pair.Link); !ok || d.ReadOnly != "" {
			return nil
		}
		if !slices.Contains(names, pair.Link) {
			names = append(names, pair.Link)
		}
	}
	return names
}

// fields is how many fields an answer has if every page is full, and how many records are read for them. rows is how many records
// the tree begins with.
func (b *Bound) fields(rows int) int {
	if b.Connection != nil {
		return b.connFields(b.Connection, b.List.Page.Limit, b.Node, nil)
	}
	n := 1 // the record
	for _, l := range b.Objects {
		n += b.objectFields(l, b.Node)
	}
	return min(rows*n, usageCap)
}

// objectFields are those of one record.
func (b *Bound) objectFields(l *Object, at *Node) int {
	n := len(l.Fields)
	for i := range l.Fields {
		switch f := &l.Fields[i]; f.Kind {
		case WriteOne, WriteJoinedOne:
			n += 1 + b.objectFields(f.Object, at.Hops[f.Index].Node)
		case WriteMany, WriteJoinedMany:
			h := at.Hops[f.Index]
			n += b.connFields(f.Connection, b.Lists[h.ID].Page.Limit, h.Node, h.Link)
		}
	}
	return min(n, usageCap)
}

// connFields are those of one list.
func (b *Bound) connFields(l *Connection, limit int, node, link *Node) int {
	n, each := len(l.Fields), 0
	for i := range l.Fields {
		switch f := &l.Fields[i]; f.Kind {
		case WritePageInfo:
			n += len(f.Fields)
			each = max(each, 1) // they are read to know whether there are more
		case WriteNodes:
			each += 1 + b.objectFields(f.Object, node)
		case WriteEdges:
			each += 1 + b.edgeFields(f.Fields, node, link)
		}
	}
	return min(n+limit*each, usageCap)
}

func (b *Bound) edgeFields(fields []Field, node, link *Node) int {
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
