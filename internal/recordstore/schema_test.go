package recordstore_test

import (
	"context"
	_ "embed"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/demo/demotest"
	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

//go:embed testdata/medusa-2.21.2.sql
var medusa string

// medusaDB returns a database as Medusa makes it, without rows.
func medusaDB(t *testing.T) *pgtest.DB {
	t.Helper()
	return pgtest.NewFrom(t, "medusa", func(ctx context.Context, pool *pgxpool.Pool) error {
		_, err := pool.Exec(ctx, medusa)
		return err
	})
}

// ourDB returns a database as this program makes it.
func ourDB(t *testing.T) *pgtest.DB {
	t.Helper()
	return demotest.Empty(t)
}

func newGraph(t *testing.T, db *pgtest.DB) *graph.Graph {
	t.Helper()
	g, err := graph.New(db.Pool, graph.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// fact is one thing that a database says of a table.
type fact struct{ Table, Kind, Text string }

// describe lists the facts of all tables outside of the schema linkgraph.
func describe(t *testing.T, pool *pgxpool.Pool) []fact {
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
	facts, err := pgx.CollectRows(rows, pgx.RowToStructByPos[fact])
	if err != nil {
		t.Fatal(err)
	}
	return facts
}

// declared are the tables of the catalogue: those of models and links, and join tables.
func declared(c *recordstore.Catalog) map[string]bool {
	tables := map[string]bool{}
	for _, m := range c.Models() {
		tables[m.Table] = true
		for _, r := range m.Relations {
			if r.Through != nil {
				tables[r.Through.Table] = true
			}
		}
	}
	return tables
}

// notOfMedusa are the link tables that Medusa does not make.
var notOfMedusa = map[string]bool{
	"order_claim_payment_collection":    true, // Medusa declares the link, and does not load it
	"order_exchange_payment_collection": true, // the same
	"product_related_product":           true, // the example of a link of a model to itself
}

// otherwise are the facts of Medusa's that hold in another way, by what this program has in their place.
var otherwise = map[fact]fact{
	// The same value, written as a text of the column's type.
	{"product_variant_inventory_item", "column", "required_quantity numeric NOT NULL DEFAULT 1"}: {
		"product_variant_inventory_item", "column", "required_quantity numeric NOT NULL DEFAULT '1'::numeric",
	},
}

// TestTablesAreThoseOfMedusa compares the tables that this program makes with those that Medusa makes: columns, their types,
// nulls and defaults, keys, checks and unique indexes are the same. Indexes that only make queries fast may differ, but not
// under the same name.
func TestTablesAreThoseOfMedusa(t *testing.T) {
	t.Parallel()
	db := ourDB(t)
	g := newGraph(t, db)
	tables := declared(g.Records.Catalog())
	links := map[string]bool{} // where how many a record may have is a unique index
	for _, d := range g.Links.Catalog().Links() {
		links[d.Table] = true
	}
	theirs, ours := map[fact]bool{}, map[fact]bool{}
	indexes := map[string]fact{} // Medusa's, by name
	for _, f := range describe(t, medusaDB(t).Pool) {
		if !tables[f.Table] && f.Kind != "enum" {
			continue
		}
		if f.Kind == "index" {
			indexes[indexName(f)] = f
			continue
		}
		if same, ok := otherwise[f]; ok {
			f = same
		}
		theirs[f] = true
	}
	for _, f := range describe(t, db.Pool) {
		name := indexName(f)
		own := strings.HasPrefix(name, "linkgraph_")
		switch {
		case notOfMedusa[f.Table] || own && (f.Kind == "index" || links[f.Table]):
		case f.Kind == "index":
			if indexes[name] != f {
				t.Errorf("index of this program: %s\nMedusa's of that name: %s", f.Text, indexes[name].Text)
			}
		case tables[f.Table] || f.Kind == "enum":
			ours[f] = true
		case f.Kind != "sequence":
			t.Errorf("table %s is not declared", f.Table)
		}
	}
	for f := range theirs {
		if !ours[f] {
			t.Errorf("only Medusa has, of %s: %s %s", f.Table, f.Kind, f.Text)
		}
	}
	for f := range ours {
		if !theirs[f] {
			t.Errorf("Medusa does not have, of %s: %s %s", f.Table, f.Kind, f.Text)
		}
	}
}

var indexNamed = regexp.MustCompile(`^CREATE (?:UNIQUE )?INDEX "?([^ "]+)"? ON`)

// indexName is the name of an index, or "".
func indexName(f fact) string {
	if m := indexNamed.FindStringSubmatch(f.Text); m != nil {
		return m[1]
	}
	return ""
}

// shopDB returns a database of Medusa with the currencies that it fills in when it starts.
func shopDB(t *testing.T) *pgtest.DB {
	t.Helper()
	db := medusaDB(t)
	if _, err := db.Pool.Exec(t.Context(), `
		INSERT INTO currency (code, symbol, symbol_native, name, raw_rounding) VALUES ('eur', '€', '€', 'Euro', '{"value": "0", "precision": 20}')`); err != nil {
		t.Fatal(err)
	}
	return db
}

// TestPlansOfAMedusaDatabase looks at what migrations and sync would do with a database of Medusa, and does it: tables that
// are missing come, indexes are added, and nothing else changes.
func TestPlansOfAMedusaDatabase(t *testing.T) {
	t.Parallel()
	db := shopDB(t)
	g := newGraph(t, db)
	before := describe(t, db.Pool)
	if foreign, err := recordstore.Foreign(t.Context(), db.Pool, g.Records.Catalog()); err != nil || !foreign {
		t.Errorf("before: foreign is %v, %v", foreign, err)
	}

	pending, err := recordstore.MigrationPlan(t.Context(), db.Pool)
	if err != nil || len(pending) == 0 {
		t.Fatalf("%v, %v", pending, err)
	}
	for _, p := range pending {
		for _, sql := range p.Statements {
			if !strings.HasPrefix(sql, "CREATE INDEX IF NOT EXISTS linkgraph_") {
				t.Errorf("%s/%s: %s", p.Module, p.File, sql)
			}
		}
	}
	plan, err := g.Links.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range plan.Actions {
		if a.Kind != linkstore.UpdateTable && (a.Kind != linkstore.CreateTable || !notOfMedusa[a.Table]) ||
			len(a.Offenders) > 0 {
			t.Errorf("%s %s: %s", a.Kind, a.Table, a.Reason)
		}
		for i, sql := range a.SQL {
			if !ownIndex.MatchString(sql) && (a.Kind != linkstore.CreateTable || i > 0) {
				t.Errorf("%s: %s", a.Link, sql)
			}
		}
	}
	if diff := cmp.Diff(before, describe(t, db.Pool)); diff != "" {
		t.Errorf("the plans changed something:\n%s", diff)
	}

	if _, err := recordstore.Migrate(t.Context(), db.Pool); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Links.Sync(t.Context(), linkstore.All); err != nil {
		t.Fatal(err)
	}
	after := describe(t, db.Pool)
	for _, f := range before {
		if !slices.Contains(after, f) {
			t.Errorf("lost or altered: %s %s %s", f.Table, f.Kind, f.Text)
		}
	}
	for _, f := range after {
		if !slices.Contains(before, f) && !notOfMedusa[f.Table] && !strings.HasPrefix(indexName(f), "linkgraph_") {
			t.Errorf("added: %s %s %s", f.Table, f.Kind, f.Text)
		}
	}
	var known, currencies int
	if err := db.Pool.QueryRow(t.Context(), `
		SELECT (SELECT count(*) FROM link_module_migrations), (SELECT count(*) FROM currency)`).Scan(&known, &currencies); err != nil || known != 20 || currencies != 1 {
		t.Errorf("%d links known to Medusa, %d currencies, %v", known, currencies, err)
	}

	if pending, err = recordstore.MigrationPlan(t.Context(), db.Pool); err != nil || len(pending) > 0 {
		t.Errorf("a second plan: %v, %v", pending, err)
	}
	if plan, err = g.Links.Plan(t.Context()); err != nil ||
		slices.ContainsFunc(plan.Actions, func(a linkstore.Action) bool { return a.Kind != linkstore.Noop }) {
		t.Errorf("a second plan: %v, %v", plan, err)
	}
	if foreign, err := recordstore.Foreign(t.Context(), db.Pool, g.Records.Catalog()); err != nil || foreign {
		t.Errorf("after: foreign is %v, %v", foreign, err)
	}
}

var ownIndex = regexp.MustCompile(`^CREATE (UNIQUE )?INDEX "?linkgraph_`)
