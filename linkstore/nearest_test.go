package linkstore

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestUndefinedNames asks for a name among few, which are all told, and among many, of which the nearest are.
func TestUndefinedNames(t *testing.T) {
	t.Parallel()
	links := strings.Fields(
		"product_sales_channel product_shipping_profile order_sales_channel cart_sales_channel order_cart " +
			"cart_region order_region region_payment_provider cart_promotion order_promotion return_fulfillment order_fulfillment user_rbac_role",
	)
	for name, want := range map[string]string{
		"product_sales_chanel": `no link "product_sales_chanel" is defined; did you mean product_sales_channel or order_sales_channel or cart_sales_channel?`,
		"card_region":          `no link "card_region" is defined; did you mean cart_region or order_region or cart_promotion?`,
		"x":                    `no link "x" is defined; there are 13`,
		"":                     `no link "" is defined; there are 13`,
	} {
		if err := undefined(
			"link",
			name,
			links,
			ErrLinkNotDefined,
		); err.Error() != want ||
			!errors.Is(err, ErrLinkNotDefined) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	few := undefined("link", "product_sales", links[:2], ErrLinkNotDefined)
	if want := `no link "product_sales" is defined; the choices are product_sales_channel, product_shipping_profile`; few.Error() != want {
		t.Errorf("got %v, want %s", few, want)
	}
	distances := map[string]int{}
	for _, pair := range []string{"/", "a/", "/ab", "cart/card", "kitten/sitting", "ab/ba"} {
		a, b, _ := strings.Cut(pair, "/")
		distances[pair] = editDistance(a, b)
	}
	if diff := cmp.Diff(
		map[string]int{"/": 0, "a/": 1, "/ab": 2, "cart/card": 1, "kitten/sitting": 3, "ab/ba": 2},
		distances,
	); diff != "" {
		t.Errorf("distances (-want +got):\n%s", diff)
	}
}
