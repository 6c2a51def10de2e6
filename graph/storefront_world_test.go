package graph_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"linkgraph/graph"
	"linkgraph/graph/internal/exec"
	"linkgraph/graph/internal/resolve"
	"linkgraph/linkstore"
	"linkgraph/modules"
)

// The words by which a test knows what storefronts must not see: records and columns.
const (
	hiddenRecord = "HIDDEN"
	hiddenColumn = "SECRET"
)

// keyHeader carries the id of the publishable key in tests of what storefronts see: looking it up is tested elsewhere.
const keyHeader = "X-Publishable-Api-Key"

func byHeader(r *http.Request) (graph.Caller, error) {
	if id := r.Header.Get(keyHeader); id != "" {
		return graph.Caller{Storefront: true, ID: id}, nil
	}
	return graph.Caller{ID: "admin", Role: graph.ReadWrite}, nil
}

// shop is a store with records that storefronts see and records that they do not, for each reason there is. A record that
// is not seen has hiddenRecord in its id and its texts; a column that is not seen has hiddenColumn.
type shop struct {
	*api
	views map[string]resolve.View
	seen  map[string][]string // ids, by model
	n     int
}

// newShop returns the API of the shop, asked with the key apk_seen.
func newShop(t testing.TB) *shop {
	// The walk asks for more than a storefront may by default.
	s := &shop{api: newAPI(t, newDB(t), graph.Config{StorefrontLimits: graph.Limits{MaxCost: 100_000_000}}), views: map[string]resolve.View{}, seen: map[string][]string{}}
	for _, v := range exec.Storefront() {
		s.views[v.Model] = v
	}
	s.fill()
	s.as("apk_seen", graph.HTTPStorefront{})
	return s
}

// as asks with another key from now on. Without one it asks as an admin.
func (s *shop) as(key string, cfg graph.HTTPStorefront) {
	s.Helper()
	h, err := s.graph.HTTPHandler(graph.HTTP{Authenticate: byHeader, Storefront: cfg})
	if err != nil {
		s.Fatal(err)
	}
	s.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set(keyHeader, key)
		h.ServeHTTP(w, r)
	})
}

func (s *shop) model(name string) *modules.Model {
	m, ok := s.graph.Records.Catalog().Model(name)
	if !ok {
		s.Fatalf("there is no model %s", name)
	}
	return m
}

type fields = map[string]any

// add makes a record, with all the texts it can have.
func (s *shop) add(model string, seen bool, given fields) string {
	s.Helper()
	m := s.model(model)
	s.n++
	word := "seen"
	if !seen {
		word = hiddenRecord
	}
	id := fmt.Sprintf("%s_%s_%d", strings.ToLower(model), word, s.n)
	values := modules.Values{"id": id}
	for _, c := range m.Columns {
		switch {
		case c.ReadOnly || c.Parts != nil || c.Field == "id" || foreign(m, c.Name):
		case !slices.Contains(s.views[model].Fields, c.Field) && c.Type == modules.Text:
			values[c.Field] = fmt.Sprintf("%s %s %d", hiddenColumn, c.Field, s.n)
		case c.Type == modules.Text:
			values[c.Field] = fmt.Sprintf("%s %s %d", word, c.Field, s.n)
		case c.Type == modules.JSON:
			values[c.Field] = map[string]any{"text": word}
			if !slices.Contains(s.views[model].Fields, c.Field) {
				values[c.Field] = map[string]any{"text": hiddenColumn}
			}
		case c.Type == modules.Decimal && c.NotNull && !c.Default:
			values[c.Field] = fmt.Sprint(s.n)
		}
	}
	for k, v := range given {
		values[k] = v
	}
	if _, err := s.graph.Records.Create(context.Background(), m, []modules.Values{values}); err != nil {
		s.Fatalf("%s: %v", model, err)
	}
	if seen {
		s.seen[model] = append(s.seen[model], id)
	}
	return id
}

// foreign reports whether a column refers to another record.
func foreign(m *modules.Model, column string) bool {
	return slices.ContainsFunc(m.Relations, func(r modules.Relation) bool {
		return r.Through == nil && column != m.PrimaryKey && slices.Contains(r.Columns, column)
	})
}

func (s *shop) link(name, left string, rights ...string) {
	s.Helper()
	var items []linkstore.Item
	for _, right := range rights {
		items = append(items, linkstore.Item{Link: name, Left: left, Right: right})
	}
	if _, err := s.graph.Links.Create(context.Background(), items, linkstore.CreateOptions{}); err != nil {
		s.Fatalf("%s: %v", name, err)
	}
}

func (s *shop) sql(sql string, args ...any) {
	s.Helper()
	if _, err := s.db.Pool.Exec(context.Background(), sql, args...); err != nil {
		s.Fatal(err)
	}
}

// fill makes the store.
func (s *shop) fill() {
	for _, id := range []string{"apk_seen", "apk_other", "apk_none"} {
		s.sql(`INSERT INTO api_key (id, token, salt, redacted, title, type, created_by) VALUES ($1, 'pk_' || $1, '', 'pk', 'SECRET', 'publishable', '')`, id)
	}
	channels := map[string]string{
		"seen": s.add("SalesChannel", true, nil), "other": s.add("SalesChannel", false, nil), "deleted": s.add("SalesChannel", false, nil),
		"disabled": s.add("SalesChannel", false, fields{"isDisabled": true}), "dismissed": s.add("SalesChannel", false, nil),
	}
	s.link("publishable_api_key_sales_channel", "apk_seen", channels["seen"], channels["disabled"], channels["deleted"], channels["dismissed"])
	s.link("publishable_api_key_sales_channel", "apk_other", channels["other"])
	s.dismiss("publishable_api_key_sales_channel", "apk_seen", channels["dismissed"])
	here, elsewhere := s.add("StockLocation", true, nil), s.add("StockLocation", false, nil)
	s.link("sales_channel_stock_location", channels["seen"], here)
	s.link("sales_channel_stock_location", channels["other"], elsewhere)

	shared := s.taxonomy(true, true)
	stock := s.stock(here, elsewhere)
	var products []string
	for _, p := range []struct {
		seen    bool
		status  string
		channel string
	}{
		{true, "published", "seen"},
		{true, "published", "seen"},
		{false, "draft", "seen"},
		{false, "proposed", "seen"},
		{false, "rejected", "seen"},
		{false, "published", "other"},
		{false, "published", "disabled"},
		{false, "published", "deleted"},
		{false, "published", "dismissed"},
		{false, "published", ""},
	} {
		id := s.product(p.seen, p.status, shared, stock)
		if p.channel != "" {
			s.link("product_sales_channel", id, channels[p.channel])
		}
		products = append(products, id)
	}
	gone, unlinked := s.product(false, "published", shared, stock), s.product(false, "published", shared, stock)
	s.link("product_sales_channel", gone, channels["seen"])
	s.link("product_sales_channel", unlinked, channels["seen"])
	s.dismiss("product_sales_channel", unlinked, channels["seen"])
	s.remove("Product", gone)
	s.remove("SalesChannel", channels["deleted"])
	for _, near := range products {
		s.link("product_related_product", near, slices.DeleteFunc(slices.Clone(products), func(id string) bool { return id == near })...)
	}
	s.sql(`UPDATE price SET rules_count = 1 WHERE title LIKE '%RULE%'`)
	s.sql(`UPDATE price_list SET rules_count = 1 WHERE title LIKE '%RULE%'`)
}

func (s *shop) dismiss(name, left, right string) {
	s.Helper()
	if _, err := s.graph.Links.Dismiss(context.Background(), []linkstore.Item{{Link: name, Left: left, Right: right}}); err != nil {
		s.Fatal(err)
	}
}

func (s *shop) remove(model, id string) {
	s.Helper()
	if _, err := s.graph.Records.Delete(context.Background(), s.model(model), []string{id}); err != nil {
		s.Fatal(err)
	}
}

// taxonomy makes what products are sorted by: those of one, or those that all have.
func (s *shop) taxonomy(seen, shared bool) fields {
	t := fields{"tagIds": []string{s.add("ProductTag", seen, nil)}}
	of := fields{}
	if shared {
		t["collectionId"] = s.add("ProductCollection", seen, nil)
		of["ProductCollection"] = t["collectionId"]
	} else {
		t["typeId"] = s.add("ProductType", seen, nil)
		of["ProductType"] = t["typeId"]
	}
	above := s.add("ProductCategory", false, fields{"isActive": false})
	category := s.add("ProductCategory", seen, fields{"isActive": seen, "isInternal": false, "parentCategoryId": above})
	below := s.add("ProductCategory", seen, fields{"isActive": seen, "parentCategoryId": category})
	categories := []string{category, below, above, s.add("ProductCategory", false, fields{"isActive": true, "isInternal": true, "parentCategoryId": category})}
	t["categoryIds"] = categories
	option := s.add("ProductOption", seen, nil)
	t["optionIds"], t["value"] = []string{option}, s.add("ProductOptionValue", seen, fields{"optionId": option})
	of["ProductCategory"], of["ProductOption"] = category, option
	for model, id := range of {
		s.add("Translation", seen, fields{"referenceId": id, "reference": hiddenColumn + model, "localeCode": "de"})
	}
	return t
}

// stock makes items that all products share, with levels here and elsewhere.
func (s *shop) stock(here, elsewhere string) string {
	item := s.add("InventoryItem", true, nil)
	s.add("InventoryLevel", true, fields{"inventoryItemId": item, "locationId": here, "stockedQuantity": "7"})
	s.add("InventoryLevel", false, fields{"inventoryItemId": item, "locationId": elsewhere, "stockedQuantity": "9999"})
	return item
}

// product makes a product with all that hangs on it, of its own and shared with the others.
func (s *shop) product(seen bool, status string, shared fields, item string) string {
	own := s.taxonomy(seen, false)
	product := fields{"status": status, "collectionId": shared["collectionId"], "typeId": own["typeId"]}
	for _, list := range []string{"tagIds", "categoryIds", "optionIds"} {
		product[list] = append(slices.Clone(shared[list].([]string)), own[list].([]string)...)
	}
	id := s.add("Product", seen, product)
	image := s.add("ProductImage", seen, fields{"productId": id})
	s.add("Translation", seen, fields{"referenceId": id, "localeCode": "de"})
	variant := s.add("ProductVariant", seen, fields{"productId": id, "optionIds": []string{own["value"].(string), shared["value"].(string)}, "imageIds": []string{image}})
	s.link("product_variant_inventory_item", variant, item)
	set := s.add("PriceSet", seen, nil)
	s.link("product_variant_price_set", variant, set)
	s.prices(seen, set)
	return id
}

func (s *shop) prices(seen bool, set string) {
	price := func(seen bool, title string, list any) {
		v := fields{"priceSetId": set, "currencyCode": "eur", "title": hiddenColumn + title, "amount": "10", "priceListId": list}
		if !seen {
			v["amount"] = "999999"
		}
		s.add("Price", seen, v)
	}
	price(seen, "", nil)
	price(false, "RULE", nil)
	for _, l := range []struct {
		seen   bool
		title  string
		values fields
	}{
		{true, "", fields{"status": "active"}},
		{true, "", fields{"status": "active", "startsAt": "2020-01-01T00:00:00Z", "endsAt": "2999-01-01T00:00:00Z"}},
		{false, "", fields{"status": "draft"}},
		{false, "", fields{"status": "active", "startsAt": "2999-01-01T00:00:00Z"}},
		{false, "", fields{"status": "active", "endsAt": "2020-01-01T00:00:00Z"}},
		{false, "RULE", fields{"status": "active"}},
	} {
		l.values["title"] = hiddenColumn + l.title
		price(seen && l.seen, "", s.add("PriceList", seen && l.seen, l.values))
	}
}
