package audit_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/audit"
	"github.com/linkgraph/linkgraph/internal/demo/demotest"
	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

// world is the demo store with stores that write to a log.
type world struct {
	testing.TB
	db      *pgtest.DB
	records *recordstore.Store
	links   *linkstore.Store
}

func newDB(t testing.TB) *pgtest.DB {
	t.Helper()
	return pgtest.NewFrom(t, "audit", func(ctx context.Context, pool *pgxpool.Pool) error {
		return demotest.Store(ctx, pool, graph.Config{})
	})
}

func newWorld(t testing.TB, cfg audit.Config) *world {
	t.Helper()
	w := &world{TB: t, db: newDB(t)}
	g, err := graph.New(w.db.Pool, graph.Config{})
	if err != nil {
		t.Fatal(err)
	}
	log := audit.New(cfg)
	w.links = linkstore.New(w.db.Pool, g.Links.Catalog(), linkstore.Config{Written: log.LinksWritten})
	w.records = recordstore.New(w.db.Pool, g.Records.Catalog(), recordstore.Config{Written: log.RecordsWritten})
	return w
}

func (w *world) products() *recordstore.Model {
	w.Helper()
	m, ok := w.records.Catalog().Model("Product")
	if !ok {
		w.Fatal("there is no model Product")
	}
	return m
}

// rows are those written since the last call.
func (w *world) rows() []audit.Row {
	w.Helper()
	rows, err := audit.List(w.Context(), w.db.Pool, audit.Filter{})
	if err != nil {
		w.Fatal(err)
	}
	if _, err := w.db.Pool.Exec(w.Context(), `TRUNCATE linkgraph.audit`); err != nil {
		w.Fatal(err)
	}
	return rows
}

// row is the one row that was written since the last call: its receipt, without what differs from run to run.
func (w *world) row(action string) map[string]any {
	w.Helper()
	rows := w.rows()
	if len(rows) != 1 || rows[0].Action != action {
		w.Fatalf("%d rows, want one of %s: %v", len(rows), action, rows)
	}
	var receipt map[string]any
	if err := json.Unmarshal(rows[0].Receipt, &receipt); err != nil {
		w.Fatal(err)
	}
	return receipt
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) same(want string, got any) {
	w.Helper()
	var parsed any
	if err := json.Unmarshal([]byte(want), &parsed); err != nil {
		w.Fatalf("%v: %s", err, want)
	}
	if diff := cmp.Diff(parsed, got); diff != "" {
		w.Errorf("(-want +got):\n%s", diff)
	}
}

const (
	channels = "product_sales_channel"
	prices   = "product_variant_price_set"
)

// TestLinks makes every mutation of links, and looks at its row.
func TestLinks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, audit.Config{Who: audit.OfCommand("test")})
	ctx := t.Context()
	gift := linkstore.Item{Link: prices, Left: "variant_demo_gift_box", Right: "pset_demo_spare"}

	results, err := w.links.Create(ctx, []linkstore.Item{gift}, linkstore.CreateOptions{})
	w.must(err)
	id := results[0].Link.ID
	one := fmt.Sprintf(`"link": %q, "left": "variant_demo_gift_box", "right": "pset_demo_spare", "id": %q`, prices, id)
	w.same(
		`{"counts": {"outcomes": {"CREATED": 1}, "links": {"`+prices+`": 1}}, "links": [{"outcome": "CREATED", `+one+`}]}`,
		w.row("create_links"),
	)

	_, err = w.links.Create(ctx, []linkstore.Item{gift}, linkstore.CreateOptions{})
	w.must(err)
	w.same(
		`{"counts": {"outcomes": {"UNCHANGED": 1}, "links": {"`+prices+`": 1}}, "links": [{"outcome": "UNCHANGED", `+one+`}]}`,
		w.row("create_links"),
	)

	deleted, err := w.links.Delete(ctx, []linkstore.Records{{Model: "PriceSet", IDs: []string{"pset_demo_spare"}}})
	w.must(err)
	given := `"given": [{"model": "PriceSet", "ids": ["pset_demo_spare"]}]`
	w.same(
		fmt.Sprintf(
			`{%s, "deletion_id": %q, "counts": {"links": {%q: 1}}, "links": [{%s}]}`,
			given,
			deleted.DeletionID,
			prices,
			one,
		),
		w.row("delete_links"),
	)

	_, err = w.links.RestoreDeletion(ctx, deleted.DeletionID)
	w.must(err)
	w.same(
		fmt.Sprintf(
			`{"given_deletion": %[1]q, "deletion_id": %[1]q, "counts": {"links": {%[2]q: 1}}, "links": [{%[3]s}]}`,
			deleted.DeletionID,
			prices,
			one,
		),
		w.row("restore_deletion"),
	)

	_, err = w.links.Dismiss(ctx, []linkstore.Item{gift, gift})
	w.must(err)
	w.same(
		`{"counts": {"outcomes": {"DISMISSED": 1, "NOT_FOUND": 1}, "links": {"`+prices+`": 2}}, "links": [{"outcome": "DISMISSED", `+one+`},
		{"outcome": "NOT_FOUND", "link": "`+prices+`", "left": "variant_demo_gift_box", "right": "pset_demo_spare"}]}`,
		w.row("dismiss_links"),
	)

	_, err = w.links.Create(
		ctx,
		[]linkstore.Item{{Link: prices, Left: "variant_demo_gift_box", Right: "pset_demo_shirt_s"}},
		linkstore.CreateOptions{Replace: true},
	)
	w.must(err)
	receipt := w.row("create_links")
	if replaced, _ := receipt["replaced"].([]any); len(replaced) != 1 {
		t.Errorf("replaced: %v", receipt["replaced"])
	}

	_, err = w.links.Create(
		ctx,
		[]linkstore.Item{gift, {Link: prices, Left: "nobody", Right: "pset_demo_spare"}},
		linkstore.CreateOptions{Partial: true},
	)
	w.must(err)
	counts, _ := w.row("create_links")["counts"].(map[string]any)
	if outcomes, _ := counts["outcomes"].(map[string]any); outcomes["REJECTED"] != 2.0 { // the gift box has another price by now
		t.Errorf("counts: %v", counts)
	}

	_, err = w.links.DismissWith(
		ctx,
		[]linkstore.Item{gift, {Link: "nothing"}},
		linkstore.DismissOptions{Partial: true},
	)
	w.must(err)
	receipt = w.row("dismiss_links")
	counts, _ = receipt["counts"].(map[string]any)
	outcomes, _ := counts["outcomes"].(map[string]any)
	if links, _ := receipt["links"].([]any); outcomes["REJECTED"] != 1.0 || len(links) != 1 {
		t.Errorf("receipt: %v", receipt)
	}
}

// TestRecords makes every mutation of records, those that cascade among them: each is one row.
func TestRecords(t *testing.T) {
	t.Parallel()
	w := newWorld(t, audit.Config{})
	ctx := t.Context()
	product := w.products()

	ids, err := w.records.Create(
		ctx,
		product,
		[]recordstore.Values{{"title": "Scarf", "handle": "scarf"}, {"title": "Glove", "handle": "glove"}},
	)
	w.must(err)
	w.same(
		fmt.Sprintf(
			`{"counts": {"records": {"Product": 2}}, "records": [{"model": "Product", "ids": [%q, %q]}]}`,
			ids[0],
			ids[1],
		),
		w.row("create_records"),
	)

	_, err = w.records.Update(
		ctx,
		product,
		[]recordstore.Values{{"id": ids[0], "title": "Shawl"}, {"id": ids[1], "is_giftcard": true}},
	)
	w.must(err)
	w.same(
		fmt.Sprintf(
			`{"counts": {"records": {"Product": 2}}, "records": [{"model": "Product", "ids": [%q, %q]}], "fields": ["isGiftcard", "title"]}`,
			ids[0],
			ids[1],
		),
		w.row("update_records"),
	)

	deleted, err := w.links.DeleteRecords(
		ctx,
		[]linkstore.Records{{Model: "ProductVariant", IDs: []string{"variant_demo_shirt_s"}}},
	)
	w.must(err)
	receipt := w.row("delete_records")
	w.same(`[{"model": "ProductVariant", "ids": ["variant_demo_shirt_s"]}]`, receipt["given"])
	w.same(fmt.Sprintf("%q", deleted.DeletionID), receipt["deletion_id"])
	counts, _ := receipt["counts"].(map[string]any)
	removed, _ := counts["records"].(map[string]any)
	if removed["ProductVariant"] != 1.0 || removed["PriceSet"] != 1.0 {
		t.Errorf("removed: %v", counts)
	}

	_, err = w.links.DeleteRecords(
		ctx,
		[]linkstore.Records{{Model: "ProductVariant", IDs: []string{"variant_demo_shirt_s"}}},
	)
	w.must(err)
	w.same(
		`{"given": [{"model": "ProductVariant", "ids": ["variant_demo_shirt_s"]}], "counts": {}}`,
		w.row("delete_records"),
	)

	_, err = w.links.Restore(ctx, []linkstore.Records{{Model: "ProductVariant", IDs: []string{"variant_demo_shirt_s"}}})
	w.must(err)
	receipt = w.row("restore")
	w.same(fmt.Sprintf("%q", deleted.DeletionID), receipt["deletion_id"])
	if restored, _ := receipt["counts"].(map[string]any); !cmp.Equal(restored["records"], counts["records"]) {
		t.Errorf("restored %v, want %v", restored, counts)
	}
}

// TestNoRowWithoutWrite has calls fail, and callers roll back.
func TestNoRowWithoutWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t, audit.Config{})
	ctx := t.Context()
	if _, err := w.links.Create(
		ctx,
		[]linkstore.Item{{Link: channels, Left: "nobody", Right: "sc_demo_pos"}},
		linkstore.CreateOptions{},
	); err == nil {
		t.Error("a link of nobody")
	}
	if _, err := w.records.Create(
		ctx,
		w.products(),
		[]recordstore.Values{{"title": "Again", "handle": "linen-shirt"}, {"title": "Again", "handle": "linen-shirt"}},
	); err == nil {
		t.Error("two products with one handle")
	}
	refused := errors.New("refused")
	if err := pgx.BeginFunc(ctx, w.db.Pool, func(tx pgx.Tx) error {
		_, err := w.records.WithTx(tx).Create(ctx, w.products(), []recordstore.Values{{"title": "Never"}})
		w.must(err)
		_, err = w.links.WithTx(tx).
			Dismiss(ctx, []linkstore.Item{{Link: channels, Left: "prod_demo_shirt", Right: "sc_demo_web"}})
		w.must(err)
		return refused
	}); !errors.Is(err, refused) {
		t.Fatal(err)
	}
	if rows := w.rows(); len(rows) != 0 {
		t.Errorf("rows: %v", rows)
	}
}

// TestNoWriteWithoutRow takes the table away.
func TestNoWriteWithoutRow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, audit.Config{})
	ctx := t.Context()
	_, err := w.db.Pool.Exec(ctx, `DROP TABLE linkgraph.audit`)
	w.must(err)
	item := linkstore.Item{Link: prices, Left: "variant_demo_gift_box", Right: "pset_demo_spare"}
	if _, err := w.links.Create(ctx, []linkstore.Item{item}, linkstore.CreateOptions{}); err == nil {
		t.Error("a link without a row")
	}
	if _, err := w.records.Create(ctx, w.products(), []recordstore.Values{{"title": "Scarf"}}); err == nil {
		t.Error("a product without a row")
	}
	if _, err := w.links.DeleteRecords(
		ctx,
		[]linkstore.Records{{Model: "Product", IDs: []string{"prod_demo_shirt"}}},
	); err == nil {
		t.Error("a deletion without a row")
	}
	found, err := w.links.Get(ctx, []linkstore.Item{item})
	w.must(err)
	var written int
	w.must(
		w.db.Pool.QueryRow(ctx, `SELECT (SELECT count(*) FROM product WHERE title = 'Scarf' OR deleted_at IS NOT NULL) + (SELECT count(*) FROM linkgraph.deletion)`).
			Scan(&written),
	)
	if found[0] != nil || written != 0 {
		t.Errorf("something was written: %v, %d", found[0], written)
	}
	if rows, err := audit.List(ctx, w.db.Pool, audit.Filter{}); err != nil || rows != nil {
		t.Errorf("a list without a table: %v, %v", rows, err)
	}
}

// TestLongReceipts keeps the first entries and counts all.
func TestLongReceipts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, audit.Config{MaxEntries: 3})
	ctx := t.Context()
	var values []recordstore.Values
	for i := range 5 {
		values = append(values, recordstore.Values{"title": fmt.Sprint("Sock ", i)})
	}
	ids, err := w.records.Create(ctx, w.products(), values)
	w.must(err)
	if rows := w.rows(); len(rows) != 1 || !rows[0].Truncated {
		t.Fatalf("rows: %v", rows)
	}
	var items []linkstore.Item
	for _, id := range ids {
		items = append(items, linkstore.Item{Link: channels, Left: id, Right: "sc_demo_pos"})
	}
	_, err = w.links.Create(ctx, items, linkstore.CreateOptions{})
	w.must(err)
	receipt := w.row("create_links")
	w.same(fmt.Sprintf(`{"outcomes": {"CREATED": 5}, "links": {%q: 5}}`, channels), receipt["counts"])
	if kept, _ := receipt["links"].([]any); len(kept) != 3 {
		t.Errorf("%d links are kept", len(kept))
	}
	_, err = w.links.DeleteRecords(ctx, []linkstore.Records{{Model: "Product", IDs: ids}})
	w.must(err)
	receipt = w.row("delete_records")
	w.same(fmt.Sprintf(`{"records": {"Product": 5}, "links": {%q: 5}}`, channels), receipt["counts"])
	for _, list := range []string{"given", "records"} {
		kept, _ := json.Marshal(receipt[list])
		if n := strings.Count(string(kept), "prod_"); n != 3 {
			t.Errorf("%s: %d are kept: %s", list, n, kept)
		}
	}
	_, err = w.links.Dismiss(ctx, items[:3])
	w.must(err)
	if rows := w.rows(); rows[0].Truncated {
		t.Errorf("nothing was left out: %s", rows[0].Receipt)
	}
}

// TestList filters and orders.
func TestList(t *testing.T) {
	t.Parallel()
	w := newWorld(t, audit.Config{})
	_, err := w.db.Pool.Exec(t.Context(), `
		INSERT INTO linkgraph.audit (at, caller_kind, caller_id, caller_name, caller_role, request_id, operation, field, document_hash, action, receipt, truncated)
		SELECT now() - n * interval '1 hour', 'admin', 'key_' || n % 2, '', '', '', 'o' || n, '', '', 'create_links', '{"counts": {}}', false FROM generate_series(1, 9) AS n`)
	w.must(err)
	for _, c := range []struct {
		filter audit.Filter
		want   string
	}{
		{audit.Filter{}, "o9 o8 o7 o6 o5 o4 o3 o2 o1"},
		{audit.Filter{Limit: 2}, "o2 o1"},
		{audit.Filter{Since: 3*time.Hour + time.Minute}, "o3 o2 o1"},
		{audit.Filter{CallerID: "key_0", Limit: 3}, "o6 o4 o2"},
		{audit.Filter{CallerID: "nobody"}, ""},
	} {
		rows, err := audit.List(t.Context(), w.db.Pool, c.filter)
		w.must(err)
		var got []string
		for _, r := range rows {
			got = append(got, r.Operation)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%+v: got %v, want %s", c.filter, got, c.want)
		}
	}
}

// BenchmarkCreate compares links that are written down with links that are not.
func BenchmarkCreate(b *testing.B) {
	for _, n := range []int{1, 1000} {
		for _, name := range []string{"without", "with"} {
			b.Run(fmt.Sprintf("%d/%s", n, name), func(b *testing.B) {
				w := newWorld(b, audit.Config{})
				links := linkstore.New(w.db.Pool, w.links.Catalog(), linkstore.Config{})
				if name == "with" {
					links = w.links
				}
				var values []recordstore.Values
				for range n {
					values = append(values, recordstore.Values{"title": "Sock"})
				}
				for i := range values {
					values[i]["handle"] = fmt.Sprint("sock-", i)
				}
				ids, err := w.records.Create(b.Context(), w.products(), values)
				w.must(err)
				items := make([]linkstore.Item, n)
				for i, id := range ids {
					items[i] = linkstore.Item{Link: channels, Left: id, Right: "sc_demo_pos"}
				}
				for b.Loop() {
					_, err := links.Create(b.Context(), items, linkstore.CreateOptions{})
					w.must(err)
					b.StopTimer()
					_, err = w.db.Pool.Exec(
						b.Context(),
						`DELETE FROM product_sales_channel WHERE sales_channel_id = 'sc_demo_pos'`,
					)
					w.must(err)
					b.StartTimer()
				}
			})
		}
	}
}
