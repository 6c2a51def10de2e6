package linkstore_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/linkstore"
	"github.com/linkgraph/linkgraph/linkstore/linktest"
)

// verbs are calls on variants, each with a price set, an inventory item and a sales channel, one after the other through one session,
// whose time is measured in Postgres too.
type verbs struct {
	*subject
	pid     int32
	elapsed map[string]time.Duration
	cpu     map[string]time.Duration
}

// newVerbs makes them on big tables.
func newVerbs(b *testing.B) *verbs {
	b.Helper()
	config, err := pgxpool.ParseConfig(bigDB(b).URL)
	if err != nil {
		b.Fatal(err)
	}
	config.MaxConns = 1
	pool, err := pgxpool.NewWithConfig(b.Context(), config)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(pool.Close)
	s := newSubject(b, pool)
	s.Store = linkstore.New(
		pool,
		s.Catalog(),
		linkstore.Config{Written: func(context.Context, linkstore.Written, *pgx.Batch) error {
			return nil // as a server, which audits, learns what was written before the commit
		}},
	)
	v := &verbs{subject: s, elapsed: map[string]time.Duration{}, cpu: map[string]time.Duration{}}
	if err := pool.QueryRow(b.Context(), `SELECT pg_backend_pid()`).Scan(&v.pid); err != nil {
		b.Fatal(err)
	}
	if err := v.exec(b.Context(), fmt.Sprintf(`
		INSERT INTO variant (id) SELECT 'w' || n FROM generate_series(1, %[2]d) AS n;
		INSERT INTO price_set (id) SELECT 't' || n FROM generate_series(1, %[2]d) AS n;
		INSERT INTO variant_item (variant_id, item_id, id) SELECT 'v' || n, 'i' || n, 'ls_' || n FROM generate_series(1, %[1]d) AS n;
		INSERT INTO variant_channel_hero (variant_id, channel_id, id) SELECT 'v' || n, 'c' || n %% 2, 'lh_' || n FROM generate_series(1, %[1]d) AS n;
		INSERT INTO linkgraph.deletion (id, deleted_at) SELECT 'del_' || n, now() FROM generate_series(1, %[1]d) AS n;
		INSERT INTO linkgraph.deletion_record (deletion_id, model, key, removed) SELECT 'del_' || n, 'Variant', 'x' || n, true FROM generate_series(1, %[1]d) AS n;
		INSERT INTO linkgraph.deletion_record (deletion_id, model, key, removed) SELECT 'del_' || n, 'PriceSet', 'y' || n, true FROM generate_series(1, %[1]d) AS n;
		INSERT INTO linkgraph.deletion_cause (deletion_id, parent_model, parent_key, model, key)
			SELECT 'del_' || n, 'Variant', 'x' || n, 'PriceSet', 'y' || n FROM generate_series(1, %[1]d) AS n;
		INSERT INTO linkgraph.deletion_link (deletion_id, link, left_key, right_key)
			SELECT 'del_' || n, 'variant_price_set', 'x' || n, 'y' || n FROM generate_series(1, %[1]d) AS n;
		INSERT INTO linkgraph.deletion_link (deletion_id, link, left_key, right_key)
			SELECT 'del_' || n, 'variant_channel_hero', 'x' || n, 'c0' FROM generate_series(1, %[1]d) AS n;
		ANALYZE`, scale, scale/4)); err != nil {
		b.Fatal(err)
	}
	return v
}

// worked is how long Postgres has worked for the session; 0 where the system does not tell.
func (v *verbs) worked() time.Duration {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(int(v.pid)) + "/schedstat")
	if err != nil {
		return 0
	}
	ns, _ := strconv.ParseInt(strings.Fields(string(text))[0], 10, 64)
	return time.Duration(ns)
}

// time runs a call and adds to what its verb took.
func (v *verbs) time(b *testing.B, verb string, call func(ctx context.Context) error) {
	b.Helper()
	worked, began := v.worked(), time.Now()
	if err := call(b.Context()); err != nil {
		b.Fatalf("%s: %v", verb, err)
	}
	v.elapsed[verb] += time.Since(began)
	v.cpu[verb] += v.worked() - worked
}

// BenchmarkVerbs writes the links of 1, 10 and 100 variants a call, deletes and restores the variants, and dismisses the links. For each verb
// it reports microseconds a call, and those that Postgres worked.
func BenchmarkVerbs(b *testing.B) {
	v := newVerbs(b)
	for _, n := range []int{1, 10, 100} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			clear(v.elapsed)
			clear(v.cpu)
			for turn := 0; b.Loop(); turn++ {
				v.round(b, n, turn*n%(scale/4))
			}
			for _, verb := range []string{"create", "dismiss", "delete", "restore"} {
				b.ReportMetric(float64(v.elapsed[verb].Microseconds())/float64(b.N), verb+"-us")
				b.ReportMetric(float64(v.cpu[verb].Microseconds())/float64(b.N), verb+"-pg-us")
			}
		})
	}
}

// round makes each call once, on n variants from one on.
func (v *verbs) round(b *testing.B, n, from int) {
	b.Helper()
	var items []linkstore.Item
	variants := linkstore.Records{Model: "Variant"}
	for i := range n {
		id := strconv.Itoa(from + i + 1)
		variants.IDs = append(variants.IDs, "w"+id)
		items = append(items,
			linkstore.Item{Link: linktest.Priced, Left: "w" + id, Right: "t" + id},
			linkstore.Item{Link: linktest.Stocked, Left: "w" + id, Right: "i" + id},
			linkstore.Item{Link: linktest.Shown, Left: "w" + id, Right: "c" + strconv.Itoa(i%2)})
	}
	v.time(b, "create", func(ctx context.Context) error {
		_, err := v.Create(ctx, items, linkstore.CreateOptions{})
		return err
	})
	v.time(b, "delete", func(ctx context.Context) error {
		receipt, err := v.DeleteRecords(ctx, []linkstore.Records{variants})
		if err == nil && len(receipt.Links) != 3*n {
			return fmt.Errorf("%d links", len(receipt.Links))
		}
		return err
	})
	v.time(b, "restore", func(ctx context.Context) error {
		receipt, err := v.Restore(ctx, []linkstore.Records{variants})
		if err == nil && len(receipt.Links) != 3*n {
			return fmt.Errorf("%d links", len(receipt.Links))
		}
		return err
	})
	v.time(b, "dismiss", func(ctx context.Context) error {
		_, err := v.Dismiss(ctx, items)
		return err
	})
	for _, table := range []string{"variant_price_set", "variant_item", "variant_channel_hero"} {
		err := v.exec(
			b.Context(),
			`DELETE FROM `+table+` WHERE deleted_at IS NOT NULL AND variant_id = ANY($1::text[])`,
			variants.IDs,
		)
		if err != nil {
			b.Fatal(err)
		}
	}
}
