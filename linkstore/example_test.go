package linkstore_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/linkstore"
)

// exampleCatalog has two modules that know nothing of each other, and what joins them.
func exampleCatalog() *linkstore.Catalog {
	catalog, err := linkstore.NewCatalog(
		[]linkstore.Model{
			{Module: "product", Name: "Variant", Table: "variant", Key: "variant_id"},
			{Module: "pricing", Name: "PriceSet", Table: "price_set", Key: "price_set_id"},
			{Module: "inventory", Name: "Item", Table: "item", Key: "item_id"},
		},
		[]linkstore.Definition{
			{
				Name: "variant_price_set", IDPrefix: "vps",
				Left:  linkstore.End{Model: "Variant"},
				Right: linkstore.End{Model: "PriceSet", DeleteCascade: true},
			},
			{
				Name: "variant_item", IDPrefix: "vi",
				Left:    linkstore.End{Model: "Variant", IsList: true},
				Right:   linkstore.End{Model: "Item", IsList: true},
				Columns: []linkstore.Column{{Name: "quantity", Type: linkstore.Decimal, NotNull: true, Default: "1"}},
			},
		})
	if err != nil {
		panic(err)
	}
	return catalog
}

// exampleStore returns a store with a few records. drop ends the database.
func exampleStore(ctx context.Context) (store *linkstore.Store, pool *pgxpool.Pool, drop func()) {
	pool, drop = pgtest.ForExample(ctx)
	if _, err := pool.Exec(ctx, `
		CREATE TABLE variant (id text PRIMARY KEY, deleted_at timestamptz);
		CREATE TABLE price_set (id text PRIMARY KEY, deleted_at timestamptz);
		CREATE TABLE item (id text PRIMARY KEY, deleted_at timestamptz);
		INSERT INTO variant (id) VALUES ('small'), ('large');
		INSERT INTO price_set (id) VALUES ('cheap'), ('dear');
		INSERT INTO item (id) VALUES ('shirt'), ('button')`); err != nil {
		panic(err)
	}
	store = linkstore.New(pool, exampleCatalog(), linkstore.Config{})
	if _, err := store.Sync(ctx, linkstore.Safe); err != nil {
		panic(err)
	}
	return store, pool, drop
}

func priced(variant, priceSet string) linkstore.Item {
	return linkstore.Item{Link: "variant_price_set", Left: variant, Right: priceSet}
}

func mustCreate(ctx context.Context, store *linkstore.Store, items ...linkstore.Item) {
	if _, err := store.Create(ctx, items, linkstore.CreateOptions{}); err != nil {
		panic(err)
	}
}

func ExampleStore_Create() {
	ctx := context.Background()
	store, _, drop := exampleStore(ctx)
	defer drop()

	// Two records by the keys of their modules, in either order.
	item := linkstore.Item{Keys: []linkstore.Key{
		{Module: "pricing", Name: "price_set_id", ID: "cheap"},
		{Module: "product", Name: "variant_id", ID: "small"},
	}}
	for range 2 {
		results, err := store.Create(ctx, []linkstore.Item{item}, linkstore.CreateOptions{})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(results[0].Outcome, results[0].Link.Left, results[0].Link.Right)
	}
	_, err := store.Create(ctx, []linkstore.Item{priced("small", "dear")}, linkstore.CreateOptions{})
	fmt.Println(errors.Is(err, linkstore.ErrConflict), err)
	// Output:
	// CREATED small cheap
	// UNCHANGED small cheap
	// true create links: item 0: variant_price_set: "small" and "dear" cannot be linked: "small" is linked to "cheap"
}

func ExampleStore_Create_replace() {
	ctx := context.Background()
	store, _, drop := exampleStore(ctx)
	defer drop()

	mustCreate(ctx, store, priced("small", "cheap"))
	results, err := store.Create(ctx, []linkstore.Item{priced("small", "dear")}, linkstore.CreateOptions{Replace: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(results[0].Outcome, "in place of", results[0].Replaced[0].Right)
	// Output: CREATED in place of cheap
}

func ExampleStore_Dismiss() {
	ctx := context.Background()
	store, _, drop := exampleStore(ctx)
	defer drop()

	mustCreate(ctx, store, priced("small", "cheap"))
	results, err := store.Dismiss(ctx, []linkstore.Item{priced("small", "cheap"), priced("large", "dear")})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(results[0].Outcome, results[1].Outcome)
	// Output: DISMISSED NOT_FOUND
}

func ExampleStore_SetLinks() {
	ctx := context.Background()
	store, _, drop := exampleStore(ctx)
	defer drop()

	mustCreate(ctx, store, linkstore.Item{Link: "variant_item", Left: "small", Right: "shirt"})
	results, err := store.SetLinks(ctx, linkstore.Source{Link: "variant_item", From: linkstore.Left, ID: "small"},
		[]linkstore.Target{{ID: "button"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range results {
		fmt.Println(r.Outcome, r.Link.Right)
	}
	// Output:
	// CREATED button
	// DISMISSED shirt
}

func ExampleStore_DeleteRecords() {
	ctx := context.Background()
	store, _, drop := exampleStore(ctx)
	defer drop()

	mustCreate(
		ctx,
		store,
		priced("small", "cheap"),
		linkstore.Item{Link: "variant_item", Left: "small", Right: "shirt"},
	)
	receipt, err := store.DeleteRecords(
		ctx,
		[]linkstore.Records{{Module: "product", Key: "variant_id", IDs: []string{"small"}}},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, l := range receipt.Links {
		fmt.Println("link", l.Name, l.Left, l.Right)
	}
	for _, r := range receipt.Records {
		fmt.Println("records", r.Model, r.IDs)
	}
	back, err := store.RestoreDeletion(ctx, receipt.DeletionID)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("back:", len(back.Links), "links")
	// Output:
	// link variant_item small shirt
	// link variant_price_set small cheap
	// records Variant [small]
	// records PriceSet [cheap]
	// back: 2 links
}

func ExampleStore_Delete() {
	ctx := context.Background()
	store, _, drop := exampleStore(ctx)
	defer drop()

	mustCreate(ctx, store, priced("small", "cheap"))
	receipt, err := store.Delete(ctx, []linkstore.Records{{Model: "Variant", IDs: []string{"small"}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	// The variant stays; its price set is on an end that cascades.
	fmt.Println(len(receipt.Links), receipt.Records[0].Model, receipt.Records[0].IDs)
	// Output: 1 PriceSet [cheap]
}

func ExampleStore_Restore() {
	ctx := context.Background()
	store, _, drop := exampleStore(ctx)
	defer drop()

	mustCreate(ctx, store, priced("small", "cheap"), priced("large", "dear"))
	variants := func(ids ...string) []linkstore.Records { return []linkstore.Records{{Model: "Variant", IDs: ids}} }
	if _, err := store.DeleteRecords(ctx, variants("small", "large")); err != nil {
		fmt.Println(err)
		return
	}
	back, err := store.Restore(ctx, variants("large"))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range back.Records {
		fmt.Println(r.Model, r.IDs)
	}
	// Output:
	// Variant [large]
	// PriceSet [dear]
}

func ExampleStore_Get() {
	ctx := context.Background()
	store, _, drop := exampleStore(ctx)
	defer drop()

	mustCreate(ctx, store, priced("small", "cheap"))
	links, err := store.Get(ctx, []linkstore.Item{priced("small", "cheap"), priced("small", "dear")})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(links[0].Left, links[0].Right, links[1] == nil)
	// Output: small cheap true
}

func ExampleStore_Linked() {
	ctx := context.Background()
	store, _, drop := exampleStore(ctx)
	defer drop()

	mustCreate(ctx, store,
		linkstore.Item{Link: "variant_item", Left: "small", Right: "shirt"},
		linkstore.Item{Link: "variant_item", Left: "small", Right: "button", Data: map[string]any{"quantity": 6}})
	// One statement, however many ids.
	linked, err := store.Linked(
		ctx,
		"variant_item",
		linkstore.Left,
		[]string{"small", "large"},
		linkstore.LinkedOptions{},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, l := range linked["small"] {
		fmt.Println(l.Right, l.Data["quantity"])
	}
	fmt.Println(len(linked["large"]))
	// Output:
	// button 6
	// shirt 1
	// 0
}

func ExampleLinkModule_ListAndCount() {
	ctx := context.Background()
	store, _, drop := exampleStore(ctx)
	defer drop()

	mustCreate(ctx, store,
		linkstore.Item{Link: "variant_item", Left: "small", Right: "shirt"},
		linkstore.Item{Link: "variant_item", Left: "small", Right: "button", Data: map[string]any{"quantity": "6.5"}},
		linkstore.Item{Link: "variant_item", Left: "large", Right: "button", Data: map[string]any{"quantity": "8"}})
	module, ok := store.FindModule("inventory", "item_id", "product", "variant_id")
	if !ok {
		return
	}
	links, count, err := module.ListAndCount(ctx, linkstore.ListOptions{
		Where:   []linkstore.Condition{{Column: "quantity", Op: linkstore.Gt, Value: 1}},
		OrderBy: []linkstore.Order{{Column: "quantity", Desc: true}},
		Limit:   1,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(count, links[0].Left, links[0].Right, links[0].Data["quantity"])
	_, ok = store.FindModule("inventory", "item_id", "pricing", "price_set_id")
	fmt.Println(ok)
	// Output:
	// 2 large button 8
	// false
}

func ExampleLinkModule_Retrieve() {
	ctx := context.Background()
	store, _, drop := exampleStore(ctx)
	defer drop()

	module, err := store.Module("variant_price_set")
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = module.Retrieve(ctx, "vps_nothing")
	fmt.Println(errors.Is(err, linkstore.ErrLinkNotFound), err)
	// Output: true link not found: variant_price_set "vps_nothing"
}

func ExampleStore_WithTx() {
	ctx := context.Background()
	store, pool, drop := exampleStore(ctx)
	defer drop()

	// A record and its link are committed together, or not at all.
	failure := errors.New("something else went wrong")
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO variant (id) VALUES ('medium')`); err != nil {
			return err
		}
		if _, err := store.WithTx(tx).
			Create(ctx, []linkstore.Item{priced("medium", "cheap")}, linkstore.CreateOptions{}); err != nil {
			return err
		}
		return failure
	})
	links, getErr := store.Get(ctx, []linkstore.Item{priced("medium", "cheap")})
	fmt.Println(err, links[0] == nil, getErr)
	// Output: something else went wrong true <nil>
}

func ExampleStore_Sync() {
	ctx := context.Background()
	store, _, drop := exampleStore(ctx)
	defer drop()

	plan, err := store.Plan(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(plan)
	// Output:
	// noop        variant_price_set
	// noop        variant_item
}

func ExampleCatalog_Resolve() {
	_, err := exampleCatalog().Resolve(linkstore.Item{Keys: []linkstore.Key{
		{Module: "product", Name: "variantid", ID: "small"},
		{Module: "pricing", Name: "price_set_id", ID: "cheap"},
	}})
	fmt.Println(err)
	// Output: no key of module product "variantid" is defined; the choices are variant_id
}

func ExampleModel_JoinKey() {
	catalog, err := linkstore.NewCatalog([]linkstore.Model{{
		Module: "stock", Name: "Bin", Table: "bin", Key: "bin_id",
		PrimaryKey: []linkstore.KeyColumn{{Name: "aisle"}, {Name: "number", Type: "integer"}},
	}}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	bin, _ := catalog.Model("Bin")
	fmt.Println(bin.JoinKey("A", "12"), bin.JoinKey("A:1", "12"))
	parts, err := bin.SplitKey("A%3A1:0012")
	fmt.Println(parts, err)
	_, err = bin.SplitKey("A")
	fmt.Println(err)
	// Output:
	// A:12 A%3A1:12
	// [A:1 12] <nil>
	// bin_id: must have 2 parts, in the form aisle:number
}
