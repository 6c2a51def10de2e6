package main

import (
	"context"
	"encoding/base64"
	"strconv"

	"github.com/jackc/pgx/v5"
)

// products runs a statement that reads one product more than is shown. It returns the products to show, and whether
// there are more.
func (h hand) products(
	ctx context.Context,
	sql string,
	first int,
	args ...any,
) (products []*product, more bool, err error) {
	rows, err := h.pool.Query(ctx, sql, append([]any{first + 1}, args...)...)
	if err != nil {
		return nil, false, err
	}
	products, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (*product, error) {
		var p product
		return &p, row.Scan(&p.id, &p.title, &p.handle, &p.created)
	})
	return products[:min(len(products), first)], len(products) > first, err
}

// created formats a time as cursors do.
const created = `to_char(p.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

func (h hand) page(ctx context.Context, b []byte, v variables) ([]byte, error) {
	// Relies on the index of created_at.
	products, more, err := h.products(ctx, `
		SELECT p.id, p.title, p.handle, `+created+` FROM product AS p
		WHERE p.deleted_at IS NULL AND p.status = 'published' ORDER BY p.created_at DESC, p.id DESC LIMIT $1`, v.First)
	if err != nil {
		return nil, err
	}
	batch := &pgx.Batch{}
	queueChannels(batch, products)
	if err := h.pricedVariants(ctx, batch, products, 20, 20); err != nil {
		return nil, err
	}
	b = append(b, `{"products":{"nodes":[`...)
	for i, p := range products {
		b = appendFields(comma(b, i), `{"id":`, p.id, `,"title":`, p.title, `,"handle":`, p.handle)
		b = append(b, `,"variants":{"nodes":[`...)
		for j, v := range p.variants {
			b = appendFields(comma(b, j), `{"id":`, v.id, `,"title":`, v.title)
			b = appendNullable(append(b, `,"sku":`...), v.sku)
			b = append(appendPriceSet(append(b, `,"priceSet":`...), v), '}')
		}
		b = append(b, `]},"salesChannels":{"nodes":[`...)
		for j, c := range p.channels {
			b = append(appendFields(comma(b, j), `{"id":`, c.id, `,"name":`, c.name), '}')
		}
		b = append(b, `]}}`...)
	}
	return append(appendPageInfo(append(b, ']'), more, lastCursor(products)), `}}`...), nil
}

// lastCursor returns the cursor of the last product by time, "" for an empty list.
func lastCursor(products []*product) string {
	if len(products) == 0 {
		return ""
	}
	last := products[len(products)-1]
	return `["` + pageSignature + `","` + last.created + `","` + last.id + `"]`
}

// appendPageInfo appends pageInfo, the last field of a connection.
func appendPageInfo(b []byte, more bool, cursor string) []byte {
	b = append(strconv.AppendBool(append(b, `,"pageInfo":{"hasNextPage":`...), more), `,"endCursor":`...)
	if cursor == "" {
		return append(b, `null}`...)
	}
	b = append(b, '"')
	b = base64.RawURLEncoding.AppendEncode(b, []byte(cursor))
	return append(b, `"}`...)
}

func (h hand) deep(ctx context.Context, b []byte, v variables) ([]byte, error) {
	// Relies on the primary key.
	rows, err := h.pool.Query(
		ctx,
		`SELECT id, title FROM product WHERE deleted_at IS NULL ORDER BY id LIMIT $1`,
		v.First,
	)
	if err != nil {
		return nil, err
	}
	products, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*product, error) {
		var p product
		return &p, row.Scan(&p.id, &p.title)
	})
	if err != nil {
		return nil, err
	}
	batch := &pgx.Batch{}
	queueVariants(batch, products, 20)
	if err := h.pool.SendBatch(ctx, batch).Close(); err != nil {
		return nil, err
	}
	variants := variantsOf(products)
	batch = &pgx.Batch{}
	queuePriceSets(batch, variants)
	queueItems(batch, variants)
	if err := h.pool.SendBatch(ctx, batch).Close(); err != nil {
		return nil, err
	}
	byItem := map[string][]*item{}
	for _, v := range variants {
		for _, i := range v.items {
			byItem[i.id] = append(byItem[i.id], i)
		}
	}
	batch = &pgx.Batch{}
	queuePrices(batch, variants, 20)
	queueLevels(batch, byItem)
	if err := h.pool.SendBatch(ctx, batch).Close(); err != nil {
		return nil, err
	}
	if err := h.locations(ctx, byItem); err != nil {
		return nil, err
	}
	b = append(b, `{"products":{"nodes":[`...)
	for i, p := range products {
		b = appendFields(comma(b, i), `{"id":`, p.id, `,"title":`, p.title)
		b = append(b, `,"variants":{"nodes":[`...)
		for j, v := range p.variants {
			b = appendFields(comma(b, j), `{"id":`, v.id, `,"title":`, v.title)
			b = appendNullable(append(b, `,"sku":`...), v.sku)
			b = appendPriceSet(append(b, `,"priceSet":`...), v)
			b = append(b, `,"inventoryItems":{"edges":[`...)
			for k, i := range v.items {
				b = appendFields(comma(b, k), `{"link":{"requiredQuantity":`, i.quantity)
				b = append(appendNullable(append(b, `},"node":{"sku":`...), i.sku), `,"levels":{"nodes":[`...)
				for l, s := range i.levels {
					b = appendFields(comma(b, l), `{"stockedQuantity":`, s.quantity)
					if s.name == nil {
						b = append(b, `,"stockLocation":null}`...)
						continue
					}
					b = append(appendFields(b, `,"stockLocation":{"name":`, *s.name), `}}`...)
				}
				b = append(b, `]}}}`...)
			}
			b = append(b, `]}}`...)
		}
		b = append(b, `]}}`...)
	}
	return append(b, `]}}`...), nil
}

func (h hand) reverse(ctx context.Context, b []byte, v variables) ([]byte, error) {
	var name string
	// Relies on the primary key.
	if err := h.pool.QueryRow(ctx, `SELECT name FROM sales_channel WHERE id = $1 AND deleted_at IS NULL`, v.ID).
		Scan(&name); err != nil {
		return nil, err
	}
	// Relies on the index of the link's channel and product.
	rows, err := h.pool.Query(ctx, `
		SELECT l.product_id, p.title, p.handle FROM product_sales_channel AS l JOIN product AS p ON p.id = l.product_id
		WHERE l.sales_channel_id = $1 AND l.deleted_at IS NULL AND p.deleted_at IS NULL ORDER BY l.product_id LIMIT $2`, v.ID, v.First+1)
	if err != nil {
		return nil, err
	}
	products, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*product, error) {
		var p product
		return &p, row.Scan(&p.id, &p.title, &p.handle)
	})
	if err != nil {
		return nil, err
	}
	more := len(products) > v.First
	products = products[:min(len(products), v.First)]
	if err := h.pricedVariants(ctx, &pgx.Batch{}, products, 1, 1); err != nil {
		return nil, err
	}
	b = appendFields(b, `{"salesChannel":{"name":`, name)
	b = append(b, `,"products":{"nodes":[`...)
	for i, p := range products {
		b = appendFields(comma(b, i), `{"id":`, p.id, `,"title":`, p.title, `,"handle":`, p.handle)
		b = append(b, `,"variants":{"nodes":[`...)
		for j, v := range p.variants {
			b = append(appendPriceSet(append(comma(b, j), `{"priceSet":`...), v), '}')
		}
		b = append(b, `]}}`...)
	}
	cursor := ""
	if len(products) > 0 {
		cursor = `["` + reverseSignature + `","` + products[len(products)-1].id + `"]`
	}
	return append(appendPageInfo(append(b, ']'), more, cursor), `}}}`...), nil
}

func (h hand) search(ctx context.Context, b []byte, v variables) ([]byte, error) {
	// Relies on the index of created_at, on those of the links' products and variants, and of price_set_id.
	products, more, err := h.products(ctx, `
		SELECT p.id, p.title, p.handle, `+created+` FROM product AS p
		WHERE `+searchFilter+` ORDER BY p.created_at DESC, p.id DESC LIMIT $1`, v.First, v.ID, v.Most)
	if err != nil {
		return nil, err
	}
	if err := h.pricedVariants(ctx, &pgx.Batch{}, products, 20, 1); err != nil {
		return nil, err
	}
	b = append(b, `{"products":{"nodes":[`...)
	for i, p := range products {
		b = appendFields(comma(b, i), `{"id":`, p.id, `,"title":`, p.title, `,"handle":`, p.handle)
		b = append(b, `,"variants":{"nodes":[`...)
		for j, v := range p.variants {
			b = appendFields(comma(b, j), `{"id":`, v.id, `,"title":`, v.title)
			b = append(appendPriceSet(append(b, `,"priceSet":`...), v), '}')
		}
		b = append(b, `]}}`...)
	}
	return append(appendPageInfo(append(b, ']'), more, lastCursor(products)), `}}`...), nil
}

// pairLink is a link of a product and a sales channel.
type pairLink struct{ id, product, channel string }

func appendPairLink(b []byte, l *pairLink) []byte {
	return append(appendFields(b, `{"id":`, l.id, `,"productId":`, l.product, `,"salesChannelId":`, l.channel), '}')
}

func collectPairLinks(rows pgx.Rows, err error) ([]pairLink, error) {
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (l pairLink, err error) {
		return l, row.Scan(&l.id, &l.product, &l.channel)
	})
}

func (h hand) list(ctx context.Context, b []byte, v variables) ([]byte, error) {
	// Relies on the index of the link's channel and product.
	links, err := collectPairLinks(h.pool.Query(ctx, `
		SELECT id, product_id, sales_channel_id FROM product_sales_channel
		WHERE sales_channel_id = $1 AND deleted_at IS NULL ORDER BY product_id LIMIT $2`, v.ID, v.First+1))
	if err != nil {
		return nil, err
	}
	more := len(links) > v.First
	links = links[:min(len(links), v.First)]
	b = append(b, `{"productSalesChannels":{"nodes":[`...)
	for i := range links {
		b = appendPairLink(comma(b, i), &links[i])
	}
	cursor := ""
	if len(links) > 0 {
		last := links[len(links)-1]
		cursor = `["` + listSignature + `","` + last.product + `"]`
	}
	return append(appendPageInfo(append(b, ']'), more, cursor), `}}`...), nil
}

func (h hand) pairs(ctx context.Context, b []byte, v variables) ([]byte, error) {
	left, right := keysOf(v.Links)
	// Relies on the primary key.
	links, err := collectPairLinks(h.pool.Query(ctx, `
		SELECT t.id, t.product_id, t.sales_channel_id FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS p(l, r, ord)
		JOIN product_sales_channel AS t ON t.product_id = p.l AND t.sales_channel_id = p.r AND t.deleted_at IS NULL ORDER BY p.ord`, left, right))
	if err != nil {
		return nil, err
	}
	b = append(b, `{"links":[`...)
	for i := range links {
		b = appendPairLink(comma(b, i), &links[i])
	}
	return append(b, `]}`...), nil
}

// pricedVariants reads the first variants of each product and the first prices of each variant, level by level. The
// statements of batch share the round trip of the variants.
func (h hand) pricedVariants(
	ctx context.Context,
	batch *pgx.Batch,
	products []*product,
	variantsOfEach, pricesOfEach int,
) error {
	queueVariants(batch, products, variantsOfEach)
	if err := h.pool.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	variants := variantsOf(products)
	if err := h.priceSets(ctx, variants); err != nil {
		return err
	}
	batch = &pgx.Batch{}
	queuePrices(batch, variants, pricesOfEach)
	return h.pool.SendBatch(ctx, batch).Close()
}

// The first parts of cursors, which identify the order.
const (
	pageSignature    = "1jv13fe"
	reverseSignature = "x62d64"
	listSignature    = "1hpnwcv"
)
