package linkstore_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/linkgraph/linkgraph/linkstore"
)

// TestRequiredColumns makes links with a column that is NOT NULL and has no default, and with one whose default is the empty
// text. Tables of other programs have such columns too.
func TestRequiredColumns(t *testing.T) {
	t.Parallel()
	d := productChannel()
	d.Columns = []linkstore.Column{
		{Name: "amount", Type: linkstore.Decimal, NotNull: true},
		{Name: "note", Type: linkstore.Text, NotNull: true, EmptyDefault: true},
	}
	for _, table := range []string{"ours", "another program's"} {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			pool := emptyDB(t)
			if table != "ours" {
				run(t, pool, foreignTable("timestamptz")+`; DELETE FROM product_channel;
					ALTER TABLE product_channel ADD COLUMN amount numeric(10,0) NOT NULL, ADD COLUMN note text NOT NULL`)
			} else {
				run(
					t,
					pool,
					`INSERT INTO product (id) VALUES ('p1'), ('p2'); INSERT INTO channel (id) VALUES ('c1'), ('c2')`,
				)
			}
			s := oneLink(t, pool, d)
			if _, err := s.Sync(t.Context(), linkstore.Safe); err != nil {
				t.Fatal(err)
			}
			link := func(right string, data map[string]any) linkstore.Item {
				return linkstore.Item{Link: d.Name, Left: "p1", Right: right, Data: data}
			}
			create := func(items ...linkstore.Item) ([]linkstore.CreateResult, error) {
				return s.Create(t.Context(), items, linkstore.CreateOptions{})
			}
			full := map[string]any{"amount": "3"}

			_, err := create(link("c1", full), link("c2", nil))
			var invalid *linkstore.InvalidError
			var item *linkstore.ItemError
			if !errors.As(err, &invalid) || invalid.Field != "amount" || !errors.As(err, &item) || item.Index != 1 {
				t.Fatalf("without a value: %v", err)
			}
			if !strings.Contains(err.Error(), "amount: is missing: a new link of product_channel needs a value") {
				t.Errorf("message: %v", err)
			}
			results, err := create(link("c1", full))
			if err != nil || results[0].Outcome != linkstore.Created || results[0].Link.Data["amount"] != "3" ||
				results[0].Link.Data["note"] != "" {
				t.Fatalf("with a value: %+v, %v", results, err)
			}
			if results, err = create(link("c1", nil)); err != nil || results[0].Outcome != linkstore.Unchanged {
				t.Errorf("a live link keeps its value: %+v, %v", results, err)
			}
			if _, err := s.Dismiss(t.Context(), []linkstore.Item{link("c1", nil)}); err != nil {
				t.Fatal(err)
			}
			if results, err = create(link("c1", nil)); err != nil || results[0].Outcome != linkstore.Revived ||
				results[0].Link.Data["amount"] != "3" {
				t.Errorf("a revived link keeps its value: %+v, %v", results, err)
			}
			if _, err = create(link("c1", map[string]any{"amount": nil})); !errors.As(err, &invalid) ||
				invalid.Reason != "must not be null" {
				t.Errorf("null: %v", err)
			}
		})
	}
}

// TestUndeclaredColumnThatMustBeGiven has a table of another program with a required column that is not declared.
func TestUndeclaredColumnThatMustBeGiven(t *testing.T) {
	t.Parallel()
	pool := emptyDB(t)
	run(
		t,
		pool,
		foreignTable(
			"timestamptz",
		)+`; DELETE FROM product_channel; ALTER TABLE product_channel ADD COLUMN due date NOT NULL`,
	)
	d := productChannel()
	s := oneLink(t, pool, d)
	runSync(t, s, linkstore.Safe, linkstore.UpdateTable)
	_, err := s.Create(
		t.Context(),
		[]linkstore.Item{{Link: d.Name, Left: "p1", Right: "c1"}},
		linkstore.CreateOptions{},
	)
	var invalid *linkstore.InvalidError
	if !errors.As(err, &invalid) || invalid.Field != "due" ||
		!strings.Contains(invalid.Reason, "table product_channel has no default for it") {
		t.Errorf("got %v", err)
	}
}
