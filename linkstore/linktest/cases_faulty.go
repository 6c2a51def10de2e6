package linktest

import (
	"errors"

	"github.com/linkgraph/linkgraph/linkstore"
)

// putShop creates two variants and two price sets. The first two are linked.
func putShop(h *harness) {
	h.put("Variant", "v1", "v2")
	h.put("PriceSet", "s1", "s2")
	h.create(pair(Priced, "v1", "s1"))
}

// faults checks the errors of items: each must be of the class at its index, or nil.
func (h *harness) faults(errs []error, want ...error) {
	h.Helper()
	for i, class := range want {
		if !errors.Is(errs[i], class) {
			h.Errorf("item %d: got %v, want %v", i, errs[i], class)
		}
	}
}

// excluded checks that an error says which two items exclude each other.
func (h *harness) excluded(err error, index, other int) {
	h.Helper()
	var e *linkstore.ExclusionError
	if !errors.As(err, &e) || e.Index != index || e.Other != other {
		h.Errorf("got %v, want items %d and %d to exclude each other", err, other, index)
	}
}

func everyFaultyItemIsReported(h *harness) {
	putShop(h)
	items := []linkstore.Item{
		pair(Priced, "v2", "s2"),
		{Link: "nothing"},
		pair(Priced, "v1", "s2"), // v1 is linked to s1
		pair(Priced, "v9", "s2"),
		pair(Priced, "v1", "s1"), // is as it is asked for
		pair(Held, "s1", "p1"),
		{Err: linkstore.ErrInvalid},
		pair(Priced, "v9", "s2"),
	}
	before := h.state()
	_, err := h.s.Create(h.Context(), items, linkstore.CreateOptions{})
	var all *linkstore.ItemsError
	if !errors.As(err, &all) {
		h.Fatalf("create: %v", err)
	}
	errs := make([]error, len(items))
	for _, item := range all.Items {
		errs[item.Index] = item.Err
	}
	h.faults(errs, nil, linkstore.ErrLinkNotDefined, linkstore.ErrConflict, linkstore.ErrRecordNotFound, nil,
		linkstore.ErrReadOnly, linkstore.ErrInvalid, linkstore.ErrRecordNotFound)
	h.unchanged(before)

	_, err = h.s.DismissWith(h.Context(), items, linkstore.DismissOptions{})
	all = nil
	if !errors.As(err, &all) || len(all.Items) != 3 || all.Items[0].Index != 1 || all.Items[2].Index != 6 {
		h.Errorf("dismiss: %v", err)
	}
	h.unchanged(before)
}

func itemsThatExcludeEachOther(h *harness) {
	putShop(h)
	h.put("PriceSet", "s3")
	items := []linkstore.Item{
		pair(Priced, "v2", "s2"), pair(Priced, "v2", "s3"), pair(Priced, "v2", "s3"), pair(Priced, "v9", "s2"),
	}
	before := h.state()
	_, err := h.s.Create(h.Context(), items, linkstore.CreateOptions{})
	var all *linkstore.ItemsError
	if !errors.As(err, &all) || len(all.Items) != 3 {
		h.Fatalf("create: %v", err)
	}
	h.excluded(all.Items[0], 1, 0)
	h.excluded(all.Items[1], 2, 0) // repeats item 1
	h.faults([]error{all.Items[2]}, linkstore.ErrRecordNotFound)
	h.unchanged(before)

	items = append([]linkstore.Item{pair(Priced, "v1", "s1")}, items...)
	results, err := h.s.Create(h.Context(), items, linkstore.CreateOptions{Partial: true})
	if err != nil {
		h.Fatal(err)
	}
	h.faults([]error{results[0].Err, results[1].Err, results[4].Err}, nil, nil, linkstore.ErrRecordNotFound)
	h.excluded(results[2].Err, 2, 1) // the first of those that exclude each other is linked
	h.excluded(results[3].Err, 3, 1)
	h.live([]string{Priced + " v1 s1", Priced + " v2 s2"}, nil)
}

func partialCallsSkipFaultyItems(h *harness) {
	putShop(h)
	results, err := h.s.Create(h.Context(), []linkstore.Item{
		pair(Priced, "v1", "s2"), // v1 is linked to s1, which the next item asks for
		pair(Priced, "v1", "s1"),
		{Link: "nothing"},
		pair(Priced, "v9", "s2"), // is not written, so it does not exclude the next one
		pair(Priced, "v2", "s2"),
	}, linkstore.CreateOptions{Partial: true})
	if err != nil {
		h.Fatal(err)
	}
	want := []error{linkstore.ErrConflict, nil, linkstore.ErrLinkNotDefined, linkstore.ErrRecordNotFound, nil}
	for i, outcome := range []linkstore.Outcome{"", linkstore.Unchanged, "", "", linkstore.Created} {
		h.faults([]error{results[i].Err}, want[i])
		h.outcomes([]linkstore.Outcome{results[i].Outcome}, outcome)
	}
	h.live([]string{Priced + " v1 s1", Priced + " v2 s2"}, nil)

	replaced, err := h.s.Create(h.Context(), []linkstore.Item{
		pair(Priced, "v9", "s1"), // replaces nothing
		pair(Priced, "v2", "s9"),
	}, linkstore.CreateOptions{Partial: true, Replace: true})
	if err != nil {
		h.Fatal(err)
	}
	h.faults([]error{replaced[0].Err, replaced[1].Err}, linkstore.ErrRecordNotFound, linkstore.ErrRecordNotFound)
	h.live([]string{Priced + " v1 s1", Priced + " v2 s2"}, nil)

	dismissed, err := h.s.DismissWith(h.Context(), []linkstore.Item{
		{Link: "nothing"}, pair(Priced, "v1", "s1"), pair(Priced, "v1", "s1"), pair(Held, "s1", "p1"),
	}, linkstore.DismissOptions{Partial: true})
	if err != nil {
		h.Fatal(err)
	}
	h.faults([]error{dismissed[0].Err, dismissed[1].Err, dismissed[2].Err, dismissed[3].Err},
		linkstore.ErrLinkNotDefined, nil, nil, linkstore.ErrReadOnly)
	h.outcomes([]linkstore.Outcome{dismissed[0].Outcome, dismissed[1].Outcome, dismissed[2].Outcome},
		"", linkstore.Dismissed, linkstore.NotFound)
	h.live([]string{Priced + " v2 s2"}, nil)
}
