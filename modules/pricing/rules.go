// Package pricing holds the rules of the pricing module: how currency codes are written.
package pricing

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"linkgraph/modules"
)

// Rules are the rules of the module's models.
func Rules() map[string]modules.Rule {
	return map[string]modules.Rule{"Price": {Create: lower, Update: lower}}
}

// lower writes currency codes as the currency module has them: "EUR" becomes "eur".
func lower(_ context.Context, _ pgx.Tx, records []modules.Values) error {
	for _, r := range records {
		if code, ok := r["currency_code"].(string); ok {
			r["currency_code"] = strings.ToLower(code)
		}
	}
	return nil
}
