package answer

import (
	"context"
	"slices"

	"github.com/graph-gophers/dataloader/v7"

	"github.com/linkgraph/linkgraph/graph/internal/plan"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/internal/recordstore/rows"
)

// position is the records of a place, in one request.
type position struct {
	place *plan.Place
	cells *rows.Buffer
	n     int
	rows  []int32 // those among the n that are of this position; nil means all: others are of another root field
	hops  []followed
}

// followed is a hop from all records of a position.
type followed struct {
	keys       []int32 // by record, the list it leads to; -1 if it has no key. Of a join, each leads to its own row
	list       *plan.List
	rows       *rows.Set // nil of a join
	shared     bool      // rows has those of other positions too
	node, link *position // nil until the rows are there
}

// level is the positions whose hops are to be made next: they travel in one round trip.
type level struct {
	bounds    []*plan.Bound // of each position
	positions []*position
}

// add adds a position, unless all of its hops were read with its records: then those of the next positions are added.
func (l *level) add(b *plan.Bound, p *position) {
	if p.n == 0 || len(p.place.Hops) == 0 {
		return
	}
	if p.hops == nil {
		p.hops = make([]followed, len(p.place.Hops))
	}
	waiting := false
	for i, h := range p.place.Hops {
		switch f := &p.hops[i]; {
		case h.Joined:
			f.list = &b.Lists[h.ID]
			f.enter(h, b, &position{cells: p.cells, n: p.n, rows: p.rows}, l)
		case f.rows != nil:
			f.arrive(h, b, l)
		default:
			waiting = true
		}
	}
	if waiting {
		l.bounds, l.positions = append(l.bounds, b), append(l.positions, p)
	}
}

// fetches are the hops of all positions that were not made yet.
func (l *level) fetches() (all []*fetch) {
	for i, p := range l.positions {
		for j, h := range p.place.Hops {
			if p.hops[j].node == nil {
				all = append(all, &fetch{hop: h, index: j, from: p, bound: l.bounds[i]})
			}
		}
	}
	return all
}

// read reads the records that root fields ask for, and then what stands below them, level by level.
func (r *Request) read(runs []*root) error {
	if err := r.readRoots(runs); err != nil {
		return err
	}
	var next level
	for _, run := range runs {
		run.enter(&next)
	}
	for len(next.positions) > 0 {
		fetches := next.fetches()
		if err := r.fetch(fetches); err != nil {
			return err
		}
		next = level{}
		for _, f := range fetches {
			f.followed().arrive(f.hop, f.bound, &next)
		}
	}
	return nil
}

// readRoots reads the records that root fields ask for. Of a record that is asked for by its key, it is known without reading it
// what its key leads to: that travels with it. If this fails, the records are read alone, so that a hop from a record that is not
// there cannot fail.
func (r *Request) readRoots(runs []*root) error {
	for _, ahead := range []bool{true, false} {
		var fetches []*fetch
		n := 0
		for _, run := range runs {
			of := run.fetches(ahead)
			n += max(0, len(of)-1)
			fetches = append(fetches, of...)
		}
		if len(fetches) == 0 {
			return nil
		}
		if err := r.fetch(fetches); err == nil || n == 0 || r.ctx.Err() != nil {
			return err
		}
	}
	return nil
}

// fetch is a key of the dataloaders: what a root field begins with, or a hop from all records of a position.
type fetch struct {
	request recordstore.Request // of a root field

	hop   *plan.Hop
	from  *position
	index int // of the hop among those of the position
	bound *plan.Bound
	keys  []string // if they are known without the records
}

func (f *fetch) followed() *followed { return &f.from.hops[f.index] }

// fetch reads all that a level asks for in one round trip. Hops are loaded by a dataloader, whose keys they are: it is told how many
// there are, so that its batch is complete with the last one and no timer runs out. Keys do not repeat, so there is no cache. Where there is
// no hop there is nothing to batch, and no loader.
func (r *Request) fetch(all []*fetch) error {
	if !slices.ContainsFunc(all, func(f *fetch) bool { return f.hop != nil }) {
		return r.engine.records.Read(r.ctx, r.requests(all)...)
	}
	var panicked any
	batch := func(ctx context.Context, keys []*fetch) []*dataloader.Result[struct{}] {
		defer func() { panicked = recover() }() // the goroutine of the resolver goes on with it
		result := &dataloader.Result[struct{}]{Error: r.engine.records.Read(ctx, r.requests(keys)...)}
		return slices.Repeat([]*dataloader.Result[struct{}]{result}, len(keys))
	}
	n := len(all)
	loader := dataloader.NewBatchedLoader(
		batch,
		dataloader.WithBatchCapacity[*fetch, struct{}](n),
		dataloader.WithInputCapacity[*fetch, struct{}](
			n,
		),
		dataloader.WithCache(&dataloader.NoCache[*fetch, struct{}]{}),
	)
	thunks := make([]dataloader.Thunk[struct{}], n)
	for i, f := range all {
		thunks[i] = loader.Load(r.ctx, f)
	}
	var err error
	for _, thunk := range thunks {
		if _, failed := thunk(); err == nil {
			err = failed
		}
	}
	if panicked != nil {
		panic(panicked)
	}
	return err
}

// requests are what a level reads: one for each root field, and one for all hops that are the same but for their keys.
func (r *Request) requests(of []*fetch) []recordstore.Request {
	requests := make([]recordstore.Request, 0, len(of))
	for i, f := range of {
		switch {
		case f.request != nil:
			requests = append(requests, f.request)
		case f.followed().rows == nil:
			requests = append(requests, r.follow(f.same(of[i:])))
		}
	}
	return requests
}

// most is how many keys a hop may have.
func (f *fetch) most() int {
	switch {
	case f.keys != nil:
		return len(f.keys)
	case f.from.rows != nil:
		return len(f.from.rows)
	default:
		return f.from.n
	}
}

// follow prepares hops that are the same but for their keys: each key once.
func (r *Request) follow(same []*fetch) recordstore.Request {
	first, set := same[0], r.newSet()
	most := 0
	for _, f := range same {
		most += f.most()
	}
	seen := make(map[string]int, most)
	keys := make([]string, 0, most)
	add := func(key string) int32 {
		at, known := seen[key]
		if !known {
			at = len(keys)
			seen[key] = at
			keys = append(keys, key)
		}
		return int32(at) //nolint:gosec // fewer than rows
	}
	for _, f := range same {
		followed := f.followed()
		followed.list, followed.rows, followed.shared = &f.bound.Lists[f.hop.ID], set, len(same) > 1
		if f.keys != nil {
			followed.keys = []int32{add(f.keys[0])}
			continue
		}
		followed.keys = f.from.follow(f.hop.From, add)
	}
	h, l := first.hop, &first.bound.Lists[first.hop.ID]
	return &recordstore.Hop{
		Model:      h.Near,
		Relation:   h.Relation,
		Keys:       keys,
		Index:      seen,
		Single:     h.Single && len(keys) <= 1,
		Columns:    h.Node.Selection.Columns,
		RowColumns: h.LinkCells,
		Where:      l.Where,
		Order:      l.Order,
		Page:       l.PageOf(),
		Count:      l.Count,
		Joins:      h.Reading.Joins(first.bound.Lists),
		Cache:      h.Statement(len(keys) > 1),
		Into:       set,
	}
}

// follow reads the keys of the position's records from the cells that are theirs.
func (p *position) follow(from []int, add func(key string) int32) []int32 {
	keys := make([]int32, p.n)
	if p.rows == nil {
		for i := range keys {
			keys[i] = p.keyed(i, from, add)
		}
		return keys
	}
	for i := range keys {
		keys[i] = -1
	}
	for _, i := range p.rows {
		keys[i] = p.keyed(int(i), from, add)
	}
	return keys
}

func (p *position) keyed(i int, from []int, add func(key string) int32) int32 {
	if key, ok := p.key(i, from); ok {
		return add(key)
	}
	return -1
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
	return recordstore.JoinKey(parts), true
}

// arrive takes the rows that a hop has read as positions of the next level.
func (f *followed) arrive(h *plan.Hop, b *plan.Bound, next *level) {
	at := &position{cells: &f.rows.Buffer, n: f.rows.Len()}
	if f.shared {
		at.rows = f.own()
	}
	f.enter(h, b, at, next)
}

// own are the rows that the keys of this position lead to.
func (f *followed) own() []int32 {
	rows := []int32{}
	seen := make([]bool, len(f.rows.Ranges))
	for _, k := range f.keys {
		if k < 0 || seen[k] {
			continue
		}
		seen[k] = true
		span := &f.rows.Ranges[k]
		for i := range span.Len {
			rows = append(rows, int32(f.rows.Row(span, i, false))) //nolint:gosec // fewer than rows
		}
	}
	return rows
}

// enter takes what a hop led to as positions of the next level.
func (f *followed) enter(h *plan.Hop, b *plan.Bound, at *position, next *level) {
	f.node = &position{place: h.Node, cells: at.cells, n: at.n, rows: at.rows}
	next.add(b, f.node)
	if h.Link != nil {
		f.link = &position{place: h.Link, cells: at.cells, n: at.n, rows: at.rows}
		next.add(b, f.link)
	}
}

// same returns the hops among others that are the same as f but for their keys, f among them.
func (f *fetch) same(others []*fetch) []*fetch {
	same := others[:1:1]
	for _, other := range others[1:] {
		if other.hop != nil && other.followed().rows == nil && f.hop.Same(f.bound, other.hop, other.bound) {
			same = append(same, other)
		}
	}
	return same
}
