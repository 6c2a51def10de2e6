package linktest

import (
	"errors"

	"github.com/google/go-cmp/cmp"

	"github.com/linkgraph/linkgraph/linkstore"
)

func of(link string, from linkstore.Side, id string) linkstore.Source {
	return linkstore.Source{Link: link, From: from, ID: id}
}

func to(ids ...string) []linkstore.Target {
	targets := make([]linkstore.Target, len(ids))
	for i, id := range ids {
		targets[i].ID = id
	}
	return targets
}

func (h *harness) set(of linkstore.Source, to []linkstore.Target) []linkstore.Outcome {
	h.Helper()
	results, err := h.s.SetLinks(h.Context(), of, to)
	if err != nil {
		h.Fatalf("set: %v", err)
	}
	var outcomes []linkstore.Outcome
	for _, r := range results {
		outcomes = append(outcomes, r.Outcome)
	}
	return outcomes
}

func (h *harness) setFails(want error, of linkstore.Source, to []linkstore.Target) {
	h.Helper()
	before := h.state()
	_, err := h.s.SetLinks(h.Context(), of, to)
	if !errors.Is(err, want) {
		h.Fatalf("set: got %v, want %v", err, want)
	}
	if diff := cmp.Diff(before, h.state()); diff != "" {
		h.Errorf("something was written (-before +after):\n%s", diff)
	}
}

func setMakesLinksExactlyThese(h *harness) {
	h.put("Product", "p1", "p2")
	h.put("Channel", "c1", "c2", "c3")
	h.create(pair(Sold, "p1", "c1"), pair(Sold, "p1", "c3"), pair(Sold, "p2", "c1"))
	h.dismiss(pair(Sold, "p1", "c3"))
	p1 := of(Sold, linkstore.Left, "p1")
	h.outcomes(h.set(p1, to("c3", "c2")), linkstore.Revived, linkstore.Created, linkstore.Dismissed)
	h.live([]string{Sold + " p1 c2", Sold + " p1 c3", Sold + " p2 c1"}, nil)
	h.outcomes(h.set(p1, to("c2", "c3")), linkstore.Unchanged, linkstore.Unchanged)
	h.outcomes(h.set(of(Sold, linkstore.Right, "c1"), to("p1")), linkstore.Revived, linkstore.Dismissed)
	h.outcomes(h.set(p1, nil), linkstore.Dismissed, linkstore.Dismissed, linkstore.Dismissed)
	h.outcomes(h.set(p1, nil))
	h.live(nil, nil)
}

func setWritesExtraColumns(h *harness) {
	h.put("Variant", "v1")
	h.put("Item", "i1", "i2")
	quantity := func(item, want string) {
		h.Helper()
		if got := h.state().Links[linkstore.Pair{Link: Stocked, Left: "v1", Right: item}].Data; got != want {
			h.Errorf("quantity of %s is %s, want %s", item, got, want)
		}
	}
	v1 := of(Stocked, linkstore.Left, "v1")
	with := func(id, quantity string) linkstore.Target {
		return linkstore.Target{ID: id, Data: map[string]any{"quantity": quantity}}
	}
	h.outcomes(h.set(v1, []linkstore.Target{with("i1", "2"), {ID: "i2"}}), linkstore.Created, linkstore.Created)
	quantity("i1", "2")
	quantity("i2", "1")
	h.outcomes(h.set(v1, []linkstore.Target{{ID: "i1"}, with("i2", "5")}), linkstore.Unchanged, linkstore.Updated)
	quantity("i1", "2")
	quantity("i2", "5")
}

func setKeepsCardinality(h *harness) {
	h.put("Variant", "v1", "v2")
	h.put("PriceSet", "s1", "s2")
	h.put("Channel", "c1")
	h.create(pair(Priced, "v1", "s1"), pair(Priced, "v2", "s2"))
	v1 := of(Priced, linkstore.Left, "v1")
	h.setFails(linkstore.ErrConflict, v1, to("s2"))       // is linked to v2
	h.setFails(linkstore.ErrConflict, v1, to("s1", "s2")) // one at most
	h.set(of(Priced, linkstore.Right, "s2"), nil)
	h.outcomes(h.set(v1, to("s2")), linkstore.Created, linkstore.Dismissed)
	h.create(pair(Shown, "v1", "c1"))
	h.outcomes(h.set(of(Shown, linkstore.Right, "c1"), to("v1", "v2")), linkstore.Unchanged, linkstore.Created)
	h.live([]string{Priced + " v1 s2", Shown + " v1 c1", Shown + " v2 c1"}, nil)
}

func setRefusesBadInput(h *harness) {
	h.put("Product", "p1")
	h.put("Channel", "c1", "c2")
	h.create(pair(Sold, "p1", "c1"))
	p1 := of(Sold, linkstore.Left, "p1")
	h.setFails(linkstore.ErrRecordNotFound, p1, to("c1", "nobody"))
	h.setFails(linkstore.ErrRecordNotFound, of(Sold, linkstore.Left, "nobody"), nil)
	h.setFails(linkstore.ErrInvalid, p1, to("c2", "c1", "c2"))
	h.setFails(linkstore.ErrInvalid, p1, to(""))
	h.setFails(linkstore.ErrInvalid, of(Sold, linkstore.Left, ""), to("c1"))
	h.setFails(linkstore.ErrLinkNotDefined, of("nothing", linkstore.Left, "p1"), to("c1"))
	h.setFails(linkstore.ErrReadOnly, of(Held, linkstore.Right, "p1"), nil)
	h.deleteRecords("Channel", "c2")
	h.setFails(linkstore.ErrRecordNotFound, p1, to("c1", "c2"))
	h.deleteRecords("Product", "p1")
	h.setFails(linkstore.ErrRecordNotFound, p1, nil)
}

func setTakesKeysOfEveryKind(h *harness) {
	h.put("Item", "i1")
	h.put("Bin", "A:1", "A:2", "%3A:3")
	h.put("Channel", "c1")
	h.put("Customer", "7", "8")
	i1 := of(Stowed, linkstore.Left, "i1")
	h.outcomes(h.set(i1, to("A:01", "%3a:3")), linkstore.Created, linkstore.Created)
	h.setFails(linkstore.ErrInvalid, i1, to("A:2", "A:02"))
	h.outcomes(h.set(i1, to("A:2", "A:1")), linkstore.Created, linkstore.Unchanged, linkstore.Dismissed)
	h.outcomes(h.set(of(Stowed, linkstore.Right, "A:1"), nil), linkstore.Dismissed)
	h.outcomes(h.set(of(Adjoined, linkstore.Left, "A:1"), to("A:2")), linkstore.Created)
	h.outcomes(h.set(of(Adjoined, linkstore.Left, "A:1"), to("A:1")), linkstore.Created, linkstore.Dismissed)
	h.setFails(linkstore.ErrConflict, of(Adjoined, linkstore.Right, "A:2"), to("A:1"))
	h.outcomes(h.set(of(Courted, linkstore.Left, "c1"), to("07", "8")), linkstore.Created, linkstore.Created)
	h.outcomes(h.set(of(Courted, linkstore.Right, "8"), to()), linkstore.Dismissed)
	h.live([]string{Stowed + " i1 A:2", Adjoined + " A:1 A:1", Courted + " c1 7"}, nil)
}

func setOfAModelToItself(h *harness) {
	h.put("Product", "p1", "p2", "p3")
	h.create(pair(Related, "p2", "p1"))
	h.outcomes(h.set(of(Related, linkstore.Left, "p1"), to("p2", "p1")), linkstore.Created, linkstore.Created)
	h.outcomes(
		h.set(of(Related, linkstore.Right, "p1"), to("p3")),
		linkstore.Created,
		linkstore.Dismissed,
		linkstore.Dismissed,
	)
	h.live([]string{Related + " p1 p2", Related + " p3 p1"}, nil)
}
