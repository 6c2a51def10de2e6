package graph_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/pgtest"
)

// refusedMutation is an answer to a mutation that was not done.
type refusedMutation struct {
	Data   json.RawMessage
	Errors []struct {
		Message    string
		Path       []any
		Extensions struct{ Code string }
	}
}

// contents returns a hash of all rows of all tables.
func contents(t *testing.T, db *pgtest.DB) (hash string) {
	t.Helper()
	if err := db.Pool.QueryRow(t.Context(), `
		SELECT md5(string_agg(query_to_xml(format('SELECT t::text FROM %I.%I AS t ORDER BY 1', schemaname, tablename), true, false, '')::text, ''
			ORDER BY schemaname, tablename))
		FROM pg_tables WHERE schemaname IN ('public', 'linkgraph')`).Scan(&hash); err != nil {
		t.Fatal(err)
	}
	return hash
}

// TestDocumentIsOneTransaction sends mutations of several fields, of which one fails: nothing of any is written, and the
// error names the field at fault, also where a later field has sent the statement that failed.
func TestDocumentIsOneTransaction(t *testing.T) {
	t.Parallel()
	db := newDemoDB(t)
	a := newAPI(t, db, graph.Config{})
	for _, c := range []struct{ name, mutation, path, code string }{
		{"the second", `a: createPriceSets(input: [{ id: "pset_doc" }]) { priceSets { id } }
			b: createPrices(input: [{ priceSetId: "none", amount: "1", currencyCode: "eur" }]) { prices { id } }`, "b", "RECORD_NOT_FOUND"},
		{
			"the first, before others", `a: createPrices(input: [{ priceSetId: "none", amount: "1", currencyCode: "eur" }]) { prices { id } }
			b: createPriceSets(input: [{ id: "pset_doc" }]) { priceSets { id } }
			c: createLinks(links: [{ product: { variantId: "variant_demo_gift_box" }, pricing: { priceSetId: "pset_doc" } }]) { results { outcome } }`,
			"a", "RECORD_NOT_FOUND",
		},
		{"a unique value", `a: createProducts(input: [{ title: "x", handle: "linen-shirt" }]) { products { id } }
			b: createPriceSets(input: [{ id: "pset_doc" }]) { priceSets { id } }`, "a", "BAD_USER_INPUT"},
		{
			"a link", `a: createPriceSets(input: [{ id: "pset_doc" }]) { priceSets { id } }
			b: deleteProducts(ids: ["prod_demo_shirt"]) { deletionId }
			c: createLinks(links: [{ product: { variantId: "none" }, pricing: { priceSetId: "pset_doc" } }]) { results { outcome } }`,
			"c", "RECORD_NOT_FOUND",
		},
	} {
		before := contents(t, db)
		var got refusedMutation
		raw := a.do("mutation { "+c.mutation+" }", nil)
		if err := json.Unmarshal(raw, &got); err != nil {
			t.Fatal(err)
		}
		if string(got.Data) != "null" || len(got.Errors) != 1 || got.Errors[0].Path[0] != c.path ||
			got.Errors[0].Extensions.Code != c.code {
			t.Errorf("%s: got %s, want %s at %s", c.name, raw, c.code, c.path)
		}
		if after := contents(t, db); before != after {
			t.Errorf("%s: something was written", c.name)
		}
	}
}

// TestDocumentSeesItself has later fields use what earlier ones made.
func TestDocumentSeesItself(t *testing.T) {
	t.Parallel()
	a, trips := newCountedAPI(t)
	document := func(suffix string) string {
		return strings.ReplaceAll(`mutation {
			createProducts(input: [{ id: "prod_X", title: "X", handle: "h-X" }]) { products { id } }
			createProductVariants(input: [{ id: "variant_X", title: "X", productId: "prod_X" }]) { productVariants { id } }
			createPriceSets(input: [{ id: "pset_X" }]) { priceSets { id } }
			createPrices(input: [{ id: "price_X", priceSetId: "pset_X", amount: "12", currencyCode: "EUR" }]) { prices { id currencyCode } }
			createLinks(links: [{ product: { variantId: "variant_X" }, pricing: { priceSetId: "pset_X" } }]) {
				results { outcome link { ... on ProductVariantPriceSet { variantId } } }
			}
		}`, "X", suffix)
	}
	a.ask(nil, document("warm"), nil) // statements are prepared
	trips.n.Store(0)
	var made struct {
		CreatePrices struct {
			Prices []struct{ CurrencyCode string }
		}
		CreateLinks struct{ Results []struct{ Outcome string } }
	}
	a.ask(&made, document("cold"), nil)
	if n := trips.n.Load(); n > 6 {
		t.Errorf("%d round trips, want 6 at most", n)
	}
	if made.CreatePrices.Prices[0].CurrencyCode != "eur" || made.CreateLinks.Results[0].Outcome != "CREATED" {
		t.Errorf("got %+v", made)
	}
	var found struct {
		Product struct {
			Variants struct {
				Nodes []struct{ PriceSet struct{ ID string } }
			}
		}
	}
	a.ask(&found, `{ product(id: "prod_cold") { variants { nodes { priceSet { id } } } } }`, nil)
	if len(found.Product.Variants.Nodes) != 1 || found.Product.Variants.Nodes[0].PriceSet.ID != "pset_cold" {
		t.Errorf("found %+v", found)
	}
}

// newCountedAPI returns an API over the demo store, and a count of the round trips that it takes.
func newCountedAPI(t *testing.T) (*api, *tripCounter) {
	t.Helper()
	db := newDemoDB(t)
	cfg, err := pgxpool.ParseConfig(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	trips := &tripCounter{}
	cfg.ConnConfig.Tracer = trips
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	counted := *db
	counted.Pool = pool
	return newAPI(t, &counted, graph.Config{}), trips
}

// tripCounter counts round trips.
type tripCounter struct{ n atomic.Int64 }

func (c *tripCounter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.n.Add(1)
	return ctx
}

func (*tripCounter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (c *tripCounter) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	c.n.Add(1)
	return ctx
}

func (*tripCounter) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

func (*tripCounter) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}
