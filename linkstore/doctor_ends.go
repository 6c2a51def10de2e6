package linkstore

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// recordTables says of each model whether its table is in the database, and whether that has the columns of the key and deleted_at.
type recordTables map[*Model]recordTable

type recordTable struct{ there, deletes bool }

// readRecordTables reads the catalogue of Postgres, one statement for all models.
func (s *Store) readRecordTables(ctx context.Context) (recordTables, error) {
	var names []string
	var models []*Model
	for _, m := range s.catalog.models {
		if m.Table != "" {
			names, models = append(names, m.table()), append(models, m)
		}
	}
	rows, err := s.db.Query(ctx, `
		SELECT p.ord, c.names, 'deleted_at' = ANY(c.names) FROM unnest($1::text[]) WITH ORDINALITY AS p(name, ord)
		CROSS JOIN LATERAL (
			SELECT array_agg(a.attname::text) AS names FROM pg_attribute AS a
			WHERE a.attrelid = to_regclass(p.name) AND a.attnum > 0 AND NOT a.attisdropped
		) AS c WHERE c.names IS NOT NULL`, names)
	if err != nil {
		return nil, err
	}
	tables := recordTables{}
	var ord int
	var columns []string
	var deletes bool
	_, err = pgx.ForEachRow(rows, []any{&ord, &columns, &deletes}, func() error {
		m := models[ord-1]
		tables[m] = recordTable{containsAll(columns, m.key.Names()), deletes && !m.NoSoftDelete}
		return nil
	})
	return tables, err
}

// side is an end of a link with its record, joined as alias.
type side struct {
	end   *End
	model *Model
	key   rowkey.Columns // of the link table
	alias string
	table recordTable
}

func (t recordTables) sides(d *Definition) [2]side {
	return [2]side{
		{&d.Left, d.left, d.leftKey, "l", t[d.left]},
		{&d.Right, d.right, d.rightKey, "r", t[d.right]},
	}
}

// join relies on the primary key of the record, if Postgres does not read the whole table.
func (s *side) join() string {
	if !s.table.there {
		return ""
	}
	return fmt.Sprintf(
		" LEFT JOIN %s AS %s ON %s",
		s.model.table(),
		s.alias,
		s.key.On("t").Equals(s.model.key.On(s.alias)),
	)
}

func (s *side) found() string { return s.model.key.On(s.alias)[0].SQL + " IS NOT NULL" }

// gone is the condition that there is no record.
func (s *side) gone(d *Definition) string {
	if !s.table.there || d.SkipExistence {
		return "false"
	}
	return "NOT " + s.found()
}

// deleted is the condition that the record is soft-deleted.
func (s *side) deleted() string {
	if !s.table.there || !s.table.deletes {
		return "false"
	}
	return s.alias + ".deleted_at IS NOT NULL"
}

func (s *side) live() string { return s.found() + " AND NOT (" + s.deleted() + ")" }

// malformed is the condition that a column of the link table holds what no record has as its key.
func (s *side) malformed() string {
	var faults []string
	for i, c := range s.key {
		column := s.key.On("t")[i].SQL
		switch {
		case rowkey.IsText(c.Type):
			faults = append(faults, fmt.Sprintf("%[1]s = '' OR octet_length(%[1]s) > %[2]d", column, rowkey.MaxBytes))
		case c.Text && c.Type == "uuid":
			faults = append(faults, column+" !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'")
		case c.Text:
			faults = append(faults, integerFault(column, rowkey.IntegerBits(c.Type)))
		}
	}
	if len(faults) == 0 {
		return "false"
	}
	return strings.Join(faults, " OR ")
}

// integerFault is the condition that a text is no integer of so many bits as Postgres writes it.
func integerFault(column string, bits int) string {
	low, high := fmt.Sprintf("-%d", uint64(1)<<(bits-1)), fmt.Sprintf("%d", uint64(1)<<(bits-1)-1)
	return fmt.Sprintf(
		"CASE WHEN %[1]s ~ '^(0|-?[1-9][0-9]{0,18})$' THEN %[1]s::numeric NOT BETWEEN %[2]s AND %[3]s ELSE true END",
		column, low, high)
}

// badEnds returns the FROM clause over the live rows of a link, t, and an expression for what is wrong with one: the first kind that
// applies, or ”.
func (t recordTables) badEnds(d *Definition) (from, kind string) {
	sides := t.sides(d)
	left, right := &sides[0], &sides[1]
	cases := []string{
		fmt.Sprintf("WHEN %s OR %s THEN '%s'", left.malformed(), right.malformed(), KeyForm),
	}
	for i := range sides {
		owner, owned := &sides[1-i], &sides[i]
		if owned.end.DeleteCascade && owned.table.there && owner.table.there {
			cases = append(cases, fmt.Sprintf("WHEN (%s OR %s) AND %s THEN '%s'",
				owner.gone(d), owner.deleted(), owned.live(), MissedCascade))
		}
	}
	cases = append(
		cases,
		fmt.Sprintf("WHEN %s OR %s THEN '%s'", left.gone(d), right.gone(d), EndGone),
		fmt.Sprintf("WHEN %s OR %s THEN '%s'", left.deleted(), right.deleted(), EndDeleted),
	)
	return fmt.Sprintf("%s AS t%s%s WHERE t.deleted_at IS NULL", d.table(), left.join(), right.join()),
		"CASE " + strings.Join(cases, " ") + " ELSE '' END"
}

var endAdvice = map[FindingKind]string{
	KeyForm:       "no record can have the key: --fix dismisses the links",
	MissedCascade: "the owner is gone, what it owns is not: --fix deletes the records and their links",
	EndGone:       "a record does not exist: --fix dismisses the links",
	EndDeleted:    "a record is deleted: --fix dismisses the links; or restore the record",
}

// findBadEnds reads each live row of the link table once, joined to its records.
func (e *examination) findBadEnds(ctx context.Context, d *Definition) error {
	from, kind := e.records.badEnds(d)
	rows, err := e.db.Query(
		ctx,
		fmt.Sprintf(`SELECT f.kind, count(*) FROM (SELECT %s AS kind FROM %s) AS f GROUP BY f.kind`, kind, from),
	)
	if err != nil {
		return err
	}
	counts := map[FindingKind]int64{}
	var of FindingKind
	var n int64
	if _, err := pgx.ForEachRow(rows, []any{&of, &n}, func() error {
		counts[of] = n
		return nil
	}); err != nil {
		return err
	}
	e.live[d.Name] = 0
	for _, n := range counts {
		e.live[d.Name] += n
	}
	for _, of := range []FindingKind{KeyForm, MissedCascade, EndGone, EndDeleted} {
		if counts[of] == 0 {
			continue
		}
		examples, err := e.examples(ctx, fmt.Sprintf(`SELECT t.id, %s, %s, 0 FROM %s AND %s = $1 ORDER BY %s`,
			d.leftKey.KeyOf("t"), d.rightKey.KeyOf("t"), from, kind, d.order()), string(of))
		if err != nil {
			return err
		}
		e.find(Finding{
			Kind: of, Link: d.Name, Subject: d.Table, Count: counts[of],
			Advice: endAdvice[of], Examples: examples,
		})
	}
	return nil
}

// findUnowned counts the live records of each model that were left behind: an owner that would have taken them along is gone, and no live link
// of any kind reaches them. They are no damage for certain, because dismissing a link leaves its records on purpose. It relies on the live
// indexes of the link tables.
func (e *examination) findUnowned(ctx context.Context) error {
	for _, m := range e.catalog.models {
		if t := e.records[m]; !t.there || !t.deletes {
			continue
		}
		var link string
		var left, unlinked []string
		for _, d := range e.catalog.links {
			if _, examined := e.live[d.Name]; !examined {
				continue
			}
			sides := e.records.sides(d)
			for i := range sides {
				s, owner := &sides[i], &sides[1-i]
				if s.model != m {
					continue
				}
				unlinked = append(
					unlinked,
					fmt.Sprintf("NOT EXISTS (SELECT 1 FROM %s AS t WHERE %s AND t.deleted_at IS NULL)",
						d.table(), s.key.On("t").Equals(m.key.On("m"))),
				)
				if s.end.DeleteCascade && owner.table.there {
					link = d.Name
					left = append(
						left,
						fmt.Sprintf("SELECT %s FROM %s AS t%s WHERE t.deleted_at IS NOT NULL AND (%s OR %s)",
							s.key.KeyOf("t"), d.table(), owner.join(), owner.gone(d), owner.deleted()),
					)
				}
			}
		}
		if link == "" {
			continue
		}
		if err := e.countUnowned(ctx, m, link, left, unlinked); err != nil {
			return fmt.Errorf("%s: %w", m.Name, err)
		}
	}
	return nil
}

func (e *examination) countUnowned(ctx context.Context, m *Model, link string, left, unlinked []string) error {
	from := fmt.Sprintf(`FROM %s AS m WHERE m.deleted_at IS NULL AND %s IN (%s) AND %s`,
		m.table(), m.key.KeyOf("m"), strings.Join(left, " UNION ALL "), strings.Join(unlinked, " AND "))
	var n int64
	if err := e.db.QueryRow(ctx, `SELECT count(*) `+from).Scan(&n); err != nil || n == 0 {
		return err
	}
	examples, err := e.examples(
		ctx,
		fmt.Sprintf(`SELECT %s, '', '', 0 %s ORDER BY %s`, m.key.KeyOf("m"), from, m.key.On("m").Order()),
	)
	if err != nil {
		return err
	}
	e.find(Finding{
		Kind: UnownedRecord, Link: link, Subject: m.Name, Count: n, Examples: examples,
		Advice: "their owner is gone and nothing is linked to them: link them, or delete them",
	})
	return nil
}
