package linkstore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// Restore brings back, for each given record, what its latest deletion removed because of it: the record itself if
// it was deleted, the records that were deleted with it, and their links. What other deletions removed, or what was
// removed only because of other records of the same call, stays deleted. Links that were dismissed stay so too.
//
// A link comes back once both of its records are live. If the other record is still deleted, the link follows when
// that one is restored. A record that is live, or that was restored since, is skipped. Restore fails with a
// *ConflictError, and changes nothing, if a link would give a record more links than the definition allows.
func (s *Store) Restore(ctx context.Context, records []Records) (Receipt, error) {
	roots, index, err := s.roots(records)
	if err != nil {
		return Receipt{}, err
	}
	r := &restoring{find: s.findLatest(roots), roots: roots, index: index, known: newLockSet()}
	var receipt Receipt
	err = s.run(ctx, func(tx *batchTx) (func() Written, error) {
		receipt = Receipt{}
		return func() Written { return Written{Verb: RestoreRecords, Given: groupRecords(roots), Receipt: receipt} }, s.restore(
			ctx,
			tx,
			r,
			&receipt,
		)
	})
	if err != nil {
		return Receipt{}, fmt.Errorf("restore: %w", err)
	}
	return receipt, nil
}

// RestoreDeletion brings back everything that one deletion removed and that has not been restored yet, as Restore
// does. The error of an unknown id is ErrDeletionNotFound.
func (s *Store) RestoreDeletion(ctx context.Context, deletionID string) (Receipt, error) {
	if err := checkID("deletionId", deletionID); err != nil {
		return Receipt{}, err
	}
	r := &restoring{find: s.findDeletion(deletionID), deletion: deletionID, known: newLockSet()}
	var receipt Receipt
	err := s.run(ctx, func(tx *batchTx) (func() Written, error) {
		receipt = Receipt{}
		return func() Written {
			return Written{Verb: RestoreDeletion, GivenDeletion: deletionID, Receipt: receipt}
		}, s.restoreAll(ctx, tx, r, &receipt)
	})
	if err != nil {
		return Receipt{}, fmt.Errorf("restore deletion: %w", err)
	}
	return receipt, nil
}

// restoreAll is restore, and brings back what a repair dismissed.
func (s *Store) restoreAll(ctx context.Context, tx *batchTx, r *restoring, receipt *Receipt) error {
	if err := s.restore(ctx, tx, r, receipt); err != nil {
		return err
	}
	s.undoRepair(tx, r, receipt)
	return nil
}

// restore brings back records, and the links whose two records are then live. The receipt is complete once all
// statements are sent.
func (s *Store) restore(ctx context.Context, tx *batchTx, r *restoring, receipt *Receipt) error {
	held := newLockSet()
	found := &candidates{}
	if err := s.lockRoots(ctx, tx, r, held, found); err != nil || len(found.records) == 0 {
		return err
	}
	if err := s.lockRecords(ctx, tx, r, held, found); err != nil {
		return err
	}
	result := &restoreResult{receipt: receipt, deletion: latestOf(found.records), live: held}
	var kinds []*linkCandidates
	err := s.acquire(ctx, tx, r, held, s.linkLocks(found), func() {
		s.undelete(tx, found.records, result)
		kinds = s.lockCandidates(tx, found.links)
	})
	if classify(err) == duplicate {
		return duplicateOf(err)
	}
	if err != nil {
		return err
	}
	marked, args := s.markRestored(found.records)
	if err := s.restoreLinks(tx, kinds, result); err != nil {
		// Another call may have restored one of the records before this one locked it. If so, report that instead
		// of the conflict.
		tx.queued = nil
		tx.queue(len(found.records), nil, marked, args...)
		return cmp.Or(tx.send(ctx), err)
	}
	tx.last.Queue(marked, args...)
	tx.notify(s.cfg.Restored, receipt)
	return nil
}

// restoreResult collects what came back. The receipt names the deletion once anything did.
type restoreResult struct {
	receipt  *Receipt
	deletion string
	live     *lockSet
}

// latestOf returns the latest of the records' deletions.
func latestOf(records []deletedRecord) string {
	latest := records[0]
	for _, r := range records {
		if r.seq > latest.seq {
			latest = r
		}
	}
	return latest.deletion
}

// hasEnds reports whether both records of a link are live.
func (r *restoreResult) hasEnds(d *Definition, p Pair) bool {
	return r.isLive(d, d.left, p.Left) && r.isLive(d, d.right, p.Right)
}

// isLive reports whether a record is live. If the link skips the existence check, a record without a row here
// counts as live: it may live elsewhere.
func (r *restoreResult) isLive(d *Definition, m *Model, id string) bool {
	return r.live.isLive(m, id) || d.SkipExistence && !r.live.exists(m, id)
}

// addRecords adds restored records of a model to the receipt, and marks them as live.
func (r *restoreResult) addRecords(m *Model, ids []string) {
	if len(ids) == 0 {
		return
	}
	for _, id := range ids {
		r.live.sets[m].live[id] = true
	}
	slices.Sort(ids)
	r.receipt.DeletionID = r.deletion
	r.receipt.Records = append(r.receipt.Records, Records{Module: m.Module, Model: m.Name, Key: m.Key, IDs: ids})
}

// addLinks adds restored links to the receipt.
func (r *restoreResult) addLinks(links []Link) {
	if len(links) == 0 {
		return
	}
	slices.SortFunc(links, func(a, b Link) int { return a.Pair().compare(b.Pair()) })
	r.receipt.DeletionID = r.deletion
	r.receipt.Links = append(r.receipt.Links, links...)
}

// undelete queues the statements that restore the records which have been deleted ever since their deletion, and
// marks those as live. The statements rely on the primary keys.
func (s *Store) undelete(tx *batchTx, records []deletedRecord, result *restoreResult) {
	for _, m := range s.catalog.models {
		var ids []string
		var ats []time.Time
		for _, r := range records {
			if r.model == m && r.removed {
				ids, ats = append(ids, r.id), append(ats, r.at)
			}
		}
		if len(ids) == 0 {
			continue
		}
		tx.queue(len(ids), func(rows pgx.Rows) error {
			ids, err := m.key.Collect(rows)
			result.addRecords(m, ids)
			return err
		}, fmt.Sprintf(
			`
			UPDATE %s AS t SET deleted_at = NULL FROM unnest(%s, %s) AS p(%s, at)
			WHERE %s AND t.deleted_at IN (p.at, p.at::timestamptz(0)) RETURNING %s`,
			m.table(),
			m.key.Arrays(1, len(ids)),
			rowkey.Array(len(m.key)+1, "timestamptz", len(ids)),
			m.key.Named("", "id").List(),
			m.key.On("t").Equals(m.key.Named("p", "id")),
			m.key.On("t").TypedTexts(),
		), append(rowkey.Args(ids, len(m.key)), ats)...)
	}
}

// linkCandidates are the deleted links of one kind that may come back.
type linkCandidates struct {
	def       *Definition
	links     []deletedLink
	isDeleted []bool // by link: deleted ever since the deletion
	existing  []Link // live links that exclude some of them
}

// lockCandidates queues the statements that lock, kind by kind, the rows of links that may come back and of the
// live links that exclude them.
func (s *Store) lockCandidates(tx *batchTx, links []deletedLink) []*linkCandidates {
	byKind := map[string][]deletedLink{}
	for _, l := range links {
		byKind[l.Link] = append(byKind[l.Link], l)
	}
	var kinds []*linkCandidates
	for _, name := range sortedKeys(byKind) {
		k := &linkCandidates{
			def:       s.catalog.byLink[name],
			links:     byKind[name],
			isDeleted: make([]bool, len(byKind[name])),
		}
		pairs := make([]Pair, len(k.links))
		for i, l := range k.links {
			pairs[i] = l.Pair
		}
		k.lockStillDeleted(tx)
		s.lockConflicts(tx, k.def, pairs, &k.existing)
		kinds = append(kinds, k)
	}
	return kinds
}

// restoreLinks queues the statements that restore the links whose two records are live. Links that still miss a
// record are marked as wanted.
func (s *Store) restoreLinks(tx *batchTx, kinds []*linkCandidates, result *restoreResult) error {
	var waiting, restored []deletedLink
	for _, k := range kinds {
		var deletedPairs []Pair
		var ready []int
		for i, l := range k.links {
			switch {
			case result.hasEnds(k.def, l.Pair):
				ready = append(ready, i)
				if k.isDeleted[i] {
					deletedPairs = append(deletedPairs, l.Pair)
				}
			case l.requested:
				waiting = append(waiting, l)
			}
		}
		links, err := k.withoutConflicts(ready, newExclusiveLinks(k.def, withoutPairs(k.existing, deletedPairs)))
		if err != nil {
			return err
		}
		s.undeleteLinks(tx, k.def, links, result)
		restored = append(restored, links...)
	}
	s.markLinks(tx, "wanted = true", waiting)
	s.markLinks(tx, "restored_at = clock_timestamp()", restored)
	return nil
}

// withoutConflicts returns those of the links that no live link excludes. An excluded link that this call is to
// restore is a *ConflictError; one that only waits for a record keeps waiting.
func (k *linkCandidates) withoutConflicts(which []int, taken *exclusiveLinks) ([]deletedLink, error) {
	var ready []deletedLink
	for _, i := range which {
		l := k.links[i]
		if k.isDeleted[i] {
			if excluding := taken.excluding(l.Pair); len(excluding) > 0 {
				if l.requested {
					return nil, &ConflictError{k.def.Name, l.Left, l.Right, excluding[0]}
				}
				continue
			}
			// A link that comes back may exclude a later one.
			taken.add(Link{Name: k.def.Name, Left: l.Left, Right: l.Right})
		}
		ready = append(ready, l)
	}
	return ready, nil
}

// lockStillDeleted queues the statement that locks the links which have been deleted ever since the deletion. Links
// that were created again or dismissed since are left alone. Some tables of other programs store times in whole
// seconds. If the other program deletes a link there again within the second of the deletion, the link counts as
// removed by the deletion, unless it was restored in between. The statement relies on the primary key.
func (k *linkCandidates) lockStillDeleted(tx *batchTx) {
	d := k.def
	given, args := deletedArgs(d, k.links)
	tx.queue(len(k.links), func(rows pgx.Rows) error {
		ords, err := pgx.CollectRows(rows, pgx.RowTo[int])
		for _, o := range ords {
			k.isDeleted[o-1] = true
		}
		return err
	}, fmt.Sprintf(`
		SELECT p.ord FROM %s AS t
		JOIN unnest(%s) WITH ORDINALITY AS p(%s, at, ord) ON %s
		WHERE t.deleted_at IN (p.at, p.at::timestamptz(0)) ORDER BY %s FOR UPDATE OF t`,
		d.table(), given, d.pairNames(""), d.pairOn(), d.order()), args...)
}

// deletedArgs returns links and the times of their deletions as parameters of a statement.
func deletedArgs(d *Definition, links []deletedLink) (arrays string, args []any) {
	left, right, ats := make([]string, len(links)), make([]string, len(links)), make([]time.Time, len(links))
	for i, l := range links {
		left[i], right[i], ats[i] = l.Left, l.Right, l.at
	}
	arrays = d.pairArrays(len(links)) + ", " + rowkey.Array(d.width()+1, "timestamptz", len(links))
	return arrays, append(d.pairArgs(left, right), ats)
}

// undeleteLinks queues the statement that restores links and writes their events. It relies on the primary key.
func (s *Store) undeleteLinks(tx *batchTx, d *Definition, links []deletedLink, result *restoreResult) {
	if len(links) == 0 {
		return
	}
	given, args := deletedArgs(d, links)
	tx.queue(len(links), func(rows pgx.Rows) error {
		links, err := pgx.CollectRows(rows, d.scanner())
		result.addLinks(links)
		return err
	}, fmt.Sprintf(`
		WITH written AS (
			UPDATE %s AS t SET deleted_at = NULL, updated_at = clock_timestamp()
			FROM unnest(%s) AS p(%s, at)
			WHERE %s AND t.deleted_at IN (p.at, p.at::timestamptz(0)) RETURNING t.*)%s
		SELECT %s FROM written AS t`,
		d.table(), given, d.pairNames(""), d.pairOn(), s.eventsCTE(d, "attached", "restore", ""), d.columns()), args...)
}

// markLinks queues an update of the saved links of deletions. It relies on the primary key of deletion_link.
func (s *Store) markLinks(tx *batchTx, set string, links []deletedLink) {
	if len(links) == 0 {
		return
	}
	var deletions, names, left, right []string
	for _, l := range links {
		deletions, names = append(deletions, l.deletion), append(names, l.Link)
		left, right = append(left, l.Left), append(right, l.Right)
	}
	tx.last.Queue(`
		UPDATE `+s.own("deletion_link")+` AS t SET `+set+`
		FROM unnest(`+rowkey.TextArrays(4, len(links))+`) AS p(d, link, l, r)
		WHERE t.deletion_id = p.d AND t.link = p.link AND t.left_key = p.l AND t.right_key = p.r`, deletions, names, left, right)
}

// markRestored returns the statement that marks the records of deletions as restored. The statement fails if
// another call has restored one of them since this call found it. It relies on the primary key of deletion_record.
func (s *Store) markRestored(records []deletedRecord) (string, []any) {
	var deletions, models, keys []string
	for _, r := range records {
		deletions, models, keys = append(deletions, r.deletion), append(models, r.model.Name), append(keys, r.id)
	}
	return `
		WITH marked AS (
			UPDATE ` + s.own("deletion_record") + ` AS t SET restored_at = clock_timestamp()
			FROM unnest(` + rowkey.TextArrays(3, len(records)) + `) AS p(d, model, key)
			WHERE t.deletion_id = p.d AND t.model = p.model AND t.key = p.key AND t.restored_at IS NULL RETURNING 1)
		SELECT CASE WHEN count(*) = cardinality($1) THEN true ELSE ` + s.own("overtaken") + `() END FROM marked`, []any{deletions, models, keys}
}
