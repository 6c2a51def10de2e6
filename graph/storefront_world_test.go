package graph_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/graph/internal/exec"
	"github.com/linkgraph/linkgraph/graph/internal/plan"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
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

// shop is a store with records that storefronts see and records that they do not, for each reason there is. A record
// that is not seen has hiddenRecord in its id and its texts; a column that is not seen has hiddenColumn.
type shop struct {
	*api
	views map[string]plan.Scope
	seen  map[string][]string // ids, by model

	n, products int
}

// newShop returns the API of the shop, asked with the key apk_seen.
func newShop(t testing.TB) *shop {
	// The walk asks for more than a storefront may by default.
	s := &shop{
		api:   newAPI(t, newDB(t), graph.Config{StorefrontLimits: graph.Limits{MaxCost: 100_000_000}}),
		views: map[string]plan.Scope{},
		seen:  map[string][]string{},
	}
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

func (s *shop) model(name string) *recordstore.Model {
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
	values := recordstore.Values{"id": id}
	for _, c := range m.Columns {
		switch {
		case c.ReadOnly || c.Parts != nil || c.Field == "id" || foreign(m, c.Name):
		case !slices.Contains(s.views[model].Fields, c.Field) && c.Type == recordstore.Text:
			values[c.Field] = fmt.Sprintf("%s %s %d", hiddenColumn, c.Field, s.n)
		case c.Type == recordstore.Text:
			values[c.Field] = fmt.Sprintf("%s %s %d", word, c.Field, s.n)
		case c.Type == recordstore.JSON:
			values[c.Field] = map[string]any{"text": word}
			if !slices.Contains(s.views[model].Fields, c.Field) {
				values[c.Field] = map[string]any{"text": hiddenColumn}
			}
		case c.Type == recordstore.Decimal && c.NotNull && !c.Default:
			values[c.Field] = fmt.Sprint(s.n)
		}
	}
	for k, v := range given {
		values[k] = v
	}
	if _, err := s.graph.Records.Create(context.Background(), m, []recordstore.Values{values}); err != nil {
		s.Fatalf("%s: %v", model, err)
	}
	if seen {
		s.seen[model] = append(s.seen[model], id)
	}
	return id
}

// foreign reports whether a column refers to another record.
func foreign(m *recordstore.Model, column string) bool {
	return slices.ContainsFunc(m.Relations, func(r recordstore.Relation) bool {
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
		s.key(id)
	}
	channels := map[string]string{
		"seen": s.add(
			"SalesChannel",
			true,
			nil,
		),
		"other":   s.add("SalesChannel", false, nil),
		"deleted": s.add("SalesChannel", false, nil),
		"disabled": s.add(
			"SalesChannel",
			false,
			fields{"isDisabled": true},
		),
		"dismissed": s.add("SalesChannel", false, nil),
	}
	s.link(
		"publishable_api_key_sales_channel",
		"apk_seen",
		channels["seen"],
		channels["disabled"],
		channels["deleted"],
		channels["dismissed"],
	)
	s.link("publishable_api_key_sales_channel", "apk_other", channels["other"])
	s.dismiss("publishable_api_key_sales_channel", "apk_seen", channels["dismissed"])
	here, elsewhere := s.add("StockLocation", true, nil), s.add("StockLocation", false, nil)
	s.link("sales_channel_stock_location", channels["seen"], here)
	s.link("sales_channel_stock_location", channels["other"], elsewhere)

	s.link("sales_channel_stock_location", channels["other"], here)
	s.link("publishable_api_key_sales_channel", s.key("apk_shared"), channels["seen"])

	shared := s.taxonomy(true, fields{"collectionId": "ProductCollection", "typeId": "ProductType"})
	stock := s.stock(here, elsewhere)
	lists := s.lists()
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
		id := s.product(p.seen, p.status, shared, stock, lists)
		if p.channel != "" {
			s.link("product_sales_channel", id, channels[p.channel])
		}
		products = append(products, id)
	}
	gone := s.product(false, "published", shared, stock, lists)
	unlinked := s.product(false, "published", shared, stock, lists)
	s.link("product_sales_channel", gone, channels["seen"])
	s.link("product_sales_channel", unlinked, channels["seen"])
	s.dismiss("product_sales_channel", unlinked, channels["seen"])
	s.remove("Product", gone)
	s.remove("SalesChannel", channels["deleted"])
	for _, near := range products {
		s.link(
			"product_related_product",
			near,
			slices.DeleteFunc(slices.Clone(products), func(id string) bool { return id == near })...)
	}
	s.sharePictures(products[0], products[2])
	s.deletedVariant(products[0], shared)
}

// key makes a publishable key.
func (s *shop) key(id string) string {
	s.sql(
		`INSERT INTO api_key (id, token, salt, redacted, title, type, created_by) VALUES ($1, 'pk_' || $1, '', 'pk', 'SECRET', 'publishable', '')`,
		id,
	)
	return id
}

// sharePictures has a variant that is seen and one that is not show each other's pictures.
func (s *shop) sharePictures(seen, hidden string) {
	s.sql(`
		INSERT INTO product_variant_product_image (id, variant_id, image_id)
		SELECT 'shared' || v.id, v.id, i.id FROM product_variant AS v JOIN image AS i ON i.product_id <> v.product_id
		WHERE v.product_id IN ($1, $2) AND i.product_id IN ($1, $2)`, seen, hidden)
}

// deletedVariant gives a product that is seen a variant that is deleted, with a choice of its own.
func (s *shop) deletedVariant(product string, shared fields) {
	value := s.choice(false, shared["optionIds"].([]string)[0])
	s.remove(
		"ProductVariant",
		s.add("ProductVariant", false, fields{"productId": product, "optionIds": []string{value}}),
	)
}

func (s *shop) dismiss(name, left, right string) {
	s.Helper()
	_, err := s.graph.Links.Dismiss(context.Background(), []linkstore.Item{{Link: name, Left: left, Right: right}})
	if err != nil {
		s.Fatal(err)
	}
}

func (s *shop) remove(model, id string) {
	s.Helper()
	_, err := s.graph.Links.DeleteRecords(
		context.Background(),
		[]linkstore.Records{{Model: s.model(model).Name, IDs: []string{id}}},
	)
	if err != nil {
		s.Fatal(err)
	}
}

// taxonomy makes what products are sorted by: those of one, or those that all have. of names the models of the
// columns it fills.
func (s *shop) taxonomy(seen bool, of fields) fields {
	t := fields{"tagIds": []string{s.add("ProductTag", seen, nil)}}
	for _, column := range slices.Sorted(maps.Keys(of)) {
		model := of[column]
		t[column] = s.add(model.(string), seen, nil)
		s.translate(model.(string), t[column].(string), seen)
	}
	category := s.branch(seen)
	t["categoryIds"] = category
	option := s.add("ProductOption", seen, nil)
	t["optionIds"], t["value"] = []string{option}, s.choice(seen, option)
	s.choice(false, option) // nobody's
	s.translate("ProductOption", option, seen)
	s.translate("ProductCategory", category[1], seen)
	s.translate("ProductTag", t["tagIds"].([]string)[0], seen)
	return t
}

// branch makes a branch of categories and what is closed in it, with what lies behind it.
func (s *shop) branch(seen bool) []string {
	category := func(seen, active, internal bool, parent any) string {
		return s.add(
			"ProductCategory",
			seen,
			fields{"isActive": active, "isInternal": internal, "parentCategoryId": parent},
		)
	}
	root := category(seen, seen, false, nil)
	below := category(seen, seen, false, root)
	closed := category(false, false, false, root)
	internal := category(false, true, true, below)
	gone := category(false, true, false, root)
	all := []string{root, below, closed, internal, gone}
	for _, above := range []string{closed, internal, gone} {
		near := category(false, true, false, above)
		all = append(all, near, category(false, true, false, near))
	}
	s.sql(`UPDATE product_category SET deleted_at = now() WHERE id = $1`, gone)
	return slices.DeleteFunc(all, func(id string) bool { return id == gone })
}

// choice makes a value of an option.
func (s *shop) choice(seen bool, option string) string {
	value := s.add("ProductOptionValue", seen, fields{"optionId": option})
	s.translate("ProductOptionValue", value, seen)
	return value
}

// translate makes the texts of a record in another language, of all columns it has.
func (s *shop) translate(model, id string, seen bool) {
	word := map[bool]string{true: "übersetzt", false: hiddenRecord}[seen]
	texts := fields{"no_column": hiddenColumn, "metadata": fields{"text": hiddenColumn}}
	for _, c := range s.model(model).Columns {
		switch {
		case c.Type != recordstore.Text:
		case slices.Contains(s.views[model].Fields, c.Field):
			texts[c.Name] = word
		default:
			texts[c.Name] = hiddenColumn
		}
	}
	s.add(
		"Translation",
		seen,
		fields{"referenceId": id, "reference": s.model(model).Table, "localeCode": "de", "translations": texts},
	)
}

// stock makes items that all products share, with levels here and elsewhere.
func (s *shop) stock(here, elsewhere string) fields {
	item := s.add("InventoryItem", true, nil)
	s.level(true, item, here)
	s.level(false, item, elsewhere)
	return fields{"item": item, "here": here}
}

func (s *shop) level(seen bool, item, location string) {
	stocked := map[bool]string{true: "7", false: "9999"}[seen]
	s.add(
		"InventoryLevel",
		seen,
		fields{"inventoryItemId": item, "locationId": location, "stockedQuantity": stocked, "incomingQuantity": "9999"},
	)
}

// product makes a product with all that hangs on it, of its own and shared with the others.
func (s *shop) product(seen bool, status string, shared, stock fields, lists []list) string {
	// Of collections and types it has one each: its own and the shared one in turn.
	s.products++
	own := s.taxonomy(seen, []fields{{"typeId": "ProductType"}, {"collectionId": "ProductCollection"}}[s.products%2])
	product := fields{"status": status, "collectionId": shared["collectionId"], "typeId": shared["typeId"]}
	for _, column := range []string{"collectionId", "typeId"} {
		if id, ok := own[column]; ok {
			product[column] = id
		}
	}
	for _, list := range []string{"tagIds", "categoryIds", "optionIds"} {
		product[list] = append(slices.Clone(shared[list].([]string)), own[list].([]string)...)
	}
	id := s.add("Product", seen, product)
	image := s.add("ProductImage", seen, fields{"productId": id})
	s.translate("Product", id, seen)
	choices := []string{
		own["value"].(string),
		shared["value"].(string),
		s.choice(seen, shared["optionIds"].([]string)[0]),
	}
	variant := s.add("ProductVariant", seen, fields{"productId": id, "optionIds": choices, "imageIds": []string{image}})
	s.translate("ProductVariant", variant, seen)
	item := s.add("InventoryItem", seen, nil)
	s.level(seen, item, stock["here"].(string))
	s.link("product_variant_inventory_item", variant, stock["item"].(string), item)
	set := s.add("PriceSet", seen, nil)
	s.link("product_variant_price_set", variant, set)
	s.prices(seen, set, lists)
	return id
}

// list is a price list.
type list struct {
	id   string
	seen bool
}

// lists makes the price lists that all products are in.
func (s *shop) lists() []list {
	var all []list
	for _, l := range []struct {
		seen  bool
		rule  string
		given fields
	}{
		{true, "", fields{"status": "active"}},
		{true, "deleted", fields{"status": "active", "startsAt": "2020-01-01T00:00:00Z", "endsAt": "2999-01-01T00:00:00Z"}},
		{false, "", fields{"status": "draft"}},
		{false, "", fields{"status": "active", "startsAt": "2999-01-01T00:00:00Z"}},
		{false, "", fields{"status": "active", "endsAt": "2020-01-01T00:00:00Z"}},
		{false, "live", fields{"status": "active"}},
	} {
		id := s.add("PriceList", l.seen, l.given)
		s.rule("PriceListRule", "priceListId", id, l.rule)
		all = append(all, list{id, l.seen})
	}
	return all
}

// rule hangs a rule on a price or a price list: "live", or "deleted". "" hangs none.
func (s *shop) rule(model, column, owner, state string) {
	if state == "" {
		return
	}
	rule := s.add(model, false, fields{column: owner})
	if state == "deleted" {
		s.remove(model, rule)
	}
}

func (s *shop) prices(seen bool, set string, lists []list) {
	price := func(seen bool, list any) string {
		v := fields{"priceSetId": set, "currencyCode": "eur", "amount": "10", "priceListId": list}
		if !seen {
			v["amount"] = "999999"
		}
		return s.add("Price", seen, v)
	}
	price(seen, nil)
	s.rule("PriceRule", "priceId", price(false, nil), "live")
	s.rule("PriceRule", "priceId", price(seen, nil), "deleted")
	for _, l := range lists {
		price(seen && l.seen, l.id)
	}
	s.rule("PriceRule", "priceId", price(false, lists[0].id), "live")
	if !seen {
		price(false, s.add("PriceList", false, fields{"status": "active"}))
	}
}
