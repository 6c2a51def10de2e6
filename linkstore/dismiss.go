package linkstore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// DismissResult is what became of one item.
type DismissResult struct {
	Outcome Outcome
	Link    *Link // as it was removed; nil if the pair was not linked
}

// Dismiss removes exactly the given links; records stay and nothing cascades. A pair that is not linked is NotFound, not
// an error. Results come in the order of the items.
func (s *Store) Dismiss(ctx context.Context, items []Item) ([]DismissResult, error) {
	if err := s.checkCount("links", len(items)); err != nil {
		return nil, err
	}
	pairs, order := make([]Pair, len(items)), make([]int, len(items))
	for i, item := range items {
		d, pair, err := s.stored(item)
		if err == nil {
			err = s.writable(d)
		}
		if err != nil {
			return nil, atIndex(i, err)
		}
		pairs[i], order[i] = pair, i
	}
	slices.SortStableFunc(order, func(i, j int) int { return pairs[i].compare(pairs[j]) })
	order = slices.CompactFunc(order, func(i, j int) bool { return pairs[i] == pairs[j] }) // the same pair again is not linked any more
	sorted := make([]Pair, len(order))
	for n, i := range order {
		sorted[n] = pairs[i]
	}
	results := make([]DismissResult, len(items))
	err := s.run(ctx, func(tx *write) (Written, error) {
		removed, err := s.detachAll(ctx, tx, sorted, nil, "dismiss")
		if err != nil {
			return Written{}, err
		}
		for i := range results {
			results[i] = DismissResult{Outcome: NotFound}
		}
		next := 0 // both are in the order of the pairs
		for n, i := range order {
			if next < len(removed) && removed[next].Pair() == sorted[n] {
				results[i] = DismissResult{Dismissed, &removed[next]}
				next++
			}
		}
		return s.dismissWritten(pairs, results), nil
	})
	if err != nil {
		return nil, fmt.Errorf("dismiss links: %w", err)
	}
	return results, nil
}

// detachAll removes live links of any kind, kind by kind. The pairs are sorted, each once, and so are the links it returns.
func (s *Store) detachAll(ctx context.Context, tx *write, pairs []Pair, at *time.Time, cause string) ([]Link, error) {
	var removed []Link
	for start := 0; start < len(pairs); {
		end := start
		for end < len(pairs) && pairs[end].Link == pairs[start].Link {
			end++
		}
		links, err := s.detach(ctx, tx, s.catalog.byLink[pairs[start].Link], pairs[start:end], at, cause)
		if err != nil {
			return nil, err
		}
		removed = append(removed, links...)
		start = end
	}
	return removed, nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// sortedPairs sorts pairs and leaves out what is there twice.
func sortedPairs(pairs []Pair) []Pair {
	slices.SortFunc(pairs, Pair.compare)
	return slices.Compact(pairs)
}

// detach removes live links of one kind, locking them in order, and returns those it removed. The pairs are sorted, each once.
// at is the time of their removal; nil means now. Relies on the primary key.
func (s *Store) detach(ctx context.Context, tx *write, d *Definition, pairs []Pair, at *time.Time, cause string) ([]Link, error) {
	if len(pairs) > 1 {
		var err error
		if pairs, err = lockLive(ctx, tx, d, pairs); err != nil {
			return nil, err
		}
	}
	if len(pairs) == 0 {
		return nil, nil
	}
	rows, err := tx.bulk(ctx, len(pairs), fmt.Sprintf(`
		WITH now AS MATERIALIZED (SELECT COALESCE($%d, clock_timestamp()) AS at)
		UPDATE %s AS t SET deleted_at = now.at, updated_at = now.at
		FROM unnest(%s) WITH ORDINALITY AS p(%s, ord), now
		WHERE %s AND t.deleted_at IS NULL
		RETURNING p.ord, %s`,
		d.width()+1, d.table(), d.pairArrays(), d.pairNames(""), d.pairOn(), d.values()), append(d.argsOf(pairs), at)...)
	if err != nil {
		return nil, err
	}
	links := make([]Link, len(pairs))
	var ord int
	row := d.scan(&ord)
	_, err = pgx.ForEachRow(rows, row.dests, func() error {
		links[ord-1] = row.link(pairs[ord-1].Left, pairs[ord-1].Right)
		return nil
	})
	if err != nil {
		return nil, err
	}
	links = slices.DeleteFunc(links, func(l Link) bool { return l.Name == "" }) // not live
	return links, s.emit(tx, "detached", cause, links)
}

// lockLive locks the rows of pairs that are live, in their order, and returns these pairs. Relies on the primary key.
func lockLive(ctx context.Context, tx *write, d *Definition, pairs []Pair) ([]Pair, error) {
	rows, err := tx.bulk(ctx, len(pairs), fmt.Sprintf(`
		SELECT p.ord FROM %s AS t
		JOIN unnest(%s) WITH ORDINALITY AS p(%s, ord) ON %s
		WHERE t.deleted_at IS NULL
		ORDER BY p.ord FOR UPDATE OF t`,
		d.table(), d.pairArrays(), d.pairNames(""), d.pairOn()), d.argsOf(pairs)...)
	if err != nil {
		return nil, err
	}
	live := make([]Pair, 0, len(pairs))
	var ord int
	_, err = pgx.ForEachRow(rows, []any{&ord}, func() error {
		live = append(live, pairs[ord-1])
		return nil
	})
	return live, err
}
