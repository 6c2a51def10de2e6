package linkstore

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Records names records of one model, by Model, or by Module and Key.
type Records struct {
	Module, Model, Key string
	IDs                []string
}

// Receipt says what a deletion removed, or a restore brought back.
type Receipt struct {
	DeletionID string // "" if there was nothing to do
	Links      []Link
	Records    []Records
}

// record is one record of a model.
type record struct {
	model *Model
	id    string
}

func (r record) compare(o record) int {
	if r.model != o.model {
		return strings.Compare(r.model.Name, o.model.Name)
	}
	return strings.Compare(r.id, o.id)
}

// closure is everything that a deletion reaches.
type closure struct {
	roots   map[record]bool
	removed map[record]bool // records that are soft-deleted
	causes  map[[2]record]bool
	links   []Pair // some twice
}

// Delete removes every live link of the given records. Records on the ends of these links that cascade are soft-deleted,
// and so are the records they own; then their links go, and so on, across any number of modules. The given records stay.
//
// It is one transaction. The receipt names the deletion, for RestoreDeletion. A record that does not exist is a
// *RecordError; one that is deleted already is passed over.
func (s *Store) Delete(ctx context.Context, records []Records) (Receipt, error) {
	return s.delete(ctx, DeleteLinks, records)
}

// DeleteRecords is Delete, and soft-deletes the given records themselves and what they own.
func (s *Store) DeleteRecords(ctx context.Context, records []Records) (Receipt, error) {
	return s.delete(ctx, DeleteRecords, records)
}

func (s *Store) delete(ctx context.Context, verb Verb, records []Records) (Receipt, error) {
	withRoots := verb == DeleteRecords
	roots, index, err := s.roots(records)
	if err != nil {
		return Receipt{}, err
	}
	for i, r := range roots {
		if withRoots && (r.model.NoSoftDelete || r.model.Table == "") {
			return Receipt{}, &ItemError{index[i], &InvalidError{Field: r.model.Name, Reason: "its records cannot be soft-deleted"}}
		}
	}
	var receipt Receipt
	err = s.run(ctx, func(tx *write) (Written, error) {
		live, err := s.lockRoots(ctx, tx, roots, index)
		if err != nil {
			return Written{}, err
		}
		c, err := s.stableClosure(ctx, tx, live, withRoots)
		if err != nil {
			return Written{}, err
		}
		receipt, err = s.remove(ctx, tx, c)
		return Written{Verb: verb, Given: recordsOf(roots), Receipt: receipt}, err
	})
	if err != nil {
		return Receipt{}, fmt.Errorf("delete: %w", err)
	}
	return receipt, nil
}

// roots resolves the records of a call. index is where in the call each was named.
func (s *Store) roots(records []Records) (roots []record, index []int, err error) {
	seen := map[record]bool{}
	n := 0
	for _, r := range records {
		m, ok := s.catalog.byModel[r.Model]
		if r.Model != "" && !ok {
			var names []string
			for _, m := range s.catalog.models {
				names = append(names, m.Name)
			}
			return nil, nil, &ItemError{n, &UndefinedError{"model", r.Model, names, ErrInvalid}}
		}
		if r.Model == "" {
			if m, err = s.catalog.ModelByKey(r.Module, r.Key); err != nil {
				return nil, nil, &ItemError{n, err}
			}
		}
		if slices.Contains(s.cfg.AbsentModels, m.Name) {
			return nil, nil, &ItemError{n, &InvalidError{Field: m.Name, Reason: "this database does not have it"}}
		}
		for _, id := range r.IDs {
			id, err := m.key.canonical(m.keyName(), id)
			if err != nil {
				return nil, nil, &ItemError{n, err}
			}
			if root := (record{m, id}); !seen[root] {
				seen[root] = true
				roots, index = append(roots, root), append(index, n)
			}
			n++
		}
	}
	return roots, index, s.checkCount("records", n)
}

// lockRoots locks the given records and returns those that are live.
func (s *Store) lockRoots(ctx context.Context, tx *write, roots []record, index []int) ([]record, error) {
	wanted := map[*Model]*lockSet{}
	for _, r := range roots {
		addLock(wanted, r)
	}
	if all, err := s.lockAll(ctx, tx, wanted); all || err != nil {
		return roots, err
	}
	live, err := s.lockRecords(ctx, tx, wanted)
	if err != nil {
		return nil, err
	}
	var there []record
	var gone []int
	for i, r := range roots {
		if r.model.Table == "" || live[r.model][r.id] {
			there = append(there, r)
		} else {
			gone = append(gone, i)
		}
	}
	return there, s.checkExisted(ctx, tx, roots, index, gone)
}

func addLock(wanted map[*Model]*lockSet, r record) {
	if r.model.Table == "" {
		return
	}
	if wanted[r.model] == nil {
		wanted[r.model] = &lockSet{strength: forDelete}
	}
	wanted[r.model].ids = append(wanted[r.model].ids, r.id)
}

// checkExisted tells records that are deleted from those that never were. Relies on the primary keys.
func (s *Store) checkExisted(ctx context.Context, tx *write, roots []record, index, gone []int) error {
	byModel := map[*Model][]string{}
	for _, i := range gone {
		byModel[roots[i].model] = append(byModel[roots[i].model], roots[i].id)
	}
	existed := map[record]bool{}
	for _, m := range s.catalog.models {
		if byModel[m] == nil {
			continue
		}
		rows, err := tx.Query(ctx, fmt.Sprintf(`SELECT %s FROM %s AS t WHERE %s`,
			m.key.selected("t"), m.table(), m.key.among("t", 1)), m.key.args(byModel[m])...)
		if err != nil {
			return err
		}
		ids, err := m.key.collect(rows)
		if err != nil {
			return err
		}
		for _, id := range ids {
			existed[record{m, id}] = true
		}
	}
	for _, i := range gone {
		if r := roots[i]; !existed[r] {
			return &ItemError{index[i], &RecordError{r.model.Module, r.model.Name, r.model.key.form(), r.id}}
		}
	}
	return nil
}

// stableClosure finds everything the deletion reaches, locks it, and looks again, until nothing was added behind its back.
func (s *Store) stableClosure(ctx context.Context, tx *write, roots []record, withRoots bool) (*closure, error) {
	locked := map[record]bool{}
	for {
		c, err := s.reach(ctx, tx, roots, withRoots)
		if err != nil {
			return nil, err
		}
		wanted := map[*Model]*lockSet{}
		fresh := false
		for r := range c.removed {
			if !locked[r] {
				fresh = true
			}
			addLock(wanted, r)
		}
		for r := range c.roots {
			addLock(wanted, r)
		}
		if !fresh {
			return c, nil
		}
		if _, err := s.lockRecords(ctx, tx, wanted); err != nil {
			return nil, err
		}
		for r := range c.removed {
			locked[r] = true
		}
	}
}

// reach walks from the roots, one breadth at a time. How many statements that takes depends on how deep the cascades go,
// not on how many records there are.
func (s *Store) reach(ctx context.Context, tx *write, roots []record, withRoots bool) (*closure, error) {
	c := &closure{roots: map[record]bool{}, removed: map[record]bool{}, causes: map[[2]record]bool{}}
	frontier := map[*Model][]string{}
	for _, r := range roots {
		c.roots[r] = true
		if withRoots {
			c.removed[r] = true
		}
		frontier[r.model] = append(frontier[r.model], r.id)
	}
	for len(frontier) > 0 {
		next := map[*Model][]string{}
		reached := func(from, to record) {
			if c.roots[to] && !withRoots {
				return // a cycle leads back to a record that stays
			}
			c.causes[[2]record{from, to}] = true
			if !c.removed[to] {
				c.removed[to] = true
				next[to.model] = append(next[to.model], to.id)
			}
		}
		for _, m := range s.catalog.models {
			if len(frontier[m]) == 0 {
				continue
			}
			if err := s.reachOwned(ctx, tx, c, m, frontier[m], reached); err != nil {
				return nil, err
			}
			if err := s.reachLinks(ctx, tx, c, m, frontier[m], reached); err != nil {
				return nil, err
			}
		}
		frontier = next
	}
	return c, nil
}

// reachOwned finds what deleted records own. Relies on the index of the owned model's column.
func (s *Store) reachOwned(ctx context.Context, tx *write, c *closure, m *Model, ids []string, reached func(from, to record)) error {
	deleted := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !c.removed[record{m, id}] })
	if len(deleted) == 0 {
		return nil
	}
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
		rows, err := tx.bulk(ctx, len(deleted), fmt.Sprintf(`
			SELECT %s, %s FROM %s AS o JOIN %s AS t ON %s
			WHERE %s AND t.deleted_at IS NULL`,
			m.key.selectedAs("o", "from"), child.key.selectedAs("t", "to"), m.table(), child.table(), strings.Join(on, " AND "),
			m.amongMany("o", 1, len(deleted))), m.key.args(deleted)...)
		if err != nil {
			return err
		}
		from, to := m.key.scan(), child.key.scan()
		_, err = pgx.ForEachRow(rows, slices.Concat(from.dests(), to.dests()), func() error {
			reached(record{m, from.id()}, record{child, to.id()})
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// reachLinks finds the live links of records and the records they cascade to. Relies on the live indexes of the link
// tables, and on the far model's primary key.
func (s *Store) reachLinks(ctx context.Context, tx *write, c *closure, m *Model, ids []string, reached func(from, to record)) error {
	for _, d := range s.catalog.links {
		if d.ReadOnly != "" || s.absent(d) {
			continue
		}
		for _, fromLeft := range []bool{true, false} {
			near, far, nearModel, farModel, cascades := d.leftKey, d.rightKey, d.left, d.right, d.Right.DeleteCascade
			if !fromLeft {
				near, far, nearModel, farModel, cascades = d.rightKey, d.leftKey, d.right, d.left, d.Left.DeleteCascade
			}
			if nearModel != m {
				continue
			}
			live := "false"
			join := ""
			if cascades {
				join = fmt.Sprintf(" LEFT JOIN %s AS f ON %s AND f.deleted_at IS NULL", farModel.table(), farModel.key.matches("f", far, "t"))
				live = "f." + quote(farModel.key[0].name) + " IS NOT NULL"
			}
			rows, err := tx.bulk(ctx, len(ids), fmt.Sprintf(
				`SELECT %s, %s, %s FROM %s AS t%s WHERE %s AND t.deleted_at IS NULL`,
				near.selected("t"), far.selected("t"), live, d.table(), join, near.amongMany("t", 1, len(ids))), near.args(ids)...)
			if err != nil {
				return err
			}
			from, to := near.scan(), far.scan()
			var there bool
			_, err = pgx.ForEachRow(rows, slices.Concat(from.dests(), to.dests(), []any{&there}), func() error {
				p := Pair{d.Name, from.id(), to.id()}
				if !fromLeft {
					p.Left, p.Right = p.Right, p.Left
				}
				c.links = append(c.links, p)
				if there {
					reached(record{m, from.id()}, record{farModel, to.id()})
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// remove soft-deletes what a closure holds and writes the deletion down.
func (s *Store) remove(ctx context.Context, tx *write, c *closure) (Receipt, error) {
	if len(c.removed) == 0 && len(c.links) == 0 {
		return Receipt{}, nil
	}
	receipt := Receipt{DeletionID: s.newIDs("del", 1)[0]}
	var at time.Time
	if err := tx.QueryRow(ctx, `INSERT INTO `+s.own("deletion")+` (id, deleted_at) VALUES ($1, clock_timestamp()) RETURNING deleted_at`,
		receipt.DeletionID).Scan(&at); err != nil {
		return Receipt{}, err
	}
	var err error
	if receipt.Links, err = s.detachAll(ctx, tx, sortedPairs(c.links), &at, "delete"); err != nil {
		return Receipt{}, err
	}
	if receipt.Records, err = s.softDelete(ctx, tx, c, at); err != nil {
		return Receipt{}, err
	}
	s.writeDeletion(tx, receipt, c)
	return receipt, nil
}

// softDelete relies on the primary keys.
func (s *Store) softDelete(ctx context.Context, tx *write, c *closure, at time.Time) ([]Records, error) {
	byModel := map[*Model][]string{}
	for r := range c.removed {
		byModel[r.model] = append(byModel[r.model], r.id)
	}
	var records []Records
	for _, m := range s.catalog.models {
		ids := byModel[m]
		if len(ids) == 0 {
			continue
		}
		slices.Sort(ids)
		if _, err := tx.Exec(ctx, fmt.Sprintf(
			`UPDATE %s AS t SET deleted_at = $%d WHERE %s AND t.deleted_at IS NULL`,
			m.table(), len(m.key)+1, m.amongMany("t", 1, len(ids))), planned(len(ids), append(m.key.args(ids), at))...); err != nil {
			return nil, err
		}
		records = append(records, Records{Module: m.Module, Model: m.Name, Key: m.Key, IDs: ids})
	}
	return records, nil
}

// records are the given and the removed ones, in the order of the index that they are written to.
func (c *closure) records() []record {
	all := slices.AppendSeq(make([]record, 0, len(c.roots)+len(c.removed)), maps.Keys(c.removed))
	for r := range c.roots {
		if !c.removed[r] {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, record.compare)
	return all
}

// writeDeletion notes what was removed and because of what, so that it can be restored.
func (s *Store) writeDeletion(tx *write, receipt Receipt, c *closure) {
	var models, keys []string
	var removed []bool
	for _, r := range c.records() {
		models, keys, removed = append(models, r.model.Name), append(keys, r.id), append(removed, c.removed[r])
	}
	tx.last.Queue(`
		INSERT INTO `+s.own("deletion_record")+` (deletion_id, model, key, removed)
		SELECT $1, p.model, p.key, p.removed FROM unnest($2::text[], $3::text[], $4::boolean[]) AS p(model, key, removed)`,
		receipt.DeletionID, models, keys, removed)
	var parentModels, parentKeys []string
	models, keys = nil, nil
	byParent := func(a, b [2]record) int { return cmp.Or(a[0].compare(b[0]), a[1].compare(b[1])) }
	for _, e := range slices.SortedFunc(maps.Keys(c.causes), byParent) {
		parentModels, parentKeys = append(parentModels, e[0].model.Name), append(parentKeys, e[0].id)
		models, keys = append(models, e[1].model.Name), append(keys, e[1].id)
	}
	tx.last.Queue(`
		INSERT INTO `+s.own("deletion_cause")+` (deletion_id, parent_model, parent_key, model, key)
		SELECT $1, p.pm, p.pk, p.m, p.k FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS p(pm, pk, m, k)`,
		receipt.DeletionID, parentModels, parentKeys, models, keys)
	var names, left, right []string
	for _, l := range receipt.Links {
		names, left, right = append(names, l.Name), append(left, l.Left), append(right, l.Right)
	}
	tx.last.Queue(`
		INSERT INTO `+s.own("deletion_link")+` (deletion_id, link, left_key, right_key)
		SELECT $1, p.link, p.l, p.r FROM unnest($2::text[], $3::text[], $4::text[]) AS p(link, l, r)`,
		receipt.DeletionID, names, left, right)
}
