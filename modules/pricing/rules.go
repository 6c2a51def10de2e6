// Package pricing has the rules of the pricing module: the case of currency codes, and the count of price rules.
package pricing

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// Rules returns the rules by model.
func Rules() map[string]recordstore.Rule {
	ofPrices := counter{"price", "price_rule", "price_id"}
	ofLists := counter{"price_list", "price_list_rule", "price_list_id"}
	return map[string]recordstore.Rule{
		"Price": {Create: lower, Update: lower, Restored: ofPrices.ownersRestored},
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

// lower converts currency codes to lower case, as the currency module has them.
func lower(_ context.Context, _ pgx.Tx, records []recordstore.Values) error {
	for _, r := range records {
		if code, ok := r["currency_code"].(string); ok {
			r["currency_code"] = strings.ToLower(code)
		}
	}
	return nil
}
