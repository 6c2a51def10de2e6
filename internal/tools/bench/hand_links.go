package main

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// These functions write links by hand and keep the promises of the API: they check and lock records in one order,
// report outcomes, and write events in the same transaction. Statements that need no earlier answer share a round
// trip.

// newID returns an id that sorts by its time, to the millisecond.
func newID(prefix string) string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(time.Now().UnixMilli()))
	copy(b[:6], ms[2:])
	return prefix + "_" + base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:])
}

var errNotThere = errors.New("a record is not there")

// transaction runs fn in a transaction, and again after a deadlock or serialization failure.
func (h hand) transaction(ctx context.Context, fn func(tx pgx.Tx) error) error {
	for try := 0; ; try++ {
		err := pgx.BeginFunc(ctx, h.pool, fn)
		var pg *pgconn.PgError
		if try == 10 || !errors.As(err, &pg) || pg.Code != "40P01" && pg.Code != "40001" {
			return err
		}
	}
}

// pair is a product and a sales channel.
type pair struct{ left, right string }

// distinctPairs returns the distinct pairs as two arrays, and new ids for links of them.
func distinctPairs(links []linkInput) (left, right, ids []string) {
	seen := make(map[pair]bool, len(links))
	for i := range links {
		p := pair{links[i].Product.ProductID, links[i].SalesChannel.SalesChannelID}
		if seen[p] {
			continue
		}
		seen[p] = true
		left, right, ids = append(left, p.left), append(right, p.right), append(ids, newID("prodsc"))
	}
	return left, right, ids
}

func distinct(ids []string) []string {
	seen := make(map[string]bool, len(ids))
	var once []string
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			once = append(once, id)
		}
	}
	return once
}

// outcome is the result for a pair.
type outcome struct{ id, what string }

// queueOutcomes queues a statement that returns pairs and their outcomes.
func queueOutcomes(batch *pgx.Batch, found map[pair]outcome, sql string, args ...any) {
	batch.Queue(sql, args...).Query(func(rows pgx.Rows) error {
		var p pair
		var o outcome
		_, err := pgx.ForEachRow(rows, []any{&p.left, &p.right, &o.id, &o.what}, func() error {
			if _, known := found[p]; !known {
				found[p] = o
			}
			return nil
		})
		return err
	})
}

// guardedUpsert writes the pairs that are not linked yet. Relies on the primary key.
const guardedUpsert = `
	INSERT INTO product_sales_channel AS t (product_id, sales_channel_id, id)
	SELECT g.l, g.r, g.id FROM given AS g ORDER BY g.l, g.r
	ON CONFLICT (product_id, sales_channel_id) DO UPDATE SET deleted_at = NULL, updated_at = clock_timestamp() WHERE t.deleted_at IS NOT NULL
	RETURNING t.product_id, t.sales_channel_id, t.id, CASE WHEN t.xmax = 0 THEN 'CREATED' ELSE 'REVIVED' END AS outcome`

func (h hand) createLinks(ctx context.Context, b []byte, v variables) ([]byte, error) {
	left, right, ids := distinctPairs(v.Links)
	products, channels := distinct(left), distinct(right)
	var found map[pair]outcome
	err := h.transaction(ctx, func(tx pgx.Tx) error {
		found = make(map[pair]outcome, len(left))
		batch := &pgx.Batch{}
		var liveProducts, liveChannels int
		// Rely on the primary keys.
		batch.Queue(`SELECT count(*) FROM (SELECT 1 FROM product WHERE id = ANY(ARRAY(SELECT unnest($1::text[]))) AND deleted_at IS NULL
			ORDER BY id FOR NO KEY UPDATE) AS t`, products).
			QueryRow(func(row pgx.Row) error { return row.Scan(&liveProducts) })
		batch.Queue(`SELECT count(*) FROM (SELECT 1 FROM sales_channel WHERE id = ANY(ARRAY(SELECT unnest($1::text[]))) AND deleted_at IS NULL
			ORDER BY id FOR SHARE) AS t`, channels).
			QueryRow(func(row pgx.Row) error { return row.Scan(&liveChannels) })
		queueOutcomes(batch, found, `
			WITH given AS (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) AS p(l, r, id)),
			written AS (`+guardedUpsert+`),
			told AS (
				INSERT INTO linkgraph.link_event (event, cause, link, left_key, right_key, data)
				SELECT 'attached', 'create', 'product_sales_channel', product_id, sales_channel_id, '{}' FROM written)
			SELECT product_id, sales_channel_id, id, outcome FROM written
			UNION ALL SELECT t.product_id, t.sales_channel_id, t.id, 'UNCHANGED' FROM given AS g
			JOIN product_sales_channel AS t ON t.product_id = g.l AND t.sales_channel_id = g.r WHERE t.deleted_at IS NULL`, left, right, ids)
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		if liveProducts < len(products) || liveChannels < len(channels) {
			return errNotThere
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return appendResults(append(b, `{"createLinks":`...), v.Links, found, "UNCHANGED"), nil
}

func (h hand) dismissLinks(ctx context.Context, b []byte, v variables) ([]byte, error) {
	left, right := keysOf(v.Links)
	found := make(map[pair]outcome, len(left))
	batch := &pgx.Batch{}
	// Relies on the primary key.
	queueOutcomes(batch, found, `
		WITH given AS (SELECT DISTINCT l, r FROM unnest($1::text[], $2::text[]) AS p(l, r)),
		gone AS (
			SELECT t.product_id, t.sales_channel_id FROM product_sales_channel AS t JOIN given AS g ON t.product_id = g.l AND t.sales_channel_id = g.r
			WHERE t.deleted_at IS NULL ORDER BY t.product_id, t.sales_channel_id FOR UPDATE OF t),
		removed AS (
			UPDATE product_sales_channel AS t SET deleted_at = now(), updated_at = now()
			FROM gone AS g WHERE t.product_id = g.product_id AND t.sales_channel_id = g.sales_channel_id
			RETURNING t.product_id, t.sales_channel_id, t.id),
		told AS (
			INSERT INTO linkgraph.link_event (event, cause, link, left_key, right_key, data)
			SELECT 'detached', 'dismiss', 'product_sales_channel', product_id, sales_channel_id, '{}' FROM removed)
		SELECT product_id, sales_channel_id, id, 'DISMISSED' FROM removed`, left, right)
	// The batch is a transaction of its own.
	if err := h.pool.SendBatch(ctx, batch).Close(); err != nil {
		return nil, err
	}
	return appendResults(append(b, `{"dismissLinks":`...), v.Links, found, "NOT_FOUND"), nil
}

// appendResults appends the outcome of each link. A pair that is named again gets the outcome again.
func appendResults(b []byte, links []linkInput, found map[pair]outcome, again string) []byte {
	b = append(b, `{"results":[`...)
	for i := range links {
		p := pair{links[i].Product.ProductID, links[i].SalesChannel.SalesChannelID}
		o, ok := found[p]
		if !ok {
			b = append(appendFields(comma(b, i), `{"outcome":`, again), `,"link":null}`...)
			continue
		}
		b = append(appendFields(comma(b, i), `{"outcome":`, o.what), `,"link":`...)
		b = append(appendPairLink(b, &pairLink{o.id, p.left, p.right}), '}')
		switch again {
		case "NOT_FOUND":
			delete(found, p)
		default:
			found[p] = outcome{o.id, again}
		}
	}
	return append(b, `]}}`...)
}

// The single statements neither check records nor write events.
const (
	bareCreate = `
		WITH given AS (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS p(l, r, id, ord)),
		written AS (` + guardedUpsert + `)
		SELECT json_build_object('data', json_build_object('createLinks', json_build_object('results', json_agg(json_build_object(
			'outcome', coalesce(w.outcome, 'UNCHANGED'),
			'link', json_build_object('id', coalesce(w.id, t.id), 'productId', g.l, 'salesChannelId', g.r)) ORDER BY g.ord))))::text
		FROM given AS g LEFT JOIN written AS w ON w.product_id = g.l AND w.sales_channel_id = g.r
		LEFT JOIN product_sales_channel AS t ON t.product_id = g.l AND t.sales_channel_id = g.r`
	bareDismiss = `
		WITH given AS (SELECT * FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS p(l, r, ord)),
		removed AS (
			UPDATE product_sales_channel AS t SET deleted_at = now(), updated_at = now()
			FROM given AS g WHERE t.product_id = g.l AND t.sales_channel_id = g.r AND t.deleted_at IS NULL
			RETURNING t.product_id, t.sales_channel_id, t.id)
		SELECT json_build_object('data', json_build_object('dismissLinks', json_build_object('results', json_agg(json_build_object(
			'outcome', CASE WHEN d.id IS NULL THEN 'NOT_FOUND' ELSE 'DISMISSED' END,
			'link', CASE WHEN d.id IS NOT NULL THEN json_build_object('id', d.id, 'productId', g.l, 'salesChannelId', g.r) END) ORDER BY g.ord))))::text
		FROM given AS g LEFT JOIN removed AS d ON d.product_id = g.l AND d.sales_channel_id = g.r`
)
