package linkstore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/linkstore/storeerr"
)

// Source is the record whose links of one kind SetLinks sets.
type Source struct {
	Link string // the name of the definition
	From Side   // the end at which the record stands
	ID   string
}

// Target is a record to link to the source.
type Target struct {
	ID string
	// Data holds extra columns. Columns that it does not name keep their value; in a new link they take their
	// default.
	Data map[string]any
}

// SetResult is the outcome of one link: Created, Revived, Updated, Unchanged or Dismissed.
type SetResult struct {
	Outcome Outcome
	Link    Link // as it is now, or as it was when it was removed
}

// SetLinks makes the given targets the only records that the source is linked to by this link, in one transaction.
// It links the targets and dismisses the other links of the source. It is idempotent. While it runs, no other call
// links the source. The results are those of the targets, in order, followed by the dismissed links, sorted by
// their keys.
//
// It fails with a *RecordError if a record does not exist or is deleted, with a *ConflictError or an *ExclusionError if a
// record would have more links than the definition allows, and with other typed errors for invalid input, such as a
// target that is named twice. The errors of targets are in an *ItemsError. If the source has more other links than a
// call may have items, the error is a *LimitError. Nothing is written then.
func (s *Store) SetLinks(ctx context.Context, of Source, to []Target) ([]SetResult, error) {
	if err := s.checkCount("links", len(to)); err != nil {
		return nil, err
	}
	set, err := s.newLinkSet(of, to)
	if err != nil {
		return nil, err
	}
	var results []SetResult
	err = s.run(ctx, func(tx *batchTx) (func() Written, error) {
		removed := new([]Link)
		if err := s.setAll(ctx, tx, set, removed); err != nil {
			return nil, err
		}
		return func() Written {
			results = set.results(*removed)
			return s.setWritten(results)
		}, nil
	})
	if err != nil {
		return nil, fmt.Errorf("set links: %w", missingOf(err))
	}
	return results, nil
}

// linkSet is the set of links that a record is to have.
type linkSet struct {
	def     *Definition
	from    Side
	source  record
	targets []*newLink // in the order of the call
	links   []*newLink // sorted
}

// newLinkSet resolves the source and the targets.
func (s *Store) newLinkSet(of Source, to []Target) (*linkSet, error) {
	d, ok := s.catalog.byLink[of.Link]
	if !ok {
		return nil, undefined("link", of.Link, s.catalog.linkNames(), ErrLinkNotDefined)
	}
	if d.ReadOnly != "" {
		return nil, d.readOnlyError()
	}
	if err := s.writable(d); err != nil {
		return nil, err
	}
	set := &linkSet{def: d, from: of.From, targets: make([]*newLink, len(to))}
	near, end := d.left, &d.Left
	if of.From == Right {
		near, end = d.right, &d.Right
	}
	id, err := canonicalID(near.key, end.Key, of.ID)
	if err != nil {
		return nil, err
	}
	set.source = record{near, id}
	faults := itemFaults{}
	for i, t := range to {
		item := Item{Link: d.Name, Left: id, Right: t.ID, Data: t.Data}
		if of.From == Right {
			item.Left, item.Right = t.ID, id
		}
		l, err := s.newLink(i, item)
		if err != nil {
			faults[i] = err
		}
		set.targets[i] = &l
	}
	if err := faults.err(len(to)); err != nil {
		return nil, err
	}
	set.links = slices.SortedFunc(slices.Values(set.targets), (*newLink).compare)
	set.checkTwice()
	excludeWithin(set.links, CreateOptions{})
	return set, set.err()
}

// err returns the errors of the targets as an *ItemsError, or nil if there are none.
func (set *linkSet) err() error {
	return storeerr.NewItemsError(len(set.targets), func(i int) error { return set.targets[i].result.Err })
}

// far returns the id at the end opposite the source.
func (set *linkSet) far(p Pair) string {
	if set.from == Right {
		return p.Left
	}
	return p.Right
}

// checkTwice fails the targets that are named before.
func (set *linkSet) checkTwice() {
	end := set.def.Right
	if set.from == Right {
		end = set.def.Left
	}
	first := 0 // of the links to the same target
	for n, l := range set.links {
		if set.links[first].pair != l.pair {
			first = n
		}
		if first < n {
			l.fail(&InvalidError{
				Field:  end.Key,
				Value:  set.far(l.pair),
				Reason: fmt.Sprintf("%q is named by item %d already", set.far(l.pair), set.links[first].index),
			})
		}
	}
}

// locks returns the locks of the links' records. The lock of the source excludes the locks that other calls take to
// link it.
func (set *linkSet) locks() *lockSet {
	locked := endLocks(set.links)
	if set.def.SkipExistence {
		locked.addBucket(set.source, forChange)
	} else {
		locked.add(set.source.model, set.source.id, forChange)
	}
	return locked
}

// setAll locks the records, then the existing links of the source, and then writes the difference to the requested
// links. It takes two round trips if there are few links.
func (s *Store) setAll(ctx context.Context, tx *batchTx, set *linkSet, removed *[]Link) error {
	for _, l := range set.links {
		l.old, l.result = nil, CreateResult{}
	}
	locked := set.locks()
	s.lock(tx, locked)
	var existing []Link
	s.lockExisting(tx, set, &existing)
	if len(set.links) > 0 {
		s.lockRows(tx, set.links)
	}
	if err := tx.send(ctx); err != nil {
		return err
	}
	s.listLive(tx, locked)
	if err := tx.send(ctx); err != nil {
		return err
	}
	if err := set.check(locked); err != nil {
		return err
	}
	others := set.others(existing)
	if err := set.err(); err != nil {
		return err
	}
	if len(others) > s.cfg.MaxItems {
		return &LimitError{What: "links to dismiss", Limit: s.cfg.MaxItems, Advice: "dismiss some of them before"}
	}
	if err := s.detach(ctx, tx, set.def, others, removal{cause: "dismiss"}, removed); err != nil {
		return err
	}
	if len(set.links) == 0 {
		return nil
	}
	return s.upsert(ctx, tx, set.links)
}

// check checks that all records are live, and that new links have all mandatory values.
func (set *linkSet) check(locked *lockSet) error {
	m, d := set.source.model, set.def
	if !d.SkipExistence && !locked.isLive(m, set.source.id) {
		key := d.Left.Key
		if set.from == Right {
			key = d.Right.Key
		}
		return &RecordError{Module: m.Module, Model: m.Name, Key: key, ID: set.source.id}
	}
	checkEnds(set.links, locked)
	checkRequired(set.links)
	return nil
}

// others returns the pairs of the source's links that are not requested, sorted. It fails the targets that a link of
// another record excludes.
func (set *linkSet) others(existing []Link) []Pair {
	requested := make(map[string]*newLink, len(set.links)) // by the far id
	for _, l := range set.links {
		requested[set.far(l.pair)] = l
	}
	var others []Pair
	for _, l := range existing {
		p := l.Pair()
		link := requested[set.far(p)]
		if set.near(p) == set.source.id {
			if link == nil {
				others = append(others, p)
			}
		} else if link != nil {
			link.fail(&ConflictError{set.def.Name, link.pair.Left, link.pair.Right, l})
		}
	}
	return sortedPairs(others)
}

// near returns the id at the end of the source.
func (set *linkSet) near(p Pair) string {
	if set.from == Right {
		return p.Right
	}
	return p.Left
}

// results returns the results of the targets and of the removed links.
func (set *linkSet) results(removed []Link) []SetResult {
	results := make([]SetResult, 0, len(set.targets)+len(removed))
	for _, l := range set.targets {
		results = append(results, SetResult{l.result.Outcome, l.result.Link})
	}
	for _, l := range removed {
		results = append(results, SetResult{Dismissed, l})
	}
	return results
}

// lockExisting queues the statement that locks the live links of the source, and the live links of other records
// that exclude a requested one. It reads at most one link more than a call may remove. It relies on the live
// indexes of the keys.
func (s *Store) lockExisting(tx *batchTx, set *linkSet, existing *[]Link) {
	d := set.def
	near, far := []string{set.source.id}, make([]string, len(set.links))
	for i, l := range set.links {
		far[i] = set.far(l.pair)
	}
	args := d.pairArgs(near, far)
	if set.from == Right {
		args = d.pairArgs(far, near)
	}
	args = append(args, s.cfg.MaxItems+2*len(set.links)+1)
	how := "of left"
	if set.from == Right {
		how = "of right"
	}
	tx.queue(0, func(rows pgx.Rows) (err error) {
		*existing, err = pgx.CollectRows(rows, d.scanner())
		return err
	}, cachedSQL(s, sqlKey{statement: "existing", subject: d, variant: how}, func() string { return d.standingText(set.from) }), args...)
}

func (d *Definition) standingText(from Side) string {
	left, right := amongFew(d.leftKey, "t", 1), amongFew(d.rightKey, "t", 1+len(d.leftKey))
	var conditions []string
	if from == Left || !d.Right.IsList {
		conditions = append(conditions, left)
	}
	if from == Right || !d.Left.IsList {
		conditions = append(conditions, right)
	}
	return d.lockLiveText(conditions) + fmt.Sprintf(" LIMIT $%d", 1+d.width())
}

// lockLiveText returns a statement that locks the live links which match one of the conditions, on the parameters
// that argsOf fills.
func (d *Definition) lockLiveText(conditions []string) string {
	condition := strings.Join(conditions, " OR ")
	if d.width() > 2 && len(conditions) == 2 {
		// No index serves OR with a comparison of several columns: find the rows of either condition first.
		each := make([]string, len(conditions))
		for i, c := range conditions {
			each[i] = fmt.Sprintf("SELECT %s FROM %s AS t WHERE %s AND t.deleted_at IS NULL", d.keys("t"), d.table(), c)
		}
		condition = fmt.Sprintf("(%s) IN (%s)", d.keys("t"), strings.Join(each, " UNION "))
	}
	return fmt.Sprintf(
		`SELECT %s FROM %s AS t, (SELECT %s) AS p WHERE (%s) AND t.deleted_at IS NULL ORDER BY %s FOR UPDATE OF t`,
		d.columns(), d.table(), d.pairArrays(0), condition, d.order())
}
