package graph_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/internal/tools/explain"
)

// historyDB has 40,000 deletions of two records and a link, 80,000 events of links and 60,000 entries of the audit log.
func historyDB(t *testing.T) *pgtest.DB {
	t.Helper()
	if testing.Short() {
		t.Skip("a big database takes long to make")
	}
	return pgtest.NewFrom(t, "history", func(ctx context.Context, pool *pgxpool.Pool) error {
		if _, err := migrate(ctx, pool); err != nil {
			return err
		}
		_, err := pool.Exec(ctx, `
			INSERT INTO linkgraph.deletion (id, deleted_at)
				SELECT 'del_' || n, now() - n * interval '1 minute' FROM generate_series(1, 40000) AS n;
			INSERT INTO linkgraph.deletion_record (deletion_id, model, key, removed)
				SELECT 'del_' || n, m, m || n / 2, true FROM generate_series(1, 40000) AS n, unnest(ARRAY['Product', 'ProductVariant']) AS m;
			INSERT INTO linkgraph.deletion_link (deletion_id, link, left_key, right_key)
				SELECT 'del_' || n, 'product_sales_channel', 'p' || n, 'c' || n % 10 FROM generate_series(1, 40000) AS n;
			INSERT INTO linkgraph.link_event (event, link, left_key, right_key, data, cause)
				SELECT CASE WHEN n % 2 = 0 THEN 'attached' ELSE 'detached' END, CASE WHEN n % 3 = 0 THEN 'order_cart' ELSE 'product_sales_channel' END,
					'p' || n / 4, 'c' || n % 1000, '{}', 'create' FROM generate_series(1, 80000) AS n;
			INSERT INTO linkgraph.audit (caller_kind, caller_id, caller_name, caller_role, request_id, operation, field, document_hash, action,
				receipt, truncated, at, deletion_id)
				SELECT 'admin', 'apk_' || n % 500, '', '', '', '', '', '', 'delete_records', '{}', false, now() - n * interval '1 minute',
					CASE WHEN n <= 40000 THEN 'del_' || n END FROM generate_series(1, 60000) AS n;
			ANALYZE`)
		return err
	})
}

// TestHistoryPlans looks at the plans of what admins ask of the history: none reads a table from end to end.
func TestHistoryPlans(t *testing.T) {
	t.Parallel()
	pool := historyDB(t)
	for _, c := range []struct {
		name, query string
		rows        int // that a step of a statement may give
	}{
		{"latest deletions", `{ deletions(first: 20, orderBy: [{ at: DESC }]) { nodes { at records { nodes { model key } } links { nodes { leftKey } } auditEntries { nodes { callerId } } } } }`, 130},
		{"deletions of a record", `{ deletionRecords(filter: { model: { eq: "Product" }, key: { eq: "Product77" } }) { nodes { restoredAt deletion { at auditEntries { nodes { callerId } } } } } }`, 10},
		{"by a record", `{ deletions(filter: { records: { some: { model: { eq: "Product" }, key: { eq: "Product77" } } } }) { nodes { at } } }`, 10},
		{"one deletion", `{ deletion(id: "del_77") { at links { nodes { linkName } } repairedLinks { nodes { kind } } } }`, 10},
		{"latest events", `{ linkEvents(first: 20, orderBy: [{ id: DESC }]) { nodes { event linkName } } }`, 30},
		{"events by the left key", `{ linkEvents(filter: { linkName: { eq: "order_cart" }, leftKey: { eq: "p99" } }, orderBy: [{ id: DESC }]) { nodes { event } totalCount } }`, 10},
		{"events by the right key", `{ linkEvents(filter: { linkName: { eq: "order_cart" }, rightKey: { eq: "c99" } }) { nodes { event } } }`, 200},
		{"latest entries", `{ auditEntries(first: 20, orderBy: [{ at: DESC }]) { nodes { field deletion { at } } } }`, 40},
		{"entries of a caller", `{ auditEntries(first: 20, orderBy: [{ at: DESC }], filter: { callerId: { eq: "apk_7" } }) { nodes { field } } }`, 130},
		{"entries of a deletion", `{ auditEntries(filter: { deletionId: { eq: "del_7" } }) { nodes { field } } }`, 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			db := explain.NewSettled(pool.Pool)
			a := newAPI(t, pool, graph.Config{})
			g, err := graph.New(db, graph.Config{})
			if err != nil {
				t.Fatal(err)
			}
			a.graph, a.handler = g, g.Handler()
			a.ask(nil, c.query, nil)
			checkPlans(t, db, c.rows)
		})
	}
}
