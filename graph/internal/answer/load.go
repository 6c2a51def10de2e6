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
type frame struct {
	node *plan.Node
	buffer *rows.Buffer
	n     int
	subset  []int32 // those among the n that are of this position; nil means all: others are of another root field
	hops  []hopResult
}

// followed is a hop from all records of a position.
type hopResult struct {
	ranges       []int32 // by record, the list it leads to; -1 if it has no key. Of a join, each leads to its own row
	list       *plan.List
	set       *rows.Set // nil of a join
	shared     bool      // rows has those of other positions too
	node, link *frame // nil until the rows are there
}

// level is the positions whose hops are to be made next: they travel in one round trip.
type level struct {
	bounds    []*plan.BoundPlan // of each position
	positions []*frame
}

// add adds a position, unless all of its hops were read with its records: then those of the next positions are added.
func (l *level) add(b *plan.BoundPlan, p *frame) {
	if p.n == 0 || len(p.node.Hops) == 0 {
		return
	}
	if p.hops == nil {
		p.hops = make([]hopResult, len(p.node.Hops))
	}
	waiting := false
	for i, h := range p.node.Hops {
		switch f := &p.hops[i]; {
		case h.Joined:
			f.list = &b.Lists[h.ID]
			f.addFrames(h, b, &frame{buffer: p.buffer, n: p.n, subset: p.subset}, l)
		case f.set != nil:
			f.receive(h, b, l)
		default:
			waiting = true
		}
	}
	if waiting {
		l.bounds, l.positions = append(l.bounds, b), append(l.positions, p)
	}
}

// fetches are the hops of all positions that were not made yet.
func (l *level) loadKeys() (all []*loadKey) {
	for i, p := range l.positions {
		for j, h := range p.node.Hops {
			if p.hops[j].node == nil {
				all = append(all, &loadKey{hop: h, index: j, frame: p, bound: l.bounds[i]})
			}
		}
	}
	return all
}

// read reads the records that root fields ask for, and then what stands below them, level by level.
func (r *Request) read(runs []*rootField) error {
	if err := r.readRoots(runs); err != nil {
		return err
	}
	var next level
	for _, run := range runs {
		run.addFrames(&next)
	}
	for len(next.positions) > 0 {
		fetches := next.loadKeys()
		if err := r.loadBatch(fetches); err != nil {
			return err
		}
		next = level{}
		for _, f := range fetches {
			f.result().receive(f.hop, f.bound, &next)
		}
	}
	return nil
}

// readRoots reads the records that root fields ask for. Of a record that is asked for by its key, it is known without reading it
// what its key leads to: that travels with it. If this fails, the records are read alone, so that a hop from a record that is not
// there cannot fail.
func (r *Request) readRoots(runs []*rootField) error {
	for _, ahead := range []bool{true, false} {
		var fetches []*loadKey
		n := 0
		for _, run := range runs {
			of := run.loadKeys(ahead)
			n += max(0, len(of)-1)
			fetches = append(fetches, of...)
		}
		if len(fetches) == 0 {
			return nil
		}
		if err := r.loadBatch(fetches); err == nil || n == 0 || r.ctx.Err() != nil {
			return err
		}
	}
	return nil
}

// fetch is a key of the dataloaders: what a root field begins with, or a hop from all records of a position.
type loadKey struct {
	request recordstore.Request // of a root field

	hop   *plan.Hop
	frame  *frame
	index int // of the hop among those of the position
	bound *plan.BoundPlan
	keys  []string // if they are known without the records
}

func (f *loadKey) result() *hopResult { return &f.frame.hops[f.index] }

// fetch reads all that a level asks for in one round trip. Hops are loaded by a dataloader, whose keys they are: it is told how many
// there are, so that its batch is complete with the last one and no timer runs out. Keys do not repeat, so there is no cache. Where there is
// no hop there is nothing to batch, and no loader.
func (r *Request) loadBatch(all []*loadKey) error {
	if !slices.ContainsFunc(all, func(f *loadKey) bool { return f.hop != nil }) {
		return r.engine.records.Read(r.ctx, r.storeRequests(all)...)
	}
	var panicked any
	batch := func(ctx context.Context, keys []*loadKey) []*dataloader.Result[struct{}] {
		defer func() { panicked = recover() }() // the goroutine of the resolver goes on with it
		result := &dataloader.Result[struct{}]{Error: r.engine.records.Read(ctx, r.storeRequests(keys)...)}
		return slices.Repeat([]*dataloader.Result[struct{}]{result}, len(keys))
	}
	n := len(all)
	loader := dataloader.NewBatchedLoader(
		batch,
		dataloader.WithBatchCapacity[*loadKey, struct{}](n),
		dataloader.WithInputCapacity[*loadKey, struct{}](
			n,
		),
		dataloader.WithCache(&dataloader.NoCache[*loadKey, struct{}]{}),
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
func (r *Request) storeRequests(of []*loadKey) []recordstore.Request {
	requests := make([]recordstore.Request, 0, len(of))
	for i, f := range of {
		switch {
		case f.request != nil:
			requests = append(requests, f.request)
		case f.result().set == nil:
			requests = append(requests, r.hopRequest(f.batch(of[i:])))
		}
	}
	return requests
}

// most is how many keys a hop may have.
func (f *loadKey) maxKeys() int {
	switch {
	case f.keys != nil:
		return len(f.keys)
	case f.frame.subset != nil:
		return len(f.frame.subset)
	default:
		return f.frame.n
	}
}

// follow prepares hops that are the same but for their keys: each key once.
func (r *Request) hopRequest(same []*loadKey) recordstore.Request {
	first, set := same[0], r.newSet()
	most := 0
	for _, f := range same {
		most += f.maxKeys()
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
		followed := f.result()
		followed.list, followed.set, followed.shared = &f.bound.Lists[f.hop.ID], set, len(same) > 1
		if f.keys != nil {
			followed.ranges = []int32{add(f.keys[0])}
			continue
		}
		followed.ranges = f.frame.nearKeys(f.hop.NearCells, add)
	}
	h, l := first.hop, &first.bound.Lists[first.hop.ID]
	return &recordstore.Hop{
		Model:      h.Near,
		Relation:   h.Relation,
		Keys:       keys,
		Index:      seen,
		Single:     h.Single && len(keys) <= 1,
		Columns:    h.Node.Selection.Columns,
		RowColumns: h.LinkColumns,
		Where:      l.Where,
		Order:      l.Order,
		Page:       l.PageToRead(),
		Count:      l.Count,
		Joins:      h.Statement.Joins(first.bound.Lists),
		Cache:      h.StatementCache(len(keys) > 1),
		Into:       set,
	}
}

// follow reads the keys of the position's records from the cells that are theirs.
func (p *frame) nearKeys(from []int, add func(key string) int32) []int32 {
	keys := make([]int32, p.n)
	if p.subset == nil {
		for i := range keys {
			keys[i] = p.addKey(i, from, add)
		}
		return keys
	}
	for i := range keys {
		keys[i] = -1
	}
	for _, i := range p.subset {
		keys[i] = p.addKey(int(i), from, add)
	}
	return keys
}

func (p *frame) addKey(i int, from []int, add func(key string) int32) int32 {
	if key, ok := p.key(i, from); ok {
		return add(key)
	}
	return -1
}

// key is the key of a record in the form in which it travels.
func (p *frame) key(i int, cells []int) (string, bool) {
	if len(cells) == 1 {
		return p.buffer.Cell(i, cells[0])
	}
	parts := make([]string, len(cells))
	for j, c := range cells {
		var ok bool
		if parts[j], ok = p.buffer.Cell(i, c); !ok {
			return "", false
		}
	}
	return recordstore.JoinKey(parts), true
}

// arrive takes the rows that a hop has read as positions of the next level.
func (f *hopResult) receive(h *plan.Hop, b *plan.BoundPlan, next *level) {
	at := &frame{buffer: &f.set.Buffer, n: f.set.Len()}
	if f.shared {
		at.subset = f.ownRows()
	}
	f.addFrames(h, b, at, next)
}

// own are the rows that the keys of this position lead to.
func (f *hopResult) ownRows() []int32 {
	rows := []int32{}
	seen := make([]bool, len(f.set.Ranges))
	for _, k := range f.ranges {
		if k < 0 || seen[k] {
			continue
		}
		seen[k] = true
		span := &f.set.Ranges[k]
		for i := range span.Len {
			rows = append(rows, int32(f.set.Row(span, i, false))) //nolint:gosec // fewer than rows
		}
	}
	return rows
}

// enter takes what a hop led to as positions of the next level.
func (f *hopResult) addFrames(h *plan.Hop, b *plan.BoundPlan, at *frame, next *level) {
	f.node = &frame{node: h.Node, buffer: at.buffer, n: at.n, subset: at.subset}
	next.add(b, f.node)
	if h.Link != nil {
		f.link = &frame{node: h.Link, buffer: at.buffer, n: at.n, subset: at.subset}
		next.add(b, f.link)
	}
}

// same returns the hops among others that are the same as f but for their keys, f among them.
func (f *loadKey) batch(others []*loadKey) []*loadKey {
	same := others[:1:1]
	for _, other := range others[1:] {
		if other.hop != nil && other.result().set == nil && f.hop.SameStatement(f.bound, other.hop, other.bound) {
			same = append(same, other)
		}
	}
	return same
}
