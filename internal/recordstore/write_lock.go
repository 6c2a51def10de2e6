package recordstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
	"github.com/linkgraph/linkgraph/linkstore/storeerr"
)

// tries is how often a write is run when Postgres ends it for the sake of another.
const tries = 10

// again runs a transaction again when Postgres ends it because two of them wait for each other, or came in each other's way. In a
// transaction of the caller's it is the caller's to run again.
func (s *Store) again(ctx context.Context, fn func() error) error {
	for try := 1; ; try++ {
		err := fn()
		if !IsConflict(err) {
			var locked *LockTimeoutError
			if errors.As(err, &locked) {
				s.catalog.nameLocked(locked)
				return locked
			}
			return err
		}
		if _, inTx := s.db.(pgx.Tx); inTx {
			return err
		}
		if try == tries {
			return &storeerr.ContendedError{Err: err}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(rand.N(time.Millisecond << min(try, 6))):
		}
	}
}

// held are the records of other models, and of the one that is written, that a write keeps as they are until it ends.
type held map[*Model]map[string]bool // by key: whether it is live

// wanted are records to lock.
type wanted struct {
	keys     []string
	strength string
}

// lock locks the records that drafts are, if they are there already, refer to or are joined with: each model once, in the order that
// all writers keep, so that they do not wait for each other.
func (s *Store) lock(ctx context.Context, tx pgx.Tx, m *Model, drafts []draft, own bool) (held, error) {
	all := map[*Model]*wanted{}
	add := func(target *Model, strength string, keys []string) {
		if len(keys) == 0 {
			return
		}
		w := all[target]
		if w == nil {
			w = &wanted{strength: strength}
			all[target] = w
		}
		w.keys = append(w.keys, keys...)
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
				left, err := formerReferences(ctx, tx, m, r, drafts)
				if err != nil {
					return nil, err
				}
				add(target, owners, left)
			}
		} else if r.Settable != "" {
			for _, d := range drafts {
				add(target, "FOR SHARE", d.joins[r.Settable])
			}
		}
	}
	locked := held{}
	for _, target := range s.inLockOrder(all) {
		if err := locked.take(ctx, tx, target, all[target].keys, all[target].strength); err != nil {
			return nil, err
		}
	}
	return locked, nil
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

// take locks records and notes which of them are live.
func (h held) take(ctx context.Context, tx pgx.Tx, m *Model, keys []string, strength string) error {
	live, err := liveKeys(ctx, tx, m, m.key, keys, strength)
	if err != nil {
		return err
	}
	if h[m] == nil {
		h[m] = make(map[string]bool, len(keys))
	}
	for _, k := range keys {
		h[m][k] = live[k]
	}
	return nil
}

// live returns which of some records are. Those that a rule has added are locked now.
func (h held) live(ctx context.Context, tx pgx.Tx, m *Model, keys []string) (map[string]bool, error) {
	missing := slices.DeleteFunc(slices.Clone(keys), func(k string) bool {
		_, known := h[m][k]
		return known
	})
	if len(missing) > 0 {
		if err := h.take(ctx, tx, m, missing, "FOR SHARE"); err != nil {
			return nil, err
		}
	}
	return h[m], nil
}

// checkOwn finds records that are about to change and are not there.
func (h held) checkOwn(m *Model, drafts []draft) error {
	for i, d := range drafts {
		if !h[m][d.key] {
			return &ItemError{Index: i, Err: &RecordError{Module: m.Module, Model: m.Name, ID: d.key}}
		}
	}
	return nil
}

// liveKeys locks the live records among the keys, in the order of their texts, and returns which they are. Relies on the key's index.
func liveKeys(
	ctx context.Context,
	tx pgx.Tx,
	m *Model,
	columns []int,
	keys []string,
	strength string,
) (map[string]bool, error) {
	b := newBuilder(nil)
	key := tableRef("t.", m, columns)
	rows, err := tx.Query(ctx, fmt.Sprintf(`SELECT %s FROM %s AS t WHERE %s%s ORDER BY %s %s`,
		key.Texts(), m.table(), b.amongGiven(key, keys), m.live("t"), key.Order(), strength), b.args...)
	if err != nil {
		return nil, classify(err)
	}
	live := make(map[string]bool, len(keys))
	parts := make(compositeCell, len(columns))
	_, err = pgx.ForEachRow(rows, parts.dests(), func() error {
		live[rowkey.Join(parts)] = true
		return nil
	})
	return live, classify(err)
}

// refers reports whether a relation is a column of the model that names records of its module by their key.
func (s *Store) refers(m *Model, r *Relation) bool {
	target := s.catalog.Target(r)
	return r.Through == nil && !r.Many && !m.IsKey(r.Columns) && target.IsKey(r.TargetColumns) &&
		target.Module == m.Module
}

// formerReferences are the keys that records hold in the columns of a relation before they change. Relies on the key's index.
func formerReferences(ctx context.Context, tx pgx.Tx, m *Model, r *Relation, drafts []draft) ([]string, error) {
	keys := make([]string, len(drafts))
	for i, d := range drafts {
		keys[i] = d.key
	}
	b := newBuilder(nil)
	columns := tableRef("t.", m, m.Indexes(r.Columns))
	rows, err := tx.Query(ctx, fmt.Sprintf(`SELECT DISTINCT %s FROM %s AS t WHERE %s AND (%s) IS NOT NULL`,
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
func (s *Store) checkReferences(ctx context.Context, tx pgx.Tx, m *Model, drafts []draft, held held) error {
	written := map[string]bool{}
	for _, d := range drafts {
		written[d.key] = true
	}
	for i := range m.Relations {
		r := &m.Relations[i]
		if !s.refers(m, r) {
			continue
		}
		target := s.catalog.Target(r)
		keys := references(r, drafts)
		if len(keys) == 0 {
			continue
		}
		live, err := held.live(ctx, tx, target, keys)
		if err != nil {
			return err
		}
		for j, d := range drafts {
			if k, ok := d.reference(r); ok && !live[k] && (target != m || !written[k]) {
				return &ItemError{Index: j, Err: &RecordError{Module: target.Module, Model: target.Name, ID: k}}
			}
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
