package linkstore

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

func containsAll(have, want []string) bool {
	return !slices.ContainsFunc(want, func(w string) bool { return !slices.Contains(have, w) })
}

// findMissingIndexes compares the indexes as a sync does. Without a unique index the cardinality is not enforced, which is damage, except
// before the first sync.
func (e *examination) findMissingIndexes(d *Definition, have []index) {
	for _, want := range d.indexes() {
		if slices.ContainsFunc(have, want.same) {
			continue
		}
		f := Finding{
			Kind: MissingIndex, Severity: Notice, Link: d.Name, Subject: want.name, Count: 1,
			Advice: "statements are slow without it: run migrate, which creates it",
		}
		if want.unique {
			f.Advice = "records may get more links than the definition allows: run migrate, which creates it"
			if e.synced {
				f.Severity = Damage
			}
		}
		e.find(f)
	}
}

// excludes reports whether a unique index makes two live rows with the same columns impossible.
func excludes(have []index, columns []string) bool {
	return slices.ContainsFunc(have, func(i index) bool {
		return i.unique && (i.partial == "" || i.partial == livePredicate) && containsAll(columns, i.columns)
	})
}

// findSurplus finds live rows that a unique index would not allow, and hubs. Tables with their indexes are not read for the former.
func (e *examination) findSurplus(ctx context.Context, d *Definition, have []index) error {
	if !excludes(have, slices.Concat(d.leftKey.Names(), d.rightKey.Names())) {
		if err := e.findDuplicates(ctx, d); err != nil {
			return err
		}
	}
	for _, s := range e.records.sides(d) {
		far, farKey := &d.Right, d.rightKey
		if s.end == &d.Right {
			far, farKey = &d.Left, d.leftKey
		}
		if !far.IsList && !excludes(have, s.key.Names()) {
			if err := e.findTooMany(ctx, d, s, farKey); err != nil {
				return err
			}
		}
		if far.IsList && e.live[d.Name] >= e.options.HubSize {
			if err := e.findHubs(ctx, d, s); err != nil {
				return err
			}
		}
	}
	return nil
}

// findDuplicates groups the live rows by pair.
func (e *examination) findDuplicates(ctx context.Context, d *Definition) error {
	grouped := fmt.Sprintf(`SELECT count(*) AS n, min(t.id) AS id, min(%s) AS l, min(%s) AS r FROM %s AS t
		WHERE t.deleted_at IS NULL GROUP BY %s HAVING count(*) > 1`,
		d.leftKey.KeyOf("t"), d.rightKey.KeyOf("t"), d.table(), d.keys("t"))
	return e.findGroups(ctx, Finding{
		Kind: DuplicatePair, Link: d.Name, Subject: d.Table,
		Advice: "a pair is linked more than once: --fix keeps the oldest row",
	}, grouped)
}

// findTooMany groups the live rows by the key of an end whose records may have one link. Rows of the same pair are duplicates instead.
func (e *examination) findTooMany(ctx context.Context, d *Definition, s side, far rowkey.Columns) error {
	own, l, r := s.key.KeyOf("t"), "''", "''"
	if s.end == &d.Left {
		l = "min(" + own + ")"
	} else {
		r = "min(" + own + ")"
	}
	grouped := fmt.Sprintf(`SELECT count(DISTINCT %[1]s) AS n, '' AS id, %[2]s AS l, %[3]s AS r FROM %[4]s AS t
		WHERE t.deleted_at IS NULL GROUP BY %[5]s HAVING count(*) > 1 AND min(%[1]s) <> max(%[1]s)`,
		far.KeyOf("t"), l, r, d.table(), s.key.On("t").List())
	return e.findGroups(ctx, Finding{
		Kind:    TooManyLinks,
		Link:    d.Name,
		Subject: s.end.Key,
		Advice:  "the definition allows one link: --fix keeps the newest, as replace does; or declare isList at the other end",
	}, grouped)
}

// findGroups counts the rows of each group beyond its first one.
func (e *examination) findGroups(ctx context.Context, f Finding, grouped string) error {
	err := e.db.QueryRow(ctx, `SELECT COALESCE(sum(g.n - 1), 0)::bigint FROM (`+grouped+`) AS g`).Scan(&f.Count)
	if err != nil || f.Count == 0 {
		return err
	}
	if f.Examples, err = e.examples(
		ctx,
		`SELECT g.id, g.l, g.r, g.n FROM (`+grouped+`) AS g ORDER BY g.l, g.r`,
	); err != nil {
		return err
	}
	e.find(f)
	return nil
}

// findHubs relies on the live indexes.
func (e *examination) findHubs(ctx context.Context, d *Definition, s side) error {
	l, r := s.key.KeyOf("t"), "''"
	if s.end == &d.Right {
		l, r = r, l
	}
	grouped := fmt.Sprintf(
		`SELECT count(*) AS n, %s AS l, %s AS r FROM %s AS t WHERE t.deleted_at IS NULL GROUP BY %s HAVING count(*) >= %d`,
		l,
		r,
		d.table(),
		s.key.On("t").List(),
		e.options.HubSize,
	)
	f := Finding{
		Kind: Hub, Link: d.Name, Subject: s.end.Key,
		Advice: "pages and counts from these records cost more: look at whether so many links are meant",
	}
	if err := e.db.QueryRow(ctx, `SELECT count(*) FROM (`+grouped+`) AS g`).Scan(&f.Count); err != nil || f.Count == 0 {
		return err
	}
	var err error
	if f.Examples, err = e.examples(
		ctx,
		`SELECT '', g.l, g.r, g.n FROM (`+grouped+`) AS g ORDER BY g.n DESC, g.l, g.r`,
	); err != nil {
		return err
	}
	e.find(f)
	return nil
}

// smallTable is how many live links a table has at least for its statistics to matter.
const smallTable = 1000

// findStale compares what the planner knows of each link table with the rows that were counted, in one statement.
func (e *examination) findStale(ctx context.Context) error {
	var names []string
	var live []int64
	var tables []*Definition
	for _, d := range e.catalog.links {
		if n := e.live[d.Name]; n >= smallTable {
			names, live, tables = append(names, d.table()), append(live, n), append(tables, d)
		}
	}
	rows, err := e.db.Query(ctx, `
		SELECT p.ord, greatest(c.reltuples, 0)::bigint,
			NOT EXISTS (SELECT 1 FROM pg_stats AS k WHERE k.schemaname = n.nspname AND k.tablename = c.relname) AS never
		FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS p(name, live, ord)
		JOIN pg_class AS c ON c.oid = to_regclass(p.name) JOIN pg_namespace AS n ON n.oid = c.relnamespace
		WHERE c.reltuples * 2 < p.live
			OR NOT EXISTS (SELECT 1 FROM pg_stats AS k WHERE k.schemaname = n.nspname AND k.tablename = c.relname)
		ORDER BY p.ord`, names, live)
	if err != nil {
		return err
	}
	var ord int
	var known int64
	var never bool
	_, err = pgx.ForEachRow(rows, []any{&ord, &known, &never}, func() error {
		d := tables[ord-1]
		state := fmt.Sprintf("the planner knows of %d rows", known)
		if never {
			state = "the table was never analysed"
		}
		e.find(Finding{
			Kind: StaleStatistics, Link: d.Name, Subject: d.Table, Count: e.live[d.Name],
			Advice: state + ": run ANALYZE " + d.table(),
		})
		return nil
	})
	return err
}

// findUndeclared lists tables that syncs created and no link uses, as a plan does.
func (e *examination) findUndeclared(ctx context.Context) error {
	for _, a := range e.planOrphans(e.made) {
		schema := e.made[slices.IndexFunc(e.made, func(t createdTable) bool { return t.Link == a.Link })].Schema
		rows, err := e.db.Query(ctx, `SELECT to_regclass($1) IS NOT NULL`, tableName(schema, a.Table))
		if err != nil {
			return err
		}
		if there, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[bool]); err != nil {
			return err
		} else if there {
			e.find(Finding{
				Kind: UndeclaredTable, Link: a.Link, Subject: a.Table, Count: 1,
				Advice: "declare the link again, or drop the table: links sync --all",
			})
		}
	}
	return nil
}
