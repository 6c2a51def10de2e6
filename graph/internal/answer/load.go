package answer

import (
	"context"
	"slices"

	"github.com/graph-gophers/dataloader/v7"

	"github.com/linkgraph/linkgraph/graph/internal/plan"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/internal/recordstore/rows"
	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// frame is the records of a plan node in one request: some or all of the rows of a buffer.
type frame struct {
	node   *plan.Node
	buffer *rows.Buffer
	n      int
	subset []int32 // the rows of this frame; nil means all n. A batch of several hops has rows of other frames too
	hops   []hopResult
}

// hopResult is what a hop from all records of a frame led to.
type hopResult struct {
	ranges     []int32 // by record: the index of its list in set.Ranges; -1 if its key is NULL. nil of a joined hop
	list       *plan.List
	set        *rows.Set // nil of a joined hop, whose record is in the same row
	shared     bool      // set has rows of other frames too
	node, link *frame    // nil until they are read
}

// level is the frames whose hops are read next, in one round trip.
type level struct {
	bounds []*plan.BoundPlan // of each frame
	frames []*frame
}

// add adds a frame, if it has hops to read. Hops that were read with its records are passed on to their own frames.
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
		l.bounds, l.frames = append(l.bounds, b), append(l.frames, p)
	}
}

// loadKeys returns the hops of all frames that are not read yet.
func (l *level) loadKeys() (all []*loadKey) {
	for i, p := range l.frames {
		for j, h := range p.node.Hops {
			if p.hops[j].node == nil {
				all = append(all, &loadKey{hop: h, index: j, frame: p, bound: l.bounds[i]})
			}
		}
	}
	return all
}

// read reads the records that root fields begin with, and then level by level what is below them.
func (r *Request) read(fields []*rootField) error {
	if err := r.prepare(fields); err != nil {
		return err
	}
	if err := r.readRoots(fields); err != nil {
		return err
	}
	var next level
	for _, root := range fields {
		root.addFrames(&next)
	}
	for len(next.frames) > 0 {
		keys := next.loadKeys()
		r.endWith(!slices.ContainsFunc(keys, func(k *loadKey) bool { return k.hop.Leads() }))
		if err := r.loadBatch(keys); err != nil {
			return err
		}
		next = level{}
		for _, f := range keys {
			f.result().receive(f.hop, f.bound, &next)
		}
	}
	return nil
}

// prepare reads what some fields have to know before they can read anything else.
func (r *Request) prepare(fields []*rootField) error {
	for _, f := range fields {
		if f.prepare == nil {
			continue
		}
		if err := f.prepare(); err != nil {
			return err
		}
	}
	return nil
}

// readRoots reads the records that root fields begin with. Hops from the key of a record travel in the same round trip, which saves one.
// If that fails, the records are read alone: a hop from a record that does not exist must not fail the field.
func (r *Request) readRoots(fields []*rootField) error {
	for _, ahead := range []bool{true, false} {
		var keys []*loadKey
		n := 0
		for _, root := range fields {
			of := root.loadKeys(ahead)
			n += max(0, len(of)-1)
			keys = append(keys, of...)
		}
		if len(keys) == 0 {
			return nil
		}
		r.endWith(!slices.ContainsFunc(fields, func(f *rootField) bool { return f.leads(ahead) }))
		err := r.loadBatch(keys)
		if err == nil || n == 0 || r.commitLast || r.ctx.Err() != nil || recordstore.IsConflict(err) {
			return err
		}
		if err := r.restart(); err != nil {
			return err
		}
	}
	return nil
}

// loadKey is a key of the dataloader: the first request of a root field, or a hop from all records of a frame.
type loadKey struct {
	request recordstore.Request // of a root field; nil of a hop

	hop   *plan.Hop
	frame *frame
	index int // of the hop in the node
	bound *plan.BoundPlan
	keys  []string // the near keys, if they are known before the records are read
}

func (f *loadKey) result() *hopResult { return &f.frame.hops[f.index] }

// loadBatch reads a level in one round trip. The capacity of the dataloader is the number of keys, so that the last one completes the batch
// and no timer has to run out. Keys do not repeat, so there is no cache. Without hops there is nothing to batch, and no loader.
func (r *Request) loadBatch(all []*loadKey) error {
	if !slices.ContainsFunc(all, func(f *loadKey) bool { return f.hop != nil }) {
		return r.reading.Read(r.ctx, r.storeRequests(all)...)
	}
	var panicked any
	batch := func(ctx context.Context, keys []*loadKey) []*dataloader.Result[struct{}] {
		defer func() { panicked = recover() }() // passed on to the goroutine of the resolver
		result := &dataloader.Result[struct{}]{Error: r.reading.Read(ctx, r.storeRequests(keys)...)}
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

// storeRequests returns the requests of a level: one for each root field, and one for each group of hops that can share a statement.
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

// maxKeys is how many near keys the hop has at most.
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

// hopRequest returns the one request of hops that share a statement. Each near key is in it once.
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
		Deleted:    l.Deleted,
		Joins:      h.Statement.Joins(first.bound.Lists),
		Cache:      h.StatementCache(len(keys) > 1),
		Into:       set,
	}
}

// nearKeys adds the near key of each record of the frame, and returns its index in the request; -1 for a NULL.
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

// key returns the key that is in cells of a row. ok is false if one is NULL.
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
	return rowkey.Join(parts), true
}

// receive adds the rows that a hop has read to the next level.
func (f *hopResult) receive(h *plan.Hop, b *plan.BoundPlan, next *level) {
	at := &frame{buffer: &f.set.Buffer, n: f.set.Len()}
	if f.shared {
		at.subset = f.ownRows()
	}
	f.addFrames(h, b, at, next)
}

// ownRows returns the rows that belong to this frame.
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

// addFrames adds the far records of a hop, and the link rows to them, to the next level.
func (f *hopResult) addFrames(h *plan.Hop, b *plan.BoundPlan, at *frame, next *level) {
	f.node = &frame{node: h.Node, buffer: at.buffer, n: at.n, subset: at.subset}
	next.add(b, f.node)
	if h.Link != nil {
		f.link = &frame{node: h.Link, buffer: at.buffer, n: at.n, subset: at.subset}
		next.add(b, f.link)
	}
}

// batch returns the keys among others that can share the statement of k, with k itself, which is the first of them.
func (f *loadKey) batch(others []*loadKey) []*loadKey {
	same := others[:1:1]
	for _, other := range others[1:] {
		if other.hop != nil && other.result().set == nil && f.hop.SameStatement(f.bound, other.hop, other.bound) {
			same = append(same, other)
		}
	}
	return same
}
