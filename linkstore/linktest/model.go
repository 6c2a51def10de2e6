package linktest

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/linkgraph/linkgraph/linkstore"
	"github.com/linkgraph/linkgraph/linkstore/storeerr"
)

// Model is an in-memory store. It does in plain loops over maps what the real store does in SQL. It has neither locks
// nor indexes, so it is simple enough to trust.
type Model struct {
	catalog *linkstore.Catalog
	now     memory
}

// memory is the content of a Model.
type memory struct {
	records   map[Record]recordState
	links     map[linkstore.Pair]linkState
	deletions []*deletion
}

type recordState struct {
	live      bool
	owner     string
	deletedBy string
}

type linkState struct {
	live      bool
	quantity  string
	deletedBy string // the deletion that removed the link; "" if it was dismissed
}

// deletion records what a deletion removed.
type deletion struct {
	id       string
	records  map[Record]bool // false for a root that was not itself removed
	causes   map[Record][]Record
	links    map[linkstore.Pair]*removedLink
	restored map[Record]bool
}

type removedLink struct{ wanted, settled bool }

// NewModel returns an empty model.
func NewModel(c *linkstore.Catalog) *Model {
	return &Model{c, memory{records: map[Record]recordState{}, links: map[linkstore.Pair]linkState{}}}
}

func (m memory) clone() memory {
	c := memory{maps.Clone(m.records), maps.Clone(m.links), nil}
	for _, d := range m.deletions {
		e := &deletion{d.id, d.records, d.causes, map[linkstore.Pair]*removedLink{}, maps.Clone(d.restored)}
		for p, l := range d.links {
			copied := *l
			e.links[p] = &copied
		}
		c.deletions = append(c.deletions, e)
	}
	return c
}

// atomically undoes what fn did if it fails.
func (m *Model) atomically(fn func() error) error {
	before := m.now.clone()
	err := fn()
	if err != nil {
		m.now = before
	}
	return err
}

// PutRecord creates a record.
func (m *Model) PutRecord(_ context.Context, model, id, owner string) error {
	m.now.records[Record{model, id}] = recordState{live: true, owner: owner}
	return nil
}

// State returns the content of the model.
func (m *Model) State(context.Context) (State, error) {
	s := State{map[linkstore.Pair]LinkState{}, map[Record]bool{}}
	for p, l := range m.now.links {
		s.Links[p] = LinkState{l.live, l.quantity}
	}
	for r, state := range m.now.records {
		s.Records[r] = state.live
	}
	return s, nil
}

func (m *Model) ends(p linkstore.Pair) (left, right Record) {
	d, _ := m.catalog.Link(p.Link)
	return Record{d.Left.Model, p.Left}, Record{d.Right.Model, p.Right}
}

func (m *Model) excludes(p, q linkstore.Pair) bool {
	d, _ := m.catalog.Link(p.Link)
	return p != q && p.Link == q.Link && (!d.Right.IsList && p.Left == q.Left || !d.Left.IsList && p.Right == q.Right)
}

// resolve returns the pairs of items. errs has the error of each item that has none.
func (m *Model) resolve(items []linkstore.Item) (pairs []linkstore.Pair, errs []error) {
	pairs, errs = make([]linkstore.Pair, len(items)), make([]error, len(items))
	for i, item := range items {
		p, err := m.catalog.Resolve(item)
		if d, ok := m.catalog.Link(p.Link); err == nil && ok && d.ReadOnly != "" {
			err = linkstore.ErrReadOnly
		}
		pairs[i], errs[i] = p, err
	}
	return pairs, errs
}

// itemsError returns the errors of items as one error, or nil.
func itemsError(errs []error) error {
	return storeerr.NewItemsError(len(errs), func(i int) error { return errs[i] })
}

// fail records the error of an item, unless it has one already.
func fail(err *error, with error) {
	if *err == nil {
		*err = with
	}
}

// Dismiss removes links.
func (m *Model) Dismiss(ctx context.Context, items []linkstore.Item) ([]linkstore.DismissResult, error) {
	return m.DismissWith(ctx, items, linkstore.DismissOptions{})
}

// DismissWith is Dismiss with options.
func (m *Model) DismissWith(
	_ context.Context,
	items []linkstore.Item,
	opts linkstore.DismissOptions,
) ([]linkstore.DismissResult, error) {
	pairs, errs := m.resolve(items)
	if err := itemsError(errs); err != nil && !opts.Partial {
		return nil, err
	}
	results := make([]linkstore.DismissResult, len(items))
	for i, p := range pairs {
		if errs[i] != nil {
			results[i].Err = errs[i]
			continue
		}
		results[i].Outcome = linkstore.NotFound
		if l := m.now.links[p]; l.live {
			results[i] = linkstore.DismissResult{
				Outcome: linkstore.Dismissed,
				Link:    &linkstore.Link{Name: p.Link, Left: p.Left, Right: p.Right},
			}
			m.now.links[p] = linkState{quantity: l.quantity}
		}
	}
	return results, nil
}

func (m *Model) roots(records []linkstore.Records) ([]Record, error) {
	var roots []Record
	for _, r := range records {
		model, _ := m.catalog.Model(r.Model)
		for _, id := range r.IDs {
			parts, err := model.SplitKey(id)
			if err != nil {
				return nil, err
			}
			root := Record{r.Model, model.JoinKey(parts...)}
			if _, ok := m.now.records[root]; !ok {
				return nil, linkstore.ErrRecordNotFound
			}
			if !slices.Contains(roots, root) {
				roots = append(roots, root)
			}
		}
	}
	return roots, nil
}

// Delete removes the links of records, and everything that cascades.
func (m *Model) Delete(_ context.Context, records []linkstore.Records) (linkstore.Receipt, error) {
	return m.delete(records, false)
}

// DeleteRecords removes the records too.
func (m *Model) DeleteRecords(_ context.Context, records []linkstore.Records) (linkstore.Receipt, error) {
	return m.delete(records, true)
}

func (m *Model) delete(records []linkstore.Records, withRoots bool) (linkstore.Receipt, error) {
	roots, err := m.roots(records)
	if err != nil {
		return linkstore.Receipt{}, err
	}
	d := &deletion{
		id: "deletion " + strconv.Itoa(len(m.now.deletions)), records: map[Record]bool{}, causes: map[Record][]Record{},
		links: map[linkstore.Pair]*removedLink{}, restored: map[Record]bool{},
	}
	queue, stays := []Record(nil), map[Record]bool{}
	for _, r := range roots {
		if def, _ := m.catalog.Model(r.Model); withRoots && def.NoSoftDelete {
			return linkstore.Receipt{}, linkstore.ErrInvalid
		}
		if m.now.records[r].live {
			stays[r] = !withRoots
			d.records[r] = withRoots
			queue = append(queue, r)
		}
	}
	reached := func(from, to Record) {
		if stays[to] {
			return
		}
		d.causes[from] = append(d.causes[from], to)
		if !d.records[to] {
			d.records[to] = true
			queue = append(queue, to)
		}
	}
	for len(queue) > 0 {
		r := queue[0]
		queue = queue[1:]
		m.reachFrom(r, d, reached)
	}
	return m.commitDeletion(d), nil
}

// reachFrom follows ownership and links from one record.
func (m *Model) reachFrom(r Record, d *deletion, reached func(from, to Record)) {
	if d.records[r] {
		for _, owned := range m.owned(r) {
			reached(r, owned)
		}
	}
	for p, l := range m.now.links {
		left, right := m.ends(p)
		if !l.live || (left != r && right != r) {
			continue
		}
		d.links[p] = &removedLink{}
		def, _ := m.catalog.Link(p.Link)
		if left == r && def.Right.DeleteCascade && m.now.records[right].live {
			reached(r, right)
		}
		if right == r && def.Left.DeleteCascade && m.now.records[left].live {
			reached(r, left)
		}
	}
}

func (m *Model) owned(r Record) []Record {
	def, _ := m.catalog.Model(r.Model)
	var owned []Record
	for _, o := range def.Owns {
		for other, state := range m.now.records {
			if other.Model == o.Model && state.owner == r.ID && state.live {
				owned = append(owned, other)
			}
		}
	}
	return owned
}

// commitDeletion removes what a deletion holds, and stores the deletion if it removed anything.
func (m *Model) commitDeletion(d *deletion) linkstore.Receipt {
	var receipt linkstore.Receipt
	for p := range d.links {
		l := m.now.links[p]
		m.now.links[p] = linkState{quantity: l.quantity, deletedBy: d.id}
		receipt.Links = append(receipt.Links, linkstore.Link{Name: p.Link, Left: p.Left, Right: p.Right})
	}
	for r, removed := range d.records {
		if removed {
			state := m.now.records[r]
			m.now.records[r] = recordState{owner: state.owner, deletedBy: d.id}
			receipt.Records = append(receipt.Records, linkstore.Records{Model: r.Model, IDs: []string{r.ID}})
		}
	}
	if len(receipt.Links)+len(receipt.Records) > 0 {
		receipt.DeletionID = d.id
		m.now.deletions = append(m.now.deletions, d)
	}
	return receipt
}

// restoredRecord is a record that a restore brings back, with its deletion.
type restoredRecord struct {
	Record
	from *deletion
}

// Restore brings back what the latest deletions of records removed.
func (m *Model) Restore(_ context.Context, records []linkstore.Records) (linkstore.Receipt, error) {
	roots, err := m.roots(records)
	if err != nil {
		return linkstore.Receipt{}, err
	}
	var all []restoredRecord
	for _, r := range roots {
		for _, d := range slices.Backward(m.now.deletions) {
			if _, holds := d.records[r]; !holds {
				continue
			}
			if !d.restored[r] {
				all = d.follow(r, all)
			}
			break
		}
	}
	return m.restore(all)
}

// follow appends a record and everything that was removed because of it.
func (d *deletion) follow(r Record, all []restoredRecord) []restoredRecord {
	seen := map[Record]bool{r: true}
	queue := []Record{r}
	for len(queue) > 0 {
		next := queue[0]
		queue = queue[1:]
		if b := (restoredRecord{next, d}); !d.restored[next] && !slices.Contains(all, b) {
			all = append(all, b)
		}
		for _, child := range d.causes[next] {
			if !seen[child] {
				seen[child] = true
				queue = append(queue, child)
			}
		}
	}
	return all
}

// RestoreDeletion brings back everything that a deletion removed.
func (m *Model) RestoreDeletion(_ context.Context, id string) (linkstore.Receipt, error) {
	for _, d := range m.now.deletions {
		if d.id != id {
			continue
		}
		var all []restoredRecord
		for r := range d.records {
			if !d.restored[r] {
				all = append(all, restoredRecord{r, d})
			}
		}
		return m.restore(all)
	}
	return linkstore.Receipt{}, linkstore.ErrDeletionNotFound
}

func (m *Model) restore(records []restoredRecord) (linkstore.Receipt, error) {
	var receipt linkstore.Receipt
	err := m.atomically(func() error {
		byID := map[string]*deletion{} // look deletions up by id: after a failed call m.now holds copies
		for _, d := range m.now.deletions {
			byID[d.id] = d
		}
		for _, b := range records {
			b.from = byID[b.from.id]
			if state := m.now.records[b.Record]; b.from.records[b.Record] && !state.live &&
				state.deletedBy == b.from.id {
				m.now.records[b.Record] = recordState{live: true, owner: state.owner}
				receipt.Records = append(receipt.Records, linkstore.Records{Model: b.Model, IDs: []string{b.ID}})
			}
			b.from.restored[b.Record] = true
		}
		return m.reattach(records, &receipt)
	})
	if err != nil {
		return linkstore.Receipt{}, err
	}
	if len(receipt.Links)+len(receipt.Records) > 0 {
		receipt.DeletionID = "some"
	}
	return receipt, nil
}

// reattach brings back the links of the restored records.
func (m *Model) reattach(records []restoredRecord, receipt *linkstore.Receipt) error {
	type candidate struct {
		pair  linkstore.Pair
		from  *deletion
		asked bool
	}
	var all []candidate
	for _, d := range m.now.deletions {
		for p, l := range d.links {
			left, right := m.ends(p)
			asked, waits := false, false
			for _, b := range records {
				touches := b.Record == left || b.Record == right
				asked = asked || touches && b.from.id == d.id
				waits = waits || touches && l.wanted
			}
			if !l.settled && (asked || waits) {
				all = append(all, candidate{p, d, asked})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int {
		return slices.Compare(
			[]string{a.pair.Link, a.pair.Left, a.pair.Right},
			[]string{b.pair.Link, b.pair.Left, b.pair.Right},
		)
	})
	for _, c := range all {
		left, right := m.ends(c.pair)
		if !m.now.records[left].live || !m.now.records[right].live {
			c.from.links[c.pair].wanted = c.from.links[c.pair].wanted || c.asked
			continue
		}
		l := m.now.links[c.pair]
		if l.live || l.deletedBy != c.from.id {
			c.from.links[c.pair].settled = true
			continue
		}
		blocked := false
		for q, other := range m.now.links {
			blocked = blocked || other.live && m.excludes(c.pair, q)
		}
		if blocked && c.asked {
			return linkstore.ErrConflict
		}
		if blocked {
			continue
		}
		m.now.links[c.pair] = linkState{live: true, quantity: l.quantity}
		c.from.links[c.pair].settled = true
		receipt.Links = append(receipt.Links, linkstore.Link{Name: c.pair.Link, Left: c.pair.Left, Right: c.pair.Right})
	}
	return nil
}
