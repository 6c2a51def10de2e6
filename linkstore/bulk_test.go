package linkstore_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"linkgraph/linkstore"
	"linkgraph/linkstore/linktest"
)

// byHand is what a program without the store would send for the same pairs: one guarded upsert, which looks at no record,
// tells no outcome and writes no event; or a transaction that does these things as well.
type byHand struct {
	*subject
	left, right, ids []string
}

const guardedUpsert = `
	INSERT INTO product_related AS t (product_id, related_product_id, id)
	SELECT p.l, p.r, p.id FROM unnest($1::text[], $2::text[], $3::text[]) AS p(l, r, id) ORDER BY p.l, p.r
	ON CONFLICT (product_id, related_product_id) DO UPDATE SET deleted_at = NULL, updated_at = now() WHERE t.deleted_at IS NOT NULL`

func (h *byHand) upsert(ctx context.Context) error {
	return h.exec(ctx, guardedUpsert, h.left, h.right, h.ids)
}

func (h *byHand) upsertWithPromises(ctx context.Context) error {
	return pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error {
		for _, ids := range [][]string{h.left, h.right} {
			rows, err := tx.Query(ctx, `SELECT id FROM product WHERE id = ANY(ARRAY(SELECT unnest($1::text[]))) AND deleted_at IS NULL ORDER BY id FOR SHARE`, ids)
			if err != nil {
				return err
			}
			if _, err := pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
				return err
			}
		}
		rows, err := tx.Query(ctx, guardedUpsert+` RETURNING product_id, related_product_id, id, created_at, updated_at`, h.left, h.right, h.ids)
		if err != nil {
			return err
		}
		type row struct {
			Left, Right, ID  string
			Created, Updated any
		}
		written, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
		if err != nil {
			return err
		}
		var left, right []string
		for _, w := range written {
			left, right = append(left, w.Left), append(right, w.Right)
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO linkgraph.link_event (event, cause, link, left_key, right_key, data)
			SELECT 'attached', 'create', 'product_related', p.l, p.r, '{}' FROM unnest($1::text[], $2::text[]) AS p(l, r)`, left, right)
		return err
	})
}

// BenchmarkBulk writes 10,000 links in a call, and as many by hand. By hand a deletion is not written down, so that it could not
// be restored.
func BenchmarkBulk(b *testing.B) {
	const n = 10_000
	s := newSubject(b, bigDB(b).Pool)
	h := &byHand{subject: s}
	items := make([]linkstore.Item, n)
	products := linkstore.Records{Model: "Product"}
	for i := range items {
		l, r := fmt.Sprintf("p%d", i+1), fmt.Sprintf("p%d", i+2)
		items[i] = linkstore.Item{Link: linktest.Related, Left: l, Right: r}
		h.left, h.right, h.ids = append(h.left, l), append(h.right, r), append(h.ids, fmt.Sprintf("lr_01KAAAAAAAAAAAAAAAAAA%05d", i))
		products.IDs = append(products.IDs, l)
	}
	create := func(ctx context.Context) error {
		_, err := s.Create(ctx, items, linkstore.CreateOptions{})
		return err
	}
	empty := func(ctx context.Context) error { return s.exec(ctx, `TRUNCATE product_related, linkgraph.link_event`) }
	none := func(context.Context) error { return nil }
	dead := func(ctx context.Context) error {
		return s.exec(ctx, `UPDATE product_related SET deleted_at = now() WHERE deleted_at IS NULL`)
	}
	for _, c := range []struct {
		name          string
		prepare, call func(ctx context.Context) error
	}{
		{"new/by-hand", empty, h.upsert},
		{"new/by-hand-with-promises", empty, h.upsertWithPromises},
		{"new/Create", empty, create},
		{"unchanged/by-hand", none, h.upsert},
		{"unchanged/by-hand-with-promises", none, h.upsertWithPromises},
		{"unchanged/Create", none, create},
		{"revived/by-hand", dead, h.upsert},
		{"revived/by-hand-with-promises", dead, h.upsertWithPromises},
		{"revived/Create", dead, create},
		{"dismiss/by-hand", create, func(ctx context.Context) error {
			return s.exec(ctx, `
				UPDATE product_related AS t SET deleted_at = now(), updated_at = now() FROM unnest($1::text[], $2::text[]) AS p(l, r)
				WHERE t.product_id = p.l AND t.related_product_id = p.r AND t.deleted_at IS NULL`, h.left, h.right)
		}},
		{"dismiss/Dismiss", create, func(ctx context.Context) error { _, err := s.Dismiss(ctx, items); return err }},
		{"delete/by-hand", create, func(ctx context.Context) error {
			return s.exec(ctx, `
				UPDATE product_related AS t SET deleted_at = now(), updated_at = now()
				WHERE (t.product_id = ANY(ARRAY(SELECT unnest($1::text[]))) OR t.related_product_id = ANY(ARRAY(SELECT unnest($1::text[])))) AND t.deleted_at IS NULL`, h.left)
		}},
		{"delete/Delete", create, func(ctx context.Context) error { _, err := s.Delete(ctx, []linkstore.Records{products}); return err }},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				if err := c.prepare(b.Context()); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				if err := c.call(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "links/s")
		})
	}
}
