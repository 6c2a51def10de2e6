package linkstore

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// tableColumns returns the columns of the link table with their types, or none if the table does not exist.
func (s *Store) tableColumns(ctx context.Context, d *Definition) (map[string]string, error) {
	rows, err := s.db.Query(ctx, `
		SELECT a.attname, format_type(a.atttypid, NULL) FROM pg_attribute AS a
		WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped`, d.table())
	if err != nil {
		return nil, err
	}
	columns := map[string]string{}
	var name, typ string
	_, err = pgx.ForEachRow(rows, []any{&name, &typ}, func() error {
		columns[name] = typ
		return nil
	})
	return columns, err
}

// tableIndexes returns the valid indexes of the link table.
func (s *Store) tableIndexes(ctx context.Context, d *Definition) ([]index, error) {
	rows, err := s.db.Query(ctx, `
		SELECT c.relname, i.indisunique, COALESCE(pg_get_expr(i.indpred, i.indrelid), ''),
			ARRAY(
				SELECT COALESCE(a.attname, pg_get_indexdef(i.indexrelid, k, false)) FROM generate_series(1, i.indnkeyatts) AS k
				LEFT JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k - 1] ORDER BY k
			)
		FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
		WHERE i.indrelid = to_regclass($1) AND i.indisvalid ORDER BY c.relname`, d.table())
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (index, error) {
		var i index
		err := row.Scan(&i.name, &i.unique, &i.partial, &i.columns)
		return i, err
	})
}

// offenders lists up to 20 records with more live links than a unique index on key would allow. It scans the table,
// because it runs before the index exists.
func (s *Store) offenders(ctx context.Context, d *Definition, key rowkey.Columns) ([]string, error) {
	rows, err := s.db.Query(ctx, fmt.Sprintf(`
		SELECT %[1]s, count(*) FROM %[2]s AS t WHERE t.deleted_at IS NULL
		GROUP BY %[3]s HAVING count(*) > 1 ORDER BY %[3]s LIMIT 20`, key.On("t").TypedTexts(), d.table(), key.On("t").List()))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		one := key.Row()
		var n int
		err := row.Scan(append(one.Dests(), &n)...)
		return fmt.Sprintf("%s has %d links", one.Key(), n), err
	})
}

// createdTable is a link table that a sync created.
type createdTable struct{ Link, Schema, Table string }

// createdTables returns the link tables that syncs created. Before the first sync there are none.
func (s *Store) createdTables(ctx context.Context) ([]createdTable, error) {
	rows, err := s.db.Query(ctx, `SELECT to_regclass($1) IS NOT NULL`, s.own("link_table"))
	if err != nil {
		return nil, err
	}
	if exists, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[bool]); err != nil || !exists {
		return nil, err
	}
	if rows, err = s.db.Query(
		ctx,
		`SELECT link, schema_name, table_name FROM `+s.own("link_table")+` ORDER BY link`,
	); err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[createdTable])
}
