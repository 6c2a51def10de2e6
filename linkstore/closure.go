package linkstore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// closure is everything that a deletion removes or changes.
type closure struct {
	roots   map[record]bool
	removed map[record]bool    // records to soft-delete
	causes  map[[2]record]bool // parent and child: the child is removed because of the parent
	links   []Pair             // may contain duplicates
}

// edges holds, for each record that was read, where a deletion of the record leads.
type edges map[record]*outgoing

// outgoing is the edges of one record.
type outgoing struct {
	owned   []record // soft-deleted if the record itself is
	cascade []record // soft-deleted when the record loses its links
	links   []Pair
}

// of returns the edges of a record, to add to.
func (e edges) of(r record) *outgoing {
	if e[r] == nil {
		e[r] = &outgoing{}
	}
	return e[r]
}

// lockedClosure locks the roots and everything that a deletion of the live ones reaches, and returns the closure.
// It repeats what it read before it had the locks until the closure stops growing, so everything that it returns
// was locked before it was read. If a record must be locked that comes earlier in the lock order than those held,
// it adds the closure to known and fails with a changedError, so that the call is retried. See "How calls are
// ordered".
func (s *Store) lockedClosure(
	ctx context.Context,
	tx *batchTx,
	roots []record,
	index []int,
	withRoots bool,
	known map[record]bool,
) (*closure, error) {
	first, locked, isKept := newLockSet(), newHeldRecords(), map[record]bool{}
	request := func(wanted *lockSet, r record) {
		wanted.add(r.model, r.id, forDelete)
		locked.add(r)
	}
	all := slices.Clone(roots)
	for _, r := range roots {
		request(first, r)
		isKept[r] = !withRoots
	}
	for r := range known {
		if !locked.records[r] {
			request(first, r)
			all = append(all, r)
		}
	}
	isRemoved := func(r record) bool { return !isKept[r] }
	read := edges{}
	s.lock(tx, first)
	s.readEdges(tx, read, byModel(all), isRemoved)
	if err := tx.send(ctx); err != nil {
		return nil, err
	}
	live, err := s.liveRoots(ctx, tx, roots, index, first)
	if err != nil {
		return nil, err
	}
	for {
		c, unread := read.walk(live, withRoots)
		if len(unread) > 0 {
			s.readEdges(tx, read, byModel(unread), isRemoved)
			if err := tx.send(ctx); err != nil {
				return nil, err
			}
			continue
		}
		unlocked := c.unlocked(locked)
		if len(unlocked) == 0 {
			return c, nil
		}
		if slices.ContainsFunc(unlocked, func(r record) bool { return !locked.canLock(r) }) {
			for r := range c.removed {
				known[r] = true
			}
			return nil, changedError{}
		}
		for r := range read {
			if !locked.records[r] || !read.isStable(r) {
				delete(read, r)
			}
		}
		wanted := newLockSet()
		for _, r := range unlocked {
			request(wanted, r)
		}
		s.lock(tx, wanted)
		s.readEdges(
			tx,
			read,
			byModel(slices.DeleteFunc(c.records(), func(r record) bool { return read[r] != nil })),
			isRemoved,
		)
		if err := tx.send(ctx); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(unlocked, func(r record) bool { return !wanted.isLive(r.model, r.id) }) {
			read = edges{} // another call has deleted a record of the closure
		}
	}
}

// isStable reports whether the edges of a record are still right after their targets are locked, given that the
// record was locked when they were read. Its links are: nobody can link a locked record, and if another call
// removes one of its links, this call notices when it tries to remove it too. A record that it owns may have been
// given to another owner.
func (e edges) isStable(r record) bool { return len(e[r].owned) == 0 }

// unlocked returns the removed records of a closure that are not locked.
func (c *closure) unlocked(locked *heldRecords) []record {
	var unlocked []record
	for r := range c.removed {
		if !locked.records[r] {
			unlocked = append(unlocked, r)
		}
	}
	return unlocked
}

// byModel groups the ids of records by model.
func byModel(records []record) map[*Model][]string {
	ids := map[*Model][]string{}
	for _, r := range records {
		ids[r.model] = append(ids[r.model], r.id)
	}
	return ids
}

// walk traverses the edges from the roots. It returns the closure as far as it is known, and the records whose
// edges have not been read yet.
func (e edges) walk(roots []record, withRoots bool) (c *closure, unread []record) {
	c = &closure{roots: map[record]bool{}, removed: map[record]bool{}, causes: map[[2]record]bool{}}
	for _, r := range roots {
		c.roots[r] = true
		if withRoots {
			c.removed[r] = true
		}
	}
	next := slices.Clone(roots)
	for len(next) > 0 {
		from := next[0]
		next = next[1:]
		out := e[from]
		if out == nil {
			unread = append(unread, from)
			continue
		}
		c.links = append(c.links, out.links...)
		to := out.cascade
		if c.removed[from] {
			to = slices.Concat(out.owned, out.cascade)
		}
		for _, r := range to {
			if c.roots[r] && !withRoots {
				continue // a cycle leads back to a record that stays
			}
			c.causes[[2]record{from, r}] = true
			if !c.removed[r] {
				c.removed[r] = true
				next = append(next, r)
			}
		}
	}
	return c, unread
}

// readEdges queues the statements that read the edges of records: one a model, however many records there are.
// isRemoved reports whether a record is soft-deleted itself: only then the records that it owns matter.
func (s *Store) readEdges(tx *batchTx, read edges, records map[*Model][]string, isRemoved func(record) bool) {
	for _, m := range s.catalog.models {
		ids := records[m]
		if len(ids) == 0 {
			continue
		}
		withOwned := false
		for _, id := range ids {
			read.of(record{m, id})
			withOwned = withOwned || isRemoved(record{m, id})
		}
		s.readEdgesOf(tx, read, m, ids, withOwned)
	}
}

// edgeKind is one kind of edge that leaves the records of a model: to the records that they own, or along a link.
type edgeKind struct {
	to   *Model
	key  rowkey.Columns // the columns that hold the key of the target
	link *Definition
	left bool // the link is traversed from its left end
	// Parts of the statement that reads the edges: the select list with both keys, and what follows it.
	keys, rest string
}

// readEdgesOf queues the statement that reads the edges of one model's records. A row has the index of the edge
// kind, the keys of both records, and whether the target is live and deleted with the first record.
func (s *Store) readEdgesOf(tx *batchTx, read edges, m *Model, ids []string, withOwned bool) {
	q := cachedSQL(
		s,
		sqlKey{statement: "look", subject: m, large: len(ids) >= rowkey.Many, multiple: withOwned},
		func() *edgeQuery { return s.newEdgeQuery(m, len(ids), withOwned) },
	)
	if len(q.kinds) == 0 {
		return
	}
	tx.queue(len(ids), func(rows pgx.Rows) error {
		var index int
		var cascades bool
		from, to := m.key.Row(), make([]string, q.width)
		dests := append([]any{&index}, from.Dests()...)
		for i := range to {
			dests = append(dests, &to[i])
		}
		_, err := pgx.ForEachRow(rows, append(dests, &cascades), func() error {
			kind := &q.kinds[index]
			read.of(record{m, from.Key()}).add(kind, from.Key(), rowkey.Join(to[:len(kind.key)]), cascades)
			return nil
		})
		return err
	}, q.sql, rowkey.Args(ids, len(m.key))...)
}

// edgeQuery is the statement that reads all edges of one model's records.
type edgeQuery struct {
	kinds []edgeKind
	width int // of the longest target key, in columns
	sql   string
}

func (s *Store) newEdgeQuery(m *Model, n int, withOwned bool) *edgeQuery {
	q := &edgeQuery{kinds: s.linkEdges(m, n)}
	if withOwned {
		q.kinds = append(q.kinds, s.ownerEdges(m, n)...)
	}
	for _, kind := range q.kinds {
		q.width = max(q.width, len(kind.key))
	}
	parts := make([]string, len(q.kinds))
	for i, kind := range q.kinds {
		parts[i] = fmt.Sprintf(
			"SELECT %d, %s%s, %s",
			i,
			kind.keys,
			strings.Repeat(", ''", q.width-len(kind.key)),
			kind.rest,
		)
	}
	q.sql = strings.Join(parts, " UNION ALL ")
	return q
}

// add adds an edge that was read.
func (o *outgoing) add(kind *edgeKind, from, to string, cascades bool) {
	if kind.link == nil {
		o.owned = append(o.owned, record{kind.to, to})
		return
	}
	p := Pair{kind.link.Name, from, to}
	if !kind.left {
		p.Left, p.Right = to, from
	}
	o.links = append(o.links, p)
	if cascades {
		o.cascade = append(o.cascade, record{kind.to, to})
	}
}

// ownerEdges returns the edges to the records that the records of m own. Their statements rely on the index of the
// owned model's column.
func (s *Store) ownerEdges(m *Model, n int) []edgeKind {
	var kinds []edgeKind
	for _, o := range m.Owns {
		child := s.catalog.byModel[o.Model]
		if slices.Contains(s.cfg.AbsentModels, child.Name) {
			continue
		}
		owner := m.ownerColumns(o)
		on := make([]string, len(owner))
		for i, column := range splitColumns(o.Column) {
			on[i] = "t." + quote(column) + " = o." + quote(owner[i])
		}
		kinds = append(
			kinds,
			edgeKind{
				to:   child,
				key:  child.key,
				keys: m.key.On("o").TypedTexts() + ", " + child.key.On("t").TypedTexts(),
				rest: fmt.Sprintf(
					`true FROM %s AS o JOIN %s AS t ON %s WHERE %s AND t.deleted_at IS NULL`,
					m.table(), child.table(), strings.Join(on, " AND "), m.amongMany("o", n)),
			},
		)
	}
	return kinds
}

// linkEdges returns the edges along the live links of m's records, in both directions. Their statements rely on the
// live indexes of the link tables, and on the primary key of the model at the far end.
func (s *Store) linkEdges(m *Model, n int) []edgeKind {
	var kinds []edgeKind
	for _, d := range s.catalog.links {
		if d.ReadOnly != "" || s.absent(d) {
			continue
		}
		for _, left := range []bool{true, false} {
			near, far, from, to, cascades := d.leftKey, d.rightKey, d.left, d.right, d.Right.DeleteCascade
			if !left {
				near, far, from, to, cascades = d.rightKey, d.leftKey, d.right, d.left, d.Left.DeleteCascade
			}
			if from != m {
				continue
			}
			liveTarget, join := "false", ""
			if cascades {
				join = fmt.Sprintf(
					" LEFT JOIN %s AS f ON %s AND f.deleted_at IS NULL",
					to.table(),
					to.key.On("f").Equals(far.On("t")),
				)
				liveTarget = "f." + quote(to.key[0].Name) + " IS NOT NULL"
			}
			kinds = append(
				kinds,
				edgeKind{
					to:   to,
					key:  far,
					link: d,
					left: left,
					keys: near.On("t").TypedTexts() + ", " + far.On("t").TypedTexts(),
					rest: fmt.Sprintf(
						`%s FROM %s AS t%s WHERE %s AND t.deleted_at IS NULL`,
						liveTarget, d.table(), join, amongMany(near, "t", n)),
				},
			)
		}
	}
	return kinds
}
