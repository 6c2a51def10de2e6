package linkstore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// closure is everything that a deletion reaches.
type closure struct {
	roots   map[record]bool
	removed map[record]bool // records that are soft-deleted
	causes  map[[2]record]bool
	links   []Pair // some twice
}

// edges are what was read of records: what goes when they go.
type edges map[record]*leads

// leads is where a record leads to.
type leads struct {
	owned   []record // deleted with it, if it is deleted
	cascade []record // deleted with its links
	links   []Pair
}

func (known edges) of(r record) *leads {
	if known[r] == nil {
		known[r] = &leads{}
	}
	return known[r]
}

// stableClosure locks the roots and everything that the deletion of the live ones reaches, and looks again where it looked before it
// locked, until nothing was added behind its back: what it returns was locked before it was read. What has to be locked before what is
// locked already is added to what is known, and the call has to be run again. See "How calls are ordered".
func (s *Store) stableClosure(
	ctx context.Context,
	tx *batchTx,
	roots []record,
	index []int,
	withRoots bool,
	known map[record]bool,
) (*closure, error) {
	first, locked, stays := newLocks(), newHeld(), map[record]bool{}
	take := func(wanted *locks, r record) {
		wanted.add(r.model, r.id, forDelete)
		locked.add(r)
	}
	all := slices.Clone(roots)
	for _, r := range roots {
		take(first, r)
		stays[r] = !withRoots
	}
	for r := range known {
		if !locked.records[r] {
			take(first, r)
			all = append(all, r)
		}
	}
	goes := func(r record) bool { return !stays[r] }
	read := edges{}
	s.lock(tx, first)
	s.look(tx, read, byModel(all), goes)
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
			s.look(tx, read, byModel(unread), goes)
			if err := tx.send(ctx); err != nil {
				return nil, err
			}
			continue
		}
		fresh := c.beyond(locked)
		if len(fresh) == 0 {
			return c, nil
		}
		if slices.ContainsFunc(fresh, func(r record) bool { return !locked.takes(r) }) {
			for r := range c.removed {
				known[r] = true
			}
			return nil, changedError{}
		}
		for r := range read {
			if !locked.records[r] || !read.keeps(r) {
				delete(read, r)
			}
		}
		wanted := newLocks()
		for _, r := range fresh {
			take(wanted, r)
		}
		s.lock(tx, wanted)
		s.look(tx, read, byModel(slices.DeleteFunc(c.records(), func(r record) bool { return read[r] != nil })), goes)
		if err := tx.send(ctx); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(fresh, func(r record) bool { return !wanted.isLive(r.model, r.id) }) {
			read = edges{} // somebody else deleted what was to go
		}
	}
}

// keeps reports whether what a record leads to is the same when its ends are locked, if it was locked itself when it was looked at:
// nobody has given it a link since, and a link that was taken from it is noticed when it is to be removed. A record that it owns may
// have been given to another owner.
func (known edges) keeps(r record) bool { return len(known[r].owned) == 0 }

// beyond are the records of a closure that are not locked.
func (c *closure) beyond(locked *held) []record {
	var fresh []record
	for r := range c.removed {
		if !locked.records[r] {
			fresh = append(fresh, r)
		}
	}
	return fresh
}

func byModel(records []record) map[*Model][]string {
	ids := map[*Model][]string{}
	for _, r := range records {
		ids[r.model] = append(ids[r.model], r.id)
	}
	return ids
}

// walk goes from the roots as far as was read, and returns the records where it stopped.
func (known edges) walk(roots []record, withRoots bool) (c *closure, unread []record) {
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
		at := known[from]
		if at == nil {
			unread = append(unread, from)
			continue
		}
		c.links = append(c.links, at.links...)
		to := at.cascade
		if c.removed[from] {
			to = slices.Concat(at.owned, at.cascade)
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

// look queues the statements that read where records lead to: one a model, however many records there are. goes says of which records
// it matters what they own.
func (s *Store) look(tx *batchTx, known edges, records map[*Model][]string, goes func(record) bool) {
	for _, m := range s.catalog.models {
		ids := records[m]
		if len(ids) == 0 {
			continue
		}
		owners := false
		for _, id := range ids {
			known.of(record{m, id})
			owners = owners || goes(record{m, id})
		}
		s.lookFrom(tx, known, m, ids, owners)
	}
}

// way is one from the records of a model to others: they own them, or a link leads there.
type way struct {
	to   *Model
	key  rowkey.Columns // that holds where it leads
	link *Definition
	left bool // from the left end of the link
	// The statement that goes it: what it selects of both records, and the rest.
	keys, rest string
}

// lookFrom queues the statement of a model. Each row says which way leads from what record to which one, and whether that is there
// and goes with the first.
func (s *Store) lookFrom(tx *batchTx, known edges, m *Model, ids []string, owners bool) {
	l := text(
		s,
		textKey{what: "look", of: m, large: len(ids) >= rowkey.Many, more: owners},
		func() *look { return s.newLook(m, len(ids), owners) },
	)
	if len(l.ways) == 0 {
		return
	}
	tx.queue(len(ids), func(rows pgx.Rows) error {
		var which int
		var goes bool
		from, to := m.key.Row(), make([]string, l.width)
		dests := append([]any{&which}, from.Dests()...)
		for i := range to {
			dests = append(dests, &to[i])
		}
		_, err := pgx.ForEachRow(rows, append(dests, &goes), func() error {
			w := &l.ways[which]
			known.of(record{m, from.Key()}).add(w, from.Key(), rowkey.Join(to[:len(w.key)]), goes)
			return nil
		})
		return err
	}, l.sql, rowkey.Args(ids, len(m.key))...)
}

// look is the ways from the records of a model, and the statement that goes them.
type look struct {
	ways  []way
	width int // of the longest key that a way leads to
	sql   string
}

func (s *Store) newLook(m *Model, n int, owners bool) *look {
	l := &look{ways: s.waysByLink(m, n)}
	if owners {
		l.ways = append(l.ways, s.waysByOwner(m, n)...)
	}
	for _, w := range l.ways {
		l.width = max(l.width, len(w.key))
	}
	parts := make([]string, len(l.ways))
	for i, w := range l.ways {
		parts[i] = fmt.Sprintf("SELECT %d, %s%s, %s", i, w.keys, strings.Repeat(", ''", l.width-len(w.key)), w.rest)
	}
	l.sql = strings.Join(parts, " UNION ALL ")
	return l
}

// add notes where a way leads.
func (l *leads) add(w *way, from, to string, goes bool) {
	if w.link == nil {
		l.owned = append(l.owned, record{w.to, to})
		return
	}
	p := Pair{w.link.Name, from, to}
	if !w.left {
		p.Left, p.Right = to, from
	}
	l.links = append(l.links, p)
	if goes {
		l.cascade = append(l.cascade, record{w.to, to})
	}
}

// waysByOwner lead to what records own. They rely on the index of the owned model's column.
func (s *Store) waysByOwner(m *Model, n int) []way {
	var ways []way
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
		ways = append(
			ways,
			way{
				to:   child,
				key:  child.key,
				keys: m.key.On("o").TypedTexts() + ", " + child.key.On("t").TypedTexts(),
				rest: fmt.Sprintf(
					`true FROM %s AS o JOIN %s AS t ON %s WHERE %s AND t.deleted_at IS NULL`,
					m.table(), child.table(), strings.Join(on, " AND "), m.amongMany("o", n)),
			},
		)
	}
	return ways
}

// waysByLink are the live links of records, and lead to those that they cascade to. They rely on the live indexes of the link tables,
// and on the far model's primary key.
func (s *Store) waysByLink(m *Model, n int) []way {
	var ways []way
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
			goes, join := "false", ""
			if cascades {
				join = fmt.Sprintf(
					" LEFT JOIN %s AS f ON %s AND f.deleted_at IS NULL",
					to.table(),
					to.key.On("f").Equals(far.On("t")),
				)
				goes = "f." + quote(to.key[0].Name) + " IS NOT NULL"
			}
			ways = append(
				ways,
				way{
					to:   to,
					key:  far,
					link: d,
					left: left,
					keys: near.On("t").TypedTexts() + ", " + far.On("t").TypedTexts(),
					rest: fmt.Sprintf(
						`%s FROM %s AS t%s WHERE %s AND t.deleted_at IS NULL`,
						goes, d.table(), join, amongMany(near, "t", n)),
				},
			)
		}
	}
	return ways
}
