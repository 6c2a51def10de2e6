package cli

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/internal/access/accesstest"
	"github.com/linkgraph/linkgraph/internal/servertest"
)

const (
	documentItems   = 10 // records of each kind, and links, in one document
	documentClients = 4
	documentFields  = 5 // root fields of a document; each has a row in the audit
)

// saleDocument returns a mutation with five root fields: products, their variants, price sets, prices, and the links between
// variants and price sets. The client gives the ids. Its name is the operation in the audit.
func saleDocument(name string) string {
	list := func(format string) string {
		var items []string
		for i := range documentItems {
			items = append(items, strings.ReplaceAll(format, "ID", fmt.Sprintf("%s_%d", name, i)))
		}
		return strings.Join(items, ", ")
	}
	return `mutation ` + name + ` {
		createProducts(input: [` + list(`{ id: "prod_ID", title: "ID", handle: "h-ID" }`) + `]) { products { id } }
		createProductVariants(input: [` + list(`{ id: "variant_ID", title: "ID", productId: "prod_ID" }`) + `]) { productVariants { id } }
		createPriceSets(input: [` + list(`{ id: "pset_ID" }`) + `]) { priceSets { id } }
		createPrices(input: [` + list(`{ id: "price_ID", priceSetId: "pset_ID", amount: "12", currencyCode: "eur" }`) + `]) { prices { id } }
		createLinks(links: [` + list(`{ product: { variantId: "variant_ID" }, pricing: { priceSetId: "pset_ID" } }`) + `]) { results { outcome } }
	}`
}

// sale is how many rows Postgres has of one document.
type sale struct{ products, variants, priceSets, prices, links, events, audited int }

func saleOf(t *testing.T, conn *pgx.Conn, name string) (s sale) {
	t.Helper()
	err := conn.QueryRow(t.Context(), `
		SELECT
			(SELECT count(*) FROM product WHERE id LIKE 'prod\_' || $1 || '\_%'),
			(SELECT count(*) FROM product_variant WHERE id LIKE 'variant\_' || $1 || '\_%'),
			(SELECT count(*) FROM price_set WHERE id LIKE 'pset\_' || $1 || '\_%'),
			(SELECT count(*) FROM price WHERE id LIKE 'price\_' || $1 || '\_%' AND amount = 12),
			(SELECT count(*) FROM product_variant_price_set WHERE variant_id LIKE 'variant\_' || $1 || '\_%' AND deleted_at IS NULL),
			(SELECT count(*) FROM linkgraph.link_event WHERE left_key LIKE 'variant\_' || $1 || '\_%' AND event = 'attached'),
			(SELECT count(*) FROM linkgraph.audit WHERE operation = $1 AND caller_id = $2)`, name, accesstest.Subject).
		Scan(&s.products, &s.variants, &s.priceSets, &s.prices, &s.links, &s.events, &s.audited)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sales sends documents one after the other until the server is gone. It returns how many were sent: each client numbers its own.
func sales(t *testing.T, url string, client, next int, answered *acknowledged, total *atomic.Int64) int {
	for ; ; next++ {
		name := fmt.Sprintf("Sale%dx%d", client, next)
		a, err := ask(context.Background(), t, url, saleDocument(name))
		if err != nil {
			return next + 1
		}
		if a.code() != "" {
			t.Errorf("%s: %s", name, a.raw)
			return next + 1
		}
		answered.add(name)
		total.Add(1)
	}
}

// TestKillDocuments kills the server at random moments while clients send mutations of five root fields. Each document is then
// there with all of its records, links, events and audit rows, or nothing of it is; one that was answered is there.
func TestKillDocuments(t *testing.T) {
	t.Parallel()
	pg := privatePostgres(t, servertest.DataDir(t), true)
	args := "--database-url " + pg.URL()
	answered := &acknowledged{records: map[string]bool{}}
	sent := make([]int, documentClients)
	for range max(kills(t)/2, 2) {
		p := process(t, args)
		url := p.MustAddress(t)
		var done sync.WaitGroup
		var total atomic.Int64
		for c := range documentClients {
			done.Go(func() { sent[c] = sales(t, url, c, sent[c], answered, &total) })
		}
		few := rand.Int64N(8)
		until(t, "some documents are answered", func() bool { return total.Load() >= few || t.Failed() })
		time.Sleep(rand.N(20 * time.Millisecond))
		p.Kill()
		done.Wait()
	}
	conn, err := pgx.Connect(t.Context(), pg.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	sessionsEnded(t, conn)
	checkSales(t, conn, sent, answered)
}

// checkSales compares all documents that were sent with what Postgres has.
func checkSales(t *testing.T, conn *pgx.Conn, sent []int, answered *acknowledged) {
	t.Helper()
	const n = documentItems
	all := sale{n, n, n, n, n, n, documentFields}
	complete, absent := 0, 0
	for c, count := range sent {
		for i := range count {
			name := fmt.Sprintf("Sale%dx%d", c, i)
			switch s := saleOf(t, conn, name); {
			case s == all:
				complete++
			case s != sale{}:
				t.Errorf("a part of %s, answered: %v: %+v", name, answered.has(name), s)
			case answered.has(name):
				t.Errorf("%s was answered, and nothing of it is there", name)
			default:
				absent++
			}
		}
	}
	t.Logf(
		"%d documents were answered, %d more are there, %d are not",
		answered.count(),
		complete-answered.count(),
		absent,
	)
	if complete == 0 || absent == 0 {
		t.Errorf("%d documents are there and %d are not: the kills came at no telling moments", complete, absent)
	}
}
