package linkstore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// DismissOptions configures DismissWith.
type DismissOptions struct {
	// Partial skips faulty items and dismisses the others.
	Partial bool
}

// DismissResult is the result of one item.
type DismissResult struct {
	Outcome Outcome
	Link    *Link // the link as it was removed; nil if the pair was not linked
	// Err says why the item was skipped, with DismissOptions.Partial. The other fields are then zero.
	Err error
}

// Dismiss removes exactly the given links. The records stay, and nothing cascades. A pair that is not linked has
// the outcome NotFound; it is no error. Results come in the order of the items. If an item is faulty, nothing is removed,
// and the error is an *ItemsError with the errors of all faulty items.
func (s *Store) Dismiss(ctx context.Context, items []Item) ([]DismissResult, error) {
	return s.DismissWith(ctx, items, DismissOptions{})
}

// DismissWith is Dismiss with options.
func (s *Store) DismissWith(ctx context.Context, items []Item, opts DismissOptions) ([]DismissResult, error) {
	if err := s.checkCount("links", len(items)); err != nil {
		return nil, err
	}
	d := s.newDismissal(items)
	if !opts.Partial && len(d.faults) > 0 {
		return nil, fmt.Errorf("dismiss links: %w", d.faults.err(len(items)))
	}
	var results []DismissResult
	err := s.run(ctx, func(tx *batchTx) (func() Written, error) {
		var removed []Link
		if err := s.detachAll(ctx, tx, d.sorted, removal{cause: "dismiss"}, &removed); err != nil {
			return nil, err
		}
		if err := s.checkUnlinked(ctx, tx, d.sorted, &removed); err != nil {
			return nil, err
		}
		return func() Written {
			results = d.results(removed)
			return s.dismissWritten(d.pairs, results)
		}, nil
	})
	if err != nil {
		return nil, fmt.Errorf("dismiss links: %w", err)
	}
	return results, nil
}

// dismissal is one call of Dismiss.
type dismissal struct {
	pairs  []Pair     // of the items; zero if the item is among faults
	faults itemFaults // of items that name no link
	sorted []Pair     // distinct
	first  []int      // the first item that names each of the sorted pairs
}

// newDismissal resolves the items of a call.
func (s *Store) newDismissal(items []Item) *dismissal {
	d := &dismissal{pairs: make([]Pair, len(items)), faults: itemFaults{}, first: make([]int, 0, len(items))}
	for i, item := range items {
		def, pair, err := s.stored(item)
		if err == nil {
			err = s.writable(def)
		}
		if err != nil {
			d.faults[i] = err
			continue
		}
		d.pairs[i], d.first = pair, append(d.first, i)
	}
	slices.SortStableFunc(d.first, func(i, j int) int { return d.pairs[i].compare(d.pairs[j]) })
	d.first = slices.CompactFunc(d.first, func(i, j int) bool { return d.pairs[i] == d.pairs[j] })
	d.sorted = make([]Pair, len(d.first))
	for n, i := range d.first {
		d.sorted[n] = d.pairs[i]
	}
	return d
}

// results returns the results of the items. removed are the links that were removed, in the order of their pairs.
func (d *dismissal) results(removed []Link) []DismissResult {
	results := make([]DismissResult, len(d.pairs))
	for i := range results {
		results[i] = DismissResult{Outcome: NotFound} // also a repeated pair, which is not linked any more
	}
	for i, err := range d.faults {
		results[i] = DismissResult{Err: err}
	}
	next := 0
	for n, i := range d.first {
		if next < len(removed) && removed[next].Pair() == d.sorted[n] {
			results[i] = DismissResult{Outcome: Dismissed, Link: &removed[next]}
			next++
		}
	}
	return results
}

// checkUnlinked checks that the pairs which were not removed are not linked: another call may have linked one while
// this call waited for the lock of another. It is one statement, so it sees all pairs at the same moment.
func (s *Store) checkUnlinked(ctx context.Context, tx *batchTx, pairs []Pair, removed *[]Link) error {
	if len(pairs) < 2 {
		return nil
	}
	if err := tx.send(ctx); err != nil || len(*removed) == len(pairs) {
		return err
	}
	gone := make(map[Pair]bool, len(*removed))
	for _, l := range *removed {
		gone[l.Pair()] = true
	}
	byKind := map[string][]Pair{}
	for _, p := range pairs {
		if !gone[p] {
			byKind[p.Link] = append(byKind[p.Link], p)
		}
	}
	var parts []string
	var args []any
	for _, name := range sortedKeys(byKind) {
		d := s.catalog.byLink[name]
		parts = append(
			parts,
			fmt.Sprintf(`EXISTS (SELECT 1 FROM unnest(%s) AS p(%s) JOIN %s AS t ON %s WHERE t.deleted_at IS NULL)`,
				d.pairArraysFrom(1+len(args), 0), d.pairNames(""), d.table(), d.pairOn()),
		)
		args = append(args, d.argsOf(byKind[name])...)
	}
	var linked bool
	tx.queue(len(pairs)-len(*removed), func(rows pgx.Rows) (err error) {
		linked, err = pgx.CollectExactlyOneRow(rows, pgx.RowTo[bool])
		return err
	}, `SELECT `+strings.Join(parts, " OR "), args...)
	if err := tx.send(ctx); err != nil {
		return err
	}
	if linked {
		return changedError{}
	}
	return nil
}

// removal says why links are removed.
type removal struct {
	cause    string // of the events
	deletion string // the id of the deletion that saves them; "" if it is none
}

// detachAll removes live links of any kind, kind by kind. The pairs must be sorted and distinct. The removed links
// are sorted too, once all statements are sent.
func (s *Store) detachAll(ctx context.Context, tx *batchTx, pairs []Pair, why removal, removed *[]Link) error {
	for start := 0; start < len(pairs); {
		end := start
		for end < len(pairs) && pairs[end].Link == pairs[start].Link {
			end++
		}
		if err := s.detach(ctx, tx, s.catalog.byLink[pairs[start].Link], pairs[start:end], why, removed); err != nil {
			return err
		}
		start = end
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// sortedPairs sorts pairs and removes duplicates.
func sortedPairs(pairs []Pair) []Pair {
	slices.SortFunc(pairs, Pair.compare)
	return slices.Compact(pairs)
}

// detach removes live links of one kind, and locks them in order. The pairs must be sorted and distinct. The links
// that it appends to removed are sorted too.
func (s *Store) detach(
	ctx context.Context,
	tx *batchTx,
	d *Definition,
	pairs []Pair,
	why removal,
	removed *[]Link,
) error {
	switch {
	case len(pairs) >= rowkey.Many:
		return s.detachMany(ctx, tx, d, pairs, why, removed)
	case len(pairs) > 0:
		s.detachFew(tx, d, pairs, why, removed)
	}
	return nil
}

// detachFew queues one statement that locks and removes a few links, saves them for a restore and writes their
// events. It relies on the primary key.
func (s *Store) detachFew(tx *batchTx, d *Definition, pairs []Pair, why removal, removed *[]Link) {
	args := d.argsOf(pairs)
	if why.deletion != "" {
		args = append(args, why.deletion)
	}
	tx.queue(len(pairs), func(rows pgx.Rows) error {
		links, err := pgx.CollectRows(rows, d.scanner())
		slices.SortFunc(links, func(a, b Link) int { return a.Pair().compare(b.Pair()) })
		*removed = append(*removed, links...)
		return err
	}, cachedSQL(s, sqlKey{statement: "detach", subject: d, variant: why.cause, multiple: len(pairs) > 1}, func() string { return s.detachText(d, why, len(pairs) > 1) }), args...)
}

// detachText returns the statement of detachFew, for one pair or for more, whose rows are locked in order. The
// statement of a deletion fails if one of the pairs is not linked any more.
func (s *Store) detachText(d *Definition, why removal, more bool) string {
	given := fmt.Sprintf("unnest(%s) WITH ORDINALITY AS p(%s, ord)", d.pairArrays(0), d.pairNames(""))
	live := ""
	if more {
		live = fmt.Sprintf(`live AS MATERIALIZED (
			SELECT p.* FROM %s JOIN %s AS t ON %s WHERE t.deleted_at IS NULL ORDER BY p.ord FOR UPDATE OF t), `, given, d.table(), d.pairOn())
		given = "live AS p"
	}
	at, noted, from := "clock_timestamp()", "", "written AS t"
	if why.deletion != "" {
		at = s.deletedAt(d.width() + 1)
		from = "whole LEFT JOIN written AS t ON whole.yes"
		noted = fmt.Sprintf(
			`, noted AS (
			INSERT INTO %s (deletion_id, link, left_key, right_key)
			SELECT $%d::text, %s, %s, %s FROM written AS t
		), whole AS MATERIALIZED (
			SELECT CASE WHEN count(*) = cardinality($1) THEN true ELSE %s() END AS yes FROM written)`,
			s.own(
				"deletion_link",
			),
			d.width()+1,
			literal(d.Name),
			d.leftKey.KeyOf("t"),
			d.rightKey.KeyOf("t"),
			s.own("overtaken"),
		)
	}
	return fmt.Sprintf(`
		WITH %snow AS MATERIALIZED (SELECT %s AS at), written AS (
			UPDATE %s AS t SET deleted_at = now.at, updated_at = now.at
			FROM %s, now WHERE %s AND t.deleted_at IS NULL RETURNING t.*)%s%s
		SELECT %s FROM %s`,
		live, at, d.table(), given, d.pairOn(), noted, s.eventsCTE(d, "detached", why.cause, ""), d.columns(), from)
}

// deletedAt returns an expression for the time of the deletion whose id is a parameter.
func (s *Store) deletedAt(parameter int) string {
	return fmt.Sprintf("(SELECT deleted_at FROM %s WHERE id = $%d::text)", s.own("deletion"), parameter)
}

// detachMany removes many links. It locks them before it removes them. It relies on the primary key.
func (s *Store) detachMany(
	ctx context.Context,
	tx *batchTx,
	d *Definition,
	pairs []Pair,
	why removal,
	removed *[]Link,
) error {
	live, err := lockLive(ctx, tx, d, pairs)
	if err == nil && why.deletion != "" && len(live) < len(pairs) {
		err = changedError{}
	}
	if err != nil || len(live) == 0 {
		return err
	}
	pairs = live
	args, at := d.argsOf(pairs), "clock_timestamp()"
	if why.deletion != "" {
		args = append(args, why.deletion)
		at = s.deletedAt(len(args))
	}
	links := make([]Link, len(pairs))
	tx.queue(len(pairs), func(rows pgx.Rows) error {
		var ord int
		row := d.scan(&ord)
		_, err := pgx.ForEachRow(rows, row.dests, func() error {
			links[ord-1] = row.link(pairs[ord-1].Left, pairs[ord-1].Right)
			return nil
		})
		return err
	}, fmt.Sprintf(`
		WITH now AS MATERIALIZED (SELECT %s AS at)
		UPDATE %s AS t SET deleted_at = now.at, updated_at = now.at
		FROM unnest(%s) WITH ORDINALITY AS p(%s, ord), now
		WHERE %s AND t.deleted_at IS NULL
		RETURNING p.ord, %s`,
		at, d.table(), d.pairArrays(len(pairs)), d.pairNames(""), d.pairOn(), d.values()), args...)
	if err := tx.send(ctx); err != nil {
		return err
	}
	links = slices.DeleteFunc(links, func(l Link) bool { return l.Name == "" }) // no row was live
	*removed = append(*removed, links...)
	if why.deletion != "" {
		s.saveLinks(tx, why.deletion, d, links)
	}
	return s.emit(tx, "detached", why.cause, links)
}

// lockLive locks the live rows of pairs, in the order of the pairs, and returns the pairs that have one. It relies
// on the primary key.
func lockLive(ctx context.Context, tx *batchTx, d *Definition, pairs []Pair) ([]Pair, error) {
	live := make([]Pair, 0, len(pairs))
	tx.queue(len(pairs), func(rows pgx.Rows) error {
		var ord int
		_, err := pgx.ForEachRow(rows, []any{&ord}, func() error {
			live = append(live, pairs[ord-1])
			return nil
		})
		return err
	}, fmt.Sprintf(`
		SELECT p.ord FROM %s AS t
		JOIN unnest(%s) WITH ORDINALITY AS p(%s, ord) ON %s
		WHERE t.deleted_at IS NULL
		ORDER BY p.ord FOR UPDATE OF t`,
		d.table(), d.pairArrays(len(pairs)), d.pairNames(""), d.pairOn()), d.argsOf(pairs)...)
	err := tx.send(ctx)
	return live, err
}
