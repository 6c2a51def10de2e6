package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

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
		{"unknown model", `extend schema @defineLink(name: "l", idPrefix: "l", left: { model: "A", field: "x" }, right: { model: "C" })`, `"C" is not a model; did you mean A or B?`},
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
		{"default of a link", `extend schema @defineLink(name: "l", idPrefix: "l", left: { model: "A" }, right: { model: "B" }
			columns: [{ name: "n", type: "Int", default: "two" }])`, `m.graphqls:5: link l: column n: the default "two" is not an Int`},
		{"default", `type C @model(module: "c", table: "c") { id: ID!
			on: Boolean @default(value: "yes") }`, `m.graphqls:5: C.on: the default "yes" is not a Boolean`},
		{"default of an enum", `enum E { OPEN SHUT } type C @model(module: "c", table: "c") { id: ID! e: E @default(value: "opn") }`, `m.graphqls:4: C.e: the default "opn" is not an E; did you mean open?`},
		{"least value of a text", `type C @model(module: "c", table: "c") { id: ID!
			x: String @min(value: 0) }`, `m.graphqls:5: C.x: @min is for Int, Float and Decimal; this field is a String`},
		{"least value that is none", `type C @model(module: "c", table: "c") { id: ID! x: Int @min(value: "zero") }`, `m.graphqls:4: C.x: @min: "zero" is not a decimal number, such as 0`},
		{"no least value", `type C @model(module: "c", table: "c") { id: ID! x: Int @min }`, `m.graphqls:4: @min: value is missing`},
		{"default below the least value", `type C @model(module: "c", table: "c") { id: ID! x: Int @default(value: "-1") @min(value: 0) }`, `m.graphqls:4: C.x: the default "-1" is less than @min, which is 0`},
		{"currency of a number", `type C @model(module: "c", table: "c") { id: ID! x: Int @currency }`, `m.graphqls:4: C.x: @currency is for String and ID; this field is an Int`},
		{"misspelled currency", `type C @model(module: "c", table: "c") { id: ID! x: String @curency }`, `m.graphqls:4: there is no directive @curency; did you mean @currency?`},
		{"plural", `type C @model(module: "c", table: "c", plural: "the cs") { id: ID! }`, `m.graphqls:4: model C: the plural "the cs" is no field name`},
		{"two links, one field", `extend schema
			@defineLink(name: "l", idPrefix: "l", left: { model: "A", field: "b" }, right: { model: "B" })
			@defineLink(name: "k", idPrefix: "k", left: { model: "A", field: "b" }, right: { model: "B" })`, `m.graphqls:6: A.b is declared twice: by the link l (m.graphqls:5) and by the link k`},
		{"name of a link", `extend schema @defineLink(name: "a-b", idPrefix: "l", left: { model: "A" }, right: { model: "B" })`, `m.graphqls:4: link "a-b": a name is in snake_case`},
		{"field of a link", `extend schema @defineLink(name: "l", idPrefix: "l", left: { model: "A", field: "b c" }, right: { model: "B" })`, `m.graphqls:4: A: the relation "b c" is no field name`},
		{"isLst", `extend schema @defineLink(name: "l", idPrefix: "l"
			left: { model: "A", field: "b"
				isLst: true }, right: { model: "B" })`, `m.graphqls:6: @defineLink l: left has no field "isLst"; did you mean isList?`},
		{"text for a flag", `extend schema @defineLink(name: "l", idPrefix: "l", left: { model: "A", isList: "true" }, right: { model: "B" })`, `m.graphqls:4: @defineLink l: left.isList: "true" is not a Boolean`},
		{"text for an end", `extend schema @defineLink(name: "l", idPrefix: "l", left: "A", right: { model: "B" })`, `left: "A" is not an object`},
		{"no model of an end", `extend schema @defineLink(name: "l", idPrefix: "l", left: { field: "x" }, right: { model: "B" })`, `@defineLink l: left: model is missing`},
		{"directive", `type C @modul(module: "c", table: "c") { id: ID! }`, `m.graphqls:4: there is no directive @modul; did you mean @model?`},
		{"place", `type C @model(module: "c", table: "c") @secret { id: ID! }`, `@secret does not go here: it is for field definition`},
		{"twice on a field", `type C @model(module: "c", table: "c") { id: ID! x: String @readOnly @readOnly }`, `@readOnly is given twice`},
		{"given twice", `type C @model(module: "c", table: "c", table: "d") { id: ID! }`, `@model: table is given twice`},
		{"missing", `type C @model(module: "c") { id: ID! }`, `@model: table is missing`},
		{"near a column", `extend schema @defineLink(name: "l", readOnly: "aaId", left: { model: "B" }, right: { model: "A" })`, `"aaId" is not a column of B; did you mean aId, a_id, or id?`},
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

// TestMisspelledArguments misspells every argument of every directive once, and every field of the inputs that they take.
func TestMisspelledArguments(t *testing.T) {
	t.Parallel()
	var sources []*ast.Source
	for _, name := range []string{"../../schema.graphqls", "../storefront.graphqls"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		directives, _, _ := strings.Cut(string(text), "\nextend schema")
		sources = append(sources, &ast.Source{Name: name, Input: directives})
	}
	doc, err := parser.ParseSchemas(sources...)
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	refuses := func(schema, want string) {
		t.Helper()
		tried++
		_, err := read(append(slices.Clone(sources), &ast.Source{Name: "m.graphqls", Input: schema}))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\ngot %v\nwant %s", schema, err, want)
		}
	}
	for _, def := range doc.Directives {
		for _, arg := range def.Arguments {
			wrong := arg.Name + "x"
			use := fmt.Sprintf("@%s(%s: 1)", def.Name, wrong)
			schema := map[ast.DirectiveLocation]string{
				ast.LocationObject:          "type C %s { id: ID! }",
				ast.LocationSchema:          "extend schema %s",
				ast.LocationFieldDefinition: "type C { id: ID! %s }",
			}[def.Locations[0]]
			refuses(
				"\n"+fmt.Sprintf(schema, use),
				fmt.Sprintf("m.graphqls:2: @%s has no argument %q; did you mean %s", def.Name, wrong, arg.Name),
			)
			input := doc.Definitions.ForName(arg.Type.Name())
			if input == nil || input.Kind != ast.InputObject {
				continue
			}
			for _, f := range input.Fields {
				wrong := f.Name + "x"
				refuses(
					"\n"+fmt.Sprintf(schema, fmt.Sprintf("@%s(%s: { %s: 1 })", def.Name, arg.Name, wrong)),
					fmt.Sprintf(
						"m.graphqls:2: @%s: %s has no field %q; did you mean %s",
						def.Name,
						arg.Name,
						wrong,
						f.Name,
					),
				)
			}
		}
	}
	if tried < 50 {
		t.Errorf("only %d were tried", tried)
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
