package linkstore

import (
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// deletedRecord is a record of a deletion that is to be restored.
type deletedRecord struct {
	record
	deletion string
	seq      int64 // of the deletion: later ones have greater numbers, whatever the clock says
	removed  bool
	at       time.Time
}

// deletedLink is a link of a deletion that may come back.
type deletedLink struct {
	Pair
	deletion string
	asked    bool // by this call; otherwise it waits for a record since an earlier restore
	at       time.Time
}

// deleted is what a restore is to bring back.
type deleted struct {
	records []deletedRecord
	links   []deletedLink
}

// removed are the ids of records of a model that were removed.
func (d *deleted) removed(model string) []string {
	var ids []string
	for _, r := range d.records {
		if r.model.Name == model && r.removed {
			ids = append(ids, r.id)
		}
	}
	return ids
}

// find is how a restore finds the records that it is to bring back: those x (deletion_id, model, key) that are reached.
type find struct {
	how     string
	reached string // WITH, and what it names reached
	args    []any
	n       int // of the ids that are given
}

// findLatest finds the latest deletion of each record and what followed from the record in it. Relies on deletion_record_key and on the
// primary key of deletion_cause.
func (s *Store) findLatest(roots []record) *find {
	var models, keys []string
	for _, r := range roots {
		models, keys = append(models, r.model.Name), append(keys, r.id)
	}
	return &find{"latest", `
		WITH RECURSIVE latest AS (
			SELECT d.id AS deletion_id, p.model, p.key
			FROM unnest(` + rowkey.TextArrays(2, len(keys)) + `) AS p(model, key)
			CROSS JOIN LATERAL (
				SELECT d.id FROM ` + s.own("deletion_record") + ` AS r JOIN ` + s.own("deletion") + ` AS d ON d.id = r.deletion_id
				WHERE r.model = p.model AND r.key = p.key
				ORDER BY d.seq DESC LIMIT 1
			) AS d
		), reached AS (
			SELECT l.deletion_id, l.model, l.key FROM latest AS l
			JOIN ` + s.own("deletion_record") + ` AS r ON r.deletion_id = l.deletion_id AND r.model = l.model AND r.key = l.key
			WHERE r.restored_at IS NULL
			UNION
			SELECT c.deletion_id, c.model, c.key FROM reached AS x
			JOIN ` + s.own("deletion_cause") + ` AS c ON c.deletion_id = x.deletion_id AND c.parent_model = x.model AND c.parent_key = x.key
		)`, []any{models, keys}, len(keys)}
}

// findDeletion finds all of a deletion. Relies on the primary key of deletion_record.
func (s *Store) findDeletion(id string) *find {
	return &find{"deletion", `
		WITH reached AS (SELECT deletion_id, model, key FROM ` + s.own("deletion_record") + ` WHERE deletion_id = $1::text)`, []any{id}, 0}
}

// findRecords queues the statement of a find. What is given is locked, what followed from it need not be yet: see markRestored.
func (s *Store) findRecords(tx *batchTx, f *find, found *deleted) {
	tx.queue(f.n, func(rows pgx.Rows) error {
		var r deletedRecord
		var model string
		_, err := pgx.ForEachRow(rows, []any{&r.deletion, &r.seq, &model, &r.id, &r.removed, &r.at}, func() error {
			// A model may be gone from the catalogue by now, or have another key.
			if m := s.catalog.byModel[model]; m != nil && m.key.Fits(r.id) {
				r.model = m
				found.records = append(found.records, r)
			}
			return nil
		})
		return err
	}, text(s, textKey{what: "find records", how: f.how, large: f.n >= rowkey.Many}, func() string {
		return f.reached + `
		SELECT r.deletion_id, d.seq, r.model, r.key, r.removed, d.deleted_at
		FROM reached AS x
		JOIN ` + s.own("deletion_record") + ` AS r ON r.deletion_id = x.deletion_id AND r.model = x.model AND r.key = x.key
		JOIN ` + s.own("deletion") + ` AS d ON d.id = r.deletion_id
		WHERE r.restored_at IS NULL ORDER BY d.seq, r.model, r.key`
	}), f.args...)
}

// findLinks queues the statement that finds the links that may come back with records: those of the same deletion, and those that an
// earlier restore left waiting for one of the records. These are locked, so that it stays so. Relies on deletion_link_left and deletion_link_right.
func (s *Store) findLinks(tx *batchTx, records []deletedRecord, found *deleted) {
	var deletions, links, sides, keys []string
	add := func(r deletedRecord, link, side string) {
		deletions, links = append(deletions, r.deletion), append(links, link)
		sides, keys = append(sides, side), append(keys, r.id)
	}
	for _, r := range records {
		for _, d := range s.catalog.links {
			if d.ReadOnly != "" || s.absent(d) {
				continue
			}
			if d.left == r.model {
				add(r, d.Name, "left")
			}
			if d.right == r.model {
				add(r, d.Name, "right")
			}
		}
	}
	n := len(keys)
	tx.queue(n, func(rows pgx.Rows) error {
		var l deletedLink
		_, err := pgx.ForEachRow(rows, []any{&l.Link, &l.Left, &l.Right, &l.deletion, &l.asked, &l.at}, func() error {
			if d := s.catalog.byLink[l.Link]; d.leftKey.Fits(l.Left) && d.rightKey.Fits(l.Right) {
				found.links = append(found.links, l)
			}
			return nil
		})
		return err
	}, text(s, textKey{what: "find links", large: n >= rowkey.Many}, func() string {
		return `
		WITH ends AS (SELECT * FROM unnest(` + rowkey.TextArrays(4, n) + `) AS p(deletion, link, side, key))
		SELECT l.link, l.left_key, l.right_key, l.deletion_id, bool_or(l.deletion_id = l.deletion), d.deleted_at
		FROM (
			SELECT p.deletion, l.* FROM ends AS p JOIN ` + s.own("deletion_link") + ` AS l ON p.side = 'left' AND l.link = p.link AND l.left_key = p.key
			WHERE l.restored_at IS NULL AND (l.deletion_id = p.deletion OR l.wanted)
			UNION ALL
			SELECT p.deletion, l.* FROM ends AS p JOIN ` + s.own("deletion_link") + ` AS l ON p.side = 'right' AND l.link = p.link AND l.right_key = p.key
			WHERE l.restored_at IS NULL AND (l.deletion_id = p.deletion OR l.wanted)
		) AS l
		JOIN ` + s.own("deletion") + ` AS d ON d.id = l.deletion_id
		GROUP BY l.link, l.left_key, l.right_key, l.deletion_id, d.deleted_at, d.seq
		ORDER BY l.link, l.left_key, l.right_key, d.seq`
	}), deletions, links, sides, keys)
}
