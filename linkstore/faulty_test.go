package linkstore_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/linkgraph/linkgraph/linkstore"
	"github.com/linkgraph/linkgraph/linkstore/linktest"
)

// TestErrorsOfManyItems has more faulty items than an error describes. The error says how many more there are, and typed
// errors are found in it.
func TestErrorsOfManyItems(t *testing.T) {
	t.Parallel()
	s, n := newTold(t)
	items := []linkstore.Item{priced("v1", "s1"), priced("v2", "s1")} // the second excludes the first
	for i := range 110 {
		items = append(items, priced(fmt.Sprint("x", i), "s2"))
	}
	n.calls = nil
	_, err := s.Create(t.Context(), items, linkstore.CreateOptions{})
	var all *linkstore.ItemsError
	if !errors.As(err, &all) || len(all.Items) != 100 || all.More != 11 {
		t.Fatalf("got %v", err)
	}
	for i, item := range all.Items {
		if item.Index != i+1 {
			t.Errorf("error %d is of item %d", i, item.Index)
		}
	}
	var first *linkstore.ItemError
	var record *linkstore.RecordError
	var exclusion *linkstore.ExclusionError
	if !errors.As(err, &first) || first.Index != 1 || !errors.As(err, &record) || record.ID != "x0" ||
		!errors.As(err, &exclusion) || exclusion.Other != 0 || !errors.Is(err, linkstore.ErrRecordNotFound) {
		t.Errorf("typed errors: %v, %v, %v", first, record, exclusion)
	}
	if want := `item 1: variant_price_set: items 0 and 1 exclude each other: price_set_id "s1" cannot be linked to both ` +
		`"v1" and "v2"; item 2: there is no Variant with variant_id "x0"; item 3`; !strings.Contains(
		err.Error(),
		want,
	) ||
		!strings.HasPrefix(err.Error(), "create links: 111 items have errors: ") ||
		!strings.HasSuffix(err.Error(), `"x98"; and 11 more`) {
		t.Errorf("message: %v", err)
	}
	if len(n.calls) != 0 {
		t.Errorf("told: %+v", n.calls)
	}
	if _, err = s.Create(t.Context(), []linkstore.Item{priced("v1", "x")}, linkstore.CreateOptions{}); err == nil ||
		err.Error() != `create links: item 0: there is no PriceSet with price_set_id "x"` {
		t.Errorf("one item: %v", err)
	}
	if _, err = s.Get(
		t.Context(),
		[]linkstore.Item{{Link: "a"}, priced("v1", "s1"), {Link: "b"}},
	); !errors.As(err, &all) ||
		len(all.Items) != 2 ||
		all.Items[1].Index != 2 {
		t.Errorf("get: %v", err)
	}
}

// TestFaultsOfSeveralKinds has faults in links of several kinds. Links that come before them in the order of writing are
// not written, and replaced links stay.
func TestFaultsOfSeveralKinds(t *testing.T) {
	t.Parallel()
	s, n := newTold(t)
	ctx := t.Context()
	stocked := linkstore.Item{Link: linktest.Stocked, Left: "v1", Right: "i1"}
	if _, err := s.Create(ctx, []linkstore.Item{priced("v1", "s1")}, linkstore.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	n.calls = nil
	for replace, want := range map[bool][]int{false: {1, 2, 3}, true: {2, 3}} {
		_, err := s.Create(ctx, []linkstore.Item{
			stocked, // sorts before the others
			priced("v1", "s2"),
			{Link: linktest.Stocked, Left: "v2", Right: "i9"},
			priced("v2", "s2"),
		}, linkstore.CreateOptions{Replace: replace})
		var all *linkstore.ItemsError
		if !errors.As(err, &all) {
			t.Fatalf("replace %t: %v", replace, err)
		}
		var faulty []int
		for _, item := range all.Items {
			faulty = append(faulty, item.Index)
		}
		if !slices.Equal(faulty, want) {
			t.Errorf("replace %t: %v", replace, err)
		}
	}
	links, err := s.Get(ctx, []linkstore.Item{stocked, priced("v1", "s1"), priced("v1", "s2")})
	if err != nil || links[0] != nil || links[1] == nil || links[2] != nil || len(n.calls) != 0 {
		t.Errorf("links: %v %v; told: %+v", links, err, n.calls)
	}
}

// TestPartialDismissIsTold passes what was dismissed to the hook, and what was skipped.
func TestPartialDismissIsTold(t *testing.T) {
	t.Parallel()
	s, n := newTold(t)
	if _, err := s.Create(t.Context(), []linkstore.Item{priced("v1", "s1")}, linkstore.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	n.calls = nil
	_, err := s.DismissWith(t.Context(), []linkstore.Item{{Link: "nothing"}, priced("v1", "s1"), priced("v2", "s2")},
		linkstore.DismissOptions{Partial: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(n.calls) != 1 || len(n.calls[0].Items) != 2 || n.calls[0].Items[0].Outcome != linkstore.Dismissed ||
		n.calls[0].Items[0].Left != "v1" || len(n.calls[0].Faults) != 1 || n.calls[0].Faults[0].Index != 0 {
		t.Errorf("told: %+v", n.calls)
	}
}

// TestUndefinedPair asks for links between keys that no link joins. The error names the links of the two models, and
// suggests those that are likely to be meant.
func TestUndefinedPair(t *testing.T) {
	t.Parallel()
	catalog, err := linktest.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	key := func(path string) linkstore.Key {
		module, name, _ := strings.Cut(path, ".")
		return linkstore.Key{Module: module, Name: name, ID: "1"}
	}
	for _, c := range []struct{ link, a, b, want string }{
		{
			"", "product.product_id", "pricing.price_id",
			`no link "product.product_id to pricing.price_id" is defined; the choices are ` +
				`product_channel, product_related, price_set_product; did you mean ` +
				`price_set_product (pricing.price_set_id to product.product_id) or ` +
				`variant_price_set (product.variant_id to pricing.price_set_id)?`,
		},
		{
			"", "pricing.price_id", "crm.region_number",
			`no link "pricing.price_id to crm.region_number" is defined; the choices are customer_region`,
		},
		{
			linktest.Priced, "stock.shelf_id", "product.variant_id",
			`no link "stock.shelf_id to product.variant_id" is defined; the choices are ` +
				`variant_price_set, variant_item, variant_channel_hero; did you mean ` +
				`variant_price_set (product.variant_id to pricing.price_set_id) or ` +
				`variant_item (product.variant_id to stock.item_id)?`,
		},
	} {
		_, err := catalog.Resolve(linkstore.Item{Link: c.link, Keys: []linkstore.Key{key(c.a), key(c.b)}})
		if !errors.Is(err, linkstore.ErrLinkNotDefined) || err.Error() != c.want {
			t.Errorf("%s %s to %s:\n got %v\nwant %s", c.link, c.a, c.b, err, c.want)
		}
	}
}

// TestRestoreOfLinksThatExcludeEachOther restores two records whose links exclude each other. The error does not say that
// one of them is linked.
func TestRestoreOfLinksThatExcludeEachOther(t *testing.T) {
	t.Parallel()
	s, _ := newTold(t)
	ctx := t.Context()
	for _, id := range []string{"s1", "s2"} {
		if _, err := s.Create(ctx, []linkstore.Item{priced("v1", id)}, linkstore.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.DeleteRecords(ctx, recordsOf("PriceSet", id)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.Restore(ctx, recordsOf("PriceSet", "s1", "s2"))
	var conflict *linkstore.ConflictError
	if !errors.As(err, &conflict) || conflict.Existing.ID != "" || !strings.HasSuffix(err.Error(),
		`"v1" and "s2" cannot be linked: the same call would link "v1" to "s1"`) {
		t.Errorf("got %v", err)
	}
}
