package linkstore_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/linkstore"
	"github.com/linkgraph/linkgraph/linkstore/linktest"
)

const scale = 20_000

// bigDB has products, each in one of two channels, and a variant with a price set each; bins, each with an item, a shelf and a
// contract; and customers, which one channel keeps as texts.
func bigDB(t testing.TB) *pgtest.DB {
	t.Helper()
	return pgtest.NewFrom(t, "big", func(ctx context.Context, pool *pgxpool.Pool) error {
		if _, err := pool.Exec(ctx, linktest.Tables); err != nil {
			return err
		}
		catalog, err := linktest.Catalog()
		if err != nil {
			return err
		}
		if _, err = linkstore.New(pool, catalog, linkstore.Config{}).Sync(ctx, linkstore.Safe); err != nil {
			return err
		}
		_, err = pool.Exec(ctx, fmt.Sprintf(`
			INSERT INTO product (id) SELECT 'p' || n FROM generate_series(1, %[1]d) AS n;
			INSERT INTO variant (id, product_id) SELECT 'v' || n, 'p' || n FROM generate_series(1, %[1]d) AS n;
			INSERT INTO price_set (id) SELECT 's' || n FROM generate_series(1, %[1]d) AS n;
			INSERT INTO channel (id) VALUES ('c0'), ('c1');
			INSERT INTO product_channel (product_id, channel_id, id) SELECT 'p' || n, 'c' || n %% 2, 'lc_' || n FROM generate_series(1, %[1]d) AS n;
			INSERT INTO variant_price_set (variant_id, price_set_id, id) SELECT 'v' || n, 's' || n, 'lp_' || n FROM generate_series(1, %[1]d) AS n;
			INSERT INTO bin (aisle, number) SELECT 'A' || n %% 10, n FROM generate_series(1, %[1]d) AS n;
			INSERT INTO shelf (id, bin_aisle, bin_number) SELECT n, 'A' || n %% 10, n FROM generate_series(1, %[1]d) AS n;
			INSERT INTO item (id, home_aisle, home_number) SELECT 'i' || n, 'A' || n %% 10, n FROM generate_series(1, %[1]d) AS n;
			INSERT INTO item_bin (item_id, aisle, bin, id) SELECT 'i' || n, 'A' || n %% 10, n, 'lw_' || n FROM generate_series(1, %[1]d) AS n;
			INSERT INTO crm.contract (id) SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid FROM generate_series(1, %[1]d) AS n;
			INSERT INTO contract_bin (contract_id, bin_aisle, bin_number, id)
				SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'A' || n %% 10, n, 'lb_' || n FROM generate_series(1, %[1]d) AS n;
			INSERT INTO customer (id) SELECT n FROM generate_series(1, %[1]d) AS n;
			INSERT INTO channel_customer (channel_id, customer_id, id) SELECT 'c1', n, 'lk_' || n FROM generate_series(1, %[1]d) AS n;
			ANALYZE`, scale))
		return err
	})
}

// explained is a DB that notes the plan of each statement before it runs it.
type explained struct {
	pgx.Tx
	plans map[string]string
}

func (e *explained) explain(ctx context.Context, sql string, args []any) {
	if !strings.HasPrefix(strings.TrimSpace(sql), "SELECT") && !strings.HasPrefix(strings.TrimSpace(sql), "WITH") &&
		!strings.Contains(sql, "INSERT INTO \"") &&
		!strings.Contains(sql, "UPDATE \"") {
		return
	}
	rows, err := e.Tx.Query(ctx, "EXPLAIN "+sql, args...)
	if err != nil {
		return
	}
	lines, _ := pgx.CollectRows(rows, pgx.RowTo[string])
	e.plans[strings.Join(strings.Fields(sql), " ")] = strings.Join(lines, "\n")
}

func (e *explained) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	e.explain(ctx, sql, args)
	return e.Tx.Query(ctx, sql, args...)
}

func (e *explained) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	e.explain(ctx, sql, args)
	return e.Tx.QueryRow(ctx, sql, args...)
}

func (e *explained) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	for _, q := range b.QueuedQueries {
		e.explain(ctx, q.SQL, q.Arguments)
	}
	return e.Tx.SendBatch(ctx, b)
}

func (e *explained) Begin(context.Context) (pgx.Tx, error) { return nested{e}, nil }

// nested runs the store's transaction in the test's.
type nested struct{ *explained }

func (nested) Commit(context.Context) error   { return nil }
func (nested) Rollback(context.Context) error { return nil }

// TestStatementsUseIndexes runs every kind of call on big tables and looks at the plans: no statement reads a big table
// from end to end.
func TestStatementsUseIndexes(t *testing.T) {
	t.Parallel()
	tx, err := bigDB(t).Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }()
	catalog, err := linktest.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	db := &explained{tx, map[string]string{}}
	s := linkstore.New(db, catalog, linkstore.Config{})
	ctx := t.Context()
	items := []linkstore.Item{
		{Link: linktest.Sold, Left: "p1", Right: "c0"},
		{Link: linktest.Priced, Left: "v1", Right: "s1"},
	}
	const contract = "00000000-0000-4000-8000-000000000007"
	keyed := []linkstore.Item{
		{
			Link:  linktest.Stowed,
			Left:  "i5",
			Right: "A5:5",
		},
		{Link: linktest.Rented, Left: contract, Right: "A7:7"},
		{Link: linktest.Courted, Left: "c1", Right: "7"},
	}
	records := []linkstore.Records{{Model: "Product", IDs: []string{"p7", "p9"}}}
	module, err := s.Module(linktest.Sold)
	if err != nil {
		t.Fatal(err)
	}
	for name, call := range map[string]func() error{
		"create":  func() error { _, err := s.Create(ctx, items, linkstore.CreateOptions{}); return err },
		"get":     func() error { _, err := s.Get(ctx, items); return err },
		"dismiss": func() error { _, err := s.Dismiss(ctx, items[:1]); return err },
		"delete and restore": func() error {
			receipt, err := s.DeleteRecords(ctx, records)
			if err != nil {
				return err
			}
			_, err = s.RestoreDeletion(ctx, receipt.DeletionID)
			return err
		},
		"linked": func() error {
			_, err := s.Linked(ctx, linktest.Sold, linkstore.Left, []string{"p1", "p2"}, linkstore.LinkedOptions{})
			return err
		},
		"create by other keys":  func() error { _, err := s.Create(ctx, keyed, linkstore.CreateOptions{}); return err },
		"get by other keys":     func() error { _, err := s.Get(ctx, keyed); return err },
		"dismiss by other keys": func() error { _, err := s.Dismiss(ctx, keyed[:1]); return err },
		"delete and restore by other keys": func() error {
			receipt, err := s.DeleteRecords(ctx, []linkstore.Records{{Model: "Contract", IDs: []string{contract}}, {Model: "Customer", IDs: []string{"9"}}})
			if err != nil || len(receipt.Records) != 4 {
				return fmt.Errorf("%+v: %w", receipt, err)
			}
			_, err = s.RestoreDeletion(ctx, receipt.DeletionID)
			return err
		},
		"linked by other keys": func() error {
			for _, link := range []string{linktest.Stowed, linktest.Lies} {
				if _, err := s.Linked(ctx, link, linkstore.Right, []string{"A5:5", "A6:6"}, linkstore.LinkedOptions{}); err != nil {
					return err
				}
			}
			_, err := s.Linked(ctx, linktest.Courted, linkstore.Right, []string{"5"}, linkstore.LinkedOptions{})
			return err
		},
		"list by other keys": func() error {
			bins, err := s.Module(linktest.Stowed)
			if err != nil {
				return err
			}
			for _, c := range []linkstore.Condition{
				{Column: "bin_id", Op: linkstore.Eq, Value: "A5:5"}, {Column: "bin_id", Op: linkstore.In, Value: []string{"A5:5", "A6:6"}},
			} {
				if _, err = bins.List(ctx, linkstore.ListOptions{Where: []linkstore.Condition{c}, Limit: 10}); err != nil {
					return err
				}
			}
			return nil
		},
		"hub": func() error {
			_, err := s.Linked(ctx, linktest.Sold, linkstore.Right, []string{"c0"}, linkstore.LinkedOptions{Limit: 10})
			return err
		},
		"list": func() error {
			_, err := module.List(ctx, linkstore.ListOptions{Where: []linkstore.Condition{{Column: "product_id", Op: linkstore.Eq, Value: "p5"}}, Limit: 10})
			return err
		},
		"retrieve": func() error { _, err := module.Retrieve(ctx, "lc_5"); return err },
	} {
		if err := call(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	if len(db.plans) < 40 {
		t.Errorf("only %d statements were looked at", len(db.plans))
	}
	for sql, plan := range db.plans {
		for _, table := range []string{
			"product", "variant", "price_set", "product_channel", "variant_price_set",
			"bin", "shelf", "item", "item_bin", "contract", "contract_bin", "customer", "channel_customer",
		} {
			if strings.Contains(plan, "Seq Scan on "+table+" ") {
				t.Errorf("%s\nreads all of %s:\n%s", sql, table, plan)
			}
		}
	}
}

func BenchmarkCreate(b *testing.B) {
	s := newSubject(b, bigDB(b).Pool)
	for _, n := range []int{1, 1000, 10_000} {
		items := make([]linkstore.Item, n)
		for _, state := range []string{"new", "unchanged"} {
			b.Run(fmt.Sprintf("%d/%s", n, state), func(b *testing.B) {
				right := "c0"
				for i := range items {
					if state == "new" {
						right = fmt.Sprintf("p%d", i+2)
					}
					items[i] = linkstore.Item{Link: linktest.Sold, Left: fmt.Sprintf("p%d", 2*i+2), Right: right}
					if state == "new" {
						items[i] = linkstore.Item{Link: linktest.Related, Left: fmt.Sprintf("p%d", i+1), Right: right}
					}
				}
				for b.Loop() {
					if _, err := s.Create(b.Context(), items, linkstore.CreateOptions{}); err != nil {
						b.Fatal(err)
					}
					if state == "new" {
						b.StopTimer()
						if err := s.exec(b.Context(), `TRUNCATE product_related`); err != nil {
							b.Fatal(err)
						}
						b.StartTimer()
					}
				}
				b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "links/s")
			})
		}
	}
}

func BenchmarkLinked(b *testing.B) {
	s := newSubject(b, bigDB(b).Pool)
	ids := make([]string, 200)
	for i := range ids {
		ids[i] = fmt.Sprintf("p%d", i*7+1)
	}
	for b.Loop() {
		_, err := s.Linked(b.Context(), linktest.Sold, linkstore.Left, ids, linkstore.LinkedOptions{Limit: 20})
		if err != nil {
			b.Fatal(err)
		}
	}
}
