package recordstore

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
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
				return &ItemError{Index: items[j], Err: &RecordError{Module: target.Module, Model: target.Name, ID: k}}
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
	owned := b.among(nearCols, owners)
	pairs, names, nearKey, farKey := pairSet(b, nearCols, farCols, near, far)
	_, err := tx.Exec(
		ctx,
		fmt.Sprintf(`%s WHERE %s%s AND NOT EXISTS (SELECT 1 FROM unnest(%s) AS p(%s) WHERE %s AND %s)`,
			remove, owned, t.live("j"), pairs, names, nearKey.Equals(nearCols), farKey.Equals(farCols)),
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
				table, columns, nearKey.List(), farKey.List(), pairs, names),
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
		nearKey.List(),
		farKey.List(),
		b.arg(ids),
		pairs,
		names,
		nearCols.Equals(nearKey),
		farCols.Equals(farKey),
	), b.args...)
	return err
}

// pairSet adds pairs of keys as arguments. It returns their arrays, the names of the columns of p that unnest makes of them,
// and references to these.
func pairSet(
	b *builder,
	nearCols, farCols rowkey.Ref,
	near, far []string,
) (arrays, names string, nearKey, farKey rowkey.Ref) {
	arrays = b.keyArrays(nearCols, near, rowkey.Many) + ", " + b.keyArrays(farCols, far, rowkey.Many)
	names = nearCols.Named("", "near").List() + ", " + farCols.Named("", "far").List()
	return arrays, names, nearCols.Named("p", "near"), farCols.Named("p", "far")
}
