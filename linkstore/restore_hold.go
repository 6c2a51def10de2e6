package linkstore

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// restoring is the state of a Restore or RestoreDeletion across its tries.
type restoring struct {
	find     *candidateQuery
	roots    []record // the given records, and where in the call each was
	index    []int
	deletion string   // the given deletion
	known    *lockSet // what earlier tries needed
	repaired []string // the links that the given deletion repaired
}

// acquire locks what is wanted beyond what this try holds. It sends these statements together with those that then
// queues. It waits for the locks only if they come after all held ones in the lock order. If it must not wait and a
// lock is not free, it fails with a changedError, so that the call is retried and starts with all locks known by
// then. See "How calls are ordered".
func (s *Store) acquire(
	ctx context.Context,
	tx *batchTx,
	r *restoring,
	held *lockSet,
	wanted *lockSet,
	then func(),
) error {
	missing := wanted.minus(held)
	missing.nowait = !missing.after(held)
	s.lock(tx, missing)
	then()
	err := tx.send(ctx)
	if missing.refused(err) {
		r.known.merge(held, stronger)
		r.known.merge(missing, stronger)
		return changedError{}
	}
	held.merge(missing, weaker)
	return err
}

// lockRoots locks the given records, and finds the records that come back with them.
func (s *Store) lockRoots(ctx context.Context, tx *batchTx, r *restoring, held *lockSet, found *candidates) error {
	wanted := newLockSet()
	wanted.merge(r.known, stronger)
	for _, root := range r.roots {
		wanted.add(root.model, root.id, forDelete)
	}
	exists := true
	err := s.acquire(ctx, tx, r, held, wanted, func() {
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
		if !held.isLive(root.model, root.id) && !held.exists(root.model, root.id) {
			return rootNotFound(root, r.index[i])
		}
	}
	return nil
}

// lockRecords locks the records that come back, and finds the links that may come back with them.
func (s *Store) lockRecords(ctx context.Context, tx *batchTx, r *restoring, held *lockSet, found *candidates) error {
	wanted := newLockSet()
	for _, of := range found.records {
		wanted.add(of.model, of.id, forDelete)
	}
	return s.acquire(ctx, tx, r, held, wanted, func() { s.findLinks(tx, found.records, found) })
}

// linkLocks returns the locks of both records of each link that may come back, and of the owners of the records
// that do.
func (s *Store) linkLocks(found *candidates) *lockSet {
	wanted := newLockSet()
	for _, l := range found.links {
		d := s.catalog.byLink[l.Link]
		left, right := d.strengths()
		wanted.add(d.left, l.Left, left)
		wanted.add(d.right, l.Right, right)
	}
	for _, m := range s.catalog.models {
		for _, o := range m.Owns {
			if of := (ownedRecords{o, s.catalog.byModel[o.Model], found.removed(o.Model)}); len(of.ids) > 0 {
				wanted.addOwners(m, of, forShare)
			}
		}
	}
	return wanted
}

// weaker returns the strength that excludes less.
func weaker(a, b string) string {
	if stronger(a, b) == a {
		return b
	}
	return a
}

// merge adds the locks of o. strength chooses the strength of a model's locks if both have some.
func (l *lockSet) merge(o *lockSet, strength func(a, b string) string) {
	for b, exclusive := range o.buckets {
		l.buckets[b] = l.buckets[b] || exclusive
	}
	for m, set := range o.sets {
		to := l.sets[m]
		if to == nil {
			to = &modelLocks{strength: set.strength, seen: map[string]bool{}, listed: true, live: map[string]bool{}}
			l.sets[m] = to
		}
		to.strength = strength(to.strength, set.strength)
		to.owned = append(to.owned, set.owned...)
		for _, id := range set.ids {
			to.add(id)
		}
		for id, live := range set.live {
			to.live[id] = to.live[id] || live
		}
	}
}

// minus returns the locks that are not held. The statements that take them list each record.
func (l *lockSet) minus(held *lockSet) *lockSet {
	more := newLockSet()
	for b, exclusive := range l.buckets {
		if has, holds := held.buckets[b]; !holds || exclusive && !has {
			more.buckets[b] = exclusive
		}
	}
	for m, set := range l.sets {
		has := held.sets[m]
		enough := has != nil && stronger(has.strength, set.strength) == has.strength
		rest := &modelLocks{strength: set.strength, seen: map[string]bool{}, mustList: true, owned: set.owned}
		for _, id := range set.ids {
			if !enough || !has.seen[id] {
				rest.add(id)
			}
		}
		if len(rest.ids)+len(rest.owned) > 0 {
			more.sets[m] = rest
		}
	}
	return more
}

// after reports whether all the locks come after the held ones in the lock order.
func (l *lockSet) after(held *lockSet) bool {
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
