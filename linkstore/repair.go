package linkstore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// maxRepairs bounds the memory of a Repair, and how long it keeps writers waiting.
const maxRepairs = 100_000

// Repair removes the damage that a report names and that removing links can end: see Finding.Fixable. It dismisses the links, and
// soft-deletes the records that a cascade should have taken, with what they own and their links. All of it is one deletion:
// RestoreDeletion brings back the rows as they were, damage included, except for updated_at.
//
// What is damaged is looked for again, so the report may be old. Writers of the damaged link tables, and of the records at their ends,
// wait until the call has committed. A call dismisses at most about 100,000 damaged links: examine and repair again until none is left.
// The events of the links have the cause "repair". A duplicate of a pair has no event, because the pair stays linked.
func (s *Store) Repair(ctx context.Context, report Report) (Receipt, error) {
	damaged := s.damaged(report)
	if len(damaged) == 0 {
		return Receipt{}, nil
	}
	var receipt Receipt
	known := map[record]bool{} // that earlier tries reached
	err := s.run(ctx, func(tx *batchTx) (func() Written, error) {
		receipt = Receipt{}
		return func() Written { return Written{Verb: RepairLinks, Receipt: receipt} }, s.repair(
			ctx,
			tx,
			damaged,
			known,
			&receipt,
		)
	})
	if err != nil {
		return Receipt{}, fmt.Errorf("repair links: %w", err)
	}
	return receipt, nil
}

// damage is a kind of damage of a link.
type damage struct {
	def  *Definition
	kind FindingKind
}

// damaged lists what a report says can be repaired, each once. Damage of keys and ends is ended before pairs and cardinalities are
// looked at.
func (s *Store) damaged(report Report) []damage {
	var all []damage
	for _, d := range s.catalog.links {
		for _, kind := range []FindingKind{KeyForm, MissedCascade, EndGone, EndDeleted, DuplicatePair, TooManyLinks} {
			if slices.ContainsFunc(
				report.Findings,
				func(f Finding) bool { return f.Link == d.Name && f.Kind == kind },
			) {
				all = append(all, damage{d, kind})
			}
		}
	}
	return all
}

func (s *Store) repair(
	ctx context.Context,
	tx *batchTx,
	damaged []damage,
	known map[record]bool,
	receipt *Receipt,
) error {
	records, err := s.lockDamaged(ctx, tx, damaged)
	if err != nil {
		return err
	}
	c, err := s.missedCascades(ctx, tx, records, damaged, known)
	if err != nil {
		return err
	}
	deletion := s.newIDs("del", 1)[0]
	s.saveDeletion(tx, deletion, c)
	dismissed := map[Pair]bool{}
	for _, x := range damaged {
		most := max(0, maxRepairs-len(receipt.Links))
		if x.kind == MissedCascade {
			most = maxRepairs // the same links whose records go
		}
		statements := []string{s.damagedRows(records, x, most)}
		if x.kind == TooManyLinks {
			statements = s.surplusRows(x, most)
		}
		before := len(receipt.Links)
		for _, bad := range statements {
			if err := s.dismissDamaged(ctx, tx, x, bad, deletion, receipt); err != nil {
				return err
			}
		}
		for _, l := range receipt.Links[before:] {
			dismissed[l.Pair()] = x.kind != DuplicatePair // whose first row is still there
		}
	}
	// A damaged link of a record that goes is dismissed already.
	pairs := slices.DeleteFunc(sortedPairs(c.links), func(p Pair) bool { return dismissed[p] })
	if err := s.detachAll(ctx, tx, pairs, removal{"repair", deletion}, &receipt.Links); err != nil {
		return err
	}
	if len(receipt.Links)+len(pairs)+len(c.removed) == 0 { // other calls ended the damage
		tx.queue(0, nil, `DELETE FROM `+s.own("deletion")+` WHERE id = $1`, deletion)
		return nil
	}
	receipt.DeletionID = deletion
	receipt.Records = s.softDelete(tx, c, deletion)
	tx.notify(s.cfg.Deleted, receipt)
	return nil
}

// lockDamaged keeps writers away from the damaged link tables and from the records at their ends, in one order for all repairs, and
// then looks which tables of records there are. Reads go on.
func (s *Store) lockDamaged(ctx context.Context, tx *batchTx, damaged []damage) (recordTables, error) {
	if err := tx.begin(ctx); err != nil {
		return nil, err
	}
	records, err := s.WithTx(tx.tx).readRecordTables(ctx)
	if err != nil {
		return nil, err
	}
	var tables []string
	for _, x := range damaged {
		tables = append(tables, x.def.table())
		for _, m := range []*Model{x.def.left, x.def.right} {
			if records[m].there {
				tables = append(tables, m.table())
			}
		}
	}
	slices.Sort(tables)
	tx.queue(0, nil, `LOCK TABLE `+strings.Join(slices.Compact(tables), ", ")+` IN SHARE ROW EXCLUSIVE MODE`)
	return records, tx.send(ctx)
}

// missedCascades returns what the deletion of the records reaches that cascades should have taken.
func (s *Store) missedCascades(
	ctx context.Context,
	tx *batchTx,
	records recordTables, damaged []damage, known map[record]bool,
) (*closure, error) {
	var roots []record
	for _, x := range damaged {
		if x.kind != MissedCascade {
			continue
		}
		from, kind := records.badEnds(x.def)
		for _, side := range records.sides(x.def) {
			if !side.end.DeleteCascade {
				continue
			}
			tx.queue(0, func(rows pgx.Rows) error {
				ids, err := side.key.Collect(rows)
				for _, id := range ids {
					roots = append(roots, record{side.model, id})
				}
				return err
			}, fmt.Sprintf(`SELECT %s FROM (
				SELECT t.*, %s AS linkgraph_goes FROM %s AND %s = '%s' ORDER BY %s LIMIT %d
			) AS t WHERE t.linkgraph_goes`,
				side.key.On("t").TypedTexts(), side.live(), from, kind, x.kind, x.def.order(), maxRepairs))
		}
	}
	if err := tx.send(ctx); err != nil {
		return nil, err
	}
	if len(roots) == 0 {
		return &closure{}, nil
	}
	slices.SortFunc(roots, record.compare)
	roots = slices.Compact(roots)
	return s.lockedClosure(ctx, tx, roots, make([]int, len(roots)), true, known)
}

// damagedRows returns a statement that selects the row ids of damaged links.
func (s *Store) damagedRows(records recordTables, x damage, most int) string {
	d := x.def
	if x.kind == DuplicatePair {
		return d.beyondFirst(d.keys("t"), `t.created_at, t.id, t.ctid`, most)
	}
	from, kind := records.badEnds(d)
	return fmt.Sprintf(
		`SELECT t.ctid FROM %s AND %s = '%s' ORDER BY %s LIMIT %d`,
		from,
		kind,
		x.kind,
		d.order(),
		most,
	)
}

// surplusRows does so for links beyond the newest one of a record that may have one.
func (s *Store) surplusRows(x damage, most int) []string {
	const newest = `t.created_at DESC, t.id DESC, t.ctid DESC`
	var all []string
	if !x.def.Right.IsList {
		all = append(all, x.def.beyondFirst(x.def.leftKey.On("t").List(), newest, most))
	}
	if !x.def.Left.IsList {
		all = append(all, x.def.beyondFirst(x.def.rightKey.On("t").List(), newest, most))
	}
	return all
}

// beyondFirst selects the row ids of live links beyond the first of each group.
func (d *Definition) beyondFirst(group, order string, most int) string {
	return fmt.Sprintf(`SELECT f.ctid FROM (
			SELECT t.ctid, row_number() OVER (PARTITION BY %s ORDER BY %s) AS n FROM %s AS t WHERE t.deleted_at IS NULL
		) AS f WHERE f.n > 1 LIMIT %d`, group, order, d.table(), most)
}

// dismissDamaged dismisses rows, and notes them and tells of them in the same statement.
func (s *Store) dismissDamaged(
	ctx context.Context,
	tx *batchTx,
	x damage,
	bad, deletion string,
	receipt *Receipt,
) error {
	d, which := x.def, ""
	if x.kind == DuplicatePair {
		which = "false"
	}
	tx.queue(0, func(rows pgx.Rows) error {
		links, err := pgx.CollectRows(rows, d.scanner())
		slices.SortFunc(links, func(a, b Link) int { return a.Pair().compare(b.Pair()) })
		receipt.Links = append(receipt.Links, links...)
		return err
	}, fmt.Sprintf(`
		WITH now AS MATERIALIZED (SELECT %s AS at), written AS (
			UPDATE %s AS t SET deleted_at = now.at, updated_at = now.at FROM now
			WHERE t.ctid = ANY(ARRAY(%s)) RETURNING t.*
		), noted AS (
			INSERT INTO %s (deletion_id, link, id, left_key, right_key, kind)
			SELECT $1::text, %s, t.id, %s, %s, %s FROM written AS t)%s
		SELECT %s FROM written AS t`,
		s.deletedAt(1), d.table(), bad,
		s.own("repaired_link"), literal(d.Name), d.leftKey.KeyOf("t"), d.rightKey.KeyOf("t"), literal(string(x.kind)),
		s.eventsCTE(d, "detached", "repair", which), d.columns()), deletion)
	return tx.send(ctx)
}

// repairedLinks is a list of the links that the deletion $1 repaired. It relies on the primary key of repaired_link.
func (s *Store) repairedLinks() string {
	return `ARRAY(SELECT DISTINCT link FROM ` + s.own(
		"repaired_link",
	) + ` WHERE deletion_id = $1 AND restored_at IS NULL ORDER BY link)`
}

// undoRepair queues what brings back the links that a repair dismissed and that were left alone since, whatever is wrong with them. It relies
// on the indexes of ids.
func (s *Store) undoRepair(tx *batchTx, r *restoring, receipt *Receipt) {
	for _, name := range r.repaired {
		d := s.catalog.byLink[name]
		if d == nil || d.ReadOnly != "" || s.absent(d) {
			continue
		}
		tx.queue(0, func(rows pgx.Rows) error {
			links, err := pgx.CollectRows(rows, d.scanner())
			if len(links) > 0 {
				receipt.DeletionID = r.deletion
			}
			slices.SortFunc(links, func(a, b Link) int { return a.Pair().compare(b.Pair()) })
			receipt.Links = append(receipt.Links, links...)
			return err
		}, fmt.Sprintf(
			`
			WITH written AS (
				UPDATE %[1]s AS t SET deleted_at = NULL, updated_at = clock_timestamp()
				FROM %[2]s AS x JOIN %[3]s AS n ON n.id = x.deletion_id
				WHERE x.deletion_id = $1::text AND x.link = %[4]s AND x.restored_at IS NULL
					AND t.id = x.id AND %[5]s = x.left_key AND %[6]s = x.right_key
					AND t.deleted_at IN (n.deleted_at, n.deleted_at::timestamptz(0))
				RETURNING t.*, x.kind AS repaired_kind
			), settled AS (
				UPDATE %[2]s AS x SET restored_at = clock_timestamp()
				WHERE x.deletion_id = $1::text AND x.link = %[4]s AND x.restored_at IS NULL
			)%[7]s
			SELECT %[8]s FROM written AS t`,
			d.table(),
			s.own("repaired_link"),
			s.own("deletion"),
			literal(d.Name),
			d.leftKey.KeyOf("t"),
			d.rightKey.KeyOf("t"),
			s.eventsCTE(
				d,
				"attached",
				"restore",
				"t.repaired_kind <> '"+string(DuplicatePair)+"'",
			),
			d.columns(),
		), r.deletion)
	}
}
