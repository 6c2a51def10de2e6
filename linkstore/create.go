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
	result CreateResult
}

// fault settles what becomes of a pair that cannot be linked: the call fails, or the pair is left out.
func (l *newLink) fault(opts CreateOptions, err error) error {
	if !opts.Partial {
		return &ItemError{l.index, err}
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
	results := make([]CreateResult, len(items))
	err = s.run(ctx, func(tx *write) (Written, error) {
		for i := range links {
			links[i].result = CreateResult{}
		}
		if err := s.lockEnds(ctx, tx, links, opts); err != nil {
			return Written{}, err
		}
		for start := 0; start < len(links); {
			end := start
			for end < len(links) && links[end].def == links[start].def {
				end++
			}
			if kind := sound(links[start:end]); len(kind) > 0 {
				if err := s.createKind(ctx, tx, kind, opts); err != nil {
					return Written{}, err
				}
			}
			start = end
		}
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
		return s.createWritten(results), nil
	})
	if err != nil {
		return nil, fmt.Errorf("create links: %w", missingOf(err))
	}
	return results, nil
}

// plan resolves the items, makes one of those that name the same pair, and sorts them. of is what each item became; nil and a
// fault if it is left out.
func (s *Store) plan(items []Item, opts CreateOptions) (links, of []*newLink, faults []error, err error) {
	byPair := make(map[Pair]*newLink, len(items))
	links, of, faults = make([]*newLink, 0, len(items)), make([]*newLink, len(items)), make([]error, len(items))
	for i, item := range items {
		l, err := s.newLink(i, item)
		if err == nil {
			if known := byPair[l.pair]; known != nil {
				err = known.add(l.data)
				l = known
			}
		}
		if err != nil && !opts.Partial {
			return nil, nil, nil, atIndex(i, err)
		}
		if faults[i] = err; err != nil {
			continue
		}
		if of[i] = l; l.index == i {
			byPair[l.pair] = l
			links = append(links, l)
		}
	}
	if !opts.Partial {
		if err := conflictsWithin(links, opts); err != nil {
			return nil, nil, nil, err
		}
	}
	slices.SortFunc(links, func(a, b *newLink) int { return a.pair.compare(b.pair) })
	return links, of, faults, nil
}

// newLink resolves an item.
func (s *Store) newLink(index int, item Item) (*newLink, error) {
	d, pair, err := s.stored(item)
	if err != nil {
		return nil, err
	}
	if err := s.writable(d); err != nil {
		return nil, err
	}
	data, err := d.checkData(item.Data)
	return &newLink{def: d, pair: pair, data: data, index: index}, err
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
	held := map[end]*newLink{}
	for _, l := range slices.SortedFunc(slices.Values(links), func(a, b *newLink) int { return a.index - b.index }) {
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

// createKind writes the pairs of one link.
func (s *Store) createKind(ctx context.Context, tx *write, links []*newLink, opts CreateOptions) error {
	before, err := lockPairs(ctx, tx, links)
	if err != nil {
		return err
	}
	if err := checkRequired(links, before, opts); err != nil {
		return err
	}
	// Of a partial call, only pairs that are written stand in each other's way.
	if opts.Partial && opts.Replace {
		_ = conflictsWithin(sound(links), opts)
	}
	if err := s.makeRoom(ctx, tx, sound(links), opts); err != nil {
		return err
	}
	if opts.Partial {
		_ = conflictsWithin(sound(links), opts)
	}
	if links = sound(links); len(links) == 0 {
		return nil
	}
	written, err := s.upsert(ctx, tx, links, before)
	if err != nil {
		return err
	}
	var attached []Link
	for _, l := range links {
		old, existed := before[l.pair]
		row, changed := written[l.pair]
		switch {
		case !changed:
			l.result.Outcome, l.result.Link = Unchanged, old.Link
			continue
		case !existed:
			l.result.Outcome = Created
		case old.DeletedAt != nil:
			l.result.Outcome = Revived
		default:
			l.result.Outcome = Updated
		}
		l.result.Link = row
		if l.result.Outcome != Updated {
			attached = append(attached, row)
		}
	}
	return s.emit(tx, "attached", "create", attached)
}

// checkRequired finds new links that lack a value. A link that was there before, live or not, keeps the one it has.
func checkRequired(links []*newLink, before map[Pair]oldLink, opts CreateOptions) error {
	for _, l := range links {
		if _, existed := before[l.pair]; existed {
			continue
		}
		for i := range l.def.Columns {
			c := &l.def.Columns[i]
			if _, given := l.data[c.Name]; given || !c.required() {
				continue
			}
			if err := l.fault(opts, &InvalidError{Field: c.Name, Reason: "is missing: a new link of " + l.def.Name + " needs a value"}); err != nil {
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

// lockPairs locks the rows of pairs, live or not, in order. Relies on the primary key.
func lockPairs(ctx context.Context, tx *write, links []*newLink) (map[Pair]oldLink, error) {
	d := links[0].def
	g := givenOf(links)
	rows, err := tx.Query(ctx, fmt.Sprintf(`
		SELECT %s, %s FROM %s AS t
		JOIN unnest(%s) AS p(%s) ON %s
		ORDER BY %s FOR UPDATE OF t`,
		g.differs(), d.columns(), d.table(), strings.Join(g.arrays, ", "), strings.Join(g.names, ", "), d.pairOn("t", "p"), d.keys("t")), g.args...)
	if err != nil {
		return nil, err
	}
	var old oldLink
	scan := d.scanner(&old.differs)
	found := make(map[Pair]oldLink, len(links))
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		var err error
		old.Link, err = scan(row)
		found[old.Pair()] = old
		return struct{}{}, err
	})
	return found, err
}

// makeRoom finds the live links that the new ones exclude. With Replace it dismisses them.
func (s *Store) makeRoom(ctx context.Context, tx *write, links []*newLink, opts CreateOptions) error {
	if len(links) == 0 {
		return nil
	}
	d := links[0].def
	pairs := make([]Pair, len(links))
	for i, l := range links {
		pairs[i] = l.pair
	}
	standing, err := s.conflicts(ctx, tx, d, pairs)
	if err != nil || len(standing) == 0 {
		return err
	}
	taken := newTaken(d, standing)
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
	removed, err := s.detach(ctx, tx, d, remove, nil, "replace")
	if err != nil {
		return err
	}
	taken = newTaken(d, removed)
	for _, l := range links {
		l.result.Replaced = taken.against(l.pair)
	}
	return nil
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

// conflicts returns the live links that exclude one of the pairs. Relies on the unique indexes that enforce this.
func (s *Store) conflicts(ctx context.Context, tx *write, d *Definition, pairs []Pair) ([]Link, error) {
	var conditions []string
	if !d.Right.IsList {
		conditions = append(conditions, d.leftKey.among("t", 1))
	}
	if !d.Left.IsList {
		conditions = append(conditions, d.rightKey.among("t", 1+len(d.leftKey)))
	}
	if len(conditions) == 0 || len(pairs) == 0 {
		return nil, nil
	}
	condition := strings.Join(conditions, " OR ")
	if d.width() > 2 && len(conditions) == 2 {
		// No index serves OR with a comparison of several columns: find the rows of either condition first.
		each := make([]string, len(conditions))
		for i, c := range conditions {
			each[i] = fmt.Sprintf("SELECT %s FROM %s AS t WHERE %s AND t.deleted_at IS NULL", d.keys("t"), d.table(), c)
		}
		condition = fmt.Sprintf("(%s) IN (%s)", d.keys("t"), strings.Join(each, " UNION "))
	}
	var left, right []string
	wanted := map[Pair]bool{}
	for _, p := range pairs {
		left, right = append(left, p.Left), append(right, p.Right)
		wanted[p] = true
	}
	rows, err := tx.Query(ctx, fmt.Sprintf(
		`SELECT %s FROM %s AS t, (SELECT %s) AS p WHERE (%s) AND t.deleted_at IS NULL ORDER BY %s FOR UPDATE OF t`,
		d.columns(), d.table(), d.pairArrays(), condition, d.keys("t")), d.pairArgs(left, right)...)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, d.scanner())
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(found, func(l Link) bool { return wanted[l.Pair()] }), nil
}
