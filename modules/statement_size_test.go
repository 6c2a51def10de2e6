package modules_test

import (
	"errors"
	"testing"

	"linkgraph/modules"
)

// TestStatementSize refuses a statement that is longer than it may be before it is sent: the store has no database.
func TestStatementSize(t *testing.T) {
	catalog, err := modules.NewCatalog([]modules.Model{{
		Module: "m", Name: "Thing", Table: "thing", PrimaryKey: "id", Columns: []modules.Column{{Field: "id", Name: "id", Type: modules.Text}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	m, _ := catalog.Model("Thing")
	var many modules.Or
	for range 100 {
		many = append(many, modules.Compare{Column: 0, Op: modules.Eq, Value: "a"})
	}
	store := modules.New(nil, catalog, modules.Config{MaxStatement: 1000})
	err = store.Read(t.Context(), &modules.List{Model: m, Columns: []int{0}, Where: many, Page: &modules.Page{Limit: 1}})
	var size *modules.SizeError
	if !errors.Is(err, modules.ErrLimit) || !errors.As(err, &size) || size.Limit != 1000 || size.Asked <= 1000 {
		t.Errorf("%v", err)
	}
}
