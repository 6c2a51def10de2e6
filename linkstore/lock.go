package linkstore

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// # How calls are ordered
//
// Each call takes effect at one moment between its beginning and its end. It is a transaction that reads what is committed (READ
// COMMITTED), decides by rows that cannot change until it ends, and answers after the commit. What holds the rows are locks, which every
// writer takes in one order:
//
//  1. Records, dead ones too: models in the order of Catalog.LockOrder, the records of a model by the bytes of their keys. Records
//     that have no row here, because their module lives elsewhere or the link does not ask for them, are advisory locks, and come first.
//  2. Rows of links, by link and then by the bytes of both keys.
//
// Who makes a link, or brings one back, holds both of its records: the one that can have no second such link so that no other writer
// can (of a link that limits none, the left one), the other so that it stays as it is. See strengths. A deletion holds what it deletes, and
// its roots, against everybody. Who makes a record, brings one back or gives it to another owner holds the owner, so that a deletion of the
// owner does not miss it. So while a record is held nobody gives it a link or a record to own.
//
// Who sets the links of a record holds it against all who would link it, at either end, and then the rows of its live links.
//
// A link is removed by who holds its row: a Dismiss holds none of its records, a deletion and a Replace one of them. They check
// afterwards that what they did is what they had seen: a Dismiss of several pairs, that those it did not find are not linked now; a
// deletion, that all links that it found were there to be removed. If not, the call is run again.
//
// What a deletion reaches is looked up first without locks, then locked, then looked up again, but for the links of the given records,
// which were locked before. If there is more by then, and it comes later in the order, it is locked too; if it comes earlier, the call
// is run again and begins with all it knows of.
//
// A restore finds everything once: what a record was deleted with and by whom its links are wanted changes only under the record's lock,
// so it locks the records that it is given before it looks for their latest deletion, what came with them before it looks for links, and
// the other ends of these. What comes earlier in the order than what it holds it locks only if it need not wait (NOWAIT). If it must, it
// is run again, begins with all it knows of, and waits in order. That what came with the given records was not restored while it was
// not locked yet is checked when it is marked as restored.
//
// Postgres may still find two calls that wait for each other, in unique indexes of the records or with programs that lock in another
// order: such a call is run again as well. All of this is bounded; then the call fails with ErrContended.

// locks are records to lock.
type locks struct {
	sets    map[*Model]*lockSet
	buckets map[int32]bool // advisory locks; whether they exclude all others
	nowait  bool           // a lock that cannot be had at once fails the call
}

// lockSet is records of a model to lock, and what was found.
type lockSet struct {
	ids      []string
	seen     map[string]bool
	strength string
	clause   string // that locks them
	each     bool   // it is asked of each record, not of all, whether it is live
	listed   bool
	done     bool            // they are locked
	live     map[string]bool // of those that are there, whether they are live; if they are listed
	found    int             // how many are live, if they are not
	owning   []owning
}

// owning are records whose owners are locked.
type owning struct {
	Owned
	model *Model
	ids   []string
}

func newLocks() *locks { return &locks{sets: map[*Model]*lockSet{}, buckets: map[int32]bool{}} }

// Strengths of row locks. A soft delete changes no key, so FOR KEY SHARE would not stop it.
const (
	forShare  = "FOR SHARE"
	forChange = "FOR NO KEY UPDATE"
	forDelete = "FOR UPDATE"
)

// stronger is the one that excludes more.
func stronger(a, b string) string {
	for _, s := range []string{forDelete, forChange} {
		if a == s || b == s {
			return s
		}
	}
	return forShare
}

// strengths are those in which who makes a link holds its records. Two that would make the same row, or rows that exclude each other,
// follow each other; two that would not need not wait for a record that many links share.
func (d *Definition) strengths() (left, right string) {
	left, right = forShare, forShare
	if !d.Right.IsList || d.Left.IsList {
		left = forChange
	}
	if !d.Left.IsList {
		right = forChange
	}
	return left, right
}

func (l *lockSet) isLive(id string) bool {
	if !l.listed {
		return l.found == len(l.ids)
	}
	return l.live[id]
}

// add has a record locked.
func (l *locks) add(m *Model, id, strength string) {
	if m.loose {
		l.addBucket(record{m, id}, strength)
	}
	if m.Table == "" {
		return
	}
	l.of(m, strength).add(id)
}

// of is the set of a model, which is then locked in a strength at least.
func (l *locks) of(m *Model, strength string) *lockSet {
	set := l.sets[m]
	if set == nil {
		set = &lockSet{strength: strength, seen: map[string]bool{}}
		l.sets[m] = set
	}
	set.strength = stronger(set.strength, strength)
	return set
}

func (l *lockSet) add(id string) {
	if !l.seen[id] {
		l.seen[id] = true
		l.ids = append(l.ids, id)
	}
}

// addOwners has the records locked that own others.
func (l *locks) addOwners(m *Model, of owning, strength string) {
	set := l.of(m, strength)
	set.owning = append(set.owning, of)
}

func (l *locks) addBucket(r record, strength string) {
	b := r.bucket()
	l.buckets[b] = l.buckets[b] || strength != forShare
}

// isLive reports whether a record that was locked is live. Those of modules that live elsewhere are taken to be.
func (l *locks) isLive(m *Model, id string) bool { return m.Table == "" || l.sets[m].isLive(id) }

// exists reports whether a record that was locked, and is not live, is there.
func (l *locks) exists(m *Model, id string) bool {
	if m.Table == "" {
		return true
	}
	_, there := l.sets[m].live[id]
	return there
}

// lock queues the locks of records, in the order that all writers keep.
func (s *Store) lock(tx *batchTx, wanted *locks) {
	if len(wanted.buckets) > 0 {
		ids := slices.Sorted(maps.Keys(wanted.buckets))
		alone := make([]bool, len(ids))
		for i, b := range ids {
			alone[i] = wanted.buckets[b]
		}
		s.lockBuckets(tx, ids, alone, wanted.nowait)
	}
	for _, m := range s.catalog.ordered {
		if l := wanted.sets[m]; l != nil {
			if l.clause = l.strength; wanted.nowait {
				l.clause += " NOWAIT"
			}
			s.lockModel(tx, m, l, l.each || len(l.ids) < rowkey.Many)
		}
	}
}

// lockBuckets queues advisory locks.
func (s *Store) lockBuckets(tx *batchTx, ids []int32, alone []bool, nowait bool) {
	if !nowait {
		tx.queue(0, nil, fmt.Sprintf(`
			SELECT CASE WHEN p.alone THEN pg_advisory_xact_lock(%[1]d, p.b) ELSE pg_advisory_xact_lock_shared(%[1]d, p.b) END
			FROM unnest($1::integer[], $2::boolean[]) AS p(b, alone)`, bucketClass), ids, alone)
		return
	}
	tx.queue(0, func(rows pgx.Rows) error {
		all, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[bool])
		if err == nil && !all {
			return errRefused
		}
		return err
	}, fmt.Sprintf(`
		SELECT bool_and(CASE WHEN p.alone THEN pg_try_advisory_xact_lock(%[1]d, p.b) ELSE pg_try_advisory_xact_lock_shared(%[1]d, p.b) END)
		FROM unnest($1::integer[], $2::boolean[]) AS p(b, alone)`, bucketClass), ids, alone)
}

// list queues the locks again where not all of many records are live, to learn which are.
func (s *Store) list(tx *batchTx, wanted *locks) {
	for _, m := range s.catalog.ordered {
		if l := wanted.sets[m]; l != nil && !l.listed && l.found < len(l.ids) {
			s.lockModel(tx, m, l, true)
		}
	}
}

// lockModel queues the lock of the records of a set. Relies on the primary key.
func (s *Store) lockModel(tx *batchTx, m *Model, l *lockSet, list bool) {
	l.listed = list
	sql, args := l.ownersStatement(m)
	if len(l.owning) == 0 {
		sql, args = text(s, textKey{"lock", m, l.clause, len(l.ids) >= rowkey.Many, list}, func() string {
			return l.statement(m, list, m.amongMany("t", len(l.ids)))
		}), rowkey.Args(l.ids, len(m.key))
	}
	if !list {
		tx.queue(len(l.ids), func(rows pgx.Rows) (err error) {
			l.found, err = pgx.CollectExactlyOneRow(rows, pgx.RowTo[int])
			l.done = err == nil
			return err
		}, sql, args...)
		return
	}
	tx.queue(len(l.ids), func(rows pgx.Rows) error {
		l.live = make(map[string]bool, len(l.ids))
		key := m.key.Row()
		var live bool
		_, err := pgx.ForEachRow(rows, append(key.Dests(), &live), func() error {
			l.live[key.Key()] = live
			return nil
		})
		l.done = err == nil
		return err
	}, sql, args...)
}

// statement locks the records of a condition that are there, and lists them or counts the live ones. Postgres tells of a row that it had
// to wait for as it is then.
func (l *lockSet) statement(m *Model, list bool, which string) string {
	live, selected := "t.deleted_at IS NULL", ""
	if m.NoSoftDelete {
		live = "true"
	}
	if list {
		selected = m.key.On("t").TypedTexts() + ", "
	}
	sql := fmt.Sprintf(`SELECT %s%s AS live FROM %s AS t WHERE %s ORDER BY %s %s`,
		selected, live, m.table(), which, m.key.On("t").Order(), l.clause)
	if list {
		return sql
	}
	return "SELECT count(*) FILTER (WHERE t.live) FROM (" + sql + ") AS t"
}

// ownersStatement locks owners too, and lists all. Relies on the primary keys, and on the index of the owners' columns where they own by
// others.
func (l *lockSet) ownersStatement(m *Model) (string, []any) {
	if len(l.owning) == 0 {
		return "", nil
	}
	args := rowkey.Args(l.ids, len(m.key))
	keys := []string{"SELECT * FROM unnest(" + m.key.Arrays(1, 0) + ")"}
	for _, of := range l.owning {
		owner, child := m.ownerColumns(of.Owned), of.model
		on := make([]string, len(owner))
		for i, column := range splitColumns(of.Column) {
			on[i] = "c." + quote(column) + " = o." + quote(owner[i])
		}
		keys = append(keys, fmt.Sprintf(
			"SELECT %s FROM %s AS c JOIN %s AS o ON %s WHERE %s",
			m.key.On("o").
				List(),
			child.table(),
			m.table(),
			strings.Join(on, " AND "),
			amongFew(child.key, "c", 1+len(args)),
		))
		args = append(args, rowkey.Args(of.ids, len(child.key))...)
	}
	which := strings.Join(keys, " UNION ALL ")
	if len(m.key) == 1 {
		return l.statement(m, true, m.key.On("t").List()+" = ANY(ARRAY("+which+"))"), args
	}
	return l.statement(m, true, "("+m.key.On("t").List()+") IN ("+which+")"), args
}

// ends are the records that links join, as who makes links holds them.
func ends(links []*newLink) *locks {
	wanted := newLocks()
	for _, l := range links {
		left, right := l.def.strengths()
		if l.def.SkipExistence {
			wanted.addBucket(record{l.def.left, l.pair.Left}, left)
			wanted.addBucket(record{l.def.right, l.pair.Right}, right)
			continue
		}
		wanted.add(l.def.left, l.pair.Left, left)
		wanted.add(l.def.right, l.pair.Right, right)
	}
	return wanted
}

// checkEnds checks that both records of each link are live.
func checkEnds(links []*newLink, locked *locks, opts CreateOptions) error {
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
			err := l.fault(opts, &RecordError{Module: side.m.Module, Model: side.m.Name, Key: side.key, ID: side.id})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// held are the records that a call has locked so far.
type held struct {
	records map[record]bool
	buckets map[int32]bool
	last    record // in the order of the locks
}

func newHeld() *held { return &held{records: map[record]bool{}, buckets: map[int32]bool{}} }

func (h *held) add(r record) {
	h.records[r] = true
	if r.model.loose {
		h.buckets[r.bucket()] = true
	}
	if h.last.model == nil || h.last.compareLocks(r) < 0 {
		h.last = r
	}
}

// takes reports whether a record can be locked after those that are held, and the order be kept.
func (h *held) takes(r record) bool {
	if r.model.loose && !h.buckets[r.bucket()] {
		return false
	}
	return h.last.model == nil || h.last.compareLocks(r) < 0
}
