package graph_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"linkgraph/graph"
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

// TestIntrospectionIsCached asks twice, and asks something else in between: each answer is that of its own query.
func TestIntrospectionIsCached(t *testing.T) {
	t.Parallel()
	g, err := graph.New(nil, graph.Config{})
	if err != nil {
		t.Fatal(err)
	}
	h := g.Handler()
	ask := func(query string, variables map[string]any) string {
		body := mustJSON(t, map[string]any{"query": query, "variables": variables})
		r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
		r.Header.Set("content-type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Body.String()
	}
	whole := ask(introspect, nil)
	const one = `query ($name: String!) { __type(name: $name) { name kind } }`
	for name, want := range map[string]string{
		"Product": `{"data":{"__type":{"name":"Product","kind":"OBJECT"}}}`,
		"Link":    `{"data":{"__type":{"name":"Link","kind":"INTERFACE"}}}`,
	} {
		for range 2 {
			if got := ask(one, map[string]any{"name": name}); got != want {
				t.Errorf("%s: %s", name, got)
			}
		}
	}
	if again := ask(introspect, nil); again != whole || !strings.Contains(whole, `"ProductVariantPriceSet"`) {
		t.Errorf("the second answer differs: %d and %d bytes", len(whole), len(again))
	}
	if got := ask(`{ __schema { nothing } }`, nil); !strings.Contains(got, "Cannot query field") {
		t.Error(got)
	}
}

// BenchmarkIntrospection answers the whole schema: the first time a server is asked, and later.
func BenchmarkIntrospection(b *testing.B) {
	ask := func(b *testing.B, h http.Handler) int {
		body := string(mustJSON(b, map[string]string{"query": introspect}))
		r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body))
		r.Header.Set("content-type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK || strings.Contains(w.Body.String()[:20], "errors") {
			b.Fatal(w.Code, w.Body.String()[:200])
		}
		return w.Body.Len()
	}
	newHandler := func(b *testing.B) http.Handler {
		g, err := graph.New(nil, graph.Config{})
		if err != nil {
			b.Fatal(err)
		}
		return g.Handler()
	}
	b.Run("First", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			h := newHandler(b)
			b.StartTimer()
			b.SetBytes(int64(ask(b, h)))
		}
	})
	b.Run("Later", func(b *testing.B) {
		h := newHandler(b)
		ask(b, h)
		for b.Loop() {
			b.SetBytes(int64(ask(b, h)))
		}
	})
}

func mustJSON(tb testing.TB, v any) []byte {
	tb.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return text
}
