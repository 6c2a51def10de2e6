package graph

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
)

// FuzzPlainRequest compares requests that are read in one pass with what encoding/json reads.
func FuzzPlainRequest(f *testing.F) {
	for _, seed := range []string{
		`{"query":"{ a }","variables":{"a":[1,2.5e3,null,{"b":"c\n"}],"a":2},"operationName":null,"documentId":"x","extensions":{"p":{"q":1}},"more":[{}]}`,
		`{"query":null}`, `{"query":"a","query":"b"}`, `{"variables":null,"extensions":null}`, `{"variables":[]}`, `{"variables":"x"}`, `{"extensions":1}`,
		`{"operationName":1}`, `{} `, ` {"a":{}} x`, `{"variables":{"a":tru}}`, `{"query":"\u00e9\ud800"}`, `null`, `[]`, ``,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return // refused before
		}
		plain, ok := plainRequest(text)
		if !ok {
			return
		}
		want, no := parseObject([]byte(text))
		if no != nil {
			t.Fatalf("%q is taken, although %s", text, no.message)
		}
		got := *plain
		got.variables = variables{}
		if len(plain.variables.written) > 0 {
			got.variables.read = map[string]any{}
		} else if len(want.variables.read) == 0 {
			want.variables.read = nil
		}
		for _, v := range plain.variables.written {
			got.variables.read[v.name], _ = plain.variables.value(v.name)
		}
		if !reflect.DeepEqual(&got, want) {
			t.Fatalf("%q is\n%#v, want\n%#v", text, got, *want)
		}
	})
}

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
			nil, "x", json.Number("1"), json.Number("1.5"), json.Number("99999999999"), json.Number("1e400"), true, []any{}, map[string]any{}, []any{nil}, []any{"a"},
			map[string]any{"id": "a", "__typename": "In"}, map[string]any{"other": json.Number("1")}, "red", "RED",
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

// TestInputs compares what becomes of variables with what the two checks make of them that look at all of every value.
func TestInputs(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	doc, err := parser.ParseQuery(&ast.Source{Input: `query Q($a: In, $b: [In!]!, $c: [[Int]], $d: [ID!], $e: [Color], $f: Float, $g: JSON, $h: [JSON!], $i: Int! = 3, $k: [In]) {
		f(a: $a, b: $b, c: $c, d: $d, e: $e, f: $f, g: $g, h: $h, i: $i, k: $k) }`})
	if err != nil {
		t.Fatal(err)
	}
	validator.Walk(testSchema, doc, &validator.Events{})
	op := doc.Operations[0]
	in := inputs{schema: testSchema}
	kept, failed := 0, 0
	for n := range 30_000 {
		values := map[string]any{}
		for _, def := range op.VariableDefinitions {
			if def.Variable == "b" || r.IntN(8) == 0 {
				values[def.Variable] = randomValue(r, def.Type, 3)
			}
		}
		body, _ := json.Marshal(map[string]any{"variables": values})
		wantValues, wantErr := fullCheck(op, readVariables(t, body))
		plain, ok := plainRequest(string(body))
		if !ok {
			t.Fatalf("%s is not taken", body)
		}
		got, fault := in.read(op, &plain.variables)
		var gotErr error
		var gotValues map[string]any
		if fault != nil {
			gotErr = fault
		} else if gotValues, gotErr = validator.VariableValues(testSchema, op, got.values); gotErr == nil {
			for name, v := range got.kept {
				gotValues[name] = v
				kept++
			}
		}
		if gotErr != nil {
			failed++
		}
		if fmt.Sprint(gotErr) != fmt.Sprint(wantErr) && (!unordered(gotErr) || !unordered(wantErr)) {
			t.Fatalf("%d: %s\nfails with %v, want %v", n, body, gotErr, wantErr)
		}
		if gotErr == nil && !reflect.DeepEqual(gotValues, wantValues) {
			t.Fatalf("%d: %s\nis %#v, want %#v", n, body, gotValues, wantValues)
		}
	}
	if kept < 10_000 || failed < 3000 {
		t.Errorf("%d values were kept, %d requests failed: too few", kept, failed)
	}
}

// unordered reports whether an error is one of several that gqlparser chooses from as maps go.
func unordered(err error) bool { return err != nil && strings.Contains(err.Error(), "unknown field") }

func readVariables(t *testing.T, body []byte) map[string]any {
	req, no := parseObject(body)
	if no != nil {
		t.Fatal(no.message)
	}
	return req.variables.read
}

// fullCheck checks all of every value, and then has gqlparser do so.
func fullCheck(op *ast.OperationDefinition, values map[string]any) (map[string]any, error) {
	check := coercion{schema: testSchema}
	for _, def := range op.VariableDefinitions {
		if v, given := values[def.Variable]; given {
			if err := check.variable(def, v); err != nil {
				return nil, err
			}
		}
	}
	return validator.VariableValues(testSchema, op, values)
}
