package main

import "fmt"

// step creates a part of the store.
type step struct{ what, sql string }

// steps returns the statements that create the store. A product has five variants on average, each with a price set,
// two prices, an inventory item and a level. Links are skewed: most products are in one to three of 200 channels, but
// a few channels have every fifth product or more. Most variants are made of one item, but one item (a box) is part
// of every tenth variant.
func steps(products int) []step {
	f := fmt.Sprintf
	variants := products * 5
	return []step{
		{"small tables", `
			INSERT INTO product_type (id, value) SELECT 'ptyp' || n, 'type ' || n FROM generate_series(1, 200) AS n;
			INSERT INTO product_tag (id, value) SELECT 'ptag' || n, 'tag ' || n FROM generate_series(1, 500) AS n;
			INSERT INTO stock_location (id, name) SELECT 'loc' || n, 'Location ' || n FROM generate_series(1, 20) AS n;
			INSERT INTO sales_channel (id, name) SELECT 'c' || n, 'Channel ' || n FROM generate_series(0, 199) AS n;
			INSERT INTO inventory_item (id, sku, title) VALUES ('box', 'BOX', 'Box')`},
		{"products", f(`
			INSERT INTO product (id, title, handle, status, type_id, created_at)
			SELECT 'p' || lpad(n::text, 8, '0'), 'Product ' || n, 'product-' || n, CASE WHEN n %% 5 = 0 THEN 'draft' ELSE 'published' END,
				'ptyp' || 1 + n %% 200, now() - n * interval '1 second' FROM generate_series(1, %d) AS n`, products)},
		{"tags", f(`
			INSERT INTO product_tags (product_id, product_tag_id)
			SELECT 'p' || lpad(n::text, 8, '0'), 'ptag' || 1 + (n * 7) %% 500 FROM generate_series(1, %d) AS n`, products)},
		{"variants", f(`
			INSERT INTO product_variant (id, title, sku, product_id)
			SELECT 'v' || lpad(n::text, 8, '0'), 'Variant ' || n, 'SKU-' || n, 'p' || lpad((1 + (n - 1) / 5)::text, 8, '0') FROM generate_series(1, %d) AS n`, variants)},
		{
			"price sets",
			f(
				`INSERT INTO price_set (id) SELECT 's' || lpad(n::text, 8, '0') FROM generate_series(1, %d) AS n`,
				variants,
			),
		},
		{"prices", f(`
			INSERT INTO price (id, price_set_id, currency_code, amount, raw_amount)
			SELECT 'r' || c || lpad(n::text, 8, '0'), 's' || lpad(n::text, 8, '0'), c, 1 + (n * 31) %% 1000, '{}'
			FROM generate_series(1, %d) AS n, unnest(ARRAY['eur', 'usd']) AS c`, variants)},
		{"inventory items", f(`
			INSERT INTO inventory_item (id, sku) SELECT 'i' || lpad(n::text, 8, '0'), 'SKU-' || n FROM generate_series(1, %d) AS n`, variants)},
		{"levels", f(`
			INSERT INTO inventory_level (id, inventory_item_id, location_id, stocked_quantity)
			SELECT 'l' || lpad(n::text, 8, '0'), 'i' || lpad(n::text, 8, '0'), 'loc' || 1 + n %% 20, n %% 40 FROM generate_series(1, %d) AS n`, variants)},
		{"price links", f(`
			INSERT INTO product_variant_price_set (variant_id, price_set_id, id)
			SELECT 'v' || lpad(n::text, 8, '0'), 's' || lpad(n::text, 8, '0'), 'pvps_' || lpad(n::text, 8, '0') FROM generate_series(1, %d) AS n`, variants)},
		{"inventory links", f(`
			INSERT INTO product_variant_inventory_item (variant_id, inventory_item_id, id)
			SELECT 'v' || lpad(n::text, 8, '0'), 'i' || lpad(n::text, 8, '0'), 'pvitem_' || lpad(n::text, 8, '0') FROM generate_series(1, %[1]d) AS n
			UNION ALL SELECT 'v' || lpad(n::text, 8, '0'), 'box', 'pvitem_b' || lpad(n::text, 8, '0') FROM generate_series(10, %[1]d, 10) AS n`, variants)},
		{"channel links", f(`
			INSERT INTO product_sales_channel (product_id, sales_channel_id, id)
			SELECT 'p' || lpad(n::text, 8, '0'), c, 'prodsc_' || c || lpad(n::text, 8, '0') FROM generate_series(1, %d) AS n,
				LATERAL (SELECT DISTINCT c FROM unnest(ARRAY['c' || 10 + (n * 13) %% 190,
					CASE WHEN n %% 2 = 0 THEN 'c0' END, CASE WHEN n %% 5 = 0 THEN 'c1' END]) AS c WHERE c IS NOT NULL) AS cs`, products)},
		{"analyze", `VACUUM ANALYZE`},
	}
}

// query is a query to measure.
type query struct{ name, query string }

// queries returns ten typical queries of frontends over the store that steps creates.
func queries(products int) []query {
	half := fmt.Sprintf("%08d", products/2)
	return []query{
		{
			"product page",
			`{ product(id: "p` + half + `") { title tags { nodes { value } } variants { nodes { title sku priceSet { prices { nodes { amount currencyCode } } } inventoryItems { edges { link { requiredQuantity } node { levels { nodes { stockedQuantity stockLocation { name } } } } } } } } salesChannels { nodes { name } } } }`,
		},
		{
			"first page of products with prices",
			`{ products(first: 20) { nodes { title variants { nodes { title priceSet { prices { nodes { amount } } } } } } } }`,
		},
		{
			"category page: of a channel, published",
			`{ products(first: 20, filter: { status: { eq: PUBLISHED }, salesChannels: { some: { id: { eq: "c42" } } } }) { nodes { title variants(first: 1) { nodes { priceSet { prices(first: 1) { nodes { amount } } } } } } } }`,
		},
		{
			"page of a hub's products",
			`{ salesChannel(id: "c0") { products(first: 20) { nodes { title } pageInfo { hasNextPage endCursor } } } }`,
		},
		{
			"by price across three hops",
			`{ products(first: 20, filter: { variants: { some: { priceSet: { prices: { some: { currencyCode: { eq: "eur" }, amount: { lte: "20" } } } } } } }) { nodes { title } } }`,
		},
		{
			"search by SKU",
			`{ productVariants(filter: { sku: { eq: "SKU-4711" } }) { nodes { title product { title } } } }`,
		},
		{
			"from an item back to products",
			`{ inventoryItem(id: "box") { variants(first: 20) { nodes { title product { title } } } } }`,
		},
		{
			"prices of 100 price sets and whose they are",
			`{ priceSets(first: 100) { nodes { prices { nodes { amount } } variant { sku } } } }`,
		},
		{
			"stock of a location, a page",
			`{ stockLocation(id: "loc3") { inventoryLevels(first: 50) { nodes { stockedQuantity inventoryItem { sku } } } } }`,
		},
		{
			"latest products, counted",
			`{ products(first: 20, orderBy: [{ createdAt: DESC }]) { totalCount nodes { title } } }`,
		},
	}
}

// productID and variantID return the ids of the n-th product and variant, from 1.
func productID(n int) string { return fmt.Sprintf("p%08d", n) }

func variantID(n int) string { return fmt.Sprintf("v%08d", n) }
