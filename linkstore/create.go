package linkstore

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Outcome is what became of one item of a call.
type Outcome string

// The outcomes of Create and Dismiss.
const (
	Created   Outcome = "CREATED"   // the pair was never linked before
	Revived   Outcome = "REVIVED"   // the pair was linked before; its row is live again
	Updated   Outcome = "UPDATED"   // the link was live; extra columns changed
	Unchanged Outcome = "UNCHANGED" // the link was live, with these values
	Dismissed Outcome = "DISMISSED" // the link is removed
	NotFound  Outcome = "NOT_FOUND" // the pair was not linked
)

// CreateOptions says how Create works.
type CreateOptions struct {
	// Replace dismisses the links that stand in the way of new ones.
	Replace bool
	// Partial leaves out the items at fault and writes the others. Of two that exclude each other the first is written.
	Partial bool
}

// CreateResult is what became of one item.
type CreateResult struct {
	Outcome  Outcome
	Link     Link
	Replaced []Link // dismissed to make room
	// Err is why the item was left out, with CreateOptions.Partial. The rest is then empty.
	Err error
}

// newLink is a pair to be linked: what the items that name it ask for.
type newLink struct {
	def    *Definition
	pair   Pair
	data   map[string]*string
	index  int // of the first item that names it
	old    *oldLink
	result CreateResult
}

// compare sorts by pair, and items that name the same one by their place in the call.
func (l *newLink) compare(o *newLink) int {
	if c := l.pair.compare(o.pair); c != 0 {
		return c
	}
	return l.index - o.index
}

// fault settles what becomes of a pair that cannot be linked: the call fails, or the pair is left out.
func (l *newLink) fault(opts CreateOptions, err error) error {
	if !opts.Partial {
		return &ItemError{Index: l.index, Err: err}
	}
	l.result.Err = err
	return nil
}

// sound leaves out the pairs at fault.
func sound(links []*newLink) []*newLink {
	if !slices.ContainsFunc(links, (*newLink).isFaulty) {
		return links
	}
	return slices.DeleteFunc(slices.Clone(links), (*newLink).isFaulty)
}

func (l *newLink) isFaulty() bool { return l.result.Err != nil }

// Create links pairs, of any links, in one transaction; doing so again changes nothing. Results come in the order of the
// items. Extra columns that an item does not name keep their value; those of a new link take their default.
//
// It fails with a *ConflictError if a record would have one link too many, with a *RecordError if a record is not there
// or deleted, and with other typed errors for items that cannot be understood, each in an *ItemError. Nothing is then
// written, unless the options say so.
func (s *Store) Create(ctx context.Context, items []Item, opts CreateOptions) ([]CreateResult, error) {
	if err := s.checkCount("links", len(items)); err != nil {
		return nil, err
	}
	links, of, faults, err := s.plan(items, opts)
	if err != nil {
		return nil, err
	}
	var results []CreateResult
	err = s.run(ctx, func(tx *batchTx) (func() Written, error) {
		for i := range links {
			links[i].old, links[i].result = nil, CreateResult{}
		}
		if err := s.createAll(ctx, tx, links, opts); err != nil {
			return nil, err
		}
		return func() Written {
			results = make([]CreateResult, len(items))
			for i, l := range of {
				if l == nil {
					results[i] = CreateResult{Err: faults[i]}
					continue
				}
				results[i] = l.result
				if l.index != i && !l.isFaulty() { // the same pair again
					results[i].Outcome, results[i].Replaced = Unchanged, nil
				}
			}
			return s.createWritten(results)
		}, nil
	})
	if err != nil {
		return nil, fmt.Errorf("create links: %w", missingOf(err))
	}
	return results, nil
}

// createAll locks the records of all links, and writes the links kind by kind. The rows of the first kind are locked in one trip
// with the records.
func (s *Store) createAll(ctx context.Context, tx *batchTx, links []*newLink, opts CreateOptions) error {
	locked := ends(links)
	s.lock(tx, locked)
	for first, start := true, 0; start < len(links); first = false {
		end := start
		for end < len(links) && links[end].def == links[start].def {
			end++
		}
		kind := sound(links[start:end])
		start = end
		if len(kind) == 0 {
			continue
		}
		standing := s.lockPairs(tx, kind)
		if err := tx.send(ctx); err != nil {
			return err
		}
		if first {
			s.list(tx, locked)
			if err := tx.send(ctx); err != nil {
				return err
			}
			if err := checkEnds(links, locked, opts); err != nil {
				return err
			}
		}
		if err := s.createKind(ctx, tx, sound(kind), *standing, opts); err != nil {
			return err
		}
	}
	return nil
}

// plan resolves the items, makes one of those that name the same pair, and sorts them. of is what each item became; nil and a
// fault if it is left out.
func (s *Store) plan(items []Item, opts CreateOptions) (links, of []*newLink, faults []error, err error) {
	all := make([]newLink, len(items))
	links, of, faults = make([]*newLink, 0, len(items)), make([]*newLink, len(items)), make([]error, len(items))
	for i, item := range items {
		if all[i], faults[i] = s.newLink(i, item); faults[i] == nil {
			links = append(links, &all[i])
		}
	}
	slices.SortFunc(links, (*newLink).compare)
	distinct := links[:0]
	for _, l := range links {
		n := len(distinct)
		if n == 0 || distinct[n-1].pair != l.pair {
			distinct = append(distinct, l)
		} else if faults[l.index] = distinct[n-1].add(l.data); faults[l.index] != nil {
			continue
		}
		of[l.index] = distinct[len(distinct)-1]
	}
	if opts.Partial {
		return distinct, of, faults, nil
	}
	if i := slices.IndexFunc(faults, func(err error) bool { return err != nil }); i >= 0 {
		return nil, nil, nil, atIndex(i, faults[i])
	}
	return distinct, of, faults, conflictsWithin(distinct, opts)
}

// newLink resolves an item.
func (s *Store) newLink(index int, item Item) (newLink, error) {
	d, pair, err := s.stored(item)
	if err != nil {
		return newLink{}, err
	}
	if err := s.writable(d); err != nil {
		return newLink{}, err
	}
	data, err := d.checkData(item.Data)
	return newLink{def: d, pair: pair, data: data, index: index}, err
}

// add takes over what a later item asks of the same pair.
func (l *newLink) add(data map[string]*string) error {
	for name, v := range data {
		if other, ok := l.data[name]; ok && !reflect.DeepEqual(other, v) {
			return &InvalidError{Field: name, Reason: fmt.Sprintf("item %d gives the same pair another value", l.index)}
		}
	}
	if l.data == nil {
		l.data = data
	}
	maps.Copy(l.data, data)
	return nil
}

// conflictsWithin finds pairs of one call that exclude each other: the item that comes later is at fault.
func conflictsWithin(links []*newLink, opts CreateOptions) error {
	type end struct {
		link, side, key string
	}
	var limited []*newLink
	for _, l := range links {
		if !l.def.Left.IsList || !l.def.Right.IsList {
			limited = append(limited, l)
		}
	}
	slices.SortFunc(limited, func(a, b *newLink) int { return a.index - b.index })
	held := make(map[end]*newLink, len(limited))
	for _, l := range limited {
		var ends []end
		if !l.def.Right.IsList {
			ends = append(ends, end{l.def.Name, "left", l.pair.Left})
		}
		if !l.def.Left.IsList {
			ends = append(ends, end{l.def.Name, "right", l.pair.Right})
		}
		for _, e := range ends {
			if other := held[e]; other != nil && !l.isFaulty() {
				existing := Link{Name: l.def.Name, Left: other.pair.Left, Right: other.pair.Right}
				if err := l.fault(opts, &ConflictError{l.def.Name, l.pair.Left, l.pair.Right, existing}); err != nil {
					return err
				}
			}
		}
		for _, e := range ends {
			if !l.isFaulty() {
				held[e] = l
			}
		}
	}
	return nil
}

// createKind writes the pairs of one link, whose rows are locked.
func (s *Store) createKind(
	ctx context.Context,
	tx *batchTx,
	links []*newLink,
	standing []Link,
	opts CreateOptions,
) error {
	if err := checkRequired(links, opts); err != nil {
		return err
	}
	// Of a partial call, only pairs that are written stand in each other's way.
	if opts.Partial && opts.Replace {
		_ = conflictsWithin(sound(links), opts)
	}
	if err := s.makeRoom(ctx, tx, sound(links), standing, opts); err != nil {
		return err
	}
	if opts.Partial {
		_ = conflictsWithin(sound(links), opts)
	}
	if links = sound(links); len(links) == 0 {
		return nil
	}
	return s.upsert(ctx, tx, links)
}

// checkRequired finds new links that lack a value. A link that was there before, live or not, keeps the one it has.
func checkRequired(links []*newLink, opts CreateOptions) error {
	for _, l := range links {
		if l.old != nil {
			continue
		}
		for i := range l.def.Columns {
			c := &l.def.Columns[i]
			if _, given := l.data[c.Name]; given || !c.required() {
				continue
			}
			err := l.fault(
				opts,
				&InvalidError{Field: c.Name, Reason: "is missing: a new link of " + l.def.Name + " needs a value"},
			)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// oldLink is a row that is there before a write.
type oldLink struct {
	Link
	differs bool // from what is asked
}

// lockPairs queues the locks of the rows of pairs, live or not, and of the live links that exclude them, and notes both. Live rows come
// first, all in one order; rows of pairs that are not linked are nobody else's while their records are held. Relies on the primary key.
func (s *Store) lockPairs(tx *batchTx, links []*newLink) (standing *[]Link) {
	standing = new([]Link)
	s.conflicts(tx, links[0].def, pairsOf(links), standing)
	s.lockRows(tx, links)
	return standing
}

func pairsOf(links []*newLink) []Pair {
	pairs := make([]Pair, len(links))
	for i, l := range links {
		pairs[i] = l.pair
	}
	return pairs
}

func (s *Store) lockRows(tx *batchTx, links []*newLink) {
	g := givenOf(links)
	d := g.def
	tx.queue(len(links), func(rows pgx.Rows) error {
		var ord int
		var differs bool
		row := d.scan(&ord, &differs)
		_, err := pgx.ForEachRow(rows, row.dests, func() error {
			l := links[ord-1]
			l.old = &oldLink{row.link(l.pair.Left, l.pair.Right), differs}
			return nil
		})
		return err
	}, g.text(s, "rows", "", func() string {
		return fmt.Sprintf(`
			SELECT p.ord, %s, %s FROM %s AS t
			JOIN unnest(%s) WITH ORDINALITY AS p(%s, ord) ON %s
			ORDER BY p.ord FOR UPDATE OF t`,
			g.differs(), d.values(), d.table(), strings.Join(g.arrays, ", "), strings.Join(g.names, ", "), d.pairOn())
	}), g.args...)
}

// makeRoom finds the live links that the new ones exclude, among those that stand. With Replace it dismisses them.
func (s *Store) makeRoom(
	ctx context.Context,
	tx *batchTx,
	links []*newLink,
	standing []Link,
	opts CreateOptions,
) error {
	if len(links) == 0 || len(standing) == 0 {
		return nil
	}
	d := links[0].def
	taken := newTaken(d, without(standing, pairsOf(links)))
	var remove []Pair
	for _, l := range links {
		for _, other := range taken.against(l.pair) {
			if opts.Replace {
				remove = append(remove, other.Pair())
			} else if err := l.fault(opts, &ConflictError{d.Name, l.pair.Left, l.pair.Right, other}); err != nil {
				return err
			}
		}
	}
	if len(remove) == 0 {
		return nil
	}
	var removed []Link
	if err := s.detach(ctx, tx, d, sortedPairs(remove), removal{cause: "replace"}, &removed); err != nil {
		return err
	}
	if err := tx.send(ctx); err != nil {
		return err
	}
	taken = newTaken(d, removed)
	for _, l := range links {
		l.result.Replaced = taken.against(l.pair)
	}
	return nil
}

// without leaves out the links of pairs.
func without(links []Link, pairs []Pair) []Link {
	of := make(map[Pair]bool, len(pairs))
	for _, p := range pairs {
		of[p] = true
	}
	return slices.DeleteFunc(links, func(l Link) bool { return of[l.Pair()] })
}

// taken are live links of a definition, by the records that can have no other.
type taken struct{ left, right map[string][]Link }

func newTaken(d *Definition, links []Link) *taken {
	t := &taken{}
	if !d.Right.IsList {
		t.left = make(map[string][]Link, len(links))
	}
	if !d.Left.IsList {
		t.right = make(map[string][]Link, len(links))
	}
	for _, l := range links {
		t.add(l)
	}
	return t
}

func (t *taken) add(l Link) {
	if t.left != nil {
		t.left[l.Left] = append(t.left[l.Left], l)
	}
	if t.right != nil {
		t.right[l.Right] = append(t.right[l.Right], l)
	}
}

// against are the links that cannot be live beside a pair, in their order.
func (t *taken) against(p Pair) []Link {
	var all []Link
	for _, l := range slices.Concat(t.left[p.Left], t.right[p.Right]) {
		if l.Pair() != p {
			all = append(all, l)
		}
	}
	slices.SortFunc(all, func(a, b Link) int { return a.Pair().compare(b.Pair()) })
	return all
}

// conflicts queues a statement that locks the live links that exclude one of the pairs, and these themselves. Relies on the unique
// indexes that enforce this.
func (s *Store) conflicts(tx *batchTx, d *Definition, pairs []Pair, found *[]Link) {
	if d.Left.IsList && d.Right.IsList || len(pairs) == 0 {
		return
	}
	tx.queue(0, func(rows pgx.Rows) (err error) {
		*found, err = pgx.CollectRows(rows, d.scanner())
		return err
	}, text(s, textKey{what: "conflicts", of: d}, d.conflictsText), d.argsOf(pairs)...)
}

func (d *Definition) conflictsText() string {
	var conditions []string
	if !d.Right.IsList {
		conditions = append(conditions, amongFew(d.leftKey, "t", 1))
	}
	if !d.Left.IsList {
		conditions = append(conditions, amongFew(d.rightKey, "t", 1+len(d.leftKey)))
	}
	return d.lockLiveText(conditions)
}
