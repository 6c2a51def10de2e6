package cli

import (
	"strings"
	"testing"

	"github.com/linkgraph/linkgraph/internal/pgtest"
)

// TestMissingTable removes a table and columns that migrations have made. A server that would answer with nothing for them
// does not start.
func TestMissingTable(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	if out, err := try(t, "migrate", "--database-url", db.URL); err != nil {
		t.Fatalf("%s\n%v", out, err)
	}
	if _, err := db.Pool.Exec(t.Context(), `
		DROP TABLE currency;
		ALTER TABLE product DROP COLUMN subtitle;
		ALTER TABLE product_option DROP COLUMN title CASCADE`); err != nil {
		t.Fatal(err)
	}
	_, err := try(t, "serve", "--addr", "127.0.0.1:0", "--database-url", db.URL)
	for _, want := range []string{
		"model Currency: table currency is not in the database; modules/currency/migrations/00001_currency.sql creates it",
		"model Product: table product has no column subtitle; modules/product/migrations/00001_product.sql creates it",
		"model ProductOption: table product_option has no column title; modules/product/migrations/",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v\nwant %s", err, want)
		}
	}
	readOnly := serve(t, "--read-only", "--database-url", db.URL)
	if got := readOnly.post(
		t,
		`{ currencies { totalCount } products { nodes { subtitle } } }`,
	); strings.Contains(
		got,
		"errors",
	) {
		t.Errorf("read-only: %s", got)
	}
	if log := readOnly.log.String(); !strings.Contains(log, "level=WARN") || !strings.Contains(log, "table=currency") {
		t.Errorf("the log says %s", log)
	}
	if err := readOnly.stop(); err != nil {
		t.Error(err)
	}
}
