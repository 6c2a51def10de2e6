package graph_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/internal/tools/explain"
)

// ordersDB has 5,000 orders in three versions of three items each, of 500 customers and two sales channels. The last
// order has 1,000 items in each version.
func ordersDB(t testing.TB) *pgtest.DB {
	t.Helper()
	return pgtest.NewFrom(t, "orders", func(ctx context.Context, pool *pgxpool.Pool) error {
		if _, err := migrate(ctx, pool); err != nil {
			return err
		}
		_, err := pool.Exec(ctx, `
			INSERT INTO customer (id, email) SELECT 'c' || n, 'c' || n || '@example.com' FROM generate_series(0, 499) AS n;
			INSERT INTO sales_channel (id, name) VALUES ('sc0', 'Web shop'), ('sc1', 'Shop in town');
			INSERT INTO "order" (id, version, currency_code, customer_id, sales_channel_id)
				SELECT 'o' || n, 3, 'eur', 'c' || n % 500, 'sc' || n % 2 FROM generate_series(1000, 5999) AS n;
			INSERT INTO order_line_item (id, title, unit_price, raw_unit_price)
				SELECT 'l' || n || '-' || i, 'Item ' || i, i, '{}' FROM generate_series(1000, 5999) AS n, generate_series(1, CASE WHEN n = 5999 THEN 1000 ELSE 3 END) AS i;
			INSERT INTO order_item (id, order_id, version, item_id, quantity, raw_quantity, fulfilled_quantity, raw_fulfilled_quantity, shipped_quantity,
				raw_shipped_quantity, return_requested_quantity, raw_return_requested_quantity, return_received_quantity, raw_return_received_quantity,
				return_dismissed_quantity, raw_return_dismissed_quantity, written_off_quantity, raw_written_off_quantity)
				SELECT 'i' || v || id, 'o' || split_part(substr(id, 2), '-', 1), v, id, v, '{}', 0, '{}', 0, '{}', 0, '{}', 0, '{}', 0, '{}', 0, '{}'
				FROM order_line_item, generate_series(1, 3) AS v;
			INSERT INTO order_summary (id, order_id, version) SELECT 's' || v || o.id, o.id, v FROM "order" AS o, generate_series(1, 3) AS v;
			ANALYZE`)
		return err
	})
}

// TestPlansOfOrders looks at the plans of what leads to the current version of an order, and of a read-only link both
// ways.
func TestPlansOfOrders(t *testing.T) {
	t.Parallel()
	pool := ordersDB(t)
	for _, c := range []struct {
		name, query string
		rows        int // that a step of a statement may give
	}{
		{"current items", `{ orders(first: 20) { nodes { items { totalCount nodes { quantity item { title } } } summary { totals } } } }`, 100},
		{"all versions", `{ orders(first: 20) { nodes { itemVersions(first: 10) { nodes { version } } summaryVersions { nodes { version } } } } }`, 210},
		{"page of a large order", `{ order(id: "o5999") { items(first: 20) { nodes { quantity item { title } } pageInfo { hasNextPage } } } }`, 25},
		{"count of a large order", `{ order(id: "o5999") { items { totalCount } } }`, 1000},
		{"orders with an item", `{ orders(first: 10, filter: { items: { some: { itemId: { eq: "l1777-2" } } } }) { nodes { id } } }`, 15},
		{"an item's order", `{ orderItem(id: "i3l1777-2") { order { version items { nodes { id } } } } }`, 5},
		{"customer to orders", `{ customers(first: 20) { nodes { orders(first: 5) { nodes { version } } } } }`, 125},
		{"page of a hub", `{ salesChannel(id: "sc0") { orders(first: 20) { nodes { version } pageInfo { hasNextPage } } } }`, 25},
		{"orders to customer", `{ orders(first: 50) { nodes { customer { email } } } }`, 55},
		{"orders of a customer", `{ orders(first: 10, filter: { customer: { email: { eq: "c7@example.com" } } }) { nodes { version } } }`, 15},
		{"customers with an order", `{ customers(first: 10, filter: { orders: { some: { id: { eq: "o1777" } } } }) { nodes { email } } }`, 15},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			db := explain.New(pool.Pool)
			a := newAPI(t, pool, graph.Config{})
			g, err := graph.New(db, graph.Config{})
			if err != nil {
				t.Fatal(err)
			}
			a.graph, a.handler = g, g.Handler()
			a.ask(nil, c.query, nil)
			for sql, plan := range db.Plans() {
				for _, m := range seqScan.FindAllStringSubmatch(plan, -1) {
					if m[1] == "order" || m[1] == "order_item" || m[1] == "order_line_item" || m[1] == "order_summary" {
						t.Errorf("%s\nreads all of %s:\n%s", sql, m[1], plan)
					}
				}
				if n := explain.Widest(plan); n > c.rows {
					t.Errorf("%s\ntouches %d rows, want %d at the most:\n%s", sql, n, c.rows, plan)
				}
			}
		})
	}
}
