package cli

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/internal/pgtest"
)

// contended returns a database with a product, two variants and price sets, one of them linked.
func contended(t *testing.T) *pgtest.DB {
	t.Helper()
	db := migrated(t)
	for _, statement := range []string{
		`INSERT INTO product (id, title, handle) VALUES ('prod_1', 'One', 'one')`,
		`INSERT INTO product_variant (id, title, product_id) VALUES ('variant_1', 'One', 'prod_1'), ('variant_2', 'Two', 'prod_1'), ('variant_3', 'Three', 'prod_1'), ('variant_4', 'Four', 'prod_1')`,
		`INSERT INTO price_set (id) VALUES ('pset_1'), ('pset_2'), ('pset_3'), ('pset_4')`,
		`UPDATE product_variant SET deleted_at = now() WHERE id = 'variant_3'`,
	} {
		if _, err := db.Pool.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// lockRows holds rows of a table until the test lets go.
func lockRows(t *testing.T, db *pgtest.DB, table string, ids ...string) pgx.Tx {
	t.Helper()
	tx, err := db.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	if _, err := tx.Exec(
		t.Context(),
		`SELECT FROM `+pgx.Identifier{table}.Sanitize()+` WHERE id = ANY ($1) FOR UPDATE`,
		ids,
	); err != nil {
		t.Fatal(err)
	}
	return tx
}

const renameVariant = `mutation { updateProductVariants(input: [{ id: "variant_1", title: "New" }]) { productVariants { title } } }`

// TestReadsPassWritersThatWait has more mutations wait for one locked row than there are sessions and places. Reads
// of something else are answered while all of them wait, and the mutations when the row is free.
func TestReadsPassWritersThatWait(t *testing.T) {
	t.Parallel()
	for sessions, hold := range map[string]int{"2": 1, "4": 3} {
		t.Run(sessions, func(t *testing.T) {
			t.Parallel()
			db := contended(t)
			s := serve(
				t,
				"--database-url",
				db.URL,
				"--db-max-conns",
				sessions,
				"--max-concurrent",
				"8",
				"--lock-timeout",
				"0",
				"--queue-timeout",
				"5m",
			)
			tx := lockRows(t, db, "product_variant", "variant_1")
			const writers = 24
			done := make(chan error, writers)
			for i := range writers {
				document := renameVariant
				if i%2 == 1 {
					document = `mutation { createLinks(links: [{ product: { variantId: "variant_1" }, pricing: { priceSetId: "pset_1" } }]) { results { outcome } } }`
				}
				go func() {
					a, err := ask(context.Background(), t, s.url, document)
					if err == nil && a.code() != "" {
						err = fmt.Errorf("%d %s", a.status, a.raw)
					}
					done <- err
				}()
			}
			until(
				t,
				"writers hold all sessions that they can",
				func() bool { return stuck(t, db) == hold && queued(t, s) > 0 },
			)
			for range 20 {
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				a, err := ask(ctx, t, s.url, `{ regions { totalCount } }`)
				cancel()
				if err != nil || a.status != http.StatusOK || a.code() != "" {
					t.Fatalf("a read while writers wait: %v, %+v", err, a)
				}
			}
			if err := tx.Rollback(t.Context()); err != nil {
				t.Fatal(err)
			}
			for range writers {
				if err := <-done; err != nil {
					t.Errorf("a writer that waited: %v", err)
				}
			}
		})
	}
}

// queued is how many requests of admins wait for a place.
func queued(t *testing.T, s *server) (n int) {
	t.Helper()
	_, metrics := s.get(t, "/metrics")
	_, metrics, _ = strings.Cut(metrics, `linkgraph_requests_queued{api="admin"} `)
	_, _ = fmt.Sscan(metrics, &n)
	return n
}

// TestLockTimeout has every kind of mutation wait for a row that somebody holds. It is told what it waited for, and
// nothing of it was written.
func TestLockTimeout(t *testing.T) {
	t.Parallel()
	db := contended(t)
	s := serve(t, "--database-url", db.URL, "--lock-timeout", "100ms")
	const link = `{ product: { variantId: "variant_4" }, pricing: { priceSetId: "pset_4" } }`
	if a, err := ask(
		t.Context(),
		t,
		s.url,
		`mutation { createLinks(links: [`+link+`, { product: { variantId: "variant_2" }, pricing: { priceSetId: "pset_2" } }]) { results { outcome } } deleteProductVariants(ids: ["variant_2"]) { deletionId } restoreProductVariants(ids: ["variant_2"]) { deletionId } }`,
	); err != nil ||
		a.code() != "" {
		t.Fatalf("%v, %+v", err, a)
	}
	kinds := map[string]string{
		"createLinks":            `mutation { createLinks(links: [{ product: { variantId: "variant_1" }, pricing: { priceSetId: "pset_1" } }]) { results { outcome } } }`,
		"dismissLinks":           `mutation { dismissLinks(links: [` + link + `]) { results { outcome } } }`,
		"setLinks":               `mutation { setLinks(of: { product: { variantId: "variant_1" } }, link: PRODUCT_VARIANT_PRICE_SET, to: [{ id: "pset_1" }]) { results { outcome } } }`,
		"deleteLinks":            `mutation { deleteLinks(records: { product: { variantId: ["variant_4"] } }) { deletionId } }`,
		"updateProductVariants":  renameVariant,
		"createProductVariants":  `mutation { createProductVariants(input: [{ title: "X", productId: "prod_1" }]) { productVariants { id } } }`,
		"deleteProductVariants":  `mutation { deleteProductVariants(ids: ["variant_1"]) { deletionId } }`,
		"restoreProductVariants": `mutation { restoreProductVariants(ids: ["variant_2"]) { deletionId } }`,
	}
	if a, err := ask(
		t.Context(),
		t,
		s.url,
		`mutation { deleteProductVariants(ids: ["variant_2"]) { deletionId } }`,
	); err != nil ||
		a.code() != "" {
		t.Fatalf("%v, %+v", err, a)
	}
	written := func() (n int) {
		t.Helper()
		if err := db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM linkgraph.audit`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := written()
	tx := lockRows(t, db, "product_variant", "variant_1", "variant_2", "variant_4")
	if _, err := tx.Exec(t.Context(), `SELECT FROM product WHERE id = 'prod_1' FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `SELECT FROM product_variant_price_set FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	for kind, document := range kinds {
		a, err := ask(t.Context(), t, s.url, document)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %s", kind, a.raw)
		if a.status != http.StatusOK || a.code() != "LOCK_TIMEOUT" || !strings.Contains(a.raw, "nothing was written") {
			t.Errorf("%s: %d %s", kind, a.status, a.raw)
		}
	}
	if n := written(); n != before {
		t.Errorf("%d mutations were written down", n-before)
	}
	if strings.Contains(s.log.String(), "internal error") {
		t.Errorf("the log:\n%s", s.log)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a, err := ask(t.Context(), t, s.url, renameVariant); err != nil || a.code() != "" {
		t.Errorf("afterwards: %v, %+v", err, a)
	}
}

// TestWaitForASessionEnds has requests of both kinds wait for the only session. They are told to come back after
// --queue-timeout, before their own time is over.
func TestWaitForASessionEnds(t *testing.T) {
	t.Parallel()
	db := contended(t)
	s := serve(
		t,
		"--database-url",
		db.URL,
		"--db-max-conns",
		"1",
		"--max-concurrent",
		"8",
		"--lock-timeout",
		"0",
		"--statement-timeout",
		"0",
		"--request-timeout",
		"5m",
		"--queue-timeout",
		"200ms",
	)
	tx := lockRows(t, db, "product_variant", "variant_1")
	done := make(chan *answer, 1)
	go func() {
		a, _ := ask(context.Background(), t, s.url, renameVariant)
		done <- a
	}()
	until(t, "the session is in use", func() bool { return stuck(t, db) == 1 })
	for _, document := range []string{
		`{ regions { totalCount } }`, `{ regions { nodes { id } } productVariants { totalCount } }`, renameVariant,
		`mutation { createLinks(links: [{ product: { variantId: "variant_2" }, pricing: { priceSetId: "pset_2" } }]) { results { outcome } } }`,
		`mutation { deleteProductVariants(ids: ["variant_2"]) { deletionId } }`,
	} {
		a, err := ask(t.Context(), t, s.url, document)
		if err != nil {
			t.Fatal(err)
		}
		if a.status != http.StatusServiceUnavailable || a.code() != "UNAVAILABLE" ||
			a.header.Get("Retry-After") == "" || !strings.Contains(a.raw, "OVERLOADED") {
			t.Errorf("%s: %d %s", document, a.status, a.raw)
		}
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a := <-done; a == nil || a.code() != "" {
		t.Errorf("the one that had the session: %+v", a)
	}
}
