package medusa

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/linkstore"
)

// linkTable is a link table that Medusa made and no definition of the catalogue uses.
type linkTable struct {
	schema, table string
	// keys are the columns of the primary key, in order. Their types are those of linkstore.KeyColumn where they fit, and
	// otherwise the names of Postgres.
	keys []linkstore.KeyColumn
	// idPrefix is the prefix of the rows' ids: what comes before the last underscore. "" means that the table has no row.
	idPrefix string
	// columns are the extra columns, in order.
	columns []tableColumn
	// from and to are the ends of the link. The first key is that of from.
	from, to linkEnd

	oid            uint32
	hasID, hasDate bool // whether there are columns id and deleted_at
}

// linkEnd is one end of a link as Medusa describes it.
type linkEnd struct {
	module, model string // Medusa's names
	// isList means that the rows show several live links of one record of the other end. false means only that they do not:
	// Medusa does not write down how many there may be.
	isList bool
}

// tableColumn is a column as the database describes it.
type tableColumn struct {
	name, sqlType string // the type as Postgres writes it: numeric(10,0)
	notNull       bool
	expression    string // the default, in SQL; "" if there is none
}

// undeclared returns the link tables of the database that no definition of the catalogue uses, by name. Medusa lists its link
// tables in the table link_module_migrations. Without that table the result is empty.
func undeclared(ctx context.Context, db DB, links *linkstore.Catalog) ([]linkTable, error) {
	tables, err := listTables(ctx, db, links)
	if err != nil {
		return nil, fmt.Errorf("undeclared link tables: %w", err)
	}
	if err := describeTables(ctx, db, tables); err != nil {
		return nil, fmt.Errorf("undeclared link tables: %w", err)
	}
	for i := range tables {
		if err := tables[i].readRows(ctx, db); err != nil {
			return nil, fmt.Errorf("undeclared link tables: %s: %w", tables[i].table, err)
		}
	}
	return tables, nil
}

// listTables returns the names of the tables, and what Medusa says about their ends.
func listTables(ctx context.Context, db DB, links *linkstore.Catalog) ([]linkTable, error) {
	if listed, err := exists(ctx, db, "link_module_migrations"); err != nil || !listed {
		return nil, err
	}
	var used []string
	for _, d := range links.Links() {
		if d.ReadOnly == "" {
			used = append(used, tableName(d.Schema, d.Table))
		}
	}
	rows, err := db.Query(ctx, `
		SELECT c.oid, n.nspname, c.relname, COALESCE(m.link_descriptor->>'fromModule', ''), COALESCE(m.link_descriptor->>'fromModel', ''),
			COALESCE(m.link_descriptor->>'toModule', ''), COALESCE(m.link_descriptor->>'toModel', '')
		FROM link_module_migrations AS m
		JOIN pg_class AS c ON c.oid = to_regclass(quote_ident(m.table_name))
		JOIN pg_namespace AS n ON n.oid = c.relnamespace
		WHERE NOT EXISTS (SELECT 1 FROM unnest($1::text[]) AS u(name) WHERE to_regclass(u.name) = c.oid)
		ORDER BY n.nspname, c.relname`, used)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (linkTable, error) {
		var t linkTable
		err := row.Scan(&t.oid, &t.schema, &t.table, &t.from.module, &t.from.model, &t.to.module, &t.to.model)
		return t, err
	})
}

// describeTables reads the columns of all tables from the system catalogue, in one statement.
func describeTables(ctx context.Context, db DB, tables []linkTable) error {
	byOID := make(map[uint32]*linkTable, len(tables))
	oids := make([]uint32, len(tables))
	for i := range tables {
		oids[i] = tables[i].oid
		byOID[oids[i]] = &tables[i]
	}
	rows, err := db.Query(ctx, `
		SELECT a.attrelid, a.attname, format_type(a.atttypid, NULL), format_type(a.atttypid, a.atttypmod), a.attnotnull,
			COALESCE(pg_get_expr(d.adbin, d.adrelid), ''), COALESCE(k.ord, 0)
		FROM pg_attribute AS a
		LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
		LEFT JOIN (
			SELECT i.indrelid, k.num, k.ord FROM pg_index AS i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(num, ord)
			WHERE i.indisprimary
		) AS k ON k.indrelid = a.attrelid AND k.num = a.attnum
		WHERE a.attrelid = ANY($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
		ORDER BY a.attrelid, COALESCE(k.ord, 0), a.attnum`, oids)
	if err != nil {
		return err
	}
	var oid uint32
	var base string
	var c tableColumn
	var position int
	dests := []any{&oid, &c.name, &base, &c.sqlType, &c.notNull, &c.expression, &position}
	_, err = pgx.ForEachRow(rows, dests, func() error {
		byOID[oid].add(c, base, position)
		return nil
	})
	return err
}

// add adds a column. base is its type without modifiers, position its place in the primary key: 0 if it is not part of it.
func (t *linkTable) add(c tableColumn, base string, position int) {
	switch {
	case position > 0:
		if base == "character varying" {
			base = "varchar"
		}
		t.keys = append(t.keys, linkstore.KeyColumn{Name: c.name, Type: base})
	case c.name == "id":
		t.hasID = true
	case c.name == "deleted_at":
		t.hasDate = true
	case !slices.Contains([]string{"created_at", "updated_at"}, c.name):
		t.columns = append(t.columns, c)
	}
}

// readRows finds out what only the rows of a table show: the prefix of ids, and which ends are lists. It scans the live rows, and
// uses the index on ids.
func (t *linkTable) readRows(ctx context.Context, db DB) error {
	table := tableName(t.schema, t.table)
	id, lists := "''", [2]string{"false", "false"}
	if t.hasID {
		id = `COALESCE((SELECT id::text FROM ` + table + ` ORDER BY id LIMIT 1), '')`
	}
	if t.hasDate && len(t.keys) == 2 {
		for i, key := range t.keys {
			lists[i] = fmt.Sprintf(
				`EXISTS (SELECT 1 FROM %s WHERE deleted_at IS NULL GROUP BY %s HAVING count(*) > 1)`,
				table,
				pgx.Identifier{key.Name}.Sanitize(),
			)
		}
	}
	rows, err := db.Query(ctx, fmt.Sprintf(`SELECT %s, %s, %s`, id, lists[0], lists[1]))
	if err != nil {
		return err
	}
	_, err = pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (struct{}, error) {
		return struct{}{}, row.Scan(&id, &t.to.isList, &t.from.isList)
	})
	if i := strings.LastIndex(id, "_"); i > 0 {
		t.idPrefix = id[:i]
	}
	return err
}

func tableName(schema, table string) string {
	if schema == "" {
		return pgx.Identifier{table}.Sanitize()
	}
	return pgx.Identifier{schema, table}.Sanitize()
}
