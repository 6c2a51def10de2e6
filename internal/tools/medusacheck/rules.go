package main

import (
	"context"
	"fmt"
)

// rulesCounted has each side create a price list with a rule and a price with a rule, and then remove the rule of the
// other's list. rules_count must be right afterwards, because Medusa uses it to calculate prices.
func (b *bothWays) rulesCounted(ctx context.Context) error {
	ids, err := b.findAll([3]string{"variant", "title", "Big mug"}, [3]string{"region", "name", "Europe"})
	if err != nil {
		return err
	}
	theirs, err := b.listThere(ids[0], ids[1])
	if err != nil {
		return err
	}
	ours, rule, err := b.listHere(ctx, ids[0], ids[1])
	if err != nil {
		return err
	}
	if err := b.expectCounts(
		"made with rules by either side, a price list and its price",
		theirs,
		ours,
		1,
		1,
	); err != nil {
		return err
	}
	if err := b.medusa.do(
		"updatePriceListsWorkflow",
		record{"price_lists_data": []record{{"id": ours, "rules": record{}}}},
		nil,
	); err != nil {
		return err
	}
	var answer struct{ PriceListRules page }
	if err := b.api.ask(
		ctx,
		`query ($list: ID!) { priceListRules(filter: { priceListId: { eq: $list } }) { nodes { id } } }`,
		record{"list": theirs},
		&answer,
	); err != nil {
		return err
	}
	if len(answer.PriceListRules.Nodes) != 1 {
		return fmt.Errorf("the price list of Medusa has %d rules, not one", len(answer.PriceListRules.Nodes))
	}
	if err := b.api.ask(ctx, `mutation ($ids: [ID!]!) { deletePriceListRules(ids: $ids) { deletionId } }`,
		record{"ids": []any{answer.PriceListRules.Nodes[0]["id"]}}, nil); err != nil {
		return err
	}
	if err := b.expectCounts(
		"after each took the list's rule from the other's, the list and its price",
		theirs,
		ours,
		0,
		1,
	); err != nil {
		return err
	}
	if err := b.api.ask(
		ctx,
		`mutation ($ids: [ID!]!) { deletePriceRules(ids: $ids) { deletionId } }`,
		record{"ids": []string{rule}},
		nil,
	); err != nil {
		return err
	}
	if err := b.expectCounts(
		"after the price's rule went too, by deletePriceRules, the list and its price",
		ours,
		ours,
		0,
		0,
	); err != nil {
		return err
	}
	// Medusa returns the prices of a variant without those of price lists. So none may be left when both sides are
	// compared.
	return b.api.ask(
		ctx,
		`mutation ($ids: [ID!]!) { deletePriceLists(ids: $ids) { deletionId } }`,
		record{"ids": []string{theirs, ours}},
		nil,
	)
}

// listThere has Medusa create a price list.
func (b *bothWays) listThere(variant, region string) (string, error) {
	var made []record
	err := b.medusa.do("createPriceListsWorkflow", record{"price_lists_data": []record{
		{
			"title":       "Rules there",
			"description": "",
			"status":      "active",
			"rules":       record{"customer.groups.id": []string{"cusgroup_vip"}},
			"prices": []record{
				{"amount": 5, "currency_code": "eur", "variant_id": variant, "rules": record{"region_id": region}},
			},
		},
	}}, &made)
	if err == nil && len(made) != 1 {
		err = fmt.Errorf("%d price lists were made by Medusa, not one", len(made))
	}
	if err != nil {
		return "", err
	}
	return text(made[0]["id"]), nil
}

// listHere creates the same through our API, and returns the price's rule too.
func (b *bothWays) listHere(ctx context.Context, variant, region string) (list, rule string, err error) {
	var set struct{ ProductVariant struct{ PriceSet record } }
	if err := b.api.ask(
		ctx,
		`query ($id: ID!) { productVariant(id: $id) { priceSet { id } } }`,
		record{"id": variant},
		&set,
	); err != nil {
		return "", "", err
	}
	var lists struct{ CreatePriceLists struct{ PriceLists []record } }
	if err := b.api.ask(
		ctx,
		`mutation { createPriceLists(input: [{ title: "Rules here", description: "", status: ACTIVE }]) { priceLists { id } } }`,
		nil,
		&lists,
	); err != nil {
		return "", "", err
	}
	list = text(lists.CreatePriceLists.PriceLists[0]["id"])
	var prices struct{ CreatePrices struct{ Prices []record } }
	if err := b.api.ask(ctx, `mutation ($list: ID!, $set: ID!) {
		createPriceListRules(input: [{ priceListId: $list, attribute: "customer.groups.id", value: ["cusgroup_vip"] }]) { priceListRules { id } }
		createPrices(input: [{ priceListId: $list, priceSetId: $set, currencyCode: "eur", amount: "5" }]) { prices { id } } }`,
		record{"list": list, "set": set.ProductVariant.PriceSet["id"]}, &prices); err != nil {
		return "", "", err
	}
	var rules struct{ CreatePriceRules struct{ PriceRules []record } }
	err = b.api.ask(ctx, `mutation ($price: ID!, $region: String!) {
		createPriceRules(input: [{ priceId: $price, attribute: "region_id", value: $region }]) { priceRules { id } } }`,
		record{"price": prices.CreatePrices.Prices[0]["id"], "region": region}, &rules)
	if err != nil {
		return "", "", err
	}
	return list, text(rules.CreatePriceRules.PriceRules[0]["id"]), nil
}

// expectCounts compares the rule counts of two price lists and of their prices, as Medusa reads them.
func (b *bothWays) expectCounts(sentence, theirs, ours string, list, price int) error {
	want := fmt.Sprintf("%d %d", list, price)
	var wrong []string
	for who, id := range map[string]string{"made by Medusa": theirs, "made here": ours} {
		found, err := b.medusa.graph("price_list", record{"id": id}, "id", "rules_count", "prices.rules_count")
		if err != nil {
			return err
		}
		have := ""
		for _, l := range found {
			have += text(l["rules_count"])
			for _, p := range listOf(l["prices"]) {
				have += " " + text(p["rules_count"])
			}
		}
		if have != want {
			wrong = append(wrong, fmt.Sprintf("%s: %q, not %q", who, have, want))
		}
	}
	b.report.expect(len(wrong) == 0, fmt.Sprintf("%s have rules_count %s", sentence, want), wrong...)
	return nil
}
