package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// memoryClients is how many clients ask at the same time.
const memoryClients = 64

// The settings of the garbage collector that are compared: GOGC, and GOMEMLIMIT in MiB; 0 means none.
func settings() [][2]int {
	return [][2]int{{100, 0}, {200, 0}, {400, 0}, {800, 0}, {400, 256}, {400, 128}}
}

// measureMemory prints what wide answers take for each setting of the garbage collector, asked for by many clients at once.
func measureMemory(ctx context.Context, pool *pgxpool.Pool, out io.Writer, turn time.Duration) error {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(-1))
	if _, err := pool.Exec(ctx, wideStore); err != nil {
		return err
	}
	a, err := newAnswering(pool)
	if err != nil {
		return err
	}
	deep := comparedQueries()[1]
	deep.variables.First = 100
	wide := compared{
		name:      "wide: 100 products of 100 variants",
		variables: variables{First: 100},
		query: `query Wide($first: Int) {
		products(first: $first, filter: { handle: { like: "wide-%" } }) { nodes { id title variants(first: $first) { nodes { id title sku
			priceSet { id prices(first: $first) { nodes { id amount currencyCode } } } } } } } }`,
	}
	if err := measureSettings(ctx, pool, out, deep, []way{{name: "api", handler: a.api}}, turn); err != nil {
		return err
	}
	return measureSettings(ctx, pool, out, wide, []way{{name: "api", handler: a.api}}, turn)
}

func measureSettings(
	ctx context.Context,
	pool *pgxpool.Pool,
	out io.Writer,
	q compared,
	ways []way,
	turn time.Duration,
) error {
	body, err := bodyOf(q.query, q.variables)
	if err != nil {
		return err
	}
	var answer sink
	if err := send(ways[0].handler, body, &answer); err != nil {
		return err
	}
	t := traffic{clients: memoryClients, turn: turn, body: func(int, int) []byte { return body }}
	fmt.Fprintf(
		out,
		"\n%s; %d clients; %d bytes an answer\n\n| way | GOGC | limit MiB | requests/s | processor µs/request | resident MiB at most | goroutines at most |\n|---|---|---|---|---|---|---|\n",
		q.name,
		memoryClients,
		answer.Len(),
	)
	answer = sink{}
	for _, w := range ways {
		for _, set := range settings() {
			debug.SetGCPercent(set[0])
			debug.SetMemoryLimit(1 << 62)
			if set[1] > 0 {
				debug.SetMemoryLimit(int64(set[1]) << 20)
			}
			debug.FreeOSMemory()
			most, stop := watchMemory()
			c, err := spend(ctx, pool, discarding{w.handler}, t)
			stop()
			if err != nil {
				return err
			}
			fmt.Fprintf(
				out,
				"| %s | %d | %d | %.0f | %d | %d | %d |\n",
				w.name,
				set[0],
				set[1],
				float64(
					c.requests,
				)/c.wall.Seconds(),
				c.program.Microseconds()/int64(c.requests),
				most.memory>>20,
				most.goroutines,
			)
		}
	}
	return nil
}

// wideStore adds 100 products of 100 variants, each with two prices, if they are not there.
const wideStore = `
	INSERT INTO product (id, title, handle, status, created_at) SELECT 'wide' || n, 'Wide ' || n, 'wide-' || n, 'published', '2000-01-01' FROM generate_series(1, 100) AS n ON CONFLICT DO NOTHING;
	INSERT INTO product_variant (id, title, sku, product_id)
	SELECT 'wide' || n || '-' || m, 'Variant ' || m, 'WIDE-' || n || '-' || m, 'wide' || n FROM generate_series(1, 100) AS n, generate_series(1, 100) AS m ON CONFLICT DO NOTHING;
	INSERT INTO price_set (id) SELECT 'wide' || n || '-' || m FROM generate_series(1, 100) AS n, generate_series(1, 100) AS m ON CONFLICT DO NOTHING;
	INSERT INTO price (id, price_set_id, currency_code, amount, raw_amount)
	SELECT 'wide' || c || n || '-' || m, 'wide' || n || '-' || m, c, n + m, '{}' FROM generate_series(1, 100) AS n, generate_series(1, 100) AS m, unnest(ARRAY['eur', 'usd']) AS c ON CONFLICT DO NOTHING;
	INSERT INTO product_variant_price_set (variant_id, price_set_id, id)
	SELECT 'wide' || n || '-' || m, 'wide' || n || '-' || m, 'pvps_wide' || n || '-' || m FROM generate_series(1, 100) AS n, generate_series(1, 100) AS m ON CONFLICT DO NOTHING;
	ANALYZE product, product_variant, price_set, price, product_variant_price_set`

// discarding serves answers to nobody, so that clients take no memory.
type discarding struct{ http.Handler }

// ServeHTTP answers.
func (d discarding) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	d.Handler.ServeHTTP(nobody{http.Header{}}, r)
}

type nobody struct{ header http.Header }

func (n nobody) Header() http.Header       { return n.header }
func (nobody) WriteHeader(int)             {}
func (nobody) Write(b []byte) (int, error) { return len(b), nil }

// most is the most that was seen of what a process has.
type most struct {
	memory     int64
	goroutines int
}

// watchMemory looks for the most that the process has, until it is stopped.
func watchMemory() (m *most, stop func()) {
	m = &most{}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			m.memory, m.goroutines = max(m.memory, resident()), max(m.goroutines, runtime.NumGoroutine())
			select {
			case <-quit:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	return m, func() {
		close(quit)
		<-done
	}
}

// resident is the memory of the process, as Linux tells it in pages.
func resident() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	pages, _ := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64) // the kernel writes digits
	return pages * int64(os.Getpagesize())
}
