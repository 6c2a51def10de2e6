package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// shopPage is a page of a shop: products with their variants, options, prices and stock, each list with its default size.
const shopPage = `{ products(first: 24) { nodes {
	title handle thumbnail options { nodes { title values { nodes { value } } } }
	variants { nodes {
		title sku options { nodes { value } } priceSet { prices { nodes { amount currencyCode } } }
		inventoryItems { edges { link { requiredQuantity } node { levels { nodes { stockedQuantity reservedQuantity stockLocation { name } } } } } }
	} }
} } }`

// TestExpectedPages counts a page of a shop with what its lists are expected to hold, once Postgres knows its tables. Pages of hubs stay
// full.
func TestExpectedPages(t *testing.T) {
	t.Parallel()
	limits := graph.Limits{MaxCost: 20_000}
	a := newAPI(t, bigDB(t), graph.Config{Limits: limits})
	hub := `{ productCategory(id: "cat1") { products(first: 100) { nodes { categories(first: 50) { nodes { products(first: 100) { nodes { id title } } } } } } } }`
	m := &maker{api: a}
	refused := func(query, want string) {
		t.Helper()
		if f := m.fails(query); f.Extensions.Code != "LIMIT_EXCEEDED" || !strings.Contains(f.Message, want) {
			t.Errorf("%+v, want %s", f, want)
		}
	}
	refused(shopPage, "; ask for less, first of all in products")
	if err := a.graph.ReadStatistics(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time with the plan of the first
		a.ask(nil, shopPage, nil)
		refused(hub, "is above the limit of 20000; productCategory.products(first: ")
	}
	// What the error advises fits.
	_, advice, _ := strings.Cut(m.fails(hub).Message, "productCategory.products(first: ")
	var n int
	if _, err := fmt.Sscanf(advice, "%d)", &n); err != nil {
		t.Fatal(err)
	}
	first := func(n int) string { return strings.Replace(hub, "first: 100", fmt.Sprintf("first: %d", n), 1) }
	a.ask(nil, first(n), nil)
	refused(first(n+1), "is above the limit of 20000")
}

// TestListSizes compares what Postgres expects of lists with what is there: evenly spread, and with a hub.
func TestListSizes(t *testing.T) {
	t.Parallel()
	a := newAPI(t, bigDB(t), graph.Config{})
	sizes, err := a.graph.Records.ListSizes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for list, of := range map[recordstore.ListOf][2]string{
		{Model: "Product", Field: "variants"}:                 {"product_variant", "product_id"},
		{Model: "PriceSet", Field: "prices"}:                  {"price", "price_set_id"},
		{Model: "ProductCategory", Field: "products"}:         {"product_category_product", "product_category_id"},
		{Model: "Product", Field: "categories"}:               {"product_category_product", "product_id"},
		{Model: "SalesChannel", Field: "products"}:            {"product_sales_channel", "sales_channel_id"},
		{Model: "ProductVariant", Field: "inventoryItems"}:    {"product_variant_inventory_item", "variant_id"},
		{Model: "ProductOptionValue", Field: "variants"}:      {"product_variant_option", "option_value_id"},
		{Model: "ProductType", Field: "products"}:             {"product", "type_id"},
		{Model: "ProductCategory", Field: "categoryChildren"}: {"product_category", "parent_category_id"},
	} {
		var want float64
		table, column := pgx.Identifier{of[0]}.Sanitize(), pgx.Identifier{of[1]}.Sanitize()
		if err := a.db.Pool.QueryRow(t.Context(), fmt.Sprintf(`
			SELECT sum(n * n)::float8 / sum(n)::float8 FROM (SELECT count(*) AS n FROM %s WHERE %[2]s IS NOT NULL GROUP BY %[2]s) AS l`,
			table, column)).Scan(&want); err != nil {
			t.Fatal(err)
		}
		if got, ok := sizes[list]; !ok || got < want/2 || got > want*2 {
			t.Errorf("%v: expected %.1f, the mean over the rows is %.1f", list, got, want)
		}
	}
	if got, ok := sizes[recordstore.ListOf{Model: "Order", Field: "items"}]; ok {
		t.Errorf("an empty table has lists of %v", got)
	}
}

// TestStatisticsAreUnknown reads the statistics of a database that was never analysed: pages count as full, as before.
func TestStatisticsAreUnknown(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	a := newAPI(t, db, graph.Config{Limits: graph.Limits{MaxCost: 20_000}})
	if err := a.graph.ReadStatistics(t.Context()); err != nil {
		t.Fatal(err)
	}
	if f := (&maker{api: a}).fails(shopPage); f.Extensions.Code != "LIMIT_EXCEEDED" {
		t.Errorf("got %+v", f)
	}
}
