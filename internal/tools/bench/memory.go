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

// memoryClients is the number of concurrent clients.
const memoryClients = 64

// settings returns the settings of the garbage collector to compare: GOGC, and GOMEMLIMIT in MiB. 0 means no limit.
func settings() [][2]int {
	return [][2]int{{100, 0}, {200, 0}, {400, 0}, {800, 0}, {400, 256}, {400, 128}}
}

// measureMemory prints, for each setting of the garbage collector, the memory and processor time of large answers to
// many concurrent clients.
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

// wideStore adds 100 products of 100 variants with two prices each, unless they exist.
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

// discarding discards answers, so that clients use no memory.
type discarding struct{ http.Handler }

// ServeHTTP serves the request and discards the answer.
func (d discarding) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	d.Handler.ServeHTTP(nobody{http.Header{}}, r)
}

type nobody struct{ header http.Header }

func (n nobody) Header() http.Header       { return n.header }
func (nobody) WriteHeader(int)             {}
func (nobody) Write(b []byte) (int, error) { return len(b), nil }

// peak is the highest memory use seen.
type peak struct {
	memory     int64
	goroutines int
}

// watchMemory records the peak memory use of the process until it is stopped.
func watchMemory() (m *peak, stop func()) {
	m = &peak{}
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

// resident returns the resident memory of the process in bytes. Linux reports it in pages.
func resident() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	pages, _ := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64) // the kernel writes digits
	return pages * int64(os.Getpagesize())
}
