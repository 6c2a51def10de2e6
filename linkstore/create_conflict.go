package linkstore

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
)

// conflictsWithin fails the links of one call that an earlier one of the call excludes.
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
	first := make(map[end]*newLink, len(limited))
	for _, l := range limited {
		var ends []end
		if !l.def.Right.IsList {
			ends = append(ends, end{l.def.Name, "left", l.pair.Left})
		}
		if !l.def.Left.IsList {
			ends = append(ends, end{l.def.Name, "right", l.pair.Right})
		}
		for _, e := range ends {
			if other := first[e]; other != nil && !l.failed() {
				existing := Link{Name: l.def.Name, Left: other.pair.Left, Right: other.pair.Right}
				if err := l.fail(opts, &ConflictError{l.def.Name, l.pair.Left, l.pair.Right, existing}); err != nil {
					return err
				}
			}
		}
		for _, e := range ends {
			if !l.failed() {
				first[e] = l
			}
		}
	}
	return nil
}

// resolveConflicts finds the live links among existing that exclude new ones. With Replace it dismisses them,
// otherwise it fails the new ones.
func (s *Store) resolveConflicts(
	ctx context.Context,
	tx *batchTx,
	links []*newLink,
	existing []Link,
	opts CreateOptions,
) error {
	if len(links) == 0 || len(existing) == 0 {
		return nil
	}
	d := links[0].def
	exclusive := newExclusiveLinks(d, withoutPairs(existing, pairsOf(links)))
	var remove []Pair
	for _, l := range links {
		for _, other := range exclusive.excluding(l.pair) {
			if opts.Replace {
				remove = append(remove, other.Pair())
			} else if err := l.fail(opts, &ConflictError{d.Name, l.pair.Left, l.pair.Right, other}); err != nil {
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
