package linktest

import (
	"errors"
	"strings"

	"github.com/linkgraph/linkgraph/linkstore"
)

func createIsIdempotent(h *harness) {
	h.put("Product", "p1")
	h.put("Channel", "c1")
	link := pair(Sold, "p1", "c1")
	h.outcomes(h.create(link), linkstore.Created)
	h.outcomes(h.create(link), linkstore.Unchanged)
	h.outcomes(h.dismiss(link), linkstore.Dismissed)
	h.outcomes(h.create(link), linkstore.Revived)
	h.live([]string{Sold + " p1 c1"}, nil)
}

func createTakesKeysInEitherOrder(h *harness) {
	h.put("Product", "p1")
	h.put("Channel", "c1")
	product := linkstore.Key{Module: "product", Name: "product_id", ID: "p1"}
	channel := linkstore.Key{Module: "channel", Name: "channel_id", ID: "c1"}
	h.outcomes(h.create(linkstore.Item{Keys: []linkstore.Key{product, channel}}), linkstore.Created)
	h.outcomes(h.create(linkstore.Item{Keys: []linkstore.Key{channel, product}}), linkstore.Unchanged)
	h.live([]string{Sold + " p1 c1"}, nil)
}

func samePairTwiceIsOneLink(h *harness) {
	h.put("Variant", "v1")
	h.put("Item", "i1")
	h.outcomes(h.create(pair(Stocked, "v1", "i1"), stocked("3")), linkstore.Created, linkstore.Unchanged)
	if got := h.state().Links[linkstore.Pair{Link: Stocked, Left: "v1", Right: "i1"}].Data; got != "3" {
		h.Errorf("quantity is %s, want 3", got)
	}
	h.createFails(linkstore.ErrInvalid, stocked("4"), stocked("5"))
	h.outcomes(h.dismiss(pair(Stocked, "v1", "i1"), pair(Stocked, "v1", "i1")), linkstore.Dismissed, linkstore.NotFound)
}

func manyKindsAreAllOrNothing(h *harness) {
	h.put("Product", "p1")
	h.put("Variant", "v1")
	h.put("PriceSet", "s1", "s2")
	h.put("Channel", "c1")
	h.createFails(
		linkstore.ErrRecordNotFound,
		pair(Sold, "p1", "c1"),
		pair(Priced, "v1", "s1"),
		pair(Priced, "nobody", "s2"),
	)
	h.outcomes(h.create(pair(Sold, "p1", "c1"), pair(Priced, "v1", "s1")), linkstore.Created, linkstore.Created)
}

func extraColumnsAreKept(h *harness) {
	h.put("Variant", "v1")
	h.put("Item", "i1")
	quantity := func(want string) {
		h.Helper()
		if got := h.state().Links[linkstore.Pair{Link: Stocked, Left: "v1", Right: "i1"}].Data; got != want {
			h.Errorf("quantity is %s, want %s", got, want)
		}
	}
	h.create(pair(Stocked, "v1", "i1"))
	quantity("1")
	h.outcomes(h.create(stocked("2.50")), linkstore.Updated)
	quantity("2.50")
	h.outcomes(h.create(pair(Stocked, "v1", "i1")), linkstore.Unchanged)
	quantity("2.50")
	h.dismiss(pair(Stocked, "v1", "i1"))
	h.outcomes(h.create(pair(Stocked, "v1", "i1")), linkstore.Revived)
	quantity("2.50")
}

func cardinalityIsEnforced(h *harness) {
	h.put("Variant", "v1", "v2")
	h.put("PriceSet", "s1", "s2")
	h.put("Location", "l1", "l2")
	h.put("Set", "f1", "f2")
	h.put("Channel", "c1", "c2")
	h.create(
		pair(Priced, "v1", "s1"),
		pair(Served, "l1", "f1"),
		pair(Served, "l1", "f2"),
		pair(Shown, "v1", "c1"),
		pair(Shown, "v2", "c1"),
	)
	h.createFails(linkstore.ErrConflict, pair(Priced, "v1", "s2"))
	h.createFails(linkstore.ErrConflict, pair(Priced, "v2", "s1"))
	h.createFails(linkstore.ErrConflict, pair(Served, "l2", "f1"))
	h.createFails(linkstore.ErrConflict, pair(Shown, "v1", "c2"))
	h.createFails(linkstore.ErrConflict, pair(Priced, "v2", "s2"), pair(Priced, "v2", "s1"))
	h.outcomes(h.create(pair(Priced, "v2", "s2"), pair(Priced, "v1", "s1")), linkstore.Created, linkstore.Unchanged)
}

func replaceDismisses(h *harness) {
	h.put("Variant", "v1", "v2")
	h.put("PriceSet", "s1", "s2")
	h.create(pair(Priced, "v1", "s1"), pair(Priced, "v2", "s2"))
	results, err := h.s.Create(
		h.Context(),
		[]linkstore.Item{pair(Priced, "v1", "s2")},
		linkstore.CreateOptions{Replace: true},
	)
	if err != nil {
		h.Fatal(err)
	}
	if len(results[0].Replaced) != 2 {
		h.Errorf("%d links were replaced, want 2", len(results[0].Replaced))
	}
	h.live([]string{Priced + " v1 s2"}, nil)
}

func recordsMustBeLive(h *harness) {
	h.put("Product", "p1")
	h.put("Channel", "c1")
	h.createFails(linkstore.ErrRecordNotFound, pair(Sold, "p1", "c9"))
	h.deleteRecords("Channel", "c1")
	h.createFails(linkstore.ErrRecordNotFound, pair(Sold, "p1", "c1"))
	_, err := h.s.DeleteRecords(h.Context(), records("Product", "p9"))
	if !errors.Is(err, linkstore.ErrRecordNotFound) {
		h.Errorf("delete of a record that never was: %v", err)
	}
	if r := h.deleteRecords("Channel", "c1"); r.DeletionID != "" {
		h.Errorf("delete of a deleted record: %+v", r)
	}
}

func dismissRemovesThatPairAlone(h *harness) {
	h.put("Variant", "v1", "v2")
	h.put("PriceSet", "s1", "s2")
	h.create(pair(Priced, "v1", "s1"), pair(Priced, "v2", "s2"))
	h.outcomes(h.dismiss(pair(Priced, "v1", "s1"), pair(Priced, "v1", "s2")), linkstore.Dismissed, linkstore.NotFound)
	h.live([]string{Priced + " v2 s2"}, nil)
}

func deleteCascades(h *harness) {
	h.put("Variant", "v1")
	h.put("PriceSet", "s1")
	h.putOwned("Price", "r1", "s1")
	h.put("Item", "i1")
	h.create(pair(Priced, "v1", "s1"), pair(Stocked, "v1", "i1"))
	receipt := h.delete("Variant", "v1")
	if len(receipt.Links) != 2 || receipt.DeletionID == "" {
		h.Errorf("receipt: %+v", receipt)
	}
	h.live(nil, []string{"s1", "r1"})
}

func deleteRecordsTakesOwned(h *harness) {
	h.put("Product", "p1", "p2")
	h.putOwned("Variant", "v1", "p1")
	h.put("PriceSet", "s1")
	h.put("Channel", "c1")
	h.create(pair(Priced, "v1", "s1"), pair(Sold, "p1", "c1"), pair(Sold, "p2", "c1"))
	h.deleteRecords("Product", "p1")
	h.live([]string{Sold + " p2 c1"}, []string{"p1", "v1", "s1"})
}

func deleteSurvivesCycles(h *harness) {
	h.put("Channel", "c1")
	h.put("Location", "l1")
	h.put("Set", "f1")
	h.create(pair(Paired, "c1", "l1"), pair(Served, "l1", "f1"))
	h.delete("Channel", "c1")
	h.live(nil, []string{"l1", "f1"})
	h.restore("Channel", "c1")
	h.deleteRecords("Location", "l1")
	h.live(nil, []string{"c1", "l1", "f1"})
	h.restore("Location", "l1")
	h.live([]string{Paired + " c1 l1", Served + " l1 f1"}, nil)
}

func restoreBringsBackExactlyThat(h *harness) {
	h.put("Variant", "v1")
	h.put("PriceSet", "s1")
	h.putOwned("Price", "r1", "s1")
	h.putOwned("Price", "r2", "s1")
	h.put("Item", "i1", "i2")
	h.create(pair(Priced, "v1", "s1"), pair(Stocked, "v1", "i1"), pair(Stocked, "v1", "i2"))
	h.deleteRecords("Price", "r2")
	h.dismiss(pair(Stocked, "v1", "i2"))
	deleted := h.deleteRecords("Variant", "v1")
	receipt := h.restore("Variant", "v1")
	if receipt.DeletionID == "" || len(receipt.Links) != len(deleted.Links) {
		h.Errorf("receipt: %+v", receipt)
	}
	h.live([]string{Priced + " v1 s1", Stocked + " v1 i1"}, []string{"r2"})
}

func restoreOfOneRoot(h *harness) {
	h.put("Variant", "v1", "v2")
	h.put("PriceSet", "s1", "s2")
	h.create(pair(Priced, "v1", "s1"), pair(Priced, "v2", "s2"))
	deleted := h.deleteRecords("Variant", "v1", "v2")
	h.restore("Variant", "v1")
	h.live([]string{Priced + " v1 s1"}, []string{"v2", "s2"})
	if _, err := h.s.RestoreDeletion(h.Context(), deleted.DeletionID); err != nil {
		h.Fatal(err)
	}
	h.live([]string{Priced + " v1 s1", Priced + " v2 s2"}, nil)
	if _, err := h.s.RestoreDeletion(h.Context(), "del_unknown"); !errors.Is(err, linkstore.ErrDeletionNotFound) {
		h.Errorf("unknown deletion: %v", err)
	}
}

func restoreWaitsForTheOtherEnd(h *harness) {
	h.put("Product", "p1")
	h.put("Channel", "c1")
	h.create(pair(Sold, "p1", "c1"))
	h.deleteRecords("Product", "p1")
	h.deleteRecords("Channel", "c1")
	h.restore("Product", "p1")
	h.live(nil, []string{"c1"})
	h.restore("Channel", "c1")
	h.live([]string{Sold + " p1 c1"}, nil)
}

func restoreRefusesConflicts(h *harness) {
	h.put("Variant", "v1")
	h.put("PriceSet", "s1", "s2")
	h.create(pair(Priced, "v1", "s1"))
	deleted := h.delete("Variant", "v1")
	h.create(pair(Priced, "v1", "s2"))
	_, err := h.s.RestoreDeletion(h.Context(), deleted.DeletionID)
	if !errors.Is(err, linkstore.ErrConflict) {
		h.Fatalf("got %v", err)
	}
	h.live([]string{Priced + " v1 s2"}, []string{"s1"})
}

func restoreTwiceChangesNothing(h *harness) {
	h.put("Product", "p1")
	h.put("Channel", "c1")
	h.create(pair(Sold, "p1", "c1"))
	h.deleteRecords("Product", "p1")
	h.restore("Product", "p1")
	h.dismiss(pair(Sold, "p1", "c1"))
	if r := h.restore("Product", "p1"); r.DeletionID != "" {
		h.Errorf("receipt: %+v", r)
	}
	h.live(nil, nil)
}

func linksOfAModelToItself(h *harness) {
	h.put("Product", "p1", "p2")
	h.outcomes(h.create(pair(Related, "p1", "p2"), pair(Related, "p2", "p1"), pair(Related, "p1", "p1")),
		linkstore.Created, linkstore.Created, linkstore.Created)
	h.deleteRecords("Product", "p2")
	h.live([]string{Related + " p1 p1"}, []string{"p2"})
	h.restore("Product", "p2")
	h.live([]string{Related + " p1 p1", Related + " p1 p2", Related + " p2 p1"}, nil)
}

func readOnlyLinksAreNotWritten(h *harness) {
	h.put("PriceSet", "s1")
	h.put("Product", "p1")
	h.createFails(linkstore.ErrReadOnly, pair(Held, "s1", "p1"))
	_, err := h.s.Dismiss(h.Context(), []linkstore.Item{pair(Held, "s1", "p1")})
	if !errors.Is(err, linkstore.ErrReadOnly) {
		h.Errorf("dismiss: %v", err)
	}
}

func badInputIsRefused(h *harness) {
	h.put("Product", "p1")
	key := func(module, name, id string) linkstore.Key { return linkstore.Key{Module: module, Name: name, ID: id} }
	for _, item := range []linkstore.Item{
		pair(Sold, "", "c1"), pair(Sold, "p\x001", "c1"), pair(Sold, "p\xff", "c1"), pair(Sold, strings.Repeat("p", 300), "c1"),
		{Left: "p1", Right: "c1"},
		{Keys: []linkstore.Key{key("product", "product_id", "p1")}},
		{Keys: []linkstore.Key{key("produkt", "product_id", "p1"), key("channel", "channel_id", "c1")}},
		{Keys: []linkstore.Key{key("product", "prodct_id", "p1"), key("channel", "channel_id", "c1")}},
	} {
		h.createFails(linkstore.ErrInvalid, item)
	}
	h.createFails(linkstore.ErrLinkNotDefined, pair("no_such_link", "p1", "c1"))
	h.createFails(
		linkstore.ErrLinkNotDefined,
		linkstore.Item{Keys: []linkstore.Key{key("product", "product_id", "p1"), key("pricing", "price_id", "r1")}},
	)
}

const (
	contractA = "00000000-0000-4000-8000-00000000000a"
	contractB = "00000000-0000-4000-8000-00000000000b"
)

func keysHaveOneForm(h *harness) {
	h.put("Customer", "7")
	h.put("Contract", contractA)
	h.put("Item", "i1")
	h.put("Bin", "A%3A1%25:12")
	h.put("Channel", "c1")
	h.put("Region", "-9007199254740993")
	h.outcomes(h.create(
		pair(Signed, "007", strings.ToUpper(contractA)), pair(Signed, "+7", strings.ReplaceAll(contractA, "-", "")),
		pair(Stowed, "i1", "A%3a1%25:0012"), pair(Courted, "c1", "07"), pair(Visited, "7", "-09007199254740993"),
	), linkstore.Created, linkstore.Unchanged, linkstore.Created, linkstore.Created, linkstore.Created)
	h.live([]string{
		Signed + " 7 " + contractA, Stowed + " i1 A%3A1%25:12", Courted + " c1 7", Visited + " 7 -9007199254740993",
	}, nil)
	h.outcomes(
		h.dismiss(pair(Stowed, "i1", "A%3A1%25:+12"), pair(Courted, "c1", "0007")),
		linkstore.Dismissed,
		linkstore.Dismissed,
	)
	h.deleteRecords("Customer", "07", "7")
	h.live(nil, []string{"7", contractA})
	h.restore("Contract", strings.ToUpper(contractA))
	h.restore("Customer", "007")
	h.live([]string{Signed + " 7 " + contractA, Visited + " 7 -9007199254740993"}, nil)
}

func keysThatNoRecordHasAreRefused(h *harness) {
	h.put("Customer", "7")
	h.put("Contract", contractA)
	h.put("Item", "i1")
	for _, id := range []string{"", "x", "7.0", " 7", "2147483648", "7e0", "0x7", "1_0"} {
		h.createFails(linkstore.ErrInvalid, pair(Signed, id, contractA))
	}
	for _, id := range []string{"1", contractA[1:], contractA + "0", strings.Replace(contractA, "a", "g", 1), "{" + contractA + "}"} {
		h.createFails(linkstore.ErrInvalid, pair(Signed, "7", id))
	}
	for _, id := range []string{"A", "A:1:2", "A:x", "A:", "A%:1", "A%41:1", "A:2147483648", strings.Repeat("A", 254) + ":1"} {
		h.createFails(linkstore.ErrInvalid, pair(Stowed, "i1", id))
	}
	h.createFails(linkstore.ErrRecordNotFound, pair(Stowed, "i1", "A:1"))
	if _, err := h.s.DeleteRecords(h.Context(), records("Bin", "A")); !errors.Is(err, linkstore.ErrInvalid) {
		h.Errorf("delete of a bin without a number: %v", err)
	}
	if _, err := h.s.Restore(h.Context(), records("Customer", "x")); !errors.Is(err, linkstore.ErrInvalid) {
		h.Errorf("restore of a customer who has no number: %v", err)
	}
}

func keysOfEveryKindKeepCardinality(h *harness) {
	h.put("Customer", "1", "10")
	h.put("Contract", contractA, contractB)
	h.put("Bin", "A:1", "A:10", "B:1")
	h.put("Channel", "c1", "c2")
	h.create(
		pair(Signed, "1", contractA),
		pair(Signed, "1", contractB),
		pair(Rented, contractA, "A:1"),
		pair(Courted, "c1", "1"),
	)
	h.createFails(linkstore.ErrConflict, pair(Signed, "10", contractA))
	h.createFails(linkstore.ErrConflict, pair(Rented, contractA, "A:10"))
	h.createFails(linkstore.ErrConflict, pair(Rented, contractB, "A:1"))
	h.createFails(
		linkstore.ErrConflict,
		pair(Rented, contractB, "B:1"),
		pair(Rented, contractB, "B:01"),
		pair(Rented, contractB, "A:10"),
	)
	h.createFails(linkstore.ErrConflict, pair(Courted, "c2", "01"))
	h.outcomes(
		h.create(pair(Rented, contractB, "B:1"), pair(Courted, "c1", "10")),
		linkstore.Created,
		linkstore.Created,
	)
	results, err := h.s.Create(
		h.Context(),
		[]linkstore.Item{pair(Rented, contractA, "B:1")},
		linkstore.CreateOptions{Replace: true},
	)
	if err != nil {
		h.Fatal(err)
	}
	if len(results[0].Replaced) != 2 {
		h.Errorf("%d links were replaced, want 2", len(results[0].Replaced))
	}
	h.live(
		[]string{
			Signed + " 1 " + contractA,
			Signed + " 1 " + contractB,
			Rented + " " + contractA + " B:1",
			Courted + " c1 1",
			Courted + " c1 10",
		},
		nil,
	)
}

func keysOfEveryKindCascade(h *harness) {
	h.put("Customer", "1")
	h.put("Contract", contractA, contractB)
	h.put("Bin", "A:1", "A:2")
	h.putOwned("Shelf", "-4", "A:1")
	h.putOwned("Shelf", "5", "A:2")
	h.put("Item", "i1")
	h.create(
		pair(Signed, "1", contractA),
		pair(Rented, contractA, "A:1"),
		pair(Rented, contractB, "A:2"),
		pair(Stowed, "i1", "A:1"),
	)
	receipt := h.deleteRecords("Customer", "1")
	if len(receipt.Links) != 3 || len(receipt.Records) != 4 {
		h.Errorf("receipt: %+v", receipt)
	}
	h.live([]string{Rented + " " + contractB + " A:2"}, []string{"1", contractA, "A:1", "-4"})
	if _, err := h.s.RestoreDeletion(h.Context(), receipt.DeletionID); err != nil {
		h.Fatal(err)
	}
	h.live([]string{
		Signed + " 1 " + contractA,
		Rented + " " + contractA + " A:1",
		Rented + " " + contractB + " A:2",
		Stowed + " i1 A:1",
	}, nil)
	h.delete("Contract", contractA, contractB)
	h.create(pair(Signed, "1", contractB))
	h.live([]string{Signed + " 1 " + contractB}, []string{"A:1", "A:2", "-4", "5"})
}

func keysKeptAsTextsCascade(h *harness) {
	h.put("Channel", "c1")
	h.put("Customer", "1", "10", "2")
	h.put("Region", "3")
	h.create(pair(Courted, "c1", "1"), pair(Courted, "c1", "10"), pair(Visited, "10", "3"))
	h.deleteRecords("Channel", "c1")
	h.live(nil, []string{"c1", "1", "10"})
	h.restore("Customer", "10")
	h.live([]string{Visited + " 10 3"}, []string{"c1", "1"})
	h.restore("Channel", "c1")
	h.live([]string{Visited + " 10 3", Courted + " c1 1", Courted + " c1 10"}, nil)
}

func recordsWithoutSoftDelete(h *harness) {
	h.put("Customer", "1")
	h.put("Region", "3", "4")
	h.create(pair(Visited, "1", "3"), pair(Visited, "1", "4"))
	if _, err := h.s.DeleteRecords(h.Context(), records("Region", "3")); !errors.Is(err, linkstore.ErrInvalid) {
		h.Errorf("soft delete of a region: %v", err)
	}
	h.delete("Region", "3")
	h.live([]string{Visited + " 1 4"}, nil)
	h.restore("Region", "3")
	h.deleteRecords("Customer", "1")
	h.live(nil, []string{"1"})
	h.restore("Customer", "1")
	h.live([]string{Visited + " 1 3", Visited + " 1 4"}, nil)
}

func compositeKeysToThemselves(h *harness) {
	h.put("Bin", "A:1", "A:2", "B:1")
	h.create(pair(Adjoined, "A:1", "A:2"), pair(Adjoined, "A:2", "A:2"), pair(Adjoined, "B:1", "A:1"))
	h.createFails(linkstore.ErrConflict, pair(Adjoined, "A:1", "B:1"))
	h.deleteRecords("Bin", "A:2")
	h.live([]string{Adjoined + " B:1 A:1"}, []string{"A:2"})
	h.restore("Bin", "A:2")
	h.live([]string{Adjoined + " A:1 A:2", Adjoined + " A:2 A:2", Adjoined + " B:1 A:1"}, nil)
}
