package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/demo/demotest"
	"github.com/linkgraph/linkgraph/internal/medusa/medusatest"
	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/linkstore"
)

// healthy is the rows that the damage is planted among: 1,200 products in a sales channel, and a variant with its price.
const healthy = `
	ALTER TABLE product_sales_channel SET (autovacuum_enabled = false);
	INSERT INTO product (id, title, handle) SELECT 'prod_' || n, 'Shirt', 'shirt-' || n FROM generate_series(1, 1200) AS n;
	INSERT INTO sales_channel (id, name) VALUES ('sc_1', 'Web'), ('sc_2', 'App'), ('sc_3', 'Shop');
	INSERT INTO product_sales_channel (product_id, sales_channel_id, id) SELECT 'prod_' || n, 'sc_1', 'prodsc_' || n FROM generate_series(1, 1200) AS n;
	INSERT INTO product_variant (id, title, product_id) VALUES ('variant_1', 'S', 'prod_1'), ('variant_2', 'M', 'prod_1');
	INSERT INTO price_set (id) VALUES ('pset_1'), ('pset_2');
	INSERT INTO price (id, price_set_id, currency_code, amount, raw_amount) VALUES
		('price_1', 'pset_1', 'eur', 1, '{"value": "1"}'), ('price_2', 'pset_2', 'eur', 2, '{"value": "2"}');
	INSERT INTO product_variant_price_set (variant_id, price_set_id, id) VALUES ('variant_1', 'pset_1', 'pvps_1'), ('variant_2', 'pset_2', 'pvps_2');
	INSERT INTO shipping_profile (id, name, type) VALUES ('sp_1', 'Parcel', 'default'), ('sp_2', 'Freight', 'default');
	INSERT INTO product_shipping_profile (product_id, shipping_profile_id, id) VALUES ('prod_1', 'sp_1', 'prodsp_1');
	INSERT INTO region (id, name, currency_code) VALUES ('reg_1', 'Europe', 'eur');
	INSERT INTO payment_provider (id) VALUES ('pp_1');
	INSERT INTO region_payment_provider (region_id, payment_provider_id, id) VALUES ('reg_1', 'pp_1', 'regpp_1');
	INSERT INTO fulfillment_set (id, name, type) VALUES ('fuset_1', 'Delivery', 'shipping');
	INSERT INTO stock_location (id, name) VALUES ('sloc_1', 'Berlin');
	INSERT INTO location_fulfillment_set (stock_location_id, fulfillment_set_id, id) VALUES ('sloc_1', 'fuset_1', 'locfs_1');
	ANALYZE product_sales_channel`

// damages are statements, and what each makes the doctor find.
var damages = []struct {
	sql  string
	want []string
}{
	{
		`INSERT INTO product_sales_channel (product_id, sales_channel_id, id) VALUES ('prod_1', 'sc_none', 'prodsc_a'), ('prod_none', 'sc_none', 'prodsc_b')`,
		[]string{"damage end_gone product_sales_channel product_sales_channel 2"},
	},
	{
		`INSERT INTO product_sales_channel (product_id, sales_channel_id, id) VALUES ('prod_1', 'sc_2', 'prodsc_c'); UPDATE sales_channel SET deleted_at = now() WHERE id = 'sc_2'`,
		[]string{"damage end_deleted product_sales_channel product_sales_channel 1"},
	},
	{
		`INSERT INTO product_sales_channel (product_id, sales_channel_id, id) VALUES ('', 'sc_1', 'prodsc_d'), ('prod_1', '', 'prodsc_e')`,
		[]string{"damage key_form product_sales_channel product_sales_channel 2"},
	},
	{
		`UPDATE product_variant SET deleted_at = now() WHERE id = 'variant_2'`,
		[]string{"damage missed_cascade product_variant_price_set product_variant_price_set 1"},
	},
	{
		`DROP INDEX linkgraph_product_shipping_profile_one_right;
		INSERT INTO product_shipping_profile (product_id, shipping_profile_id, id, created_at) VALUES ('prod_1', 'sp_2', 'prodsp_2', now() + interval '1 s')`,
		[]string{
			"damage missing_index product_shipping_profile linkgraph_product_shipping_profile_one_right 1",
			"damage too_many_links product_shipping_profile product_id 1",
		},
	},
	{
		`ALTER TABLE region_payment_provider DROP CONSTRAINT region_payment_provider_pkey;
		INSERT INTO region_payment_provider (region_id, payment_provider_id, id, created_at) VALUES
			('reg_1', 'pp_1', 'regpp_2', now() + interval '1 s'), ('reg_1', 'pp_1', 'regpp_2', now() + interval '2 s')`,
		[]string{"damage duplicate_pair region_payment_provider region_payment_provider 2"},
	},
	{
		`DROP INDEX linkgraph_cart_promotion_left`,
		[]string{"notice missing_index cart_promotion linkgraph_cart_promotion_left 1"},
	},
	{
		`DROP TABLE product_related_product; DELETE FROM linkgraph.link_table WHERE link = 'product_related_product'`,
		[]string{"notice missing_table product_related_product product_related_product 1"},
	},
	{
		`CREATE TABLE old_link (id text); INSERT INTO linkgraph.link_table (link, schema_name, table_name) VALUES ('old_link', '', 'old_link')`,
		[]string{"notice undeclared_table old_link old_link 1"},
	},
	{
		`INSERT INTO fulfillment_set (id, name, type) VALUES ('fuset_2', 'Pickup', 'pickup'), ('fuset_3', 'New', 'pickup');
		INSERT INTO location_fulfillment_set (stock_location_id, fulfillment_set_id, id, deleted_at) VALUES ('sloc_none', 'fuset_2', 'locfs_2', now())`,
		[]string{"notice unowned_record location_fulfillment_set FulfillmentSet 1"},
	},
	{
		`INSERT INTO product (id, title, handle) SELECT 'prod_b' || n, 'Shirt', 'shirt-b' || n FROM generate_series(1, 1900) AS n;
		INSERT INTO product_sales_channel (product_id, sales_channel_id, id) SELECT 'prod_b' || n, 'sc_3', 'prodsc_b' || n FROM generate_series(1, 1900) AS n`,
		[]string{
			"notice hub product_sales_channel sales_channel_id 1",
			"notice stale_statistics product_sales_channel product_sales_channel 3105",
		},
	},
}

// rows lists the rows of the tables that a fix changes, without what a restore sets.
func rows(t *testing.T, db *pgtest.DB) string {
	t.Helper()
	var parts []string
	for _, table := range []string{"product_sales_channel", "product_variant_price_set", "product_shipping_profile", "region_payment_provider"} {
		parts = append(
			parts,
			fmt.Sprintf("SELECT '%[1]s ' || (to_jsonb(t) - 'updated_at')::text AS line FROM %[1]s AS t", table),
		)
	}
	for _, table := range []string{"product", "product_variant", "price_set", "price", "sales_channel"} {
		parts = append(parts, fmt.Sprintf("SELECT '%[1]s ' || to_jsonb(t)::text FROM %[1]s AS t", table))
	}
	var all string
	if err := db.Pool.QueryRow(t.Context(), `SELECT string_agg(line, E'\n' ORDER BY line) FROM (`+strings.Join(parts, " UNION ALL ")+`) AS f`).
		Scan(&all); err != nil {
		t.Fatal(err)
	}
	return all
}

// doctor runs the command, and returns what it found as "severity kind link subject count", sorted.
func doctor(t *testing.T, db *pgtest.DB, args ...string) (doctorResult, []string) {
	t.Helper()
	out, err := try(
		t,
		append([]string{"links", "doctor", "--json", "--hub-size", "1900", "--database-url", db.URL}, args...)...)
	var result doctorResult
	if parsed := json.Unmarshal([]byte(out), &result); parsed != nil {
		t.Fatalf("%v: %v\n%s", err, parsed, out)
	}
	if errors.Is(err, errDamage) != result.Damaged || err != nil && !result.Damaged {
		t.Fatalf("damaged is %v and the error is %v", result.Damaged, err)
	}
	found := []string{}
	for _, f := range result.Findings {
		if f.Advice == "" || f.Fixable != (f.Severity == linkstore.Damage && f.Kind != linkstore.MissingIndex) {
			t.Errorf("%+v", f)
		}
		found = append(found, fmt.Sprintf("%s %s %s %s %d", f.Severity, f.Kind, f.Link, f.Subject, f.Count))
	}
	slices.Sort(found)
	return result, found
}

// TestDoctor plants each kind of damage in a database with Medusa's tables, repairs it, and takes the repair back.
func TestDoctor(t *testing.T) {
	t.Parallel()
	db := medusatest.New(t)
	exec := func(sql string) {
		t.Helper()
		if _, err := db.Pool.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	if _, err := try(t, "links", "doctor", "--fix", "--database-url", db.URL); !errors.Is(err, errForeign) {
		t.Errorf("fix of a database that was never migrated: %v", err)
	}
	before := relations(t, db)
	if result, found := doctor(t, db); result.Damaged || len(found) == 0 || relations(t, db) != before {
		t.Errorf("a database that was never migrated: %v", found)
	}
	if out, err := try(t, "migrate", "--database-url", db.URL); err != nil {
		t.Fatal(out, err)
	}
	exec(healthy)
	if _, found := doctor(t, db); len(found) > 0 {
		t.Errorf("found without damage: %v", found)
	}
	var want, notices, unfixable []string
	for _, d := range damages {
		exec(d.sql)
		want = append(want, d.want...)
	}
	slices.Sort(want)
	result, found := doctor(t, db)
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	for _, f := range result.Findings {
		if f.Kind == linkstore.EndGone {
			example := []linkstore.Example{
				{ID: "prodsc_a", Left: "prod_1", Right: "sc_none"},
				{ID: "prodsc_b", Left: "prod_none", Right: "sc_none"},
			}
			if diff := cmp.Diff(example, f.Examples); diff != "" {
				t.Error(diff)
			}
		}
	}
	if _, found := doctor(t, db, "--link", "region_payment_provider"); !slices.Equal(found, damages[5].want) {
		t.Errorf("of one link: %v", found)
	}
	for _, line := range want {
		if strings.HasPrefix(line, "notice") {
			notices = append(notices, line)
		}
		if strings.HasPrefix(line, "notice") || strings.HasPrefix(line, "damage missing_index") {
			unfixable = append(unfixable, line)
		}
	}
	damaged := rows(t, db)
	result, found = doctor(t, db, "--fix")
	// The statistics count live links.
	left := strings.ReplaceAll(strings.Join(unfixable, "\n"), " 3105", " 3100")
	if diff := cmp.Diff(strings.Split(left, "\n"), found); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
	wantFix := &fixResult{
		result.Fixed.DeletionID,
		map[string]int{
			"product_sales_channel":     5,
			"product_variant_price_set": 1,
			"product_shipping_profile":  1,
			"region_payment_provider":   2,
		},
		map[string]int{"PriceSet": 1, "Price": 1},
	}
	if diff := cmp.Diff(wantFix, result.Fixed); diff != "" {
		t.Errorf("fixed (-want +got):\n%s", diff)
	}
	kept := text(
		t,
		db,
		`SELECT concat_ws(' ', (SELECT string_agg(id, ',') FROM product_shipping_profile WHERE deleted_at IS NULL),
		(SELECT string_agg(id, ',') FROM region_payment_provider WHERE deleted_at IS NULL))`,
	)
	if kept != "prodsp_2 regpp_1" {
		t.Errorf("kept %s", kept)
	}
	if events := text(
		t,
		db,
		`SELECT string_agg(n, ' ' ORDER BY n) FROM (SELECT concat_ws(' ', event, cause, link, count(*)) AS n
		FROM linkgraph.link_event GROUP BY event, cause, link) AS f`,
	); events !=
		"detached repair product_sales_channel 5 detached repair product_shipping_profile 1 detached repair product_variant_price_set 1" {
		t.Errorf("events: %s", events)
	}
	if audited := text(
		t,
		db,
		`SELECT concat_ws(' ', action, caller_name, receipt->>'deletion_id', receipt->'counts'->>'links') FROM linkgraph.audit`,
	); !strings.HasPrefix(
		audited,
		"repair_links links doctor "+result.Fixed.DeletionID+" {",
	) {
		t.Errorf("audit: %s", audited)
	}

	g, err := graph.New(db.Pool, graph.Config{})
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := g.Links.RestoreDeletion(t.Context(), result.Fixed.DeletionID)
	if err != nil || len(receipt.Links) != 9 || len(receipt.Records) != 2 ||
		receipt.DeletionID != result.Fixed.DeletionID {
		t.Fatalf("undo: %+v %v", receipt, err)
	}
	if diff := cmp.Diff(damaged, rows(t, db)); diff != "" {
		t.Errorf("rows after the undo (-want +got):\n%s", diff)
	}
	if _, found := doctor(t, db); !slices.Equal(found, want) {
		t.Errorf("after the undo: %v", found)
	}
	if again, err := g.Links.RestoreDeletion(
		t.Context(),
		result.Fixed.DeletionID,
	); err != nil ||
		len(again.Links)+len(again.Records) > 0 {
		t.Errorf("a second undo: %+v %v", again, err)
	}

	doctor(t, db, "--fix")
	if out, err := try(t, "migrate", "--database-url", db.URL); err != nil {
		t.Fatal(out, err)
	}
	exec(`ANALYZE product_sales_channel`)
	left = "notice hub product_sales_channel sales_channel_id 1\nnotice undeclared_table old_link old_link 1\nnotice unowned_record location_fulfillment_set FulfillmentSet 1"
	if _, found := doctor(t, db); !slices.Equal(found, strings.Split(left, "\n")) || len(notices) <= len(found) {
		t.Errorf("after fix and migrate: %v", found)
	}
}

func text(t *testing.T, db *pgtest.DB, sql string) (out string) {
	t.Helper()
	if err := db.Pool.QueryRow(t.Context(), sql).Scan(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestDoctorOnTheDemoStore finds nothing there.
func TestDoctorOnTheDemoStore(t *testing.T) {
	t.Parallel()
	db := demotest.New(t)
	result, found := doctor(t, db)
	if len(found) > 0 || result.Links == 0 || result.Tables == 0 {
		t.Errorf("found %v", found)
	}
	out, err := try(t, "links", "doctor", "--database-url", db.URL)
	if err != nil || !strings.HasSuffix(out, " tables: 0 findings\n") {
		t.Errorf("%s%v", out, err)
	}
}
