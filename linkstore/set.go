package linkstore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Of is a record whose links of one kind are set.
type Of struct {
	Link string // the name of the definition
	From Side   // the end at which the record is
	ID   string
}

// Target is a record that another one is to be linked to.
type Target struct {
	ID string
	// Data are the extra columns. Those that it does not name keep their value; those of a new link take their default.
	Data map[string]any
}

// SetResult is what became of one link of a record: Created, Revived, Updated, Unchanged or Dismissed.
type SetResult struct {
	Outcome Outcome
	Link    Link // as it is now, or as it was removed
}

// SetLinks makes the links of a record exactly the given ones, in one transaction: it links the targets and dismisses the
// other links that the record has of this kind. Doing so again changes nothing. While it runs no other call links the
// record. Results are those of the targets, in their order, and then the dismissed links, by their keys.
//
// It fails with a *RecordError if a record is not there or deleted, with a *ConflictError if one would have a link too
// many, and with other typed errors for input that cannot be understood, as a target that is named twice. The error of a
// target is in an *ItemError. A record that has more other links than a call may have items is a *LimitError. Nothing is
// then written.
func (s *Store) SetLinks(ctx context.Context, of Of, to []Target) ([]SetResult, error) {
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

// linkSet is the links that a record is to have.
type linkSet struct {
	def    *Definition
	from   Side
	record record
	given  []*newLink // in the order of the call
	links  []*newLink // sorted
}

// newLinkSet resolves the record and the targets.
func (s *Store) newLinkSet(of Of, to []Target) (*linkSet, error) {
	d, ok := s.catalog.byLink[of.Link]
	if !ok {
		return nil, &UndefinedError{"link", of.Link, s.catalog.linkNames(), ErrLinkNotDefined}
	}
	if d.ReadOnly != "" {
		return nil, d.readOnlyError()
	}
	if err := s.writable(d); err != nil {
		return nil, err
	}
	set := &linkSet{def: d, from: of.From, given: make([]*newLink, len(to))}
	near, end := d.left, &d.Left
	if of.From == Right {
		near, end = d.right, &d.Right
	}
	id, err := canonicalID(near.key, end.Key, of.ID)
	if err != nil {
		return nil, err
	}
	set.record = record{near, id}
	for i, t := range to {
		item := Item{Link: d.Name, Left: id, Right: t.ID, Data: t.Data}
		if of.From == Right {
			item.Left, item.Right = t.ID, id
		}
		l, err := s.newLink(i, item)
		if err != nil {
			return nil, atIndex(i, err)
		}
		set.given[i] = &l
	}
	set.links = slices.SortedFunc(slices.Values(set.given), (*newLink).compare)
	if err := set.checkTwice(); err != nil {
		return nil, err
	}
	return set, conflictsWithin(set.links, CreateOptions{})
}

// far returns the id at the end that is not the record's.
func (set *linkSet) far(p Pair) string {
	if set.from == Right {
		return p.Left
	}
	return p.Right
}

// checkTwice finds the first target that is named before.
func (set *linkSet) checkTwice() error {
	first := -1
	var err error
	for n, l := range set.links {
		if n == 0 || set.links[n-1].pair != l.pair || first >= 0 && first < l.index {
			continue
		}
		end := set.def.Right
		if set.from == Right {
			end = set.def.Left
		}
		first, err = l.index, &ItemError{Index: l.index, Err: &InvalidError{
			Field:  end.Key,
			Value:  set.far(l.pair),
			Reason: fmt.Sprintf("%q is named by item %d already", set.far(l.pair), set.links[n-1].index),
		}}
	}
	return err
}

// locks are the records of the links. The record whose links are set is held so that nobody else links it: what others hold
// to do so excludes it.
func (set *linkSet) locks() *locks {
	locked := ends(set.links)
	if set.def.SkipExistence {
		locked.addBucket(set.record, forChange)
	} else {
		locked.add(set.record.model, set.record.id, forChange)
	}
	return locked
}

// setAll locks the records, then the links that there are, and then makes them the ones that are asked for. It takes two
// round trips if the links are few.
func (s *Store) setAll(ctx context.Context, tx *batchTx, set *linkSet, removed *[]Link) error {
	for _, l := range set.links {
		l.old, l.result = nil, CreateResult{}
	}
	locked := set.locks()
	s.lock(tx, locked)
	var standing []Link
	s.lockStanding(tx, set, &standing)
	if len(set.links) > 0 {
		s.lockRows(tx, set.links)
	}
	if err := tx.send(ctx); err != nil {
		return err
	}
	s.list(tx, locked)
	if err := tx.send(ctx); err != nil {
		return err
	}
	if err := set.check(locked); err != nil {
		return err
	}
	others, err := set.others(standing)
	if err != nil {
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

// check checks that all records are live, and that new links have the values that they need.
func (set *linkSet) check(locked *locks) error {
	m, d := set.record.model, set.def
	if !d.SkipExistence && !locked.isLive(m, set.record.id) {
		key := d.Left.Key
		if set.from == Right {
			key = d.Right.Key
		}
		return &RecordError{Module: m.Module, Model: m.Name, Key: key, ID: set.record.id}
	}
	inOrder := slices.Clone(set.given) // so that the first target at fault is named
	if err := checkEnds(inOrder, locked, CreateOptions{}); err != nil {
		return err
	}
	return checkRequired(inOrder, CreateOptions{})
}

// others returns the pairs of the record's links that are not asked for, sorted. A link of another record that excludes
// one that is asked for is a *ConflictError.
func (set *linkSet) others(standing []Link) ([]Pair, error) {
	wanted := make(map[string]*newLink, len(set.links)) // by the far id
	for _, l := range set.links {
		wanted[set.far(l.pair)] = l
	}
	var others []Pair
	var excluded *newLink
	var by Link
	for _, l := range standing {
		p := l.Pair()
		asked := wanted[set.far(p)]
		if set.near(p) == set.record.id {
			if asked == nil {
				others = append(others, p)
			}
		} else if excluded == nil || asked.index < excluded.index {
			excluded, by = asked, l
		}
	}
	if excluded != nil {
		p := excluded.pair
		return nil, &ItemError{Index: excluded.index, Err: &ConflictError{set.def.Name, p.Left, p.Right, by}}
	}
	return sortedPairs(others), nil
}

// near returns the id at the end of the record.
func (set *linkSet) near(p Pair) string {
	if set.from == Right {
		return p.Right
	}
	return p.Left
}

// results returns what became of the targets and of the links that were removed.
func (set *linkSet) results(removed []Link) []SetResult {
	results := make([]SetResult, 0, len(set.given)+len(removed))
	for _, l := range set.given {
		results = append(results, SetResult{l.result.Outcome, l.result.Link})
	}
	for _, l := range removed {
		results = append(results, SetResult{Dismissed, l})
	}
	return results
}

// lockStanding queues a statement that locks the live links of the record, and those of other records that exclude one that
// is asked for. It reads one more than may be removed at most. Relies on the live indexes of the keys.
func (s *Store) lockStanding(tx *batchTx, set *linkSet, standing *[]Link) {
	d := set.def
	near, far := []string{set.record.id}, make([]string, len(set.links))
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
		*standing, err = pgx.CollectRows(rows, d.scanner())
		return err
	}, text(s, textKey{what: "standing", of: d, how: how}, func() string { return d.standingText(set.from) }), args...)
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

// lockLiveText is a statement that locks the live links for which one of the conditions holds, of those parameters that
// argsOf fills.
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
		d.columns(), d.table(), d.pairArrays(0), condition, d.order("t"))
}
