package linkstore_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkgraph/linkgraph/linkstore"
	"github.com/linkgraph/linkgraph/linkstore/linktest"
)

func soldBy(product string) linkstore.Source {
	return linkstore.Source{Link: linktest.Sold, ID: product}
}

func targets(ids ...string) []linkstore.Target {
	all := make([]linkstore.Target, len(ids))
	for i, id := range ids {
		all[i].ID = id
	}
	return all
}

func outcomesOf(results []linkstore.SetResult) string {
	var all []string
	for _, r := range results {
		all = append(all, string(r.Outcome)+" "+r.Link.Right)
	}
	return strings.Join(all, ", ")
}

// A link that another call makes, or has just made, of the same record is not left beside those that are set.
func TestSetBesideCreate(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	create := func(store *linkstore.Store) error {
		_, err := store.Create(t.Context(), []linkstore.Item{sold("p1", "c1")}, linkstore.CreateOptions{})
		return err
	}
	var results []linkstore.SetResult
	set := func(store *linkstore.Store) (err error) {
		results, err = store.SetLinks(t.Context(), soldBy("p1"), targets("c2"))
		return err
	}
	overtaking(t, s, create, set)
	if got := outcomesOf(results); got != "CREATED c2, DISMISSED c1" {
		t.Errorf("set behind create: %s", got)
	}
	overtaking(t, s, set, create) // the link is made after the set
	if got := s.liveLinks(t); got != "p1 c1, p1 c2" {
		t.Errorf("create behind set: %s", got)
	}
}

// Two calls that set the links of one record follow each other: what the later one says holds.
func TestSetBehindSet(t *testing.T) {
	t.Parallel()
	for _, from := range []linkstore.Side{linkstore.Left, linkstore.Right} {
		s := newShop(t)
		of, one, other := soldBy("p1"), targets("c1", "c2"), targets("c2", "c3")
		if from == linkstore.Right {
			of = linkstore.Source{Link: linktest.Sold, From: linkstore.Right, ID: "c1"}
			one, other = targets("p1"), targets("p2")
		}
		overtaking(t, s, func(first *linkstore.Store) error {
			_, err := first.SetLinks(t.Context(), of, one)
			return err
		}, func(second *linkstore.Store) error {
			_, err := second.SetLinks(t.Context(), of, other)
			return err
		})
		want := "p1 c2, p1 c3"
		if from == linkstore.Right {
			want = "p2 c1"
		}
		if got := s.liveLinks(t); got != want {
			t.Errorf("from side %d: live links %q, want %q", from, got, want)
		}
	}
}

// A link that is being dismissed is made again, and not taken for one that is there.
func TestSetBehindDismiss(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.link(t, sold("p1", "c1"), sold("p1", "c2"))
	var results []linkstore.SetResult
	overtaking(t, s, func(first *linkstore.Store) error {
		_, err := first.Dismiss(t.Context(), []linkstore.Item{sold("p1", "c1"), sold("p1", "c2")})
		return err
	}, func(second *linkstore.Store) (err error) {
		results, err = second.SetLinks(t.Context(), soldBy("p1"), targets("c1"))
		return err
	})
	if got := outcomesOf(results); got != "REVIVED c1" {
		t.Errorf("set behind dismiss: %s", got)
	}
	if got := s.liveLinks(t); got != "p1 c1" {
		t.Errorf("live links: %s", got)
	}
}

// A restore that brings back a link of the record comes before the set, or after it.
func TestSetBehindRestore(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.link(t, sold("p1", "c1"))
	must[linkstore.Receipt](t)(s.DeleteRecords(t.Context(), recordsOf("Channel", "c1")))
	overtaking(t, s, func(first *linkstore.Store) error {
		_, err := first.Restore(t.Context(), recordsOf("Channel", "c1"))
		return err
	}, func(second *linkstore.Store) error {
		_, err := second.SetLinks(t.Context(), soldBy("p1"), targets("c2"))
		return err
	})
	if got := s.liveLinks(t); got != "p1 c2" {
		t.Errorf("live links: %s", got)
	}
}

// The errors of a set name the item and the choices, and a set that changes nothing writes nothing.
func TestSetErrorsAndEvents(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.link(t, priced("v2", "s2"))
	for _, c := range []struct {
		of   linkstore.Source
		to   []linkstore.Target
		want string
	}{
		{soldBy("p1"), targets("c1", "c2", "c1", "c2"), `2 items have errors: item 2: channel_id: "c1" is named by item 0 already; ` +
			`item 3: channel_id: "c2" is named by item 1 already`},
		{
			linkstore.Source{Link: linktest.Stocked, ID: "v1"},
			[]linkstore.Target{{ID: "i1", Data: map[string]any{"color": "red"}}},
			"item 0: color: link variant_item has no such extra column; the choices are quantity",
		},
		{soldBy("p1"), targets("c1", "x"), `set links: item 1: there is no Channel with channel_id "x"`},
		{
			soldBy("p1"), targets("x", "c1", "y"),
			`set links: 2 items have errors: item 0: there is no Channel with channel_id "x"; ` +
				`item 2: there is no Channel with channel_id "y"`,
		},
		{soldBy("x"), targets("c1"), `set links: there is no Product with product_id "x"`},
		{
			linkstore.Source{Link: linktest.Priced, ID: "v1"},
			targets("s2"),
			`set links: item 0: variant_price_set: "v1" and "s2" cannot be linked: "v2" is linked to "s2"`,
		},
		{
			linkstore.Source{Link: linktest.Priced, ID: "v1"},
			targets("s1", "s2"),
			`item 1: variant_price_set: items 0 and 1 exclude each other: variant_id "v1" cannot be linked to both "s1" and "s2"`,
		},
	} {
		if _, err := s.SetLinks(t.Context(), c.of, c.to); err == nil || err.Error() != c.want {
			t.Errorf("%+v to %+v: got %v, want %s", c.of, c.to, err, c.want)
		}
	}
	for range 2 {
		must[[]linkstore.SetResult](t)(s.SetLinks(t.Context(), soldBy("p1"), targets("c1", "c2")))
	}
	must[[]linkstore.SetResult](t)(s.SetLinks(t.Context(), soldBy("p1"), targets("c2", "c3")))
	rows, err := s.query(t.Context(), `
		SELECT event || ' ' || cause || ' ' || right_key FROM linkgraph.link_event WHERE link = $1 ORDER BY id`, linktest.Sold)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var events []string
	for rows.Next() {
		var e string
		if err := rows.Scan(&e); err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	want := []string{"attached create c1", "attached create c2", "detached dismiss c1", "attached create c3"}
	if diff := cmp.Diff(want, events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// A set of many links comes to the same as one of a few, and one in a caller's transaction is undone with it.
func TestSetOfMany(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	if err := s.exec(
		t.Context(),
		`INSERT INTO channel (id) SELECT 'x' || n FROM generate_series(1, 1500) AS n`,
	); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for n := range 1500 {
		ids = append(ids, fmt.Sprint("x", n+1))
	}
	count := func(results []linkstore.SetResult) map[linkstore.Outcome]int {
		n := map[linkstore.Outcome]int{}
		for _, r := range results {
			n[r.Outcome]++
		}
		return n
	}
	for _, step := range []struct {
		to   []string
		want map[linkstore.Outcome]int
	}{
		{ids[:1000], map[linkstore.Outcome]int{linkstore.Created: 1000}},
		{ids[:1000], map[linkstore.Outcome]int{linkstore.Unchanged: 1000}},
		{ids[700:], map[linkstore.Outcome]int{linkstore.Unchanged: 300, linkstore.Created: 500, linkstore.Dismissed: 700}},
		{ids, map[linkstore.Outcome]int{linkstore.Unchanged: 800, linkstore.Revived: 700}},
		{nil, map[linkstore.Outcome]int{linkstore.Dismissed: 1500}},
	} {
		results := must[[]linkstore.SetResult](t)(s.SetLinks(t.Context(), soldBy("p1"), targets(step.to...)))
		if diff := cmp.Diff(step.want, count(results)); diff != "" {
			t.Errorf("set to %d (-want +got):\n%s", len(step.to), diff)
		}
		for i, id := range step.to {
			if results[i].Link.Right != id {
				t.Fatalf("result %d is of %s, want %s", i, results[i].Link.Right, id)
			}
		}
	}
	tx, err := s.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	must[[]linkstore.SetResult](t)(s.WithTx(tx).SetLinks(t.Context(), soldBy("p1"), targets("c1")))
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.liveLinks(t); got != "" {
		t.Errorf("live links after the rollback: %s", got)
	}
}

// More links than a call may write are not dismissed by one either.
func TestSetDismissesNoMoreThanACallMay(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.link(t, sold("p1", "c1"), sold("p1", "c2"), sold("p1", "c3"))
	small := linkstore.New(s.pool, s.Catalog(), linkstore.Config{MaxItems: 2})
	var limit *linkstore.LimitError
	_, err := small.SetLinks(t.Context(), soldBy("p1"), nil)
	if !errors.As(err, &limit) ||
		!strings.Contains(err.Error(), "links to dismiss: there are more than the limit of 2") {
		t.Errorf("three to dismiss: %v", err)
	}
	if _, err := small.SetLinks(t.Context(), soldBy("p1"), targets("c1", "c2", "c3")); !errors.As(err, &limit) {
		t.Errorf("three to keep: %v", err)
	}
	if got := outcomesOf(
		must[[]linkstore.SetResult](t)(small.SetLinks(t.Context(), soldBy("p1"), targets("c2"))),
	); got !=
		"UNCHANGED c2, DISMISSED c1, DISMISSED c3" {
		t.Errorf("two to dismiss: %s", got)
	}
}

// Records that have no row here are held by other means, so that two sets of one follow each other too.
func TestSetElsewhere(t *testing.T) {
	t.Parallel()
	const kept = "product_elsewhere"
	catalog, err := linkstore.NewCatalog([]linkstore.Model{
		{Module: "product", Name: "Product", Table: "product", Key: "product_id"},
		{Module: "elsewhere", Name: "Thing", Key: "thing_id"},
	}, []linkstore.Definition{{
		Name: kept, IDPrefix: "le", SkipExistence: true,
		Left: linkstore.End{Model: "Product", IsList: true}, Right: linkstore.End{Model: "Thing", IsList: true},
	}})
	if err != nil {
		t.Fatal(err)
	}
	pool := newDB(t).Pool
	s := &subject{Store: linkstore.New(pool, catalog, linkstore.Config{}), pool: pool}
	if _, err := s.Sync(t.Context(), linkstore.Safe); err != nil {
		t.Fatal(err)
	}
	thing := linkstore.Source{Link: kept, From: linkstore.Right, ID: "x"}
	var results []linkstore.SetResult
	overtaking(t, s, func(first *linkstore.Store) error {
		_, err := first.SetLinks(t.Context(), thing, targets("p1", "p2"))
		return err
	}, func(second *linkstore.Store) (err error) {
		results, err = second.SetLinks(t.Context(), thing, targets("p3", "p2"))
		return err
	})
	var got []string
	for _, r := range results {
		got = append(got, string(r.Outcome)+" "+r.Link.Left)
	}
	if diff := cmp.Diff([]string{"CREATED p3", "UNCHANGED p2", "DISMISSED p1"}, got); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
	linked, err := s.Linked(t.Context(), kept, linkstore.Right, []string{"x"}, linkstore.LinkedOptions{})
	if err != nil || len(linked["x"]) != 2 {
		t.Errorf("linked: %+v, %v", linked, err)
	}
}
