package linkstore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
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
	var receipt Receipt
	err = s.run(ctx, func(tx *write) (Written, error) {
		all := make([]int, len(roots))
		for i := range all {
			all[i] = i
		}
		if err := s.checkExisted(ctx, tx, roots, index, slices.DeleteFunc(all, func(i int) bool { return roots[i].model.Table == "" })); err != nil {
			return Written{}, err
		}
		found, err := s.latestDeletions(ctx, tx, roots)
		if err != nil {
			return Written{}, err
		}
		receipt, err = s.restore(ctx, tx, found)
		return Written{Verb: RestoreRecords, Given: recordsOf(roots), Receipt: receipt}, err
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
	var receipt Receipt
	err := s.run(ctx, func(tx *write) (Written, error) {
		var exists bool
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM `+s.own("deletion")+` WHERE id = $1)`, deletionID).Scan(&exists); err != nil {
			return Written{}, err
		}
		if !exists {
			return Written{}, fmt.Errorf("%w: %q", ErrDeletionNotFound, deletionID)
		}
		found, err := s.deleted(ctx, tx, `SELECT r.deletion_id, r.model, r.key, r.removed, d.deleted_at
			FROM `+s.own("deletion_record")+` AS r JOIN `+s.own("deletion")+` AS d ON d.id = r.deletion_id
			WHERE r.deletion_id = $1 AND r.restored_at IS NULL`, deletionID)
		if err != nil {
			return Written{}, err
		}
		receipt, err = s.restore(ctx, tx, found)
		return Written{Verb: RestoreDeletion, GivenDeletion: deletionID, Receipt: receipt}, err
	})
	if err != nil {
		return Receipt{}, fmt.Errorf("restore deletion: %w", err)
	}
	return receipt, nil
}

// deletedRecord is a record of a deletion that is to be restored.
type deletedRecord struct {
	record
	deletion string
	removed  bool
	at       time.Time
}

func (s *Store) deleted(ctx context.Context, tx *write, sql string, args ...any) ([]deletedRecord, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	var found []deletedRecord
	var r deletedRecord
	var model string
	_, err = pgx.ForEachRow(rows, []any{&r.deletion, &model, &r.id, &r.removed, &r.at}, func() error {
		// A model may be gone from the catalogue by now, or have another key.
		if m := s.catalog.byModel[model]; m != nil && m.key.fits(r.id) {
			r.model = m
			found = append(found, r)
		}
		return nil
	})
	return found, err
}

// latestDeletions finds the latest deletion of each record and what followed from the record in it. Relies on
// deletion_record_key and on the primary key of deletion_cause.
func (s *Store) latestDeletions(ctx context.Context, tx *write, roots []record) ([]deletedRecord, error) {
	var models, keys []string
	for _, r := range roots {
		models, keys = append(models, r.model.Name), append(keys, r.id)
	}
	return s.deleted(ctx, tx, `
		WITH RECURSIVE latest AS (
			SELECT d.id AS deletion_id, p.model, p.key
			FROM unnest($1::text[], $2::text[]) AS p(model, key)
			CROSS JOIN LATERAL (
				SELECT d.id FROM `+s.own("deletion_record")+` AS r JOIN `+s.own("deletion")+` AS d ON d.id = r.deletion_id
				WHERE r.model = p.model AND r.key = p.key
				ORDER BY d.deleted_at DESC, d.id DESC LIMIT 1
			) AS d
		), reached AS (
			SELECT l.deletion_id, l.model, l.key FROM latest AS l
			JOIN `+s.own("deletion_record")+` AS r ON r.deletion_id = l.deletion_id AND r.model = l.model AND r.key = l.key
			WHERE r.restored_at IS NULL
			UNION
			SELECT c.deletion_id, c.model, c.key FROM reached AS x
			JOIN `+s.own("deletion_cause")+` AS c ON c.deletion_id = x.deletion_id AND c.parent_model = x.model AND c.parent_key = x.key
		)
		SELECT r.deletion_id, r.model, r.key, r.removed, d.deleted_at
		FROM reached AS x
		JOIN `+s.own("deletion_record")+` AS r ON r.deletion_id = x.deletion_id AND r.model = x.model AND r.key = x.key
		JOIN `+s.own("deletion")+` AS d ON d.id = r.deletion_id
		WHERE r.restored_at IS NULL`, models, keys)
}

// deletedLink is a link of a deletion that may come back.
type deletedLink struct {
	Pair
	deletion string
	asked    bool // by this call; otherwise it waits for a record since an earlier restore
	at       time.Time
}

// restore brings back records and the links whose both ends are then live.
func (s *Store) restore(ctx context.Context, tx *write, records []deletedRecord) (Receipt, error) {
	if len(records) == 0 {
		return Receipt{}, nil
	}
	links, err := s.linksOf(ctx, tx, records)
	if err != nil {
		return Receipt{}, err
	}
	wanted := map[*Model]*lockSet{}
	for _, r := range records {
		addLock(wanted, r.record)
	}
	for _, l := range links {
		d := s.catalog.byLink[l.Link]
		addLock(wanted, record{d.left, l.Left})
		addLock(wanted, record{d.right, l.Right})
	}
	live, err := s.lockRecords(ctx, tx, wanted)
	if err != nil {
		return Receipt{}, err
	}
	receipt := Receipt{}
	if receipt.Records, err = s.undelete(ctx, tx, records, live); err != nil {
		return Receipt{}, err
	}
	if receipt.Links, err = s.reattach(ctx, tx, links, live); err != nil {
		return Receipt{}, err
	}
	if len(receipt.Records) > 0 || len(receipt.Links) > 0 {
		receipt.DeletionID = records[0].deletion
		for _, r := range records {
			if r.at.After(records[0].at) {
				receipt.DeletionID = r.deletion
			}
		}
	}
	s.markRestored(tx, records)
	return receipt, nil
}

// linksOf finds the links that may come back with records: those of the same deletion, and those that an earlier restore
// left waiting for one of the records. Relies on deletion_link_left and deletion_link_right.
func (s *Store) linksOf(ctx context.Context, tx *write, records []deletedRecord) ([]deletedLink, error) {
	var deletions, links, sides, keys []string
	for _, r := range records {
		for _, d := range s.catalog.links {
			if d.ReadOnly != "" {
				continue
			}
			for _, end := range []struct {
				side  string
				model *Model
			}{{"left", d.left}, {"right", d.right}} {
				if end.model == r.model {
					deletions, links = append(deletions, r.deletion), append(links, d.Name)
					sides, keys = append(sides, end.side), append(keys, r.id)
				}
			}
		}
	}
	rows, err := tx.Query(ctx, `
		WITH ends AS (SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS p(deletion, link, side, key))
		SELECT l.link, l.left_key, l.right_key, l.deletion_id, bool_or(l.deletion_id = l.deletion), d.deleted_at
		FROM (
			SELECT p.deletion, l.* FROM ends AS p JOIN `+s.own("deletion_link")+` AS l ON p.side = 'left' AND l.link = p.link AND l.left_key = p.key
			WHERE l.restored_at IS NULL AND (l.deletion_id = p.deletion OR l.wanted)
			UNION ALL
			SELECT p.deletion, l.* FROM ends AS p JOIN `+s.own("deletion_link")+` AS l ON p.side = 'right' AND l.link = p.link AND l.right_key = p.key
			WHERE l.restored_at IS NULL AND (l.deletion_id = p.deletion OR l.wanted)
		) AS l
		JOIN `+s.own("deletion")+` AS d ON d.id = l.deletion_id
		GROUP BY l.link, l.left_key, l.right_key, l.deletion_id, d.deleted_at
		ORDER BY l.link, l.left_key, l.right_key, d.deleted_at`, deletions, links, sides, keys)
	if err != nil {
		return nil, err
	}
	var found []deletedLink
	var l deletedLink
	_, err = pgx.ForEachRow(rows, []any{&l.Link, &l.Left, &l.Right, &l.deletion, &l.asked, &l.at}, func() error {
		if d := s.catalog.byLink[l.Link]; d.leftKey.fits(l.Left) && d.rightKey.fits(l.Right) {
			found = append(found, l)
		}
		return nil
	})
	return found, err
}

// undelete brings back the records that are deleted since their deletion, and notes them as live. Relies on the primary
// keys.
func (s *Store) undelete(ctx context.Context, tx *write, records []deletedRecord, live map[*Model]map[string]bool) ([]Records, error) {
	var restored []Records
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
		rows, err := tx.Query(ctx, fmt.Sprintf(`
			UPDATE %s AS t SET deleted_at = NULL FROM unnest(%s, $%d::timestamptz[]) AS p(%s, at)
			WHERE %s AND t.deleted_at IN (p.at, p.at::timestamptz(0)) RETURNING %s`,
			m.table(), m.key.arrays(1), len(m.key)+1, m.key.given("", "id"), m.key.on("p", "id"), m.key.selected("t")),
			append(m.key.args(ids), ats)...)
		if err != nil {
			return nil, err
		}
		back, err := m.key.collect(rows)
		if err != nil {
			if classify(err) == duplicate {
				return nil, duplicateOf(err)
			}
			return nil, err
		}
		for _, id := range back {
			live[m][id] = true
		}
		if len(back) > 0 {
			slices.Sort(back)
			restored = append(restored, Records{Module: m.Module, Model: m.Name, Key: m.Key, IDs: back})
		}
	}
	return restored, nil
}

// reattach brings back the links whose both ends are live. Those that still miss an end are noted as wanted.
func (s *Store) reattach(ctx context.Context, tx *write, links []deletedLink, live map[*Model]map[string]bool) ([]Link, error) {
	isLive := func(m *Model, id string) bool { return m.Table == "" || live[m][id] }
	byKind := map[string][]deletedLink{}
	var waiting []deletedLink
	for _, l := range links {
		d := s.catalog.byLink[l.Link]
		switch {
		case isLive(d.left, l.Left) && isLive(d.right, l.Right):
			byKind[l.Link] = append(byKind[l.Link], l)
		case l.asked:
			waiting = append(waiting, l)
		}
	}
	var back []Link
	var settled []deletedLink
	for _, name := range sortedKeys(byKind) {
		d := s.catalog.byLink[name]
		ready, err := s.withoutConflicts(ctx, tx, d, byKind[name])
		if err != nil {
			return nil, err
		}
		restored, err := s.revive(ctx, tx, d, ready)
		if err != nil {
			return nil, err
		}
		back = append(back, restored...)
		settled = append(settled, ready...)
	}
	s.markLinks(tx, "wanted = true", waiting)
	s.markLinks(tx, "restored_at = clock_timestamp()", settled)
	return back, nil
}

// withoutConflicts refuses links of this restore that a live link excludes. Links that only waited go on waiting.
func (s *Store) withoutConflicts(ctx context.Context, tx *write, d *Definition, links []deletedLink) ([]deletedLink, error) {
	dead, err := s.stillDeleted(ctx, tx, d, links)
	if err != nil {
		return nil, err
	}
	var pairs []Pair
	for i, l := range links {
		if dead[i] {
			pairs = append(pairs, l.Pair)
		}
	}
	standing, err := s.conflicts(ctx, tx, d, pairs)
	if err != nil {
		return nil, err
	}
	taken := newTaken(d, standing)
	var ready []deletedLink
	for i, l := range links {
		if dead[i] {
			if others := taken.against(l.Pair); len(others) > 0 {
				if l.asked {
					return nil, &ConflictError{d.Name, l.Left, l.Right, others[0]}
				}
				continue
			}
			// What comes back stands in the way of what follows.
			taken.add(Link{Name: d.Name, Left: l.Left, Right: l.Right})
		}
		ready = append(ready, l)
	}
	return ready, nil
}

// stillDeleted reports which links are deleted since their deletion: those that were linked again, or dismissed since, are
// not this restore's to touch. A table that an older Medusa made keeps whole seconds: what Medusa deletes again in the very
// second of a deletion cannot be told from it there, until the deletion is restored. Relies on the primary key.
func (s *Store) stillDeleted(ctx context.Context, tx *write, d *Definition, links []deletedLink) ([]bool, error) {
	left, right, ats := split(links)
	rows, err := tx.Query(ctx, fmt.Sprintf(`
		SELECT p.ord FROM %s AS t
		JOIN unnest(%s, $%d::timestamptz[]) WITH ORDINALITY AS p(%s, at, ord) ON %s
		WHERE t.deleted_at IN (p.at, p.at::timestamptz(0)) ORDER BY %s FOR UPDATE OF t`,
		d.table(), d.pairArrays(), d.width()+1, d.pairNames(""), d.pairOn(), d.order("t")), append(d.pairArgs(left, right), ats)...)
	if err != nil {
		return nil, err
	}
	ords, err := pgx.CollectRows(rows, pgx.RowTo[int])
	dead := make([]bool, len(links))
	for _, o := range ords {
		dead[o-1] = true
	}
	return dead, err
}

func split(links []deletedLink) (left, right []string, ats []time.Time) {
	for _, l := range links {
		left, right, ats = append(left, l.Left), append(right, l.Right), append(ats, l.at)
	}
	return left, right, ats
}

// revive relies on the primary key.
func (s *Store) revive(ctx context.Context, tx *write, d *Definition, links []deletedLink) ([]Link, error) {
	left, right, ats := split(links)
	rows, err := tx.Query(ctx, fmt.Sprintf(`
		UPDATE %s AS t SET deleted_at = NULL, updated_at = clock_timestamp()
		FROM unnest(%s, $%d::timestamptz[]) AS p(%s, at)
		WHERE %s AND t.deleted_at IN (p.at, p.at::timestamptz(0)) RETURNING %s`,
		d.table(), d.pairArrays(), d.width()+1, d.pairNames(""), d.pairOn(), d.columns()), append(d.pairArgs(left, right), ats)...)
	if err != nil {
		return nil, err
	}
	back, err := pgx.CollectRows(rows, d.scanner())
	if err != nil {
		return nil, err
	}
	slices.SortFunc(back, func(a, b Link) int { return a.Pair().compare(b.Pair()) })
	return back, s.emit(tx, "attached", "restore", back)
}

// markLinks relies on the primary key of deletion_link.
func (s *Store) markLinks(tx *write, set string, links []deletedLink) {
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
		FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS p(d, link, l, r)
		WHERE t.deletion_id = p.d AND t.link = p.link AND t.left_key = p.l AND t.right_key = p.r`, deletions, names, left, right)
}

// markRestored relies on the primary key of deletion_record.
func (s *Store) markRestored(tx *write, records []deletedRecord) {
	var deletions, models, keys []string
	for _, r := range records {
		deletions, models, keys = append(deletions, r.deletion), append(models, r.model.Name), append(keys, r.id)
	}
	tx.last.Queue(`
		UPDATE `+s.own("deletion_record")+` AS t SET restored_at = clock_timestamp()
		FROM unnest($1::text[], $2::text[], $3::text[]) AS p(d, model, key)
		WHERE t.deletion_id = p.d AND t.model = p.model AND t.key = p.key`, deletions, models, keys)
}
