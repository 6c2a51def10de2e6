package linkstore

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// restoring is a call that restores.
type restoring struct {
	find     *find
	roots    []record // that it was given, and where in the call
	index    []int
	deletion string   // that it was given
	known    *locks   // that earlier tries wanted
	repaired []string // links that the given deletion repaired
}

// hold locks what is wanted beyond what this try holds, h, and sends that together with what then queues. It waits for locks if they come after all
// that is held. If it must not wait and would have to, the call has to be run again, and begins with all that is known by now. See "How
// calls are ordered".
func (s *Store) hold(ctx context.Context, tx *batchTx, r *restoring, h *locks, wanted *locks, then func()) error {
	more := wanted.beyond(h)
	more.nowait = !more.after(h)
	s.lock(tx, more)
	then()
	err := tx.send(ctx)
	if more.refused(err) {
		r.known.include(h, stronger)
		r.known.include(more, stronger)
		return changedError{}
	}
	h.include(more, weaker)
	return err
}

// holdGiven locks the given records, and finds what is to come back with them.
func (s *Store) holdGiven(ctx context.Context, tx *batchTx, r *restoring, h *locks, found *deleted) error {
	wanted := newLocks()
	wanted.include(r.known, stronger)
	for _, root := range r.roots {
		wanted.add(root.model, root.id, forDelete)
	}
	exists := true
	err := s.hold(ctx, tx, r, h, wanted, func() {
		if r.deletion != "" {
			tx.queue(0, func(rows pgx.Rows) (err error) {
				_, err = pgx.ForEachRow(rows, []any{&exists, &r.repaired}, func() error { return nil })
				return err
			}, `SELECT EXISTS (SELECT 1 FROM `+s.own("deletion")+` WHERE id = $1), `+s.repairedLinks(), r.deletion)
		}
		s.findRecords(tx, r.find, found)
	})
	if err != nil {
		return err
	}
	if !exists {
		return s.deletionNotFound(ctx, tx, r.deletion)
	}
	for i, root := range r.roots {
		if !h.isLive(root.model, root.id) && !h.exists(root.model, root.id) {
			return missingRoot(root, r.index[i])
		}
	}
	return nil
}

// holdRecords locks what is to come back, and finds the links that may come back with it.
func (s *Store) holdRecords(ctx context.Context, tx *batchTx, r *restoring, h *locks, found *deleted) error {
	wanted := newLocks()
	for _, of := range found.records {
		wanted.add(of.model, of.id, forDelete)
	}
	return s.hold(ctx, tx, r, h, wanted, func() { s.findLinks(tx, found.records, found) })
}

// endsOf are both ends of the links that may come back, and the owners of the records that do.
func (s *Store) endsOf(found *deleted) *locks {
	wanted := newLocks()
	for _, l := range found.links {
		d := s.catalog.byLink[l.Link]
		left, right := d.strengths()
		wanted.add(d.left, l.Left, left)
		wanted.add(d.right, l.Right, right)
	}
	for _, m := range s.catalog.models {
		for _, o := range m.Owns {
			if of := (owning{o, s.catalog.byModel[o.Model], found.removed(o.Model)}); len(of.ids) > 0 {
				wanted.addOwners(m, of, forShare)
			}
		}
	}
	return wanted
}

// weaker is the one that excludes less.
func weaker(a, b string) string {
	if stronger(a, b) == a {
		return b
	}
	return a
}

// include adds other locks. strength says how a model's records are locked of which both have some.
func (l *locks) include(o *locks, strength func(a, b string) string) {
	for b, alone := range o.buckets {
		l.buckets[b] = l.buckets[b] || alone
	}
	for m, set := range o.sets {
		to := l.sets[m]
		if to == nil {
			to = &lockSet{strength: set.strength, seen: map[string]bool{}, listed: true, live: map[string]bool{}}
			l.sets[m] = to
		}
		to.strength = strength(to.strength, set.strength)
		to.owning = append(to.owning, set.owning...)
		for _, id := range set.ids {
			to.add(id)
		}
		for id, live := range set.live {
			to.live[id] = to.live[id] || live
		}
	}
}

// beyond are the locks that are not held. What is there is to be listed.
func (l *locks) beyond(held *locks) *locks {
	more := newLocks()
	for b, alone := range l.buckets {
		if has, holds := held.buckets[b]; !holds || alone && !has {
			more.buckets[b] = alone
		}
	}
	for m, set := range l.sets {
		has := held.sets[m]
		enough := has != nil && stronger(has.strength, set.strength) == has.strength
		rest := &lockSet{strength: set.strength, seen: map[string]bool{}, each: true, owning: set.owning}
		for _, id := range set.ids {
			if !enough || !has.seen[id] {
				rest.add(id)
			}
		}
		if len(rest.ids)+len(rest.owning) > 0 {
			more.sets[m] = rest
		}
	}
	return more
}

// after reports whether all of the locks come after others in the order.
func (l *locks) after(held *locks) bool {
	if len(held.sets)+len(held.buckets) == 0 {
		return true
	}
	if len(l.buckets) > 0 {
		return false
	}
	last := -1
	for m := range held.sets {
		last = max(last, m.rank)
	}
	for m := range l.sets {
		if m.rank <= last {
			return false
		}
	}
	return true
}
