package linkstore_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/linkgraph/linkgraph/linkstore"
)

// faultyItems has a good item, two that exclude each other, and one whose record does not exist.
func faultyItems() []linkstore.Item {
	return []linkstore.Item{
		priced("small", "cheap"),
		priced("large", "dear"),
		priced("large", "cheap"),
		priced("huge", "dear"),
	}
}

// All faulty items of a call are reported together.
func ExampleItemsError() {
	ctx := context.Background()
	store, _, drop := exampleStore(ctx)
	defer drop()

	_, err := store.Create(ctx, faultyItems(), linkstore.CreateOptions{})
	var faulty *linkstore.ItemsError
	if !errors.As(err, &faulty) {
		fmt.Println(err)
		return
	}
	for _, item := range faulty.Items {
		fmt.Println(item)
	}
	var exclusion *linkstore.ExclusionError
	fmt.Println(errors.As(err, &exclusion), exclusion.Other, exclusion.Index)
	// Output:
	// item 2: variant_price_set: items 0 and 2 exclude each other: price_set_id "cheap" cannot be linked to both "small" and "large"
	// item 3: there is no Variant with variant_id "huge"
	// true 0 2
}

// A partial call links what it can.
func ExampleStore_Create_partial() {
	ctx := context.Background()
	store, _, drop := exampleStore(ctx)
	defer drop()

	results, err := store.Create(ctx, faultyItems(), linkstore.CreateOptions{Partial: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, r := range results {
		if r.Err != nil {
			fmt.Println(i, "skipped:", r.Err)
			continue
		}
		fmt.Println(i, r.Outcome)
	}
	// Output:
	// 0 CREATED
	// 1 CREATED
	// 2 skipped: variant_price_set: items 0 and 2 exclude each other: price_set_id "cheap" cannot be linked to both "small" and "large"
	// 3 skipped: there is no Variant with variant_id "huge"
}

func ExampleStore_DismissWith() {
	ctx := context.Background()
	store, _, drop := exampleStore(ctx)
	defer drop()

	mustCreate(ctx, store, priced("small", "cheap"))
	results, err := store.DismissWith(ctx, []linkstore.Item{
		priced("small", "cheap"),
		{Link: "variant_price"},
	}, linkstore.DismissOptions{Partial: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(results[0].Outcome)
	fmt.Println(results[1].Err)
	// Output:
	// DISMISSED
	// no link "variant_price" is defined; the choices are variant_price_set, variant_item
}
