package cli

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/linkgraph/linkgraph/internal/servertest"
)

// TestLinksFiles writes the links of a store to a file, and brings them back into it.
func TestLinksFiles(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	dir := t.TempDir()
	exec := func(sql string) {
		t.Helper()
		if _, err := db.Pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	exec(`
		INSERT INTO product_variant (id, title) SELECT 'v' || n, 'V' FROM generate_series(1, 3) AS n;
		INSERT INTO inventory_item (id) SELECT 'i' || n FROM generate_series(1, 3) AS n`)
	in := filepath.Join(dir, "links.csv")
	rows := "link,left,right,required_quantity\nproduct_variant_inventory_item,v1,i1,2\nproduct_variant_inventory_item,v2,i2,\nproduct_variant_inventory_item,v9,i3,1\n"
	if err := os.WriteFile(in, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	var out servertest.Log
	err := Run(t.Context(), []string{"links", "import", in, "--database-url", db.URL, "--batch", "2"}, &out, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "1 rows were rejected") {
		t.Errorf("a row names a variant that is not there: %v\n%s", err, &out)
	}
	rejects, err := os.ReadFile(filepath.Join(dir, "links.rejects.csv"))
	if err != nil || !strings.Contains(string(rejects), "v9") || !strings.Contains(string(rejects), "4") {
		t.Errorf("rejects: %v\n%s", err, rejects)
	}
	for _, format := range []string{"csv", "jsonl"} {
		file := filepath.Join(dir, "all."+format)
		command(t, "links", "export", file, "--database-url", db.URL)
		exec(`UPDATE product_variant_inventory_item SET deleted_at = now()`)
		if out := command(t, "links", "import", file, "--database-url", db.URL); !strings.Contains(out, "2 rows") {
			t.Errorf("%s: %s", format, out)
		}
		exec(
			`DO $$ BEGIN ASSERT (SELECT string_agg(variant_id || inventory_item_id || required_quantity, ' ' ORDER BY variant_id)
			FROM product_variant_inventory_item WHERE deleted_at IS NULL) = 'v1i12 v2i21'; END $$`,
		)
	}
	if out := command(
		t,
		"links",
		"export",
		"--link",
		"product_variant_inventory_item",
		"--database-url",
		db.URL,
	); strings.Count(
		out,
		"product_variant_inventory_item,v",
	) != 2 {
		t.Errorf("to the standard output:\n%s", out)
	}
	for _, args := range [][]string{{"export", "--link", "product_variant"}, {"import", in, "--link", "product_variant"}, {"import", filepath.Join(dir, "links.xls")}} {
		err := Run(
			t.Context(),
			append(append([]string{"links"}, args...), "--database-url", db.URL),
			io.Discard,
			io.Discard,
		)
		if err == nil {
			t.Errorf("%v is accepted", args)
		}
	}
}
