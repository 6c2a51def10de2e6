package graph_test

import (
	"context"
	"encoding/json"
	"flag"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/linkgraph/linkgraph/graph"
)

var answers = flag.Int("answers", 2000, "how many answers TestAnswerIsOneSnapshot looks at")

// swaps writes so that at every commit two variants have one price set each, and not the same, and all products have the one
// shipping profile of two.
type swaps struct {
	api            *api
	variants, sets [2]string
	products       []string
	profiles       [2]string
}

func newSwaps(t *testing.T, a *api) *swaps {
	t.Helper()
	s := &swaps{api: a}
	var made struct {
		CreateProducts         struct{ Products []struct{ ID string } }
		CreateShippingProfiles struct{ ShippingProfiles []struct{ ID string } }
		CreatePriceSets        struct{ PriceSets []struct{ ID string } }
		CreateProductVariants  struct{ ProductVariants []struct{ ID string } }
	}
	a.ask(&made, `mutation {
		createProducts(input: [{ title: "A", handle: "swap-a" }, { title: "B", handle: "swap-b" }, { title: "C", handle: "swap-c" }]) { products { id } }
		createShippingProfiles(input: [{ name: "one", type: "default" }, { name: "two", type: "default" }]) { shippingProfiles { id } }
		createPriceSets(input: [{}, {}]) { priceSets { id } }
	}`, nil)
	for _, p := range made.CreateProducts.Products {
		s.products = append(s.products, p.ID)
	}
	a.ask(&made, `mutation ($p: ID!) {
		createProductVariants(input: [{ title: "a", productId: $p }, { title: "b", productId: $p }]) { productVariants { id } }
	}`, map[string]any{"p": s.products[0]})
	for i := range 2 {
		s.variants[i] = made.CreateProductVariants.ProductVariants[i].ID
		s.sets[i] = made.CreatePriceSets.PriceSets[i].ID
		s.profiles[i] = made.CreateShippingProfiles.ShippingProfiles[i].ID
	}
	s.swap(0)
	return s
}

// swap exchanges the price sets of the variants, and moves all products to a profile.
func (s *swaps) swap(k int) {
	var links []any
	for i := range 2 {
		links = append(links, map[string]any{
			"product": map[string]any{
				"variantId": s.variants[i],
			},
			"pricing": map[string]any{"priceSetId": s.sets[(i+k)%2]},
		})
	}
	for _, p := range s.products {
		links = append(links, map[string]any{
			"product": map[string]any{
				"productId": p,
			},
			"fulfillment": map[string]any{"shippingProfileId": s.profiles[k%2]},
		})
	}
	s.api.ask(nil, `mutation ($l: [LinkInput!]!) { createLinks(links: $l, replace: true) { results { outcome } } }`,
		map[string]any{"l": links})
}

// swapQuestions are queries with an invariant of their answers that holds at every commit.
var swapQuestions = []struct {
	query string
	whole func(answer map[string]any, s *swaps) bool
}{
	{
		`query ($a: ID!, $b: ID!) { a: productVariant(id: $a) { priceSet { id } } b: productVariant(id: $b) { priceSet { id } } }`,
		func(d map[string]any, _ *swaps) bool {
			a, b := dig(d, "a", "priceSet", "id"), dig(d, "b", "priceSet", "id")
			return a != nil && b != nil && a != b
		},
	},
	{
		`query ($v: [ID!]) { productVariants(filter: { id: { in: $v } }) { nodes { id priceSet { id variant { id } } } } }`,
		func(d map[string]any, _ *swaps) bool {
			for _, n := range listIn(dig(d, "productVariants", "nodes")) {
				if dig(n, "priceSet", "variant", "id") != dig(n, "id") {
					return false
				}
			}
			return true
		},
	},
	{
		`query ($p: [ID!]) { shippingProfiles(filter: { id: { in: $p } }) { nodes { products { totalCount nodes { id } } } } }`,
		func(d map[string]any, s *swaps) bool {
			all := 0
			for _, n := range listIn(dig(d, "shippingProfiles", "nodes")) {
				count, _ := dig(n, "products", "totalCount").(float64)
				if int(count) != len(listIn(dig(n, "products", "nodes"))) {
					return false
				}
				all += int(count)
			}
			return all == len(s.products)
		},
	},
	{
		`query ($l: [LinkInput!]!, $a: ID!) { links(links: $l) { id } productVariant(id: $a) { priceSet { id } } }`,
		func(d map[string]any, s *swaps) bool {
			return (len(listIn(dig(d, "links"))) == 1) == (dig(d, "productVariant", "priceSet", "id") == s.sets[0])
		},
	},
}

func dig(v any, path ...string) any {
	for _, name := range path {
		object, _ := v.(map[string]any)
		v = object[name]
	}
	return v
}

func listIn(v any) []any {
	all, _ := v.([]any)
	return all
}

// fractures swaps beside readers until they have had so many answers, or until one of them mixes two moments. It returns how
// many do.
func (s *swaps) fractures(t *testing.T, most int, untilFirst bool) (fractured, seen int64) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var bad, n atomic.Int64
	var readers sync.WaitGroup
	variables := map[string]any{
		"a": s.variants[0], "b": s.variants[1], "v": s.variants, "p": s.profiles,
		"l": []any{map[string]any{
			"product": map[string]any{"variantId": s.variants[0]}, "pricing": map[string]any{"priceSetId": s.sets[0]},
		}},
	}
	for range 3 {
		readers.Go(func() {
			for ctx.Err() == nil {
				for _, q := range swapQuestions {
					raw := s.api.do(q.query, variables)
					var answer struct {
						Data   map[string]any
						Errors []any
					}
					if err := json.Unmarshal(raw, &answer); err != nil || answer.Errors != nil {
						t.Errorf("%v: %s", err, raw)
						stop()
						return
					}
					if !q.whole(answer.Data, s) && bad.Add(1) == 1 {
						t.Logf("mixes two moments: %s", raw)
					}
				}
				if n.Add(int64(len(swapQuestions))) >= int64(most) || untilFirst && bad.Load() > 0 {
					stop()
				}
			}
		})
	}
	for k := 1; ctx.Err() == nil; k++ {
		s.swap(k)
	}
	readers.Wait()
	return bad.Load(), n.Load()
}

// TestAnswerIsOneSnapshot reads beside a writer. Without snapshots answers mix two moments, with them none does.
func TestAnswerIsOneSnapshot(t *testing.T) {
	t.Parallel()
	a := newAPI(t, newDemoDB(t), graph.Config{})
	s := newSwaps(t, a)
	if bad, n := s.fractures(t, *answers, false); bad > 0 {
		t.Errorf("%d of %d answers mix two moments", bad, n)
	}
	if err := a.graph.WithoutSnapshots(); err != nil {
		t.Fatal(err)
	}
	a.handler = a.graph.Handler()
	if bad, n := s.fractures(t, 1_000_000, true); bad == 0 {
		t.Errorf("without snapshots none of %d answers mixes two moments: the test cannot tell", n)
	}
}

// TestNoSessionIsKept reads answers that find less than they might have, fail, or are given up: no transaction stays open.
func TestNoSessionIsKept(t *testing.T) {
	t.Parallel()
	db := newDemoDB(t)
	a := newAPI(t, db, graph.Config{})
	for _, query := range []string{
		`{ products(filter: { id: { eq: "none" } }) { nodes { variants { nodes { id priceSet { id } } } } } }`,
		`{ product(id: "none") { variants { nodes { priceSet { prices { nodes { id } } } } } } }`,
		`{ links(links: []) { id } }`,
		`{ node(id: "none") { id } products { totalCount } }`,
		`mutation { createPriceSets(input: [{}]) { priceSets { variant { product { id } } } } }`,
	} {
		for range 20 {
			a.do(query, nil)
		}
	}
	deadline := time.Now().Add(20 * time.Second)
	for {
		var open int
		if err := db.Pool.QueryRow(t.Context(), `
			SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`).
			Scan(&open); err != nil {
			t.Fatal(err)
		}
		if open == 0 && db.Pool.Stat().AcquiredConns() == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d transactions are open, %d sessions acquired", open, db.Pool.Stat().AcquiredConns())
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// TestFailureIsOfItsField reads a record that does not exist beside a field that fails. What its key would lead to cannot be
// read either, which is no failure: there is nothing to lead from.
func TestFailureIsOfItsField(t *testing.T) {
	t.Parallel()
	db := newDemoDB(t)
	a := newAPI(t, db, graph.Config{})
	if _, err := db.Pool.Exec(t.Context(), `
		ALTER TABLE region RENAME COLUMN name TO gone;
		ALTER TABLE product_variant RENAME COLUMN title TO gone`); err != nil {
		t.Fatal(err)
	}
	var got struct{ Errors []struct{ Path []any } }
	raw := a.do(`{
		missing: product(id: "none") { variants { nodes { title } } }
		failing: regions { nodes { name } }
		well: product(id: "prod_demo_hat") { title }
	}`, nil)
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Errors) != 1 || got.Errors[0].Path[0] != "failing" {
		t.Errorf("got %s", raw)
	}
}
