package shop

import (
	"fmt"
	"math/big"

	"github.com/linkgraph/linkgraph/examples/storefront/api"
)

// Availability says whether a variant can be bought.
type Availability string

// What a variant may be.
const (
	InStock   Availability = "in stock"
	FewLeft   Availability = "few left"
	Backorder Availability = "on backorder" // none is left, and it is sold all the same
	SoldOut   Availability = "sold out"
)

const few = 5

// AvailabilityOf returns whether a variant can be bought, and how many are left if that is known.
//
//   - A variant whose stock is not managed is in stock, in a number that nobody counts.
//   - Of a thing in stock there are as many as its levels have stocked and not reserved, all places together. The API
//     shows those places alone that the channels of the key are served from.
//   - A variant is made of things, of each as many as the link to it says. It has as many as the scarcest of them allows.
//   - One of which nothing is left is sold all the same if it may be ordered back.
func AvailabilityOf(v *api.Variant) (Availability, int64, error) {
	if !v.ManageInventory {
		return InStock, 0, nil
	}
	left := new(big.Rat)
	for i, part := range v.InventoryItems.Edges {
		available, err := piecesOf(part)
		if err != nil {
			return "", 0, fmt.Errorf("stock of %s: %w", v.Title, err)
		}
		if i == 0 || available.Cmp(left) < 0 {
			left = available
		}
	}
	whole := new(big.Int).Quo(left.Num(), left.Denom()).Int64() // half a piece is not sold
	switch {
	case whole > few:
		return InStock, whole, nil
	case whole > 0:
		return FewLeft, whole, nil
	case v.AllowBackorder:
		return Backorder, 0, nil
	}
	return SoldOut, 0, nil
}

// piecesOf is how many pieces there is enough of a thing for.
func piecesOf(part *api.Part) (*big.Rat, error) {
	available, err := availableOf(part.Node)
	if err != nil {
		return nil, err
	}
	required, err := decimal(part.Link.RequiredQuantity)
	if err != nil || required.Sign() <= 0 { // a thing of which nothing is needed bounds nothing
		return available, err
	}
	return available.Quo(available, required), nil
}

func availableOf(item *api.InventoryItem) (*big.Rat, error) {
	sum := new(big.Rat)
	for _, level := range item.Levels.Nodes {
		stocked, err := decimal(level.StockedQuantity)
		if err != nil {
			return nil, err
		}
		reserved, err := decimal(level.ReservedQuantity)
		if err != nil {
			return nil, err
		}
		sum.Add(sum, stocked.Sub(stocked, reserved))
	}
	return sum, nil
}
