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

// Outcome says what a call did with one item.
type Outcome string

// The outcomes of Create and Dismiss.
const (
	Created   Outcome = "CREATED"   // the pair was never linked before
	Revived   Outcome = "REVIVED"   // the pair was linked before; its row is live again
	Updated   Outcome = "UPDATED"   // the link was live; extra columns changed
	Unchanged Outcome = "UNCHANGED" // the link was live, with these values
	Dismissed Outcome = "DISMISSED" // the link was removed
	NotFound  Outcome = "NOT_FOUND" // the pair was not linked
)

// CreateOptions configures Create.
type CreateOptions struct {
	// Replace dismisses the existing links that exclude new ones.
	Replace bool
	// Partial skips invalid items and writes the others. If two items exclude each other, the first is written.
	Partial bool
}

// CreateResult is the result of one item.
type CreateResult struct {
	Outcome  Outcome
	Link     Link
	Replaced []Link // links that were dismissed because they excluded this one
	// Err says why the item was skipped, with CreateOptions.Partial. The other fields are then zero.
	Err error
}

// newLink is a pair to link, with what all items that name it ask for.
type newLink struct {
	def    *Definition
	pair   Pair
	data   map[string]*string
	index  int // of the first item that names it
	old    *oldLink
	result CreateResult
}

// compare sorts by pair, then by position in the call.
func (l *newLink) compare(o *newLink) int {
	if c := l.pair.compare(o.pair); c != 0 {
		return c
	}
	return l.index - o.index
}

// fail handles the error of a pair that cannot be linked: the call fails, or a partial call skips the pair.
func (l *newLink) fail(opts CreateOptions, err error) error {
	if !opts.Partial {
		return &ItemError{Index: l.index, Err: err}
	}
	l.result.Err = err
	return nil
}

// valid returns the links that have not failed.
func valid(links []*newLink) []*newLink {
	if !slices.ContainsFunc(links, (*newLink).failed) {
		return links
	}
	return slices.DeleteFunc(slices.Clone(links), (*newLink).failed)
}

func (l *newLink) failed() bool { return l.result.Err != nil }

// Create links pairs, of any links, in one transaction. It is idempotent. Results come in the order of the items.
// Extra columns that an item does not name keep their value; in a new link they take their default.
//
// It fails with a *ConflictError if a record would have more links than the definition allows, with a *RecordError
// if a record does not exist or is deleted, and with other typed errors for invalid items, each in an *ItemError.
// Nothing is written then, unless the options say otherwise.
func (s *Store) Create(ctx context.Context, items []Item, opts CreateOptions) ([]CreateResult, error) {
	if err := s.checkCount("links", len(items)); err != nil {
		return nil, err
	}
	links, byItem, errs, err := s.resolveItems(items, opts)
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
			for i, l := range byItem {
				if l == nil {
					results[i] = CreateResult{Err: errs[i]}
					continue
				}
				results[i] = l.result
				if l.index != i && !l.failed() { // a repeated pair
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

// createAll locks the records of all links and writes the links, kind by kind. It locks the rows of the first kind
// in the same round trip as the records.
func (s *Store) createAll(ctx context.Context, tx *batchTx, links []*newLink, opts CreateOptions) error {
	locked := endLocks(links)
	s.lock(tx, locked)
	for first, start := true, 0; start < len(links); first = false {
		end := start
		for end < len(links) && links[end].def == links[start].def {
			end++
		}
		kind := valid(links[start:end])
		start = end
		if len(kind) == 0 {
			continue
		}
		existing := s.lockPairs(tx, kind)
		if err := tx.send(ctx); err != nil {
			return err
		}
		if first {
			s.listLive(tx, locked)
			if err := tx.send(ctx); err != nil {
				return err
			}
			if err := checkEnds(links, locked, opts); err != nil {
				return err
			}
		}
		if err := s.createKind(ctx, tx, valid(kind), *existing, opts); err != nil {
			return err
		}
	}
	return nil
}

// resolveItems resolves the items, merges those that name the same pair, and sorts the links. byItem holds the link
// of each item. The link of an item that is skipped is nil, and errs holds its error.
func (s *Store) resolveItems(items []Item, opts CreateOptions) (links, byItem []*newLink, errs []error, err error) {
	all := make([]newLink, len(items))
	links, byItem, errs = make([]*newLink, 0, len(items)), make([]*newLink, len(items)), make([]error, len(items))
	for i, item := range items {
		if all[i], errs[i] = s.newLink(i, item); errs[i] == nil {
			links = append(links, &all[i])
		}
	}
	slices.SortFunc(links, (*newLink).compare)
	distinct := links[:0]
	for _, l := range links {
		n := len(distinct)
		if n == 0 || distinct[n-1].pair != l.pair {
			distinct = append(distinct, l)
		} else if errs[l.index] = distinct[n-1].add(l.data); errs[l.index] != nil {
			continue
		}
		byItem[l.index] = distinct[len(distinct)-1]
	}
	if opts.Partial {
		return distinct, byItem, errs, nil
	}
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		return nil, nil, nil, atIndex(i, errs[i])
	}
	return distinct, byItem, errs, conflictsWithin(distinct, opts)
}

// newLink resolves an item and checks its values.
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

// add merges the values of a later item that names the same pair.
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

// createKind writes the links of one kind, whose rows are locked.
func (s *Store) createKind(
	ctx context.Context,
	tx *batchTx,
	links []*newLink,
	existing []Link,
	opts CreateOptions,
) error {
	if err := checkRequired(links, opts); err != nil {
		return err
	}
	// In a partial call, a pair excludes others only if it is written.
	if opts.Partial && opts.Replace {
		_ = conflictsWithin(valid(links), opts)
	}
	if err := s.resolveConflicts(ctx, tx, valid(links), existing, opts); err != nil {
		return err
	}
	if opts.Partial {
		_ = conflictsWithin(valid(links), opts)
	}
	if links = valid(links); len(links) == 0 {
		return nil
	}
	return s.upsert(ctx, tx, links)
}

// checkRequired fails new links without a mandatory value. A link that existed before, live or not, keeps its
// value.
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
			err := l.fail(
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

// oldLink is the row of a pair before the write.
type oldLink struct {
	Link
	differs bool // from the requested values
}

// lockPairs queues the statements that lock the rows of pairs, live or not, and the live links that exclude them.
// It sets old of each link, and returns the live links. Live rows are locked first, all in one order. Rows of pairs
// that are not linked need no order, because no other call takes them while their records are locked. The
// statements rely on the primary key.
func (s *Store) lockPairs(tx *batchTx, links []*newLink) (existing *[]Link) {
	existing = new([]Link)
	s.lockConflicts(tx, links[0].def, pairsOf(links), existing)
	s.lockRows(tx, links)
	return existing
}

// pairsOf returns the pairs of links.
func pairsOf(links []*newLink) []Pair {
	pairs := make([]Pair, len(links))
	for i, l := range links {
		pairs[i] = l.pair
	}
	return pairs
}

// lockRows queues the statement that locks the rows of pairs, live or not, and sets old of each link.
func (s *Store) lockRows(tx *batchTx, links []*newLink) {
	g := newLinkArgs(links)
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
	}, g.cachedSQL(s, "rows", "", func() string {
		return fmt.Sprintf(`
			SELECT p.ord, %s, %s FROM %s AS t
			JOIN unnest(%s) WITH ORDINALITY AS p(%s, ord) ON %s
			ORDER BY p.ord FOR UPDATE OF t`,
			g.differs(), d.values(), d.table(), strings.Join(g.arrays, ", "), strings.Join(g.names, ", "), d.pairOn())
	}), g.args...)
}
