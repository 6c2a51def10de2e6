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
	keys       []int32 // by record, the list it leads to; -1 if it has no key. Of a join, each leads to its own row
	list       *listPlan
	rows       *modules.Compact // nil of a join
	node, link *position        // nil until the rows are there
}

// level is the positions whose hops are to be made next: they travel in one round trip.
type level struct {
	bounds    []*bound // of each position
	positions []*position
}

// add adds a position, unless all of its hops were read with its records: then those of the next positions are added.
func (l *level) add(b *bound, p *position) {
	if p.n == 0 || len(p.place.hops) == 0 {
		return
	}
	if p.hops == nil {
		p.hops = make([]followed, len(p.place.hops))
	}
	waiting := false
	for i, h := range p.place.hops {
		switch f := &p.hops[i]; {
		case h.joined:
			f.list = &b.lists[h.id]
			f.enter(h, b, p.cells, p.n, l)
		case f.rows != nil:
			f.enter(h, b, &f.rows.Cells, f.rows.Len(), l)
		default:
			waiting = true
		}
	}
	if waiting {
		l.bounds, l.positions = append(l.bounds, b), append(l.positions, p)
	}
}

// read reads the records that root fields ask for, and then what stands below them, level by level.
func (a *answer) read(runs []*rootRun) error {
	if err := a.readRoots(runs); err != nil {
		return err
	}
	var next level
	for _, run := range runs {
		run.enter(&next)
	}
	var requests []modules.Request
	for len(next.positions) > 0 {
		at := next
		next = level{}
		requests = requests[:0]
		for i, p := range at.positions {
			for j, h := range p.place.hops {
				if p.hops[j].node == nil {
					requests = append(requests, p.follow(j, h, at.bounds[i], a))
				}
			}
		}
		if err := a.engine.records.Read(a.ctx, requests...); err != nil {
			return err
		}
		for i, p := range at.positions {
			for j, h := range p.place.hops {
				if f := &p.hops[j]; f.node == nil {
					f.enter(h, at.bounds[i], &f.rows.Cells, f.rows.Len(), &next)
				}
			}
		}
	}
	return nil
}

// readRoots reads the records that root fields ask for. Of a record that is asked for by its key, it is known without reading it
// what its key leads to: that travels with it. If this fails, the records are read alone, so that a hop from a record that is not
// there cannot fail.
func (a *answer) readRoots(runs []*rootRun) error {
	for _, ahead := range []bool{true, false} {
		var requests []modules.Request
		n := 0
		for _, run := range runs {
			r := run.requests(a, ahead)
			n += max(0, len(r)-1)
			requests = append(requests, r...)
		}
		if len(requests) == 0 {
			return nil
		}
		if err := a.engine.records.Read(a.ctx, requests...); err == nil || n == 0 || a.ctx.Err() != nil {
			return err
		}
	}
	return nil
}

// follow prepares a hop from all records: each key once.
func (p *position) follow(index int, h *compiledHop, b *bound, a *answer) modules.Request {
	f := &p.hops[index]
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
	r := f.request(h, b, keys, a)
	r.Index = seen
	return r
}

// request is what a hop from keys reads.
func (f *followed) request(h *compiledHop, b *bound, keys []string, a *answer) *modules.Hop {
	f.list, f.rows = &b.lists[h.id], a.compact()
	r := h.request(h.near, keys)
	r.Where, r.Order, r.Page, r.Count = f.list.where, f.list.order, f.list.pageOf(), f.list.count
	r.Joins, r.Stencil, r.Compact = h.reading.requests(b.lists), stencilOf(h.stencil, h.varying, h.reading), f.rows
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
func (f *followed) enter(h *compiledHop, b *bound, cells *modules.Cells, n int, next *level) {
	f.node = &position{place: h.node, cells: cells, n: n}
	next.add(b, f.node)
	if h.link != nil {
		f.link = &position{place: h.link, cells: cells, n: n}
		next.add(b, f.link)
	}
}
