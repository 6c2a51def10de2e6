package linkstore

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
)

// excludeWithin fails the links of one call that an earlier one of the call excludes. A link that is live already is not
// at fault, unless it may be replaced: the links that it excludes have failed before.
func excludeWithin(links []*newLink, opts CreateOptions) {
	var limited []*newLink
	for _, l := range links {
		if !l.def.Left.IsList || !l.def.Right.IsList {
			limited = append(limited, l)
		}
	}
	slices.SortFunc(limited, func(a, b *newLink) int { return a.index - b.index })
	first := make(map[exclusiveEnd]*newLink, len(limited))
	for _, l := range limited {
		ends := l.exclusiveEnds()
		if opts.Replace || !l.isLive() {
			l.failBecause(first, ends)
		}
		for _, e := range ends {
			if first[e] == nil && (!opts.Partial || !l.failed()) {
				first[e] = l
			}
		}
	}
}

// failBecause fails the link if another one of the call has one of its exclusive ends already. If there are two, the error
// names the first.
func (l *newLink) failBecause(first map[exclusiveEnd]*newLink, ends []exclusiveEnd) {
	var at exclusiveEnd
	var other *newLink
	for _, e := range ends {
		if o := first[e]; o != nil && (other == nil || o.index < other.index) {
			at, other = e, o
		}
	}
	if other != nil {
		l.fail(at.excludes(l, other))
	}
}

// isLive reports whether the link was live before the call.
func (l *newLink) isLive() bool { return l.old != nil && l.old.DeletedAt == nil }

// exclusiveEnd is a record that can have only one live link of a kind.
type exclusiveEnd struct {
	link string
	side Side
	id   string
}

// exclusiveEnds returns the records of a link that can have no other link of its kind.
func (l *newLink) exclusiveEnds() []exclusiveEnd {
	ends := make([]exclusiveEnd, 0, 2)
	if !l.def.Right.IsList {
		ends = append(ends, exclusiveEnd{l.def.Name, Left, l.pair.Left})
	}
	if !l.def.Left.IsList {
		ends = append(ends, exclusiveEnd{l.def.Name, Right, l.pair.Right})
	}
	return ends
}

// excludes returns the error of a link that another one of the call excludes, because both are links of the record.
func (e exclusiveEnd) excludes(l, other *newLink) *ExclusionError {
	err := &ExclusionError{
		Link: e.link, Index: l.index, Other: other.index,
		Key: l.def.Left.Key, ID: e.id, To: l.pair.Right, OtherTo: other.pair.Right,
	}
	if e.side == Right {
		err.Key, err.To, err.OtherTo = l.def.Right.Key, l.pair.Left, other.pair.Left
	}
	return err
}

// failConflicts fails the links that a live one among existing excludes.
func failConflicts(links []*newLink, existing []Link) {
	if len(links) == 0 || len(existing) == 0 {
		return
	}
	exclusive := newExclusiveLinks(links[0].def, existing)
	for _, l := range links {
		if others := exclusive.excluding(l.pair); len(others) > 0 {
			l.fail(&ConflictError{l.def.Name, l.pair.Left, l.pair.Right, others[0]})
		}
	}
}

// replaceConflicts dismisses the live links among existing that exclude new ones.
func (s *Store) replaceConflicts(ctx context.Context, tx *batchTx, links []*newLink, existing []Link) error {
	d := links[0].def
	exclusive := newExclusiveLinks(d, withoutPairs(existing, pairsOf(links)))
	var remove []Pair
	for _, l := range links {
		for _, other := range exclusive.excluding(l.pair) {
			remove = append(remove, other.Pair())
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
	exclusive = newExclusiveLinks(d, removed)
	for _, l := range links {
		l.result.Replaced = exclusive.excluding(l.pair)
	}
	return nil
}

// withoutPairs returns the links whose pair is not among pairs.
func withoutPairs(links []Link, pairs []Pair) []Link {
	of := make(map[Pair]bool, len(pairs))
	for _, p := range pairs {
		of[p] = true
	}
	return slices.DeleteFunc(links, func(l Link) bool { return of[l.Pair()] })
}

// exclusiveLinks holds live links of a definition by the records that can have no other link.
type exclusiveLinks struct{ left, right map[string][]Link }

func newExclusiveLinks(d *Definition, links []Link) *exclusiveLinks {
	t := &exclusiveLinks{}
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

func (t *exclusiveLinks) add(l Link) {
	if t.left != nil {
		t.left[l.Left] = append(t.left[l.Left], l)
	}
	if t.right != nil {
		t.right[l.Right] = append(t.right[l.Right], l)
	}
}

// excluding returns the links that cannot be live together with a pair, in order.
func (t *exclusiveLinks) excluding(p Pair) []Link {
	var all []Link
	for _, l := range slices.Concat(t.left[p.Left], t.right[p.Right]) {
		if l.Pair() != p {
			all = append(all, l)
		}
	}
	slices.SortFunc(all, func(a, b Link) int { return a.Pair().compare(b.Pair()) })
	return all
}

// lockConflicts queues the statement that locks the live links that exclude one of the pairs, and the live links of
// the pairs themselves. It relies on the unique indexes that enforce the cardinality.
func (s *Store) lockConflicts(tx *batchTx, d *Definition, pairs []Pair, found *[]Link) {
	if d.Left.IsList && d.Right.IsList || len(pairs) == 0 {
		return
	}
	tx.queue(0, func(rows pgx.Rows) (err error) {
		*found, err = pgx.CollectRows(rows, d.scanner())
		return err
	}, cachedSQL(s, sqlKey{statement: "conflicts", subject: d}, d.conflictsText), d.argsOf(pairs)...)
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
