// Package pricing has the rules of the pricing module: the counts of price rules.
package pricing

import "github.com/linkgraph/linkgraph/internal/recordstore"

// Rules returns the rules by model.
func Rules() map[string]recordstore.Rule {
	ofPrices := counter{"price", "price_rule", "price_id"}
	ofLists := counter{"price_list", "price_list_rule", "price_list_id"}
	return map[string]recordstore.Rule{
		"Price": {Restored: ofPrices.ownersRestored},
		"PriceRule": {
			Create: ofPrices.created, Update: ofPrices.updated, WritesOwners: true,
			Deleted: ofPrices.rulesChanged, Restored: ofPrices.rulesChanged,
		},
		"PriceList": {Restored: ofLists.ownersRestored},
		"PriceListRule": {
			Create: ofLists.created, Update: ofLists.updated, WritesOwners: true,
			Deleted: ofLists.rulesChanged, Restored: ofLists.rulesChanged,
		},
	}
}
