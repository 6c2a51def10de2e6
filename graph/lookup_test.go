package graph_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/medusa/medusatest"
	"github.com/linkgraph/linkgraph/internal/naming"
	"github.com/linkgraph/linkgraph/internal/pgtest"
)

// uniqueColumns reads which columns of a database have a unique index of their own, among live records at least: "product.handle".
func uniqueColumns(t *testing.T, db *pgtest.DB) map[string]bool {
	t.Helper()
	rows, err := db.Pool.Query(t.Context(), `
		SELECT c.relname || '.' || a.attname FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid
		JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
		WHERE i.indisunique AND i.indisvalid AND NOT i.indisprimary AND i.indnkeyatts = 1 AND c.relnamespace = 'public'::regnamespace
			AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) = '(deleted_at IS NULL)')`)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	for _, name := range names {
		all[name] = true
	}
	return all
}

// TestLookupsAreUnique compares the columns that records are looked up by with the unique indexes of a migrated database, and looks for
// the indexes in a database of Medusa.
func TestLookupsAreUnique(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	own, medusa := uniqueColumns(t, db), uniqueColumns(t, medusatest.New(t))
	a := newAPI(t, db, graph.Config{})
	n := 0
	for _, m := range a.graph.Records.Catalog().Models() {
		for _, c := range m.Columns {
			name := m.Table + "." + c.Name
			offered := own[name] && m.Link == "" && m.Schema == "" && !c.Secret
			if c.Unique != offered {
				t.Errorf("%s: looked up by it: %v, it has a unique index: %v", name, c.Unique, own[name])
			}
			if c.Unique && !medusa[name] {
				t.Errorf("%s: a database of Medusa has no unique index on it", name)
			}
			if c.Unique {
				n++
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d columns are unique", n)
	}
}

// TestLookup looks records up by their unique columns, as admins and as storefronts.
func TestLookup(t *testing.T) {
	t.Parallel()
	a := newAPI(t, newDemoDB(t), graph.Config{})
	for query, want := range map[string]string{
		`{ product(handle: "linen-shirt") { id } }`:             `{"data":{"product":{"id":"prod_demo_shirt"}}}`,
		`{ product(id: null, handle: "linen-shirt") { id } }`:   `{"data":{"product":{"id":"prod_demo_shirt"}}}`,
		`{ product(handle: "prod_demo_shirt") { id } }`:         `{"data":{"product":null}}`,
		`{ productVariant(sku: "HAT") { product { handle } } }`: `{"data":{"productVariant":{"product":{"handle":"straw-hat"}}}}`,
	} {
		if got := string(a.do(query, nil)); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	// One plan of the document is used with either key.
	const either = `query($id: ID, $handle: String) { product(id: $id, handle: $handle) { title } }`
	for range 2 {
		for name, value := range map[string]string{"id": "prod_demo_shirt", "handle": "linen-shirt"} {
			if got := string(
				a.do(either, map[string]any{name: value}),
			); got != `{"data":{"product":{"title":"Linen shirt"}}}` {
				t.Errorf("by %s: %s", name, got)
			}
		}
	}
	m := &maker{api: a}
	for _, query := range []string{
		`{ product { id } }`, `{ product(handle: null) { id } }`, `{ product(id: "prod_demo_shirt", handle: "linen-shirt") { id } }`,
	} {
		if f := m.fails(
			query,
		); f.Message != "product: give one of id, handle" ||
			f.Extensions.Code != "BAD_USER_INPUT" {
			t.Errorf("%s: %+v", query, f)
		}
	}
	// The handle of a deleted record may be taken again.
	a.ask(nil, `mutation { deleteProducts(ids: ["prod_demo_shirt"]) { deletionId } }`, nil)
	if got := string(a.do(`{ product(handle: "linen-shirt") { id } }`, nil)); got != `{"data":{"product":null}}` {
		t.Errorf("of a deleted product: %s", got)
	}
	a.ask(
		nil,
		`mutation { createProducts(input: [{ id: "prod_new", title: "New", handle: "linen-shirt" }]) { products { id } } }`,
		nil,
	)
	if got := string(
		a.do(`{ product(handle: "linen-shirt") { id } }`, nil),
	); got != `{"data":{"product":{"id":"prod_new"}}}` {
		t.Errorf("of its successor: %s", got)
	}
}

// TestStorefrontLookups looks every record of the database up by each of its unique values that storefronts may name: exactly those that
// they see are found.
func TestStorefrontLookups(t *testing.T) {
	w := newWalker(t)
	found, asked := 0, 0
	for _, m := range w.graph.Records.Catalog().Models() {
		root := w.schema.Query.Fields.ForName(naming.Camel(m.Name))
		if root == nil {
			continue
		}
		for _, c := range m.Columns {
			if root.Arguments.ForName(c.Field) == nil || !c.Unique {
				continue
			}
			rows, err := w.db.Pool.Query(
				t.Context(),
				fmt.Sprintf(`SELECT id, %q FROM %q WHERE %[1]q IS NOT NULL`, c.Name, m.Table),
			)
			if err != nil {
				t.Fatal(err)
			}
			var id, value string
			if _, err := pgx.ForEachRow(rows, []any{&id, &value}, func() error {
				asked++
				query := fmt.Sprintf(`{ %s(%s: %q) { id } }`, root.Name, c.Field, value)
				record, _ := w.look(query).(map[string]any)[root.Name].(map[string]any)
				if seen := slices.Contains(w.seen[m.Name], id); seen != (record["id"] == id) {
					t.Errorf("%s: %v, seen: %v", query, record, seen)
				}
				if record != nil {
					found++
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if found < 5 || asked < 2*found {
		t.Errorf("%d of %d records found: too few to show anything", found, asked)
	}
}
