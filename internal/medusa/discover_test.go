package medusa_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/internal/medusa"
	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

var update = flag.Bool("update", false, "write the declarations of the golden file")

// catalogs returns a small part of what a shop declares.
func catalogs(t *testing.T) (*linkstore.Catalog, *recordstore.Catalog) {
	t.Helper()
	column := func(name string) recordstore.Column {
		return recordstore.Column{Name: name, Field: name, NotNull: true}
	}
	records, err := recordstore.NewCatalog([]recordstore.Model{
		{
			Name:       "Product",
			Module:     "product",
			Table:      "product",
			PrimaryKey: "id",
			Key:        "product_id",
			Columns:    []recordstore.Column{column("id"), column("posts")},
		},
		{
			Name:       "ProductVariant",
			Module:     "product",
			Table:      "product_variant",
			PrimaryKey: "id",
			Key:        "variant_id",
			Columns:    []recordstore.Column{column("id")},
		},
		{Name: "Bin", Module: "product", Table: "bin", PrimaryKey: "id", Key: "bin_id", Columns: []recordstore.Column{
			{
				Name:    "id",
				Field:   "id",
				NotNull: true,
				Parts:   []string{"aisle", "number"},
			},
			column("aisle"),
			column("number"),
		}},
		{
			Name:       "Note",
			Module:     "notes",
			Table:      "note",
			PrimaryKey: "id",
			Key:        "note_id",
			Columns:    []recordstore.Column{column("id")},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	links, err := linkstore.NewCatalog([]linkstore.Model{
		{Module: "product", Name: "Product", Table: "product", Key: "product_id"},
		{Module: "notes", Name: "Note", Table: "note", Key: "note_id"},
	}, []linkstore.Definition{{Name: "product_note", IDPrefix: "x", Left: linkstore.End{Model: "Product"}, Right: linkstore.End{Model: "Note"}}})
	if err != nil {
		t.Fatal(err)
	}
	return links, records
}

// discover runs Discover on a database made by the SQL, in a read-only transaction: it changes nothing.
func discover(t *testing.T, sql string) (got string) {
	t.Helper()
	db := pgtest.New(t)
	if _, err := db.Pool.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
	links, records := catalogs(t)
	err := pgx.BeginTxFunc(t.Context(), db.Pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) (err error) {
		got, err = medusa.Discover(t.Context(), tx, links, records)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// account is the table in which Medusa lists its link tables.
const account = `
	CREATE TABLE link_module_migrations (
		id serial PRIMARY KEY, table_name varchar(255) NOT NULL UNIQUE, link_descriptor jsonb NOT NULL DEFAULT '{}', created_at timestamp DEFAULT now());`

// TestNothingToDeclare expects one line for a database that is not Medusa's, and for one whose links are all declared.
func TestNothingToDeclare(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		"no account": `CREATE TABLE product_post (product_id text, post_id text, PRIMARY KEY (product_id, post_id))`,
		"declared":   account + `CREATE TABLE product_note (id text); INSERT INTO link_module_migrations (table_name) VALUES ('product_note')`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := discover(t, sql); got != "# every link table that Medusa knows of is declared\n" {
				t.Errorf("printed:\n%s", got)
			}
		})
	}
}

// TestDeclarations compares the declarations of tables of many kinds with a golden file.
func TestDeclarations(t *testing.T) {
	t.Parallel()
	sql, err := os.ReadFile("testdata/tables.sql")
	if err != nil {
		t.Fatal(err)
	}
	const file = "testdata/declarations.txt"
	got := discover(t, account+string(sql))
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("run with -update if this is right (-want +got):\n%s", diff)
	}
}
