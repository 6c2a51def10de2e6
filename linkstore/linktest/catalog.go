// Package linktest tests the promises of a link store. It has a test suite that every store must pass, and a simple
// in-memory store that property tests compare a real one with.
package linktest

import (
	"context"
	"strings"

	"github.com/linkgraph/linkgraph/linkstore"
)

// Subject is a store under test, with methods to create and inspect its records.
type Subject interface {
	Create(ctx context.Context, items []linkstore.Item, opts linkstore.CreateOptions) ([]linkstore.CreateResult, error)
	Dismiss(ctx context.Context, items []linkstore.Item) ([]linkstore.DismissResult, error)
	DismissWith(
		ctx context.Context,
		items []linkstore.Item,
		opts linkstore.DismissOptions,
	) ([]linkstore.DismissResult, error)
	SetLinks(ctx context.Context, of linkstore.Source, to []linkstore.Target) ([]linkstore.SetResult, error)
	Delete(ctx context.Context, records []linkstore.Records) (linkstore.Receipt, error)
	DeleteRecords(ctx context.Context, records []linkstore.Records) (linkstore.Receipt, error)
	Restore(ctx context.Context, records []linkstore.Records) (linkstore.Receipt, error)
	RestoreDeletion(ctx context.Context, deletionID string) (linkstore.Receipt, error)
	// PutRecord creates a live record. owner is the id of the record that it belongs to, "" for models without
	// owners.
	PutRecord(ctx context.Context, model, id, owner string) error
	// State returns every link row and record, live or deleted.
	State(ctx context.Context) (State, error)
}

// State is the whole content of a store.
type State struct {
	Links   map[linkstore.Pair]LinkState
	Records map[Record]bool // whether it is live
}

// LinkState is one link row.
type LinkState struct {
	Live bool
	Data string // the extra column, if the link has one
}

// Record identifies a record.
type Record struct{ Model, ID string }

// The links of the catalogue. Each has another cardinality or cascade.
const (
	Priced  = "variant_price_set"    // one to one; deleting the variant deletes the price set
	Stocked = "variant_item"         // many to many, with an extra column
	Sold    = "product_channel"      // many to many
	Served  = "location_set"         // one location, many sets; deleting the location deletes the sets
	Related = "product_related"      // links a model to itself
	Paired  = "channel_location"     // one to one; deleting either end deletes the other
	Shown   = "variant_channel_hero" // many variants, one channel each
	Held    = "price_set_product"    // read-only: a column of the price set
)

// Links between other kinds of keys.
const (
	Signed   = "customer_contract" // a number to many UUIDs, which are deleted with it; in a schema of its own
	Rented   = "contract_bin"      // one to one, a UUID to a composite key, which is deleted with it
	Stowed   = "item_bin"          // many to many, a text to a composite key
	Courted  = "channel_customer"  // one channel to many numbers stored as text, as Medusa does; they are deleted with it
	Visited  = "customer_region"   // many to many, both numbers; regions cannot be soft-deleted
	Adjoined = "bin_neighbour"     // links a model with a composite key to itself
	Lies     = "item_home_bin"     // read-only: two columns of the item
)

// Catalog returns the catalogue that the suite and the model use: models in five modules with keys of every kind,
// owners, and a link of every kind.
func Catalog() (*linkstore.Catalog, error) {
	return linkstore.NewCatalog([]linkstore.Model{
		{
			Module: "product",
			Name:   "Product",
			Table:  "product",
			Key:    "product_id",
			Owns:   []linkstore.Owned{{Model: "Variant", Column: "product_id"}},
		},
		{Module: "product", Name: "Variant", Table: "variant", Key: "variant_id"},
		{
			Module: "pricing",
			Name:   "PriceSet",
			Table:  "price_set",
			Key:    "price_set_id",
			Owns:   []linkstore.Owned{{Model: "Price", Column: "price_set_id"}},
		},
		{Module: "pricing", Name: "Price", Table: "price", Key: "price_id"},
		{Module: "stock", Name: "Item", Table: "item", Key: "item_id"},
		{
			Module:     "stock",
			Name:       "Bin",
			Table:      "bin",
			Key:        "bin_id",
			PrimaryKey: []linkstore.KeyColumn{{Name: "aisle"}, {Name: "number", Type: "integer"}},
			Owns:       []linkstore.Owned{{Model: "Shelf", Column: "bin_aisle, bin_number"}},
		},
		{
			Module:     "stock",
			Name:       "Shelf",
			Table:      "shelf",
			Key:        "shelf_id",
			PrimaryKey: []linkstore.KeyColumn{{Name: "id", Type: "smallint"}},
		},
		{Module: "stock", Name: "Location", Table: "location", Key: "location_id"},
		{Module: "stock", Name: "Set", Table: "fulfillment_set", Key: "set_id"},
		{Module: "channel", Name: "Channel", Table: "channel", Key: "channel_id"},
		{
			Module:     "crm",
			Name:       "Customer",
			Table:      "customer",
			Key:        "customer_id",
			PrimaryKey: []linkstore.KeyColumn{{Name: "id", Type: "integer"}},
		},
		{
			Module: "crm", Name: "Contract", Schema: "crm", Table: "contract", Key: "contract_id",
			PrimaryKey: []linkstore.KeyColumn{{Name: "id", Type: "uuid"}},
		},
		{
			Module: "crm", Name: "Region", Table: "region", Key: "region_number", NoSoftDelete: true,
			PrimaryKey: []linkstore.KeyColumn{{Name: "number", Type: "bigint"}},
		},
	}, []linkstore.Definition{
		{
			Name:     Priced,
			IDPrefix: "lp",
			Left:     linkstore.End{Model: "Variant"},
			Right:    linkstore.End{Model: "PriceSet", DeleteCascade: true},
		},
		{
			Name:     Stocked,
			IDPrefix: "ls",
			Left:     linkstore.End{Model: "Variant", IsList: true},
			Right:    linkstore.End{Model: "Item", IsList: true},
			Columns:  []linkstore.Column{{Name: "quantity", Type: linkstore.Decimal, NotNull: true, Default: "1"}},
		},
		{
			Name:     Sold,
			IDPrefix: "lc",
			Left:     linkstore.End{Model: "Product", IsList: true},
			Right:    linkstore.End{Model: "Channel", IsList: true},
		},
		{
			Name:     Served,
			IDPrefix: "lf",
			Left:     linkstore.End{Model: "Location"},
			Right:    linkstore.End{Model: "Set", IsList: true, DeleteCascade: true},
		},
		{
			Name: Related, IDPrefix: "lr", Left: linkstore.End{Model: "Product", IsList: true},
			Right: linkstore.End{Model: "Product", Key: "related_product_id", IsList: true},
		},
		{
			Name: Paired, IDPrefix: "lx", Left: linkstore.End{Model: "Channel", DeleteCascade: true},
			Right: linkstore.End{Model: "Location", DeleteCascade: true},
		},
		{
			Name:     Shown,
			IDPrefix: "lh",
			Left:     linkstore.End{Model: "Variant", IsList: true},
			Right:    linkstore.End{Model: "Channel"},
		},
		{
			Name: Held, Left: linkstore.End{Model: "PriceSet", IsList: true}, Right: linkstore.End{Model: "Product"},
			ReadOnly: "product_id",
		},
		{
			Name: Signed, Schema: "crm", IDPrefix: "lg", Left: linkstore.End{Model: "Customer"},
			Right: linkstore.End{Model: "Contract", IsList: true, DeleteCascade: true},
		},
		{
			Name:     Rented,
			IDPrefix: "lb",
			Left:     linkstore.End{Model: "Contract"},
			Right:    linkstore.End{Model: "Bin", DeleteCascade: true},
		},
		{
			Name: Stowed, IDPrefix: "lw", Left: linkstore.End{Model: "Item", IsList: true},
			Right: linkstore.End{Model: "Bin", Columns: []string{"aisle", "bin"}, IsList: true},
		},
		{
			Name: Courted, IDPrefix: "lk", Left: linkstore.End{Model: "Channel"},
			Right: linkstore.End{Model: "Customer", ColumnType: "text", IsList: true, DeleteCascade: true},
		},
		{
			Name:     Visited,
			IDPrefix: "lv",
			Left:     linkstore.End{Model: "Customer", IsList: true},
			Right:    linkstore.End{Model: "Region", IsList: true},
		},
		{
			Name: Adjoined, IDPrefix: "la", Left: linkstore.End{Model: "Bin", IsList: true},
			Right: linkstore.End{Model: "Bin", Key: "neighbour_id"},
		},
		{
			Name: Lies, Left: linkstore.End{Model: "Item", IsList: true}, Right: linkstore.End{Model: "Bin"},
			ReadOnly: "home_aisle, home_number",
		},
	})
}

// Tables is the SQL that creates the tables of the catalogue's models. Link tables are not part of it.
const Tables = `
	CREATE TABLE product (id text PRIMARY KEY, deleted_at timestamptz);
	CREATE TABLE variant (id text PRIMARY KEY, product_id text REFERENCES product, deleted_at timestamptz);
	CREATE INDEX ON variant (product_id) WHERE deleted_at IS NULL;
	CREATE TABLE price_set (id text PRIMARY KEY, product_id text, deleted_at timestamptz);
	CREATE INDEX ON price_set (product_id) WHERE deleted_at IS NULL;
	CREATE TABLE price (id text PRIMARY KEY, price_set_id text REFERENCES price_set, deleted_at timestamptz);
	CREATE INDEX ON price (price_set_id) WHERE deleted_at IS NULL;
	CREATE TABLE item (id text PRIMARY KEY, home_aisle text, home_number integer, deleted_at timestamptz);
	CREATE INDEX ON item (home_aisle, home_number) WHERE deleted_at IS NULL;
	CREATE TABLE bin (aisle text, number integer, deleted_at timestamptz, PRIMARY KEY (aisle, number));
	CREATE TABLE shelf (
		id smallint PRIMARY KEY, bin_aisle text, bin_number integer, deleted_at timestamptz,
		FOREIGN KEY (bin_aisle, bin_number) REFERENCES bin (aisle, number)
	);
	CREATE INDEX ON shelf (bin_aisle, bin_number) WHERE deleted_at IS NULL;
	CREATE TABLE location (id text PRIMARY KEY, deleted_at timestamptz);
	CREATE TABLE fulfillment_set (id text PRIMARY KEY, deleted_at timestamptz);
	CREATE TABLE channel (id text PRIMARY KEY, deleted_at timestamptz);
	CREATE TABLE customer (id integer PRIMARY KEY, deleted_at timestamptz);
	CREATE SCHEMA crm;
	CREATE TABLE crm.contract (id uuid PRIMARY KEY, deleted_at timestamptz);
	CREATE TABLE region (number bigint PRIMARY KEY);
`

// Owner returns the model that owns records of the given model, and the columns that hold the owner's key. owner is
// nil if there is none.
func Owner(c *linkstore.Catalog, model string) (owner *linkstore.Model, columns []string) {
	for _, m := range c.Models() {
		for _, o := range m.Owns {
			if o.Model == model {
				return m, strings.Split(o.Column, ", ")
			}
		}
	}
	return nil, nil
}
