package pgtest

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Fact is one thing that the catalogue of a database says about a table, such as a column or an index.
type Fact struct{ Table, Kind, Text string }

// Facts returns the facts about all tables, types and sequences of the schema public, in order. Two databases with the same facts
// have the same structure.
func Facts(t testing.TB, pool *pgxpool.Pool) []Fact {
	t.Helper()
	rows, err := pool.Query(t.Context(), `
		WITH t AS (
			SELECT c.oid, c.relname::text AS name FROM pg_class AS c
			WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace)
		SELECT t.name, 'column', concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod),
			CASE WHEN a.attnotnull THEN 'NOT NULL' END, 'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), 'IDENTITY ' || NULLIF(a.attidentity::text, ''))
		FROM t JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
		LEFT JOIN pg_attrdef AS d ON d.adrelid = t.oid AND d.adnum = a.attnum
		UNION ALL
		SELECT t.name, CASE c.contype WHEN 'p' THEN 'primary key' WHEN 'f' THEN 'foreign key' WHEN 'c' THEN 'check' ELSE 'unique' END,
			c.conname || ' ' || pg_get_constraintdef(c.oid)
		FROM t JOIN pg_constraint AS c ON c.conrelid = t.oid AND c.contype IN ('p', 'f', 'c', 'u')
		UNION ALL
		SELECT t.name, CASE WHEN i.indisunique THEN 'unique index' ELSE 'index' END, pg_get_indexdef(i.indexrelid)
		FROM t JOIN pg_index AS i ON i.indrelid = t.oid WHERE NOT i.indisprimary
		UNION ALL
		SELECT 'type ' || y.typname, 'enum', string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder)
		FROM pg_type AS y JOIN pg_enum AS e ON e.enumtypid = y.oid GROUP BY 1
		UNION ALL
		SELECT t.name, 'trigger', pg_get_triggerdef(g.oid) FROM t JOIN pg_trigger AS g ON g.tgrelid = t.oid WHERE NOT g.tgisinternal
		UNION ALL
		SELECT c.relname, 'sequence', format_type(s.seqtypid, NULL)
		FROM pg_class AS c JOIN pg_sequence AS s ON s.seqrelid = c.oid
		WHERE c.relnamespace = 'public'::regnamespace
		ORDER BY 1, 2, 3`)
	if err != nil {
		t.Fatal(err)
	}
	facts, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Fact])
	if err != nil {
		t.Fatal(err)
	}
	return facts
}
