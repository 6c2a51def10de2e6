package graph_test

import (
	"context"
	"fmt"
	"maps"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

// row is a record in memory: its fields, and what its relations lead to.
type row struct {
	id        string
	fields    map[string]any // nil, string, int64, bool or *big.Rat
	relations map[string][]edge
}

type edge struct{ node, link *row }

// shape is what random queries may ask of a model.
type shape struct {
	columns   map[string][]any // the values that fields have, by field; the first decides the type
	relations map[string]hopShape
}

type hopShape struct {
	target string
	many   bool
	link   string // the model of the link's row
}

var texts = []any{"a", "A", "ab", "a%b", "a_b", `a\b`, "ä", "Äb", "", "z"}

var shapes = map[string]shape{
	"Product": {
		map[string][]any{"title": texts, "subtitle": texts, "discountable": {true, false}},
		map[string]hopShape{
			"variants":      {"ProductVariant", true, ""},
			"salesChannels": {"SalesChannel", true, "ProductSalesChannel"},
			"relatedProducts": {
				"Product",
				true,
				"ProductRelatedProduct",
			},
			"relatedTo": {"Product", true, "ProductRelatedProduct"},
		},
	},
	"ProductVariant": {
		map[string][]any{
			"title":       texts,
			"material":    texts,
			"variantRank": {int64(0), int64(1), int64(-5), int64(2147483647)},
		},
		map[string]hopShape{
			"product": {"Product", false, ""}, "priceSet": {"PriceSet", false, "ProductVariantPriceSet"},
			"inventoryItems": {"InventoryItem", true, "ProductVariantInventoryItem"},
		},
	},
	"PriceSet": {
		nil,
		map[string]hopShape{
			"prices":  {"Price", true, ""},
			"variant": {"ProductVariant", false, "ProductVariantPriceSet"},
		},
	},
	"Price": {
		map[string][]any{"amount": decimals, "currencyCode": {"eur", "usd"}, "minQuantity": decimals},
		map[string]hopShape{"priceSet": {"PriceSet", false, ""}},
	},
	"SalesChannel": {
		map[string][]any{"name": texts, "isDisabled": {true, false}},
		map[string]hopShape{"products": {"Product", true, "ProductSalesChannel"}},
	},
	"InventoryItem": {map[string][]any{"title": texts, "weight": {int64(3), int64(4)}}, map[string]hopShape{
		"variants": {"ProductVariant", true, "ProductVariantInventoryItem"},
	}},
	"ProductVariantInventoryItem": {map[string][]any{"requiredQuantity": decimals}, nil},
	"ProductVariantPriceSet":      {nil, nil},
	"ProductSalesChannel":         {nil, nil},
	"ProductRelatedProduct":       {nil, nil},
}

func rat(s string) *big.Rat {
	r, _ := new(big.Rat).SetString(s)
	return r
}

var decimals = []any{
	rat("1"),
	rat("1.5"),
	rat("0.1"),
	rat("12345678901234567890.123456789"),
	rat("12345678901234567890.123456788"),
}

// world is a small random store, in the database and in memory.
type world struct {
	*api
	random *rand.Rand
	rows   map[string][]*row
}

var roots = []struct{ model, field string }{
	{"Product", "products"},
	{"ProductVariant", "productVariants"},
	{"PriceSet", "priceSets"},
	{"Price", "prices"},
	{"SalesChannel", "salesChannels"},
	{"InventoryItem", "inventoryItems"},
}

func newWorld(t testing.TB, seed uint64) *world { return newWorldIn(t, newDB(t), seed) }

// newWorldIn puts the store into a database.
func newWorldIn(t testing.TB, db *pgtest.DB, seed uint64) *world {
	w := &world{newAPI(t, db, graph.Config{}), rand.New(rand.NewPCG(seed, 11)), map[string][]*row{}}
	ctx := context.Background()
	for _, root := range roots {
		m, _ := w.graph.Records.Catalog().Model(root.model)
		var records []recordstore.Values
		for i := range 9 {
			r := &row{
				id:        fmt.Sprintf("%s%d", strings.ToLower(root.model), i),
				fields:    map[string]any{},
				relations: map[string][]edge{},
			}
			r.fields["id"] = r.id
			v := recordstore.Values{"id": r.id}
			for _, field := range slices.Sorted(maps.Keys(shapes[root.model].columns)) {
				pool := shapes[root.model].columns[field]
				r.fields[field] = pool[w.random.IntN(len(pool))]
				if i, _ := m.Column(field); !m.Columns[i].NotNull && w.random.IntN(3) == 0 {
					r.fields[field] = nil
				}
				v[field] = wire(r.fields[field])
			}
			w.owner(root.model, r, v)
			records = append(records, v)
			w.rows[root.model] = append(w.rows[root.model], r)
		}
		if root.model == "Product" {
			for i, v := range records {
				v["handle"] = fmt.Sprint("h", i)
			}
		}
		if _, err := w.graph.Records.Create(ctx, m, records); err != nil {
			t.Fatal(err)
		}
	}
	w.links()
	// Deleted records and dismissed links must not count: the last of each model goes, with its links.
	for _, model := range []string{"SalesChannel", "InventoryItem", "ProductVariant", "Product"} {
		list := w.rows[model]
		gone := list[len(list)-1]
		_, err := w.graph.Links.DeleteRecords(ctx, []linkstore.Records{{Model: model, IDs: []string{gone.id}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// wire is a value as a client sends it.
func wire(v any) any {
	if r, ok := v.(*big.Rat); ok {
		return strings.TrimRight(strings.TrimRight(r.FloatString(12), "0"), ".")
	}
	return v
}

// owner puts a record of the last models in the care of one made before.
func (w *world) owner(model string, r *row, v recordstore.Values) {
	switch model {
	case "ProductVariant":
		p := w.pick("Product")
		v["productId"] = p.id
		join(p, "variants", r, "product", nil)
	case "Price":
		s := w.pick("PriceSet")
		v["priceSetId"] = s.id
		join(s, "prices", r, "priceSet", nil)
	}
}

func (w *world) pick(model string) *row { return w.rows[model][w.random.IntN(len(w.rows[model]))] }

func join(a *row, there string, b *row, back string, link *row) {
	a.relations[there] = append(a.relations[there], edge{b, link})
	b.relations[back] = append(b.relations[back], edge{a, link})
}

func (w *world) links() {
	var items []linkstore.Item
	used := map[string]bool{}
	add := func(link, leftModel, rightModel, there, back string, one bool) {
		l, r := w.pick(leftModel), w.pick(rightModel)
		if used[link+l.id+" "+r.id] || one && (used[link+l.id] || used[link+r.id]) {
			return
		}
		used[link+l.id+" "+r.id], used[link+l.id], used[link+r.id] = true, true, true
		item := linkstore.Item{Link: link, Left: l.id, Right: r.id}
		row := &row{fields: map[string]any{}}
		if link == "product_variant_inventory_item" {
			q := decimals[w.random.IntN(len(decimals))]
			row.fields["requiredQuantity"] = q
			item.Data = map[string]any{"required_quantity": wire(q)}
		}
		items = append(items, item)
		if w.random.IntN(8) == 0 {
			return // dismissed below: in memory it never was
		}
		join(l, there, r, back, row)
		items[len(items)-1].Keys = nil
		used["kept "+item.Link+item.Left+" "+item.Right] = true
	}
	for range 14 {
		add("product_sales_channel", "Product", "SalesChannel", "salesChannels", "products", false)
		add("product_related_product", "Product", "Product", "relatedProducts", "relatedTo", false)
		add("product_variant_inventory_item", "ProductVariant", "InventoryItem", "inventoryItems", "variants", false)
		add("product_variant_price_set", "ProductVariant", "PriceSet", "priceSet", "variant", true)
	}
	ctx := context.Background()
	if _, err := w.graph.Links.Create(ctx, items, linkstore.CreateOptions{}); err != nil {
		w.Fatal(err)
	}
	var dismissed []linkstore.Item
	for _, item := range items {
		if !used["kept "+item.Link+item.Left+" "+item.Right] {
			item.Data = nil
			dismissed = append(dismissed, item)
		}
	}
	if _, err := w.graph.Links.Dismiss(ctx, dismissed); err != nil {
		w.Fatal(err)
	}
}

// forget takes from memory what is not live in the database any more.
func (w *world) forget() {
	live := map[string]bool{}
	for _, root := range roots {
		var answer map[string]struct{ Nodes []struct{ ID string } }
		w.ask(&answer, "{ "+root.field+"(first: 100) { nodes { id } } }", nil)
		for _, n := range answer[root.field].Nodes {
			live[n.ID] = true
		}
	}
	for model, list := range w.rows {
		w.rows[model] = slices.DeleteFunc(list, func(r *row) bool { return !live[r.id] })
		for _, r := range w.rows[model] {
			for name, edges := range r.relations {
				r.relations[name] = slices.DeleteFunc(edges, func(e edge) bool { return !live[e.node.id] })
			}
		}
	}
}
