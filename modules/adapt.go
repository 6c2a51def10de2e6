package modules

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Missing is a part of a catalogue that a database lacks.
type Missing struct {
	Model, Table string
	Columns      []string // nil means the whole table
}

// Adapt returns a catalogue that reads a database as it is, and what the database lacks of c. A table that is not there is
// read as one without rows, and a column that is not there as NULL: where something is missing, nothing should be written
// through the result. shared names the links whose tables another program writes to.
func (c *Catalog) Adapt(ctx context.Context, db DB, shared []string) (*Catalog, []Missing, error) {
	tables := map[string][]string{} // columns, by table
	for _, m := range c.models {
		tables[m.table()] = nil
		for _, r := range m.Relations {
			if t := r.Through; t != nil {
				tables[tableName(t.Schema, t.Table)] = nil
			}
		}
	}
	if err := readColumns(ctx, db, tables); err != nil {
		return nil, nil, fmt.Errorf("adapt: %w", classify(err))
	}
	adapted := &Catalog{byName: make(map[string]*Model, len(c.models))}
	var missing []Missing
	for _, m := range c.models {
		n := *m
		n.Columns, n.Relations = slices.Clone(m.Columns), slices.Clone(m.Relations)
		for i := range n.Columns {
			n.Columns[i].of = &n
		}
		if lack := n.adapt(tables[m.table()]); lack != nil {
			missing = append(missing, *lack)
		}
		for i := range n.Relations {
			r := &n.Relations[i]
			if r.Through == nil {
				continue
			}
			t := *r.Through
			r.Through = &t
			if row := c.Row(r); row != nil {
				t.Shared = slices.Contains(shared, row.Link)
			}
			if tables[tableName(t.Schema, t.Table)] == nil {
				t.stand = emptyTable(append(slices.Clone(t.Columns), t.TargetColumns...))
			}
		}
		adapted.models = append(adapted.models, &n)
		adapted.byName[n.Name] = &n
	}
	// A join table that is not there, but has a model of its rows, has that model's columns.
	for _, m := range adapted.models {
		for i := range m.Relations {
			if row := adapted.Row(&m.Relations[i]); row != nil && m.Relations[i].Through.stand != "" {
				m.Relations[i].Through.stand = row.stand
			}
		}
	}
	return adapted, missing, nil
}

// Foreign reports whether a database has tables of the catalogue and none of this program's own: another program made it.
func Foreign(ctx context.Context, db DB, c *Catalog) (bool, error) {
	names := make([]string, len(c.models))
	for i, m := range c.models {
		names[i] = m.table()
	}
	var foreign bool
	err := db.QueryRow(ctx, `
		SELECT to_regnamespace('linkgraph') IS NULL AND EXISTS (SELECT 1 FROM unnest($1::text[]) AS p(name) WHERE to_regclass(p.name) IS NOT NULL)`,
		names).Scan(&foreign)
	return foreign, classify(err)
}

// readColumns reads the names of the columns of tables. Those of a table that is not there stay nil.
func readColumns(ctx context.Context, db DB, tables map[string][]string) error {
	names := make([]string, 0, len(tables))
	for name := range tables {
		names = append(names, name)
	}
	rows, err := db.Query(ctx, `
		SELECT p.name, a.attname FROM unnest($1::text[]) AS p(name)
		JOIN pg_attribute AS a ON a.attrelid = to_regclass(p.name) AND a.attnum > 0 AND NOT a.attisdropped`, names)
	if err != nil {
		return err
	}
	var table, column string
	_, err = pgx.ForEachRow(rows, []any{&table, &column}, func() error {
		tables[table] = append(tables[table], column)
		return nil
	})
	return err
}

// adapt makes a model read a table that has these columns, nil if there is no table.
func (m *Model) adapt(have []string) *Missing {
	lack := Missing{Model: m.Name, Table: m.Table}
	var nulls []string
	for i := range m.Columns {
		col := &m.Columns[i]
		if col.parts != nil || slices.Contains(have, col.Name) {
			continue
		}
		if col.Type == Enum { // its type may be missing too
			col.SQLType = ""
		}
		nulls = append(nulls, "NULL::"+col.sqlType()+" AS "+quote(col.Name))
		lack.Columns = append(lack.Columns, col.Name)
		if have != nil {
			col.NotNull = false
		}
	}
	switch {
	case have == nil:
		m.stand = "(SELECT " + strings.Join(nulls, ", ") + " WHERE FALSE)"
		lack.Columns = nil
	case nulls == nil:
		return nil
	default:
		m.stand = "(SELECT t.*, " + strings.Join(nulls, ", ") + " FROM " + m.table() + " AS t)"
	}
	return &lack
}

// emptyTable stands for a join table that is not there.
func emptyTable(columns []string) string {
	var nulls []string
	for _, c := range columns {
		nulls = append(nulls, "NULL::text AS "+quote(c))
	}
	return "(SELECT " + strings.Join(nulls, ", ") + ", NULL::timestamptz AS deleted_at WHERE FALSE)"
}
