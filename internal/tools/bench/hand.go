package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// hand answers the compared requests with code written for each of them: one statement per hop, one pipelined round
// trip per level, rows scanned into structs, and JSON appended to a buffer. It is the baseline of the comparison.
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

// answerer appends the answer of one request to b.
type answerer func(h hand, ctx context.Context, b []byte, v variables) ([]byte, error)

// handler serves one request. It parses the same variables as the API.
func (h hand) handler(answer answerer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request struct{ Variables variables }
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = json.Unmarshal(body, &request)
		}
		var b []byte
		if err == nil {
			b, err = answer(h, r.Context(), append(make([]byte, 0, 16<<10), `{"data":`...), request.Variables)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(append(b, '}'))
	})
}

func variantsOf(products []*product) []*variant {
	var all []*variant
	for _, p := range products {
		all = append(all, p.variants...)
	}
	return all
}

// forEach queues a statement with keys, and scans each of its rows into dests before it calls each.
func forEach(batch *pgx.Batch, sql string, keys []string, dests []any, each func(), args ...any) {
	batch.Queue(sql, append([]any{keys}, args...)...).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, dests, func() error {
			each()
			return nil
		})
		return err
	})
}

// queueVariants reads the first variants of products. It relies on the index of product_id.
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

// queueChannels reads the channels of products. It relies on the index of the link's product and channel.
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

// queuePriceSets reads the price sets of variants. It relies on the index of the link's variant.
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

// queuePrices reads the first prices of variants. It relies on the index of price_set_id.
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

// queueItems reads the inventory items of variants. It relies on the index of the link's variant and item.
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

// queueLevels reads the levels of inventory items. It relies on the index of inventory_item_id.
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
	forEach(
		batch,
		`SELECT id, name FROM stock_location WHERE id = ANY(ARRAY(SELECT unnest($1::text[]))) AND deleted_at IS NULL`,
		ids,
		[]any{&id, &name},
		func() {
			found := name
			for _, s := range byID[id] {
				s.name = &found
			}
		},
	)
	return h.pool.SendBatch(ctx, batch).Close()
}

func comma(b []byte, i int) []byte {
	if i > 0 {
		return append(b, ',')
	}
	return b
}

// appendFields appends alternating keys and values.
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
			text, _ := json.Marshal(s)
			return append(b, text...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}
