package bookkeeping_test

import (
	_ "embed"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/internal/bookkeeping"
	"github.com/linkgraph/linkgraph/internal/pgtest"
)

//go:embed testdata/earlier-2026-11-30.sql
var earlier string

// files are the migrations, in order.
var files = []string{
	"00001_api_key_role.sql",
	"00002_audit.sql",
	"00003_link_import.sql",
	"00004_demo_store.sql",
	"00005_module_table.sql",
	"00006_idempotency_key.sql",
	"00007_audit_deletion.sql",
}

func text(t *testing.T, db *pgtest.DB, sql string) string {
	t.Helper()
	var out *string
	if err := db.Pool.QueryRow(t.Context(), sql).Scan(&out); err != nil {
		t.Fatal(err)
	}
	if out == nil {
		return ""
	}
	return *out
}

// structure lists the columns, constraints and indexes of the schema linkgraph.
func structure(t *testing.T, db *pgtest.DB) string {
	t.Helper()
	return text(t, db, `
		SELECT string_agg(line, E'\n' ORDER BY line) FROM (
			SELECT concat_ws(' ', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
				pg_get_expr(d.adbin, d.adrelid)) AS line
			FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
			LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
			WHERE c.relnamespace = to_regnamespace('linkgraph') AND c.relkind = 'r'
			UNION ALL SELECT c.conname || ' ' || pg_get_constraintdef(c.oid) FROM pg_constraint AS c
			WHERE c.connamespace = to_regnamespace('linkgraph') AND c.contype <> 'n'
			UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'linkgraph'
		) AS f`)
}

func migrate(t *testing.T, db *pgtest.DB) []string {
	t.Helper()
	ran, err := bookkeeping.Migrate(t.Context(), db.Pool)
	if err != nil {
		t.Fatal(err)
	}
	return ran
}

func pending(t *testing.T, pool *pgxpool.Pool) []string {
	t.Helper()
	files, err := bookkeeping.Pending(t.Context(), pool)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		if !strings.Contains(f.Up, " IF NOT EXISTS ") || strings.Contains(f.Up, "+goose Down") {
			t.Errorf("%s is shown as %s", f.Name, f.Up)
		}
		names = append(names, f.Name)
	}
	return names
}

// TestEarlierVersion migrates a database that an earlier version left, where the tables exist and no version is counted. No row is lost,
// the structure is that of a new database, and the note of a server that was killed is kept.
func TestEarlierVersion(t *testing.T) {
	t.Parallel()
	db, fresh := pgtest.New(t), pgtest.New(t)
	if _, err := db.Pool.Exec(t.Context(), earlier); err != nil {
		t.Fatal(err)
	}
	const rows = `
		SELECT concat_ws(' ', (SELECT string_agg(api_key_id || ' ' || role, ',') FROM linkgraph.api_key_role),
			(SELECT string_agg(id || ' ' || field, ',') FROM linkgraph.audit), (SELECT string_agg(file || ' ' || progress, ',') FROM linkgraph.link_import),
			(SELECT count(*) FROM linkgraph.demo_store))`
	before := text(t, db, rows)
	if diff := cmp.Diff(files, migrate(t, db)); diff != "" {
		t.Errorf("what ran (-want +got):\n%s", diff)
	}
	if after := text(t, db, rows); before != `apk_1 read-only 1 deleteLinks f {"offset": 7} 1` || after != before {
		t.Errorf("rows before: %s\nafter: %s", before, after)
	}
	if got := text(t, db, `SELECT string_agg(deletion_id, ' ') FROM linkgraph.audit`); got != "del_1" {
		t.Errorf("deletions of the rows: %q", got)
	}
	migrate(t, fresh)
	if diff := cmp.Diff(structure(t, fresh), structure(t, db)); diff != "" {
		t.Errorf("-new +upgraded:\n%s", diff)
	}
	got := text(
		t,
		db,
		`SELECT string_agg(schema_name || '.' || table_name, ' ' ORDER BY table_name) FROM linkgraph.module_table`,
	)
	if got != "public.brand public.product" {
		t.Errorf("tables of this program: %s", got)
	}
	if again := migrate(t, db); again != nil {
		t.Errorf("a second run ran %v", again)
	}
}

// TestPendingChangesNothing asks for the plan in sessions that cannot write, before and after the migration.
func TestPendingChangesNothing(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	cfg := db.Pool.Config()
	cfg.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
	reader, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(reader.Close)
	if diff := cmp.Diff(files, pending(t, reader)); diff != "" {
		t.Errorf("pending (-want +got):\n%s", diff)
	}
	if got := structure(t, db); got != "" {
		t.Errorf("the plan created %s", got)
	}
	migrate(t, db)
	if got := pending(t, reader); got != nil {
		t.Errorf("pending after the migration: %v", got)
	}
	if _, err := db.Pool.Exec(
		t.Context(),
		`DELETE FROM linkgraph.bookkeeping_version WHERE version_id = $1`, len(files),
	); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(files[len(files)-1:], pending(t, reader)); diff != "" {
		t.Errorf("pending without the last version (-want +got):\n%s", diff)
	}
	// A start of a server that has nothing to migrate writes nothing: it works in such sessions.
	migrate(t, db)
	if ran, err := bookkeeping.Migrate(t.Context(), reader); err != nil || ran != nil {
		t.Errorf("nothing to do: %v, %v", ran, err)
	}
}

// TestMigrateAtOnce has several servers start at the same time.
func TestMigrateAtOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			if _, err := bookkeeping.Migrate(t.Context(), db.Pool); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	got := text(t, db, `SELECT string_agg(version_id::text, ' ' ORDER BY id) FROM linkgraph.bookkeeping_version`)
	if got != "0 1 2 3 4 5 6 7" {
		t.Errorf("versions: %s", got)
	}
}
