package shop

import (
	"fmt"
	"math/big"
	"unicode"
	"unicode/utf8"

	"github.com/linkgraph/linkgraph/examples/storefront/api"
)

// Price is the price of one piece.
type Price struct {
	Amount *big.Rat
	// Regular is the price without the sale, nil if there is no sale.
	Regular *big.Rat
}

// PriceOf returns the price of one piece for a buyer of the given quantity. prices are those of one price set in one
// currency. It returns false if no price applies, and an error if a price is not a number.
//
//   - A price applies from its minimum to its maximum quantity, both included. If several apply, the one with the
//     highest minimum wins, because it was made for such quantities; then the lowest.
//   - One price is chosen like this among the prices without a list, one among OVERRIDE lists, one among SALE lists.
//   - The price of an OVERRIDE list replaces the one without a list, even if it is higher.
//   - The price of a SALE list wins if it is lower than that. The shop shows both.
func PriceOf(prices []*api.Price, quantity int64) (Price, bool, error) {
	best := map[api.PriceListType]*candidate{}
	for _, p := range prices {
		c, holds, err := candidateOf(p, big.NewRat(quantity, 1))
		if err != nil {
			return Price{}, false, err
		}
		var list api.PriceListType // no list
		if p.PriceList != nil {
			list = p.PriceList.Type
		}
		if holds && (best[list] == nil || c.beats(best[list])) {
			best[list] = c
		}
	}
	regular, sale := best[""], best[api.PriceListTypeSale]
	if override := best[api.PriceListTypeOverride]; override != nil {
		regular = override
	}
	switch {
	case regular == nil && sale == nil:
		return Price{}, false, nil
	case regular == nil:
		return Price{Amount: sale.amount}, true, nil
	case sale != nil && sale.amount.Cmp(regular.amount) < 0:
		return Price{Amount: sale.amount, Regular: regular.amount}, true, nil
	}
	return Price{Amount: regular.amount}, true, nil
}

// candidate is a price that applies to the quantity.
type candidate struct{ amount, from *big.Rat }

func (c *candidate) beats(other *candidate) bool {
	if order := c.from.Cmp(other.from); order != 0 {
		return order > 0
	}
	return c.amount.Cmp(other.amount) < 0
}

func candidateOf(p *api.Price, quantity *big.Rat) (c *candidate, holds bool, err error) {
	c = &candidate{from: new(big.Rat)}
	if c.amount, err = decimal(p.Amount); err != nil {
		return nil, false, err
	}
	holds = true
	if p.MinQuantity != "" {
		if c.from, err = decimal(p.MinQuantity); err != nil {
			return nil, false, err
		}
		holds = quantity.Cmp(c.from) >= 0
	}
	if p.MaxQuantity != "" {
		most, err := decimal(p.MaxQuantity)
		if err != nil {
			return nil, false, err
		}
		holds = holds && quantity.Cmp(most) <= 0
	}
	return c, holds, nil
}

// decimal parses a Decimal of the API exactly.
func decimal(text string) (*big.Rat, error) {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil, fmt.Errorf("%q is not a decimal number", text)
	}
	return r, nil
}

// money formats an amount, such as €39.90, rounded to the digits that the currency has.
func money(amount *big.Rat, c *api.Currency) string {
	symbol := c.SymbolNative
	if last, _ := utf8.DecodeLastRuneInString(symbol); unicode.IsLetter(last) || last == '.' { // kr 40, not kr40
		symbol += "\u00a0"
	}
	return symbol + amount.FloatString(c.DecimalDigits)
}
