package recordstore

import (
	"fmt"
	"slices"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// writeJoins replaces the rows of join tables for which the records give keys.
func (w *writer) writeJoins(pending []pendingRow) error {
	for i := range w.model.Relations {
		r := &w.model.Relations[i]
		if r.Settable == "" {
			continue
		}
		var near, far, owners []string
		var items []int
		for j, d := range pending {
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
		target := w.store.catalog.Target(r)
		w.lockMissing(target, far)
		err := w.check(func() error {
			for j, k := range far {
				if !w.held[target][k] {
					return &ItemError{
						Index: items[j],
						Err:   &RecordError{Module: target.Module, Model: target.Name, ID: k},
					}
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		w.replaceJoins(r, owners, near, far)
	}
	return nil
}

// replaceJoins makes the pairs the only rows of the owners in a join table. It relies on the index of the owner's
// columns.
func (w *writer) replaceJoins(r *Relation, owners, near, far []string) {
	s, m, t := w.store, w.model, r.Through
	wrapError := func(err error) error {
		if err != nil {
			return fmt.Errorf("set %s: %w", r.Settable, classify(err))
		}
		return nil
	}
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
	w.exec(wrapError, w.touching(r, fmt.Sprintf(
		`%s WHERE %s%s AND NOT EXISTS (SELECT 1 FROM unnest(%s) AS p(%s) WHERE %s AND %s)`,
		remove, owned, t.live("j"), pairs, names, nearKey.Equals(nearCols), farKey.Equals(farCols))),
		b.args...)
	if len(near) == 0 {
		return
	}
	b = newBuilder(s.catalog)
	pairs, names, nearKey, farKey = pairSet(b, nearCols, farCols, near, far)
	columns := quoted("", append(slices.Clone(t.Columns), t.TargetColumns...))
	if !t.SoftDelete {
		w.exec(wrapError, w.touching(r, fmt.Sprintf(
			`INSERT INTO %s AS j (%s) SELECT %s, %s FROM unnest(%s) AS p(%s) ON CONFLICT DO NOTHING`,
			table, columns, nearKey.List(), farKey.List(), pairs, names)),
			b.args...)
		return
	}
	ids := make([]string, len(near))
	for i := range ids {
		ids[i] = s.cfg.NewID(t.IDPrefix)
	}
	w.exec(wrapError, w.touching(r, fmt.Sprintf(
		`
		INSERT INTO %[1]s AS j (id, %[2]s) SELECT p.id, %[3]s, %[4]s FROM unnest(%[5]s::text[], %[6]s) AS p(id, %[7]s)
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
	)), b.args...)
}

// touching extends a statement that adds or removes rows, j, of a join table: it also sets updated_at of their
// owners, so that a conditional update of an owner fails. A record that is being created does not need it.
func (w *writer) touching(r *Relation, statement string) string {
	m := w.model
	i, ok := m.version()
	if w.verb != verbUpdate || !ok || m.Columns[i].absent {
		return statement
	}
	t, own := r.Through, m.Indexes(r.Columns)
	returned := throughRef("j", t.Columns, m, own, t.Text)
	changed := throughRef("changed", t.Columns, m, own, t.Text)
	return fmt.Sprintf(`WITH changed AS (%s RETURNING %s) UPDATE %s AS t SET updated_at = now() FROM changed WHERE %s`,
		statement, returned.List(), m.table(), tableRef("t.", m, own).Equals(changed))
}

// pairSet adds pairs of keys as arguments. It returns their arrays, the column names of p that unnest makes of
// them, and references to these columns.
func pairSet(
	b *builder,
	nearCols, farCols rowkey.Ref,
	near, far []string,
) (arrays, names string, nearKey, farKey rowkey.Ref) {
	arrays = b.keyArrays(nearCols, near, rowkey.Many) + ", " + b.keyArrays(farCols, far, rowkey.Many)
	names = nearCols.Named("", "near").List() + ", " + farCols.Named("", "far").List()
	return arrays, names, nearCols.Named("p", "near"), farCols.Named("p", "far")
}
