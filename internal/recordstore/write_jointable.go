package recordstore

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// writeJoins replaces the sets of join tables that the drafts give.
func (s *Store) writeJoins(ctx context.Context, tx pgx.Tx, m *Model, drafts []draft, held held) error {
	for i := range m.Relations {
		r := &m.Relations[i]
		if r.Settable == "" {
			continue
		}
		var near, far, owners []string
		var items []int
		for j, d := range drafts {
			keys, given := d.joins[r.Settable]
			if !given {
				continue
			}
			owners = append(owners, d.key)
			for _, k := range keys {
				near, far, items = append(near, d.key), append(far, k), append(items, j)
			}
		}
		if len(owners) == 0 {
			continue
		}
		target := s.catalog.Target(r)
		live, err := held.live(ctx, tx, target, far)
		if err != nil {
			return err
		}
		for j, k := range far {
			if !live[k] {
				return &ItemError{items[j], &RecordError{target.Module, target.Name, k}}
			}
		}
		if err := s.replaceJoins(ctx, tx, m, r, owners, near, far); err != nil {
			return fmt.Errorf("set %s: %w", r.Settable, classify(err))
		}
	}
	return nil
}

// replaceJoins makes the rows of the owners be exactly the pairs. Relies on the index of the owner's columns.
func (s *Store) replaceJoins(ctx context.Context, tx pgx.Tx, m *Model, r *Relation, owners, near, far []string) error {
	t := r.Through
	target := s.catalog.Target(r)
	nearCols := throughRef("j", t.Columns, m, m.Indexes(r.Columns), t.Text)
	farCols := throughRef("j", t.TargetColumns, target, target.Indexes(r.TargetColumns), t.TargetText)
	table := tableName(t.Schema, t.Table)
	remove := fmt.Sprintf("DELETE FROM %s AS j", table)
	if t.SoftDelete {
		remove = fmt.Sprintf("UPDATE %s AS j SET deleted_at = now(), updated_at = now()", table)
	}
	b := newBuilder(s.catalog)
	owned := nearCols.among(b, owners)
	pairs, names, nearKey, farKey := pairSet(b, nearCols, farCols, near, far)
	_, err := tx.Exec(
		ctx,
		fmt.Sprintf(`%s WHERE %s%s AND NOT EXISTS (SELECT 1 FROM unnest(%s) AS p(%s) WHERE %s AND %s)`,
			remove, owned, t.live("j"), pairs, names, nearKey.equals(nearCols), farKey.equals(farCols)),
		b.args...)
	if err != nil || len(near) == 0 {
		return err
	}
	b = newBuilder(s.catalog)
	pairs, names, nearKey, farKey = pairSet(b, nearCols, farCols, near, far)
	columns := quoted("", append(slices.Clone(t.Columns), t.TargetColumns...))
	if !t.SoftDelete {
		_, err = tx.Exec(
			ctx,
			fmt.Sprintf(`INSERT INTO %s (%s) SELECT %s, %s FROM unnest(%s) AS p(%s) ON CONFLICT DO NOTHING`,
				table, columns, nearKey.list(), farKey.list(), pairs, names),
			b.args...)
		return err
	}
	ids := make([]string, len(near))
	for i := range ids {
		ids[i] = s.cfg.NewID(t.IDPrefix)
	}
	_, err = tx.Exec(ctx, fmt.Sprintf(
		`
		INSERT INTO %[1]s (id, %[2]s) SELECT p.id, %[3]s, %[4]s FROM unnest(%[5]s::text[], %[6]s) AS p(id, %[7]s)
		WHERE NOT EXISTS (SELECT 1 FROM %[1]s AS j WHERE %[8]s AND %[9]s AND j.deleted_at IS NULL)`,
		table,
		columns,
		nearKey.list(),
		farKey.list(),
		b.arg(ids),
		pairs,
		names,
		nearCols.equals(nearKey),
		farCols.equals(farKey),
	), b.args...)
	return err
}

// pairSet adds pairs of keys as arguments: the arrays, the names of their columns as p, and references to them.
func pairSet(b *builder, nearCols, farCols ref, near, far []string) (arrays, names string, nearKey, farKey ref) {
	nearNames, nearKey := nearCols.alias("p", "near")
	farNames, farKey := farCols.alias("p", "far")
	return nearCols.arrays(b, near) + ", " + farCols.arrays(b, far), nearNames + ", " + farNames, nearKey, farKey
}
