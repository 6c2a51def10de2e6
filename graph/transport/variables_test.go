package transport

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
)

var testSchema = gqlparser.MustLoadSchema(&ast.Source{Input: `
	type Query { f(a: In, b: [In!]!, c: [[Int]], d: [ID!], e: [Color], f: Float, g: JSON, h: [JSON!], i: Int! = 3, k: [In]): Int }
	scalar JSON
	scalar Decimal
	scalar DateTime
	enum Color { RED GREEN }
	input In { id: ID! text: String = "x" needed: Int! = 4 n: Int f: Float b: Boolean d: Decimal t: DateTime color: Color any: JSON list: [String!] in: In ins: [In!] }
`})

// randomValue makes a value that mostly fits a type.
func randomValue(r *rand.Rand, t *ast.Type, depth int) any {
	one := func(of int) bool { return r.IntN(of) == 0 }
	switch {
	case one(25):
		return []any{
			nil, "x", json.Number("1"), json.Number("1.5"), json.Number("99999999999"), json.Number("1e400"), true,
			[]any{},
			map[string]any{},
			[]any{nil},
			[]any{"a"},
			map[string]any{"id": "a", "__typename": "In"},
			map[string]any{"other": json.Number("1")},
			"red", "RED",
		}[r.IntN(15)]
	case !t.NonNull && one(10):
		return nil
	case t.Elem != nil:
		if one(15) {
			return randomValue(r, t.Elem, depth)
		}
		list := make([]any, r.IntN(4))
		for i := range list {
			list[i] = randomValue(r, t.Elem, depth)
		}
		return list
	}
	def := testSchema.Types[t.NamedType]
	switch t.NamedType {
	case "Int":
		return []any{json.Number("0"), json.Number("-2147483648"), json.Number("7")}[r.IntN(3)]
	case "Float":
		return []any{json.Number("0"), json.Number("-1.5e3")}[r.IntN(2)]
	case "Boolean":
		return one(2)
	case "ID":
		return []any{"a", "", json.Number("12")}[r.IntN(3)]
	case "Color":
		return []any{"RED", "GREEN"}[r.IntN(2)]
	case "JSON":
		return []any{"a", json.Number("1"), map[string]any{"a": []any{json.Number("1")}}, []any{true, nil}}[r.IntN(4)]
	case "In":
		object := map[string]any{}
		for _, f := range def.Fields {
			if (f.Type.NonNull && !one(15)) || (depth > 0 && one(3)) {
				object[f.Name] = randomValue(r, f.Type, depth-1)
			}
		}
		return object
	}
	return "text"
}

// TestInputs compares what becomes of variables with what gqlparser makes of them.
func TestInputs(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	doc, err := parser.ParseQuery(
		&ast.Source{
			Input: `query Q($a: In, $b: [In!]!, $c: [[Int]], $d: [ID!], $e: [Color], $f: Float, $g: JSON, $h: [JSON!], $i: Int! = 3, $k: [In]) {
		f(a: $a, b: $b, c: $c, d: $d, e: $e, f: $f, g: $g, h: $h, i: $i, k: $k) }`,
		},
	)
	if err != nil {
		t.Fatal(err)
	}
	validator.Walk(testSchema, doc, &validator.Events{})
	op := doc.Operations[0]
	in := inputs{schema: testSchema}
	taken, stricter, refused := 0, 0, 0
	for n := range 30_000 {
		values := map[string]any{}
		for _, def := range op.VariableDefinitions {
			if def.Variable == "b" || r.IntN(8) == 0 {
				values[def.Variable] = randomValue(r, def.Type, 3)
			}
		}
		body, _ := json.Marshal(map[string]any{"variables": values})
		requests, _, no := parseBody(body, 0)
		if no != nil {
			t.Fatalf("%s: %s", body, no.message)
		}
		got, fault := in.read(op.VariableDefinitions, requests[0].variables)
		want, wantErr := validator.VariableValues(testSchema, op, values)
		switch {
		case fault == nil && wantErr != nil:
			t.Fatalf("%d: %s\nis taken, although %v", n, body, wantErr)
		case fault == nil:
			taken++
			if got, want := asText(got), asText(want); got != want {
				t.Fatalf("%d: %s\nis %s, want %s", n, body, got, want)
			}
		case wantErr == nil:
			stricter++
			if !strings.Contains(fault.Message, "cannot represent") &&
				!strings.Contains(fault.Message, "is not a value of") {
				t.Fatalf("%d: %s\nis refused: %v", n, body, fault)
			}
		default:
			refused++
		}
	}
	if taken < 10_000 || stricter < 100 || refused < 1000 {
		t.Errorf("%d requests were taken, %d refused by us alone, %d by both: too few", taken, stricter, refused)
	}
}

// asText is a value whatever its lists and numbers are in Go. gqlparser makes a number of a Float, and one list of a
// value that stands for a list of lists.
func asText(v any) string {
	b, _ := json.Marshal(v)
	return strings.NewReplacer("-1.5e3", "-1500", "[", "", "]", "").Replace(string(b))
}
