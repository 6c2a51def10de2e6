package recordstore

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/internal/lazytx"
	"github.com/linkgraph/linkgraph/linkstore/rowkey"
	"github.com/linkgraph/linkgraph/linkstore/storeerr"
)

// retry retries a transaction that Postgres aborted because of a deadlock or another conflict. In a transaction of
// the caller it does not: the caller must retry.
func (s *Store) retry(ctx context.Context, fn func() error) error {
	for try := 1; ; try++ {
		err := fn()
		if !IsConflict(err) {
			return err
		}
		if _, inTx := s.db.(pgx.Tx); inTx {
			return err
		}
		if try == lazytx.Tries {
			return &storeerr.ContendedError{Err: err}
		}
		if err := lazytx.Pause(ctx, try); err != nil {
			return err
		}
	}
}

// heldRecords are the records that a write has locked until it ends, by model and key, and whether each is live. A
// record whose lock is queued counts as not live.
type heldRecords map[*Model]map[string]bool

// lockRequest is the records of one model to lock.
type lockRequest struct {
	keys     []string
	strength string
}

// lock locks the records that are written, if they exist, and those that they refer to or are joined with. It locks
// each model once, in the order that all writers keep, to avoid deadlocks.
func (w *writer) lock(ctx context.Context, pending []pendingRow, own bool) error {
	s, m := w.store, w.model
	all := map[*Model]*lockRequest{}
	add := func(target *Model, strength string, keys []string) {
		if len(keys) == 0 {
			return
		}
		of := all[target]
		if of == nil {
			of = &lockRequest{strength: strength}
			all[target] = of
		}
		of.keys = append(of.keys, keys...)
	}
	if own {
		keys := make([]string, len(pending))
		for i, d := range pending {
			keys[i] = d.key
		}
		add(m, "FOR NO KEY UPDATE", keys)
	}
	owners := "FOR SHARE"
	if s.cfg.Rules[m.Name].WritesOwners {
		owners = "FOR NO KEY UPDATE"
	}
	for i := range m.Relations {
		r := &m.Relations[i]
		if target := s.catalog.Target(r); s.refers(m, r) {
			add(target, owners, references(r, pending))
			if own && s.cfg.Rules[m.Name].WritesOwners {
				former, err := w.formerReferences(ctx, r, pending)
				if err != nil {
					return err
				}
				add(target, owners, former)
			}
		} else if r.Settable != "" {
			for _, d := range pending {
				add(target, "FOR SHARE", d.joins[r.Settable])
			}
		}
	}
	for _, target := range s.inLockOrder(all) {
		w.lockModel(target, all[target].keys, all[target].strength)
	}
	return nil
}

// inLockOrder sorts models in the order in which all writers lock their records.
func (s *Store) inLockOrder(all map[*Model]*lockRequest) []*Model {
	models := make([]*Model, 0, len(all))
	for _, m := range s.catalog.models {
		if all[m] != nil {
			models = append(models, m)
		}
	}
	slices.SortStableFunc(models, func(a, b *Model) int {
		return cmp.Compare(slices.Index(s.cfg.LockOrder, a.Name), slices.Index(s.cfg.LockOrder, b.Name))
	})
	return models
}

// lockModel queues the statement that locks records of a model, in the order of their keys as text, and notes which
// of them are live. It relies on the key's index.
func (w *writer) lockModel(m *Model, keys []string, strength string) {
	live := w.held[m]
	if live == nil {
		live = make(map[string]bool, len(keys))
		w.held[m] = live
	}
	for _, k := range keys {
		live[k] = false
	}
	b := newBuilder(nil)
	key := tableRef("t.", m, m.key)
	parts := make(compositeCell, len(m.key))
	columns, dests := key.Texts(), parts.dests()
	var version cell
	if m == w.model && w.versions != nil {
		i, _ := m.version()
		version = newCell(&m.Columns[i])
		columns, dests = columns+", t."+quote(updatedAt), slices.Concat(dests, version.dests())
	}
	w.query(
		func(rows pgx.Rows) error {
			_, err := pgx.ForEachRow(rows, dests, func() error {
				key := rowkey.Join(parts)
				live[key] = true
				if version != nil {
					w.versions[key] = version.value()
				}
				return nil
			})
			return classify(err)
		},
		fmt.Sprintf(`SELECT %s FROM %s AS t WHERE %s%s ORDER BY %s %s`,
			columns, m.table(), b.amongGiven(key, keys), m.live("t"), key.Order(), strength),
		b.args...)
}

// lockMissing queues the locks of referenced records that a rule has added.
func (w *writer) lockMissing(m *Model, keys []string) {
	missing := slices.DeleteFunc(slices.Clone(keys), func(k string) bool {
		_, known := w.held[m][k]
		return known
	})
	if len(missing) > 0 {
		w.lockModel(m, missing, "FOR SHARE")
	}
}

// checkOwn returns an error for a record to update that does not exist, or for which the condition of the update
// does not hold.
func (w *writer) checkOwn(pending []pendingRow) error {
	m := w.model
	for i, d := range pending {
		if !w.held[m][d.key] {
			return &ItemError{Index: i, Err: &RecordError{Module: m.Module, Model: m.Name, ID: d.key}}
		}
		if err := w.versions.check(m, &d); err != nil {
			return &ItemError{Index: i, Err: err}
		}
	}
	return nil
}

// refers reports whether a relation is held in columns of the model that refer to a record of the same module by
// its key.
func (s *Store) refers(m *Model, r *Relation) bool {
	target := s.catalog.Target(r)
	return r.Through == nil && !r.Many && !m.IsKey(r.Columns) && target.IsKey(r.TargetColumns) &&
		target.Module == m.Module
}

// formerReferences returns the keys that records hold in the columns of a relation before the update. It relies on
// the key's index.
func (w *writer) formerReferences(ctx context.Context, r *Relation, pending []pendingRow) ([]string, error) {
	m := w.model
	keys := make([]string, len(pending))
	for i, d := range pending {
		keys[i] = d.key
	}
	b := newBuilder(nil)
	columns := tableRef("t.", m, m.Indexes(r.Columns))
	rows, err := w.tx.Query(ctx, fmt.Sprintf(`SELECT DISTINCT %s FROM %s AS t WHERE %s AND (%s) IS NOT NULL`,
		columns.Texts(), m.table(), b.amongGiven(tableRef("t.", m, m.key), keys), columns.List()), b.args...)
	if err != nil {
		return nil, classify(err)
	}
	var former []string
	parts := make(compositeCell, len(r.Columns))
	_, err = pgx.ForEachRow(rows, parts.dests(), func() error {
		former = append(former, rowkey.Join(parts))
		return nil
	})
	return former, classify(err)
}

// references returns the keys that rows hold in the columns of a relation.
func references(r *Relation, pending []pendingRow) []string {
	var keys []string
	for _, d := range pending {
		if k, ok := d.reference(r); ok {
			keys = append(keys, k)
		}
	}
	return keys
}

// checkReferences returns an error for a reference to a record that is deleted or does not exist. A foreign key
// alone does not detect soft-deleted records.
func (w *writer) checkReferences(pending []pendingRow) error {
	written := map[string]bool{}
	for _, d := range pending {
		written[d.key] = true
	}
	var checks []func() error
	for i := range w.model.Relations {
		r := &w.model.Relations[i]
		if !w.store.refers(w.model, r) {
			continue
		}
		target := w.store.catalog.Target(r)
		keys := references(r, pending)
		if len(keys) == 0 {
			continue
		}
		w.lockMissing(target, keys)
		checks = append(checks, func() error {
			for j, d := range pending {
				k, ok := d.reference(r)
				if ok && !w.held[target][k] && (target != w.model || !written[k]) {
					return &ItemError{Index: j, Err: &RecordError{Module: target.Module, Model: target.Name, ID: k}}
				}
			}
			return nil
		})
	}
	for _, check := range checks {
		if err := w.check(check); err != nil {
			return err
		}
	}
	return nil
}

// sortForInsert sorts the rows of a statement so that two calls that insert the same records insert them in the
// same order, which avoids deadlocks in unique indexes. It sorts by the given values: a slug first, and the key
// last, because it may be new. If the orders differ all the same, one of the two calls is retried.
func sortForInsert(m *Model, pending []pendingRow, group []int) {
	names := columnsOf(pending[group[0]])
	place := func(name string) int {
		i, ok := m.Column(name)
		switch {
		case ok && m.Columns[i].SlugOf != "":
			return 0
		case ok && slices.Contains(m.key, i):
			return 2
		}
		return 1
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(place(a), place(b)) })
	slices.SortStableFunc(group, func(i, j int) int {
		for _, n := range names {
			if c := cmp.Compare(textOf(pending[i].values[n]), textOf(pending[j].values[n])); c != 0 {
				return c
			}
		}
		return 0
	})
}
