package linktest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/linkgraph/linkgraph/linkstore"
)

// Run checks the promises of a store. open must return an empty store over Catalog.
func Run(t *testing.T, open func(t *testing.T) Subject) {
	for _, c := range []struct {
		name string
		test func(*harness)
	}{
		{"CreateIsIdempotent", createIsIdempotent},
		{"CreateTakesKeysInEitherOrder", createTakesKeysInEitherOrder},
		{"SamePairTwiceIsOneLink", samePairTwiceIsOneLink},
		{"ManyKindsAreAllOrNothing", manyKindsAreAllOrNothing},
		{"ExtraColumnsAreKept", extraColumnsAreKept},
		{"CardinalityIsEnforced", cardinalityIsEnforced},
		{"ReplaceDismisses", replaceDismisses},
		{"RecordsMustBeLive", recordsMustBeLive},
		{"EveryFaultyItemIsReported", everyFaultyItemIsReported},
		{"ItemsThatExcludeEachOther", itemsThatExcludeEachOther},
		{"PartialCallsSkipFaultyItems", partialCallsSkipFaultyItems},
		{"DismissRemovesThatPairAlone", dismissRemovesThatPairAlone},
		{"SetMakesLinksExactlyThese", setMakesLinksExactlyThese},
		{"SetWritesExtraColumns", setWritesExtraColumns},
		{"SetKeepsCardinality", setKeepsCardinality},
		{"SetRefusesBadInput", setRefusesBadInput},
		{"SetTakesKeysOfEveryKind", setTakesKeysOfEveryKind},
		{"SetOfAModelToItself", setOfAModelToItself},
		{"DeleteCascades", deleteCascades},
		{"DeleteRecordsTakesOwned", deleteRecordsTakesOwned},
		{"DeleteSurvivesCycles", deleteSurvivesCycles},
		{"RestoreBringsBackExactlyThat", restoreBringsBackExactlyThat},
		{"RestoreOfOneRoot", restoreOfOneRoot},
		{"RestoreWaitsForTheOtherEnd", restoreWaitsForTheOtherEnd},
		{"RestoreRefusesConflicts", restoreRefusesConflicts},
		{"RestoreTwiceChangesNothing", restoreTwiceChangesNothing},
		{"LinksOfAModelToItself", linksOfAModelToItself},
		{"ReadOnlyLinksAreNotWritten", readOnlyLinksAreNotWritten},
		{"BadInputIsRefused", badInputIsRefused},
		{"KeysHaveOneForm", keysHaveOneForm},
		{"KeysThatNoRecordHasAreRefused", keysThatNoRecordHasAreRefused},
		{"KeysOfEveryKindKeepCardinality", keysOfEveryKindKeepCardinality},
		{"KeysOfEveryKindCascade", keysOfEveryKindCascade},
		{"KeysKeptAsTextsCascade", keysKeptAsTextsCascade},
		{"RecordsWithoutSoftDelete", recordsWithoutSoftDelete},
		{"CompositeKeysToThemselves", compositeKeysToThemselves},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(&harness{t, open(t)})
		})
	}
}

// harness calls a store with the short notation of the tests.
type harness struct {
	*testing.T
	s Subject
}

func (h *harness) put(model string, ids ...string) {
	h.Helper()
	for _, id := range ids {
		if err := h.s.PutRecord(h.Context(), model, id, ""); err != nil {
			h.Fatal(err)
		}
	}
}

func (h *harness) putOwned(model, id, owner string) {
	h.Helper()
	if err := h.s.PutRecord(h.Context(), model, id, owner); err != nil {
		h.Fatal(err)
	}
}

func pair(link, left, right string) linkstore.Item {
	return linkstore.Item{Link: link, Left: left, Right: right}
}

func stocked(quantity string) linkstore.Item {
	item := pair(Stocked, "v1", "i1")
	item.Data = map[string]any{"quantity": quantity}
	return item
}

func (h *harness) create(items ...linkstore.Item) []linkstore.Outcome {
	h.Helper()
	results, err := h.s.Create(h.Context(), items, linkstore.CreateOptions{})
	if err != nil {
		h.Fatalf("create: %v", err)
	}
	outcomes := make([]linkstore.Outcome, len(results))
	for i, r := range results {
		outcomes[i] = r.Outcome
	}
	return outcomes
}

func (h *harness) createFails(want error, items ...linkstore.Item) {
	h.Helper()
	before := h.state()
	_, err := h.s.Create(h.Context(), items, linkstore.CreateOptions{})
	if !errors.Is(err, want) {
		h.Fatalf("create: got %v, want %v", err, want)
	}
	h.unchanged(before)
}

// unchanged checks that nothing was written since before.
func (h *harness) unchanged(before State) {
	h.Helper()
	if diff := cmp.Diff(before, h.state()); diff != "" {
		h.Errorf("something was written (-before +after):\n%s", diff)
	}
}

func (h *harness) dismiss(items ...linkstore.Item) []linkstore.Outcome {
	h.Helper()
	results, err := h.s.Dismiss(h.Context(), items)
	if err != nil {
		h.Fatalf("dismiss: %v", err)
	}
	outcomes := make([]linkstore.Outcome, len(results))
	for i, r := range results {
		outcomes[i] = r.Outcome
	}
	return outcomes
}

func records(model string, ids ...string) []linkstore.Records {
	return []linkstore.Records{{Model: model, IDs: ids}}
}

func (h *harness) deleteRecords(model string, ids ...string) linkstore.Receipt {
	h.Helper()
	r, err := h.s.DeleteRecords(h.Context(), records(model, ids...))
	if err != nil {
		h.Fatalf("delete records: %v", err)
	}
	return r
}

func (h *harness) delete(model string, ids ...string) linkstore.Receipt {
	h.Helper()
	r, err := h.s.Delete(h.Context(), records(model, ids...))
	if err != nil {
		h.Fatalf("delete: %v", err)
	}
	return r
}

func (h *harness) restore(model string, ids ...string) linkstore.Receipt {
	h.Helper()
	r, err := h.s.Restore(h.Context(), records(model, ids...))
	if err != nil {
		h.Fatalf("restore: %v", err)
	}
	return r
}

func (h *harness) state() State {
	h.Helper()
	s, err := h.s.State(h.Context())
	if err != nil {
		h.Fatal(err)
	}
	return s
}

// live checks that exactly the given links are live, written as "link left right", and exactly the given records are
// deleted.
func (h *harness) live(links []string, deleted []string) {
	h.Helper()
	var gotLinks, gotDeleted []string
	s := h.state()
	for p, l := range s.Links {
		if l.Live {
			gotLinks = append(gotLinks, fmt.Sprintf("%s %s %s", p.Link, p.Left, p.Right))
		}
	}
	for r, live := range s.Records {
		if !live {
			gotDeleted = append(gotDeleted, r.ID)
		}
	}
	sorted := cmpopts.SortSlices(func(a, b string) bool { return a < b })
	if diff := cmp.Diff(links, gotLinks, sorted, cmpopts.EquateEmpty()); diff != "" {
		h.Errorf("live links (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(deleted, gotDeleted, sorted, cmpopts.EquateEmpty()); diff != "" {
		h.Errorf("deleted records (-want +got):\n%s", diff)
	}
}

func (h *harness) outcomes(got []linkstore.Outcome, want ...linkstore.Outcome) {
	h.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		h.Errorf("outcomes (-want +got):\n%s", diff)
	}
}
