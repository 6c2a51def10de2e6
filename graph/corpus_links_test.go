package graph_test

import (
	"strings"
	"testing"

	"github.com/linkgraph/linkgraph/graph"
)

// TestCorpusOfLinkInputs names links in all the ways in which a request can be written.
func TestCorpusOfLinkInputs(t *testing.T) {
	t.Parallel()
	a := newAPI(t, newDemoDB(t), graph.Config{MaxItems: 4})
	const shirt, channel = `"product": {"productId": "prod_demo_shirt"}`, `"salesChannel": {"salesChannelId": "sc_demo_web"}`
	const variant, item = `"product": {"variantId": "variant_demo_shirt_s"}`, `"inventory": {"inventoryItemId": "iitem_demo_shirt_s"}`
	const pair = `{` + shirt + `, ` + channel + `}`
	inputs := []string{
		`[` + pair + `]`,
		`[` + pair + `,` + pair + `]`,
		`[{` + channel + `,` + shirt + `}]`,
		pair,
		`[]`,
		`null`,
		`[null]`,
		`7`,
		`"x"`,
		`[[]]`,
		`{}`,
		`[{}]`,
		`[` + pair + `, {}]`,
		`[{` + shirt + `}]`,
		`[{` + shirt + `, ` + shirt + `}]`,
		`[{` + shirt + `, ` + channel + `, ` + item + `}]`,
		`[{` + shirt + `, ` + item + `}]`,
		`[{"product": null, ` + channel + `}]`,
		`[{"product": {}, ` + channel + `}]`,
		`[{"product": {"productId": null}, ` + channel + `}]`,
		`[{"product": {"productId": "a", "productId": "prod_demo_shirt"}, ` + channel + `}]`,
		`[{"product": {"productId": "prod_demo_shirt", "variantId": "x"}, ` + channel + `}]`,
		`[{"product": {"productId": "prod_demo_shirt", "variantId": "x"}}]`,
		`[{"product": {"productId": ""}, ` + channel + `}]`,
		`[{"product": {"productId": 7}, ` + channel + `}]`,
		`[{"product": {"productId": 7.5}, ` + channel + `}]`,
		`[{"product": {"productId": true}, ` + channel + `}]`,
		`[{"product": {"id": "x"}, ` + channel + `}]`,
		`[{"products": {"productId": "x"}, ` + channel + `}]`,
		`[{"product": "x", ` + channel + `}]`,
		`[{"product": {"productId": "prod_\u0064emo_shirt"}, ` + channel + `}]`,
		`[{"product": {"productId": "a\u0000"}, ` + channel + `}]`,
		`[{"pro\u0064uct": {"productId": "prod_demo_shirt"}, ` + channel + `}]`,
		`[{"__typename": "LinkInput", ` + shirt + `, ` + channel + `}]`,
		`[{"link": "PRODUCT_SALES_CHANNEL", ` + shirt + `, ` + channel + `}]`,
		`[{"link": "PRODUCT_VARIANT_PRICE_SET", ` + shirt + `, ` + channel + `}]`,
		`[{"link": "product_sales_channel", ` + shirt + `, ` + channel + `}]`,
		`[{"link": "NO_LINK", ` + shirt + `, ` + channel + `}]`,
		`[{"link": null, ` + shirt + `, ` + channel + `}]`,
		`[{"link": ""}]`,
		`[{"link": 7}]`,
		`[{"link": "PRODUCT_SALES_CHANNEL"}]`,
		`[{"link": "PRODUCT_SALES_CHANNEL", "ends": {"left": "prod_demo_shirt", "right": "sc_demo_web"}}]`,
		`[{"link": "PRODUCT_SALES_CHANNEL", "ends": {"left": "prod_demo_shirt"}}]`,
		`[{"link": "PRODUCT_SALES_CHANNEL", "ends": {"left": "", "right": "x"}}]`,
		`[{"link": "PRODUCT_SALES_CHANNEL", "ends": {"left": 7, "right": "x"}}]`,
		`[{"link": "PRODUCT_SALES_CHANNEL", "ends": null}]`,
		`[{"link": "PRODUCT_SALES_CHANNEL", "ends": {"left": "a", "left": "b", "right": "x"}}]`,
		`[{"ends": {"left": "a", "right": "b"}}]`,
		`[{"link": "PRODUCT_SALES_CHANNEL", "ends": {"left": "a", "right": "b"}, ` + shirt + `}]`,
		`[{` + variant + `, ` + item + `}]`,
		`[{` + variant + `, ` + item + `, "data": {"requiredQuantity": 3}}]`,
		`[{` + variant + `, ` + item + `, "data": {}}]`,
		`[{` + variant + `, ` + item + `, "data": null}]`,
		`[{` + variant + `, ` + item + `, "data": 7}]`,
		`[{` + variant + `, ` + item + `, "data": {"requiredQuantity": null}}]`,
		`[{` + variant + `, ` + item + `, "data": {"required_quantity": 4}}]`,
		`[{` + variant + `, ` + item + `, "data": {"other": 4}}]`,
		`[{` + shirt + `, ` + channel + `, "data": {"a": 4}}]`,
		`[{"link": "PRODUCT_VARIANT_INVENTORY_ITEM", ` + variant + `, ` + item + `, "data": {"requiredQuantity": 5}}]`,
		`[` + pair + `, {` + variant + `, ` + item + `}]`,
		`[` + pair + `, {"link": "PRODUCT_SALES_CHANNEL", ` + shirt + `, ` + channel + `}, ` + pair + `]`,
		`[` + pair + `,` + pair + `,` + pair + `,` + pair + `,` + pair + `]`,
	}
	const of = `{ __typename id ... on ProductSalesChannel { productId salesChannelId product { title } } ... on ProductVariantInventoryItem { requiredQuantity variantId inventoryItemId variant { sku } } }`
	var all []corpusCase
	for _, document := range []string{
		`query Q($l: [LinkInput!]!) { a: links(links: $l) ` + of + ` b: links(links: $l) { name } }`,
		`mutation M($l: [LinkInput!]!) { createLinks(links: $l, replace: true) { results { outcome link ` + of + ` replaced ` + of + ` } } b: createLinks(links: $l) { results { outcome } } }`,
		`mutation M($l: [LinkInput!]!) { dismissLinks(links: $l) { results { outcome link ` + of + ` } } }`,
		`mutation M($l: [LinkInput!]) { createLinks(links: [` + `{ product: { productId: "prod_demo_mug" }, salesChannel: { salesChannelId: "sc_demo_web" } }]) { results { outcome again: link ` + of + ` link { id } } } }`,
		`mutation M($l: [LinkInput!]! = []) { dismissLinks(links: $l) { __typename results { __typename outcome } } }`,
	} {
		for _, input := range inputs {
			all = append(all, corpusCase{document, `{"l": ` + input + `}`})
		}
		if !strings.Contains(document, "!]!") || strings.Contains(document, "= []") {
			all = append(all, corpusCase{query: document})
		}
	}
	c := &corpus{t, "link_inputs", a.handler, a.db, maskWritten, all}
	c.check(0, nil, nil)
}
