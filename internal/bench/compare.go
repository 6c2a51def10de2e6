package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"linkgraph/graph"
)

// variables are those of the compared queries.
type variables struct {
	First int    `json:"first,omitempty"`
	ID    string `json:"id,omitempty"`
}

// compared is a query that is answered in several ways.
type compared struct {
	name, query string
	variables   variables
	hand        func(ctx context.Context, b []byte, v variables) ([]byte, error)
	jsonAgg     string // one statement; $1 is first, $2 is id if there is one
}

func comparedQueries(h hand) []compared {
	const prices = `(SELECT json_build_object('prices', json_build_object('nodes', coalesce((SELECT json_agg(r) FROM (
			SELECT amount::text AS amount, currency_code AS "currencyCode" FROM price WHERE price_set_id = l.price_set_id AND deleted_at IS NULL ORDER BY id LIMIT %d) AS r), '[]')))
		FROM product_variant_price_set AS l WHERE l.variant_id = v.id AND l.deleted_at IS NULL LIMIT 1)`
	return []compared{
		{
			name:      "page: products, variants, prices, channels",
			query:     `query Page($first: Int) { products(first: $first, filter: { status: { eq: PUBLISHED } }, orderBy: [{ createdAt: DESC }]) { nodes { id title handle variants { nodes { id title sku priceSet { prices { nodes { amount currencyCode } } } } } salesChannels { nodes { id name } } } pageInfo { hasNextPage endCursor } } }`,
			variables: variables{First: 20}, hand: h.page,
			jsonAgg: `WITH page AS (
					SELECT id, title, handle, created_at FROM product WHERE deleted_at IS NULL AND status = 'published' ORDER BY created_at DESC, id DESC LIMIT $1 + 1),
				shown AS (SELECT * FROM page ORDER BY created_at DESC, id DESC LIMIT $1)
				SELECT json_build_object('data', json_build_object('products', json_build_object('nodes', coalesce((SELECT json_agg(json_build_object(
					'id', p.id, 'title', p.title, 'handle', p.handle,
					'variants', json_build_object('nodes', coalesce((SELECT json_agg(json_build_object('id', v.id, 'title', v.title, 'sku', v.sku, 'priceSet', ` + fmt.Sprintf(prices, 20) + `) ORDER BY v.id)
						FROM (SELECT id, title, sku FROM product_variant WHERE product_id = p.id AND deleted_at IS NULL ORDER BY id LIMIT 20) AS v), '[]')),
					'salesChannels', json_build_object('nodes', coalesce((SELECT json_agg(c) FROM (
						SELECT c.id, c.name FROM product_sales_channel AS l JOIN sales_channel AS c ON c.id = l.sales_channel_id
						WHERE l.product_id = p.id AND l.deleted_at IS NULL AND c.deleted_at IS NULL ORDER BY l.sales_channel_id LIMIT 20) AS c), '[]'))
					) ORDER BY p.created_at DESC, p.id DESC) FROM shown AS p), '[]'),
					'pageInfo', json_build_object('hasNextPage', (SELECT count(*) > $1 FROM page),
						'endCursor', (SELECT rtrim(translate(replace(encode(convert_to('["` + pageSignature + `","' || to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '","' || id || '"]', 'UTF8'), 'base64'), E'\n', ''), '+/', '-_'), '=') FROM shown ORDER BY created_at, id LIMIT 1)))))::text`,
		},
		{
			name:      "deep: products, variants, prices, items, levels, locations",
			query:     `query Deep($first: Int) { products(first: $first) { nodes { id title variants { nodes { id title sku priceSet { prices { nodes { amount currencyCode } } } inventoryItems { edges { link { requiredQuantity } node { sku levels { nodes { stockedQuantity stockLocation { name } } } } } } } } } } }`,
			variables: variables{First: 50}, hand: h.deep,
			jsonAgg: `SELECT json_build_object('data', json_build_object('products', json_build_object('nodes', coalesce((SELECT json_agg(json_build_object(
					'id', p.id, 'title', p.title,
					'variants', json_build_object('nodes', coalesce((SELECT json_agg(json_build_object('id', v.id, 'title', v.title, 'sku', v.sku, 'priceSet', ` + fmt.Sprintf(prices, 20) + `,
						'inventoryItems', json_build_object('edges', coalesce((SELECT json_agg(json_build_object('link', json_build_object('requiredQuantity', i.quantity::text), 'node', json_build_object('sku', i.sku,
							'levels', json_build_object('nodes', coalesce((SELECT json_agg(json_build_object('stockedQuantity', s.quantity::text, 'stockLocation', (
									SELECT json_build_object('name', o.name) FROM stock_location AS o WHERE o.id = s.location_id AND o.deleted_at IS NULL)) ORDER BY s.id)
								FROM (SELECT id, location_id, stocked_quantity AS quantity FROM inventory_level WHERE inventory_item_id = i.id AND deleted_at IS NULL ORDER BY id LIMIT 20) AS s), '[]')))) ORDER BY i.id)
							FROM (SELECT i.id, i.sku, l.required_quantity AS quantity FROM product_variant_inventory_item AS l JOIN inventory_item AS i ON i.id = l.inventory_item_id
								WHERE l.variant_id = v.id AND l.deleted_at IS NULL AND i.deleted_at IS NULL ORDER BY l.inventory_item_id LIMIT 20) AS i), '[]'))) ORDER BY v.id)
						FROM (SELECT id, title, sku FROM product_variant WHERE product_id = p.id AND deleted_at IS NULL ORDER BY id LIMIT 20) AS v), '[]'))
					) ORDER BY p.id) FROM (SELECT id, title FROM product WHERE deleted_at IS NULL ORDER BY id LIMIT $1) AS p), '[]'))))::text`,
		},
		{
			name:      "reverse: a channel's products with one price",
			query:     `query Reverse($id: ID!, $first: Int) { salesChannel(id: $id) { name products(first: $first) { nodes { id title handle variants(first: 1) { nodes { priceSet { prices(first: 1) { nodes { amount currencyCode } } } } } } pageInfo { hasNextPage endCursor } } } }`,
			variables: variables{First: 20, ID: "c0"}, hand: h.reverse,
			jsonAgg: `WITH page AS (
					SELECT l.product_id AS id, p.title, p.handle FROM product_sales_channel AS l JOIN product AS p ON p.id = l.product_id
					WHERE l.sales_channel_id = $2 AND l.deleted_at IS NULL AND p.deleted_at IS NULL ORDER BY l.product_id LIMIT $1 + 1),
				shown AS (SELECT * FROM page ORDER BY id LIMIT $1)
				SELECT json_build_object('data', json_build_object('salesChannel', (SELECT json_build_object('name', c.name, 'products', json_build_object('nodes', coalesce((SELECT json_agg(json_build_object(
					'id', p.id, 'title', p.title, 'handle', p.handle,
					'variants', json_build_object('nodes', coalesce((SELECT json_agg(json_build_object('priceSet', ` + fmt.Sprintf(prices, 1) + `) ORDER BY v.id)
						FROM (SELECT id FROM product_variant WHERE product_id = p.id AND deleted_at IS NULL ORDER BY id LIMIT 1) AS v), '[]'))
					) ORDER BY p.id) FROM shown AS p), '[]'),
					'pageInfo', json_build_object('hasNextPage', (SELECT count(*) > $1 FROM page),
						'endCursor', (SELECT rtrim(translate(replace(encode(convert_to('["` + reverseSignature + `","' || id || '"]', 'UTF8'), 'base64'), E'\n', ''), '+/', '-_'), '=') FROM shown ORDER BY id DESC LIMIT 1))))
					FROM sales_channel AS c WHERE c.id = $2 AND c.deleted_at IS NULL)))::text`,
		},
	}
}

// way is one way to answer a query.
type way struct {
	name    string
	handler http.Handler
}

func (q compared) ways(pool *pgxpool.Pool, h hand, plans, code http.Handler) []way {
	agg := func(ctx context.Context, b []byte, v variables) ([]byte, error) {
		args := []any{v.First}
		if v.ID != "" {
			args = append(args, v.ID)
		}
		var text []byte
		err := pool.QueryRow(ctx, q.jsonAgg, args...).Scan(&text)
		text = bytes.TrimSuffix(bytes.TrimPrefix(text, []byte(`{"data" : `)), []byte("}"))
		return append(b, text...), err
	}
	return []way{{"hand", h.handler(q.hand)}, {"json_agg", h.handler(agg)}, {"plan", plans}, {"generated code", code}}
}

// request sends the query and returns the answer.
func (q compared) request(body []byte, h http.Handler, w *sink) {
	w.Reset()
	w.header = http.Header{}
	r, err := http.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body)) //nolint:noctx // it stays in the process
	if err != nil {
		panic(err) // the URL is a constant
	}
	r.Header.Set("Content-Type", "application/json")
	h.ServeHTTP(w, r)
}

// sink takes an answer.
type sink struct {
	bytes.Buffer
	header http.Header
}

func (s *sink) Header() http.Header { return s.header }
func (*sink) WriteHeader(int)       {}

// check reports a way that answers something else than the first one.
func (q compared) check(body []byte, ways []way) error {
	var want any
	var first sink
	for i, w := range ways {
		var out sink
		q.request(body, w.handler, &out)
		var got any
		if err := json.Unmarshal(out.Bytes(), &got); err != nil {
			return fmt.Errorf("%s, %s: %w: %s", q.name, w.name, err, out.Bytes())
		}
		if i == 0 {
			want, first = got, out
		}
		if !reflect.DeepEqual(want, got) {
			n := 0
			for n < min(first.Len(), out.Len()) && first.Bytes()[n] == out.Bytes()[n] {
				n++
			}
			n = max(0, n-100)
			return fmt.Errorf("%s: %s answers\n… %.300s\n%s answers\n… %.300s", q.name, ways[0].name, first.Bytes()[n:], w.name, out.Bytes()[n:])
		}
	}
	return nil
}

// cost is what requests took together.
type cost struct {
	requests       int
	wall           time.Duration
	program, store time.Duration // of processors
	mallocs        uint64
	times          []time.Duration // of each request, of one client
}

func (c *cost) add(o cost) {
	c.requests += o.requests
	c.wall += o.wall
	c.program += o.program
	c.store += o.store
	c.mallocs += o.mallocs
	c.times = append(c.times, o.times...)
}

// spend sends requests from clients for a while.
func (q compared) spend(ctx context.Context, pool *pgxpool.Pool, body []byte, h http.Handler, clients int, d time.Duration) (cost, error) {
	runtime.GC()
	pids, err := backends(ctx, pool)
	if err != nil {
		return cost{}, err
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	program, store, start := processorTime(), storeTime(pids), time.Now()
	var c cost
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			var out sink
			var times []time.Duration
			for time.Since(start) < d {
				from := time.Now()
				q.request(body, h, &out)
				times = append(times, time.Since(from))
			}
			mu.Lock()
			defer mu.Unlock()
			c.requests += len(times)
			c.times = append(c.times, times...)
		})
	}
	wg.Wait()
	c.wall = time.Since(start)
	c.program, c.store = processorTime()-program, storeTime(pids)-store
	runtime.ReadMemStats(&after)
	c.mallocs = after.Mallocs - before.Mallocs
	return c, nil
}

func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// backends are the processes of Postgres that serve the pool.
func backends(ctx context.Context, pool *pgxpool.Pool) (pids []int, err error) {
	err = pool.QueryRow(ctx, `SELECT array_agg(pid) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'`).Scan(&pids)
	return pids, err
}

// storeTime is the processor time of processes, as Linux tells it in hundredths of a second.
func storeTime(pids []int) time.Duration {
	var total time.Duration
	for _, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue
		}
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		for _, i := range []int{11, 12} { // utime and stime
			ticks, _ := strconv.Atoi(fields[i]) // the kernel writes digits
			total += time.Duration(ticks) * 10 * time.Millisecond
		}
	}
	return total
}

// handlers returns the API with plans, and without.
func handlers(pool *pgxpool.Pool) (plans, code http.Handler, err error) {
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	for _, side := range []struct {
		handler *http.Handler
		off     bool
	}{{&plans, false}, {&code, true}} {
		g, err := graph.New(pool, graph.Config{Logger: quiet, NoCompiled: side.off})
		if err != nil {
			return nil, nil, err
		}
		if *side.handler, err = g.HTTPHandler(graph.HTTP{CompressFrom: -1}); err != nil {
			return nil, nil, err
		}
	}
	return plans, code, nil
}

// compareWays prints, for each query, what each way takes. The ways take turns, so that what else the machine does weighs on
// all of them alike.
func compareWays(ctx context.Context, pool *pgxpool.Pool, out io.Writer, rounds int, turn time.Duration, only string) error {
	plans, code, err := handlers(pool)
	if err != nil {
		return err
	}
	h := hand{pool}
	for _, q := range comparedQueries(h) {
		ways := q.ways(pool, h, plans, code)
		body, err := json.Marshal(map[string]any{"query": q.query, "variables": q.variables})
		if err != nil {
			return err
		}
		if err := q.check(body, ways); err != nil {
			return err
		}
		for _, clients := range []int{1, 16, 64} {
			costs := make([]cost, len(ways))
			for round := range rounds + 1 {
				for i, w := range ways {
					if only != "" && w.name != only {
						continue
					}
					c, err := q.spend(ctx, pool, body, w.handler, clients, turn)
					if err != nil {
						return err
					}
					if round > 0 { // the first warms up
						costs[i].add(c)
					}
				}
			}
			q.print(out, clients, ways, costs)
		}
	}
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func (q compared) print(out io.Writer, clients int, ways []way, costs []cost) {
	fmt.Fprintf(out, "\n%s; clients: %d\n\n| way | requests/s | of hand | p50 ms | p99 ms | processor µs/request: program + Postgres | of hand | allocations |\n|---|---|---|---|---|---|---|---|\n", q.name, clients)
	per := func(c cost) float64 { return float64((c.program + c.store).Microseconds()) / float64(c.requests) }
	rate := func(c cost) float64 { return float64(c.requests) / c.wall.Seconds() }
	for i, c := range costs {
		if c.requests == 0 {
			continue
		}
		slices.Sort(c.times)
		fmt.Fprintf(out, "| %s | %.0f | %.2f | %.2f | %.2f | %.0f + %.0f | %.2f | %d |\n", ways[i].name, rate(c), rate(c)/rate(costs[0]),
			ms(c.times[len(c.times)/2]), ms(c.times[len(c.times)*99/100]), float64(c.program.Microseconds())/float64(c.requests),
			float64(c.store.Microseconds())/float64(c.requests), per(c)/per(costs[0]), c.mallocs/uint64(c.requests)) //nolint:gosec // it is not negative
	}
}
