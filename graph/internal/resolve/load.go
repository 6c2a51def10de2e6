package resolve

import (
	"context"

	"linkgraph/modules"
)

// work is the objects of one position whose hops are to be made.
type work struct {
	sel     *selection
	objects []*Object
}

// load makes all hops below the objects, level by level: the hops of one level travel in one round trip, and each is
// one statement however many objects there are.
func (e *Engine) load(ctx context.Context, level ...work) error {
	for len(level) > 0 {
		var hops []*pendingHop
		var requests []modules.Request
		for _, w := range level {
			for i := range w.sel.hops {
				h := newPendingHop(w, i)
				hops = append(hops, h)
				requests = append(requests, h.request)
			}
		}
		if err := e.records.Read(ctx, requests...); err != nil {
			return err
		}
		level = level[:0:0]
		for _, h := range hops {
			level = append(level, h.attach()...)
		}
	}
	return nil
}

// pendingHop is a hop of one position on its way.
type pendingHop struct {
	hop     *hop
	index   int
	objects []*Object
	keys    []int // for each object, the index of its key; -1 if it has none
	request *modules.Hop
}

func newPendingHop(w work, index int) *pendingHop {
	h := w.sel.hops[index]
	p := &pendingHop{hop: h, index: index, objects: w.objects, keys: make([]int, len(w.objects))}
	near := w.sel.model.Indexes(h.relation.Columns)
	seen := make(map[string]int, len(w.objects))
	var keys []string
	for i, o := range w.objects {
		key, ok := o.record.Key(near)
		if !ok {
			p.keys[i] = -1
			continue
		}
		if p.keys[i], ok = seen[key]; !ok {
			p.keys[i] = len(keys)
			seen[key] = len(keys)
			keys = append(keys, key)
		}
	}
	p.request = h.request(w.sel.model, keys)
	return p
}

func (h *hop) request(near *modules.Model, keys []string) *modules.Hop {
	r := &modules.Hop{
		Model: near, Relation: h.relation, Keys: keys, Single: h.single, Columns: h.node.columns,
		Where: h.list.where, Order: h.list.order, Page: h.list.pageOf(), Count: h.list.count,
	}
	if h.link != nil {
		r.RowColumns = append([]int{h.link.model.Primary()}, h.link.columns...)
	}
	return r
}

// attach hands the results to the objects and returns the next level of work.
func (p *pendingHop) attach() []work {
	results, next := p.results()
	for i, o := range p.objects {
		if o.hops == nil {
			o.hops = make([]any, len(o.sel.hops))
		}
		o.hops[p.index] = results[i]
	}
	return next
}

// results are what the hop leads to, by object, and the work that is left to do on what was found.
func (p *pendingHop) results() ([]any, []work) {
	h := p.hop
	byKey := make([]any, len(p.request.Result))
	next := []work{{sel: h.node}}
	if h.link != nil {
		next = append(next, work{sel: h.link})
	}
	for i := range p.request.Result {
		rows := &p.request.Result[i]
		if h.relation.Many {
			byKey[i] = connection(&h.list, rows, h.node, h.link, next)
		} else {
			byKey[i] = h.node.one(rows, &next[0])
		}
	}
	results := make([]any, len(p.objects))
	for i, k := range p.keys {
		switch {
		case k >= 0:
			results[i] = byKey[k]
		case h.relation.Many:
			results[i] = &Connection{}
		default:
			results[i] = (*Object)(nil)
		}
	}
	return results, next
}

// one is the single far record of a to-one relation, or nil.
func (s *selection) one(rows *modules.Rows, next *work) *Object {
	if len(rows.Rows) == 0 {
		return nil
	}
	o := &Object{record: rows.Rows[0].Record, sel: s}
	next.objects = append(next.objects, o)
	return o
}

// connection shows what was read of a list. The objects in it join the next level's work: nodes the first, links the
// second.
func connection(l *listPlan, rows *modules.Rows, node, link *selection, next []work) *Connection {
	c := &Connection{total: rows.Total, edges: make([]*Edge, len(rows.Rows))}
	for i, row := range rows.Rows {
		e := &Edge{Cursor: row.Cursor, Node: &Object{record: row.Record, sel: node}}
		next[0].objects = append(next[0].objects, e.Node)
		if link != nil {
			e.Link = &Object{record: row.Link, sel: link}
			next[1].objects = append(next[1].objects, e.Link)
		}
		c.edges[i] = e
	}
	c.info = pageInfo(l, rows)
	return c
}

// pageInfo says where a page stands. What lies before a cursor the client came from is known to exist.
func pageInfo(l *listPlan, rows *modules.Rows) PageInfo {
	info := PageInfo{HasNextPage: rows.More, HasPreviousPage: l.page.After != ""}
	if l.page.Backward {
		info = PageInfo{HasNextPage: l.page.Before != "", HasPreviousPage: rows.More}
	}
	if n := len(rows.Rows); n > 0 && l.cursors {
		info.StartCursor, info.EndCursor = &rows.Rows[0].Cursor, &rows.Rows[n-1].Cursor
	}
	return info
}
