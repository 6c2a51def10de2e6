package recordstore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Adapt returns a catalogue that takes a database as it is, and what the database lacks of c. A table that is not there is
// read as one without rows, and a column that is not there as NULL; writing to either is an AbsentError. shared names the
// links whose tables another program writes to; links to records that another program may delete are found here.
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
	foreign, err := foreignTables(ctx, db, tables)
	if err != nil {
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
			lack.Foreign = foreign[m.table()]
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
				t.Shared = slices.Contains(shared, row.Link) || foreign[m.table()] || foreign[c.Target(r).table()]
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

// foreignTables are those that are there and that this program did not make: another program may delete records of theirs
// and leave the links of these.
func foreignTables(ctx context.Context, db DB, tables map[string][]string) (map[string]bool, error) {
	var names []string
	for name, columns := range tables {
		if columns != nil {
			names = append(names, name)
		}
	}
	made := `EXISTS (SELECT 1 FROM linkgraph.module_table AS m
		WHERE to_regclass(quote_ident(m.schema_name) || '.' || quote_ident(m.table_name)) = to_regclass(p.name))`
	var noted bool
	if err := db.QueryRow(ctx, `SELECT to_regclass('linkgraph.module_table') IS NOT NULL`).Scan(&noted); err != nil {
		return nil, err
	}
	if !noted {
		made = "FALSE"
	}
	rows, err := db.Query(ctx, `SELECT p.name FROM unnest($1::text[]) AS p(name) WHERE NOT `+made, names)
	if err != nil {
		return nil, err
	}
	foreign := map[string]bool{}
	var name string
	_, err = pgx.ForEachRow(rows, []any{&name}, func() error {
		foreign[name] = true
		return nil
	})
	return foreign, err
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
	lack := Missing{Module: m.Module, Model: m.Name, Table: m.Table}
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
		col.absent = true
		if have != nil {
			col.NotNull = false
		}
	}
	switch {
	case have == nil:
		m.stand, m.absent = "(SELECT "+strings.Join(nulls, ", ")+" WHERE FALSE)", true
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
