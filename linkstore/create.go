package linkstore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/linkstore/storeerr"
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
	// Partial skips faulty items and writes the others. If two items exclude each other, the one that is linked
	// already stays, otherwise the first is written.
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

// fail records why a pair cannot be linked. The first reason counts.
func (l *newLink) fail(err error) {
	if l.result.Err == nil {
		l.result.Err = err
	}
}

// valid returns the links that have not failed.
func valid(links []*newLink) []*newLink {
	if !slices.ContainsFunc(links, (*newLink).failed) {
		return links
	}
	return slices.DeleteFunc(slices.Clone(links), (*newLink).failed)
}

func (l *newLink) failed() bool { return l.result.Err != nil }

// creation is one call of Create.
type creation struct {
	opts   CreateOptions
	links  []*newLink // distinct and sorted
	byItem []*newLink // the link of each item; nil if the item is among faults
	faults itemFaults // of items that name no link or bad values
}

// writes reports whether the call writes anything, as far as its items have been checked. Unless it is partial, one
// faulty item is enough to prevent it. The other items are still checked, so that the call reports all errors.
func (c *creation) writes() bool {
	return c.opts.Partial || len(c.faults) == 0 && !slices.ContainsFunc(c.links, (*newLink).failed)
}

// err returns the errors of all items as an *ItemsError, or nil if there are none.
func (c *creation) err() error {
	return storeerr.NewItemsError(len(c.byItem), c.errorOf)
}

// errorOf returns the error of an item, or nil.
func (c *creation) errorOf(i int) error {
	l := c.byItem[i]
	if l == nil {
		return c.faults[i]
	}
	var exclusion *ExclusionError
	if l.index == i || !errors.As(l.result.Err, &exclusion) {
		return l.result.Err
	}
	repeated := *exclusion
	repeated.Index = i
	return &repeated
}

// results returns the results of the items.
func (c *creation) results() []CreateResult {
	results := make([]CreateResult, len(c.byItem))
	for i, l := range c.byItem {
		if l == nil || l.failed() {
			results[i] = CreateResult{Err: c.errorOf(i)}
			continue
		}
		results[i] = l.result
		if l.index != i { // a repeated pair
			results[i].Outcome, results[i].Replaced = Unchanged, nil
		}
	}
	return results
}

// Create links pairs, of any links, in one transaction. It is idempotent. Results come in the order of the items.
// Extra columns that an item does not name keep their value; in a new link they take their default.
//
// Nothing is written if an item is faulty, unless the options say otherwise. The error is then an *ItemsError with the
// errors of all faulty items. The error of an item is a *ConflictError if a record would have more links than the
// definition allows, an *ExclusionError if that is because of another item, a *RecordError if a record does not exist
// or is deleted, and another typed error if the item is invalid.
func (s *Store) Create(ctx context.Context, items []Item, opts CreateOptions) ([]CreateResult, error) {
	if err := s.checkCount("links", len(items)); err != nil {
		return nil, err
	}
	c := s.newCreation(items, opts)
	if len(c.links) == 0 && !c.writes() {
		return nil, fmt.Errorf("create links: %w", c.err())
	}
	var results []CreateResult
	err := s.run(ctx, func(tx *batchTx) (func() Written, error) {
		for _, l := range c.links {
			l.old, l.result = nil, CreateResult{}
		}
		if err := s.createAll(ctx, tx, c); err != nil {
			return nil, err
		}
		if !c.writes() {
			return nil, c.err()
		}
		return func() Written {
			results = c.results()
			return s.createWritten(results)
		}, nil
	})
	var faulty *ItemsError
	if err != nil && !opts.Partial && len(c.faults) > 0 && !errors.As(err, &faulty) {
		err = c.faults.err(len(items)) // another try would end with these anyway
	}
	if err != nil {
		return nil, fmt.Errorf("create links: %w", missingOf(err))
	}
	return results, nil
}

// createAll locks the records of all links and writes the links, kind by kind. It locks the rows of the first kind
// in the same round trip as the records.
func (s *Store) createAll(ctx context.Context, tx *batchTx, c *creation) error {
	locked := endLocks(c.links)
	s.lock(tx, locked)
	for first, start := true, 0; start < len(c.links); first = false {
		end := start
		for end < len(c.links) && c.links[end].def == c.links[start].def {
			end++
		}
		kind := c.links[start:end]
		start = end
		asked := valid(kind)
		if len(asked) == 0 {
			continue
		}
		existing := s.lockPairs(tx, asked)
		if err := tx.send(ctx); err != nil {
			return err
		}
		if first {
			s.listLive(tx, locked)
			if err := tx.send(ctx); err != nil {
				return err
			}
			checkEnds(c.links, locked)
		}
		if err := s.createKind(ctx, tx, c, kind, *existing); err != nil {
			return err
		}
	}
	return nil
}

// newCreation resolves the items of a call, merges those that name the same pair, and sorts the links.
func (s *Store) newCreation(items []Item, opts CreateOptions) *creation {
	all := make([]newLink, len(items))
	c := &creation{opts, make([]*newLink, 0, len(items)), make([]*newLink, len(items)), itemFaults{}}
	for i, item := range items {
		var err error
		if all[i], err = s.newLink(i, item); err != nil {
			c.faults[i] = err
			continue
		}
		c.links = append(c.links, &all[i])
	}
	slices.SortFunc(c.links, (*newLink).compare)
	distinct := c.links[:0]
	for _, l := range c.links {
		n := len(distinct)
		if n == 0 || distinct[n-1].pair != l.pair {
			distinct = append(distinct, l)
		} else if err := distinct[n-1].add(l.data); err != nil {
			c.faults[l.index] = err
			continue
		}
		c.byItem[l.index] = distinct[len(distinct)-1]
	}
	c.links = distinct
	return c
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

// createKind checks and writes the links of one kind, whose rows are locked.
func (s *Store) createKind(ctx context.Context, tx *batchTx, c *creation, kind []*newLink, existing []Link) error {
	checkRequired(valid(kind))
	if !c.opts.Replace {
		failConflicts(valid(kind), existing)
	}
	if c.opts.Partial {
		excludeWithin(valid(kind), c.opts) // a pair that is not written excludes no other
	} else {
		excludeWithin(kind, c.opts)
	}
	links := valid(kind)
	if len(links) == 0 || !c.writes() {
		return nil
	}
	if c.opts.Replace {
		if err := s.replaceConflicts(ctx, tx, links, existing); err != nil {
			return err
		}
	}
	return s.upsert(ctx, tx, links)
}

// checkRequired fails new links without a mandatory value. A link that existed before, live or not, keeps its
// value.
func checkRequired(links []*newLink) {
	for _, l := range links {
		if l.old != nil {
			continue
		}
		for i := range l.def.Columns {
			c := &l.def.Columns[i]
			if _, given := l.data[c.Name]; !given && c.required() {
				l.fail(&InvalidError{
					Field:  c.Name,
					Reason: "is missing: a new link of " + l.def.Name + " needs a value",
				})
			}
		}
	}
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
