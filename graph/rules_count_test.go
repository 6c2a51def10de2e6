package graph_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
	"github.com/linkgraph/linkgraph/linkstore/storeerr"
)

// priced is a store with prices and price lists, written as clients write them.
type priced struct{ *api }

func newPriced(t testing.TB) *priced { return &priced{newAPI(t, newDB(t), graph.Config{})} }

func (p *priced) create(model string, v recordstore.Values) {
	p.Helper()
	m, _ := p.graph.Records.Catalog().Model(model)
	if _, err := p.graph.Records.Create(p.Context(), m, []recordstore.Values{v}); err != nil {
		p.Fatalf("%s: %v", model, err)
	}
}

func (p *priced) price(id, set string, list any) {
	p.Helper()
	p.create(
		"Price",
		recordstore.Values{"id": id, "priceSetId": set, "currencyCode": "eur", "amount": "1", "priceListId": list},
	)
}

// counts are what is kept of how many rules there are, by the owner.
func (p *priced) counts() string {
	p.Helper()
	var text string
	if err := p.db.Pool.QueryRow(p.Context(), `
		SELECT COALESCE(string_agg(id || ' ' || COALESCE(rules_count::text, 'null'), ', ' ORDER BY id), '') FROM (
			SELECT id, rules_count FROM price WHERE deleted_at IS NULL UNION ALL SELECT id, rules_count FROM price_list WHERE deleted_at IS NULL
		) AS o`).Scan(&text); err != nil {
		p.Fatal(err)
	}
	return text
}

// wrong are the owners whose number is not that of their live rules.
func (p *priced) wrong() (wrong int) {
	p.Helper()
	if err := p.db.Pool.QueryRow(p.Context(), `
		SELECT count(*) FROM (
			SELECT o.rules_count, (SELECT count(*) FROM price_rule AS r WHERE r.price_id = o.id AND r.deleted_at IS NULL) AS n FROM price AS o WHERE deleted_at IS NULL
			UNION ALL
			SELECT o.rules_count, (SELECT count(*) FROM price_list_rule AS r WHERE r.price_list_id = o.id AND r.deleted_at IS NULL) FROM price_list AS o WHERE deleted_at IS NULL
		) AS o WHERE rules_count IS DISTINCT FROM n`).Scan(&wrong); err != nil {
		p.Fatal(err)
	}
	return wrong
}

// TestRulesAreCounted goes through all that changes how many rules a price or a price list has.
func TestRulesAreCounted(t *testing.T) {
	t.Parallel()
	p := newPriced(t)
	p.create("PriceSet", recordstore.Values{"id": "set"})
	p.create("ProductVariant", recordstore.Values{"id": "v", "title": "v"})
	if _, err := p.graph.Links.Create(
		t.Context(),
		[]linkstore.Item{{Link: "product_variant_price_set", Left: "v", Right: "set"}},
		linkstore.CreateOptions{},
	); err != nil {
		t.Fatal(err)
	}
	p.create("PriceList", recordstore.Values{"id": "list", "title": "t", "description": "d"})
	p.price("a", "set", nil)
	p.price("b", "set", "list")
	do := func(mutation, want string) {
		t.Helper()
		if mutation != "" {
			p.ask(nil, "mutation "+mutation, nil)
		}
		if got := p.counts(); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", mutation, got, want)
		}
	}
	do("", "a 0, b 0, list 0")
	do(
		`{ createPriceRules(input: [{ id: "1", priceId: "a", attribute: "x", value: "1" }, { id: "2", priceId: "a", attribute: "y", value: "1", operator: GT },
		{ id: "3", priceId: "b", attribute: "x", value: "1" }]) { priceRules { id } } }`,
		"a 2, b 1, list 0",
	)
	do(
		`{ createPriceListRules(input: [{ id: "4", priceListId: "list", attribute: "x", value: ["1"] }, { id: "5", priceListId: "list", attribute: "y", value: [] }]) {
		priceListRules { priceList { rulesCount } } } }`,
		"a 2, b 1, list 2",
	)
	do(
		`{ updatePriceRules(input: [{ id: "2", priceId: "b" }, { id: "1", value: "7" }]) { priceRules { id } } }`,
		"a 1, b 2, list 2",
	)
	do(
		`{ updatePriceRules(input: [{ id: "2", priceId: "b" }, { id: "3", priceId: "a", attribute: "z" }]) { priceRules { id } } }`,
		"a 2, b 1, list 2",
	)
	do(`{ deletePriceRules(ids: ["1", "2"]) { deletionId } }`, "a 1, b 0, list 2")
	do(`{ restorePriceRules(ids: ["1"]) { deletionId } }`, "a 2, b 0, list 2")
	do(`{ deletePrices(ids: ["a"]) { deletionId } }`, "b 0, list 2")
	do(`{ restorePrices(ids: ["a"]) { deletionId } }`, "a 2, b 0, list 2")
	do(`{ deletePriceListRules(ids: ["5"]) { deletionId } }`, "a 2, b 0, list 1")
	do(`{ deletePriceLists(ids: ["list"]) { deletionId } }`, "a 2")
	do(`{ restorePriceLists(ids: ["list"]) { deletionId } }`, "a 2, b 0, list 1")
	do(`{ deletePriceListRules(ids: ["4"]) { deletionId } }`, "a 2, b 0, list 0")
	do(`{ deleteLinks(records: { product: { variantId: ["v"] } }) { deletionId } }`, "list 0")
	do(`{ restoreLinks(records: { product: { variantId: ["v"] } }) { deletionId } }`, "a 2, b 0, list 0")
	do(`{ restorePriceListRules(ids: ["4", "5"]) { deletionId } }`, "a 2, b 0, list 2")
	// A rule that comes back before its price.
	do(`{ deletePrices(ids: ["a"]) { deletionId } }`, "b 0, list 2")
	do(`{ restorePriceRules(ids: ["1"]) { deletionId } }`, "b 0, list 2")
	do(`{ restorePrices(ids: ["a"]) { deletionId } }`, "a 2, b 0, list 2")
	// What another program left wrong is right after the next write. A write that fails changes nothing.
	if _, err := p.db.Pool.Exec(t.Context(), `UPDATE price SET rules_count = NULL`); err != nil {
		t.Fatal(err)
	}
	p.do(
		`mutation { createPriceRules(input: [{ id: "6", priceId: "a", attribute: "q", value: "1" }, { id: "6", priceId: "b", attribute: "q", value: "1" }]) { priceRules { id } } }`,
		nil,
	)
	do("", "a null, b null, list 2")
	do(
		`{ createPriceRules(input: [{ id: "6", priceId: "a", attribute: "q", value: "1" }]) { priceRules { id } } }`,
		"a 3, b null, list 2",
	)
}

// uncontended runs a call until it is not in the way of others, as a client would: a busy machine can keep a call waiting
// beyond its own tries.
func uncontended(call func() error) (err error) {
	for {
		if err = call(); !errors.Is(err, storeerr.ErrContended) {
			return err
		}
	}
}

// TestRulesAreCountedByMany has many writers give rules to the same prices, move them and take them away.
func TestRulesAreCountedByMany(t *testing.T) {
	t.Parallel()
	p := newPriced(t)
	p.create("PriceSet", recordstore.Values{"id": "set"})
	for i := range 3 {
		p.price(fmt.Sprint("p", i), "set", nil)
	}
	m, _ := p.graph.Records.Catalog().Model("PriceRule")
	var wg sync.WaitGroup
	for w := range 6 {
		wg.Go(func() {
			for i := range 10 {
				id, ctx := fmt.Sprintf("%d-%d", w, i), context.Background()
				to, next := fmt.Sprint("p", (w+i)%3), fmt.Sprint("p", (w+2*i)%3)
				err := uncontended(func() error {
					_, err := p.graph.Records.Create(ctx, m, []recordstore.Values{
						{"id": id, "priceId": to, "attribute": id, "value": "x"},
						{"id": id + "b", "priceId": next, "attribute": id + "b", "value": "x"},
					})
					return err
				})
				one := []linkstore.Records{{Model: m.Name, IDs: []string{id}}}
				if err == nil {
					err = uncontended(func() error {
						_, err := p.graph.Records.Update(ctx, m, []recordstore.Values{{"id": id, "priceId": next}})
						return err
					})
				}
				if err == nil && i%2 == 0 {
					err = uncontended(func() error {
						_, err := p.graph.Links.DeleteRecords(ctx, one)
						return err
					})
				}
				if err == nil && i%4 == 0 {
					err = uncontended(func() error {
						_, err := p.graph.Links.Restore(ctx, one)
						return err
					})
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if wrong := p.wrong(); wrong > 0 {
		t.Errorf("%d prices have another number of rules: %s", wrong, p.counts())
	}
}
