package linkstore

import (
	"fmt"

	"github.com/jackc/pgx/v5"
)

// locks are records to lock, by their model.
type locks map[*Model]*lockSet

// lockSet is records of a model to lock, and which of them are live.
type lockSet struct {
	ids      []string
	seen     map[string]bool
	strength string
	each     bool // it is asked of each record, not of all, whether it is live
	listed   bool
	live     map[string]bool // those that are, if they are listed
	found    int             // how many are, if they are not
}

// Strengths of row locks. A soft delete changes no key, so FOR KEY SHARE would not stop it.
const (
	forShare  = "FOR SHARE"
	forChange = "FOR NO KEY UPDATE"
	forDelete = "FOR UPDATE"
)

func (l *lockSet) has(id string) bool {
	if !l.listed {
		return l.found == len(l.ids)
	}
	return l.live[id]
}

// add has a record locked. One whose module lives elsewhere is not.
func (l locks) add(m *Model, id, strength string) {
	if m.Table == "" {
		return
	}
	set := l[m]
	if set == nil {
		set = &lockSet{strength: strength, seen: map[string]bool{}}
		l[m] = set
	}
	if strength != forShare {
		set.strength = strength
	}
	if !set.seen[id] {
		set.seen[id] = true
		set.ids = append(set.ids, id)
	}
}

// isLive reports whether a record that was locked is live. Those of modules that live elsewhere are taken to be.
func (l locks) isLive(m *Model, id string) bool { return m.Table == "" || l[m].has(id) }

// lock queues the locks of records, table by table. Tables are taken in the order of the catalogue and records in the order of their
// keys, as every writer does.
func (s *Store) lock(tx *write, wanted locks) {
	for _, m := range s.catalog.models {
		if l := wanted[m]; l != nil {
			s.lockModel(tx, m, l, l.each || len(l.ids) < many)
		}
	}
}

// list queues the locks again where not all of many records are live, to learn which are.
func (s *Store) list(tx *write, wanted locks) {
	for _, m := range s.catalog.models {
		if l := wanted[m]; l != nil && !l.listed && l.found < len(l.ids) {
			s.lockModel(tx, m, l, true)
		}
	}
}

// lockModel queues the lock of the live records of a set. Relies on the primary key.
func (s *Store) lockModel(tx *write, m *Model, l *lockSet, list bool) {
	l.listed = list
	sql := text(s, textKey{"lock", m, l.strength, len(l.ids) >= many, list}, func() string { return l.statement(m, list) })
	if !list {
		tx.queue(len(l.ids), func(rows pgx.Rows) (err error) {
			l.found, err = pgx.CollectExactlyOneRow(rows, pgx.RowTo[int])
			return err
		}, sql, m.key.args(l.ids)...)
		return
	}
	tx.queue(len(l.ids), func(rows pgx.Rows) error {
		ids, err := m.key.collect(rows)
		l.live = make(map[string]bool, len(ids))
		for _, id := range ids {
			l.live[id] = true
		}
		return err
	}, sql, m.key.args(l.ids)...)
}

// statement locks the live records among the ids, and lists or counts them.
func (l *lockSet) statement(m *Model, list bool) string {
	where, selected := "", "1"
	if !m.NoSoftDelete {
		where = " AND t.deleted_at IS NULL"
	}
	if list {
		selected = m.key.selected("t")
	}
	sql := fmt.Sprintf(`SELECT %s FROM %s AS t WHERE %s%s ORDER BY %s %s`, selected, m.table(), m.amongMany("t", 1, len(l.ids)), where, m.key.order("t"), l.strength)
	if list {
		return sql
	}
	return "SELECT count(*) FROM (" + sql + ") AS t"
}

// ends are the records that links join. They are kept live until the transaction ends. The left ones are taken so that two writers of
// one pair follow each other.
func ends(links []*newLink) locks {
	wanted := locks{}
	for _, l := range links {
		if !l.def.SkipExistence {
			wanted.add(l.def.left, l.pair.Left, forChange)
			wanted.add(l.def.right, l.pair.Right, forShare)
		}
	}
	return wanted
}

// checkEnds checks that both records of each link are live.
func checkEnds(links []*newLink, locked locks, opts CreateOptions) error {
	for _, l := range links {
		if l.def.SkipExistence {
			continue
		}
		for _, side := range []struct {
			m       *Model
			key, id string
		}{{l.def.left, l.def.Left.Key, l.pair.Left}, {l.def.right, l.def.Right.Key, l.pair.Right}} {
			if locked.isLive(side.m, side.id) {
				continue
			}
			if err := l.fault(opts, &RecordError{side.m.Module, side.m.Name, side.key, side.id}); err != nil {
				return err
			}
		}
	}
	return nil
}
