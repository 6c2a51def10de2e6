package resolve

import (
	"slices"

	"linkgraph/linkstore"
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
	if err == nil && p.engine.spent != nil {
		p.engine.spent(p.ctx, p.tally.own.fields)
	}
	return err
}

// afford completes what a new tree asks for, and commits it.
func (t *tree) afford(p *planner, path string) error {
	t.fixed = p.tally.own.minus(t.asked)
	for _, h := range t.hops {
		t.fixed = t.fixed.minus(h.asked)
	}
	b := bound{t, t.list, t.lists}
	t.total = p.tally.own
	t.total.fields = b.fields(t.rows)
	return p.commit(path, usage{fields: t.total.fields})
}

// linksOf are the links that items are of: none if the store refuses one of them, which says which.
func (e *Engine) linksOf(items []linkstore.Item) (names []string) {
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
		pair, err := e.catalog.Resolve(item)
		if err != nil {
			return nil
		}
		if d, ok := e.catalog.Link(pair.Link); !ok || d.ReadOnly != "" {
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
func (b *bound) fields(rows int) int {
	if b.conn != nil {
		return b.connFields(b.conn, b.list.page.Limit, b.place, nil)
	}
	n := 1 // the record
	for _, l := range b.objects {
		n += b.objectFields(l, b.place)
	}
	return min(rows*n, most)
}

// objectFields are those of one record.
func (b *bound) objectFields(l *objectLayout, at *place) int {
	n := len(l.fields)
	for i := range l.fields {
		switch f := &l.fields[i]; f.kind {
		case writeOne, writeJoinedOne:
			n += 1 + b.objectFields(f.object, at.hops[f.hop].node)
		case writeMany, writeJoinedMany:
			h := at.hops[f.hop]
			n += b.connFields(f.conn, b.lists[h.id].page.Limit, h.node, h.link)
		}
	}
	return min(n, most)
}

// connFields are those of one list.
func (b *bound) connFields(l *connLayout, limit int, node, link *place) int {
	n, each := len(l.fields), 0
	for i := range l.fields {
		switch f := &l.fields[i]; f.kind {
		case writeInfo:
			n += len(f.fields)
			each = max(each, 1) // they are read to know whether there are more
		case writeNodes:
			each += 1 + b.objectFields(f.object, node)
		case writeEdges:
			each += 1 + b.edgeFields(f.fields, node, link)
		}
	}
	return min(n+limit*each, most)
}

func (b *bound) edgeFields(fields []fieldLayout, node, link *place) int {
	n := len(fields)
	for i := range fields {
		switch f := &fields[i]; f.kind {
		case writeNode:
			n += b.objectFields(f.object, node)
		case writeLink:
			n += b.objectFields(f.object, link)
		}
	}
	return n
}
