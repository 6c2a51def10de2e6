package graph_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/transport"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/graph/internal/exec"
)

// introspect is the query that GraphiQL and code generators send.
const introspect = `query IntrospectionQuery {
  __schema {
    description queryType { name } mutationType { name } subscriptionType { name }
    types { ...FullType }
    directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } }
  }
}
fragment FullType on __Type {
  kind name description specifiedByURL isOneOf
  fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason }
  inputFields(includeDeprecated: true) { ...InputValue }
  interfaces { ...TypeRef }
  enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
  possibleTypes { ...TypeRef }
}
fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason }
fragment TypeRef on __Type {
  kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } }
}`

func answer(t testing.TB, h http.Handler, query string, variables map[string]any) string {
	t.Helper()
	return answerOf(t, h, query, "", variables)
}

// answerOf returns the answer to one of the operations of a document.
func answerOf(t testing.TB, h http.Handler, query, operation string, variables map[string]any) string {
	t.Helper()
	body := mustJSON(t, map[string]any{"query": query, "operationName": operation, "variables": variables})
	r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
	r.Header.Set("content-type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Body.String()
}

// generated is a handler that leaves introspection to the generated code.
func generated() http.Handler {
	s := handler.New(exec.NewExecutableSchema(exec.Config{}))
	s.AddTransport(transport.POST{})
	s.Use(extension.Introspection{})
	return s
}

func newHandler(t testing.TB) http.Handler {
	t.Helper()
	g, err := graph.New(nil, graph.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return g.Handler()
}

// TestIntrospection compares answers about the schema with those of the generated code, byte for byte: those that are
// resolved, and those that come from the cache. Documents that differ in their operation, alias or variables alone do
// not share an answer.
func TestIntrospection(t *testing.T) {
	t.Parallel()
	ours, theirs := newHandler(t), generated()
	for _, c := range []struct {
		query     string
		operation string
		variables map[string]any
	}{
		{query: introspect},
		{query: `{ __schema { __typename a: types { n: name ...F } types { kind } directives { args { defaultValue type { ofType { name } } } } } __typename } fragment F on __Type { possibleTypes { name } }`},
		{query: `query ($name: String!, $old: Boolean = false) { __type(name: $name) { fields(includeDeprecated: $old) { name args { name } } inputFields { name } interfaces { name } enumValues { name } possibleTypes { name } ofType { name } } }`, variables: map[string]any{"name": "Product"}},
		{query: `query ($name: String!) { __type(name: $name) { kind inputFields(includeDeprecated: true) { name defaultValue } enumValues { name description } } }`, variables: map[string]any{"name": "LinkInput"}},
		{query: `{ a: __type(name: "ProductStatus") { enumValues { name description isDeprecated deprecationReason } } b: __type(name: "Link") { possibleTypes { name } } c: __type(name: "Nothing") { name } d: __type(name: "String") { specifiedByURL isOneOf description } }`},
		{query: `query ($with: Boolean = false) { __schema { queryType { name } subscriptionType { name } types @include(if: $with) { name } description } }`},
		{query: `query ($with: Boolean = false) { __schema { queryType { name } subscriptionType { name } types @include(if: $with) { name } description } }`, variables: map[string]any{"with": true}},
		{query: `query ($name: String!, $old: Boolean = false) { __type(name: $name) { fields(includeDeprecated: $old) { name args { name } } inputFields { name } interfaces { name } enumValues { name } possibleTypes { name } ofType { name } } }`, variables: map[string]any{"name": "Order"}},
		{query: `query A { __schema { queryType { name } } } query B { __schema { mutationType { name } } }`, operation: "A"},
		{query: `query A { __schema { queryType { name } } } query B { __schema { mutationType { name } } }`, operation: "B"},
		{query: `mutation { __schema { queryType { name } } }`},
		{query: `{ __schema { nothing } }`},
	} {
		want := unescape(answerOf(t, theirs, c.query, c.operation, c.variables))
		for _, from := range []string{"resolved", "cached"} {
			got := answerOf(t, ours, c.query, c.operation, c.variables)
			if i := strings.Index(want, `,"extensions"`); i >= 0 && strings.HasPrefix(got, want[:i]) {
				continue // an error, to which ours gives a code
			}
			if got != want {
				t.Errorf("%.80s %s\n got %.400s\nwant %.400s", c.query, from, got, want)
			}
		}
	}
}

// TestIntrospectionAboveLimit asks twice for more than an answer may have: what was cut off is not cached.
func TestIntrospectionAboveLimit(t *testing.T) {
	t.Parallel()
	g, err := graph.New(nil, graph.Config{Limits: graph.Limits{MaxAnswer: 4000}})
	if err != nil {
		t.Fatal(err)
	}
	h := g.Handler()
	for range 2 {
		got := answer(t, h, `{ __schema { types { fields { name type { kind } args { name } } } } }`, nil)
		if strings.Count(got, `"LIMIT_EXCEEDED"`) != 1 || !strings.HasSuffix(got, `"__schema":null}}`) {
			t.Errorf("%.1000s", got)
		}
	}
}

// unescape undoes what gqlgen's own transport does for HTML, which ours has no use for.
func unescape(answer string) string {
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(answer)
}

// BenchmarkIntrospection answers the whole schema from the cache, and compares with the generated code alone.
func BenchmarkIntrospection(b *testing.B) {
	for name, h := range map[string]http.Handler{"Ours": newHandler(b), "Generated": generated()} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.SetBytes(int64(len(answer(b, h, introspect, nil))))
			}
		})
	}
}

func mustJSON(tb testing.TB, v any) []byte {
	tb.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return text
}
