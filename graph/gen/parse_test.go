package main

import (
	"os"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/linkgraph/linkgraph/internal/naming"
)

// TestFaults checks that the error for a mistake in a declaration names its position and the valid choices.
func TestFaults(t *testing.T) {
	t.Parallel()
	root, err := os.ReadFile("../../schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	directives, _, _ := strings.Cut(string(root), "# ---- The links between the modules")
	const models = `
		type A @model(module: "a", table: "a", idPrefix: "a", key: "a_id") { id: ID! name: String code: String }
		type B @model(module: "b", table: "b", idPrefix: "b", key: "b_id") { id: ID! aId: ID }
	`
	for _, c := range []struct{ name, schema, want string }{
		{"unknown model", `extend schema @defineLink(name: "l", idPrefix: "l", left: { model: "A", field: "x" }, right: { model: "C" })`, `"C" is not a model; the models are A, B`},
		{"no prefix", `extend schema @defineLink(name: "l", left: { model: "A" }, right: { model: "B" })`, "`idPrefix` is missing"},
		{"field taken", `extend schema @defineLink(name: "l", idPrefix: "l", left: { model: "A", field: "name" }, right: { model: "B" })`, "A.name is declared twice"},
		{"same keys", `extend schema @defineLink(name: "l", idPrefix: "l", left: { model: "A" }, right: { model: "A" })`, "both ends are called \"a_id\""},
		{"no column", `extend schema @defineLink(name: "l", readOnly: "c_id", left: { model: "B" }, right: { model: "A" })`, `"c_id" is not a column of B`},
		{"column type", `extend schema @defineLink(name: "l", idPrefix: "l", left: { model: "A" }, right: { model: "B" }, columns: [{ name: "n", type: "Number" }])`, `"Number" is not a column type`},
		{"twice", `extend schema @defineLink(name: "l", idPrefix: "l", left: { model: "A" }, right: { model: "B" }) @defineLink(name: "l", idPrefix: "l", left: { model: "A" }, right: { model: "B" })`, "link l is declared twice"},
		{"other module", `type C @model(module: "c", table: "c") { id: ID! aId: ID a: A @belongsTo(column: "a_id") }`, "modules do not know each other, so declare a link"},
		{"store column", `type C @model(module: "c", table: "c") { id: ID! deletedAt: DateTime @column(name: "gone") }`, `the store keeps deleted_at under that name alone; declare "gone" as a field of another name`},
		{"field of filters", `type C @model(module: "c", table: "c") { id: ID! isNull: Boolean }`, "C.isNull is declared twice: by the filters and by a column"},
		{"link's name", `extend schema @defineLink(name: "l", idPrefix: "l", left: { model: "A" }, right: { model: "B" }, columns: [{ name: "name", type: "String" }])`, "L.name is declared twice: by every link and by a column"},
		{"required with default", `extend schema @defineLink(name: "l", idPrefix: "l", left: { model: "A" }, right: { model: "B" }, columns: [{ name: "n", type: "Int", default: "1", required: true }])`, "a column with a default is not required"},
		{"empty default", `extend schema @defineLink(name: "l", idPrefix: "l", left: { model: "A" }, right: { model: "B" }, columns: [{ name: "n", type: "Int", default: "" }])`, `"" is not a valid Int`},
		{"list column", `type C @model(module: "c", table: "c") { id: ID! names: [String] }`, "a column holds one value"},
		{"no primary key", `type C @model(module: "c", table: "c") { name: String }`, `no field "id" for its primary key`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := read(
				[]*ast.Source{
					{Name: "schema.graphqls", Input: directives},
					{Name: "m.graphqls", Input: models + c.schema},
				},
			)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for singularName, want := range map[string]string{
		"product": "products", "productCategory": "productCategories", "stockLocationAddress": "stockLocationAddresses",
		"currency": "currencies", "apiKey": "apiKeys", "tax": "taxes", "day": "days",
	} {
		if got := naming.Plural(singularName); got != want {
			t.Errorf("naming.Plural(%q) = %q, want %q", singularName, got, want)
		}
		if got := naming.Singular(want); got != singularName {
			t.Errorf("naming.Singular(%q) = %q, want %q", want, got, singularName)
		}
	}
	if got := naming.Snake("productVariantPriceSet"); got != "product_variant_price_set" {
		t.Errorf("snake: %q", got)
	}
}
