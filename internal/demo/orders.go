package demo

import (
	"strconv"

	"github.com/linkgraph/linkgraph/linkstore"
)

// market creates a region, and the ways to pay and to ship there.
func (l *loader) market() {
	l.make("Region", values{"id": "reg_demo_eu", "name": "Europe", "currencyCode": "eur"})
	l.make(
		"Country",
		values{
			"iso2":        "de",
			"iso3":        "deu",
			"numCode":     "276",
			"name":        "GERMANY",
			"displayName": "Germany",
			"regionId":    "reg_demo_eu",
		},
		values{
			"iso2":        "at",
			"iso3":        "aut",
			"numCode":     "040",
			"name":        "AUSTRIA",
			"displayName": "Austria",
			"regionId":    "reg_demo_eu",
		},
	)
	l.make("PaymentProvider", values{"id": "pp_demo_card"}, values{"id": "pp_demo_invoice"})
	l.make("FulfillmentProvider", values{"id": "fp_demo_post"})
	l.make("ShippingProfile", values{"id": "sp_demo_parcel", "name": "Parcels", "type": "default"})
	l.make(
		"ShippingOptionType",
		values{
			"id":          "sotype_demo_standard",
			"label":       "Standard",
			"code":        "standard",
			"description": "Two to three days.",
		},
	)
	l.make("ShippingOption", values{
		"id":                   "so_demo_standard",
		"name":                 "Parcel to your door",
		"serviceZoneId":        "serzo_demo_eu",
		"shippingProfileId":    "sp_demo_parcel",
		"providerId":           "fp_demo_post",
		"shippingOptionTypeId": "sotype_demo_standard",
	})
	l.make("PriceSet", values{"id": "pset_demo_parcel"})
	l.make(
		"Price",
		values{
			"id":           "price_demo_parcel_eur",
			"priceSetId":   "pset_demo_parcel",
			"currencyCode": "eur",
			"amount":       "4.90",
		},
	)
	l.make("Campaign", values{"id": "procamp_demo_summer", "name": "Summer", "campaignIdentifier": "summer"})
	l.make(
		"Promotion",
		values{
			"id":         "promo_demo_sun",
			"code":       "SUN10",
			"type":       "standard",
			"status":     "active",
			"campaignId": "procamp_demo_summer",
		},
	)
	l.make("ApplicationMethod", values{
		"id":          "proappmet_demo_sun",
		"type":        "percentage",
		"targetType":  "items",
		"allocation":  "each",
		"value":       "10",
		"promotionId": "promo_demo_sun",
	})
}

// people creates a customer and the users who run the store.
func (l *loader) people() {
	l.make(
		"Customer",
		values{
			"id":         "cus_demo_ada",
			"firstName":  "Ada",
			"lastName":   "Bell",
			"email":      "ada@example.com",
			"hasAccount": true,
		},
	)
	l.make("CustomerGroup", values{"id": "cusgroup_demo_friends", "name": "Friends of the shop"})
	l.make("CustomerAddress", values{
		"id":                "cuaddr_demo_ada",
		"customerId":        "cus_demo_ada",
		"firstName":         "Ada",
		"lastName":          "Bell",
		"address1":          "Mill Lane 4",
		"city":              "Bremen",
		"postalCode":        "28195",
		"countryCode":       "de",
		"isDefaultShipping": true,
	})
	l.make(
		"AccountHolder",
		values{
			"id":         "acchld_demo_ada",
			"providerId": "pp_demo_card",
			"externalId": "ext_ada",
			"email":      "ada@example.com",
		},
	)
	l.make("RbacRole", values{"id": "role_demo_stock", "name": "Stock keeper"})
	l.make("User", values{"id": "user_demo_ben", "firstName": "Ben", "email": "ben@example.com"})
	l.make(
		"Invite",
		values{
			"id":        "invite_demo_eve",
			"email":     "eve@example.com",
			"token":     "demo",
			"expiresAt": "2030-01-01T00:00:00Z",
		},
	)
	l.make("Locale", values{"id": "loc_demo_de", "code": "de-DE", "name": "German"})
	l.make("StoreLocale", values{"id": "stloc_demo_de", "storeId": "store_demo", "localeCode": "de-DE"})
	l.make("Translation", values{
		"id": "trans_demo_shirt", "reference": "product", "referenceId": "prod_demo_shirt", "localeCode": "de-DE",
		"translations": map[string]any{"title": "Leinenhemd", "description": "Ein leichtes Hemd für warme Tage."},
	})
}

// cart creates the cart that Ada's order came from.
func (l *loader) cart() {
	l.make(
		"CartAddress",
		values{
			"id":          "caaddr_demo_ada",
			"firstName":   "Ada",
			"lastName":    "Bell",
			"address1":    "Mill Lane 4",
			"city":        "Bremen",
			"postalCode":  "28195",
			"countryCode": "de",
		},
	)
	l.make("Cart", values{
		"id":                "cart_demo_ada",
		"currencyCode":      "eur",
		"regionId":          "reg_demo_eu",
		"customerId":        "cus_demo_ada",
		"salesChannelId":    "sc_demo_web",
		"email":             "ada@example.com",
		"shippingAddressId": "caaddr_demo_ada",
	})
	l.make("CartLineItem", values{
		"id": "cali_demo_shirt", "cartId": "cart_demo_ada", "title": "Linen shirt", "quantity": 1, "unitPrice": "39.90",
		"productId": "prod_demo_shirt", "variantId": "variant_demo_shirt_m", "variantSku": "SHIRT-M",
	})
	l.make(
		"CartLineItemAdjustment",
		values{
			"id":          "caliadj_demo_sun",
			"itemId":      "cali_demo_shirt",
			"promotionId": "promo_demo_sun",
			"code":        "SUN10",
			"amount":      "3.99",
		},
	)
	l.make("CartShippingMethod", values{
		"id":               "casm_demo_parcel",
		"cartId":           "cart_demo_ada",
		"name":             "Parcel to your door",
		"amount":           "4.90",
		"shippingOptionId": "so_demo_standard",
	})
}

// order creates Ada's order: first a shirt, and since an order change a hat too. Both versions are kept, and the
// second is the current one.
func (l *loader) order() {
	l.make(
		"OrderAddress",
		values{
			"id":          "ordaddr_demo_ada",
			"firstName":   "Ada",
			"lastName":    "Bell",
			"address1":    "Mill Lane 4",
			"city":        "Bremen",
			"postalCode":  "28195",
			"countryCode": "de",
		},
	)
	l.make("Order", values{
		"id":                "order_demo_ada",
		"currencyCode":      "eur",
		"version":           2,
		"regionId":          "reg_demo_eu",
		"customerId":        "cus_demo_ada",
		"salesChannelId":    "sc_demo_web",
		"email":             "ada@example.com",
		"shippingAddressId": "ordaddr_demo_ada",
	})
	l.make(
		"OrderLineItem",
		values{
			"id": "ordli_demo_shirt", "title": "Linen shirt", "unitPrice": "39.90", "productId": "prod_demo_shirt",
			"variantId": "variant_demo_shirt_m", "variantSku": "SHIRT-M",
		},
		values{
			"id":         "ordli_demo_hat",
			"title":      "Straw hat",
			"unitPrice":  "24.50",
			"productId":  "prod_demo_hat",
			"variantId":  "variant_demo_hat",
			"variantSku": "HAT",
		},
	)
	l.make(
		"OrderItem",
		values{
			"id":       "orditem_demo_shirt_1",
			"orderId":  "order_demo_ada",
			"version":  1,
			"itemId":   "ordli_demo_shirt",
			"quantity": 1,
		},
		values{
			"id":                "orditem_demo_shirt_2",
			"orderId":           "order_demo_ada",
			"version":           2,
			"itemId":            "ordli_demo_shirt",
			"quantity":          1,
			"fulfilledQuantity": 1,
		},
		values{
			"id":       "orditem_demo_hat_2",
			"orderId":  "order_demo_ada",
			"version":  2,
			"itemId":   "ordli_demo_hat",
			"quantity": 2,
		},
	)
	l.make(
		"OrderShippingMethod",
		values{
			"id":               "ordsm_demo_parcel",
			"name":             "Parcel to your door",
			"amount":           "4.90",
			"shippingOptionId": "so_demo_standard",
		},
	)
	for i, total := range []string{"40.81", "89.81"} {
		version := i + 1
		suffix := "_" + strconv.Itoa(version)
		l.make(
			"OrderShipping",
			values{
				"id":               "ordspmv_demo" + suffix,
				"orderId":          "order_demo_ada",
				"version":          version,
				"shippingMethodId": "ordsm_demo_parcel",
			},
		)
		l.make("OrderSummary", values{
			"id":      "ordsum_demo" + suffix,
			"orderId": "order_demo_ada",
			"version": version,
			"totals":  map[string]any{"current_order_total": total},
		})
	}
	l.payments()
	l.make(
		"FulfillmentAddress",
		values{
			"id":          "fuladdr_demo_ada",
			"firstName":   "Ada",
			"lastName":    "Bell",
			"address1":    "Mill Lane 4",
			"city":        "Bremen",
			"countryCode": "de",
		},
	)
	l.make(
		"Fulfillment",
		values{
			"id":                "ful_demo_shirt",
			"locationId":        "sloc_demo_main",
			"providerId":        "fp_demo_post",
			"shippingOptionId":  "so_demo_standard",
			"deliveryAddressId": "fuladdr_demo_ada",
		},
		values{"id": "ful_demo_back", "locationId": "sloc_demo_main", "providerId": "fp_demo_post"},
	)
	l.make(
		"FulfillmentItem",
		values{
			"id":              "fulit_demo_shirt",
			"fulfillmentId":   "ful_demo_shirt",
			"title":           "Linen shirt",
			"sku":             "SHIRT-M",
			"barcode":         "",
			"quantity":        1,
			"lineItemId":      "ordli_demo_shirt",
			"inventoryItemId": "iitem_demo_shirt_m",
		},
	)
	l.make("ReturnReason", values{"id": "rr_demo_size", "value": "wrong_size", "label": "Wrong size"})
	l.make(
		"Return",
		values{
			"id":           "return_demo_hat",
			"orderId":      "order_demo_ada",
			"orderVersion": 2,
			"status":       "requested",
			"locationId":   "sloc_demo_main",
		},
	)
	l.make(
		"ReturnItem",
		values{
			"id":       "retitem_demo_hat",
			"returnId": "return_demo_hat",
			"itemId":   "ordli_demo_hat",
			"quantity": 1,
			"reasonId": "rr_demo_size",
		},
	)
	l.make(
		"OrderClaim",
		values{"id": "claim_demo_shirt", "orderId": "order_demo_ada", "orderVersion": 2, "type": "refund"},
	)
	l.make("OrderExchange", values{"id": "oexc_demo_hat", "orderId": "order_demo_ada", "orderVersion": 2})
}

func (l *loader) payments() {
	for _, c := range []struct{ id, amount string }{{"order", "89.81"}, {"cart", "40.81"}, {"claim", "5.00"}, {"exchange", "2.50"}} {
		l.make("PaymentCollection", values{"id": "pay_col_demo_" + c.id, "currencyCode": "eur", "amount": c.amount})
	}
	l.make(
		"PaymentSession",
		values{
			"id":                  "payses_demo_ada",
			"paymentCollectionId": "pay_col_demo_order",
			"providerId":          "pp_demo_card",
			"currencyCode":        "eur",
			"amount":              "89.81",
			"status":              "captured",
		},
	)
	l.make(
		"Payment",
		values{
			"id":                  "pay_demo_ada",
			"paymentCollectionId": "pay_col_demo_order",
			"paymentSessionId":    "payses_demo_ada",
			"providerId":          "pp_demo_card",
			"currencyCode":        "eur",
			"amount":              "89.81",
		},
	)
	l.make("Capture", values{"id": "capt_demo_ada", "paymentId": "pay_demo_ada", "amount": "89.81"})
}

// orderLinks returns the links of the market, the people, the cart and the order.
func orderLinks() []linkstore.Item {
	pairs := []linkstore.Pair{
		{Link: "product_shipping_profile", Left: "prod_demo_shirt", Right: "sp_demo_parcel"},
		{Link: "product_shipping_profile", Left: "prod_demo_hat", Right: "sp_demo_parcel"},
		{Link: "location_fulfillment_provider", Left: "sloc_demo_main", Right: "fp_demo_post"},
		{Link: "shipping_option_price_set", Left: "so_demo_standard", Right: "pset_demo_parcel"},
		{Link: "region_payment_provider", Left: "reg_demo_eu", Right: "pp_demo_card"},
		{Link: "region_payment_provider", Left: "reg_demo_eu", Right: "pp_demo_invoice"},
		{Link: "customer_account_holder", Left: "cus_demo_ada", Right: "acchld_demo_ada"},
		{Link: "user_rbac_role", Left: "user_demo_ben", Right: "role_demo_stock"},
		{Link: "invite_rbac_role", Left: "invite_demo_eve", Right: "role_demo_stock"},
		{Link: "cart_payment_collection", Left: "cart_demo_ada", Right: "pay_col_demo_cart"},
		{Link: "cart_promotion", Left: "cart_demo_ada", Right: "promo_demo_sun"},
		{Link: "order_cart", Left: "order_demo_ada", Right: "cart_demo_ada"},
		{Link: "order_fulfillment", Left: "order_demo_ada", Right: "ful_demo_shirt"},
		{Link: "order_payment_collection", Left: "order_demo_ada", Right: "pay_col_demo_order"},
		{Link: "order_promotion", Left: "order_demo_ada", Right: "promo_demo_sun"},
		{Link: "return_fulfillment", Left: "return_demo_hat", Right: "ful_demo_back"},
		{Link: "order_claim_payment_collection", Left: "claim_demo_shirt", Right: "pay_col_demo_claim"},
		{Link: "order_exchange_payment_collection", Left: "oexc_demo_hat", Right: "pay_col_demo_exchange"},
	}
	items := make([]linkstore.Item, len(pairs))
	for i, p := range pairs {
		items[i] = linkstore.Item{Link: p.Link, Left: p.Left, Right: p.Right}
	}
	return items
}
