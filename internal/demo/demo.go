// Package demo loads a small store that uses every link. All of its data was made up for this project.
package demo

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

// PublishableKeyID is the id of the demo store's publishable key. The key sells through the store's one sales
// channel.
const PublishableKeyID = "apk_demo_web"

// Credentials are the tokens of the demo store's keys. They are empty if the store existed already, because secret
// tokens are only known when they are made.
type Credentials struct{ PublishableKey, SecretKey string }

// ErrInTheWay says that the database has records that the demo store would create too. Earlier versions left such
// records when they were stopped while loading it.
var ErrInTheWay = errors.New("records are in the way of the demo store")

// Load creates the demo store in one transaction, if the database never had it and has no products. Otherwise it
// changes nothing, so a store that was emptied stays empty. It returns ErrInTheWay if records with the same ids
// exist.
func Load(
	ctx context.Context,
	db recordstore.DB,
	records *recordstore.Store,
	links *linkstore.Store,
) (Credentials, error) {
	var keys Credentials
	err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		begun, err := begin(ctx, tx)
		if err != nil || !begun {
			return err
		}
		// Existing products come from an earlier version, which left no mark, or are a merchant's own.
		var used bool
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM product)`).Scan(&used); err != nil || used {
			return err
		}
		l := &loader{ctx: ctx, records: records.WithTx(tx)}
		if keys = l.all(); l.err == nil {
			_, l.err = links.WithTx(tx).Create(ctx, append(demoLinks(), orderLinks()...), linkstore.CreateOptions{})
		}
		return l.err
	})
	var conflict *recordstore.ConstraintError
	if errors.As(err, &conflict) {
		err = fmt.Errorf("%w: %w", ErrInTheWay, err)
	}
	if err != nil {
		return Credentials{}, fmt.Errorf("demo store: %w", err)
	}
	return keys, nil
}

// begin inserts the mark of the demo store in the transaction that loads it, and reports whether the mark is new.
// Concurrent loads wait for each other here.
func begin(ctx context.Context, tx pgx.Tx) (bool, error) {
	tag, err := tx.Exec(ctx, `INSERT INTO linkgraph.demo_store DEFAULT VALUES ON CONFLICT DO NOTHING`)
	return tag.RowsAffected() == 1, err
}

// loader creates records until one fails, and then does nothing.
type loader struct {
	ctx     context.Context //nolint:containedctx // it lives as long as one call of Load
	records *recordstore.Store
	err     error
}

func (l *loader) all() Credentials {
	l.products()
	l.prices()
	l.stock()
	l.shop()
	l.market()
	l.people()
	l.cart()
	l.order()
	return l.keys()
}

func (l *loader) make(model string, records ...recordstore.Values) []recordstore.Created {
	m, ok := l.records.Catalog().Model(model)
	if l.err == nil && !ok {
		l.err = fmt.Errorf("there is no model %s", model)
	}
	if l.err != nil {
		return make([]recordstore.Created, len(records))
	}
	created, err := l.records.CreateShown(l.ctx, m, records)
	if err != nil {
		l.err = fmt.Errorf("%s: %w", model, err)
		return make([]recordstore.Created, len(records))
	}
	return created
}

type values = recordstore.Values

func (l *loader) products() {
	l.make(
		"ProductType",
		values{"id": "ptyp_demo_clothing", "value": "Clothing"},
		values{"id": "ptyp_demo_gifts", "value": "Gifts"},
	)
	l.make(
		"ProductTag",
		values{"id": "ptag_demo_cotton", "value": "cotton"},
		values{"id": "ptag_demo_new", "value": "new"},
	)
	l.make("ProductCollection", values{"id": "pcol_demo_summer", "title": "Summer"})
	l.make("ProductCategory",
		values{"id": "pcat_demo_clothing", "name": "Clothing", "isActive": true},
		values{"id": "pcat_demo_shirts", "name": "Shirts", "isActive": true, "parentCategoryId": "pcat_demo_clothing"})
	l.make("ProductOption", values{"id": "opt_demo_size", "title": "Size"})
	l.make("ProductOptionValue",
		values{"id": "optval_demo_s", "value": "S", "optionId": "opt_demo_size", "rank": 0},
		values{"id": "optval_demo_m", "value": "M", "optionId": "opt_demo_size", "rank": 1})
	l.make(
		"Product",
		values{
			"id":           "prod_demo_shirt",
			"title":        "Linen shirt",
			"description":  "A light shirt for warm days.",
			"status":       "published",
			"typeId":       "ptyp_demo_clothing",
			"collectionId": "pcol_demo_summer",
			"tagIds":       []string{"ptag_demo_cotton", "ptag_demo_new"},
			"categoryIds":  []string{"pcat_demo_shirts"},
			"optionIds":    []string{"opt_demo_size"},
		},
		values{
			"id":           "prod_demo_hat",
			"title":        "Straw hat",
			"description":  "Keeps the sun off.",
			"status":       "published",
			"typeId":       "ptyp_demo_clothing",
			"collectionId": "pcol_demo_summer",
			"categoryIds":  []string{"pcat_demo_clothing"},
		},
		values{
			"id":          "prod_demo_gift",
			"title":       "Gift box",
			"description": "A shirt and a hat, wrapped.",
			"typeId":      "ptyp_demo_gifts",
		},
	)
	l.make(
		"ProductImage",
		values{"id": "img_demo_shirt", "url": "https://example.com/shirt.jpg", "productId": "prod_demo_shirt"},
	)
	l.make(
		"ProductVariant",
		values{
			"id":          "variant_demo_shirt_s",
			"title":       "S",
			"sku":         "SHIRT-S",
			"productId":   "prod_demo_shirt",
			"variantRank": 0,
			"optionIds":   []string{"optval_demo_s"},
		},
		values{
			"id":          "variant_demo_shirt_m",
			"title":       "M",
			"sku":         "SHIRT-M",
			"productId":   "prod_demo_shirt",
			"variantRank": 1,
			"optionIds":   []string{"optval_demo_m"},
		},
		values{"id": "variant_demo_hat", "title": "One size", "sku": "HAT", "productId": "prod_demo_hat"},
		values{"id": "variant_demo_gift_box", "title": "Gift box", "sku": "GIFT", "productId": "prod_demo_gift"},
	)
}

func (l *loader) prices() {
	sets := []struct{ id, eur, usd string }{
		{
			"shirt_s",
			"39.90",
			"44.00",
		},
		{"shirt_m", "39.90", "44.00"},
		{"hat", "24.50", "27.00"},
		{"spare", "59.00", "65.00"},
	}
	for _, s := range sets {
		l.make("PriceSet", values{"id": "pset_demo_" + s.id})
		l.make(
			"Price",
			values{
				"id":           "price_demo_" + s.id + "_eur",
				"priceSetId":   "pset_demo_" + s.id,
				"currencyCode": "eur",
				"amount":       s.eur,
			},
			values{
				"id":           "price_demo_" + s.id + "_usd",
				"priceSetId":   "pset_demo_" + s.id,
				"currencyCode": "usd",
				"amount":       s.usd,
			},
		)
	}
}

func (l *loader) stock() {
	l.make(
		"StockLocationAddress",
		values{"id": "laddr_demo_main", "address1": "Harbour Street 1", "city": "Hamburg", "countryCode": "de"},
	)
	l.make("StockLocation",
		values{"id": "sloc_demo_main", "name": "Main warehouse", "addressId": "laddr_demo_main"},
		values{"id": "sloc_demo_shop", "name": "Shop in town"})
	l.make("InventoryItem",
		values{"id": "iitem_demo_shirt_s", "sku": "SHIRT-S", "title": "Linen shirt, S"},
		values{"id": "iitem_demo_shirt_m", "sku": "SHIRT-M", "title": "Linen shirt, M"},
		values{"id": "iitem_demo_hat", "sku": "HAT", "title": "Straw hat"})
	l.make(
		"InventoryLevel",
		values{
			"id":              "ilev_demo_shirt_s",
			"inventoryItemId": "iitem_demo_shirt_s",
			"locationId":      "sloc_demo_main",
			"stockedQuantity": 40,
		},
		values{
			"id":              "ilev_demo_shirt_m",
			"inventoryItemId": "iitem_demo_shirt_m",
			"locationId":      "sloc_demo_main",
			"stockedQuantity": 25,
		},
		values{
			"id":              "ilev_demo_shirt_m_shop",
			"inventoryItemId": "iitem_demo_shirt_m",
			"locationId":      "sloc_demo_shop",
			"stockedQuantity": 3,
		},
		values{
			"id":              "ilev_demo_hat",
			"inventoryItemId": "iitem_demo_hat",
			"locationId":      "sloc_demo_main",
			"stockedQuantity": 12,
		},
	)
	l.make("FulfillmentSet", values{"id": "fuset_demo_main", "name": "Shipping from Hamburg", "type": "shipping"})
	l.make(
		"ServiceZone",
		values{"id": "serzo_demo_eu", "name": "Central Europe", "fulfillmentSetId": "fuset_demo_main"},
	)
	l.make("GeoZone",
		values{"id": "fgz_demo_de", "countryCode": "de", "serviceZoneId": "serzo_demo_eu"},
		values{"id": "fgz_demo_at", "countryCode": "at", "serviceZoneId": "serzo_demo_eu"})
}

func (l *loader) shop() {
	l.make("SalesChannel",
		values{"id": "sc_demo_web", "name": "Web shop"},
		values{"id": "sc_demo_pos", "name": "Shop in town"})
	l.make(
		"Store",
		values{
			"id":                    "store_demo",
			"name":                  "Demo store",
			"defaultSalesChannelId": "sc_demo_web",
			"defaultLocationId":     "sloc_demo_main",
		},
	)
	l.make("StoreCurrency",
		values{"id": "stocur_demo_eur", "storeId": "store_demo", "currencyCode": "eur", "isDefault": true},
		values{"id": "stocur_demo_usd", "storeId": "store_demo", "currencyCode": "usd"})
}

// keys creates one API key of each kind.
func (l *loader) keys() Credentials {
	created := l.make("ApiKey",
		values{"id": PublishableKeyID, "title": "Web shop", "type": "publishable"},
		values{"id": "apk_demo_admin", "title": "Admin", "type": "secret"})
	publishable, _ := created[0].Shown["token"].(string)
	secret, _ := created[1].Shown["token"].(string)
	return Credentials{publishable, secret}
}

// demoLinks returns links of every kind.
func demoLinks() []linkstore.Item {
	pair := func(link, left, right string) linkstore.Item {
		return linkstore.Item{Link: link, Left: left, Right: right}
	}
	kit := pair("product_variant_inventory_item", "variant_demo_gift_box", "iitem_demo_hat")
	kit.Data = map[string]any{"required_quantity": "1"}
	return []linkstore.Item{
		pair("product_variant_price_set", "variant_demo_shirt_s", "pset_demo_shirt_s"),
		pair("product_variant_price_set", "variant_demo_shirt_m", "pset_demo_shirt_m"),
		pair("product_variant_price_set", "variant_demo_hat", "pset_demo_hat"),
		pair("product_variant_inventory_item", "variant_demo_shirt_s", "iitem_demo_shirt_s"),
		pair("product_variant_inventory_item", "variant_demo_shirt_m", "iitem_demo_shirt_m"),
		pair("product_variant_inventory_item", "variant_demo_hat", "iitem_demo_hat"),
		kit,
		pair("product_sales_channel", "prod_demo_shirt", "sc_demo_web"),
		pair("product_sales_channel", "prod_demo_hat", "sc_demo_web"),
		pair("product_sales_channel", "prod_demo_hat", "sc_demo_pos"),
		pair("publishable_api_key_sales_channel", "apk_demo_web", "sc_demo_web"),
		pair("sales_channel_stock_location", "sc_demo_web", "sloc_demo_main"),
		pair("sales_channel_stock_location", "sc_demo_pos", "sloc_demo_shop"),
		pair("location_fulfillment_set", "sloc_demo_main", "fuset_demo_main"),
		pair("product_related_product", "prod_demo_shirt", "prod_demo_hat"),
	}
}
