package recordstore_test

import (
	"strings"
	"testing"

	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// TestMissingIsExplained names the migration at fault.
func TestMissingIsExplained(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		missing recordstore.Missing
		want    string
	}{
		{
			recordstore.Missing{Module: "product", Model: "Product", Table: "product", Columns: []string{"shade"}},
			"table product has no column shade, and no migration of module product creates it: add one to modules/product/migrations",
		},
		{
			recordstore.Missing{Module: "product", Model: "Toy", Table: "toy"},
			"model Toy: table toy is not in the database, and no migration of module product creates it",
		},
		{
			recordstore.Missing{Module: "product", Model: "Product", Table: "product", Columns: []string{"handle"}},
			"modules/product/migrations/00001_product.sql creates it",
		},
	} {
		if err := c.missing.Explain(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v\nwant %s", err, c.want)
		}
	}
	if err := (recordstore.Missing{Module: "blog", Model: "Post", Table: "post"}).Explain(); err != nil {
		t.Errorf("a module without migrations: %v", err)
	}
}
