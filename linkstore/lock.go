package linkstore

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// lockEnds checks that both records of each link are live, and keeps them so until the transaction ends. Tables are taken
// in the order of the catalogue and records in the order of their keys, as every writer does. The left records are taken
// so that two writers of one pair follow each other.
func (s *Store) lockEnds(ctx context.Context, tx *write, links []*newLink, opts CreateOptions) error {
	wanted := map[*Model]*lockSet{}
	add := func(m *Model, id, strength string) {
		if m.Table == "" {
			return
		}
		l := wanted[m]
		if l == nil {
			l = &lockSet{strength: forShare, seen: make(map[string]bool, len(links))}
			wanted[m] = l
		}
		if strength == forChange {
			l.strength = forChange
		}
		if !l.seen[id] {
			l.seen[id] = true
			l.ids = append(l.ids, id)
		}
	}
	for _, l := range links {
		if l.def.SkipExistence {
			continue
		}
		add(l.def.left, l.pair.Left, forChange)
		add(l.def.right, l.pair.Right, forShare)
	}
	if all, err := s.lockAll(ctx, tx, wanted); all || err != nil {
		return err
	}
	live, err := s.lockRecords(ctx, tx, wanted)
	if err != nil {
		return err
	}
	for _, l := range links {
		if l.def.SkipExistence {
			continue
		}
		for _, side := range []struct {
			m       *Model
			key, id string
		}{{l.def.left, l.def.Left.Key, l.pair.Left}, {l.def.right, l.def.Right.Key, l.pair.Right}} {
			if side.m.Table == "" || live[side.m][side.id] {
				continue
			}
			if err := l.fault(opts, &RecordError{side.m.Module, side.m.Name, side.key, side.id}); err != nil {
				return err
			}
		}
	}
	return nil
}

// lockAll locks records table by table and reports whether all of them are live. Relies on the primary keys.
func (s *Store) lockAll(ctx context.Context, tx *write, wanted map[*Model]*lockSet) (bool, error) {
	for _, m := range s.catalog.models {
		l := wanted[m]
		if l == nil {
			continue
		}
		rows, err := tx.bulk(ctx, len(l.ids), `SELECT count(*) FROM (`+l.statement(m, "1")+`) AS t`, m.key.args(l.ids)...)
		if err != nil {
			return false, err
		}
		found, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[int])
		if err != nil || found < len(l.ids) {
			return false, err
		}
	}
	return true, nil
}

// Strengths of row locks. A soft delete changes no key, so FOR KEY SHARE would not stop it.
const (
	forShare  = "FOR SHARE"
	forChange = "FOR NO KEY UPDATE"
	forDelete = "FOR UPDATE"
)

type lockSet struct {
	ids      []string
	seen     map[string]bool
	strength string
}

// statement locks the live records among the ids.
func (l *lockSet) statement(m *Model, selected string) string {
	where := ""
	if !m.NoSoftDelete {
		where = " AND t.deleted_at IS NULL"
	}
	return fmt.Sprintf(`SELECT %s FROM %s AS t WHERE %s%s ORDER BY %s %s`, selected, m.table(), m.amongMany("t", 1, len(l.ids)), where, m.key.order("t"), l.strength)
}

// lockRecords locks records table by table and returns which of them are live. Relies on the primary keys.
func (s *Store) lockRecords(ctx context.Context, tx *write, wanted map[*Model]*lockSet) (map[*Model]map[string]bool, error) {
	live := make(map[*Model]map[string]bool, len(wanted))
	for _, m := range s.catalog.models {
		l := wanted[m]
		if l == nil {
			continue
		}
		rows, err := tx.bulk(ctx, len(l.ids), l.statement(m, m.key.selected("t")), m.key.args(l.ids)...)
		if err != nil {
			return nil, err
		}
		ids, err := m.key.collect(rows)
		if err != nil {
			return nil, err
		}
		live[m] = make(map[string]bool, len(ids))
		for _, id := range ids {
			live[m][id] = true
		}
	}
	return live, nil
}
