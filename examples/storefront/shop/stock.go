package shop

import (
	"fmt"
	"math/big"

	"github.com/linkgraph/linkgraph/examples/storefront/api"
)

// Availability says whether a variant can be bought.
type Availability string

// The values of Availability.
const (
	InStock   Availability = "in stock"
	FewLeft   Availability = "few left"
	Backorder Availability = "on backorder" // out of stock, but sold nevertheless
	SoldOut   Availability = "sold out"
)

const few = 5

// AvailabilityOf returns whether a variant can be bought, and how many pieces are left, 0 if that is unknown. It
// returns an error if a quantity is not a number.
//
//   - A variant whose inventory is not managed is in stock, in an unknown quantity.
//   - The stock of an inventory item is stocked less reserved, summed over its levels. The API returns only levels at
//     locations that serve the key's channels.
//   - A variant is made of inventory items, each in the quantity that its link says. The scarcest item limits it.
//   - A variant that is out of stock can still be bought if it allows backorders.
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
	whole := new(big.Int).Quo(left.Num(), left.Denom()).Int64() // only whole pieces are sold
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

// piecesOf returns how many pieces can be made from the stock of one inventory item.
func piecesOf(part *api.Part) (*big.Rat, error) {
	available, err := availableOf(part.Node)
	if err != nil {
		return nil, err
	}
	required, err := decimal(part.Link.RequiredQuantity)
	if err != nil || required.Sign() <= 0 { // an item of which none is needed is no limit
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
