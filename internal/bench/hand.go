package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// hand answers the compared queries as code would that was written for each of them: one statement a hop, one pipelined
// round trip a level, rows scanned into structs, and JSON appended to a buffer.
type hand struct{ pool *pgxpool.Pool }

type (
	product struct {
		id, title, handle, created string
		variants                   []*variant
		channels                   []channel
	}
	variant struct {
		id, title string
		sku       *string
		priceSet  string
		prices    []price
		items     []*item
	}
	price   struct{ amount, currency string }
	channel struct{ id, name string }
	item    struct {
		quantity, id string
		sku          *string
		levels       []*stock
	}
	stock struct {
		quantity, location string
		name               *string
	}
)

// handler serves one query. It reads the variables that the API reads too.
func (hand) handler(answer func(ctx context.Context, b []byte, v variables) ([]byte, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request struct{ Variables variables }
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = json.Unmarshal(body, &request)
		}
		var b []byte
		if err == nil {
			b, err = answer(r.Context(), append(make([]byte, 0, 16<<10), `{"data":`...), request.Variables)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(append(b, '}'))
	})
}

func (h hand) page(ctx context.Context, b []byte, v variables) ([]byte, error) {
	// Relies on the index of created_at.
	rows, err := h.pool.Query(ctx, `
		SELECT id, title, handle, to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') FROM product
		WHERE deleted_at IS NULL AND status = 'published' ORDER BY created_at DESC, id DESC LIMIT $1`, v.First+1)
	if err != nil {
		return nil, err
	}
	products, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*product, error) {
		var p product
		return &p, row.Scan(&p.id, &p.title, &p.handle, &p.created)
	})
	if err != nil {
		return nil, err
	}
	more := len(products) > v.First
	products = products[:min(len(products), v.First)]
	batch := &pgx.Batch{}
	queueVariants(batch, products, 20)
	queueChannels(batch, products)
	if err := h.pool.SendBatch(ctx, batch).Close(); err != nil {
		return nil, err
	}
	variants := variantsOf(products)
	if err := h.priceSets(ctx, variants); err != nil {
		return nil, err
	}
	batch = &pgx.Batch{}
	queuePrices(batch, variants, 20)
	if err := h.pool.SendBatch(ctx, batch).Close(); err != nil {
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
	b = append(strconv.AppendBool(append(b, `],"pageInfo":{"hasNextPage":`...), more), `,"endCursor":`...)
	if len(products) == 0 {
		return append(b, `null}}}`...), nil
	}
	last := products[len(products)-1]
	b = append(b, '"')
	b = base64.RawURLEncoding.AppendEncode(b, []byte(`["`+pageSignature+`","`+last.created+`","`+last.id+`"]`))
	return append(b, `"}}}`...), nil
}

func (h hand) deep(ctx context.Context, b []byte, v variables) ([]byte, error) {
	// Relies on the primary key.
	rows, err := h.pool.Query(ctx, `SELECT id, title FROM product WHERE deleted_at IS NULL ORDER BY id LIMIT $1`, v.First)
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
	if err := h.pool.QueryRow(ctx, `SELECT name FROM sales_channel WHERE id = $1 AND deleted_at IS NULL`, v.ID).Scan(&name); err != nil {
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
	batch := &pgx.Batch{}
	queueVariants(batch, products, 1)
	if err := h.pool.SendBatch(ctx, batch).Close(); err != nil {
		return nil, err
	}
	variants := variantsOf(products)
	if err := h.priceSets(ctx, variants); err != nil {
		return nil, err
	}
	batch = &pgx.Batch{}
	queuePrices(batch, variants, 1)
	if err := h.pool.SendBatch(ctx, batch).Close(); err != nil {
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
	b = append(strconv.AppendBool(append(b, `],"pageInfo":{"hasNextPage":`...), more), `,"endCursor":`...)
	if len(products) == 0 {
		return append(b, `null}}}}`...), nil
	}
	b = append(b, '"')
	b = base64.RawURLEncoding.AppendEncode(b, []byte(`["`+reverseSignature+`","`+products[len(products)-1].id+`"]`))
	return append(b, `"}}}}`...), nil
}

// The first parts of cursors: they tell orders apart.
const (
	pageSignature    = "1jv13fe"
	reverseSignature = "x62d64"
)

func variantsOf(products []*product) []*variant {
	var all []*variant
	for _, p := range products {
		all = append(all, p.variants...)
	}
	return all
}

// forEach queues a statement for keys, and scans each row of it.
func forEach(batch *pgx.Batch, sql string, keys []string, dests []any, each func(), args ...any) {
	batch.Queue(sql, append([]any{keys}, args...)...).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, dests, func() error {
			each()
			return nil
		})
		return err
	})
}

// Relies on the index of product_id.
func queueVariants(batch *pgx.Batch, products []*product, first int) {
	ids := make([]string, len(products))
	for i, p := range products {
		ids[i] = p.id
	}
	var ord int
	var v variant
	forEach(batch, `
		SELECT k.ord, p.* FROM unnest($1::text[]) WITH ORDINALITY AS k(id, ord) CROSS JOIN LATERAL (
			SELECT id, title, sku FROM product_variant WHERE product_id = k.id AND deleted_at IS NULL ORDER BY id LIMIT $2) AS p`,
		ids, []any{&ord, &v.id, &v.title, &v.sku}, func() {
			if p := products[ord-1]; len(p.variants) < first {
				found := v
				p.variants = append(p.variants, &found)
			}
		}, first+1)
}

// Relies on the index of the link's product and channel.
func queueChannels(batch *pgx.Batch, products []*product) {
	ids := make([]string, len(products))
	for i, p := range products {
		ids[i] = p.id
	}
	var ord int
	var c channel
	forEach(batch, `
		SELECT k.ord, p.* FROM unnest($1::text[]) WITH ORDINALITY AS k(id, ord) CROSS JOIN LATERAL (
			SELECT l.sales_channel_id, c.name FROM product_sales_channel AS l JOIN sales_channel AS c ON c.id = l.sales_channel_id
			WHERE l.product_id = k.id AND l.deleted_at IS NULL AND c.deleted_at IS NULL ORDER BY l.sales_channel_id LIMIT $2) AS p`,
		ids, []any{&ord, &c.id, &c.name}, func() {
			if p := products[ord-1]; len(p.channels) < 20 {
				p.channels = append(p.channels, c)
			}
		}, 21)
}

func (h hand) priceSets(ctx context.Context, variants []*variant) error {
	batch := &pgx.Batch{}
	queuePriceSets(batch, variants)
	return h.pool.SendBatch(ctx, batch).Close()
}

// Relies on the index of the link's variant.
func queuePriceSets(batch *pgx.Batch, variants []*variant) {
	ids := make([]string, len(variants))
	byID := make(map[string]*variant, len(variants))
	for i, v := range variants {
		ids[i], byID[v.id] = v.id, v
	}
	var id, set string
	forEach(batch, `SELECT variant_id, price_set_id FROM product_variant_price_set
		WHERE variant_id = ANY(ARRAY(SELECT unnest($1::text[]))) AND deleted_at IS NULL`,
		ids, []any{&id, &set}, func() { byID[id].priceSet = set })
}

// Relies on the index of price_set_id.
func queuePrices(batch *pgx.Batch, variants []*variant, first int) {
	var sets []string
	var of []*variant
	for _, v := range variants {
		if v.priceSet != "" {
			sets, of = append(sets, v.priceSet), append(of, v)
		}
	}
	var ord int
	var id string
	var p price
	forEach(batch, `
		SELECT k.ord, p.* FROM unnest($1::text[]) WITH ORDINALITY AS k(id, ord) CROSS JOIN LATERAL (
			SELECT id, currency_code, amount::text FROM price WHERE price_set_id = k.id AND deleted_at IS NULL ORDER BY id LIMIT $2) AS p`,
		sets, []any{&ord, &id, &p.currency, &p.amount}, func() {
			if v := of[ord-1]; len(v.prices) < first {
				v.prices = append(v.prices, p)
			}
		}, first+1)
}

// Relies on the index of the link's variant and item.
func queueItems(batch *pgx.Batch, variants []*variant) {
	ids := make([]string, len(variants))
	for i, v := range variants {
		ids[i] = v.id
	}
	var ord int
	var i item
	forEach(batch, `
		SELECT k.ord, p.* FROM unnest($1::text[]) WITH ORDINALITY AS k(id, ord) CROSS JOIN LATERAL (
			SELECT l.inventory_item_id, i.sku, l.required_quantity::text FROM product_variant_inventory_item AS l
			JOIN inventory_item AS i ON i.id = l.inventory_item_id
			WHERE l.variant_id = k.id AND l.deleted_at IS NULL AND i.deleted_at IS NULL ORDER BY l.inventory_item_id LIMIT $2) AS p`,
		ids, []any{&ord, &i.id, &i.sku, &i.quantity}, func() {
			if v := variants[ord-1]; len(v.items) < 20 {
				found := i
				v.items = append(v.items, &found)
			}
		}, 21)
}

// Relies on the index of inventory_item_id.
func queueLevels(batch *pgx.Batch, byItem map[string][]*item) {
	ids := make([]string, 0, len(byItem))
	for id := range byItem {
		ids = append(ids, id)
	}
	levels := make([][]*stock, len(ids))
	var ord int
	var id string
	var s stock
	forEach(batch, `
		SELECT k.ord, p.* FROM unnest($1::text[]) WITH ORDINALITY AS k(id, ord) CROSS JOIN LATERAL (
			SELECT id, location_id, stocked_quantity::text FROM inventory_level
			WHERE inventory_item_id = k.id AND deleted_at IS NULL ORDER BY id LIMIT $2) AS p`,
		ids, []any{&ord, &id, &s.location, &s.quantity}, func() {
			if l := levels[ord-1]; len(l) < 20 {
				found := s
				levels[ord-1] = append(l, &found)
				for _, i := range byItem[ids[ord-1]] {
					i.levels = levels[ord-1]
				}
			}
		}, 21)
}

func (h hand) locations(ctx context.Context, byItem map[string][]*item) error {
	byID := map[string][]*stock{}
	for _, items := range byItem {
		for _, s := range items[0].levels {
			byID[s.location] = append(byID[s.location], s)
		}
	}
	ids := make([]string, 0, len(byID))
	for id := range byID {
		ids = append(ids, id)
	}
	batch := &pgx.Batch{}
	var id, name string
	// Relies on the primary key.
	forEach(batch, `SELECT id, name FROM stock_location WHERE id = ANY(ARRAY(SELECT unnest($1::text[]))) AND deleted_at IS NULL`,
		ids, []any{&id, &name}, func() {
			found := name
			for _, s := range byID[id] {
				s.name = &found
			}
		})
	return h.pool.SendBatch(ctx, batch).Close()
}

func comma(b []byte, i int) []byte {
	if i > 0 {
		return append(b, ',')
	}
	return b
}

// appendFields appends keys and values in turn.
func appendFields(b []byte, parts ...string) []byte {
	for i, p := range parts {
		if i%2 == 0 {
			b = append(b, p...)
		} else {
			b = appendString(b, p)
		}
	}
	return b
}

func appendPriceSet(b []byte, v *variant) []byte {
	if v.priceSet == "" {
		return append(b, "null"...)
	}
	b = append(b, `{"prices":{"nodes":[`...)
	for i, p := range v.prices {
		b = append(appendFields(comma(b, i), `{"amount":`, p.amount, `,"currencyCode":`, p.currency), '}')
	}
	return append(b, `]}}`...)
}

func appendNullable(b []byte, s *string) []byte {
	if s == nil {
		return append(b, "null"...)
	}
	return appendString(b, *s)
}

func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' {
			text, _ := json.Marshal(s) //nolint:errchkjson // strings marshal
			return append(b, text...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}
