package medusa_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/bookkeeping"
	"github.com/linkgraph/linkgraph/internal/demo/demotest"
	"github.com/linkgraph/linkgraph/internal/medusa"
	"github.com/linkgraph/linkgraph/internal/medusa/medusatest"
	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

func newGraph(t *testing.T, db *pgtest.DB) *graph.Graph {
	t.Helper()
	g, err := graph.New(db.Pool, graph.Config{ManagedBy: medusa.ManagedBy})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// declared returns the tables of the catalogue: those of models and links, and join tables.
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

// notOfMedusa are the link tables that Medusa does not create.
var notOfMedusa = map[string]bool{
	"order_claim_payment_collection":    true, // Medusa defines the link, and does not load it
	"order_exchange_payment_collection": true, // the same
	"product_related_product":           true, // the example of a link of a model to itself
}

// otherwise maps facts of Medusa to those that this program has in their place.
var otherwise = map[pgtest.Fact]pgtest.Fact{
	// The same value, written as text with the column's type.
	inventoryItem("required_quantity numeric NOT NULL DEFAULT 1"): inventoryItem(
		"required_quantity numeric NOT NULL DEFAULT '1'::numeric",
	),
}

func inventoryItem(column string) pgtest.Fact {
	return pgtest.Fact{Table: "product_variant_inventory_item", Kind: "column", Text: column}
}

// TestTablesAreThoseOfMedusa compares the tables that this program creates with those of Medusa: columns, types, nulls, defaults,
// keys, checks and unique indexes are the same. Indexes that only make queries fast may differ, unless they have the same name.
func TestTablesAreThoseOfMedusa(t *testing.T) {
	t.Parallel()
	db := demotest.Empty(t)
	g := newGraph(t, db)
	tables := declared(g.Records.Catalog())
	links := map[string]bool{} // link tables: unique indexes there enforce how many links a record may have
	for _, d := range g.Links.Catalog().Links() {
		links[d.Table] = true
	}
	theirs, ours := map[pgtest.Fact]bool{}, map[pgtest.Fact]bool{}
	indexes := map[string]pgtest.Fact{} // Medusa's, by name
	for _, f := range pgtest.Facts(t, medusatest.New(t).Pool) {
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
	for _, f := range pgtest.Facts(t, db.Pool) {
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

// indexName returns the name of an index, or "" if the fact is not an index.
func indexName(f pgtest.Fact) string {
	if m := indexNamed.FindStringSubmatch(f.Text); m != nil {
		return m[1]
	}
	return ""
}

// shopDB returns a database of Medusa with a currency. Medusa adds currencies when it starts.
func shopDB(t *testing.T) *pgtest.DB {
	t.Helper()
	db := medusatest.New(t)
	if _, err := db.Pool.Exec(t.Context(), `
		INSERT INTO currency (code, symbol, symbol_native, name, raw_rounding) VALUES ('eur', '€', '€', 'Euro', '{"value": "0", "precision": 20}')`); err != nil {
		t.Fatal(err)
	}
	return db
}

// TestPlansOfAMedusaDatabase plans the migrations and the sync of a database of Medusa, and runs them: link tables that Medusa does
// not know are created, indexes are added, and nothing else changes.
func TestPlansOfAMedusaDatabase(t *testing.T) {
	t.Parallel()
	db := shopDB(t)
	g := newGraph(t, db)
	before := pgtest.Facts(t, db.Pool)
	if foreign, err := recordstore.Foreign(t.Context(), db.Pool, g.Records.Catalog()); err != nil || !foreign {
		t.Errorf("before: foreign is %v, %v", foreign, err)
	}

	pending, err := medusa.MigrationPlan(t.Context(), db.Pool)
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
	if diff := cmp.Diff(before, pgtest.Facts(t, db.Pool)); diff != "" {
		t.Errorf("the plans changed something:\n%s", diff)
	}

	if _, err := medusa.Migrate(t.Context(), db.Pool); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Links.Sync(t.Context(), linkstore.All); err != nil {
		t.Fatal(err)
	}
	after := pgtest.Facts(t, db.Pool)
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

	if pending, err = medusa.MigrationPlan(t.Context(), db.Pool); err != nil || len(pending) > 0 {
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

// TestManagedBy recognises a database of Medusa by its table of migrations.
func TestManagedBy(t *testing.T) {
	t.Parallel()
	for want, db := range map[string]*pgtest.DB{"Medusa": medusatest.New(t), "": demotest.Empty(t)} {
		if got, err := medusa.ManagedBy(t.Context(), db.Pool); err != nil || got != want {
			t.Errorf("got %q, want %q: %v", got, want, err)
		}
	}
}

// TestMigrateCreatesTablesElsewhere migrates an empty database, which no other program manages.
func TestMigrateCreatesTablesElsewhere(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	plan, err := medusa.MigrationPlan(t.Context(), db.Pool)
	if err != nil || len(plan) == 0 || !strings.Contains(plan[0].Statements[0], "CREATE TABLE") {
		t.Fatalf("plan: %+v, %v", plan, err)
	}
	if _, err := bookkeeping.Migrate(t.Context(), db.Pool); err != nil {
		t.Fatal(err)
	}
	if _, err := medusa.Migrate(t.Context(), db.Pool); err != nil {
		t.Fatal(err)
	}
	if plan, err = medusa.MigrationPlan(t.Context(), db.Pool); err != nil || len(plan) > 0 {
		t.Errorf("a second plan: %+v, %v", plan, err)
	}
}
