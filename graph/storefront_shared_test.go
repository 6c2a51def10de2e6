package graph_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/graph/internal/exec"
	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// unshared are the ways of storefronts that cannot lead from a record that is hidden to one that is seen.
var unshared = map[string]string{
	"ProductVariant.priceSet": "one to one",
	"ProductVariant.product":  "a live variant of a product that is seen is seen",
	"ProductTag.products":     "what a product that is seen is sorted by is seen",
}

// TestStorefrontWorldShares looks at the store that the walk goes through: each model has records that are hidden,
// and each way that can lead from hidden records to one that is seen does so. Otherwise the walk would show nothing
// of it.
func TestStorefrontWorldShares(t *testing.T) {
	t.Parallel()
	w := newWalker(t)
	w.as("", graph.HTTPStorefront{})
	full := exec.NewExecutableSchema(exec.Config{}).Schema()
	for _, v := range exec.Storefront() {
		m := w.model(v.Model)
		if m.Link != "" || slices.Contains([]string{"Region", "Country", "Currency"}, v.Model) {
			continue
		}
		hidden := 0
		if err := w.db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM `+m.Table+` WHERE id LIKE '%`+hiddenRecord+`%' AND deleted_at IS NULL`).
			Scan(&hidden); err != nil ||
			hidden == 0 {
			t.Errorf("%d records of %s are hidden: %v", hidden, v.Model, err)
		}
		if len(w.seen[v.Model]) == 0 {
			t.Errorf("no %s is seen", v.Model)
		}
		for i := range m.Relations {
			r := &m.Relations[i]
			way := v.Model + "." + r.Field
			if unshared[way] != "" || !slices.Contains(v.Fields, r.Field) || r.Many && r.Through == nil {
				continue
			}
			root := ""
			for _, f := range full.Query.Fields {
				if typ, many := record(f, full); many && typ == v.Model {
					root = f.Name
				}
			}
			from := w.owners(root, r)
			if !slices.ContainsFunc(slices.Collect(maps.Keys(from)), func(id string) bool {
				return slices.Contains(w.seen[r.Target], id) && from[id] == "hidden seen "
			}) {
				t.Errorf(
					"by %s no record that is seen is reached from one that is seen and one that is not: %v",
					way,
					from,
				)
			}
		}
	}
}

// owners says of the records that a relation leads to which kinds of records it leads there from, as admins see it.
func (w *walker) owners(root string, r *recordstore.Relation) map[string]string {
	w.Helper()
	kinds := map[string]map[string]bool{}
	inner := r.Field + " { id }"
	if r.Many {
		inner = r.Field + "(first: 100) { nodes { id } }"
	}
	for cursor := "null"; ; {
		var answer map[string]struct {
			Nodes    []map[string]any
			PageInfo struct {
				HasNextPage bool
				EndCursor   string
			}
		}
		w.ask(
			&answer,
			fmt.Sprintf(
				`{ %s(first: 50, after: %s) { nodes { id %s } pageInfo { hasNextPage endCursor } } }`,
				root,
				cursor,
				inner,
			),
			nil,
		)
		for _, n := range answer[root].Nodes {
			kind := "seen"
			if strings.Contains(fmt.Sprint(n["id"]), hiddenRecord) {
				kind = "hidden"
			}
			for _, id := range idsIn(n[r.Field]) {
				if kinds[id] == nil {
					kinds[id] = map[string]bool{}
				}
				kinds[id][kind] = true
			}
		}
		if !answer[root].PageInfo.HasNextPage {
			break
		}
		cursor = fmt.Sprintf("%q", answer[root].PageInfo.EndCursor)
	}
	all := map[string]string{}
	for id, of := range kinds {
		for _, kind := range slices.Sorted(maps.Keys(of)) {
			all[id] += kind + " "
		}
	}
	return all
}

// idsIn are the ids of a record or of a list of records in an answer.
func idsIn(v any) (ids []string) {
	switch v := v.(type) {
	case map[string]any:
		if id, ok := v["id"].(string); ok {
			ids = append(ids, id)
		}
		ids = append(ids, idsIn(v["nodes"])...)
	case []any:
		for _, each := range v {
			ids = append(ids, idsIn(each)...)
		}
	}
	return ids
}

// TestStorefrontSharedRecords looks at what is left of records that others share: all of what is seen of them, and no
// more.
func TestStorefrontSharedRecords(t *testing.T) {
	t.Parallel()
	w := newWalker(t)
	for _, c := range []struct{ query, model string }{
		{`{ products { nodes { options { nodes { id } } } } }`, "ProductOption"},
		{`{ products { nodes { options { nodes { values(first: 50) { nodes { id } } } } } } }`, "ProductOptionValue"},
		{`{ productVariants { nodes { options { nodes { id } } } } }`, "ProductOptionValue"},
		{`{ productVariants { nodes { images { nodes { id } } } } }`, "ProductImage"},
		{`{ productVariants { nodes { priceSet { prices(first: 50) { nodes { id } } } } } }`, "Price"},
		{`{ productVariants { nodes { priceSet { prices(first: 50) { nodes { priceList { id } } } } } } }`, "PriceList"},
		{`{ productVariants { nodes { inventoryItems { nodes { levels { nodes { id } } } } } } }`, "InventoryLevel"},
		{`{ productCategories(first: 50) { nodes { id } } }`, "ProductCategory"},
		{`{ products { nodes { categories(first: 50) { nodes { id } } } } }`, "ProductCategory"},
		{`{ products { nodes { collection { id } } } }`, "ProductCollection"},
		{`{ products { nodes { type { id } } } }`, "ProductType"},
	} {
		found := everyID(w.look(c.query))
		want := slices.Sorted(slices.Values(w.seen[c.model]))
		if diff := cmp.Diff(want, found); diff != "" || len(want) == 0 {
			t.Errorf("%s (-want +got):\n%s", c.query, diff)
		}
	}
}

// everyID are the ids that stand in an answer, at any depth, each once and sorted.
func everyID(v any) []string {
	found := map[string]bool{}
	var visit func(v any)
	visit = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if id, ok := v["id"].(string); ok {
				found[id] = true
			}
			for _, each := range v {
				visit(each)
			}
		case []any:
			for _, each := range v {
				visit(each)
			}
		}
	}
	visit(v)
	return slices.Sorted(maps.Keys(found))
}

// TestStorefrontTranslations compares the texts of records in other languages with the columns that are seen.
func TestStorefrontTranslations(t *testing.T) {
	t.Parallel()
	w := newWalker(t)
	for root, model := range map[string]string{
		"products": "Product", "productVariants": "ProductVariant", "productCategories(filter: { parentCategory: { isNull: false } })": "ProductCategory",
		"productCollections": "ProductCollection", "productTypes": "ProductType", "productTags": "ProductTag",
	} {
		want := map[string]any{}
		for _, c := range w.model(model).Columns {
			if c.Type == recordstore.Text && slices.Contains(w.views[model].Fields, c.Field) {
				want[c.Name] = "übersetzt"
			}
		}
		var answer map[string]struct {
			Nodes []struct {
				Translations struct {
					Nodes []struct{ Translations map[string]any }
				}
			}
		}
		w.ask(&answer, `{ list: `+root+` { nodes { translations { nodes { translations } } } } }`, nil)
		if len(answer["list"].Nodes) == 0 || len(want) < 2 {
			t.Fatalf("%s: nothing to compare", root)
		}
		for _, n := range answer["list"].Nodes {
			if len(n.Translations.Nodes) != 1 {
				t.Fatalf("%s: %d translations", root, len(n.Translations.Nodes))
			}
			if diff := cmp.Diff(want, n.Translations.Nodes[0].Translations); diff != "" {
				t.Errorf("%s (-want +got):\n%s", root, diff)
			}
		}
	}
	// What is no object, or of no table, has nothing to show. Admins see all.
	w.sql(`UPDATE translation SET translations = '["SECRET"]' WHERE reference = 'product'`)
	w.sql(`UPDATE translation SET reference = 'user' WHERE reference = 'product_variant'`)
	const ask = `{ products { nodes { translations { nodes { translations } } variants { nodes { translations { nodes { translations } } } } } } }`
	if got := fmt.Sprint(w.look(ask)); !strings.Contains(got, "translations:map[]") ||
		strings.Contains(got, "übersetzt") {
		t.Errorf("got %s", got)
	}
	w.as("", graph.HTTPStorefront{})
	if got := string(w.do(ask, nil)); !strings.Contains(got, `"hs_code": "SECRET"`) ||
		!strings.Contains(got, `["SECRET"]`) {
		t.Errorf("an admin does not see all: %.300s", got)
	}
}

// TestStorefrontCategoryCircle has categories lie above each other, as only a faulty program can leave them.
func TestStorefrontCategoryCircle(t *testing.T) {
	t.Parallel()
	w := newWalker(t)
	before := w.shop.ids("productCategories")
	w.sql(
		`UPDATE product_category AS c SET parent_category_id = d.id FROM product_category AS d WHERE d.parent_category_id = c.id AND c.id = ANY($1) AND d.id = ANY($1)`,
		before,
	)
	if diff := cmp.Diff(before, w.shop.ids("productCategories")); diff != "" {
		t.Errorf("-before +after:\n%s", diff)
	}
	w.sql(`UPDATE product_category SET is_active = FALSE WHERE id = $1`, before[0])
	if after := w.shop.ids("productCategories"); len(after) != len(before)-2 {
		t.Errorf("%v after %s was closed, %v before", after, before[0], before)
	}
}
