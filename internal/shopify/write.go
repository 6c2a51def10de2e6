package shopify

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

// savedVariant is a variant of the file and its ids in the store.
type savedVariant struct {
	*variant
	product *product
	id      string
}

// products writes some products of the file, their parts and their links.
func (r *run) products(part []*product) error {
	ids, err := r.writeProducts(part)
	if err != nil {
		return err
	}
	values, err := r.writeOptions(part, ids)
	if err != nil {
		return err
	}
	variants, err := r.writeVariants(part, ids, values)
	if err != nil {
		return err
	}
	if err := r.writeImages(part, ids); err != nil {
		return err
	}
	if err := r.writePrices(variants); err != nil {
		return err
	}
	if err := r.writeStock(variants); err != nil {
		return err
	}
	pairs := make([][2]string, len(part))
	for i, p := range part {
		pairs[i] = [2]string{ids[p.handle], r.channel}
	}
	r.report.Products += len(part)
	r.report.Variants += len(variants)
	return r.link("product_sales_channel", pairs, nil)
}

// lookup returns the ids of records by a text field, and creates the missing ones.
func (r *run) lookup(model, field string, wanted []string) (map[string]string, error) {
	ids := r.known[model]
	if ids == nil {
		ids = map[string]string{}
		r.known[model] = ids
	}
	var unknown []string
	queued := map[string]bool{}
	for _, w := range wanted {
		if ids[w] == "" && !queued[w] && w != "" {
			queued[w] = true
			unknown = append(unknown, w)
		}
	}
	found, err := r.find(model, field, unknown)
	if err != nil {
		return nil, err
	}
	for _, rec := range found {
		ids[text(rec, field)] = rec.ID()
	}
	var missing []values
	for _, w := range unknown {
		if ids[w] == "" {
			missing = append(missing, values{field: w})
		}
	}
	made, err := r.create(model, missing)
	if err != nil {
		return nil, err
	}
	for i, id := range made {
		w, _ := missing[i][field].(string)
		ids[w] = id
	}
	return ids, nil
}

func text(rec *recordstore.Record, field string) string {
	i, _ := rec.Model.Column(field)
	s, _ := rec.Values[i].(string)
	return s
}

func (r *run) writeProducts(part []*product) (map[string]string, error) {
	var types, tags, handles []string
	for _, p := range part {
		types, tags, handles = append(types, p.typ), append(tags, p.tags...), append(handles, p.handle)
	}
	typeIDs, err := r.lookup("ProductType", "value", types)
	if err != nil {
		return nil, err
	}
	tagIDs, err := r.lookup("ProductTag", "value", tags)
	if err != nil {
		return nil, err
	}
	found, err := r.find("Product", "handle", handles)
	if err != nil {
		return nil, err
	}
	there := map[string]*recordstore.Record{}
	for _, rec := range found {
		there[text(rec, "handle")] = rec
	}
	ids := map[string]string{}
	var made, changed []values
	var old []*recordstore.Record
	var madeHandles []string
	for _, p := range part {
		v := p.values(typeIDs[p.typ])
		if rec := there[p.handle]; rec != nil {
			ids[p.handle] = rec.ID()
			old, changed = append(old, rec), append(changed, v)
			continue
		}
		tagged := make([]string, len(p.tags))
		for i, tag := range p.tags {
			tagged[i] = tagIDs[tag]
		}
		v["handle"], v["tagIds"] = p.handle, tagged
		made, madeHandles = append(made, v), append(madeHandles, p.handle)
	}
	newIDs, err := r.create("Product", made)
	if err != nil {
		return nil, err
	}
	for i, id := range newIDs {
		ids[madeHandles[i]] = id
	}
	if err := r.update("Product", old, changed); err != nil {
		return nil, err
	}
	return ids, r.retag(part, there, tagIDs)
}

// retag sets the tags of existing products where they differ.
func (r *run) retag(part []*product, there map[string]*recordstore.Record, tagIDs map[string]string) error {
	m, err := r.model("Product")
	if err != nil || len(there) == 0 {
		return err
	}
	relation, _ := m.Relation("tags")
	hop := &recordstore.Hop{Model: m, Relation: relation, Page: &recordstore.Page{Limit: 10_000}}
	var products []*product
	for _, p := range part {
		if rec := there[p.handle]; rec != nil {
			products = append(products, p)
			hop.Keys = append(hop.Keys, rec.ID())
		}
	}
	if err := r.records.Read(r.ctx, hop); err != nil {
		return err
	}
	var changes []values
	for i, p := range products {
		have := map[string]bool{}
		for _, row := range hop.Result[i].Rows {
			have[row.Record.ID()] = true
		}
		same := len(have) == len(p.tags)
		tagged := make([]string, len(p.tags))
		for j, tag := range p.tags {
			tagged[j] = tagIDs[tag]
			same = same && have[tagIDs[tag]]
		}
		if !same {
			changes = append(changes, values{"id": hop.Keys[i], "tagIds": tagged})
		}
	}
	return r.change(m, changes)
}

func (p *product) values(typeID string) values {
	v := values{
		"title":       p.title,
		"isGiftcard":  p.giftCard,
		"status":      "draft",
		"description": nil,
		"typeId":      nil,
		"thumbnail":   nil,
	}
	if p.published {
		v["status"] = "published"
	}
	if p.body != "" {
		v["description"] = p.body
	}
	if typeID != "" {
		v["typeId"] = typeID
	}
	if len(p.images) > 0 {
		v["thumbnail"] = p.images[0]
	}
	metadata := map[string]any{}
	for key, s := range map[string]string{
		"vendor": p.vendor, "seo_title": p.seoTitle, "seo_description": p.seoDescription, "product_category": p.category,
	} {
		if s != "" {
			metadata[key] = s
		}
	}
	if len(metadata) > 0 {
		v["metadata"] = metadata
	}
	return v
}

// writeOptions creates the options of each product and their values. It returns the ids of the values by product,
// option and value.
func (r *run) writeOptions(part []*product, ids map[string]string) (map[[3]string]string, error) {
	m, err := r.model("Product")
	if err != nil {
		return nil, err
	}
	relation, _ := m.Relation("options")
	option, err := r.model("ProductOption")
	if err != nil {
		return nil, err
	}
	title, _ := option.Column("title")
	hop := &recordstore.Hop{Model: m, Relation: relation, Columns: []int{title}, Page: &recordstore.Page{Limit: 1000}}
	for _, p := range part {
		hop.Keys = append(hop.Keys, ids[p.handle])
	}
	if err := r.records.Read(r.ctx, hop); err != nil {
		return nil, err
	}
	optionIDs := map[[2]string]string{} // by product and title
	for i, rows := range hop.Result {
		for _, row := range rows.Rows {
			optionIDs[[2]string{part[i].handle, text(row.Record, "title")}] = row.Record.ID()
		}
	}
	if err := r.missingOptions(part, ids, optionIDs); err != nil {
		return nil, err
	}
	return r.optionValues(part, optionIDs)
}

func (r *run) missingOptions(part []*product, ids map[string]string, optionIDs map[[2]string]string) error {
	var made, joins []values
	var names [][2]string
	for _, p := range part {
		for _, name := range p.options {
			if key := [2]string{p.handle, name}; optionIDs[key] == "" {
				names = append(names, key)
				made = append(made, values{"title": name, "isExclusive": true})
			}
		}
	}
	newIDs, err := r.create("ProductOption", made)
	if err != nil || len(newIDs) == 0 {
		return err
	}
	for i, id := range newIDs {
		optionIDs[names[i]] = id
	}
	for _, p := range part {
		var all []string
		for _, name := range p.options {
			all = append(all, optionIDs[[2]string{p.handle, name}])
		}
		joins = append(joins, values{"id": ids[p.handle], "optionIds": all})
	}
	m, err := r.model("Product")
	if err != nil {
		return err
	}
	_, err = r.records.Update(r.ctx, m, joins)
	return err
}

func (r *run) optionValues(part []*product, optionIDs map[[2]string]string) (map[[3]string]string, error) {
	var options []string
	for _, id := range optionIDs {
		options = append(options, id)
	}
	found, err := r.find("ProductOptionValue", "optionId", options)
	if err != nil {
		return nil, err
	}
	byOption := map[[2]string]string{}
	for _, rec := range found {
		byOption[[2]string{text(rec, "optionId"), text(rec, "value")}] = rec.ID()
	}
	var made []values
	var keys [][2]string
	for _, p := range part {
		for i, name := range p.options {
			rank := 0
			for _, v := range p.variants {
				key := [2]string{optionIDs[[2]string{p.handle, name}], v.values[i]}
				if _, ok := byOption[key]; ok {
					continue
				}
				byOption[key] = "" // its id is set below
				keys = append(keys, key)
				made = append(made, values{"optionId": key[0], "value": key[1], "rank": rank})
				rank++
			}
		}
	}
	newIDs, err := r.create("ProductOptionValue", made)
	if err != nil {
		return nil, err
	}
	for i, id := range newIDs {
		byOption[keys[i]] = id
	}
	all := map[[3]string]string{}
	for key, option := range optionIDs {
		for k, id := range byOption {
			if k[0] == option {
				all[[3]string{key[0], key[1], k[1]}] = id
			}
		}
	}
	return all, nil
}

func (r *run) writeVariants(
	part []*product,
	ids map[string]string,
	optionValues map[[3]string]string,
) ([]savedVariant, error) {
	var owners []string
	for _, p := range part {
		owners = append(owners, ids[p.handle])
	}
	found, err := r.find("ProductVariant", "productId", owners)
	if err != nil {
		return nil, err
	}
	there := map[[2]string]*recordstore.Record{}
	for _, rec := range found {
		there[[2]string{text(rec, "productId"), text(rec, "title")}] = rec
	}
	var all []savedVariant
	var made, changed []values
	var old []*recordstore.Record
	var fresh []int
	for _, p := range part {
		for i := range p.variants {
			v := &p.variants[i]
			w := v.record(ids[p.handle], i)
			if rec := there[[2]string{ids[p.handle], v.title()}]; rec != nil {
				old, changed = append(old, rec), append(changed, w)
				all = append(all, savedVariant{v, p, rec.ID()})
				continue
			}
			var chosen []string
			for j, name := range p.options {
				chosen = append(chosen, optionValues[[3]string{p.handle, name, v.values[j]}])
			}
			w["optionIds"] = chosen
			fresh, made = append(fresh, len(all)), append(made, w)
			all = append(all, savedVariant{v, p, ""})
		}
	}
	newIDs, err := r.create("ProductVariant", made)
	if err != nil {
		return nil, r.atLine(err, func(i int) int { return all[fresh[i]].line })
	}
	for i, id := range newIDs {
		all[fresh[i]].id = id
	}
	return all, r.update("ProductVariant", old, changed)
}

func (v *variant) record(productID string, rank int) values {
	w := values{
		"productId": productID, "title": v.title(), "variantRank": rank, "allowBackorder": v.backorder,
		"sku": nil, "barcode": nil, "thumbnail": nil, "weight": nil, "metadata": nil,
	}
	for field, s := range map[string]string{"sku": v.sku, "barcode": v.barcode, "thumbnail": v.image} {
		if s != "" {
			w[field] = s
		}
	}
	if v.grams != "" && strings.Trim(v.grams, "0.") != "" {
		w["weight"] = json.Number(v.grams)
	}
	if v.compareAt != "" {
		w["metadata"] = map[string]any{"compare_at_price": v.compareAt}
	}
	return w
}

func (r *run) writeImages(part []*product, ids map[string]string) error {
	var owners []string
	for _, p := range part {
		owners = append(owners, ids[p.handle])
	}
	found, err := r.find("ProductImage", "productId", owners)
	if err != nil {
		return err
	}
	there := map[[2]string]bool{}
	for _, rec := range found {
		there[[2]string{text(rec, "productId"), text(rec, "url")}] = true
	}
	var made []values
	for _, p := range part {
		for rank, url := range p.images {
			if !there[[2]string{ids[p.handle], url}] {
				made = append(made, values{"productId": ids[p.handle], "url": url, "rank": rank})
			}
		}
	}
	_, err = r.create("ProductImage", made)
	return err
}

// linked returns the key that each variant is linked to.
func (r *run) linked(link string, variants []savedVariant) (map[string]string, error) {
	ids := make([]string, len(variants))
	for i, v := range variants {
		ids[i] = v.id
	}
	found, err := r.links.Linked(r.ctx, link, linkstore.Left, ids, linkstore.LinkedOptions{Limit: 1})
	if err != nil {
		return nil, err
	}
	far := make(map[string]string, len(found))
	for id, links := range found {
		far[id] = links[0].Right
	}
	return far, nil
}

// attach creates and links a far record for each variant that has none, and returns the far ids of all variants.
func (r *run) attach(
	link, model string,
	variants []savedVariant,
	make func(savedVariant) values,
	data map[string]any,
) (map[string]string, error) {
	far, err := r.linked(link, variants)
	if err != nil {
		return nil, err
	}
	var made []values
	var owners []savedVariant
	for _, v := range variants {
		if far[v.id] == "" {
			made, owners = append(made, make(v)), append(owners, v)
		}
	}
	newIDs, err := r.create(model, made)
	if err != nil {
		return nil, r.atLine(err, func(i int) int { return owners[i].line })
	}
	var pairs [][2]string
	for i, id := range newIDs {
		far[owners[i].id] = id
		pairs = append(pairs, [2]string{owners[i].id, id})
	}
	return far, r.link(link, pairs, data)
}

func (r *run) writePrices(variants []savedVariant) error {
	sets, err := r.attach(
		"product_variant_price_set",
		"PriceSet",
		variants,
		func(savedVariant) values { return values{} },
		nil,
	)
	if err != nil {
		return err
	}
	var keys []string
	for _, id := range sets {
		keys = append(keys, id)
	}
	found, err := r.find("Price", "priceSetId", keys)
	if err != nil {
		return err
	}
	there := map[string]*recordstore.Record{}
	for _, rec := range found {
		if text(rec, "currencyCode") == r.currency && text(rec, "priceListId") == "" {
			there[text(rec, "priceSetId")] = rec
		}
	}
	var made, changed []values
	var old []*recordstore.Record
	for _, v := range variants {
		set := sets[v.id]
		if rec := there[set]; rec != nil {
			old, changed = append(old, rec), append(changed, values{"amount": v.price})
			continue
		}
		made = append(made, values{"priceSetId": set, "currencyCode": r.currency, "amount": v.price})
	}
	if _, err := r.create("Price", made); err != nil {
		return err
	}
	return r.update("Price", old, changed)
}

func (r *run) writeStock(variants []savedVariant) error {
	items, err := r.attach("product_variant_inventory_item", "InventoryItem", variants, func(v savedVariant) values {
		w := values{"title": fmt.Sprintf("%s, %s", v.product.title, v.title()), "requiresShipping": v.shipped}
		if v.sku != "" {
			w["sku"] = v.sku
		}
		return w
	}, map[string]any{"required_quantity": "1"})
	if err != nil {
		return err
	}
	var keys []string
	for _, id := range items {
		keys = append(keys, id)
	}
	found, err := r.find("InventoryLevel", "inventoryItemId", keys)
	if err != nil {
		return err
	}
	there := map[string]*recordstore.Record{}
	for _, rec := range found {
		if text(rec, "locationId") == r.location {
			there[text(rec, "inventoryItemId")] = rec
		}
	}
	var made, changed []values
	var old []*recordstore.Record
	for _, v := range variants {
		item := items[v.id]
		if rec := there[item]; rec != nil {
			old, changed = append(old, rec), append(changed, values{"stockedQuantity": v.quantity})
			continue
		}
		made = append(made, values{"inventoryItemId": item, "locationId": r.location, "stockedQuantity": v.quantity})
	}
	if _, err := r.create("InventoryLevel", made); err != nil {
		return err
	}
	return r.update("InventoryLevel", old, changed)
}
