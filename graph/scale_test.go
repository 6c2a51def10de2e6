package graph_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/internal/tools/explain"
)

// bigDB has 30,000 products with three variants each, prices, stock and links. One channel is a hub that has them
// all. One price in ten has a rule, all products share an option with ten choices, one of which only a product that
// is not seen has, and hang in a tree of categories.
func bigDB(t testing.TB) *pgtest.DB {
	t.Helper()
	if testing.Short() {
		t.Skip("a big database takes long to make")
	}
	return pgtest.NewFrom(t, "big", func(ctx context.Context, pool *pgxpool.Pool) error {
		if _, err := migrate(ctx, pool); err != nil {
			return err
		}
		const products, variants = 30_000, 90_000
		_, err := pool.Exec(ctx, fmt.Sprintf(`
			INSERT INTO product_type (id, value) SELECT 'ptyp' || n, 'type ' || n FROM generate_series(1, 50) AS n;
			INSERT INTO product (id, title, handle, status, type_id, created_at)
				SELECT 'p' || n, 'Product ' || n, 'p' || n, CASE WHEN n %% 5 = 0 THEN 'draft' ELSE 'published' END, 'ptyp' || 1 + n %% 50, now() - n * interval '1 minute'
				FROM generate_series(1, %[1]d) AS n;
			INSERT INTO product_variant (id, title, sku, product_id) SELECT 'v' || n, 'Variant ' || n, 'SKU' || n, 'p' || 1 + n / 3 FROM generate_series(0, %[2]d - 1) AS n;
			INSERT INTO price_set (id) SELECT 's' || n FROM generate_series(0, %[2]d - 1) AS n;
			INSERT INTO price (id, price_set_id, currency_code, amount, raw_amount)
				SELECT 'r' || c || n, 's' || n, c, n %% 500, '{}' FROM generate_series(0, %[2]d - 1) AS n, unnest(ARRAY['eur', 'usd']) AS c;
			INSERT INTO price_rule (id, price_id, attribute, value)
				SELECT 'pr' || c || n, 'r' || c || n, 'customer.groups.id', 'vip' FROM generate_series(0, %[2]d - 1, 10) AS n, unnest(ARRAY['eur', 'usd']) AS c;
			INSERT INTO product_option (id, title) VALUES ('opt', 'Size');
			INSERT INTO product_option_value (id, value, option_id) SELECT 'val' || n, 'Size ' || n, 'opt' FROM generate_series(0, 9) AS n;
			INSERT INTO product_product_option (id, product_id, product_option_id) SELECT 'po' || n, 'p' || n, 'opt' FROM generate_series(1, %[1]d) AS n;
			INSERT INTO product_variant_option (variant_id, option_value_id)
				SELECT 'v' || n, 'val' || CASE WHEN n = 15 THEN 9 ELSE (n + n / 297) %% 9 END FROM generate_series(0, %[2]d - 1) AS n;
			INSERT INTO product_category (id, name, handle, mpath, is_active, parent_category_id)
				SELECT 'cat' || n, 'Category ' || n, 'cat' || n, 'cat' || n, n %% 50 <> 7, 'cat' || NULLIF(n / 10, 0) FROM generate_series(1, 1999) AS n;
			INSERT INTO product_category_product (product_id, product_category_id)
				SELECT 'p' || n, 'cat' || 1 + n %% 1999 FROM generate_series(1, %[1]d) AS n UNION SELECT 'p' || n, 'cat1' FROM generate_series(1, %[1]d) AS n;
			INSERT INTO inventory_item (id, sku) SELECT 'i' || n, 'SKU' || n FROM generate_series(0, %[2]d - 1) AS n;
			INSERT INTO stock_location (id, name) SELECT 'loc' || n, 'Location ' || n FROM generate_series(1, 5) AS n;
			INSERT INTO inventory_level (id, inventory_item_id, location_id, stocked_quantity)
				SELECT 'l' || n, 'i' || n, 'loc' || 1 + n %% 5, n %% 40 FROM generate_series(0, %[2]d - 1) AS n;
			INSERT INTO sales_channel (id, name) SELECT 'c' || n, 'Channel ' || n FROM generate_series(0, 99) AS n;
			INSERT INTO product_sales_channel (product_id, sales_channel_id, id)
				SELECT 'p' || n, 'c0', 'a' || n FROM generate_series(1, %[1]d) AS n UNION ALL
				SELECT 'p' || n, 'c' || 1 + n %% 99, 'b' || n FROM generate_series(1, %[1]d) AS n;
			INSERT INTO api_key (id, token, salt, redacted, title, type, created_by)
				SELECT 'k' || n, 'pk_' || n, '', '', '', 'publishable', '' FROM unnest(ARRAY[0, 7]) AS n;
			INSERT INTO publishable_api_key_sales_channel (publishable_key_id, sales_channel_id, id) VALUES ('k0', 'c0', 'k0'), ('k7', 'c7', 'k7');
			INSERT INTO product_variant_price_set (variant_id, price_set_id, id) SELECT 'v' || n, 's' || n, 'x' || n FROM generate_series(0, %[2]d - 1) AS n;
			INSERT INTO product_variant_inventory_item (variant_id, inventory_item_id, id) SELECT 'v' || n, 'i' || n, 'y' || n FROM generate_series(0, %[2]d - 1) AS n;
			INSERT INTO product_related_product (product_id, related_product_id, id) SELECT 'p' || n, 'p' || 1 + n %% 1000, 'z' || n FROM generate_series(1, %[1]d) AS n;
			ANALYZE`, products, variants))
		return err
	})
}

var (
	seqScan = regexp.MustCompile(`Seq Scan on (\w+)`)
	large   = map[string]bool{
		"product":                        true,
		"product_variant":                true,
		"price_set":                      true,
		"price":                          true,
		"inventory_item":                 true,
		"inventory_level":                true,
		"product_sales_channel":          true,
		"product_variant_price_set":      true,
		"product_variant_inventory_item": true,
		"product_related_product":        true,
		"price_rule":                     true,
		"product_variant_option":         true,
		"product_product_option":         true,
		"product_category_product":       true,
		"deletion":                       true,
		"deletion_record":                true,
		"deletion_link":                  true,
		"link_event":                     true,
		"audit":                          true,
	}
)

// TestPlans looks at the plans of every kind of statement on a large store: none reads a large table from end to end,
// and none touches more rows than its pages explain, a hub's included.
func TestPlans(t *testing.T) {
	t.Parallel()
	pool := bigDB(t)
	for _, c := range []struct {
		name, query string
		rows        int // that a step of a statement may give
	}{
		{"first page", `{ products { nodes { title } pageInfo { endCursor } } }`, 25},
		{"walk", walk, 4000},
		{"latest", `{ products(orderBy: [{ createdAt: DESC }], first: 10) { nodes { title } pageInfo { endCursor } } }`, 25},
		{"by id", `{ product(id: "p777") { title } productVariant(id: "v9") { product { title } } }`, 5},
		{"by unique columns", `{ product(handle: "p777") { title variants { nodes { title } } } productVariant(sku: "SKU4711") { product { title } } }`, 5},
		{"by sku", `{ productVariants(filter: { sku: { eq: "SKU4711" } }) { nodes { title } } }`, 5},
		{"page of a hub", `{ salesChannel(id: "c0") { products(first: 20) { nodes { title } pageInfo { hasNextPage } } } }`, 25},
		{"ids of a hub", `{ salesChannel(id: "c0") { products(first: 20) { nodes { id } } } }`, 25},
		{"far page of a hub", `{ salesChannel(id: "c0") { products(first: 20, after: "$cursor") { nodes { title } } } }`, 25},
		{"last page of a hub", `{ salesChannel(id: "c0") { products(last: 20) { nodes { title } } } }`, 25},
		{"back across one to one", `{ priceSets(first: 50) { nodes { variant { title product { title } } } } }`, 60},
		{"filter across links", `{ products(first: 10, filter: { variants: { some: { priceSet: { prices: { some: { currencyCode: { eq: "eur" }, amount: { lt: "400" } } } } } } }) { nodes { title } } }`, 2000},
		{"rare across links", `{ products(first: 10, filter: { variants: { some: { priceSet: { prices: { some: { currencyCode: { eq: "eur" }, amount: { lt: "0.5" } } } } } } }) { nodes { title } } }`, 600},
		{"filter by a far key", `{ products(first: 10, filter: { salesChannels: { some: { id: { eq: "c7" } } } }) { nodes { title } } }`, 4000},
		{"read-only links", `{ inventoryLevels(first: 50) { nodes { stockLocation { name } } } stockLocations { nodes { inventoryLevels(first: 5) { nodes { stockedQuantity } } } } }`, 60},
		{"link rows", `{ productVariantPriceSets(first: 20, filter: { variantId: { eq: "v500" } }) { nodes { priceSet { id } } } }`, 5},
		{"self link", `{ product(id: "p5") { relatedTo(first: 5) { nodes { title } } relatedProducts { nodes { title } } } }`, 35},
		{"joins", `{ products(first: 50) { nodes { type { value } variants(first: 1) { nodes { priceSet { prices(first: 1) { nodes { amount } } } } } } } }`, 60},
		{"joins of a hub", `{ salesChannel(id: "c0") { products(first: 20) { nodes { type { value } variants(first: 1) { nodes { priceSet { prices(first: 1) { nodes { amount } } } } } } } } }`, 25},
		{"links of a hub", `{ productSalesChannels(first: 20, filter: { salesChannelId: { eq: "c0" } }, orderBy: [{ productId: ASC }]) { nodes { id } pageInfo { endCursor } } }`, 25},
	} {
		for how, explaining := range map[string]func(*pgxpool.Pool) *explain.Pool{"first": explain.New, "settled": explain.NewSettled} {
			t.Run(c.name+" "+how, func(t *testing.T) {
				t.Parallel()
				db := explaining(pool.Pool)
				a := newAPI(t, pool, graph.Config{})
				g, err := graph.New(db, graph.Config{})
				if err != nil {
					t.Fatal(err)
				}
				query := c.query
				if strings.Contains(query, "$cursor") {
					var answer struct{ SalesChannel struct{ Products page } }
					a.ask(
						&answer,
						`{ salesChannel(id: "c0") { products(first: 100) { nodes { id } pageInfo { endCursor } } } }`,
						nil,
					)
					query = strings.Replace(query, "$cursor", answer.SalesChannel.Products.PageInfo.EndCursor, 1)
				}
				a.graph, a.handler = g, g.Handler()
				a.ask(nil, query, map[string]any{"first": 20})
				if len(db.Plans()) == 0 {
					t.Error("nothing was explained")
				}
				checkPlans(t, db, c.rows)
			})
		}
	}
}

func checkPlans(t *testing.T, db *explain.Pool, rows int) {
	t.Helper()
	for sql, plan := range db.Plans() {
		if strings.HasPrefix(sql, "SELECT count(*) FROM \"product\" AS t1 WHERE TRUE") {
			continue // the count of a whole table is asked for
		}
		for _, m := range seqScan.FindAllStringSubmatch(plan, -1) {
			if large[m[1]] {
				t.Errorf("%s\nreads all of %s:\n%s", sql, m[1], plan)
			}
		}
		if n := explain.Widest(plan); n > rows {
			t.Errorf("%s\ntouches %d rows, want %d at the most:\n%s", sql, n, rows, plan)
		}
	}
}

// TestStorefrontPlans looks at the plans of what storefronts ask: with a key that sells nearly everything, and with
// one that sells one product in a hundred.
func TestStorefrontPlans(t *testing.T) {
	t.Parallel()
	pool := bigDB(t)
	for _, c := range []struct {
		name, query string
		all, few    int // rows that a step of a statement may give, by key: k7 looks at a hundred products for each that it sees
	}{
		{"page", `{ products(first: 20) { nodes { title variants { nodes { title priceSet { prices { nodes { amount } } } } } } pageInfo { hasNextPage } } }`, 130, 5000},
		{"latest", `{ products(orderBy: [{ createdAt: DESC }], first: 10) { nodes { title } } }`, 30, 5000},
		{"stock", `{ products(first: 10) { nodes { variants { nodes { inventoryItems { nodes { levels { nodes { stockedQuantity stockLocation { name } } } } } } } } } }`, 130, 5000},
		{"by id", `{ product(id: "p777") { title } productVariant(id: "v9") { product { title } } }`, 5, 5},
		{"by handle", `{ products(filter: { handle: { eq: "p777" } }) { nodes { title } } }`, 5, 5},
		{"of a type", `{ products(first: 10, filter: { type: { id: { eq: "ptyp7" } } }) { nodes { title } } }`, 700, 5000},
		{"type of each", `{ products(first: 20) { nodes { type { value } } } }`, 60, 5000},
		{"page of a type", `{ productTypes(first: 3) { nodes { products(first: 20) { nodes { title } } } } }`, 700, 5000},
		{"choices", `{ products(first: 20) { nodes { options { nodes { title values { nodes { value } } } } variants { nodes { options { nodes { value } } } } } } }`, 700, 5000},
		{"prices in lists", `{ productVariants(first: 20) { nodes { priceSet { prices { totalCount nodes { amount priceList { type } } } } } } }`, 130, 5000},
		{"categories", `{ productCategories(first: 50) { nodes { name parentCategory { name } categoryChildren(first: 5) { nodes { name } } } } }`, 600, 600},
		{"categories of each", `{ products(first: 20) { nodes { categories { nodes { name parentCategory { name } } } } } }`, 130, 5000},
		{"page of a category", `{ productCategory(id: "cat1") { products(first: 20) { nodes { title } } } }`, 700, 6000},
		{"by a category", `{ products(first: 20, filter: { categories: { some: { id: { eq: "cat100" } } } }) { nodes { title } } }`, 700, 5000},
		{"by a price", `{ products(first: 10, filter: { variants: { some: { priceSet: { prices: { some: { currencyCode: { eq: "eur" }, amount: { lt: "400" } } } } } } }) { nodes { title } } }`, 2000, 5000},
		{"related", `{ products(first: 10) { nodes { relatedProducts(first: 5) { nodes { title } } } } }`, 60, 5000},
	} {
		for key, rows := range map[string]int{"k0": c.all, "k7": c.few} {
			t.Run(c.name+" "+key, func(t *testing.T) {
				t.Parallel()
				db := explain.NewSettled(pool.Pool)
				a := newAPI(t, pool, graph.Config{})
				g, err := graph.New(db, graph.Config{})
				if err != nil {
					t.Fatal(err)
				}
				a.graph = g
				s := &shop{api: a}
				s.as(key, graph.HTTPStorefront{})
				s.ask(nil, c.query, nil)
				checkPlans(t, db, rows)
			})
		}
	}
}
