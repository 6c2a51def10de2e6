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
	pairs := make([]Pair, len(items))
	for i, item := range items {
		d, pair, err := s.stored(item)
		if err == nil {
			err = s.writable(d)
		}
		if err != nil {
			return nil, atIndex(i, err)
		}
		pairs[i] = pair
	}
	results := make([]DismissResult, len(items))
	err := s.run(ctx, func(tx *write) (Written, error) {
		removed, err := s.detachAll(ctx, tx, pairs, nil, "dismiss")
		if err != nil {
			return Written{}, err
		}
		for i, p := range pairs {
			results[i] = DismissResult{Outcome: NotFound}
			if l, ok := removed[p]; ok {
				results[i] = DismissResult{Dismissed, &l}
				delete(removed, p) // the same pair again is not linked any more
			}
		}
		return s.dismissWritten(pairs, results), nil
	})
	if err != nil {
		return nil, fmt.Errorf("dismiss links: %w", err)
	}
	return results, nil
}

// detachAll removes live links of any kind, kind by kind.
func (s *Store) detachAll(ctx context.Context, tx *write, pairs []Pair, at *time.Time, cause string) (map[Pair]Link, error) {
	kinds := map[string][]Pair{}
	for _, p := range pairs {
		kinds[p.Link] = append(kinds[p.Link], p)
	}
	removed := make(map[Pair]Link, len(pairs))
	for _, name := range sortedKeys(kinds) {
		links, err := s.detach(ctx, tx, s.catalog.byLink[name], kinds[name], at, cause)
		if err != nil {
			return nil, err
		}
		for _, l := range links {
			removed[l.Pair()] = l
		}
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

// detach removes live links of one kind, locking them in order, and returns those it removed. at is the time of their
// removal; nil means now. Relies on the primary key.
func (s *Store) detach(ctx context.Context, tx *write, d *Definition, pairs []Pair, at *time.Time, cause string) ([]Link, error) {
	if len(pairs) == 0 {
		return nil, nil
	}
	var left, right []string
	for _, p := range pairs {
		left, right = append(left, p.Left), append(right, p.Right)
	}
	rows, err := tx.Query(ctx, fmt.Sprintf(`
		WITH gone AS (
			SELECT %[2]s FROM %[1]s AS t
			JOIN (SELECT DISTINCT %[3]s FROM unnest(%[4]s) AS p(%[3]s)) AS p ON %[5]s
			WHERE t.deleted_at IS NULL
			ORDER BY %[6]s FOR UPDATE OF t
		), now AS MATERIALIZED (SELECT COALESCE($%[7]d, clock_timestamp()) AS at)
		UPDATE %[1]s AS t SET deleted_at = now.at, updated_at = now.at
		FROM gone, now WHERE %[8]s
		RETURNING %[9]s`,
		d.table(), d.leftKey.as("t", "l")+", "+d.rightKey.as("t", "r"), d.pairNames(""), d.pairArrays(), d.pairOn("t", "p"), d.keys("t"),
		d.width()+1, d.pairOn("t", "gone"), d.columns()), append(d.pairArgs(left, right), at)...)
	if err != nil {
		return nil, err
	}
	links, err := pgx.CollectRows(rows, d.scanner())
	if err != nil {
		return nil, err
	}
	slices.SortFunc(links, func(a, b Link) int { return a.Pair().compare(b.Pair()) })
	return links, s.emit(tx, "detached", cause, links)
}
