package linkstore

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// Records names records of one model, by Model, or by Module and Key.
type Records struct {
	Module, Model, Key string
	IDs                []string
}

// Receipt lists what a deletion removed, or a restore brought back.
type Receipt struct {
	DeletionID string // "" if nothing changed
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

// Delete removes every live link of the given records. It soft-deletes the records at the cascading ends of these
// links and the records that they own, then removes the links of those, and so on, across any number of modules.
// The given records stay.
//
// It is one transaction. The receipt names the deletion, for RestoreDeletion. A record that does not exist is a
// *RecordError; one that is deleted already is skipped.
func (s *Store) Delete(ctx context.Context, records []Records) (Receipt, error) {
	return s.delete(ctx, DeleteLinks, records)
}

// DeleteRecords does what Delete does, and also soft-deletes the given records and what they own.
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
			return Receipt{}, &ItemError{
				Index: index[i],
				Err:   &InvalidError{Field: r.model.Name, Reason: "its records cannot be soft-deleted"},
			}
		}
	}
	var receipt Receipt
	known := map[record]bool{} // the closures of earlier tries
	err = s.run(ctx, func(tx *batchTx) (func() Written, error) {
		c, err := s.lockedClosure(ctx, tx, roots, index, withRoots, known)
		if err != nil {
			return nil, err
		}
		receipt = Receipt{}
		return func() Written { return Written{Verb: verb, Given: groupRecords(roots), Receipt: receipt} }, s.remove(
			ctx,
			tx,
			c,
			&receipt,
		)
	})
	if err != nil {
		return Receipt{}, fmt.Errorf("delete: %w", err)
	}
	return receipt, nil
}

// roots resolves the records of a call, each once. index holds the position at which each was first named.
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
			return nil, nil, &ItemError{Index: n, Err: undefined("model", r.Model, names, ErrInvalid)}
		}
		if r.Model == "" {
			if m, err = s.catalog.ModelByKey(r.Module, r.Key); err != nil {
				return nil, nil, &ItemError{Index: n, Err: err}
			}
		}
		if slices.Contains(s.cfg.AbsentModels, m.Name) {
			return nil, nil, &ItemError{
				Index: n,
				Err:   &InvalidError{Field: m.Name, Reason: "this database does not have it"},
			}
		}
		for _, id := range r.IDs {
			id, err := canonicalID(m.key, m.keyName(), id)
			if err != nil {
				return nil, nil, &ItemError{Index: n, Err: err}
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

// liveRoots returns the given records that are live. They must be locked. A record that does not exist is a
// *RecordError.
func (s *Store) liveRoots(
	ctx context.Context,
	tx *batchTx,
	roots []record,
	index []int,
	locked *lockSet,
) ([]record, error) {
	s.listLive(tx, locked)
	if err := tx.send(ctx); err != nil {
		return nil, err
	}
	var live []record
	for i, r := range roots {
		switch {
		case locked.isLive(r.model, r.id):
			live = append(live, r)
		case !locked.exists(r.model, r.id):
			return nil, rootNotFound(r, index[i])
		}
	}
	return live, nil
}

// rootNotFound returns the error for a given record that does not exist.
func rootNotFound(r record, index int) error {
	return &ItemError{
		Index: index,
		Err:   &RecordError{Module: r.model.Module, Model: r.model.Name, Key: r.model.key.Form(), ID: r.id},
	}
}

// remove soft-deletes a closure and saves the deletion for a restore. It fails with a changedError if a link of the
// closure is gone by now, because then the records reached by it may not belong to this deletion. The receipt is
// complete once all statements are sent.
func (s *Store) remove(ctx context.Context, tx *batchTx, c *closure, receipt *Receipt) error {
	if len(c.removed) == 0 && len(c.links) == 0 {
		return nil
	}
	receipt.DeletionID = s.newIDs("del", 1)[0]
	s.saveDeletion(tx, receipt.DeletionID, c)
	err := s.detachAll(ctx, tx, sortedPairs(c.links), removal{"delete", receipt.DeletionID}, &receipt.Links)
	if err != nil {
		return err
	}
	receipt.Records = s.softDelete(tx, c, receipt.DeletionID)
	tx.notify(s.cfg.Deleted, receipt)
	return nil
}

// notify calls a hook, if there is one, with the records that are being deleted or restored. The hook may queue
// statements for the end of the transaction.
func (w *batchTx) notify(hook func([]Records, *pgx.Batch), receipt *Receipt) {
	if hook != nil && len(receipt.Records) > 0 {
		hook(receipt.Records, &w.last)
	}
}

// softDelete queues the statements that soft-delete the records of a closure, and returns these records. The
// statements rely on the primary keys.
func (s *Store) softDelete(tx *batchTx, c *closure, deletion string) []Records {
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
		tx.queue(
			len(ids),
			nil,
			cachedSQL(s, sqlKey{statement: "delete", subject: m, large: len(ids) >= rowkey.Many}, func() string {
				return fmt.Sprintf(`UPDATE %s AS t SET deleted_at = %s WHERE %s AND t.deleted_at IS NULL`,
					m.table(), s.deletedAt(len(m.key)+1), m.amongMany("t", len(ids)))
			}),
			append(rowkey.Args(ids, len(m.key)), deletion)...)
		records = append(records, Records{Module: m.Module, Model: m.Name, Key: m.Key, IDs: ids})
	}
	return records
}

// records returns the roots and the removed records, in the order of the index that they are written to.
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

// saveDeletion queues the statement that saves which records are removed and why, so that they can be restored.
func (s *Store) saveDeletion(tx *batchTx, deletion string, c *closure) {
	var models, keys []string
	var removed []bool
	for _, r := range c.records() {
		models, keys, removed = append(models, r.model.Name), append(keys, r.id), append(removed, c.removed[r])
	}
	var parentModels, parentKeys, childModels, childKeys []string
	byParent := func(a, b [2]record) int { return cmp.Or(a[0].compare(b[0]), a[1].compare(b[1])) }
	for _, e := range slices.SortedFunc(maps.Keys(c.causes), byParent) {
		parentModels, parentKeys = append(parentModels, e[0].model.Name), append(parentKeys, e[0].id)
		childModels, childKeys = append(childModels, e[1].model.Name), append(childKeys, e[1].id)
	}
	n := len(keys) + len(childKeys)
	array := func(number int, sqlType string) string { return rowkey.Array(number, sqlType, n) }
	tx.queue(n, nil, fmt.Sprintf(`
		WITH noted AS (
			INSERT INTO %s (id, deleted_at) VALUES ($1::text, clock_timestamp())
		), caused AS (
			INSERT INTO %s (deletion_id, parent_model, parent_key, model, key)
			SELECT $1::text, p.pm, p.pk, p.m, p.k FROM unnest(%s, %s, %s, %s) AS p(pm, pk, m, k)
		)
		INSERT INTO %s (deletion_id, model, key, removed)
		SELECT $1::text, p.model, p.key, p.removed FROM unnest(%s, %s, %s) AS p(model, key, removed)`,
		s.own("deletion"),
		s.own("deletion_cause"), array(2, "text"), array(3, "text"), array(4, "text"), array(5, "text"),
		s.own("deletion_record"), array(6, "text"), array(7, "text"), array(8, "boolean")),
		deletion, parentModels, parentKeys, childModels, childKeys, models, keys, removed)
}

// saveLinks queues the statement that saves the links a deletion removed, if there are many. detachFew saves a few
// itself.
func (s *Store) saveLinks(tx *batchTx, deletion string, d *Definition, links []Link) {
	if len(links) == 0 {
		return
	}
	left, right := make([]string, len(links)), make([]string, len(links))
	for i, l := range links {
		left[i], right[i] = l.Left, l.Right
	}
	tx.last.Queue(`
		INSERT INTO `+s.own("deletion_link")+` (deletion_id, link, left_key, right_key)
		SELECT $1, $2::text, p.l, p.r FROM unnest($3::text[], $4::text[]) AS p(l, r)`, deletion, d.Name, left, right)
}
