package shop_test

import (
	"testing"

	"github.com/linkgraph/linkgraph/examples/storefront/api"
	"github.com/linkgraph/linkgraph/examples/storefront/shop"
)

// item returns an inventory item of which one is needed, with levels of stocked and reserved quantities.
func item(levels ...[2]string) *api.Part { return needs("1", levels...) }

func needs(quantity string, levels ...[2]string) *api.Part {
	i := &api.InventoryItem{Levels: &api.InventoryLevels{}}
	for _, l := range levels {
		i.Levels.Nodes = append(i.Levels.Nodes, &api.InventoryLevel{StockedQuantity: l[0], ReservedQuantity: l[1]})
	}
	return &api.Part{Link: &api.PartLink{RequiredQuantity: quantity}, Node: i}
}

func TestAvailabilityOf(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		managed, backorder bool
		items              []*api.Part
		want               shop.Availability
		left               int64
	}{
		"InStock":               {true, false, []*api.Part{item([2]string{"40", "0"})}, shop.InStock, 40},
		"SumOfPlaces":           {true, false, []*api.Part{item([2]string{"4", "1"}, [2]string{"5", "0"})}, shop.InStock, 8},
		"ReservedIsGone":        {true, false, []*api.Part{item([2]string{"8", "5"})}, shop.FewLeft, 3},
		"AllReserved":           {true, false, []*api.Part{item([2]string{"8", "8"})}, shop.SoldOut, 0},
		"MoreReservedThanThere": {true, false, []*api.Part{item([2]string{"1", "3"})}, shop.SoldOut, 0},
		"OnePlaceOwesAnother":   {true, false, []*api.Part{item([2]string{"1", "3"}, [2]string{"4", "0"})}, shop.FewLeft, 2},
		"Backorder":             {true, true, []*api.Part{item([2]string{"0", "0"})}, shop.Backorder, 0},
		"BackorderNotYetNeeded": {true, true, []*api.Part{item([2]string{"3", "0"})}, shop.FewLeft, 3},
		"NotManaged":            {false, false, []*api.Part{item([2]string{"0", "0"})}, shop.InStock, 0},
		"NothingLinked":         {true, false, nil, shop.SoldOut, 0},
		"NoPlaceThatServesUs":   {true, false, []*api.Part{item()}, shop.SoldOut, 0},
		"ScarcestOfAKit":        {true, false, []*api.Part{item([2]string{"9", "0"}), item([2]string{"2", "0"}), item([2]string{"7", "0"})}, shop.FewLeft, 2},
		"ThreeOfOne":            {true, false, []*api.Part{item([2]string{"9", "0"}), needs("3", [2]string{"8", "0"})}, shop.FewLeft, 2},
		"Fractions":             {true, false, []*api.Part{item([2]string{"1.5", "0.75"})}, shop.SoldOut, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := &api.Variant{
				ManageInventory: test.managed,
				AllowBackorder:  test.backorder,
				InventoryItems:  &api.VariantInventory{Edges: test.items},
			}
			got, left, err := shop.AvailabilityOf(v)
			if err != nil || got != test.want || left != test.left {
				t.Errorf("%s, %d left, %v; want %s, %d left", got, left, err, test.want, test.left)
			}
		})
	}
}
