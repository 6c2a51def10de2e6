package shop_test

import (
	"testing"

	"github.com/linkgraph/linkgraph/examples/storefront/api"
	"github.com/linkgraph/linkgraph/examples/storefront/shop"
)

func plain(amount string) *api.Price { return &api.Price{Amount: amount} }

func of(list api.PriceListType, amount string) *api.Price {
	return &api.Price{Amount: amount, PriceList: &api.PriceList{Type: list}}
}

func tier(from, to, amount string) *api.Price {
	return &api.Price{Amount: amount, MinQuantity: from, MaxQuantity: to}
}

func TestPriceOf(t *testing.T) {
	t.Parallel()
	const sale, override = api.PriceListTypeSale, api.PriceListTypeOverride
	for name, test := range map[string]struct {
		prices          []*api.Price
		quantity        int64
		amount, regular string // "" if there is none
	}{
		"NoPrice":                   {nil, 1, "", ""},
		"OnePrice":                  {[]*api.Price{plain("39.90")}, 1, "39.90", ""},
		"LowestOfEquals":            {[]*api.Price{plain("40"), plain("39.90"), plain("41")}, 1, "39.90", ""},
		"ExactBeyondFloats":         {[]*api.Price{plain("0.30000000000000000001"), plain("0.3")}, 1, "0.30", ""},
		"Sale":                      {[]*api.Price{plain("40"), of(sale, "30")}, 1, "30.00", "40.00"},
		"LowestSale":                {[]*api.Price{of(sale, "35"), plain("40"), of(sale, "30"), of(sale, "32")}, 1, "30.00", "40.00"},
		"SaleThatIsNoBargain":       {[]*api.Price{plain("40"), of(sale, "45")}, 1, "40.00", ""},
		"SaleAtTheSamePrice":        {[]*api.Price{plain("40"), of(sale, "40.00")}, 1, "40.00", ""},
		"SaleAlone":                 {[]*api.Price{of(sale, "30")}, 1, "30.00", ""},
		"OverrideLower":             {[]*api.Price{plain("40"), of(override, "30")}, 1, "30.00", ""},
		"OverrideHigher":            {[]*api.Price{plain("40"), of(override, "50")}, 1, "50.00", ""},
		"OverrideAlone":             {[]*api.Price{of(override, "50")}, 1, "50.00", ""},
		"SaleBelowOverride":         {[]*api.Price{plain("40"), of(override, "50"), of(sale, "45")}, 1, "45.00", "50.00"},
		"SaleAboveOverride":         {[]*api.Price{plain("40"), of(override, "30"), of(sale, "35")}, 1, "30.00", ""},
		"TierForMore":               {[]*api.Price{plain("40"), tier("10", "", "30")}, 1, "40.00", ""},
		"TierFromHere":              {[]*api.Price{plain("40"), tier("10", "", "30")}, 10, "30.00", ""},
		"TierUpToHere":              {[]*api.Price{tier("1", "9", "40"), tier("10", "", "30")}, 9, "40.00", ""},
		"TierIsOver":                {[]*api.Price{tier("", "9", "40")}, 10, "", ""},
		"NearestTierEvenIfItIsMore": {[]*api.Price{plain("40"), tier("5", "", "35"), tier("10", "", "36")}, 12, "36.00", ""},
		"SaleForMore":               {[]*api.Price{plain("40"), {Amount: "20", MinQuantity: "3", PriceList: &api.PriceList{Type: sale}}}, 2, "40.00", ""},
		"TierOfFractions":           {[]*api.Price{tier("0.5", "1.5", "7")}, 1, "7.00", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok, err := shop.PriceOf(test.prices, test.quantity)
			if err != nil {
				t.Fatal(err)
			}
			amount, regular := "", ""
			if ok {
				amount = got.Amount.FloatString(2)
			}
			if got.Regular != nil {
				regular = got.Regular.FloatString(2)
			}
			if amount != test.amount || regular != test.regular {
				t.Errorf("%q instead of %q, want %q instead of %q", amount, regular, test.amount, test.regular)
			}
		})
	}
}

func TestPriceOfRefusesWhatIsNoNumber(t *testing.T) {
	t.Parallel()
	for _, p := range []*api.Price{plain("free"), tier("x", "", "1"), tier("", "x", "1"), plain("")} {
		if _, _, err := shop.PriceOf([]*api.Price{p}, 1); err == nil {
			t.Errorf("%+v: no error", p)
		}
	}
}
