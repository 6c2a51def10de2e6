package linkstore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/linkstore"
	"github.com/linkgraph/linkgraph/linkstore/linktest"
)

// TestPartial mixes items of every fault with good ones: each fault is told where it is, and the rest is written.
func TestPartial(t *testing.T) {
	t.Parallel()
	s, n := newTold(t)
	ctx := t.Context()
	if _, err := s.Create(ctx, []linkstore.Item{priced("v1", "s1")}, linkstore.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	stocked := func(quantity any) linkstore.Item {
		return linkstore.Item{
			Link:  linktest.Stocked,
			Left:  "v1",
			Right: "i1",
			Data:  map[string]any{"quantity": quantity},
		}
	}
	items := []linkstore.Item{
		priced("v1", "s1"),
		priced("v1", "s2"), // v1 has one
		priced("v9", "s2"), // there is no v9
		priced("v2", "s2"),
		priced("v2", "s1"), // not beside the one before
		{Link: "nothing", Left: "v1", Right: "s1"},
		{Link: linktest.Held, Left: "s1", Right: "p1"}, // read-only
		stocked("2"),
		stocked("3"),    // the same pair, another value
		stocked("2"),    // the same again
		stocked("many"), // no number
		priced("", "s1"),
		priced("v9", "s2"), // the same fault again
	}
	want := []error{
		nil,
		linkstore.ErrConflict,
		linkstore.ErrRecordNotFound,
		nil,
		linkstore.ErrConflict,
		linkstore.ErrLinkNotDefined,
		linkstore.ErrReadOnly,
		nil,
		linkstore.ErrInvalid,
		nil,
		linkstore.ErrInvalid,
		linkstore.ErrInvalid,
		linkstore.ErrRecordNotFound,
	}
	n.calls = nil
	// v2 gets s2, although v1 and v9 asked for it first.
	results, err := s.Create(ctx, items, linkstore.CreateOptions{Partial: true})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		if !errors.Is(r.Err, want[i]) || (want[i] == nil) != (r.Outcome != "") {
			t.Errorf("item %d: %q %v, want %v", i, r.Outcome, r.Err, want[i])
		}
	}
	if len(n.calls) != 1 || len(n.calls[0].Items) != 4 {
		t.Errorf("told: %+v", n.calls)
	}
	if results[0].Outcome != linkstore.Unchanged || results[7].Outcome != linkstore.Created ||
		results[9].Outcome != linkstore.Unchanged {
		t.Errorf("outcomes: %+v", results)
	}
	for i, item := range items { // alone, each fails as it did
		if want[i] == nil || i == 8 {
			continue
		}
		if _, err := s.Create(ctx, []linkstore.Item{item}, linkstore.CreateOptions{}); !errors.Is(err, want[i]) {
			t.Errorf("item %d alone: %v, want %v", i, err, want[i])
		}
	}
}

// TestPartialKeepsLinksThatAreLive asks for a link that is live already beside one that it excludes, in either order. The
// live one is as it was asked for, so the other one is at fault.
func TestPartialKeepsLinksThatAreLive(t *testing.T) {
	t.Parallel()
	s, _ := newTold(t)
	ctx := t.Context()
	if _, err := s.Create(ctx, []linkstore.Item{priced("v1", "s1")}, linkstore.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, items := range [][]linkstore.Item{
		{priced("v1", "s2"), priced("v1", "s1")},
		{priced("v1", "s1"), priced("v1", "s2")},
		{priced("v2", "s1"), priced("v1", "s1"), priced("v1", "s2")},
	} {
		results, err := s.Create(ctx, items, linkstore.CreateOptions{Partial: true})
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range results {
			if items[i].Left == "v1" && items[i].Right == "s1" {
				if r.Outcome != linkstore.Unchanged || r.Err != nil {
					t.Errorf("the live link is item %d: %q %v", i, r.Outcome, r.Err)
				}
				continue
			}
			var conflict *linkstore.ConflictError
			if !errors.As(r.Err, &conflict) || conflict.Existing.Right != "s1" || conflict.Existing.ID == "" {
				t.Errorf("item %d: %q %v", i, r.Outcome, r.Err)
			}
		}
	}
}

// TestWithWritten tells both, and rolls back when the second fails.
func TestWithWritten(t *testing.T) {
	t.Parallel()
	s, n := newTold(t)
	refused := errors.New("refused")
	var also int
	store := s.WithWritten(func(context.Context, linkstore.Written, *pgx.Batch) error {
		if also++; also > 1 {
			return refused
		}
		return nil
	})
	if _, err := store.Create(
		t.Context(),
		[]linkstore.Item{priced("v1", "s1")},
		linkstore.CreateOptions{},
	); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Create(
		t.Context(),
		[]linkstore.Item{priced("v2", "s2")},
		linkstore.CreateOptions{},
	); !errors.Is(
		err,
		refused,
	) {
		t.Errorf("the second: %v", err)
	}
	if got := s.rows(t); also != 2 || len(n.calls) != 2 || !slices.Equal(got, []string{"create_links"}) {
		t.Errorf("told %d and %d times; rows %v", len(n.calls), also, got)
	}
}

// TestUnchangedIsNotRewritten looks at the versions of rows that are as asked already.
func TestUnchangedIsNotRewritten(t *testing.T) {
	t.Parallel()
	s, _ := newTold(t)
	ctx := t.Context()
	item := linkstore.Item{Link: linktest.Stocked, Left: "v1", Right: "i1", Data: map[string]any{"quantity": "2.50"}}
	version := func() string {
		t.Helper()
		rows, err := s.query(ctx, `SELECT ctid::text || ' ' || xmin::text || ' ' || updated_at::text FROM variant_item`)
		if err != nil {
			t.Fatal(err)
		}
		v, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for i, c := range []struct {
		data    map[string]any
		outcome linkstore.Outcome
	}{
		{map[string]any{"quantity": "2.50"}, linkstore.Created},
		{map[string]any{"quantity": "2.5"}, linkstore.Unchanged}, // the same number
		{nil, linkstore.Unchanged},
		{map[string]any{"quantity": 3}, linkstore.Updated},
	} {
		item.Data = c.data
		var before string
		if i > 0 {
			before = version()
		}
		results, err := s.Create(ctx, []linkstore.Item{item}, linkstore.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if results[0].Outcome != c.outcome || (before == version()) != (c.outcome == linkstore.Unchanged) {
			t.Errorf("%v: %s, the row was %s and is %s", c.data, results[0].Outcome, before, version())
		}
		if fmt.Sprint(results[0].Link.Data["quantity"]) == "<nil>" || results[0].Link.ID == "" {
			t.Errorf("%v: the link is %+v", c.data, results[0].Link)
		}
	}
}

// TestEach gives the live links in the order of their keys, and stops when it is told to.
func TestEach(t *testing.T) {
	t.Parallel()
	s, _ := newTold(t)
	if _, err := s.Create(
		t.Context(),
		[]linkstore.Item{priced("v2", "s1"), priced("v1", "s2")},
		linkstore.CreateOptions{},
	); err != nil {
		t.Fatal(err)
	}
	module, err := s.Module(linktest.Priced)
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	enough := errors.New("enough")
	for _, stop := range []bool{false, true} {
		err := module.Each(t.Context(), func(l linkstore.Link) error {
			seen = append(seen, l.Left+l.Right)
			if stop {
				return enough
			}
			return nil
		})
		if stop != errors.Is(err, enough) {
			t.Errorf("stop %t: %v", stop, err)
		}
	}
	if !slices.Equal(seen, []string{"v1s2", "v2s1", "v1s2"}) {
		t.Errorf("seen: %v", seen)
	}
}
