package linkstore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// LinkTable is a link table of the database that no definition of the catalogue uses.
type LinkTable struct {
	Schema, Table string
	// Keys are the columns of the primary key, in their order. Their types are those of KeyColumn where these fit, otherwise
	// what Postgres calls them.
	Keys []KeyColumn
	// IDPrefix is what the id of a row begins with, up to its last underscore; "" if there is no row.
	IDPrefix string
	// Columns are the extra columns, in their order.
	Columns []TableColumn
	// FromIsList says that a record of the second key has several live links, so that the end of the first is a list. ToIsList
	// is the other way round. false means that the rows do not show it: it is written down nowhere.
	FromIsList, ToIsList bool
	// What Medusa says of the two ends: the modules, and what it calls the models. The first key is that of From.
	FromModule, FromModel, ToModule, ToModel string
}

// foundTable is a link table while it is looked at.
type foundTable struct {
	LinkTable
	oid          uint32
	hasID, hasAt bool
}

// TableColumn is a column as the database describes it.
type TableColumn struct {
	Name, Type string // the type as Postgres writes it: numeric(10,0)
	NotNull    bool
	Default    string // an SQL expression; "" is none
}

// Adopted returns the names of the stored links whose table is there and was made by another program. That program may write
// to it, and may delete a record and leave its links.
func (s *Store) Adopted(ctx context.Context) ([]string, error) {
	made, err := s.madeTables(ctx)
	if err != nil {
		return nil, fmt.Errorf("adopted link tables: %w", err)
	}
	var names, tables []string
	for _, d := range s.catalog.links {
		if d.ReadOnly == "" &&
			!slices.ContainsFunc(made, func(t madeTable) bool { return t.Schema == d.Schema && t.Table == d.Table }) {
			names, tables = append(names, d.Name), append(tables, d.table())
		}
	}
	rows, err := s.db.Query(ctx, `
		SELECT p.name FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS p(name, reg, ord) WHERE to_regclass(p.reg) IS NOT NULL ORDER BY p.ord`,
		names, tables)
	if err != nil {
		return nil, fmt.Errorf("adopted link tables: %w", err)
	}
	if names, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		return nil, fmt.Errorf("adopted link tables: %w", err)
	}
	return names, nil
}

// waitsFor names a table of records that a link joins and that is not there, in a database whose tables Medusa keeps: it makes
// them when a feature is turned on. "" means that there is none.
func (s *Store) waitsFor(ctx context.Context, d *Definition) (string, error) {
	var tables []string
	for _, m := range []*Model{d.left, d.right} {
		if m.Table != "" && !d.SkipExistence {
			tables = append(tables, m.table())
		}
	}
	rows, err := s.db.Query(ctx, `
		SELECT p.name FROM unnest($1::text[]) AS p(name)
		WHERE to_regclass(p.name) IS NULL AND to_regclass('mikro_orm_migrations') IS NOT NULL LIMIT 1`, tables)
	if err != nil {
		return "", err
	}
	missing, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return strings.Trim(strings.Join(missing, ""), `"`), err
}

// Undeclared lists the link tables of the database that no definition uses, by name. It finds them where Medusa keeps
// account of its own, in the table link_module_migrations; without that table there are none. It changes nothing.
func (s *Store) Undeclared(ctx context.Context) ([]LinkTable, error) {
	tables, err := s.undeclared(ctx)
	if err != nil {
		return nil, fmt.Errorf("undeclared link tables: %w", err)
	}
	return tables, nil
}

func (s *Store) undeclared(ctx context.Context) ([]LinkTable, error) {
	rows, err := s.db.Query(ctx, `SELECT to_regclass('link_module_migrations') IS NOT NULL`)
	if err != nil {
		return nil, err
	}
	if exists, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[bool]); err != nil || !exists {
		return nil, err
	}
	var used []string
	for _, d := range s.catalog.links {
		if d.ReadOnly == "" {
			used = append(used, d.table())
		}
	}
	rows, err = s.db.Query(ctx, `
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
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (foundTable, error) {
		var t foundTable
		err := row.Scan(&t.oid, &t.Schema, &t.Table, &t.FromModule, &t.FromModel, &t.ToModule, &t.ToModel)
		return t, err
	})
	if err != nil {
		return nil, err
	}
	if err := s.describeTables(ctx, found); err != nil {
		return nil, err
	}
	tables := make([]LinkTable, len(found))
	for i := range found {
		if err := s.lookAtRows(ctx, &found[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", found[i].Table, err)
		}
		tables[i] = found[i].LinkTable
	}
	return tables, nil
}

// describeTables reads the columns of all tables from Postgres' own catalogue.
func (s *Store) describeTables(ctx context.Context, tables []foundTable) error {
	byOID := make(map[uint32]*foundTable, len(tables))
	oids := make([]uint32, len(tables))
	for i := range tables {
		oids[i] = tables[i].oid
		byOID[oids[i]] = &tables[i]
	}
	rows, err := s.db.Query(ctx, `
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
	var c TableColumn
	var position int
	_, err = pgx.ForEachRow(
		rows,
		[]any{&oid, &c.Name, &base, &c.Type, &c.NotNull, &c.Default, &position},
		func() error {
			t := byOID[oid]
			switch {
			case position > 0:
				if base == "character varying" {
					base = "varchar"
				}
				t.Keys = append(t.Keys, KeyColumn{c.Name, base})
			case c.Name == "id":
				t.hasID = true
			case c.Name == "deleted_at":
				t.hasAt = true
			case !slices.Contains([]string{"created_at", "updated_at"}, c.Name):
				t.Columns = append(t.Columns, c)
			}
			return nil
		},
	)
	return err
}

// lookAtRows finds what only the rows of a table show. Relies on scans of the live rows, and on the index of ids.
func (s *Store) lookAtRows(ctx context.Context, t *foundTable) error {
	table := tableName(t.Schema, t.Table)
	id, lists := "''", [2]string{"false", "false"}
	if t.hasID {
		id = `COALESCE((SELECT id::text FROM ` + table + ` ORDER BY id LIMIT 1), '')`
	}
	if t.hasAt && len(t.Keys) == 2 {
		for i, key := range t.Keys {
			lists[i] = fmt.Sprintf(
				`EXISTS (SELECT 1 FROM %s WHERE deleted_at IS NULL GROUP BY %s HAVING count(*) > 1)`,
				table,
				quote(key.Name),
			)
		}
	}
	rows, err := s.db.Query(ctx, fmt.Sprintf(`SELECT %s, %s, %s`, id, lists[0], lists[1]))
	if err != nil {
		return err
	}
	_, err = pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (struct{}, error) {
		return struct{}{}, row.Scan(&id, &t.ToIsList, &t.FromIsList)
	})
	if i := strings.LastIndex(id, "_"); i > 0 {
		t.IDPrefix = id[:i]
	}
	return err
}
