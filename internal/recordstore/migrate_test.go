package recordstore_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/internal/bookkeeping"
	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// lines reads a column of texts.
func lines(t *testing.T, db *pgtest.DB, sql string) []string {
	t.Helper()
	rows, err := db.Pool.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

const (
	createdTables = `SELECT table_name FROM linkgraph.module_table WHERE schema_name = 'public' ORDER BY 1`
	allTables     = `SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') ORDER BY 1`
)

// TestCreatedTablesAreNoted migrates an empty database and one with tables of another program. The tables that the migrations created are
// noted, all of them, and none of the other program's, although a migration would create two of these and refers to one by a foreign key.
func TestCreatedTablesAreNoted(t *testing.T) {
	t.Parallel()
	fresh, foreign := pgtest.New(t), pgtest.New(t)
	if _, err := foreign.Pool.Exec(t.Context(), `
		CREATE TABLE note (id text PRIMARY KEY);
		CREATE TABLE currency (
			code text PRIMARY KEY, symbol text NOT NULL, symbol_native text NOT NULL, decimal_digits integer NOT NULL DEFAULT 0,
			rounding numeric NOT NULL DEFAULT 0, raw_rounding jsonb NOT NULL, name text NOT NULL,
			created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(), deleted_at timestamptz
		);
		CREATE TABLE fulfillment_set (
			id text PRIMARY KEY, name text NOT NULL, type text NOT NULL, metadata jsonb,
			created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(), deleted_at timestamptz
		)`); err != nil {
		t.Fatal(err)
	}
	for _, db := range []*pgtest.DB{fresh, foreign} {
		if _, err := bookkeeping.Migrate(t.Context(), db.Pool); err != nil {
			t.Fatal(err)
		}
		if _, err := recordstore.Migrate(t.Context(), db.Pool); err != nil {
			t.Fatal(err)
		}
	}
	all := lines(t, fresh, allTables)
	if diff := cmp.Diff(all, lines(t, fresh, createdTables)); diff != "" || len(all) < 100 {
		t.Errorf("in an empty database (-there +noted):\n%s", diff)
	}
	ours := slices.DeleteFunc(all, func(table string) bool { return table == "fulfillment_set" || table == "currency" })
	if diff := cmp.Diff(ours, lines(t, foreign, createdTables)); diff != "" {
		t.Errorf("beside another program (-want +noted):\n%s", diff)
	}
}

// TestOwnIndexes drops all indexes named linkgraph_* of a database. AddIndexes creates them all again, as they were: it finds each
// statement in the files of the modules.
func TestOwnIndexes(t *testing.T) {
	t.Parallel()
	const definitions = `
		SELECT indexdef FROM pg_indexes AS i JOIN linkgraph.module_table AS t ON t.schema_name = i.schemaname AND t.table_name = i.tablename
		WHERE indexname LIKE 'linkgraph\_%' ORDER BY 1`
	db := pgtest.New(t)
	if _, err := bookkeeping.Migrate(t.Context(), db.Pool); err != nil {
		t.Fatal(err)
	}
	if _, err := recordstore.Migrate(t.Context(), db.Pool); err != nil {
		t.Fatal(err)
	}
	before := lines(t, db, definitions)
	if len(before) < 100 {
		t.Fatalf("%d indexes", len(before))
	}
	if _, err := db.Pool.Exec(t.Context(), `
		DO $$ DECLARE name text; BEGIN
			FOR name IN SELECT indexname FROM pg_indexes WHERE schemaname = 'public' AND indexname LIKE 'linkgraph\_%' LOOP
				EXECUTE format('DROP INDEX %I', name);
			END LOOP;
		END $$`); err != nil {
		t.Fatal(err)
	}
	if _, err := recordstore.AddIndexes(t.Context(), db.Pool); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, lines(t, db, definitions)); diff != "" {
		t.Errorf("-before +again:\n%s", diff)
	}
}
