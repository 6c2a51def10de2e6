package linkstore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/linkstore"
	"github.com/linkgraph/linkgraph/linkstore/linktest"
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

func (h *byHand) dismiss(ctx context.Context) error {
	return h.exec(ctx, `
		UPDATE product_related AS t SET deleted_at = now(), updated_at = now() FROM unnest($1::text[], $2::text[]) AS p(l, r)
		WHERE t.product_id = p.l AND t.related_product_id = p.r AND t.deleted_at IS NULL`, h.left, h.right)
}

func (h *byHand) delete(ctx context.Context) error {
	return h.exec(ctx, `
		UPDATE product_related AS t SET deleted_at = now(), updated_at = now()
		WHERE (t.product_id = ANY(ARRAY(SELECT unnest($1::text[]))) OR t.related_product_id = ANY(ARRAY(SELECT unnest($1::text[])))) AND t.deleted_at IS NULL`, h.left)
}

func (h *byHand) upsertWithPromises(ctx context.Context) error {
	return pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error {
		for _, ids := range [][]string{h.left, h.right} {
			rows, err := tx.Query(
				ctx,
				`SELECT id FROM product WHERE id = ANY(ARRAY(SELECT unnest($1::text[]))) AND deleted_at IS NULL ORDER BY id FOR SHARE`,
				ids,
			)
			if err != nil {
				return err
			}
			if _, err := pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
				return err
			}
		}
		rows, err := tx.Query(
			ctx,
			guardedUpsert+` RETURNING product_id, related_product_id, id, created_at, updated_at`,
			h.left,
			h.right,
			h.ids,
		)
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
		h.left = append(h.left, l)
		h.right = append(h.right, r)
		h.ids = append(h.ids, fmt.Sprintf("lr_01KAAAAAAAAAAAAAAAAAA%05d", i))
		products.IDs = append(products.IDs, l)
	}
	create := func(ctx context.Context) error {
		_, err := s.Create(ctx, items, linkstore.CreateOptions{})
		return err
	}
	empty := func(ctx context.Context) error {
		return s.exec(ctx, `TRUNCATE product_related, linkgraph.link_event, linkgraph.deletion CASCADE`)
	}
	full := func(ctx context.Context) error {
		if err := errors.Join(empty(ctx), create(ctx)); err != nil {
			return err
		}
		return s.exec(ctx, `ANALYZE product_related`) // as autovacuum would, sooner or later
	}
	dead := func(ctx context.Context) error {
		return errors.Join(
			full(ctx),
			s.exec(ctx, `UPDATE product_related SET deleted_at = now() WHERE deleted_at IS NULL`),
		)
	}
	for _, c := range []struct {
		name          string
		prepare, call func(ctx context.Context) error
	}{
		{"new/by-hand", empty, h.upsert},
		{"new/by-hand-with-promises", empty, h.upsertWithPromises},
		{"new/Create", empty, create},
		{"unchanged/by-hand", full, h.upsert},
		{"unchanged/by-hand-with-promises", full, h.upsertWithPromises},
		{"unchanged/Create", full, create},
		{"revived/by-hand", dead, h.upsert},
		{"revived/by-hand-with-promises", dead, h.upsertWithPromises},
		{"revived/Create", dead, create},
		{"dismiss/by-hand", full, h.dismiss},
		{"dismiss/Dismiss", full, func(ctx context.Context) error { _, err := s.Dismiss(ctx, items); return err }},
		{"delete/by-hand", full, h.delete},
		{"delete/Delete", full, func(ctx context.Context) error { _, err := s.Delete(ctx, []linkstore.Records{products}); return err }},
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

// TestBulk writes more links than it takes for statements to be planned for their number, of keys of every kind, in a transaction
// of its own and in the caller's.
func TestBulk(t *testing.T) {
	t.Parallel()
	const n = 600
	contract := func(i int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", i) }
	bin := func(i int) string { return fmt.Sprintf("A%d:%d", i%10, i) }
	for link, ends := range map[string]func(i int) (left, right string){
		linktest.Related: func(i int) (string, string) { return fmt.Sprintf("p%d", i), fmt.Sprintf("p%d", i+1) },
		linktest.Sold:    func(i int) (string, string) { return fmt.Sprintf("p%d", i), fmt.Sprintf("c%d", 1-i%2) },
		linktest.Stocked: func(i int) (string, string) { return fmt.Sprintf("v%d", i), fmt.Sprintf("i%d", i) },
		linktest.Signed:  func(i int) (string, string) { return strconv.Itoa(i), contract(i) },
		linktest.Rented:  func(i int) (string, string) { return contract(i + scale/2), bin(i + scale/2) },
		linktest.Courted: func(i int) (string, string) { return "c1", strconv.Itoa(i) },
	} {
		t.Run(link, func(t *testing.T) {
			t.Parallel()
			items := make([]linkstore.Item, n)
			for i := range items {
				items[i].Link = link
				items[i].Left, items[i].Right = ends(i + 1)
			}
			pool := bigDB(t).Pool
			if _, err := pool.Exec(t.Context(), `DELETE FROM contract_bin; DELETE FROM channel_customer`); err != nil {
				t.Fatal(err)
			}
			// What the caller's transaction wrote is rolled back, so both share a database.
			t.Run("inTx=true", func(t *testing.T) {
				s := newSubject(t, pool)
				s.within(t)
				(&bulk{s, t, items}).run()
			})
			t.Run("inTx=false", func(t *testing.T) { (&bulk{newSubject(t, pool), t, items}).run() })
		})
	}
}

// bulk is a call of TestBulk's and what it is made with.
type bulk struct {
	*subject
	t     *testing.T
	items []linkstore.Item
}

func (b *bulk) run() {
	n := len(b.items)
	all := append(slices.Clone(b.items), b.items[7]) // a pair twice
	want := func(what string, results []linkstore.CreateResult, outcomes func(i int) linkstore.Outcome) {
		b.t.Helper()
		for i, r := range results {
			if i < n && r.Outcome != outcomes(i) || i == n && r.Outcome != linkstore.Unchanged {
				b.t.Fatalf("%s: item %d is %s", what, i, r.Outcome)
			}
		}
		b.told(what, results[:n])
	}
	always := func(o linkstore.Outcome) func(int) linkstore.Outcome { return func(int) linkstore.Outcome { return o } }
	made := b.create(all)
	want("create", made, always(linkstore.Created))
	again := b.create(all)
	want("create again", again, always(linkstore.Unchanged))
	if diff := cmp.Diff(made[0].Link, again[0].Link); diff != "" {
		b.t.Errorf("the link has changed (-first +second):\n%s", diff)
	}
	dismissed, err := b.Dismiss(b.t.Context(), all[n/2-1:])
	if err != nil {
		b.t.Fatal(err)
	}
	for i, r := range dismissed {
		if r.Outcome != linkstore.Dismissed || r.Link.ID != made[n/2-1+i].Link.ID || r.Link.DeletedAt == nil {
			b.t.Fatalf("dismissed item %d: %+v", n/2-1+i, r)
		}
	}
	revived := b.create(all)
	want("create, some dismissed", revived, func(i int) linkstore.Outcome {
		if i >= n/2-1 || i == 7 {
			return linkstore.Revived
		}
		return linkstore.Unchanged
	})
	d, _ := b.Catalog().Link(b.items[0].Link)
	records := linkstore.Records{Model: d.Right.Model}
	for _, r := range revived {
		if !slices.Contains(records.IDs, r.Link.Right) {
			records.IDs = append(records.IDs, r.Link.Right)
		}
	}
	deleted, err := b.Delete(b.t.Context(), []linkstore.Records{records})
	if err != nil || len(deleted.Links) < n {
		b.t.Fatalf("delete: %d links, %v", len(deleted.Links), err)
	}
	restored, err := b.RestoreDeletion(b.t.Context(), deleted.DeletionID)
	if err != nil || len(restored.Links) != len(deleted.Links) {
		b.t.Fatalf("restore: %d links of %d, %v", len(restored.Links), len(deleted.Links), err)
	}
	want("create after restore", b.create(all), always(linkstore.Unchanged))
}

func (b *bulk) create(items []linkstore.Item) []linkstore.CreateResult {
	b.t.Helper()
	results, err := b.Create(b.t.Context(), items, linkstore.CreateOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
	return results
}

// told compares what a call tells of links with what is stored, and the outbox with what is live.
func (b *bulk) told(what string, results []linkstore.CreateResult) {
	b.t.Helper()
	module, err := b.Module(b.items[0].Link)
	if err != nil {
		b.t.Fatal(err)
	}
	links, err := module.List(b.t.Context(), linkstore.ListOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
	stored := make(map[linkstore.Pair]linkstore.Link, len(links))
	for _, l := range links {
		stored[l.Pair()] = l
	}
	for _, r := range results {
		if diff := cmp.Diff(stored[r.Link.Pair()], r.Link); diff != "" {
			b.t.Fatalf("%s (-stored +told):\n%s", what, diff)
		}
	}
	rows, err := b.query(b.t.Context(), `
		SELECT count(*) FROM (
			SELECT FROM linkgraph.link_event GROUP BY link, left_key, right_key HAVING sum(CASE event WHEN 'attached' THEN 1 ELSE -1 END) = 1
		) AS t`)
	if err != nil {
		b.t.Fatal(err)
	}
	if live, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[int]); err != nil || live != len(results) {
		b.t.Errorf("%s: the outbox knows of %d live links, want %d: %v", what, live, len(results), err)
	}
}

// TestAnotherProgramMakesTheRow has a program that knows no locks make one of the rows while a call is about to.
func TestAnotherProgramMakesTheRow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		n       int
		inTx    bool
		deleted string
		want    linkstore.Outcome
	}{
		"Live":           {1, false, "NULL", linkstore.Unchanged},
		"Dead":           {1, false, "now()", linkstore.Revived},
		"InTx":           {1, true, "NULL", linkstore.Unchanged},
		"InTxDead":       {1, true, "now()", linkstore.Revived},
		"OfMany":         {600, false, "NULL", linkstore.Unchanged},
		"OfManyInTxDead": {600, true, "now()", linkstore.Revived},
		"OfManyDead":     {600, false, "now()", linkstore.Revived},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSubject(t, bigDB(t).Pool)
			other, err := s.pool.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := other.Exec(
				t.Context(),
				`INSERT INTO product_related (product_id, related_product_id, id, deleted_at) VALUES ('p1', 'p2', 'theirs', `+c.deleted+`)`,
			); err != nil {
				t.Fatal(err)
			}
			if c.inTx {
				tx, err := s.pool.Begin(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
				s.Store = s.WithTx(tx)
			}
			items := make([]linkstore.Item, c.n)
			for i := range items {
				items[i] = linkstore.Item{
					Link:  linktest.Related,
					Left:  fmt.Sprintf("p%d", i+1),
					Right: fmt.Sprintf("p%d", i+2),
				}
			}
			done := make(chan error)
			var results []linkstore.CreateResult
			go func() {
				var err error
				results, err = s.Create(t.Context(), items, linkstore.CreateOptions{})
				done <- err
			}()
			for waits := 0; waits == 0; {
				if err := s.pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'
					AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())`).
					Scan(&waits); err != nil {
					t.Fatal(err)
				}
			}
			if err := errors.Join(other.Commit(t.Context()), <-done); err != nil {
				t.Fatal(err)
			}
			if results[0].Outcome != c.want || results[0].Link.ID != "theirs" || results[0].Link.DeletedAt != nil {
				t.Errorf("the row of the other: %+v", results[0])
			}
			if c.n > 1 && results[1].Outcome != linkstore.Created {
				t.Errorf("another row: %+v", results[1])
			}
		})
	}
}
