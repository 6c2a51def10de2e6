package linkstore_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/linkstore"
	"github.com/linkgraph/linkgraph/linkstore/linktest"
)

// overtaking runs two calls so that the second begins when the first has done everything but commit: it either waits for the first or is
// answered before it.
func overtaking(t *testing.T, s *subject, first, second func(*linkstore.Store) error) {
	t.Helper()
	reached, release := make(chan struct{}), make(chan struct{})
	stopped := s.WithWritten(func(context.Context, linkstore.Written, *pgx.Batch) error {
		select {
		case <-release: // it is run again
		default:
			close(reached)
			<-release
		}
		return nil
	})
	firstDone, secondDone := make(chan error, 1), make(chan error, 1)
	go func() { firstDone <- first(stopped) }()
	select {
	case <-reached:
	case err := <-firstDone:
		t.Fatalf("the first call ended early: %v", err)
	}
	go func() { secondDone <- second(s.Store) }()
	waits := func() (waits bool) {
		if err := s.pool.QueryRow(t.Context(), `
			SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')`).Scan(&waits); err != nil {
			t.Error(err)
			return true
		}
		return waits
	}
	var err error
	answered := false
	for !answered && !waits() {
		select {
		case err = <-secondDone:
			answered = true
		case <-time.After(time.Millisecond):
		}
	}
	close(release)
	if err := <-firstDone; err != nil {
		t.Fatalf("first call: %v", err)
	}
	if !answered {
		err = <-secondDone
	}
	if err != nil {
		t.Fatalf("second call: %v", err)
	}
}

// newShop has records that the tests of orders link.
func newShop(t *testing.T) *subject {
	t.Helper()
	s := newSubject(t, newDB(t).Pool)
	for _, r := range []linktest.Record{
		{Model: "Product", ID: "p1"},
		{Model: "Product", ID: "p2"},
		{Model: "Variant", ID: "v1"},
		{Model: "Variant", ID: "v2"},
		{Model: "Variant", ID: "v3"},
		{Model: "PriceSet", ID: "s1"},
		{Model: "PriceSet", ID: "s2"},
		{Model: "Channel", ID: "c1"},
		{Model: "Channel", ID: "c2"},
		{Model: "Channel", ID: "c3"},
		{Model: "Item", ID: "i1"},
	} {
		if err := s.PutRecord(t.Context(), r.Model, r.ID, ""); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func sold(left, right string) linkstore.Item {
	return linkstore.Item{Link: linktest.Sold, Left: left, Right: right}
}

func recordsOf(model string, ids ...string) []linkstore.Records {
	return []linkstore.Records{{Model: model, IDs: ids}}
}

// must is a call whose error ends the test.
func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (s *subject) link(t *testing.T, items ...linkstore.Item) {
	t.Helper()
	must[[]linkstore.CreateResult](t)(s.Create(t.Context(), items, linkstore.CreateOptions{}))
}

// liveLinks lists the live links as "left right".
func (s *subject) liveLinks(t *testing.T) string {
	t.Helper()
	state := must[linktest.State](t)(s.State(t.Context()))
	var live []string
	for p, l := range state.Links {
		if l.Live {
			live = append(live, p.Left+" "+p.Right)
		}
	}
	slices.Sort(live)
	return strings.Join(live, ", ")
}

func (s *subject) isLive(t *testing.T, model, id string) bool {
	t.Helper()
	return must[linktest.State](t)(s.State(t.Context())).Records[linktest.Record{Model: model, ID: id}]
}

func sameReceipt(t *testing.T, got linkstore.Receipt, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, flat(got)); diff != "" {
		t.Errorf("receipt (-want +got):\n%s", diff)
	}
	if (got.DeletionID == "") != (len(want) == 0) {
		t.Errorf("the receipt names deletion %q and holds %v", got.DeletionID, want)
	}
}

// A deletion must not remove what it would have reached by a link that is being dismissed.
func TestDeletionBehindDismiss(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.link(t, priced("v1", "s1"))
	var receipt linkstore.Receipt
	overtaking(t, s, func(first *linkstore.Store) error {
		_, err := first.Dismiss(t.Context(), []linkstore.Item{priced("v1", "s1")})
		return err
	}, func(second *linkstore.Store) (err error) {
		receipt, err = second.DeleteRecords(t.Context(), recordsOf("Variant", "v1"))
		return err
	})
	sameReceipt(t, receipt, "Variant v1")
	if !s.isLive(t, "PriceSet", "s1") {
		t.Error("the price set is deleted, although its link was gone")
	}
}

// The same with so many links that they are locked before they are removed.
func TestLargeDeletionBehindDismiss(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	if err := s.exec(
		t.Context(),
		`INSERT INTO product (id) SELECT 'x' || n FROM generate_series(1, 600) AS n`,
	); err != nil {
		t.Fatal(err)
	}
	var items []linkstore.Item
	for n := range 600 {
		items = append(items, sold(fmt.Sprintf("x%d", n+1), "c1"))
	}
	s.link(t, items...)
	var receipt linkstore.Receipt
	overtaking(t, s, func(first *linkstore.Store) error {
		_, err := first.Dismiss(t.Context(), items[:1])
		return err
	}, func(second *linkstore.Store) (err error) {
		receipt, err = second.DeleteRecords(t.Context(), recordsOf("Channel", "c1"))
		return err
	})
	if len(receipt.Links) != 599 {
		t.Errorf("%d links were removed, want 599", len(receipt.Links))
	}
}

// A link that replaces another is no way for a deletion either.
func TestDeletionBehindReplace(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.link(t, priced("v1", "s1"))
	var receipt linkstore.Receipt
	overtaking(t, s, func(first *linkstore.Store) error {
		_, err := first.Create(
			t.Context(),
			[]linkstore.Item{priced("v1", "s2")},
			linkstore.CreateOptions{Replace: true},
		)
		return err
	}, func(second *linkstore.Store) (err error) {
		receipt, err = second.DeleteRecords(t.Context(), recordsOf("Variant", "v1"))
		return err
	})
	sameReceipt(t, receipt, "PriceSet s2", "Variant v1", "{variant_price_set v1 s2}")
}

// Two restores of the two ends of a link: the later one brings it back.
func TestRestoresOfBothEnds(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.link(t, sold("p1", "c1"))
	must[linkstore.Receipt](t)(s.DeleteRecords(t.Context(), recordsOf("Product", "p1")))
	must[linkstore.Receipt](t)(s.DeleteRecords(t.Context(), recordsOf("Channel", "c1")))
	var receipt linkstore.Receipt
	overtaking(t, s, func(first *linkstore.Store) error {
		_, err := first.Restore(t.Context(), recordsOf("Product", "p1"))
		return err
	}, func(second *linkstore.Store) (err error) {
		receipt, err = second.Restore(t.Context(), recordsOf("Channel", "c1"))
		return err
	})
	if got := s.liveLinks(t); got != "p1 c1" {
		t.Errorf("live links: %q, want the one between the restored records", got)
	}
	sameReceipt(t, receipt, "Channel c1", "{product_channel p1 c1}")
}

// Two restores of one deletion: one brings back all of it, the other finds nothing to do.
func TestTwoRestoresOfOneDeletion(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.link(t, priced("v1", "s1"), sold("p1", "c1"))
	deletion := must[linkstore.Receipt](
		t,
	)(
		s.DeleteRecords(t.Context(), append(recordsOf("Variant", "v1", "v2"), recordsOf("Product", "p1")...)),
	)
	var one, other linkstore.Receipt
	overtaking(t, s, func(first *linkstore.Store) (err error) {
		one, err = first.Restore(t.Context(), recordsOf("Variant", "v1"))
		return err
	}, func(second *linkstore.Store) (err error) {
		other, err = second.RestoreDeletion(t.Context(), deletion.DeletionID)
		return err
	})
	sameReceipt(t, one, "PriceSet s1", "Variant v1", "{variant_price_set v1 s1}")
	sameReceipt(t, other, "Product p1", "Variant v2", "{product_channel p1 c1}")
	overtaking(t, s, func(first *linkstore.Store) error {
		_, err := first.DeleteRecords(t.Context(), recordsOf("Variant", "v1"))
		return err
	}, func(second *linkstore.Store) (err error) {
		other, err = second.Restore(t.Context(), recordsOf("Variant", "v1"))
		return err
	})
	if other.DeletionID != "" && !s.isLive(t, "Variant", "v1") {
		t.Errorf("%+v was brought back, and is not there", other)
	}
}

// A deletion whose only link was dismissed before it came to it removed nothing: it is none, and not the latest.
func TestDeletionOfNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.link(t, sold("p1", "c1"), sold("p1", "c2"))
	must[linkstore.Receipt](t)(s.Delete(t.Context(), recordsOf("Channel", "c2")))
	must[linkstore.Receipt](t)(s.Delete(t.Context(), recordsOf("Product", "p1")))
	s.link(t, sold("p1", "c2"))
	var receipt linkstore.Receipt
	overtaking(t, s, func(first *linkstore.Store) error {
		_, err := first.Dismiss(t.Context(), []linkstore.Item{sold("p1", "c2")})
		return err
	}, func(second *linkstore.Store) (err error) {
		receipt, err = second.Delete(t.Context(), recordsOf("Product", "p1"))
		return err
	})
	sameReceipt(t, receipt)
	restored := must[linkstore.Receipt](t)(s.Restore(t.Context(), recordsOf("Product", "p1")))
	sameReceipt(t, restored, "{product_channel p1 c1}")
}

// What one call links and another dismisses is dismissed whole, or not yet linked.
func TestDismissBehindCreate(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.link(t, sold("p1", "c1"))
	both := []linkstore.Item{sold("p1", "c1"), sold("p1", "c2"), {Link: linktest.Stocked, Left: "v1", Right: "i1"}}
	var results []linkstore.DismissResult
	overtaking(t, s, func(first *linkstore.Store) error {
		_, err := first.Create(t.Context(), both, linkstore.CreateOptions{})
		return err
	}, func(second *linkstore.Store) (err error) {
		results, err = second.Dismiss(t.Context(), both)
		return err
	})
	for i, r := range results {
		if r.Outcome != linkstore.Dismissed {
			t.Errorf("item %d: %s, beside others that were dismissed", i, r.Outcome)
		}
	}
	if got := s.liveLinks(t); got != "" {
		t.Errorf("live links: %s", got)
	}
}

// A deletion of two records does not pass one over that is just being restored.
func TestDeletionBehindRestore(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	must[linkstore.Receipt](t)(s.DeleteRecords(t.Context(), recordsOf("Variant", "v2")))
	var receipt linkstore.Receipt
	overtaking(t, s, func(first *linkstore.Store) error {
		_, err := first.Restore(t.Context(), recordsOf("Variant", "v2"))
		return err
	}, func(second *linkstore.Store) (err error) {
		receipt, err = second.DeleteRecords(t.Context(), recordsOf("Variant", "v2", "v3"))
		return err
	})
	sameReceipt(t, receipt, "Variant v2", "Variant v3")
}

// A deletion takes what another call has just given to a record that it deletes.
func TestDeletionBehindCreate(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	var receipt linkstore.Receipt
	overtaking(t, s, func(first *linkstore.Store) error {
		_, err := first.Create(
			t.Context(),
			[]linkstore.Item{priced("v1", "s1"), sold("p1", "c1")},
			linkstore.CreateOptions{},
		)
		return err
	}, func(second *linkstore.Store) (err error) {
		receipt, err = second.DeleteRecords(
			t.Context(),
			append(recordsOf("Channel", "c1"), recordsOf("Variant", "v1")...),
		)
		return err
	})
	sameReceipt(
		t,
		receipt,
		"Channel c1",
		"PriceSet s1",
		"Variant v1",
		"{product_channel p1 c1}",
		"{variant_price_set v1 s1}",
	)
}

// A deletion takes a record that has just been restored to the owner that it deletes, or misses it before it is back.
func TestDeletionOfOwnerBehindRestore(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	if err := s.PutRecord(t.Context(), "Variant", "v9", "p1"); err != nil {
		t.Fatal(err)
	}
	must[linkstore.Receipt](t)(s.DeleteRecords(t.Context(), recordsOf("Variant", "v9")))
	var receipt linkstore.Receipt
	overtaking(t, s, func(first *linkstore.Store) error {
		_, err := first.Restore(t.Context(), recordsOf("Variant", "v9"))
		return err
	}, func(second *linkstore.Store) (err error) {
		receipt, err = second.DeleteRecords(t.Context(), recordsOf("Product", "p1"))
		return err
	})
	sameReceipt(t, receipt, "Product p1", "Variant v9")
}

// Which deletion is the latest does not go by a clock that can be put back.
func TestLatestDeletionIsNotByTheClock(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	must[linkstore.Receipt](t)(s.DeleteRecords(t.Context(), recordsOf("Variant", "v1")))
	must[linkstore.Receipt](t)(s.Restore(t.Context(), recordsOf("Variant", "v1")))
	err := s.exec(t.Context(), `UPDATE linkgraph.deletion SET deleted_at = deleted_at + interval '5 s'`)
	if err != nil { // the clock is put back
		t.Fatal(err)
	}
	second := must[linkstore.Receipt](t)(s.DeleteRecords(t.Context(), recordsOf("Variant", "v1")))
	restored := must[linkstore.Receipt](t)(s.Restore(t.Context(), recordsOf("Variant", "v1")))
	sameReceipt(t, restored, "Variant v1")
	if restored.DeletionID != second.DeletionID {
		t.Errorf("restored %q, the latest is %q", restored.DeletionID, second.DeletionID)
	}
}

// A database of an earlier version has deletions that bear no numbers.
func TestEarlierDeletionsAreNumbered(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	must[linkstore.Receipt](t)(s.DeleteRecords(t.Context(), recordsOf("Variant", "v1")))
	must[linkstore.Receipt](t)(s.Restore(t.Context(), recordsOf("Variant", "v1")))
	must[linkstore.Receipt](t)(s.DeleteRecords(t.Context(), recordsOf("Variant", "v1", "v2")))
	if err := s.exec(t.Context(), `ALTER TABLE linkgraph.deletion DROP COLUMN seq`); err != nil {
		t.Fatal(err)
	}
	if err := s.exec(t.Context(), `DROP FUNCTION linkgraph.overtaken`); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	sameReceipt(t, must[linkstore.Receipt](t)(s.Restore(t.Context(), recordsOf("Variant", "v1"))), "Variant v1")
	must[linkstore.Receipt](t)(s.DeleteRecords(t.Context(), recordsOf("Variant", "v1")))
	sameReceipt(
		t,
		must[linkstore.Receipt](t)(s.Restore(t.Context(), recordsOf("Variant", "v1", "v2"))),
		"Variant v1",
		"Variant v2",
	)
}
