package recordstore_test

import (
	"context"
	_ "embed"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/bookkeeping"
	"github.com/linkgraph/linkgraph/internal/demo/demotest"
	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

//go:embed testdata/earlier-2026-11-24.sql
var firstVersion string

//go:embed testdata/earlier-2026-11-25.sql
var secondVersion string

// earlierDB returns a database as an earlier version made it.
func earlierDB(t *testing.T, dump string) *pgtest.DB {
	t.Helper()
	db := pgtest.New(t)
	if _, err := db.Pool.Exec(t.Context(), dump); err != nil {
		t.Fatal(err)
	}
	return db
}

// upgrade does what a start does, and returns the migrations that were left out.
func upgrade(t *testing.T, db *pgtest.DB) (blocked []recordstore.Applied) {
	t.Helper()
	if _, err := bookkeeping.Migrate(t.Context(), db.Pool); err != nil {
		t.Fatal(err)
	}
	applied, err := recordstore.Migrate(t.Context(), db.Pool)
	if err != nil {
		t.Fatal(err)
	}
	g, err := graph.New(db.Pool, graph.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Links.Sync(t.Context(), linkstore.Safe); err != nil {
		t.Fatal(err)
	}
	for _, a := range applied {
		if a.Blocked != "" {
			blocked = append(blocked, a)
		}
	}
	return blocked
}

// structure is what pgtest.Facts says, and the columns, keys and indexes of the bookkeeping.
func structure(t *testing.T, pool *pgxpool.Pool) []pgtest.Fact {
	t.Helper()
	facts := pgtest.Facts(t, pool)
	own, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer own.Release()
	var text string
	if err := own.QueryRow(t.Context(), `
		SELECT string_agg(line, E'\n' ORDER BY line) FROM (
			SELECT concat_ws(' ', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity) AS line
			FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
			WHERE c.relnamespace = 'linkgraph'::regnamespace AND c.relkind = 'r'
			UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'linkgraph'
		) AS f`).Scan(&text); err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(text, "\n") {
		facts = append(facts, pgtest.Fact{Table: "schema linkgraph", Kind: "bookkeeping", Text: line})
	}
	return facts
}

// TestEarlierVersionsAreUpgraded brings databases of earlier versions up to date. They are then as new ones are: tables, columns, types,
// defaults, keys, checks, indexes, and the bookkeeping.
func TestEarlierVersionsAreUpgraded(t *testing.T) {
	t.Parallel()
	want := structure(t, demotest.Empty(t).Pool)
	for name, dump := range map[string]string{"24 November": firstVersion, "25 November": secondVersion} {
		db := earlierDB(t, dump)
		if blocked := upgrade(t, db); len(blocked) > 0 {
			t.Errorf("%s: left out in an empty database: %+v", name, blocked)
		}
		if diff := cmp.Diff(want, structure(t, db.Pool)); diff != "" {
			t.Errorf("%s: an upgraded database differs from a new one (-new +upgraded):\n%s", name, diff)
		}
	}
}

// TestRowsInTheWayOfIndexes upgrades a database whose rows break the rules that earlier versions did not hold. All is kept, what is in the
// way is named, and once it is mended the next start makes the indexes.
func TestRowsInTheWayOfIndexes(t *testing.T) {
	t.Parallel()
	db := earlierDB(t, firstVersion)
	ctx := context.Background()
	exec := func(sql string) {
		t.Helper()
		if _, err := db.Pool.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	exec(`
		INSERT INTO product_option (id, title, is_exclusive, deleted_at) VALUES
			('opt_a', 'Size', false, NULL), ('opt_b', 'Size', false, NULL), ('opt_gone', 'Size', false, now()), ('opt_own', 'Size', true, NULL);
		INSERT INTO stock_location_address (id, address_1, country_code) VALUES ('addr', 'Street 1', 'de');
		INSERT INTO stock_location (id, name, address_id) VALUES ('sloc_a', 'A', 'addr'), ('sloc_b', 'B', 'addr'), ('sloc_c', 'C', NULL), ('sloc_d', 'D', NULL);
		INSERT INTO api_key (id, token, salt, redacted, title, type, created_by, deleted_at) VALUES
			('apk_a', 'tellme', 's', 'r', 'A', 'secret', 'x', NULL), ('apk_b', 'tellme', 's', 'r', 'B', 'secret', 'x', now())`)
	for range 2 { // each start says so
		told := map[string]string{}
		for _, b := range upgrade(t, db) {
			told[b.Module] = b.Blocked
		}
		if len(told) != 3 || !strings.Contains(told["product"], "'Size': opt_a, opt_b.") ||
			!strings.Contains(told["stock_location"], "'addr': sloc_a, sloc_b.") ||
			!strings.Contains(told["api_key"], "apk_a, apk_b") ||
			strings.Contains(told["api_key"], "tellme") {
			t.Errorf("in the way: %q", told)
		}
	}
	var n int
	if err := db.Pool.QueryRow(ctx, `SELECT (SELECT count(*) FROM product_option) + (SELECT count(*) FROM stock_location) + (SELECT count(*) FROM api_key)`).
		Scan(&n); err != nil ||
		n != 10 {
		t.Errorf("%d rows are left, %v", n, err)
	}
	exec(
		`UPDATE product_option SET title = 'Length' WHERE id = 'opt_b'; UPDATE stock_location SET address_id = NULL WHERE id = 'sloc_b'; UPDATE api_key SET token = 'other' WHERE id = 'apk_b'`,
	)
	if blocked := upgrade(t, db); len(blocked) > 0 {
		t.Errorf("after they were mended: %+v", blocked)
	}
	if diff := cmp.Diff(structure(t, demotest.Empty(t).Pool), structure(t, db.Pool)); diff != "" {
		t.Errorf("-new +upgraded:\n%s", diff)
	}
}

// TestPlanOfEarlierVersions checks that a plan has the migrations that would run, whole but for their Down part, and none that ran. It
// reads in a session that cannot write.
func TestPlanOfEarlierVersions(t *testing.T) {
	t.Parallel()
	db := earlierDB(t, firstVersion)
	plan := func() string {
		t.Helper()
		cfg := db.Pool.Config()
		cfg.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
		pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer pool.Close()
		pending, err := recordstore.MigrationPlan(t.Context(), pool)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, p := range pending {
			b.WriteString(p.Module + "/" + p.File + "\n" + strings.Join(p.Statements, "\n") + "\n")
		}
		return b.String()
	}
	shown := plan()
	for _, want := range []string{
		"product/00004_earlier_versions.sql\n", "RENAME CONSTRAINT", // of a module that has a version
		"cart/00001_cart.sql\n", "CREATE TABLE IF NOT EXISTS cart (", // of one that has none
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("the plan lacks %q", want)
		}
	}
	for _, never := range []string{"product/00001_product.sql\n", "+goose Down", "DROP TABLE"} {
		if strings.Contains(shown, never) {
			t.Errorf("the plan has %q", never)
		}
	}
	upgrade(t, db)
	if shown := plan(); shown != "" {
		t.Errorf("after the upgrade the plan has %s", shown)
	}
}
