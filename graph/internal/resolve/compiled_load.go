package resolve

import (
	"linkgraph/modules"
)

// position is the records of a place, in one request.
type position struct {
	place *place
	cells *modules.Cells
	n     int
	hops  []followed
}

// followed is a hop from all records of a position.
type followed struct {
	keys       []int32 // by record, the list it leads to; -1 if it has no key
	list       *listPlan
	rows       *modules.Compact
	node, link *position
}

// level is the positions whose hops are to be made next: they travel in one round trip.
type level struct {
	bounds    []*bound // of each position
	positions []*position
}

func (l *level) add(b *bound, p *position) {
	if p != nil && p.n > 0 && len(p.place.hops) > 0 {
		l.bounds, l.positions = append(l.bounds, b), append(l.positions, p)
	}
}

// read reads the records that root fields ask for, and then what stands below them, level by level.
func (a *answer) read(runs []*rootRun) error {
	var requests []modules.Request
	for _, run := range runs {
		if r := run.request(a.engine); r != nil {
			requests = append(requests, r)
		}
	}
	if len(requests) > 0 {
		if err := a.engine.records.Read(a.ctx, requests...); err != nil {
			return err
		}
	}
	var next level
	for _, run := range runs {
		run.enter(&next)
	}
	for len(next.positions) > 0 {
		at := next
		next = level{}
		requests = requests[:0]
		for i, p := range at.positions {
			p.hops = make([]followed, len(p.place.hops))
			for j, h := range p.place.hops {
				requests = append(requests, p.follow(j, h, at.bounds[i], &a.engine.buffers))
			}
		}
		if err := a.engine.records.Read(a.ctx, requests...); err != nil {
			return err
		}
		for i, p := range at.positions {
			for j := range p.hops {
				p.hops[j].enter(p.place.hops[j], at.bounds[i], &next)
			}
		}
	}
	return nil
}

// follow prepares a hop from all records: each key once.
func (p *position) follow(index int, h *compiledHop, b *bound, buffers *modules.Buffers) modules.Request {
	f := &p.hops[index]
	f.list, f.rows = &b.lists[h.id], buffers.Compact()
	f.keys = make([]int32, p.n)
	seen := make(map[string]int, p.n)
	keys := make([]string, 0, p.n)
	for i := range p.n {
		key, ok := p.key(i, h.from)
		if !ok {
			f.keys[i] = -1
			continue
		}
		at, known := seen[key]
		if !known {
			at = len(keys)
			seen[key] = at
			keys = append(keys, key)
		}
		f.keys[i] = int32(at) //nolint:gosec // fewer than rows
	}
	r := h.request(h.near, keys)
	r.Where, r.Order, r.Page, r.Count = f.list.where, f.list.order, f.list.pageOf(), f.list.count
	r.Stencil, r.Compact, r.Index = stencilOf(h.stencil, h.varying), f.rows, seen
	return r
}

// key is the key of a record in the form in which it travels.
func (p *position) key(i int, cells []int) (string, bool) {
	if len(cells) == 1 {
		return p.cells.Cell(i, cells[0])
	}
	parts := make([]string, len(cells))
	for j, c := range cells {
		var ok bool
		if parts[j], ok = p.cells.Cell(i, c); !ok {
			return "", false
		}
	}
	return modules.JoinKey(parts), true
}

// enter takes what a hop led to as positions of the next level.
func (f *followed) enter(h *compiledHop, b *bound, next *level) {
	n := f.rows.Len()
	f.node = &position{place: h.node, cells: &f.rows.Cells, n: n}
	next.add(b, f.node)
	if h.link != nil {
		f.link = &position{place: h.link, cells: &f.rows.Cells, n: n}
		next.add(b, f.link)
	}
}
