package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// comparer compares Medusa's answers with ours over the same database, and both with the tables.
type comparer struct {
	api    *api
	db     *pgxpool.Pool
	medusa *answer
	report *report
	tables map[string]map[string]record // cache of live table rows, by model and key
	finer  int                          // number of decimals of which Medusa keeps more digits in another column
}

// compareAll compares records, link rows, directions and orders.
func (c *comparer) compareAll(ctx context.Context) error {
	c.tables = map[string]map[string]record{}
	for _, part := range []func(context.Context) error{c.models, c.linkRows, c.directions, c.ways, c.orders} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	if c.finer > 0 {
		c.report.note(
			"%d decimals have more digits in their raw_ column than in their own, which both sides show",
			c.finer,
		)
	}
	return nil
}

// models compares the records of all models: with Medusa's answer for models at the ends of its links, with the
// tables for the others.
func (c *comparer) models(ctx context.Context) error {
	asked := map[string]string{}
	for name := range c.medusa.Models {
		asked[ourModel(name)] = name
	}
	for _, m := range c.api.records.Models() {
		if m.Link != "" {
			continue
		}
		l := c.report.line("records", m.Name)
		l.medusa = asked[m.Name]
		if err := c.everyRecord(ctx, l, m, c.medusa.Models[l.medusa]); err != nil {
			return err
		}
		if err := c.undeclared(ctx, l, m); err != nil {
			return err
		}
		delete(asked, m.Name)
	}
	for _, name := range sortedKeys(asked) {
		c.report.line("records", name).differ("there is no such model")
	}
	return nil
}

// linkRows compares the rows of all link tables: with Medusa's answer, or with the tables for links that Medusa does
// not have.
func (c *comparer) linkRows(ctx context.Context) error {
	for _, m := range c.api.records.Models() {
		if m.Link == "" {
			continue
		}
		l := c.report.line(m.Link, "rows")
		rows, ok := c.medusa.rows(c.medusa.medusaLink(m.Link))
		if ok {
			l.medusa = c.medusa.medusaLink(m.Link)
		}
		if err := c.everyRecord(ctx, l, m, rows); err != nil {
			return err
		}
	}
	return nil
}

const besideMedusa = "compared with the table"

// everyRecord compares all records of a model with Medusa's, or with the table if Medusa does not return the model.
func (c *comparer) everyRecord(ctx context.Context, l *line, m *recordstore.Model, theirs map[string]record) error {
	ours, err := c.api.all(ctx, m)
	if err != nil {
		return err
	}
	if l.medusa == "" {
		l.note = besideMedusa
		stored, err := c.table(ctx, m)
		if err != nil {
			return err
		}
		theirs = map[string]record{}
		for key := range stored {
			theirs[key] = record{} // so that all columns are compared with the table
		}
	}
	return c.compareSets(ctx, l, m, ours, theirs)
}

// compareSets compares the keys of records, and the fields of those that both sides have.
func (c *comparer) compareSets(
	ctx context.Context,
	l *line,
	m *recordstore.Model,
	ours, theirs map[string]record,
) error {
	for _, key := range sortedKeys(ours) {
		if theirs[key] == nil {
			l.differ("%s %s is in this API's answer alone", m.Name, key)
		}
	}
	for _, key := range sortedKeys(theirs) {
		if ours[key] == nil {
			l.differ("%s %s is not in this API's answer", m.Name, key)
			continue
		}
		if err := c.fields(ctx, l, m, key, ours[key], theirs[key]); err != nil {
			return err
		}
	}
	return nil
}

// fields compares all columns of a record with Medusa's, or with the table's where Medusa leaves one out.
func (c *comparer) fields(ctx context.Context, l *line, m *recordstore.Model, key string, ours, theirs record) error {
	stored, err := c.table(ctx, m)
	if err != nil {
		return err
	}
	l.now.records++
	for i := range m.Columns {
		col := &m.Columns[i]
		if col.Parts != nil {
			continue
		}
		l.now.fields++
		source, precision := "Medusa's", time.Millisecond
		value, ok := theirs[col.Name]
		if !ok {
			l.now.stored++
			source, value, precision = "the table's", stored[key][col.Name], time.Microsecond
		}
		if !equal(col.Type, ours[col.Field], value, precision) {
			l.differ("%s %s: %s is %v, %s is %v", m.Name, key, col.Field, ours[col.Field], source, value)
		}
		c.countFiner(col, theirs)
	}
	return nil
}

// countFiner counts decimals whose exact value Medusa keeps in another column, with more digits than the column
// itself.
func (c *comparer) countFiner(col *recordstore.Column, theirs record) {
	raw, ok := theirs[col.Raw].(record)
	if ok && theirs[col.Name] != nil && !equalNumbers(theirs[col.Name], raw["value"]) {
		c.finer++
	}
}

// undeclared reports columns of a model's table that the schema does not declare.
func (c *comparer) undeclared(ctx context.Context, l *line, m *recordstore.Model) error {
	rows, err := c.db.Query(ctx, `
		SELECT attname FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum`, quote(m.Table))
	if err != nil {
		return err
	}
	columns, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	var unknown []string
	for _, name := range columns {
		if !slices.ContainsFunc(
			m.Columns,
			func(col recordstore.Column) bool { return col.Name == name || col.Raw == name },
		) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		l.note = "not in the schema: " + strings.Join(unknown, ", ")
	}
	return nil
}

// table returns the live rows of a model's table, by key. A missing table has no rows.
func (c *comparer) table(ctx context.Context, m *recordstore.Model) (map[string]record, error) {
	if rows, ok := c.tables[m.Name]; ok {
		return rows, nil
	}
	var there bool
	if err := c.db.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, quote(m.Table)).Scan(&there); err != nil {
		return nil, err
	}
	if !there {
		c.tables[m.Name] = map[string]record{}
		return nil, nil
	}
	live := ""
	if m.SoftDelete {
		live = " WHERE t.deleted_at IS NULL"
	}
	rows, err := c.db.Query(ctx, "SELECT to_jsonb(t)::text FROM "+quote(m.Table)+" AS t"+live)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (record, error) {
		var text string
		if err := row.Scan(&text); err != nil {
			return nil, err
		}
		var r record
		return r, decode([]byte(text), &r)
	})
	if err != nil {
		return nil, err
	}
	c.tables[m.Name] = byKey(list, m.Columns[m.Primary()].Name)
	return c.tables[m.Name], nil
}
