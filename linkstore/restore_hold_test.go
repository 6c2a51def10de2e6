package linkstore_test

import (
	"testing"

	"github.com/linkgraph/linkgraph/linkstore"
)

// A restore that finds the other end of a link locked, which comes before its own records in the order of the locks, lets go of these, waits,
// and sees what became of the other end.
func TestRestoreBehindDeletionOfOtherEnd(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.link(t, sold("p1", "c1"), sold("p2", "c1"))
	must[linkstore.Receipt](t)(s.DeleteRecords(t.Context(), recordsOf("Channel", "c1")))
	var receipt linkstore.Receipt
	overtaking(t, s, func(first *linkstore.Store) error {
		_, err := first.DeleteRecords(t.Context(), recordsOf("Product", "p1"))
		return err
	}, func(second *linkstore.Store) (err error) {
		receipt, err = second.Restore(t.Context(), recordsOf("Channel", "c1"))
		return err
	})
	sameReceipt(t, receipt, "Channel c1", "{product_channel p2 c1}")
	sameReceipt(
		t,
		must[linkstore.Receipt](t)(s.Restore(t.Context(), recordsOf("Product", "p1"))),
		"Product p1",
		"{product_channel p1 c1}",
	)
}

// The same where the other end has no row here.
func TestRestoreBehindDeletionElsewhere(t *testing.T) {
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
	if _, err := pool.Exec(t.Context(), `INSERT INTO product (id) VALUES ('p1'), ('p2')`); err != nil {
		t.Fatal(err)
	}
	s.link(t, linkstore.Item{Link: kept, Left: "p1", Right: "x"}, linkstore.Item{Link: kept, Left: "p2", Right: "x"})
	must[linkstore.Receipt](t)(s.DeleteRecords(t.Context(), recordsOf("Product", "p2")))
	var receipt linkstore.Receipt
	overtaking(t, s, func(first *linkstore.Store) error {
		_, err := first.Delete(t.Context(), recordsOf("Thing", "x"))
		return err
	}, func(second *linkstore.Store) (err error) {
		receipt, err = second.Restore(t.Context(), recordsOf("Product", "p2"))
		return err
	})
	sameReceipt(t, receipt, "Product p2", "{product_elsewhere p2 x}")
	sameReceipt(
		t,
		must[linkstore.Receipt](t)(s.Restore(t.Context(), recordsOf("Thing", "x"))),
		"{product_elsewhere p1 x}",
	)
}

// A record that another call restored while it was not locked yet does not come back twice.
func TestRestoreOfDeletionBehindRestoreOfItsRecord(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.link(t, priced("v1", "s1"))
	must[linkstore.Receipt](t)(s.DeleteRecords(t.Context(), recordsOf("Variant", "v1")))
	var receipt linkstore.Receipt
	overtaking(t, s, func(first *linkstore.Store) error {
		_, err := first.Restore(t.Context(), recordsOf("PriceSet", "s1"))
		return err
	}, func(second *linkstore.Store) (err error) {
		receipt, err = second.Restore(t.Context(), recordsOf("Variant", "v1"))
		return err
	})
	sameReceipt(t, receipt, "Variant v1", "{variant_price_set v1 s1}")
	if got := s.liveLinks(t); got != "v1 s1" {
		t.Errorf("live links: %q", got)
	}
}
