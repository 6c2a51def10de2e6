package shop

import (
	"fmt"
	"math/big"
	"unicode"
	"unicode/utf8"

	"github.com/linkgraph/linkgraph/examples/storefront/api"
)

// Price is what one piece costs.
type Price struct {
	Amount *big.Rat
	// Regular is the price without the sale. Nil if there is no sale.
	Regular *big.Rat
}

// PriceOf chooses among the prices of a price set, all of one currency, what one piece costs someone who buys so many.
// It returns false if there is none.
//
//   - A price holds from its minimal to its maximal quantity, both included. Of those that hold, the one with the greatest
//     minimal quantity counts, as it was made for so many; then the lowest.
//   - That is done for the prices without a list, for those of OVERRIDE lists and for those of SALE lists apart.
//   - A price of an OVERRIDE list takes the place of the one without a list, be it higher or lower.
//   - A price of a SALE list counts if it is lower than that; the shop shows both.
func PriceOf(prices []*api.Price, quantity int64) (Price, bool, error) {
	best := map[api.PriceListType]*candidate{}
	for _, p := range prices {
		c, holds, err := candidateOf(p, big.NewRat(quantity, 1))
		if err != nil {
			return Price{}, false, err
		}
		var list api.PriceListType // none
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

// candidate is a price that holds for the quantity.
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

// decimal reads a Decimal of the API, exactly.
func decimal(text string) (*big.Rat, error) {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil, fmt.Errorf("%q is no decimal number", text)
	}
	return r, nil
}

// money writes an amount: €39.90. Digits that the currency does not have are rounded away.
func money(amount *big.Rat, c *api.Currency) string {
	symbol := c.SymbolNative
	if last, _ := utf8.DecodeLastRuneInString(symbol); unicode.IsLetter(last) || last == '.' { // kr 40, not kr40
		symbol += "\u00a0"
	}
	return symbol + amount.FloatString(c.DecimalDigits)
}
