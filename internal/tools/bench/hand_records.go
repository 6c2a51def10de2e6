package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// These functions delete and restore variants by hand, with exactly the records and links that depend on a variant in
// this schema: the price set with its prices and their rules, and the links. They write the same receipts as the API,
// so that either can restore what the other deleted.

// cascaded is what a deletion removed, or a restore brought back.
type cascaded struct {
	deletion                     string
	variants, sets, prices       []string
	rules                        []string
	itemLinks, priceLinks, ships []string // ids of links
}

func queueIDs(batch *pgx.Batch, into *[]string, sql string, args ...any) {
	batch.Queue(sql, args...).Query(func(rows pgx.Rows) (err error) {
		*into, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
}

const (
	ofVariants = `l.variant_id = ANY(ARRAY(SELECT unnest($1::text[]))) AND l.deleted_at IS NULL`
	setsOf     = `SELECT l.price_set_id FROM product_variant_price_set AS l WHERE ` + ofVariants
	pricesOf   = `SELECT p.id FROM price AS p JOIN product_variant_price_set AS l ON l.price_set_id = p.price_set_id WHERE ` + ofVariants + ` AND p.deleted_at IS NULL`
)

// deadRecords returns a statement that deletes the records t that match a condition, and records them in the receipt
// with the parents that caused it. Relies on the primary key, or on the index of the owner's column.
func deadRecords(table, model, parentModel, parent, condition string) string {
	cause := ""
	if parentModel != "" {
		cause = fmt.Sprintf(`, cause AS (
			INSERT INTO linkgraph.deletion_cause (deletion_id, parent_model, parent_key, model, key)
			SELECT $2, '%s', parent, '%s', id FROM dead)`, parentModel, model)
	}
	return fmt.Sprintf(`
		WITH dead AS (
			UPDATE %s AS t SET deleted_at = d.deleted_at FROM linkgraph.deletion AS d
			WHERE d.id = $2 AND %s AND t.deleted_at IS NULL RETURNING t.id, %s AS parent),
		noted AS (
			INSERT INTO linkgraph.deletion_record (deletion_id, model, key, removed) SELECT $2, '%s', id, true FROM dead)%s
		SELECT id FROM dead ORDER BY id`, table, condition, parent, model, cause)
}

// deadLinks returns a statement that deletes the links t that match a condition, and writes their receipt and events.
// Relies on the live index of the condition's key.
func deadLinks(link, left, right, data, condition string) string {
	return fmt.Sprintf(`
		WITH dead AS (
			UPDATE %[1]s AS t SET deleted_at = d.deleted_at, updated_at = d.deleted_at FROM linkgraph.deletion AS d
			WHERE d.id = $2 AND %[5]s AND t.deleted_at IS NULL RETURNING t.id, t.%[2]s AS l, t.%[3]s AS r, %[4]s AS data),
		noted AS (
			INSERT INTO linkgraph.deletion_link (deletion_id, link, left_key, right_key) SELECT $2, '%[1]s', l, r FROM dead),
		told AS (
			INSERT INTO linkgraph.link_event (event, cause, link, left_key, right_key, data)
			SELECT 'detached', 'delete', '%[1]s', l, r, data FROM dead)
		SELECT id FROM dead ORDER BY l, r`, link, left, right, data, condition)
}

// The extra columns of the links, as in events.
const (
	noData   = `'{}'::jsonb`
	quantity = `jsonb_build_object('required_quantity', t.required_quantity::text)`
)

func (h hand) deleteVariants(ctx context.Context, b []byte, v variables) ([]byte, error) {
	ids := distinct(v.IDs)
	var c cascaded
	err := h.transaction(ctx, func(tx pgx.Tx) error {
		c = cascaded{deletion: newID("del")}
		batch := &pgx.Batch{}
		var existing int
		batch.Queue(`SELECT count(*) FROM product_variant WHERE id = ANY(ARRAY(SELECT unnest($1::text[])))`, ids).
			QueryRow(func(row pgx.Row) error { return row.Scan(&existing) })
		for _, lock := range []string{
			`SELECT 1 FROM product_variant AS t WHERE t.id = ANY(ARRAY(SELECT unnest($1::text[]))) AND t.deleted_at IS NULL ORDER BY t.id FOR UPDATE`,
			`SELECT 1 FROM price_set AS t WHERE t.id IN (` + setsOf + `) AND t.deleted_at IS NULL ORDER BY t.id FOR UPDATE`,
			`SELECT 1 FROM price AS t WHERE t.price_set_id IN (` + setsOf + `) AND t.deleted_at IS NULL ORDER BY t.id FOR UPDATE`,
			`SELECT 1 FROM price_rule AS t WHERE t.price_id IN (` + pricesOf + `) AND t.deleted_at IS NULL ORDER BY t.id FOR UPDATE`,
		} {
			batch.Queue(lock, ids)
		}
		batch.Queue(`INSERT INTO linkgraph.deletion (id, deleted_at) VALUES ($1, clock_timestamp())`, c.deletion)
		const ofVariant = `t.variant_id = ANY(ARRAY(SELECT unnest($1::text[])))`
		// Records that are found through links are deleted before these links.
		for _, s := range []struct {
			into *[]string
			sql  string
		}{
			{&c.ships, deadLinks("shipping_option_price_set", "shipping_option_id", "price_set_id", noData, `t.price_set_id IN (`+setsOf+`)`)},
			{&c.rules, deadRecords("price_rule", "PriceRule", "Price", "t.price_id", `t.price_id IN (`+pricesOf+`)`)},
			{&c.prices, deadRecords("price", "Price", "PriceSet", "t.price_set_id", `t.price_set_id IN (`+setsOf+`)`)},
			{&c.sets, deadRecords("price_set", "PriceSet", "ProductVariant",
				`(SELECT l.variant_id FROM product_variant_price_set AS l WHERE l.price_set_id = t.id AND l.deleted_at IS NULL)`, `t.id IN (`+setsOf+`)`)},
			{&c.priceLinks, deadLinks("product_variant_price_set", "variant_id", "price_set_id", noData, ofVariant)},
			{&c.itemLinks, deadLinks("product_variant_inventory_item", "variant_id", "inventory_item_id", quantity, ofVariant)},
			{&c.variants, deadRecords("product_variant", "ProductVariant", "", "NULL", `t.id = ANY(ARRAY(SELECT unnest($1::text[])))`)},
		} {
			queueIDs(batch, s.into, s.sql, ids, c.deletion)
		}
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		if existing < len(ids) {
			return errNotThere
		}
		if len(c.variants) > 0 {
			return nil
		}
		_, err := tx.Exec(ctx, `DELETE FROM linkgraph.deletion WHERE id = $1`, c.deletion)
		c.deletion = "" // nothing was deleted
		return err
	})
	return c.append(append(b, `{"deleteProductVariants":`...)), err
}

// latestDeletions finds the latest deletion of each variant, and the records that were deleted because of the variant
// in it. Relies on deletion_record_key and on the primary key of deletion_cause.
const latestDeletions = `
	WITH RECURSIVE latest AS (
		SELECT d.id AS deletion_id, p.key FROM unnest($1::text[]) AS p(key) CROSS JOIN LATERAL (
			SELECT d.id FROM linkgraph.deletion_record AS r JOIN linkgraph.deletion AS d ON d.id = r.deletion_id
			WHERE r.model = 'ProductVariant' AND r.key = p.key ORDER BY d.deleted_at DESC, d.id DESC LIMIT 1) AS d
	), reached AS (
		SELECT r.deletion_id, r.model, r.key FROM latest AS l
		JOIN linkgraph.deletion_record AS r ON r.deletion_id = l.deletion_id AND r.model = 'ProductVariant' AND r.key = l.key
		WHERE r.restored_at IS NULL
		UNION
		SELECT c.deletion_id, c.model, c.key FROM reached AS x
		JOIN linkgraph.deletion_cause AS c ON c.deletion_id = x.deletion_id AND c.parent_model = x.model AND c.parent_key = x.key
	)
	SELECT r.deletion_id, r.model, r.key, d.deleted_at FROM reached AS x
	JOIN linkgraph.deletion_record AS r ON r.deletion_id = x.deletion_id AND r.model = x.model AND r.key = x.key
	JOIN linkgraph.deletion AS d ON d.id = r.deletion_id WHERE r.restored_at IS NULL`

// deletedRecords are records to restore, as arrays of equal length.
type deletedRecords struct {
	deletions, models, keys []string
	ats                     []time.Time
}

func collectDeleted(rows pgx.Rows) (byModel map[string]*deletedRecords, all *deletedRecords, latest string, err error) {
	byModel, all = map[string]*deletedRecords{}, &deletedRecords{}
	var deletion, model, key string
	var at, last time.Time
	_, err = pgx.ForEachRow(rows, []any{&deletion, &model, &key, &at}, func() error {
		if byModel[model] == nil {
			byModel[model] = &deletedRecords{}
		}
		for _, r := range []*deletedRecords{byModel[model], all} {
			r.deletions, r.models = append(r.deletions, deletion), append(r.models, model)
			r.keys, r.ats = append(r.keys, key), append(r.ats, at)
		}
		if at.After(last) {
			last, latest = at, deletion
		}
		return nil
	})
	return byModel, all, latest, err
}

// backLinks returns a statement that restores the links whose records are both live, and writes their events. $1 are
// the deletions, $2 the keys of one side. Relies on the indexes of the keys of deletion_link, and on the primary key
// of the link.
func backLinks(link, left, leftTable, right, rightTable, data, side string) string {
	return fmt.Sprintf(`
		WITH ready AS (
			SELECT k.deletion_id, k.left_key, k.right_key, d.deleted_at FROM linkgraph.deletion_link AS k JOIN linkgraph.deletion AS d ON d.id = k.deletion_id
			WHERE k.link = '%[1]s' AND k.%[7]s = ANY(ARRAY(SELECT unnest($2::text[]))) AND k.restored_at IS NULL
				AND (k.wanted OR k.deletion_id = ANY(ARRAY(SELECT unnest($1::text[]))))
				AND EXISTS (SELECT 1 FROM %[3]s AS e WHERE e.id = k.left_key AND e.deleted_at IS NULL)
				AND EXISTS (SELECT 1 FROM %[5]s AS e WHERE e.id = k.right_key AND e.deleted_at IS NULL)),
		back AS (
			UPDATE %[1]s AS t SET deleted_at = NULL, updated_at = clock_timestamp() FROM ready AS r
			WHERE t.%[2]s = r.left_key AND t.%[4]s = r.right_key AND t.deleted_at = r.deleted_at
			RETURNING t.id, t.%[2]s AS l, t.%[4]s AS r, %[6]s AS data),
		told AS (
			INSERT INTO linkgraph.link_event (event, cause, link, left_key, right_key, data)
			SELECT 'attached', 'restore', '%[1]s', l, r, data FROM back),
		noted AS (
			UPDATE linkgraph.deletion_link AS k SET restored_at = clock_timestamp() FROM ready AS r
			WHERE k.deletion_id = r.deletion_id AND k.link = '%[1]s' AND k.left_key = r.left_key AND k.right_key = r.right_key)
		SELECT id FROM back ORDER BY l, r`, link, left, leftTable, right, rightTable, data, side)
}

func (h hand) restoreVariants(ctx context.Context, b []byte, v variables) ([]byte, error) {
	ids := distinct(v.IDs)
	var c cascaded
	err := h.transaction(ctx, func(tx pgx.Tx) error {
		c = cascaded{}
		batch := &pgx.Batch{}
		var existing int
		var byModel map[string]*deletedRecords
		var all *deletedRecords
		batch.Queue(`SELECT count(*) FROM product_variant WHERE id = ANY(ARRAY(SELECT unnest($1::text[])))`, ids).
			QueryRow(func(row pgx.Row) error { return row.Scan(&existing) })
		batch.Queue(latestDeletions, ids).Query(func(rows pgx.Rows) (err error) {
			byModel, all, c.deletion, err = collectDeleted(rows)
			return err
		})
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		if existing < len(ids) {
			return errNotThere
		}
		if len(all.keys) == 0 {
			return nil
		}
		return tx.SendBatch(ctx, c.restore(byModel, all)).Close()
	})
	return c.append(append(b, `{"restoreProductVariants":`...)), err
}

// restore queues the statements that restore records and links.
func (c *cascaded) restore(byModel map[string]*deletedRecords, all *deletedRecords) *pgx.Batch {
	batch := &pgx.Batch{}
	deletions := distinct(all.deletions)
	keys := func(model string) []string {
		if r := byModel[model]; r != nil {
			return r.keys
		}
		return []string{}
	}
	// Lock the far ends of links until the transaction ends. Rely on the primary keys.
	for _, far := range [][2]string{{"inventory_item", "right_key"}, {"shipping_option", "left_key"}} {
		batch.Queue(`SELECT 1 FROM `+far[0]+` AS t WHERE t.id IN (SELECT k.`+far[1]+` FROM linkgraph.deletion_link AS k
			WHERE k.deletion_id = ANY(ARRAY(SELECT unnest($1::text[])))) AND t.deleted_at IS NULL ORDER BY t.id FOR SHARE`, deletions)
	}
	for _, r := range []struct {
		table, model string
		into         *[]string
	}{{"product_variant", "ProductVariant", &c.variants}, {"price_set", "PriceSet", &c.sets}, {"price", "Price", &c.prices}, {"price_rule", "PriceRule", &c.rules}} {
		if of := byModel[r.model]; of != nil {
			// Relies on the primary key.
			queueIDs(batch, r.into, `WITH back AS (
				UPDATE `+r.table+` AS t SET deleted_at = NULL FROM unnest($1::text[], $2::timestamptz[]) AS p(id, at)
				WHERE t.id = p.id AND t.deleted_at = p.at RETURNING t.id) SELECT id FROM back ORDER BY id`, of.keys, of.ats)
		}
	}
	variants, sets := keys("ProductVariant"), keys("PriceSet")
	queueIDs(
		batch,
		&c.itemLinks,
		backLinks(
			"product_variant_inventory_item",
			"variant_id",
			"product_variant",
			"inventory_item_id",
			"inventory_item",
			quantity,
			"left_key",
		),
		deletions,
		variants,
	)
	queueIDs(
		batch,
		&c.priceLinks,
		backLinks(
			"product_variant_price_set",
			"variant_id",
			"product_variant",
			"price_set_id",
			"price_set",
			noData,
			"left_key",
		),
		deletions,
		variants,
	)
	queueIDs(
		batch,
		&c.ships,
		backLinks(
			"shipping_option_price_set",
			"shipping_option_id",
			"shipping_option",
			"price_set_id",
			"price_set",
			noData,
			"right_key",
		),
		deletions,
		sets,
	)
	// A link that misses a record is restored with that record. Relies on the indexes of the keys of deletion_link.
	batch.Queue(
		`UPDATE linkgraph.deletion_link AS k SET wanted = true WHERE k.deletion_id = ANY(ARRAY(SELECT unnest($1::text[]))) AND k.restored_at IS NULL
		AND (k.left_key = ANY(ARRAY(SELECT unnest($2::text[]))) OR k.right_key = ANY(ARRAY(SELECT unnest($3::text[]))))`,
		deletions,
		variants,
		sets,
	)
	// Relies on the primary key.
	batch.Queue(
		`UPDATE linkgraph.deletion_record AS t SET restored_at = clock_timestamp() FROM unnest($1::text[], $2::text[], $3::text[]) AS p(d, model, key)
		WHERE t.deletion_id = p.d AND t.model = p.model AND t.key = p.key`,
		all.deletions,
		all.models,
		all.keys,
	)
	return batch
}

// append appends the receipt.
func (c *cascaded) append(b []byte) []byte {
	b = append(b, `{"deletionId":`...)
	if c.deletion == "" {
		return append(b, `null,"links":[],"records":[]}}`...)
	}
	b = append(appendString(b, c.deletion), `,"links":[`...)
	n := 0
	for _, kind := range []struct {
		name string
		ids  []string
	}{{"PRODUCT_VARIANT_INVENTORY_ITEM", c.itemLinks}, {"PRODUCT_VARIANT_PRICE_SET", c.priceLinks}, {"SHIPPING_OPTION_PRICE_SET", c.ships}} {
		for _, id := range kind.ids {
			b = append(appendFields(comma(b, n), `{"id":`, id, `,"name":`, kind.name), '}')
			n++
		}
	}
	b = append(b, `],"records":[`...)
	n = 0
	for _, kind := range []struct {
		model string
		ids   []string
	}{{"PriceSet", c.sets}, {"Price", c.prices}, {"PriceRule", c.rules}, {"ProductVariant", c.variants}} {
		if len(kind.ids) == 0 {
			continue
		}
		b = append(appendFields(comma(b, n), `{"model":`, kind.model), `,"ids":[`...)
		for i, id := range kind.ids {
			b = appendString(comma(b, i), id)
		}
		b = append(b, `]}`...)
		n++
	}
	return append(b, `]}}`...)
}
