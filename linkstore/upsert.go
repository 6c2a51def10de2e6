package linkstore

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// linkArgs are links of one kind as parameters of a statement: one array for each key column, and two for each
// extra column that any of the links names.
type linkArgs struct {
	def           *Definition
	n             int
	args          []any
	arrays, names []string
	columns       []columnArg
	named         bool // at least one link names an extra column
}

// columnArg is an extra column, with the expressions that say whether a link names it (g0) and its value (v0).
type columnArg struct {
	*Column
	given, value string
}

// newLinkArgs returns the parameters for links, which must all be of one kind.
func newLinkArgs(links []*newLink) *linkArgs {
	d := links[0].def
	left, right := make([]string, len(links)), make([]string, len(links))
	named := map[string]bool{}
	for i, l := range links {
		left[i], right[i] = l.pair.Left, l.pair.Right
		for name := range l.data {
			named[name] = true
		}
	}
	g := &linkArgs{
		def:    d,
		n:      len(links),
		args:   d.pairArgs(left, right),
		arrays: []string{d.pairArrays(len(links))},
		names:  []string{d.pairNames("")},
		named:  len(named) > 0,
	}
	for i := range d.Columns {
		c := columnArg{&d.Columns[i], "", ""}
		if named[c.Name] {
			c.given, c.value = fmt.Sprintf("p.g%d", i), fmt.Sprintf("p.v%d::%s", i, c.Type.sql())
			present, texts := make([]bool, len(links)), make([]*string, len(links))
			for j, l := range links {
				texts[j], present[j] = l.data[c.Name]
			}
			g.array(fmt.Sprintf("g%d", i), "boolean", present)
			g.array(fmt.Sprintf("v%d", i), "text", texts)
		}
		g.columns = append(g.columns, c)
	}
	return g
}

// cachedSQL returns a statement on the links. It is cached unless it depends on which extra columns are named.
func (g *linkArgs) cachedSQL(s *Store, what, how string, build func() string) string {
	if g.named {
		return build()
	}
	return cachedSQL(s, sqlKey{statement: what, subject: g.def, variant: how, large: g.n >= rowkey.Many}, build)
}

// array adds an array parameter and its column name.
func (g *linkArgs) array(name, sqlType string, values any) {
	g.args = append(g.args, values)
	g.arrays = append(g.arrays, rowkey.Array(len(g.args), sqlType, g.n))
	g.names = append(g.names, name)
}

// differs returns the condition that a link names a value which its row, t, does not have.
func (g *linkArgs) differs() string {
	parts := []string{"false"}
	for _, c := range g.columns {
		if c.given != "" {
			parts = append(parts, fmt.Sprintf("%s AND t.%s IS DISTINCT FROM %s", c.given, quote(c.Name), c.value))
		}
	}
	return strings.Join(parts, " OR ")
}

// upsert writes the links of one kind, skips those that are already as requested, sets the outcome of each and
// writes its events. Where records are not locked, another writer may have inserted a row first. Then that row
// counts as one from before.
func (s *Store) upsert(ctx context.Context, tx *batchTx, links []*newLink) error {
	var missing, stale []*newLink
	for _, l := range links {
		if l.old == nil {
			missing = append(missing, l)
		}
	}
	if err := s.insert(ctx, tx, missing); err != nil {
		return err
	}
	for _, l := range links {
		switch {
		case l.old == nil: // inserted above
		case l.old.differs || l.old.DeletedAt != nil:
			stale = append(stale, l)
		default:
			l.result.Outcome, l.result.Link = Unchanged, l.old.Link
		}
	}
	s.update(tx, stale)
	for _, wrote := range [][]*newLink{missing, stale} {
		if err := s.emitMany(ctx, tx, wrote); err != nil {
			return err
		}
	}
	return nil
}

// emitMany writes the events of many written links. The statements that write a few links write their events
// themselves.
func (s *Store) emitMany(ctx context.Context, tx *batchTx, links []*newLink) error {
	if len(links) < rowkey.Many {
		return nil
	}
	if err := tx.send(ctx); err != nil {
		return err
	}
	attached := make([]Link, 0, len(links))
	for _, l := range links {
		if l.result.Outcome == Created || l.result.Outcome == Revived {
			attached = append(attached, l.result.Link)
		}
	}
	return s.emit(tx, "attached", "create", attached)
}

// insert inserts rows, in one statement. Values that the items do not name take their default. If both records of
// each link are locked, no other writer inserts the same rows; if one does all the same, the call is retried. If
// they are not locked, or the call cannot be retried, rows that exist already are skipped and read. The statement
// relies on the primary key.
func (s *Store) insert(ctx context.Context, tx *batchTx, links []*newLink) error {
	if len(links) == 0 {
		return nil
	}
	d := links[0].def
	ids := s.newIDs(d.IDPrefix, len(links))
	exclusive := !s.inTx && !d.SkipExistence && d.left.Table != "" && d.right.Table != ""
	if exclusive && len(d.Columns) == 0 && len(links) >= rowkey.Many {
		return s.copyIn(ctx, tx, links, ids)
	}
	conflict := ""
	if !exclusive {
		conflict = fmt.Sprintf("ON CONFLICT (%s) DO NOTHING", d.keys(""))
	}
	g := newLinkArgs(links)
	g.array("id", "text", ids)
	var targets, values []string
	for _, c := range g.columns {
		value := "NULL::" + c.Type.sql()
		if c.Default != "" || c.EmptyDefault {
			g.args = append(g.args, c.Default)
			value = fmt.Sprintf("$%d::text::%s", len(g.args), c.Type.sql())
		}
		if c.given != "" {
			value = fmt.Sprintf("CASE WHEN %s THEN %s ELSE %s END", c.given, c.value, value)
		}
		targets, values = append(targets, ", "+quote(c.Name)), append(values, ", "+value)
	}
	sql := func(returned string) string {
		return fmt.Sprintf(`
			INSERT INTO %s AS t (%s, id%s)
			SELECT %s, p.id%s FROM unnest(%s) AS p(%s)
			%s RETURNING %s`,
			d.table(), d.keys(""), strings.Join(targets, ""), d.pairNames("p"), strings.Join(values, ""),
			strings.Join(g.arrays, ", "), strings.Join(g.names, ", "), conflict, returned)
	}
	if len(links) < rowkey.Many {
		writeFew(
			tx,
			links,
			g.cachedSQL(s, "insert", conflict, func() string { return s.fewText(d, sql("t.*"), "") }),
			g.args,
		)
	} else {
		tx.queue(len(links), readInserted(links, ids), sql(d.values()), g.args...)
	}
	if exclusive {
		return nil
	}
	if err := tx.send(ctx); err != nil {
		return err
	}
	var existing []*newLink
	for _, l := range links {
		if l.result.Outcome == "" {
			existing = append(existing, l)
		}
	}
	if len(existing) == 0 {
		return nil
	}
	s.lockRows(tx, existing)
	if err := tx.send(ctx); err != nil {
		return err
	}
	for _, l := range existing {
		if l.old == nil {
			return fmt.Errorf(
				"link %s: the row of %s and %s existed and is gone",
				l.pair.Link,
				l.pair.Left,
				l.pair.Right,
			)
		}
	}
	return nil
}

// readInserted returns a function that reads the inserted rows and sets the outcome of their links.
func readInserted(links []*newLink, ids []string) func(rows pgx.Rows) error {
	d := links[0].def
	return func(rows pgx.Rows) error {
		row := d.scan()
		next := 0
		_, err := pgx.ForEachRow(rows, row.dests, func() error {
			// Rows come in the order of the pairs, but Postgres does not promise it.
			if next >= len(ids) || ids[next] != row.id {
				if next = slices.Index(ids, row.id); next < 0 {
					return fmt.Errorf("table %s changed the id of a row: %q", d.Table, row.id)
				}
			}
			l := links[next]
			next++
			l.setOutcome(row.link(l.pair.Left, l.pair.Right))
			return nil
		})
		return err
	}
}

// setOutcome sets the outcome of a link from the row that was written.
func (l *newLink) setOutcome(link Link) {
	l.result.Link = link
	switch {
	case l.old == nil:
		l.result.Outcome = Created
	case l.old.DeletedAt != nil:
		l.result.Outcome = Revived
	default:
		l.result.Outcome = Updated
	}
}

// fewText returns a statement that writes the rows of a few links and returns them. It also writes their events:
// those of all rows, or those of the rows that the condition attached selects.
func (s *Store) fewText(d *Definition, sql, attached string) string {
	return `WITH written AS (` + sql + `)` + s.eventsCTE(
		d,
		"attached",
		"create",
		attached,
	) + ` SELECT ` + d.columns() + ` FROM written AS t`
}

// writeFew queues a statement of fewText.
func writeFew(tx *batchTx, links []*newLink, sql string, args []any) {
	d := links[0].def
	tx.queue(len(links), func(rows pgx.Rows) error {
		written, err := pgx.CollectRows(rows, d.scanner())
		next := 0 // rows usually come in the order of the pairs
		for _, link := range written {
			if next >= len(links) || links[next].pair != link.Pair() {
				if next = slices.IndexFunc(links, func(l *newLink) bool { return l.pair == link.Pair() }); next < 0 {
					return fmt.Errorf("table %s changed the keys of a row: %q and %q", d.Table, link.Left, link.Right)
				}
			}
			links[next].setOutcome(link)
			next++
		}
		return err
	}, sql, args...)
}

// copyIn inserts many rows into a table without extra columns, by COPY. COPY returns nothing about the rows, but
// they differ only in their keys and ids. So one row is read back for the times, which the table may store in whole
// seconds.
func (s *Store) copyIn(ctx context.Context, tx *batchTx, links []*newLink, ids []string) error {
	d := links[0].def
	var now time.Time
	tx.queue(0, func(rows pgx.Rows) (err error) {
		now, err = pgx.CollectExactlyOneRow(rows, pgx.RowTo[time.Time])
		return err
	}, `SELECT now()`)
	if err := tx.send(ctx); err != nil {
		return err
	}
	keys := newLinkArgs(links).args
	row := make([]any, len(keys), len(keys)+3)
	names := slices.Concat(d.leftKey.Names(), d.rightKey.Names(), []string{"id", "created_at", "updated_at"})
	_, err := tx.tx.CopyFrom(
		ctx,
		identifier(d.Schema, d.Table),
		names,
		pgx.CopyFromSlice(len(links), func(i int) ([]any, error) {
			for k, of := range keys {
				row[k] = of.([]string)[i] //nolint:forcetypeassert // keys are arrays of texts
			}
			return append(row, ids[i], &now, &now), nil
		}),
	)
	if err != nil {
		return err
	}
	first := links[0]
	s.lockRows(tx, links[:1])
	if err := tx.send(ctx); err != nil {
		return err
	}
	if first.old == nil {
		return fmt.Errorf("table %s did not store an inserted row", d.Table)
	}
	inserted := first.old.Link
	first.old = nil
	for i, l := range links {
		inserted.ID, inserted.Left, inserted.Right = ids[i], l.pair.Left, l.pair.Right
		l.result.Outcome, l.result.Link = Created, inserted
	}
	return nil
}

// update makes rows live and writes the values that the items name, in one statement. The rows are locked. The
// statement relies on the primary key.
func (s *Store) update(tx *batchTx, links []*newLink) {
	if len(links) == 0 {
		return
	}
	g := newLinkArgs(links)
	d := g.def
	var sets []string
	for _, c := range g.columns {
		if c.given != "" {
			sets = append(
				sets,
				fmt.Sprintf(", %[1]s = CASE WHEN %[2]s THEN %[3]s ELSE t.%[1]s END", quote(c.Name), c.given, c.value),
			)
		}
	}
	var dead []string
	for _, l := range links {
		if l.old.DeletedAt != nil {
			dead = append(dead, l.old.ID)
		}
	}
	attached := ""
	if len(links) < rowkey.Many && len(dead) < len(links) {
		g.args = append(g.args, dead)
		attached = fmt.Sprintf("t.id = ANY($%d::text[])", len(g.args))
	}
	sql := func(returned string) string {
		return fmt.Sprintf(`
			UPDATE %s AS t SET deleted_at = NULL, updated_at = clock_timestamp()%s
			FROM unnest(%s) WITH ORDINALITY AS p(%s, ord) WHERE %s
			RETURNING %s`, d.table(), strings.Join(sets, ""), strings.Join(g.arrays, ", "), strings.Join(g.names, ", "), d.pairOn(), returned)
	}
	if len(links) < rowkey.Many {
		writeFew(
			tx,
			links,
			g.cachedSQL(s, "update", attached, func() string { return s.fewText(d, sql("t.*"), attached) }),
			g.args,
		)
		return
	}
	tx.queue(len(links), func(rows pgx.Rows) error {
		var ord int
		row := d.scan(&ord)
		_, err := pgx.ForEachRow(rows, row.dests, func() error {
			l := links[ord-1]
			l.setOutcome(row.link(l.pair.Left, l.pair.Right))
			return nil
		})
		return err
	}, sql("p.ord, "+d.values()), g.args...)
}
