package modules

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// writeJoins replaces the sets of join tables that the drafts give.
func (s *Store) writeJoins(ctx context.Context, tx pgx.Tx, m *Model, drafts []draft) error {
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
		live, err := liveKeys(ctx, tx, target, r.TargetColumn, far, "FOR SHARE")
		if err != nil {
			return err
		}
		for j, k := range far {
			if !live[k] {
				return &ItemError{items[j], &RecordError{target.Module, target.Name, k}}
			}
		}
		if err := s.replaceJoins(ctx, tx, r, owners, near, far); err != nil {
			return fmt.Errorf("set %s: %w", r.Settable, classify(err))
		}
	}
	return nil
}

// replaceJoins makes the rows of the owners be exactly the pairs. Relies on the index of the owner's column.
func (s *Store) replaceJoins(ctx context.Context, tx pgx.Tx, r *Relation, owners, near, far []string) error {
	t := r.Through
	table, column, target := tableName(t.Schema, t.Table), quote(t.Column), quote(t.TargetColumn)
	remove := fmt.Sprintf("DELETE FROM %s AS j", table)
	if t.SoftDelete {
		remove = fmt.Sprintf("UPDATE %s AS j SET deleted_at = now(), updated_at = now()", table)
	}
	_, err := tx.Exec(ctx, fmt.Sprintf(`%[1]s
		WHERE j.%[2]s = ANY(ARRAY(SELECT unnest($1::text[])))%[4]s
		AND NOT EXISTS (SELECT 1 FROM unnest($2::text[], $3::text[]) AS p(near, far) WHERE p.near = j.%[2]s AND p.far = j.%[3]s)`,
		remove, column, target, t.live("j")), owners, near, far)
	if err != nil || len(near) == 0 {
		return err
	}
	if !t.SoftDelete {
		_, err = tx.Exec(ctx, fmt.Sprintf(
			`INSERT INTO %s (%s, %s) SELECT p.near, p.far FROM unnest($1::text[], $2::text[]) AS p(near, far) ON CONFLICT DO NOTHING`,
			table, column, target), near, far)
		return err
	}
	ids := make([]string, len(near))
	for i := range ids {
		ids[i] = s.cfg.NewID(t.IDPrefix)
	}
	_, err = tx.Exec(ctx, fmt.Sprintf(`
		INSERT INTO %[1]s (id, %[2]s, %[3]s)
		SELECT p.id, p.near, p.far FROM unnest($1::text[], $2::text[], $3::text[]) AS p(id, near, far)
		WHERE NOT EXISTS (SELECT 1 FROM %[1]s AS j WHERE j.%[2]s = p.near AND j.%[3]s = p.far AND j.deleted_at IS NULL)`,
		table, column, target), ids, near, far)
	return err
}
