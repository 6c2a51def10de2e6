package linkstore

import (
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// deletedRecord is a record of a deletion that may be restored.
type deletedRecord struct {
	record
	deletion string
	seq      int64 // number of the deletion: a later deletion has a greater one, whatever the clock says
	removed  bool
	at       time.Time
}

// deletedLink is a link of a deletion that may come back.
type deletedLink struct {
	Pair
	deletion  string
	requested bool // by this call; otherwise the link has waited for a record since an earlier restore
	at        time.Time
}

// candidates are the records and links that a restore may bring back.
type candidates struct {
	records []deletedRecord
	links   []deletedLink
}

// removed returns the ids of the model's records that the deletions removed.
func (d *candidates) removed(model string) []string {
	var ids []string
	for _, r := range d.records {
		if r.model.Name == model && r.removed {
			ids = append(ids, r.id)
		}
	}
	return ids
}

// candidateQuery finds the records that a restore brings back.
type candidateQuery struct {
	name string
	with string // the WITH clause; its last table is reached (deletion_id, model, key)
	args []any
	n    int // how many ids are given
}

// findLatest returns the query for the latest deletion of each root, and for the records that it deleted because of
// the root. It relies on deletion_record_key and on the primary key of deletion_cause.
func (s *Store) findLatest(roots []record) *candidateQuery {
	var models, keys []string
	for _, r := range roots {
		models, keys = append(models, r.model.Name), append(keys, r.id)
	}
	return &candidateQuery{"latest", `
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

// findDeletion returns the query for all records of one deletion. It relies on the primary key of deletion_record.
func (s *Store) findDeletion(id string) *candidateQuery {
	return &candidateQuery{"deletion", `
		WITH reached AS (SELECT deletion_id, model, key FROM ` + s.own("deletion_record") + ` WHERE deletion_id = $1::text)`, []any{id}, 0}
}

// findRecords queues the query for the records. The given records are locked by then. The records deleted with them
// need not be: see markRestored.
func (s *Store) findRecords(tx *batchTx, f *candidateQuery, found *candidates) {
	tx.queue(f.n, func(rows pgx.Rows) error {
		var r deletedRecord
		var model string
		_, err := pgx.ForEachRow(rows, []any{&r.deletion, &r.seq, &model, &r.id, &r.removed, &r.at}, func() error {
			// The catalogue may have lost the model since, or changed its key.
			if m := s.catalog.byModel[model]; m != nil && m.key.Fits(r.id) {
				r.model = m
				found.records = append(found.records, r)
			}
			return nil
		})
		return err
	}, cachedSQL(s, sqlKey{statement: "find records", variant: f.name, large: f.n >= rowkey.Many}, func() string {
		return f.with + `
		SELECT r.deletion_id, d.seq, r.model, r.key, r.removed, d.deleted_at
		FROM reached AS x
		JOIN ` + s.own("deletion_record") + ` AS r ON r.deletion_id = x.deletion_id AND r.model = x.model AND r.key = x.key
		JOIN ` + s.own("deletion") + ` AS d ON d.id = r.deletion_id
		WHERE r.restored_at IS NULL ORDER BY d.seq, r.model, r.key`
	}), f.args...)
}

// findLinks queues the query for the links that may come back with records: links of the same deletion, and links
// that an earlier restore left waiting for one of the records. The records are locked, so these links cannot
// change. The query relies on deletion_link_left and deletion_link_right.
func (s *Store) findLinks(tx *batchTx, records []deletedRecord, found *candidates) {
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
		_, err := pgx.ForEachRow(
			rows,
			[]any{&l.Link, &l.Left, &l.Right, &l.deletion, &l.requested, &l.at},
			func() error {
				if d := s.catalog.byLink[l.Link]; d.leftKey.Fits(l.Left) && d.rightKey.Fits(l.Right) {
					found.links = append(found.links, l)
				}
				return nil
			},
		)
		return err
	}, cachedSQL(s, sqlKey{statement: "find links", large: n >= rowkey.Many}, func() string {
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
