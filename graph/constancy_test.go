package graph_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

// walk crosses every kind of hop: lists and single records, inside modules and across links, counted, paged and
// filtered.
const walk = `query Walk($first: Int!) {
  products(first: $first, orderBy: [{ title: ASC }]) {
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes {
      id title type { value }
      tags { nodes { value } }
      variants(first: 2) {
        totalCount
        edges {
          cursor
          node {
            title
            priceSet { id prices(filter: { currencyCode: { eq: "eur" } }) { nodes { amount } } }
            priceSetLink { createdAt }
            inventoryItems { totalCount edges { link { requiredQuantity } node { sku levels { nodes { stockedQuantity stockLocation { name } } } } } }
          }
        }
      }
      salesChannels { nodes { id name products(first: 1) { nodes { id } } } }
      relatedProducts { nodes { title relatedTo { nodes { title } } } }
    }
  }
}`

// fill makes n products with all that walk asks for.
func fill(t testing.TB, g *graph.Graph, n int) {
	t.Helper()
	ctx := context.Background()
	create := func(model string, records []recordstore.Values) {
		t.Helper()
		m, ok := g.Records.Catalog().Model(model)
		if !ok {
			t.Fatalf("no model %s", model)
		}
		if _, err := g.Records.Create(ctx, m, records); err != nil {
			t.Fatal(err)
		}
	}
	create("ProductType", []recordstore.Values{{"id": "t", "value": "type"}})
	create("ProductTag", []recordstore.Values{{"id": "tag", "value": "tag"}})
	create("SalesChannel", []recordstore.Values{{"id": "sc", "name": "channel"}})
	create("StockLocation", []recordstore.Values{{"id": "loc", "name": "location"}})
	var products, variants, sets, prices, items, levels []recordstore.Values
	var links []linkstore.Item
	link := func(name, left, right string) {
		links = append(links, linkstore.Item{Link: name, Left: left, Right: right})
	}
	for i := range n {
		p := fmt.Sprintf("p%04d", i)
		products = append(products, recordstore.Values{"id": p, "title": p, "typeId": "t", "tagIds": []string{"tag"}})
		link("product_sales_channel", p, "sc")
		link("product_related_product", p, fmt.Sprintf("p%04d", (i+1)%n))
		for j := range 3 {
			v := fmt.Sprintf("%s-%d", p, j)
			variants = append(variants, recordstore.Values{"id": v, "title": v, "productId": p})
			sets = append(sets, recordstore.Values{"id": "s" + v})
			prices = append(
				prices,
				recordstore.Values{"id": "r" + v, "priceSetId": "s" + v, "currencyCode": "eur", "amount": j + 1},
			)
			items = append(items, recordstore.Values{"id": "i" + v, "sku": v})
			levels = append(
				levels,
				recordstore.Values{
					"id":              "l" + v,
					"inventoryItemId": "i" + v,
					"locationId":      "loc",
					"stockedQuantity": 5,
				},
			)
			link("product_variant_price_set", v, "s"+v)
			link("product_variant_inventory_item", v, "i"+v)
		}
	}
	create("Product", products)
	create("ProductVariant", variants)
	create("PriceSet", sets)
	create("Price", prices)
	create("InventoryItem", items)
	create("InventoryLevel", levels)
	if _, err := g.Links.Create(ctx, links, linkstore.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// TestStatementsDoNotDependOnRows runs one query over 1, 10 and 100 parents, and fifty times more with others beside
// it: the statements are always the same, one a hop.
func TestStatementsDoNotDependOnRows(t *testing.T) {
	t.Parallel()
	a := newAPI(t, newDB(t), graph.Config{})
	fill(t, a.graph, 100)
	var want string
	for _, first := range []int{1, 10, 100} {
		a.db.ResetStatements()
		a.ask(nil, walk, map[string]any{"first": first})
		got := statements(a.db.Statements())
		if want == "" {
			want = got
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("first %d (-1 +%d):\n%s", first, first, diff)
		}
	}
	for range 50 {
		a.db.ResetStatements()
		a.ask(nil, walk, map[string]any{"first": 20})
		if diff := cmp.Diff(want, statements(a.db.Statements())); diff != "" {
			t.Fatalf("another time:\n%s", diff)
		}
	}
}

func BenchmarkWalk(b *testing.B) {
	a := newAPI(b, newDB(b), graph.Config{})
	fill(b, a.graph, 100)
	for b.Loop() {
		a.ask(nil, walk, map[string]any{"first": 20})
	}
}
