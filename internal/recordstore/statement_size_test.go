package recordstore_test

import (
	"errors"
	"testing"

	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// TestStatementSize refuses a statement that is longer than it may be before it is sent: the store has no database.
func TestStatementSize(t *testing.T) {
	catalog, err := recordstore.NewCatalog([]recordstore.Model{
		{
			Module:     "m",
			Name:       "Thing",
			Table:      "thing",
			PrimaryKey: "id",
			Columns:    []recordstore.Column{{Field: "id", Name: "id", Type: recordstore.Text}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	m, _ := catalog.Model("Thing")
	var many recordstore.Or
	for range 100 {
		many = append(many, recordstore.Compare{Column: 0, Op: recordstore.Eq, Value: "a"})
	}
	store := recordstore.New(nil, catalog, recordstore.Config{MaxStatement: 1000})
	err = store.Read(
		t.Context(),
		&recordstore.List{Model: m, Columns: []int{0}, Where: many, Page: &recordstore.Page{Limit: 1}},
	)
	var size *recordstore.LimitError
	if !errors.Is(err, recordstore.ErrLimit) || !errors.As(err, &size) || size.Limit != 1000 || size.Asked <= 1000 {
		t.Errorf("%v", err)
	}
}
