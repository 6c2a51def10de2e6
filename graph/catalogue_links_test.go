package graph_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/linkstore"
)

// Whether many records of an end may be linked to one record of the other.
const many, one = true, false

// storedLinks are the links of Medusa 2.21.2 that have a table. cascade is the end that is deleted with the other one.
var storedLinks = []struct {
	table, left, leftKey, right, rightKey, prefix string
	manyLeft, manyRight                           bool
	cascade                                       string
}{
	{
		"cart_payment_collection",
		"Cart",
		"cart_id",
		"PaymentCollection",
		"payment_collection_id",
		"capaycol",
		one,
		many,
		"",
	},
	{"cart_promotion", "Cart", "cart_id", "Promotion", "promotion_id", "cartpromo", many, many, ""},
	{
		"customer_account_holder",
		"Customer",
		"customer_id",
		"AccountHolder",
		"account_holder_id",
		"custacchldr",
		one,
		many,
		"",
	},
	{
		"location_fulfillment_provider",
		"StockLocation",
		"stock_location_id",
		"FulfillmentProvider",
		"fulfillment_provider_id",
		"locfp",
		many,
		many,
		"",
	},
	{
		"location_fulfillment_set",
		"StockLocation",
		"stock_location_id",
		"FulfillmentSet",
		"fulfillment_set_id",
		"locfs",
		one,
		many,
		"right",
	},
	{"invite_rbac_role", "Invite", "invite_id", "RbacRole", "rbac_role_id", "inviterole", many, many, ""},
	{"user_rbac_role", "User", "user_id", "RbacRole", "rbac_role_id", "userrole", many, many, ""},
	{"order_cart", "Order", "order_id", "Cart", "cart_id", "ordercart", many, one, ""},
	{"order_fulfillment", "Order", "order_id", "Fulfillment", "fulfillment_id", "ordful", one, many, ""},
	{
		"order_payment_collection",
		"Order",
		"order_id",
		"PaymentCollection",
		"payment_collection_id",
		"ordpay",
		one,
		many,
		"right",
	},
	{"order_promotion", "Order", "order_id", "Promotion", "promotion_id", "orderpromo", many, many, ""},
	{"return_fulfillment", "Return", "return_id", "Fulfillment", "fulfillment_id", "retful", one, many, ""},
	{"product_sales_channel", "Product", "product_id", "SalesChannel", "sales_channel_id", "prodsc", many, many, ""},
	{
		"product_shipping_profile",
		"Product",
		"product_id",
		"ShippingProfile",
		"shipping_profile_id",
		"prodsp",
		many,
		one,
		"",
	},
	{
		"product_variant_inventory_item",
		"ProductVariant",
		"variant_id",
		"InventoryItem",
		"inventory_item_id",
		"pvitem",
		many,
		many,
		"",
	},
	{
		"product_variant_price_set",
		"ProductVariant",
		"variant_id",
		"PriceSet",
		"price_set_id",
		"pvps",
		one,
		one,
		"right",
	},
	{
		"publishable_api_key_sales_channel",
		"ApiKey",
		"publishable_key_id",
		"SalesChannel",
		"sales_channel_id",
		"pksc",
		many,
		many,
		"",
	},
	{
		"region_payment_provider",
		"Region",
		"region_id",
		"PaymentProvider",
		"payment_provider_id",
		"regpp",
		many,
		many,
		"",
	},
	{
		"sales_channel_stock_location",
		"SalesChannel",
		"sales_channel_id",
		"StockLocation",
		"stock_location_id",
		"scloc",
		many,
		many,
		"",
	},
	{
		"shipping_option_price_set",
		"ShippingOption",
		"shipping_option_id",
		"PriceSet",
		"price_set_id",
		"sops",
		one,
		one,
		"right",
	},
	// Medusa defines these two, and does not load them.
	{
		"order_claim_payment_collection",
		"OrderClaim",
		"claim_id",
		"PaymentCollection",
		"payment_collection_id",
		"claimpay",
		one,
		many,
		"",
	},
	{
		"order_exchange_payment_collection",
		"OrderExchange",
		"exchange_id",
		"PaymentCollection",
		"payment_collection_id",
		"excpay",
		one,
		many,
		"",
	},
	// This program's own, to show a link of a model to itself.
	{"product_related_product", "Product", "product_id", "Product", "related_product_id", "prodrel", many, many, ""},
}

// readOnlyLinks are the links of Medusa 2.21.2 that have no table: a column of the left model, and the column of the
// right one that it holds.
var readOnlyLinks = []struct{ left, column, right, key string }{
	{"Cart", "customer_id", "Customer", "id"},
	{"Cart", "region_id", "Region", "id"},
	{"Cart", "sales_channel_id", "SalesChannel", "id"},
	{"CartLineItem", "product_id", "Product", "id"},
	{"CartLineItem", "variant_id", "ProductVariant", "id"},
	{"CartShippingMethod", "shipping_option_id", "ShippingOption", "id"},
	{"CartLineItemAdjustment", "promotion_id", "Promotion", "id"},
	{"InventoryLevel", "location_id", "StockLocation", "id"},
	{"Order", "customer_id", "Customer", "id"},
	{"Order", "region_id", "Region", "id"},
	{"Order", "sales_channel_id", "SalesChannel", "id"},
	{"OrderLineItem", "product_id", "Product", "id"},
	{"OrderLineItem", "variant_id", "ProductVariant", "id"},
	{"OrderShippingMethod", "shipping_option_id", "ShippingOption", "id"},
	{"StoreCurrency", "currency_code", "Currency", "code"},
	{"StoreLocale", "locale_code", "Locale", "code"},
	{"Translation", "reference_id", "Product", "id"},
	{"Translation", "reference_id", "ProductVariant", "id"},
	{"Translation", "reference_id", "ProductCategory", "id"},
	{"Translation", "reference_id", "ProductCollection", "id"},
	{"Translation", "reference_id", "ProductTag", "id"},
	{"Translation", "reference_id", "ProductType", "id"},
	{"Translation", "reference_id", "ProductOption", "id"},
	{"Translation", "reference_id", "ProductOptionValue", "id"},
}

// TestLinksOfMedusa compares the catalogue with the links of Medusa: none is lost, none differs, none is there besides.
func TestLinksOfMedusa(t *testing.T) {
	t.Parallel()
	g, err := graph.New(nil, graph.Config{})
	if err != nil {
		t.Fatal(err)
	}
	cascade := map[string][2]bool{"": {false, false}, "right": {false, true}}
	want, got := map[string]linkstore.Definition{}, map[string]linkstore.Definition{}
	for _, l := range storedLinks {
		d := linkstore.Definition{
			Name:     l.table,
			Table:    l.table,
			IDPrefix: l.prefix,
			Left: linkstore.End{
				Model:         l.left,
				Key:           l.leftKey,
				RecordKey:     "id",
				IsList:        l.manyLeft,
				DeleteCascade: cascade[l.cascade][0],
			},
			Right: linkstore.End{
				Model:         l.right,
				Key:           l.rightKey,
				RecordKey:     "id",
				IsList:        l.manyRight,
				DeleteCascade: cascade[l.cascade][1],
			},
		}
		if l.table == "product_variant_inventory_item" {
			d.Columns = []linkstore.Column{
				{Name: "required_quantity", Type: linkstore.Decimal, NotNull: true, Default: "1"},
			}
		}
		want[l.table] = d
	}
	for _, l := range readOnlyLinks {
		want[l.left+"."+l.column+" "+l.right] = linkstore.Definition{
			ReadOnly: l.column,
			Left:     linkstore.End{Model: l.left, IsList: true},
			Right:    linkstore.End{Model: l.right, RecordKey: l.key},
		}
	}
	for _, d := range g.Links.Catalog().Links() {
		if d.Left.Field == "" || d.Right.Field == "" {
			t.Errorf("%s cannot be walked both ways", d.Name)
		}
		name, l := d.Name, linkstore.Definition{
			ReadOnly: d.ReadOnly,
			Left:     linkstore.End{Model: d.Left.Model, IsList: d.Left.IsList},
		}
		if d.ReadOnly != "" {
			name = d.Left.Model + "." + d.ReadOnly + " " + d.Right.Model
			l.Right = linkstore.End{Model: d.Right.Model, RecordKey: d.Right.RecordKey, IsList: d.Right.IsList}
		} else {
			l = linkstore.Definition{
				Name:     d.Name,
				Table:    d.Table,
				IDPrefix: d.IDPrefix,
				Left:     d.Left,
				Right:    d.Right,
				Columns:  d.Columns,
			}
			for _, end := range []*linkstore.End{&l.Left, &l.Right} {
				end.Field = ""
				if len(end.Columns) == 1 && end.Columns[0] == end.Key {
					end.Columns = nil
				}
			}
		}
		if _, twice := got[name]; twice {
			t.Errorf("%s is there twice", name)
		}
		got[name] = l
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(linkstore.Definition{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
