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

// again runs a transaction again when Postgres ends it because two of them wait for each other, or came in each other's way. In a
// transaction of the caller's it is the caller's to run again.
func (s *Store) again(ctx context.Context, fn func() error) error {
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

// held are the records that a write keeps as they are until it ends, by model and key: whether one is live, as far as it
// was read. Those whose locks are queued are in it, and not live.
type held map[*Model]map[string]bool

// wanted are records to lock.
type wanted struct {
	keys     []string
	strength string
}

// lock locks the records that drafts are, if they are there already, refer to or are joined with: each model once, in the order that
// all writers keep, so that they do not wait for each other.
func (w *writer) lock(ctx context.Context, drafts []draft, own bool) error {
	s, m := w.store, w.model
	all := map[*Model]*wanted{}
	add := func(target *Model, strength string, keys []string) {
		if len(keys) == 0 {
			return
		}
		of := all[target]
		if of == nil {
			of = &wanted{strength: strength}
			all[target] = of
		}
		of.keys = append(of.keys, keys...)
	}
	if own {
		keys := make([]string, len(drafts))
		for i, d := range drafts {
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
			add(target, owners, references(r, drafts))
			if own && s.cfg.Rules[m.Name].WritesOwners {
				left, err := w.formerReferences(ctx, r, drafts)
				if err != nil {
					return err
				}
				add(target, owners, left)
			}
		} else if r.Settable != "" {
			for _, d := range drafts {
				add(target, "FOR SHARE", d.joins[r.Settable])
			}
		}
	}
	for _, target := range s.inLockOrder(all) {
		w.take(target, all[target].keys, all[target].strength)
	}
	return nil
}

// inLockOrder sorts models as all writers lock their records.
func (s *Store) inLockOrder(all map[*Model]*wanted) []*Model {
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

// take queues the locks of records, in the order of their keys' texts, and notes which of them are live. Relies on the key's
// index.
func (w *writer) take(m *Model, keys []string, strength string) {
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

// takeMissing queues the locks of records that a rule has added.
func (w *writer) takeMissing(m *Model, keys []string) {
	missing := slices.DeleteFunc(slices.Clone(keys), func(k string) bool {
		_, known := w.held[m][k]
		return known
	})
	if len(missing) > 0 {
		w.take(m, missing, "FOR SHARE")
	}
}

// checkOwn finds records that are about to change and are not there, or are not as the condition of the change says.
func (w *writer) checkOwn(drafts []draft) error {
	m := w.model
	for i, d := range drafts {
		if !w.held[m][d.key] {
			return &ItemError{Index: i, Err: &RecordError{Module: m.Module, Model: m.Name, ID: d.key}}
		}
		if err := w.versions.check(m, &d); err != nil {
			return &ItemError{Index: i, Err: err}
		}
	}
	return nil
}

// refers reports whether a relation is a column of the model that names records of its module by their key.
func (s *Store) refers(m *Model, r *Relation) bool {
	target := s.catalog.Target(r)
	return r.Through == nil && !r.Many && !m.IsKey(r.Columns) && target.IsKey(r.TargetColumns) &&
		target.Module == m.Module
}

// formerReferences are the keys that records hold in the columns of a relation before they change. Relies on the key's index.
func (w *writer) formerReferences(ctx context.Context, r *Relation, drafts []draft) ([]string, error) {
	m := w.model
	keys := make([]string, len(drafts))
	for i, d := range drafts {
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

// references are the keys that drafts hold in the columns of a relation.
func references(r *Relation, drafts []draft) []string {
	var keys []string
	for _, d := range drafts {
		if k, ok := d.reference(r); ok {
			keys = append(keys, k)
		}
	}
	return keys
}

// checkReferences finds records that are referred to but deleted or never there, which a foreign key alone would not.
func (w *writer) checkReferences(drafts []draft) error {
	written := map[string]bool{}
	for _, d := range drafts {
		written[d.key] = true
	}
	var checks []func() error
	for i := range w.model.Relations {
		r := &w.model.Relations[i]
		if !w.store.refers(w.model, r) {
			continue
		}
		target := w.store.catalog.Target(r)
		keys := references(r, drafts)
		if len(keys) == 0 {
			continue
		}
		w.takeMissing(target, keys)
		checks = append(checks, func() error {
			for j, d := range drafts {
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

// sortLikely sorts the rows of a statement so that two calls that make the same records meet in one order: by what is given of them, a
// slug first and the key, which may be new, last. Where the order is another all the same, one of the two is run again.
func sortLikely(m *Model, drafts []draft, group []int) {
	names := columnsOf(drafts[group[0]])
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
			if c := cmp.Compare(textOf(drafts[i].values[n]), textOf(drafts[j].values[n])); c != 0 {
				return c
			}
		}
		return 0
	})
}
