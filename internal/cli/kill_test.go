package cli

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/internal/access/accesstest"
	"github.com/linkgraph/linkgraph/internal/servertest"
)

// runVariable has the test binary be the program: a process of its own that can be killed. Its value is the arguments.
const runVariable = "LINKGRAPH_TEST_RUN"

func TestMain(m *testing.M) {
	if args, ok := os.LookupEnv(runVariable); ok {
		if err := Run(context.Background(), strings.Fields(args), os.Stdout, os.Stderr); err != nil {
			fmt.Fprintln(os.Stderr, "linkgraph:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// process starts the program in a process of its own.
func process(t *testing.T, args string) *servertest.Process {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), runVariable+"=serve --addr 127.0.0.1:0 "+args)
	return servertest.Start(t, cmd)
}

const (
	killItems    = 60 // records that are linked, and as many that are deleted
	killChannels = 5  // links of one call
	killWriters  = 3  // clients of each kind
)

// acknowledged are the records whose mutation was answered without errors.
type acknowledged struct {
	mu      sync.Mutex
	records map[string]bool
}

func (a *acknowledged) add(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.records[id] = true
}

func (a *acknowledged) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.records)
}

func (a *acknowledged) has(id string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.records[id]
}

// killSeed makes the channels, the products to link and those to delete: each of these has two variants and five links.
func killSeed(t *testing.T, url string) {
	t.Helper()
	var channels, products, variants, links []string
	for c := range killChannels {
		channels = append(channels, fmt.Sprintf(`{ id: "sc_%d", name: "Channel %d" }`, c, c))
	}
	for i := range killItems {
		products = append(
			products,
			fmt.Sprintf(
				`{ id: "prod_link_%d", title: "L", handle: "l-%d" }`,
				i,
				i,
			),
			fmt.Sprintf(`{ id: "prod_del_%d", title: "D", handle: "d-%d" }`, i, i),
		)
		variants = append(
			variants,
			fmt.Sprintf(`{ title: "A", productId: "prod_del_%d" }, { title: "B", productId: "prod_del_%d" }`, i, i),
		)
		links = append(links, channelLinks(fmt.Sprintf("prod_del_%d", i)))
	}
	for _, document := range []string{
		`mutation { createSalesChannels(input: [` + strings.Join(channels, ",") + `]) { salesChannels { id } } }`,
		`mutation { createProducts(input: [` + strings.Join(products, ",") + `]) { products { id } } }`,
		`mutation { createProductVariants(input: [` + strings.Join(variants, ",") + `]) { productVariants { id } } }`,
		`mutation { createLinks(links: [` + strings.Join(links, ",") + `]) { results { outcome } } }`,
	} {
		if a, err := ask(t.Context(), t, url, document); err != nil || a.code() != "" {
			t.Fatalf("seed: %v, %+v", err, a)
		}
	}
}

func channelLinks(product string) string {
	var links []string
	for c := range killChannels {
		links = append(
			links,
			fmt.Sprintf(`{ product: { productId: %q }, salesChannel: { salesChannelId: "sc_%d" } }`, product, c),
		)
	}
	return strings.Join(links, ",")
}

// write sends one mutation for each of the records until the server is gone.
func write(t *testing.T, url string, ids <-chan string, acked *acknowledged, document func(id string) string) {
	for id := range ids {
		a, err := ask(context.Background(), t, url, document(id))
		if err != nil {
			return
		}
		if a.code() == "" {
			acked.add(id)
		}
	}
}

// state is what Postgres holds of one product: its own row, and what goes with it.
type state struct{ deleted, variants, links, attached, detached, records, linkRecords, audited int }

func stateOf(t *testing.T, conn *pgx.Conn, id string) state {
	t.Helper()
	var s state
	err := conn.QueryRow(t.Context(), `
		SELECT
			(SELECT count(*) FROM product WHERE id = $1 AND deleted_at IS NOT NULL),
			(SELECT count(*) FROM product_variant WHERE product_id = $1 AND deleted_at IS NULL),
			(SELECT count(*) FROM product_sales_channel WHERE product_id = $1 AND deleted_at IS NULL),
			(SELECT count(*) FROM linkgraph.link_event WHERE link = 'product_sales_channel' AND left_key = $1 AND event = 'attached'),
			(SELECT count(*) FROM linkgraph.link_event WHERE link = 'product_sales_channel' AND left_key = $1 AND event = 'detached'),
			(SELECT count(*) FROM linkgraph.deletion_record WHERE (model = 'Product' AND key = $1)
				OR (model = 'ProductVariant' AND key IN (SELECT id FROM product_variant WHERE product_id = $1))),
			(SELECT count(*) FROM linkgraph.deletion_link WHERE link = 'product_sales_channel' AND left_key = $1),
			(SELECT count(*) FROM linkgraph.audit WHERE caller_id = $2 AND receipt::text LIKE '%"' || $1 || '"%')`, id, accesstest.Subject).
		Scan(&s.deleted, &s.variants, &s.links, &s.attached, &s.detached, &s.records, &s.linkRecords, &s.audited)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestKill kills the server, twice, while it writes links and deletes records. Whatever was acknowledged is there,
// and all else is there wholly or not at all: records, links, events and what a restore goes by agree.
func TestKill(t *testing.T) {
	t.Parallel()
	pg := privatePostgres(t, servertest.DataDir(t), true)
	args := "--database-url " + pg.URL()
	p := process(t, args)
	url := p.MustAddress(t)
	killSeed(t, url)
	linked, deleted := &acknowledged{records: map[string]bool{}}, &acknowledged{records: map[string]bool{}}
	toLink, toDelete := make(chan string, killItems), make(chan string, killItems)
	for i := range killItems {
		toLink <- fmt.Sprintf("prod_link_%d", i)
		toDelete <- fmt.Sprintf("prod_del_%d", i)
	}
	close(toLink)
	close(toDelete)
	for round := range 2 {
		var done sync.WaitGroup
		for range killWriters {
			done.Go(func() {
				write(t, url, toLink, linked, func(id string) string {
					return `mutation { createLinks(links: [` + channelLinks(id) + `]) { results { outcome } } }`
				})
			})
			done.Go(func() {
				write(t, url, toDelete, deleted, func(id string) string {
					return fmt.Sprintf(`mutation { deleteProducts(ids: [%q]) { deletionId } }`, id)
				})
			})
		}
		wanted := 10 * (round + 1)
		until(
			t,
			"some mutations are acknowledged",
			func() bool { return linked.count() >= wanted && deleted.count() >= wanted },
		)
		p.Kill()
		done.Wait()
		checkKilled(t, pg.URL(), linked, deleted)
		p = process(t, args)
		url = p.MustAddress(t)
	}
	// The bookkeeping is good for what it is for.
	restored := false
	for id := range deleted.records {
		a, err := ask(
			t.Context(),
			t,
			url,
			fmt.Sprintf(`mutation { restoreProducts(ids: [%q]) { links { id } records { ids } } }`, id),
		)
		if err != nil || a.code() != "" {
			t.Fatalf("restore: %v, %+v", err, a)
		}
		if n := strings.Count(a.raw, `{"id":`); n != killChannels {
			t.Errorf("%d links came back: %s", n, a.raw)
		}
		restored = true
		break
	}
	if !restored {
		t.Error("nothing was deleted")
	}
}

// checkKilled compares what Postgres holds with what clients were told.
func checkKilled(t *testing.T, url string, linked, deleted *acknowledged) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	sessionsEnded(t, conn)
	// Each has a row in the audit for having been made, and those to delete one for their links.
	none, all := state{audited: 1}, state{links: killChannels, attached: killChannels, audited: 2}
	gone := state{
		deleted:     1,
		attached:    killChannels,
		detached:    killChannels,
		records:     3,
		linkRecords: killChannels,
		audited:     3,
	}
	kept := state{variants: 2, links: killChannels, attached: killChannels, audited: 2}
	for i := range killItems {
		id := fmt.Sprintf("prod_link_%d", i)
		if s := stateOf(t, conn, id); s != all && (s != none || linked.has(id)) {
			t.Errorf("%s, acknowledged: %v: %+v", id, linked.has(id), s)
		}
		id = fmt.Sprintf("prod_del_%d", i)
		if s := stateOf(t, conn, id); s != gone && (s != kept || deleted.has(id)) {
			t.Errorf("%s, acknowledged: %v: %+v", id, deleted.has(id), s)
		}
	}
}

// sessionsEnded waits until Postgres has noticed that the clients of all other sessions are gone.
func sessionsEnded(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	until(t, "Postgres has ended the sessions of the killed server", func() bool {
		var n int
		if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`).
			Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n == 0
	})
}
