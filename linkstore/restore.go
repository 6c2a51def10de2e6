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

// Restore brings back, for each given record, what its latest deletion removed because of it: the record itself if it was
// deleted, the records that went with it, and their links. What was removed by other deletions, or only because of other
// records of the same call, stays as it is; so do links that were dismissed.
//
// A link comes back when both of its records are back: one whose other record is still deleted follows when that is
// restored. A record that is live, or was restored since, is passed over. Restore fails with a *ConflictError, and changes
// nothing, if what comes back would break a cardinality.
func (s *Store) Restore(ctx context.Context, records []Records) (Receipt, error) {
	roots, index, err := s.roots(records)
	if err != nil {
		return Receipt{}, err
	}
	r := &restoring{find: s.findLatest(roots), roots: roots, index: index, known: newLocks()}
	var receipt Receipt
	err = s.run(ctx, func(tx *batchTx) (func() Written, error) {
		receipt = Receipt{}
		return func() Written { return Written{Verb: RestoreRecords, Given: recordsOf(roots), Receipt: receipt} }, s.restore(
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

// RestoreDeletion brings back all of one deletion that is not back yet, as Restore does. An unknown id is
// ErrDeletionNotFound.
func (s *Store) RestoreDeletion(ctx context.Context, deletionID string) (Receipt, error) {
	if err := checkID("deletionId", deletionID); err != nil {
		return Receipt{}, err
	}
	r := &restoring{find: s.findDeletion(deletionID), deletion: deletionID, known: newLocks()}
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

// restore brings back records and the links whose both ends are then live. The receipt is complete when all is sent.
func (s *Store) restore(ctx context.Context, tx *batchTx, r *restoring, receipt *Receipt) error {
	h := newLocks()
	found := &deleted{}
	if err := s.holdGiven(ctx, tx, r, h, found); err != nil || len(found.records) == 0 {
		return err
	}
	if err := s.holdRecords(ctx, tx, r, h, found); err != nil {
		return err
	}
	back := &restored{receipt: receipt, deletion: latestOf(found.records), live: h}
	var kinds []*deletedKind
	err := s.hold(ctx, tx, r, h, s.endsOf(found), func() {
		s.undelete(tx, found.records, back)
		kinds = s.lockDeleted(tx, found.links)
	})
	if classify(err) == duplicate {
		return duplicateOf(err)
	}
	if err != nil {
		return err
	}
	marked, args := s.markRestored(found.records)
	if err := s.reattach(tx, kinds, back); err != nil {
		// Another call may have restored a record before it was locked: then this is not the reason.
		tx.queued = nil
		tx.queue(len(found.records), nil, marked, args...)
		return cmp.Or(tx.send(ctx), err)
	}
	tx.last.Queue(marked, args...)
	tx.tell(s.cfg.Restored, receipt)
	return nil
}

// restored is what came back. The receipt names a deletion as soon as something did.
type restored struct {
	receipt  *Receipt
	deletion string
	live     *locks
}

// latestOf is the latest of the deletions of records.
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
func (b *restored) hasEnds(d *Definition, p Pair) bool {
	return b.isLive(d, d.left, p.Left) && b.isLive(d, d.right, p.Right)
}

// isLive reports whether a record is live. One that a link does not ask for may live elsewhere.
func (b *restored) isLive(d *Definition, m *Model, id string) bool {
	return b.live.isLive(m, id) || d.SkipExistence && !b.live.exists(m, id)
}

func (b *restored) records(m *Model, ids []string) {
	if len(ids) == 0 {
		return
	}
	for _, id := range ids {
		b.live.sets[m].live[id] = true
	}
	slices.Sort(ids)
	b.receipt.DeletionID = b.deletion
	b.receipt.Records = append(b.receipt.Records, Records{Module: m.Module, Model: m.Name, Key: m.Key, IDs: ids})
}

func (b *restored) links(links []Link) {
	if len(links) == 0 {
		return
	}
	slices.SortFunc(links, func(a, b Link) int { return a.Pair().compare(b.Pair()) })
	b.receipt.DeletionID = b.deletion
	b.receipt.Links = append(b.receipt.Links, links...)
}

// undelete queues what brings back the records that are deleted since their deletion, and notes them as live. Relies on the primary
// keys.
func (s *Store) undelete(tx *batchTx, records []deletedRecord, back *restored) {
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
			back.records(m, ids)
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

// deletedKind is the links of one kind that may come back.
type deletedKind struct {
	def      *Definition
	links    []deletedLink
	dead     []bool // deleted since their deletion
	standing []Link // live ones that exclude some of them
}

// lockDeleted queues the locks of the rows of links that may come back, and of what excludes them, kind by kind.
func (s *Store) lockDeleted(tx *batchTx, links []deletedLink) []*deletedKind {
	byKind := map[string][]deletedLink{}
	for _, l := range links {
		byKind[l.Link] = append(byKind[l.Link], l)
	}
	var kinds []*deletedKind
	for _, name := range sortedKeys(byKind) {
		k := &deletedKind{def: s.catalog.byLink[name], links: byKind[name], dead: make([]bool, len(byKind[name]))}
		pairs := make([]Pair, len(k.links))
		for i, l := range k.links {
			pairs[i] = l.Pair
		}
		k.stillDeleted(tx)
		s.conflicts(tx, k.def, pairs, &k.standing)
		kinds = append(kinds, k)
	}
	return kinds
}

// reattach brings back the links whose both ends are live. Those that still miss an end are noted as wanted.
func (s *Store) reattach(tx *batchTx, kinds []*deletedKind, back *restored) error {
	var waiting, settled []deletedLink
	for _, k := range kinds {
		var dead []Pair
		var ready []int
		for i, l := range k.links {
			switch {
			case back.hasEnds(k.def, l.Pair):
				ready = append(ready, i)
				if k.dead[i] {
					dead = append(dead, l.Pair)
				}
			case l.asked:
				waiting = append(waiting, l)
			}
		}
		links, err := k.withoutConflicts(ready, newTaken(k.def, without(k.standing, dead)))
		if err != nil {
			return err
		}
		s.revive(tx, k.def, links, back)
		settled = append(settled, links...)
	}
	s.markLinks(tx, "wanted = true", waiting)
	s.markLinks(tx, "restored_at = clock_timestamp()", settled)
	return nil
}

// withoutConflicts refuses links of this restore that a live link excludes. Links that only waited go on waiting.
func (k *deletedKind) withoutConflicts(which []int, taken *taken) ([]deletedLink, error) {
	var ready []deletedLink
	for _, i := range which {
		l := k.links[i]
		if k.dead[i] {
			if others := taken.against(l.Pair); len(others) > 0 {
				if l.asked {
					return nil, &ConflictError{k.def.Name, l.Left, l.Right, others[0]}
				}
				continue
			}
			// What comes back stands in the way of what follows.
			taken.add(Link{Name: k.def.Name, Left: l.Left, Right: l.Right})
		}
		ready = append(ready, l)
	}
	return ready, nil
}

// stillDeleted queues a statement that locks the links that have been deleted ever since the deletion. Links that were made again
// or dismissed since are left alone. Some tables of other programs keep times in whole seconds. A link there that the other program
// deletes again within the second of the deletion counts as removed by the deletion, unless that was restored before. Relies on
// the primary key.
func (k *deletedKind) stillDeleted(tx *batchTx) {
	d := k.def
	given, args := givenDeleted(d, k.links)
	tx.queue(len(k.links), func(rows pgx.Rows) error {
		ords, err := pgx.CollectRows(rows, pgx.RowTo[int])
		for _, o := range ords {
			k.dead[o-1] = true
		}
		return err
	}, fmt.Sprintf(`
		SELECT p.ord FROM %s AS t
		JOIN unnest(%s) WITH ORDINALITY AS p(%s, at, ord) ON %s
		WHERE t.deleted_at IN (p.at, p.at::timestamptz(0)) ORDER BY %s FOR UPDATE OF t`,
		d.table(), given, d.pairNames(""), d.pairOn(), d.order("t")), args...)
}

// givenDeleted are pairs and the times of their deletions, as the parameters of a statement.
func givenDeleted(d *Definition, links []deletedLink) (arrays string, args []any) {
	left, right, ats := make([]string, len(links)), make([]string, len(links)), make([]time.Time, len(links))
	for i, l := range links {
		left[i], right[i], ats[i] = l.Left, l.Right, l.at
	}
	arrays = d.pairArrays(len(links)) + ", " + rowkey.Array(d.width()+1, "timestamptz", len(links))
	return arrays, append(d.pairArgs(left, right), ats)
}

// revive queues the update of links that come back, and tells of them. Relies on the primary key.
func (s *Store) revive(tx *batchTx, d *Definition, links []deletedLink, back *restored) {
	if len(links) == 0 {
		return
	}
	given, args := givenDeleted(d, links)
	tx.queue(len(links), func(rows pgx.Rows) error {
		links, err := pgx.CollectRows(rows, d.scanner())
		back.links(links)
		return err
	}, fmt.Sprintf(`
		WITH written AS (
			UPDATE %s AS t SET deleted_at = NULL, updated_at = clock_timestamp()
			FROM unnest(%s) AS p(%s, at)
			WHERE %s AND t.deleted_at IN (p.at, p.at::timestamptz(0)) RETURNING t.*)%s
		SELECT %s FROM written AS t`,
		d.table(), given, d.pairNames(""), d.pairOn(), s.told(d, "attached", "restore", ""), d.columns()), args...)
}

// markLinks relies on the primary key of deletion_link.
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

// markRestored is the statement that marks records of deletions as restored. It fails if another call restored one of them since it was
// found. Relies on the primary key of deletion_record.
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
