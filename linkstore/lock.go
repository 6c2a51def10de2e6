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
// Each call takes effect at one moment between its start and its end. A call is one READ COMMITTED transaction. It
// decides only by rows that it has locked, which cannot change before it ends, and it returns after the commit.
// Every writer takes its locks in the same order:
//
//  1. Records, soft-deleted ones too: models in the order of Catalog.LockOrder, the records of one model by the
//     bytes of their keys. A record has no row here if its module lives elsewhere or if the link skips the
//     existence check. An advisory lock stands for such a record. Advisory locks come first.
//  2. Rows of link tables, by link and then by the bytes of both keys.
//
// A call that creates or restores a link locks both of its records. On the record that can have only one such link,
// it takes a lock that excludes other writers of the link; if the link has no limit, it takes this lock on the left
// record. The other record gets a shared lock, so that it cannot change. See strengths. A deletion locks its roots
// and everything that it deletes exclusively. A call that creates a record, restores it or gives it to another
// owner locks the owner, so that a deletion of the owner does not miss the record. While a record is locked,
// therefore, nobody links it or gives it a record to own.
//
// SetLinks locks the record so that no other call links it, at either end of the link, and then the rows of its live
// links.
//
// A call needs only the lock of a link's row to remove the link: Dismiss locks neither record, a deletion and a
// Replace lock one of them. Both check the outcome against what they read before. A Dismiss of several pairs checks
// that the pairs which it did not find are still not linked. A deletion checks that it removed all links that it
// found. If a check fails, the call is retried.
//
// A deletion first reads its closure without locks, then locks it, then reads it again, except for the links of the
// given records, which it locked first. If the closure has grown by then, the new records are locked too if they
// come later in the order. If one comes earlier, the call is retried and starts with everything that it knows by
// then.
//
// A restore reads everything once. The deletion that removed a record, and the links that wait for the record,
// change only under the lock of that record. So a restore locks the given records before it looks for their latest
// deletion, the records deleted with them before it looks for links, and then the other ends of these links. It
// takes a lock that comes earlier in the order than those it holds only if it need not wait (NOWAIT). Otherwise the
// call is retried: it starts with everything that it knows by then, and waits in order. The records deleted with
// the given ones are not locked yet when they are read. Marking them as restored checks that no other call has
// restored them since.
//
// Postgres may still find a deadlock: in unique indexes of the records, or with programs that lock in another
// order. Such a call is retried too. All retries are bounded. After the last one the call fails with ErrContended.

// lockSet is the set of record locks that a call wants or holds.
type lockSet struct {
	sets    map[*Model]*modelLocks
	buckets map[int32]bool // advisory locks; true if the lock is exclusive
	nowait  bool           // fail instead of waiting for a lock
}

// modelLocks are the locks of one model's records, and what locking them returned.
type modelLocks struct {
	ids       []string
	seen      map[string]bool
	strength  string
	clause    string // the locking clause of the statement
	mustList  bool   // list every record, even if there are many, instead of counting the live ones
	listed    bool
	locked    bool            // the statement has run
	live      map[string]bool // if listed: whether a record is live, for each that exists
	liveCount int             // if not listed: how many records are live
	owned     []ownedRecords
}

// ownedRecords are records of one model whose owners are to be locked.
type ownedRecords struct {
	Owned
	model *Model
	ids   []string
}

func newLockSet() *lockSet {
	return &lockSet{sets: map[*Model]*modelLocks{}, buckets: map[int32]bool{}}
}

// Strengths of row locks. FOR KEY SHARE is too weak: a soft delete changes no key, so it would not conflict.
const (
	forShare  = "FOR SHARE"
	forChange = "FOR NO KEY UPDATE"
	forDelete = "FOR UPDATE"
)

// stronger returns the strength that excludes more.
func stronger(a, b string) string {
	for _, s := range []string{forDelete, forChange} {
		if a == s || b == s {
			return s
		}
	}
	return forShare
}

// strengths returns the lock strengths for the two records of a link that is created or restored. Writers that
// would make the same row, or rows that exclude each other, must run one after the other. Other writers must not
// wait for a record that many links share.
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

// isLive reports whether a locked record is live.
func (l *modelLocks) isLive(id string) bool {
	if !l.listed {
		return l.liveCount == len(l.ids)
	}
	return l.live[id]
}

// add requests the lock of a record, with at least the given strength.
func (l *lockSet) add(m *Model, id, strength string) {
	if m.mayLackRow {
		l.addBucket(record{m, id}, strength)
	}
	if m.Table == "" {
		return
	}
	l.forModel(m, strength).add(id)
}

// forModel returns the locks of a model, with at least the given strength.
func (l *lockSet) forModel(m *Model, strength string) *modelLocks {
	set := l.sets[m]
	if set == nil {
		set = &modelLocks{strength: strength, seen: map[string]bool{}}
		l.sets[m] = set
	}
	set.strength = stronger(set.strength, strength)
	return set
}

func (l *modelLocks) add(id string) {
	if !l.seen[id] {
		l.seen[id] = true
		l.ids = append(l.ids, id)
	}
}

// addOwners requests the locks of the records of m that own other records.
func (l *lockSet) addOwners(m *Model, of ownedRecords, strength string) {
	set := l.forModel(m, strength)
	set.owned = append(set.owned, of)
}

// addBucket requests the advisory lock that stands for a record.
func (l *lockSet) addBucket(r record, strength string) {
	b := r.bucket()
	l.buckets[b] = l.buckets[b] || strength != forShare
}

// isLive reports whether a locked record is live. A record whose module lives elsewhere counts as live.
func (l *lockSet) isLive(m *Model, id string) bool { return m.Table == "" || l.sets[m].isLive(id) }

// exists reports whether the row of a locked record exists, live or not. The model's records must have been listed.
func (l *lockSet) exists(m *Model, id string) bool {
	if m.Table == "" {
		return true
	}
	_, there := l.sets[m].live[id]
	return there
}

// lock queues the statements that lock records, in the order that all writers keep.
func (s *Store) lock(tx *batchTx, wanted *lockSet) {
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
			s.lockModel(tx, m, l, l.mustList || len(l.ids) < rowkey.Many)
		}
	}
}

// lockBuckets queues the statement that takes advisory locks.
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
			return errLockTaken
		}
		return err
	}, fmt.Sprintf(`
		SELECT bool_and(CASE WHEN p.alone THEN pg_try_advisory_xact_lock(%[1]d, p.b) ELSE pg_try_advisory_xact_lock_shared(%[1]d, p.b) END)
		FROM unnest($1::integer[], $2::boolean[]) AS p(b, alone)`, bucketClass), ids, alone)
}

// listLive locks the records of a model again if only some of them are live, to learn which.
func (s *Store) listLive(tx *batchTx, wanted *lockSet) {
	for _, m := range s.catalog.ordered {
		if l := wanted.sets[m]; l != nil && !l.listed && l.liveCount < len(l.ids) {
			s.lockModel(tx, m, l, true)
		}
	}
}

// lockModel queues the statement that locks the records of one model. It relies on the primary key.
func (s *Store) lockModel(tx *batchTx, m *Model, l *modelLocks, list bool) {
	l.listed = list
	sql, args := l.statementWithOwners(m)
	if len(l.owned) == 0 {
		sql, args = cachedSQL(s, sqlKey{"lock", m, l.clause, len(l.ids) >= rowkey.Many, list}, func() string {
			return l.statement(m, list, m.amongMany("t", len(l.ids)))
		}), rowkey.Args(l.ids, len(m.key))
	}
	if !list {
		tx.queue(len(l.ids), func(rows pgx.Rows) (err error) {
			l.liveCount, err = pgx.CollectExactlyOneRow(rows, pgx.RowTo[int])
			l.locked = err == nil
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
		l.locked = err == nil
		return err
	}, sql, args...)
}

// statement returns the statement that locks the existing records of a condition, and lists them or counts the live
// ones. For a row that it waited for, Postgres returns the version after the wait.
func (l *modelLocks) statement(m *Model, list bool, which string) string {
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

// statementWithOwners returns the statement that also locks owners, and lists all records. It relies on the primary
// keys, and on the index of the owner columns where records are owned by other columns.
func (l *modelLocks) statementWithOwners(m *Model) (string, []any) {
	if len(l.owned) == 0 {
		return "", nil
	}
	args := rowkey.Args(l.ids, len(m.key))
	keys := []string{"SELECT * FROM unnest(" + m.key.Arrays(1, 0) + ")"}
	for _, of := range l.owned {
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

// endLocks returns the locks of the records that links join, as a call that creates the links needs them.
func endLocks(links []*newLink) *lockSet {
	wanted := newLockSet()
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

// checkEnds fails the links whose records are not both live.
func checkEnds(links []*newLink, locked *lockSet) {
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
			l.fail(&RecordError{Module: side.m.Module, Model: side.m.Name, Key: side.key, ID: side.id})
		}
	}
}

// heldRecords are the records that a call has locked so far.
type heldRecords struct {
	records map[record]bool
	buckets map[int32]bool
	last    record // in lock order
}

func newHeldRecords() *heldRecords {
	return &heldRecords{records: map[record]bool{}, buckets: map[int32]bool{}}
}

func (h *heldRecords) add(r record) {
	h.records[r] = true
	if r.model.mayLackRow {
		h.buckets[r.bucket()] = true
	}
	if h.last.model == nil || h.last.compareLocks(r) < 0 {
		h.last = r
	}
}

// canLock reports whether a record comes after all held ones in the lock order, so that it can be locked now.
func (h *heldRecords) canLock(r record) bool {
	if r.model.mayLackRow && !h.buckets[r.bucket()] {
		return false
	}
	return h.last.model == nil || h.last.compareLocks(r) < 0
}
