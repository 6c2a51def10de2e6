package main

import (
	"bytes"
	"context"
	"fmt"
)

// compared is a query with its implementations.
type compared struct {
	name, query string
	variables   variables
	hand        answerer
	jsonAgg     string // a single statement
	args        func(v variables) []any
}

func comparedQueries() []compared {
	const prices = `(SELECT json_build_object('prices', json_build_object('nodes', coalesce((SELECT json_agg(r) FROM (
			SELECT amount::text AS amount, currency_code AS "currencyCode" FROM price WHERE price_set_id = l.price_set_id AND deleted_at IS NULL ORDER BY id LIMIT %d) AS r), '[]')))
		FROM product_variant_price_set AS l WHERE l.variant_id = v.id AND l.deleted_at IS NULL LIMIT 1)`
	// cursor is the cursor of the last row. Its verbs are the cursor's content and the order in which that row is
	// first.
	const cursor = `(SELECT rtrim(translate(replace(encode(convert_to('["%s', 'UTF8'), 'base64'), E'\n', ''), '+/', '-_'), '=') FROM shown ORDER BY %s LIMIT 1)`
	first := func(v variables) []any { return []any{v.First} }
	return []compared{
		{
			name:      "page: products, variants, prices, channels",
			query:     `query Page($first: Int) { products(first: $first, filter: { status: { eq: PUBLISHED } }, orderBy: [{ createdAt: DESC }]) { nodes { id title handle variants { nodes { id title sku priceSet { prices { nodes { amount currencyCode } } } } } salesChannels { nodes { id name } } } pageInfo { hasNextPage endCursor } } }`,
			variables: variables{First: 20},
			hand:      hand.page,
			args:      first,
			jsonAgg: `WITH page AS (
					SELECT id, title, handle, created_at FROM product WHERE deleted_at IS NULL AND status = 'published' ORDER BY created_at DESC, id DESC LIMIT $1 + 1),
				shown AS (SELECT * FROM page ORDER BY created_at DESC, id DESC LIMIT $1)
				SELECT json_build_object('data', json_build_object('products', json_build_object('nodes', coalesce((SELECT json_agg(json_build_object(
					'id', p.id, 'title', p.title, 'handle', p.handle,
					'variants', json_build_object('nodes', coalesce((SELECT json_agg(json_build_object('id', v.id, 'title', v.title, 'sku', v.sku, 'priceSet', ` + fmt.Sprintf(prices, 20) + `) ORDER BY v.id)
						FROM (SELECT id, title, sku FROM product_variant WHERE product_id = p.id AND deleted_at IS NULL ORDER BY id LIMIT 20) AS v), '[]')),
					'salesChannels', json_build_object('nodes', coalesce((SELECT json_agg(c) FROM (
						SELECT c.id, c.name FROM product_sales_channel AS l JOIN sales_channel AS c ON c.id = l.sales_channel_id
						WHERE l.product_id = p.id AND l.deleted_at IS NULL AND c.deleted_at IS NULL ORDER BY l.sales_channel_id LIMIT 20) AS c), '[]'))
					) ORDER BY p.created_at DESC, p.id DESC) FROM shown AS p), '[]'),
					'pageInfo', json_build_object('hasNextPage', (SELECT count(*) > $1 FROM page),
						'endCursor', ` + fmt.Sprintf(cursor, pageSignature+`","' || to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '","' || id || '"]`, "created_at, id") + `))))::text`,
		},
		{
			name:      "deep: products, variants, prices, items, levels, locations",
			query:     `query Deep($first: Int) { products(first: $first) { nodes { id title variants { nodes { id title sku priceSet { prices { nodes { amount currencyCode } } } inventoryItems { edges { link { requiredQuantity } node { sku levels { nodes { stockedQuantity stockLocation { name } } } } } } } } } } }`,
			variables: variables{First: 50},
			hand:      hand.deep,
			args:      first,
			jsonAgg: `SELECT json_build_object('data', json_build_object('products', json_build_object('nodes', coalesce((SELECT json_agg(json_build_object(
					'id', p.id, 'title', p.title,
					'variants', json_build_object('nodes', coalesce((SELECT json_agg(json_build_object('id', v.id, 'title', v.title, 'sku', v.sku, 'priceSet', ` + fmt.Sprintf(
				prices,
				20,
			) + `,
						'inventoryItems', json_build_object('edges', coalesce((SELECT json_agg(json_build_object('link', json_build_object('requiredQuantity', i.quantity::text), 'node', json_build_object('sku', i.sku,
							'levels', json_build_object('nodes', coalesce((SELECT json_agg(json_build_object('stockedQuantity', s.quantity::text, 'stockLocation', (
									SELECT json_build_object('name', o.name) FROM stock_location AS o WHERE o.id = s.location_id AND o.deleted_at IS NULL)) ORDER BY s.id)
								FROM (SELECT id, location_id, stocked_quantity AS quantity FROM inventory_level WHERE inventory_item_id = i.id AND deleted_at IS NULL ORDER BY id LIMIT 20) AS s), '[]')))) ORDER BY i.id)
							FROM (SELECT i.id, i.sku, l.required_quantity AS quantity FROM product_variant_inventory_item AS l JOIN inventory_item AS i ON i.id = l.inventory_item_id
								WHERE l.variant_id = v.id AND l.deleted_at IS NULL AND i.deleted_at IS NULL ORDER BY l.inventory_item_id LIMIT 20) AS i), '[]'))) ORDER BY v.id)
						FROM (SELECT id, title, sku FROM product_variant WHERE product_id = p.id AND deleted_at IS NULL ORDER BY id LIMIT 20) AS v), '[]'))
					) ORDER BY p.id) FROM (SELECT id, title FROM product WHERE deleted_at IS NULL ORDER BY id LIMIT $1) AS p), '[]'))))::text`,
		},
		{
			name:      "reverse: a channel's products with one price",
			query:     `query Reverse($id: ID!, $first: Int) { salesChannel(id: $id) { name products(first: $first) { nodes { id title handle variants(first: 1) { nodes { priceSet { prices(first: 1) { nodes { amount currencyCode } } } } } } pageInfo { hasNextPage endCursor } } } }`,
			variables: variables{First: 20, ID: "c0"},
			hand:      hand.reverse,
			args:      func(v variables) []any { return []any{v.First, v.ID} },
			jsonAgg: `WITH page AS (
					SELECT l.product_id AS id, p.title, p.handle FROM product_sales_channel AS l JOIN product AS p ON p.id = l.product_id
					WHERE l.sales_channel_id = $2 AND l.deleted_at IS NULL AND p.deleted_at IS NULL ORDER BY l.product_id LIMIT $1 + 1),
				shown AS (SELECT * FROM page ORDER BY id LIMIT $1)
				SELECT json_build_object('data', json_build_object('salesChannel', (SELECT json_build_object('name', c.name, 'products', json_build_object('nodes', coalesce((SELECT json_agg(json_build_object(
					'id', p.id, 'title', p.title, 'handle', p.handle,
					'variants', json_build_object('nodes', coalesce((SELECT json_agg(json_build_object('priceSet', ` + fmt.Sprintf(prices, 1) + `) ORDER BY v.id)
						FROM (SELECT id FROM product_variant WHERE product_id = p.id AND deleted_at IS NULL ORDER BY id LIMIT 1) AS v), '[]'))
					) ORDER BY p.id) FROM shown AS p), '[]'),
					'pageInfo', json_build_object('hasNextPage', (SELECT count(*) > $1 FROM page),
						'endCursor', ` + fmt.Sprintf(cursor, reverseSignature+`","' || id || '"]`, "id DESC") + `)))
					FROM sales_channel AS c WHERE c.id = $2 AND c.deleted_at IS NULL)))::text`,
		},
		{
			name:      "search: newest products of a channel with a price up to a limit",
			query:     `query Search($first: Int, $id: ID!, $most: Decimal!) { products(first: $first, orderBy: [{ createdAt: DESC }], filter: { status: { eq: PUBLISHED }, salesChannels: { some: { id: { eq: $id } } }, variants: { some: { priceSet: { prices: { some: { currencyCode: { eq: "eur" }, amount: { lte: $most } } } } } } }) { nodes { id title handle variants { nodes { id title priceSet { prices(first: 1) { nodes { amount currencyCode } } } } } } pageInfo { hasNextPage endCursor } } }`,
			variables: variables{First: 20, ID: "c0", Most: "100"},
			hand:      hand.search,
			args:      func(v variables) []any { return []any{v.First, v.ID, v.Most} },
			jsonAgg: `WITH page AS (
					SELECT p.id, p.title, p.handle, p.created_at FROM product AS p WHERE ` + searchFilter + ` ORDER BY p.created_at DESC, p.id DESC LIMIT $1 + 1),
				shown AS (SELECT * FROM page ORDER BY created_at DESC, id DESC LIMIT $1)
				SELECT json_build_object('data', json_build_object('products', json_build_object('nodes', coalesce((SELECT json_agg(json_build_object(
					'id', p.id, 'title', p.title, 'handle', p.handle,
					'variants', json_build_object('nodes', coalesce((SELECT json_agg(json_build_object('id', v.id, 'title', v.title, 'priceSet', ` + fmt.Sprintf(prices, 1) + `) ORDER BY v.id)
						FROM (SELECT id, title FROM product_variant WHERE product_id = p.id AND deleted_at IS NULL ORDER BY id LIMIT 20) AS v), '[]'))
					) ORDER BY p.created_at DESC, p.id DESC) FROM shown AS p), '[]'),
					'pageInfo', json_build_object('hasNextPage', (SELECT count(*) > $1 FROM page),
						'endCursor', ` + fmt.Sprintf(cursor, pageSignature+`","' || to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '","' || id || '"]`, "created_at, id") + `))))::text`,
		},
		{
			name:      "list: 100 links of a channel",
			query:     `query List($first: Int, $id: ID!) { productSalesChannels(first: $first, filter: { salesChannelId: { eq: $id } }, orderBy: [{ productId: ASC }]) { nodes { id productId salesChannelId } pageInfo { hasNextPage endCursor } } }`,
			variables: variables{First: 100, ID: "c0"},
			hand:      hand.list,
			args:      func(v variables) []any { return []any{v.First, v.ID} },
			jsonAgg: `WITH page AS (
					SELECT id, product_id, sales_channel_id FROM product_sales_channel WHERE sales_channel_id = $2 AND deleted_at IS NULL ORDER BY product_id LIMIT $1 + 1),
				shown AS (SELECT * FROM page ORDER BY product_id LIMIT $1)
				SELECT json_build_object('data', json_build_object('productSalesChannels', json_build_object(
					'nodes', coalesce((SELECT json_agg(json_build_object('id', id, 'productId', product_id, 'salesChannelId', sales_channel_id) ORDER BY product_id) FROM shown), '[]'),
					'pageInfo', json_build_object('hasNextPage', (SELECT count(*) > $1 FROM page),
						'endCursor', ` + fmt.Sprintf(cursor, listSignature+`","' || product_id || '"]`, "product_id DESC") + `))))::text`,
		},
		{
			name:      "pairs: which of 100 given pairs are linked",
			query:     `query Pairs($links: [LinkInput!]!) { links(links: $links) { id ... on ProductSalesChannel { productId salesChannelId } } }`,
			variables: variables{Links: pairsToFind()},
			hand:      hand.pairs,
			args: func(v variables) []any {
				left, right := keysOf(v.Links)
				return []any{left, right}
			},
			jsonAgg: `SELECT json_build_object('data', json_build_object('links', coalesce(
					json_agg(json_build_object('id', t.id, 'productId', t.product_id, 'salesChannelId', t.sales_channel_id) ORDER BY p.ord), '[]')))::text
				FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS p(l, r, ord)
				JOIN product_sales_channel AS t ON t.product_id = p.l AND t.sales_channel_id = p.r AND t.deleted_at IS NULL`,
		},
	}
}

// searchFilter is the condition of the product search: $2 is the channel, $3 the highest price.
const searchFilter = `p.deleted_at IS NULL AND p.status = 'published'
	AND EXISTS (SELECT 1 FROM product_sales_channel AS l WHERE l.product_id = p.id AND l.sales_channel_id = $2 AND l.deleted_at IS NULL)
	AND EXISTS (SELECT 1 FROM product_variant AS v JOIN product_variant_price_set AS l ON l.variant_id = v.id JOIN price AS r ON r.price_set_id = l.price_set_id
		WHERE v.product_id = p.id AND v.deleted_at IS NULL AND l.deleted_at IS NULL AND r.deleted_at IS NULL AND r.currency_code = 'eur' AND r.amount <= $3::text::numeric)`

// pairsToFind returns 100 pairs, of which every second one is linked.
func pairsToFind() []linkInput {
	links := make([]linkInput, 100)
	for i := range links {
		links[i] = newLinkInput(productID(1+i), "c0")
	}
	return links
}

func keysOf(links []linkInput) (left, right []string) {
	left, right = make([]string, len(links)), make([]string, len(links))
	for i := range links {
		left[i], right[i] = links[i].Product.ProductID, links[i].SalesChannel.SalesChannelID
	}
	return left, right
}

func (q compared) ways(a *answering) []way {
	return []way{
		{name: "hand", handler: a.hand.handler(q.hand)},
		{name: "json_agg", handler: a.hand.handler(statement(q.jsonAgg, q.args))},
		{name: "api", handler: a.api},
	}
}

// statement answers with a single statement, which returns the whole answer.
func statement(sql string, args func(v variables) []any) answerer {
	return func(h hand, ctx context.Context, b []byte, v variables) ([]byte, error) {
		var text []byte
		err := h.pool.QueryRow(ctx, sql, args(v)...).Scan(&text)
		text = bytes.TrimSuffix(bytes.TrimPrefix(text, []byte(`{"data" : `)), []byte("}"))
		return append(b, text...), err
	}
}

// reads compares the queries.
func (c *comparison) reads(ctx context.Context) error {
	for _, q := range comparedQueries() {
		if !c.queries.MatchString(q.name) {
			continue
		}
		counts, err := c.checkRead(q)
		if err != nil {
			return err
		}
		for _, clients := range []int{1, 16, 64} {
			if err := c.read(ctx, q, clients, counts); err != nil {
				return err
			}
		}
	}
	return nil
}

// read measures one query.
func (c *comparison) read(ctx context.Context, q compared, clients int, counts []count) error {
	ways := q.ways(c.timed)
	body, err := bodyOf(q.query, q.variables)
	if err != nil {
		return err
	}
	t := traffic{clients: clients, turn: c.turn, body: func(int, int) []byte { return body }}
	costs := make([]cost, len(ways))
	for round := range c.rounds + 1 {
		for i, w := range ways {
			if c.skips(w) {
				continue
			}
			spent, err := spend(ctx, c.timed.pool, w.handler, t)
			if err != nil {
				return err
			}
			if round > 0 { // the first round warms up
				costs[i].add(spent)
			}
		}
	}
	printTable(c.out, fmt.Sprintf("%s; clients: %d", q.name, clients), ways, costs, counts)
	return nil
}

// checkRead checks that all ways give the same answer, and counts what each sends once its statements are prepared.
func (c *comparison) checkRead(q compared) ([]count, error) {
	body, err := bodyOf(q.query, q.variables)
	if err != nil {
		return nil, err
	}
	var counts []count
	var answers [][]byte
	ways := q.ways(c.counted)
	for _, w := range ways {
		var out sink
		for range 2 {
			c.counter.take()
			if err := send(w.handler, body, &out); err != nil {
				return nil, fmt.Errorf("%s, %s: %w", q.name, w.name, err)
			}
		}
		counts, answers = append(counts, c.counter.take()), append(answers, out.Bytes())
	}
	return counts, sameAnswers(q.name, ways, answers)
}
