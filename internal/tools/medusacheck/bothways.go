package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// bothWays writes from both sides, and checks that each sees what the other wrote.
type bothWays struct {
	api    *api
	medusa *talker
	report *report
}

func (c *check) writeBothWays(ctx context.Context) (err error) {
	a, err := serve(ctx, c.db, false)
	if err != nil {
		return err
	}
	t, err := c.shop.talk(ctx, c.medusaEnv(checkDatabase))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	b := &bothWays{a, t, c.report}
	for _, part := range []func(context.Context) error{b.linkedHere, b.linkedThere, b.rulesCounted, b.deletedHere, b.deletedThere} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

// find returns the id of the one Medusa record with a value.
func (b *bothWays) find(entity, field, value string) (string, error) {
	found, err := b.medusa.graph(entity, record{field: value}, "id")
	if err != nil {
		return "", err
	}
	if len(found) != 1 {
		return "", fmt.Errorf("the shop has %d of %s with %s %s, not one", len(found), entity, field, value)
	}
	return text(found[0]["id"]), nil
}

// findAll calls find for several triples of entity, field and value.
func (b *bothWays) findAll(wanted ...[3]string) ([]string, error) {
	ids := make([]string, len(wanted))
	for i, w := range wanted {
		var err error
		if ids[i], err = b.find(w[0], w[1], w[2]); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// linkedHere creates links through our API. Medusa must see them, and a link that Medusa dismisses must be gone here.
func (b *bothWays) linkedHere(ctx context.Context) error {
	ids, err := b.findAll(
		[3]string{"variant", "title", "Shirt L"},
		[3]string{"inventory_item", "sku", "button"},
		[3]string{"inventory_item", "sku", "mug"},
	)
	if err != nil {
		return err
	}
	shirt, mug := ids[0], ids[2]
	want, err := b.theirItems(shirt)
	if err != nil {
		return err
	}
	for _, item := range ids[1:] {
		if err := b.api.ask(ctx, `mutation ($variant: ID!, $item: ID!) {
			createLinks(links: [{ product: { variantId: $variant }, inventory: { inventoryItemId: $item }, data: { requiredQuantity: "3.5" } }]) {
				results { outcome } } }`, record{"variant": shirt, "item": item}, nil); err != nil {
			return err
		}
		want[item] = "3.5"
	}
	theirs, err := b.theirItems(shirt)
	if err != nil {
		return err
	}
	b.expectItems("Medusa sees two links made by createLinks, with their extra column", theirs, want)
	if err := b.medusa.do("dismiss", stockLink(shirt, mug, "3.5"), nil); err != nil {
		return err
	}
	delete(want, mug)
	ours, err := b.ourItems(ctx, shirt)
	if err != nil {
		return err
	}
	b.expectItems("one of them, dismissed by Medusa, is gone here at once", ours, want)
	return nil
}

// linkedThere creates a link through Medusa. Our API must see it, and after our API dismisses it, it must be gone in
// Medusa.
func (b *bothWays) linkedThere(ctx context.Context) error {
	ids, err := b.findAll(
		[3]string{"variant", "title", "Big mug"},
		[3]string{"inventory_item", "sku", "button"},
		[3]string{"inventory_item", "sku", "cloth"},
	)
	if err != nil {
		return err
	}
	mug, button, cloth := ids[0], ids[1], ids[2]
	if err := b.medusa.do(
		"create",
		[]json.RawMessage{stockLink(mug, button, "7"), stockLink(mug, cloth, "2")},
		nil,
	); err != nil {
		return err
	}
	ours, err := b.ourItems(ctx, mug)
	if err != nil {
		return err
	}
	b.expectItems(
		"two links made by Medusa's link.create are seen here at once, with their extra column",
		ours,
		map[string]string{button: "7", cloth: "2"},
	)
	if err := b.api.ask(ctx, `mutation ($variant: ID!, $item: ID!) {
		dismissLinks(links: [{ product: { variantId: $variant }, inventory: { inventoryItemId: $item } }]) { results { outcome } } }`,
		record{"variant": mug, "item": cloth}, nil); err != nil {
		return err
	}
	theirs, err := b.theirItems(mug)
	if err != nil {
		return err
	}
	b.expectItems("one of them, dismissed by dismissLinks, is gone in Medusa", theirs, map[string]string{button: "7"})
	return nil
}

// stockLink returns a link in the form of Medusa's link.create. The JSON is written out, because Medusa depends on
// the order of the two ends.
func stockLink(variant, item, quantity string) json.RawMessage {
	return fmt.Appendf(
		nil,
		`{"product": {"variant_id": %s}, "inventory": {"inventory_item_id": %s}, "data": {"required_quantity": %s}}`,
		literal(variant),
		literal(item),
		quantity,
	)
}

func channelLink(product, channel string) json.RawMessage {
	return fmt.Appendf(
		nil,
		`{"product": {"product_id": %s}, "sales_channel": {"sales_channel_id": %s}}`,
		literal(product),
		literal(channel),
	)
}

// theirItems returns the inventory items of a variant and their quantities, according to Medusa.
func (b *bothWays) theirItems(variant string) (map[string]string, error) {
	found, err := b.medusa.graph(
		"variant",
		record{"id": variant},
		"id",
		"inventory_items.inventory_item_id",
		"inventory_items.required_quantity",
	)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	items := map[string]string{}
	for _, row := range listOf(found[0]["inventory_items"]) {
		items[text(row["inventory_item_id"])] = text(row["required_quantity"])
	}
	return items, nil
}

// ourItems returns the same according to our API.
func (b *bothWays) ourItems(ctx context.Context, variant string) (map[string]string, error) {
	var answer struct{ ProductVariant struct{ InventoryItems page } }
	err := b.api.ask(ctx, `query ($id: ID!) {
		productVariant(id: $id) { inventoryItems(first: 100) { edges { link { requiredQuantity } node { id } } } } }`, record{"id": variant}, &answer)
	items := map[string]string{}
	for _, e := range answer.ProductVariant.InventoryItems.Edges {
		items[text(e.Node["id"])] = text(e.Link["requiredQuantity"])
	}
	return items, err
}

func (b *bothWays) expectItems(sentence string, have, want map[string]string) {
	b.report.expect(fmt.Sprint(have) == fmt.Sprint(want), sentence, fmt.Sprintf("%v, not %v", have, want))
}

// productFields are the fields to read from Medusa before and after a product is deleted.
var productFields = []string{
	"id",
	"title",
	"handle",
	"sales_channels.id",
	"shipping_profile.id",
	"options.id",
	"options.values.id",
	"tags.id",
	"categories.id",
	"variants.id",
	"variants.title",
	"variants.price_set.id",
	"variants.price_set.prices.id",
	"variants.price_set.prices.amount",
	"variants.inventory_items.inventory_item_id",
	"variants.inventory_items.required_quantity",
}

// deletedHere deletes a product through our API and restores it. Medusa must not see it in between. Afterwards it
// must see all of it again, except for links that Medusa itself dismissed: one before the deletion, and one that it
// created again and dismissed since.
func (b *bothWays) deletedHere(ctx context.Context) error {
	ids, err := b.findAll(
		[3]string{"product", "title", "Shirt"},
		[3]string{"sales_channel", "name", "Web"},
		[3]string{"sales_channel", "name", "Closing"},
	)
	if err != nil {
		return err
	}
	shirt, web, closing := ids[0], ids[1], ids[2]
	if err := b.makeAndDismiss(channelLink(shirt, closing)); err != nil {
		return err
	}
	before, err := b.medusa.graph("product", record{"id": shirt}, productFields...)
	if err != nil {
		return err
	}
	if len(before) != 1 {
		return fmt.Errorf("the shop has no product %s", shirt)
	}
	if err := b.api.ask(
		ctx,
		`mutation ($ids: [ID!]!) { deleteProducts(ids: $ids) { deletionId } }`,
		record{"ids": []string{shirt}},
		nil,
	); err != nil {
		return err
	}
	if err := b.goneThere(before[0]); err != nil {
		return err
	}
	if err := b.makeAndDismiss(channelLink(shirt, web)); err != nil {
		return err
	}
	if err := b.api.ask(
		ctx,
		`mutation ($ids: [ID!]!) { restoreProducts(ids: $ids) { deletionId } }`,
		record{"ids": []string{shirt}},
		nil,
	); err != nil {
		return err
	}
	return b.restoredThere(before[0], web)
}

func (b *bothWays) makeAndDismiss(link json.RawMessage) error {
	if err := b.medusa.do("create", link, nil); err != nil {
		return err
	}
	return b.medusa.do("dismiss", link, nil)
}

// goneThere checks that Medusa does not return the deleted product, its parts and its links.
func (b *bothWays) goneThere(product record) error {
	var variants, sets, prices []any
	for _, v := range listOf(product["variants"]) {
		variants = append(variants, v["id"])
		set, _ := v["price_set"].(record)
		sets = append(sets, set["id"])
		for _, p := range listOf(set["prices"]) {
			prices = append(prices, p["id"])
		}
	}
	var left []string
	for _, q := range []struct {
		entity, field string
		values        any
	}{
		{"product", "id", product["id"]},
		{"variant", "id", variants},
		{"price_set", "id", sets},
		{"price", "id", prices},
		{"product_sales_channel", "product_id", product["id"]},
		{"product_shipping_profile", "product_id", product["id"]},
		{"product_variant_price_set", "variant_id", variants},
		{"product_variant_inventory_item", "variant_id", variants},
	} {
		found, err := b.medusa.graph(q.entity, record{q.field: q.values}, "id")
		if err != nil {
			return err
		}
		for _, r := range found {
			left = append(left, fmt.Sprintf("%s %s", q.entity, r["id"]))
		}
	}
	b.report.expect(len(left) == 0, fmt.Sprintf(
		"a product deleted by deleteProducts is gone in Medusa, with %d variants, their %d price sets and %d prices, and all their links",
		len(variants),
		len(sets),
		len(prices),
	), left...)
	return nil
}

// restoredThere compares a restored product with what Medusa returned before.
func (b *bothWays) restoredThere(before record, dismissed string) error {
	after, err := b.medusa.graph("product", record{"id": before["id"]}, productFields...)
	if err != nil {
		return err
	}
	expected := record{}
	for name, value := range before {
		expected[name] = value
	}
	var channels []any
	for _, channel := range listOf(before["sales_channels"]) {
		if channel["id"] != dismissed {
			channels = append(channels, channel)
		}
	}
	expected["sales_channels"] = channels
	have, want := canonical(listFirst(after)), canonical(expected)
	b.report.expect(
		len(channels) > 0 && have == want,
		"restoreProducts brings it back in Medusa with all its links, but for one dismissed before and one made and dismissed since",
		"is      "+have,
		"expected "+want,
	)
	return nil
}

// deletedThere deletes a product through Medusa. It must be gone here with its links, including a link that Medusa
// does not know.
func (b *bothWays) deletedThere(ctx context.Context) error {
	ids, err := b.findAll(
		[3]string{"product", "title", "Sofa"},
		[3]string{"product", "title", "Mug"},
		[3]string{"sales_channel", "name", "Web"},
	)
	if err != nil {
		return err
	}
	sofa, mug, web := ids[0], ids[1], ids[2]
	if err := b.medusa.do("create", channelLink(sofa, web), nil); err != nil {
		return err
	}
	if err := b.api.ask(ctx, `mutation ($mug: ID!, $sofa: ID!) {
		createLinks(links: [{ link: PRODUCT_RELATED_PRODUCT, ends: { left: $mug, right: $sofa } }]) { results { outcome } } }`,
		record{"mug": mug, "sofa": sofa}, nil); err != nil {
		return err
	}
	before, err := b.productParts(ctx, sofa)
	if err != nil {
		return err
	}
	if err := b.medusa.do("deleteProductsWorkflow", record{"ids": []string{sofa}}, nil); err != nil {
		return err
	}
	after, err := b.productParts(ctx, sofa)
	if err != nil {
		return err
	}
	var wrong []string
	for _, name := range sortedKeys(after) {
		if before[name] == 0 || after[name] > 0 {
			wrong = append(wrong, fmt.Sprintf("%s: %d before, %d after", name, before[name], after[name]))
		}
	}
	b.report.expect(
		len(wrong) == 0,
		"a product deleted by Medusa is gone here at once, with its variants and links, those that only this API knows too",
		wrong...)
	return nil
}

// productParts counts what our API returns of a product: itself, its variants, its links.
func (b *bothWays) productParts(ctx context.Context, product string) (map[string]int, error) {
	var answer map[string]page
	err := b.api.ask(ctx, `query ($id: ID!) {
		products(filter: { id: { eq: $id } }) { nodes { id } }
		productVariants(filter: { productId: { eq: $id } }) { nodes { id } }
		productSalesChannels(filter: { productId: { eq: $id } }) { nodes { id } }
		productShippingProfiles(filter: { productId: { eq: $id } }) { nodes { id } }
		productVariantPriceSets(filter: { variant: { productId: { eq: $id } } }) { nodes { id } }
		salesChannels(filter: { products: { some: { id: { eq: $id } } } }) { nodes { id } }
		relatedProducts: products(filter: { relatedProducts: { some: { id: { eq: $id } } } }) { nodes { id } } }`, record{"id": product}, &answer)
	counts := map[string]int{}
	for name, p := range answer {
		counts[name] = len(p.Nodes)
	}
	return counts, err
}

func listFirst(list []record) any {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// canonical formats a value as text that does not depend on the order of lists.
func canonical(v any) string {
	switch v := v.(type) {
	case []any:
		parts := make([]string, len(v))
		for i, each := range v {
			parts[i] = canonical(each)
		}
		slices.Sort(parts)
		return "[" + strings.Join(parts, ", ") + "]"
	case record:
		parts := make([]string, 0, len(v))
		for _, key := range sortedKeys(v) {
			parts = append(parts, key+": "+canonical(v[key]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	default:
		out, _ := json.Marshal(v) // the value was decoded from JSON
		return string(out)
	}
}
