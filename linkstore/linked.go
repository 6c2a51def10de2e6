package linkstore

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// Side is one of the two ends of a link.
type Side int

// The sides.
const (
	Left Side = iota
	Right
)

// LinkedOptions limits what Linked returns.
type LinkedOptions struct {
	Limit int // links for each id; 0 means all
}

// Linked returns the live links of the records at one end of a link, by record id, in one statement. A read-only
// link has only its keys. An id that is not valid for the key is an *InvalidError, unless the key is a single text.
func (s *Store) Linked(
	ctx context.Context,
	link string,
	from Side,
	ids []string,
	opts LinkedOptions,
) (map[string][]Link, error) {
	d, ok := s.catalog.Link(link)
	if !ok {
		return nil, undefined("link", link, s.catalog.linkNames(), ErrLinkNotDefined)
	}
	if s.absent(d) {
		return map[string][]Link{}, nil
	}
	near, far, field := d.leftKey, d.rightKey, d.Left.Key
	if from == Right {
		near, far, field = far, near, d.Right.Key
	}
	given := ids
	if !near.IsPlain() {
		var err error
		if ids, err = canonicalIDs(near, field, given); err != nil {
			return nil, fmt.Errorf("linked %s: %w", link, err)
		}
	}
	table, columns, scan := d.table(), d.columns(), d.scanner
	if d.ReadOnly != "" {
		table = d.left.table()
		columns = d.leftKey.On("t").TypedTexts() + ", " + d.rightKey.On("t").TypedTexts()
		scan = d.keyScanner
	}
	live := ""
	if d.ReadOnly == "" || !d.left.NoSoftDelete {
		live = " AND t.deleted_at IS NULL"
	}
	limit := ""
	args := rowkey.Args(distinct(ids), len(near))
	if opts.Limit > 0 {
		args = append(args, opts.Limit)
		limit = fmt.Sprintf(" LIMIT $%d", len(args))
	}
	// The query relies on the live index of the near key, or on the index of the column that holds a read-only
	// link.
	sql := fmt.Sprintf(`
		SELECT %[1]s, t.* FROM unnest(%[2]s) AS k(%[3]s) CROSS JOIN LATERAL (
			SELECT %[4]s FROM %[5]s AS t WHERE %[6]s%[7]s AND %[8]s ORDER BY %[9]s%[10]s
		) AS t`, near.Named("k", "id").TypedTexts(), near.Arrays(1, 0), near.Named("", "id").List(), columns, table, near.On("t").Equals(near.Named("k", "id")), live,
		far.On("t").NotNull(), far.On("t").List(), limit)
	key := near.Row()
	one := scan(key.Dests()...)
	var found map[string][]Link
	err := s.read(ctx, func() error {
		rows, err := s.db.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		found = make(map[string][]Link, len(ids))
		_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
			l, err := one(row)
			found[key.Key()] = append(found[key.Key()], l)
			return struct{}{}, err
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("linked %s: %w", link, err)
	}
	for i, id := range ids { // also under the spelling of the caller
		if links, ok := found[id]; ok {
			found[given[i]] = links
		}
	}
	return found, nil
}

// distinct returns the ids without repetitions.
func distinct(ids []string) []string {
	seen := make(map[string]bool, len(ids))
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		again := seen[id]
		seen[id] = true
		return again
	})
}

// keyScanner returns a function that scans the two keys of a read-only link.
func (d *Definition) keyScanner(before ...any) func(row pgx.CollectableRow) (Link, error) {
	return func(row pgx.CollectableRow) (Link, error) {
		left, right := d.leftKey.Row(), d.rightKey.Row()
		err := row.Scan(slices.Concat(before, left.Dests(), right.Dests())...)
		return Link{Name: d.Name, Left: left.Key(), Right: right.Key()}, err
	}
}
