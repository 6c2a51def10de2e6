package main

import (
	"os"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

const storefrontModels = `
	type A @model(module: "a", table: "a", idPrefix: "a", key: "a_id") { id: ID! name: String code: String }
	type B @model(module: "a", table: "b", idPrefix: "b", key: "b_id") {
		id: ID! aId: ID a: A @belongsTo(column: "a_id", inverse: "bs") secret: String hidden: String @secret upId: ID up: B @belongsTo(column: "up_id", inverse: "down") texts: JSON }
	extend schema `

// declareStorefront reads stanzas over a schema of two models.
func declareStorefront(t *testing.T, stanzas string) (*spec, []*ast.Source, error) {
	t.Helper()
	var sources []*ast.Source
	for name, end := range map[string]string{"../../schema.graphqls": "# ---- The links between the modules", "../storefront.graphqls": "extend schema"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		before, _, _ := strings.Cut(string(text), end)
		if _, after, ok := strings.Cut(string(text), "interface Node {"); ok {
			before += "interface Node {" + after
		}
		sources = append(sources, &ast.Source{Name: name, Input: before})
	}
	sources = append(sources, &ast.Source{Name: "a.graphqls", Input: storefrontModels + stanzas})
	s, err := read(sources)
	return s, sources, err
}

// TestStorefrontFaults checks that the error for a mistake in a @storefront stanza names its position and the valid
// choices.
func TestStorefrontFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, stanzas, want string }{
		{"unknown model", `@storefront(model: "C", fields: ["id"])`, `"C" is not a model; did you mean A or B?`},
		{"a secret", `@storefront(model: "B", fields: ["id", "hidden"])`, "B.hidden is @secret"},
		{"twice", `@storefront(model: "A", fields: ["id"]) @storefront(model: "A", fields: ["id"])`, "A has two stanzas"},
		{"unknown field", `@storefront(model: "A", fields: ["id", "nam"])`, `A has no field "nam"; did you mean name?`},
		{"a column by its name", `@storefront(model: "B", fields: ["a_id"])`, `B has no field "a_id"`},
		{"leads out", `@storefront(model: "B", fields: ["id", "a"])`, "B.a leads to A, which storefronts do not see"},
		{"key of what is not there", `@storefront(model: "B", fields: ["id", "aId"])`, `B.aId holds keys of A, also of those that are not seen; show "a" instead`},
		{"key of what may be hidden", `@storefront(model: "A", fields: ["id"], where: { code: { eq: "x" } }) @storefront(model: "B", fields: ["aId"])`, "B.aId holds keys of A"},
		{"filter", `@storefront(model: "A", fields: ["id"], filter: ["name"])`, `A: "name" is not among its fields`},
		{"order", `@storefront(model: "A", fields: ["id"], orderBy: ["name"])`, `A: "name" is not among its fields`},
		{"above", `@storefront(model: "B", fields: ["id"], above: "a")`, `B: above: "a" is not a to-one relation of the model to itself`},
		{"above, of many", `@storefront(model: "B", fields: ["id"], above: "down")`, `B: above: "down" is not a to-one relation`},
		{"key of what has something hidden above", `@storefront(model: "B", fields: ["id", "upId"], above: "up")`, "B.upId holds keys of B"},
		{"keyed", `@storefront(model: "B", fields: ["id"], keyed: "secret", keyedBy: "aId")`, `B: keyed: "secret" and "aId" must be a JSON column of it, and a column`},
		{"keyed by nothing", `@storefront(model: "B", fields: ["id"], keyed: "texts")`, `B: keyed: "texts" and "" must be a JSON column`},
		{"key", `@storefront(model: "A", fields: ["id"], key: "bs")`, `"bs" is not a relation to ApiKey`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := declareStorefront(t, c.stanzas)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
		})
	}
}

// TestStorefrontConditions checks conditions, which are filters of types that are derived.
func TestStorefrontConditions(t *testing.T) {
	t.Parallel()
	const link = `@defineLink(name: "ab", idPrefix: "ab", left: { model: "A" }, right: { model: "B" }) `
	for _, c := range []struct{ where, want string }{
		{`{ nam: { eq: "x" } }`, `a.graphqls:5: storefront: B: where has no field "nam"`},
		{`{ secrt: { eq: "x" } }`, `storefront: B: where has no field "secrt"; did you mean secret?`},
		{`{ secret: { eqq: "x" } }`, `storefront: B: where.secret has no field "eqq"; did you mean eq`},
		{`{ secret: { eq: 1 } }`, `storefront: B: where.secret.eq: 1 is not a String`},
		{`{ a: { nme: { eq: "x" } } }`, `storefront: B: where.a has no field "nme"; did you mean name`},
		{`{ or: [{ x: { eq: "x" } }] }`, `storefront: B: where.or[0] has no field "x"`},
	} {
		s, _, err := declareStorefront(t, link+`@storefront(model: "B", fields: ["id"], where: `+c.where+`)`)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.checkWheres(s.sources("gen")); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v\nwant %s", c.where, err, c.want)
		}
	}
	s, _, err := declareStorefront(
		t,
		link+`@storefront(model: "B", fields: ["id"], where: { secret: { in: ["x"] }, a: { isNull: false } })`,
	)
	if err == nil {
		err = s.checkWheres(s.sources("gen"))
	}
	if err != nil {
		t.Error(err)
	}
}

// TestStorefrontSchema checks the schema that stanzas give.
func TestStorefrontSchema(t *testing.T) {
	t.Parallel()
	s, sources, err := declareStorefront(t, `
		@storefront(model: "A", fields: ["id", "name", "bs"], filter: ["id"], orderBy: ["name"])
		@storefront(model: "B", fields: ["id", "a", "aId"], nested: true)`)
	if err != nil {
		t.Fatal(err)
	}
	text, err := s.storefrontSchema(sources)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"type A implements Node {", "type B {", "input AFilter {", "  as(\n", "  bs(\n", "  aId: ID\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("the schema lacks %q:\n%s", want, text)
		}
	}
	for _, never := range []string{"code", "secret", "mutation", "Mutation", "LinkName", "@model", "  b(id", "JSON"} {
		if strings.Contains(text, never) {
			t.Errorf("the schema has %q", never)
		}
	}
}
