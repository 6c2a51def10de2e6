package graph_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/graph/transport"
)

// TestDocumentLimits sets each limit low and goes one beyond it.
func TestDocumentLimits(t *testing.T) {
	t.Parallel()
	a := newAPI(t, newDemoDB(t), graph.Config{})
	for _, c := range []struct {
		name           string
		limits         transport.DocumentLimits
		within, beyond string
		want           string
	}{
		{"bytes", transport.DocumentLimits{Bytes: 14}, `{ __typename }`, `{  __typename }`, "bytes of the document: 15 is above the limit of 14"},
		{"tokens", transport.DocumentLimits{Tokens: 3}, `{ __typename }`, `{ __typename __typename }`, "tokens of the document: there are more than the limit of 3"},
		{"aliases", transport.DocumentLimits{Aliases: 1}, `{ a: __typename }`, `{ a: __typename ... { b: __typename } }`, "aliases of the document: 2 is above the limit of 1"},
		{"root fields", transport.DocumentLimits{RootFields: 2}, `{ __typename a: __typename }`, `{ __typename ...F } fragment F on Query { a: __typename b: __typename }`, "root fields of the operation: 3 is above the limit of 2"},
		{"directives", transport.DocumentLimits{Directives: 1}, `{ __typename @skip(if: false) }`, `{ __typename @skip(if: false) @include(if: true) }`, "directives of the document: 2 is above the limit of 1"},
		{"fragments", transport.DocumentLimits{Fragments: 1}, `{ ...F } fragment F on Query { __typename }`, `{ ...F } fragment F on Query { ...G } fragment G on Query { __typename }`, "fragments of the document: 2 is above the limit of 1"},
		{"spreads", transport.DocumentLimits{Spreads: 1}, `{ ...F } fragment F on Query { __typename }`, `{ ...F ...F } fragment F on Query { __typename }`, "fragment spreads of the document: 2 is above the limit of 1"},
		{"fields", transport.DocumentLimits{Fields: 3}, `{ ...F __typename } fragment F on Query { a: __typename b: __typename }`, `{ ...F ...F } fragment F on Query { a: __typename b: __typename }`, "fields of the operation with all fragments: 4 is above the limit of 3"},
		{"repeats", transport.DocumentLimits{Repeats: 2}, `{ a: __typename a: __typename }`, `{ a: __typename ...F ...F } fragment F on Query { a: __typename }`, "fields of one name in the document: 3 is above the limit of 2"},
	} {
		e := newEndpointOf(t, a, graph.HTTP{Documents: c.limits})
		if got := e.call(t, call{body: asJSON(c.within)}); strings.Contains(got.body, "errors") {
			t.Errorf("%s, within: %s", c.name, got.body)
		}
		got := e.call(t, call{body: asJSON(c.beyond), headers: map[string]string{"Accept": newer}})
		if got.status != 400 || !strings.Contains(got.body, c.want) || !strings.Contains(got.body, `"LIMIT_EXCEEDED"`) {
			t.Errorf("%s, beyond: got %d %s\nwant %s", c.name, got.status, got.body, c.want)
		}
	}
}

// TestBombs sends short documents that are large, and large ones that are dull: each is refused before it costs much.
func TestBombs(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, graph.HTTP{})
	var doubling strings.Builder
	for i := range 60 {
		fmt.Fprintf(
			&doubling,
			"fragment F%d on Product { a: type { products { nodes { ...F%d } } } b: type { products { nodes { ...F%d } } } } ",
			i,
			i+1,
			i+1,
		)
	}
	many := func(n int, text func(int) string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(text(i))
		}
		return b.String()
	}
	for name, query := range map[string]string{
		"fragments that double": `{ products { nodes { ...F0 } } } ` + doubling.String() + "fragment F60 on Product { id }",
		"fragments in a circle": `{ products { nodes { ...A } } } fragment A on Product { ...B } fragment B on Product { ...A ...A }`,
		"copies of a field":     `{ products { nodes { ` + strings.Repeat("id ", 14_000) + `} } }`,
		"copies in fragments": `{ products { nodes { ` + many(190, func(i int) string { return fmt.Sprintf("...F%d ", i) }) + `} } }` + many(190, func(i int) string {
			return fmt.Sprintf("fragment F%d on Product { %s } ", i, strings.Repeat("id ", 60))
		}),
		"inline fragments nested":   `{ products { nodes { ` + strings.Repeat("... on Product { id title ", 450) + strings.Repeat("}", 450) + ` } } }`,
		"fields that are not there": `{ ` + many(7000, func(i int) string { return fmt.Sprintf("product%d ", i) }) + `}`,
		"nested":                    strings.Repeat("{ a ", 900) + strings.Repeat("}", 900),
		"nested values":             `{ products(filter: { and: ` + strings.Repeat("[", 900) + strings.Repeat("]", 900) + ` }) { totalCount } }`,
		"directives":                `{ __typename ` + strings.Repeat("@skip(if: false) ", 2000) + `}`,
		"unclosed":                  strings.Repeat("{", 100_000),
		"a comment":                 "{ __typename } #" + strings.Repeat("x", 300_000),
	} {
		start := time.Now()
		got := e.call(t, call{body: asJSON(query), headers: map[string]string{"Accept": newer}})
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s took %s", name, took)
		}
		if got.status != 400 || len(got.body) > 20_000 {
			t.Errorf("%s: %d, %d bytes: %.300s", name, got.status, len(got.body), got.body)
		}
		checkAnswer(t, got)
	}
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func persistedBody(t *testing.T, query, hash string) string {
	t.Helper()
	body := map[string]any{
		"extensions": map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": hash}},
	}
	if query != "" {
		body["query"] = query
	}
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAutomaticPersistedQueries(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, graph.HTTP{PersistedCache: 8000})
	const query = `{ products { totalCount } }`
	const answer = `{"data":{"products":{"totalCount":3}}}`
	hash := hashOf(query)
	byURL := call{
		method: "GET",
		query:  "extensions=" + url.QueryEscape(`{"persistedQuery":{"version":1,"sha256Hash":"`+hash+`"}}`),
	}
	for _, c := range []struct {
		name   string
		call   call
		status int
		want   string
	}{
		{"not there", call{body: persistedBody(t, "", hash)}, 400, `{"errors":[{"message":"PersistedQueryNotFound","extensions":{"code":"PERSISTED_QUERY_NOT_FOUND"}}]}`},
		{"another hash", call{body: persistedBody(t, query, hashOf("x"))}, 400, "provided sha does not match query"},
		{"invalid documents are not kept", call{body: persistedBody(t, "{ nothing }", hashOf("{ nothing }"))}, 400, "GRAPHQL_VALIDATION_FAILED"},
		{"and not found", call{body: persistedBody(t, "", hashOf("{ nothing }"))}, 400, "PERSISTED_QUERY_NOT_FOUND"},
		{"given", call{body: persistedBody(t, query, hash)}, 200, answer},
		{"found", call{body: persistedBody(t, "", hash)}, 200, answer},
		{"found by GET", byURL, 200, answer},
		{"found by id", call{body: `{"documentId":"sha256:` + hash + `"}`}, 200, answer},
		{"no such id", call{body: `{"documentId":"sha256:abc"}`}, 400, "PERSISTED_QUERY_NOT_FOUND"},
		{"another version", call{body: strings.Replace(persistedBody(t, "", hash), `"version":1`, `"version":2`, 1)}, 400, "must have the version 1"},
		{"no hash", call{body: persistedBody(t, "", "abc")}, 400, "64 hexadecimal digits"},
		{"no object", call{body: `{"extensions":{"persistedQuery":[1]}}`}, 400, "64 hexadecimal digits"},
	} {
		c.call.headers = map[string]string{"Accept": newer}
		if got := e.call(t, c.call); got.status != c.status || !strings.Contains(got.body, c.want) {
			t.Errorf("%s: got %d %s\nwant %d %s", c.name, got.status, got.body, c.status, c.want)
		}
	}
	// Older clients look for the code under status 200.
	if got := e.call(
		t,
		call{body: persistedBody(t, "", hashOf("y")), headers: map[string]string{"Accept": older}},
	); got.status != 200 ||
		!strings.Contains(got.body, "PERSISTED_QUERY_NOT_FOUND") {
		t.Errorf("plain JSON: %+v", got)
	}
	// Others drive it out.
	for i := range 100 {
		other := fmt.Sprintf("{ a%d: __typename }", i)
		e.call(t, call{body: persistedBody(t, other, hashOf(other))})
	}
	if got := e.call(
		t,
		call{body: persistedBody(t, "", hash)},
	); !strings.Contains(
		got.body,
		"PERSISTED_QUERY_NOT_FOUND",
	) {
		t.Errorf("kept beyond the limit: %s", got.body)
	}
	off := newEndpointOf(t, e.api, graph.HTTP{PersistedCache: -1})
	if got := off.call(t, call{body: persistedBody(t, query, hash)}); got.body != answer {
		t.Errorf("off, with text: %s", got.body)
	}
	if got := off.call(
		t,
		call{body: persistedBody(t, "", hash)},
	); !strings.Contains(
		got.body,
		"PERSISTED_QUERY_NOT_SUPPORTED",
	) {
		t.Errorf("off: %s", got.body)
	}
}

func TestTrustedDocuments(t *testing.T) {
	t.Parallel()
	const counted, named, change = `{ products { totalCount } }`, `query Named($id: ID!) { product(id: $id) { title } }`, `mutation { deleteProducts(ids: []) { deletionId } }`
	trusted, err := transport.ParseTrusted(
		[]byte(
			fmt.Sprintf(
				`{%q: %q, "0123456789abcdef0123456789abcdef": %q, "sha256:%s": %q}`,
				hashOf(counted),
				counted,
				named,
				hashOf(change),
				change,
			),
		),
	)
	if err != nil {
		t.Fatal(err)
	}
	e := newEndpoint(t, graph.HTTP{Trusted: trusted})
	const answer = `{"data":{"products":{"totalCount":3}}}`
	for _, accept := range []string{older, newer} {
		for _, c := range []struct {
			name   string
			call   call
			status int
			want   string
		}{
			{"by id", call{body: `{"documentId":"` + hashOf(counted) + `"}`}, 200, answer},
			{"by prefixed id", call{body: `{"documentId":"sha256:` + hashOf(counted) + `"}`}, 200, answer},
			{"by GET", call{method: "GET", query: "documentId=sha256:" + hashOf(counted)}, 200, answer},
			{"by the extension", call{body: persistedBody(t, "", hashOf(counted))}, 200, answer},
			{"by the extension with text", call{body: persistedBody(t, counted, hashOf(counted))}, 200, answer},
			{"by Relay's id", call{body: `{"documentId":"0123456789abcdef0123456789abcdef","variables":{"id":"nothing"}}`}, 200, `{"data":{"product":null}}`},
			{"under another id by its hash", call{body: `{"documentId":"sha256:` + hashOf(named) + `","variables":{"id":"nothing"}}`}, 200, `{"data":{"product":null}}`},
			{"a mutation by GET", call{method: "GET", query: "documentId=" + hashOf(change)}, 405, "by POST"},
			{"text", call{body: asJSON(counted)}, 403, "DOCUMENT_NOT_TRUSTED"},
			{"other text", call{body: asJSON(`{ __schema { types { name } } }`)}, 403, "DOCUMENT_NOT_TRUSTED"},
			{"other text under an id", call{body: `{"documentId":"` + hashOf(counted) + `","query":"{ __typename }"}`}, 403, "DOCUMENT_NOT_TRUSTED"},
			{"unknown id", call{body: `{"documentId":"nothing"}`}, 403, "DOCUMENT_NOT_TRUSTED"},
			{"unknown hash", call{body: persistedBody(t, "", hashOf("{ __typename }"))}, 403, "DOCUMENT_NOT_TRUSTED"},
			{"given to be kept", call{body: persistedBody(t, "{ __typename }", hashOf("{ __typename }"))}, 403, "DOCUMENT_NOT_TRUSTED"},
			{"nothing", call{body: `{}`}, 403, "DOCUMENT_NOT_TRUSTED"},
		} {
			c.call.headers = map[string]string{"Accept": accept}
			if got := e.call(t, c.call); got.status != c.status || !strings.Contains(got.body, c.want) {
				t.Errorf("%s: got %d %s\nwant %d %s", c.name, got.status, got.body, c.status, c.want)
			}
		}
	}
}

// TestTrustedDocumentsAreChecked makes the start fail by what is wrong, and names each.
func TestTrustedDocumentsAreChecked(t *testing.T) {
	t.Parallel()
	g, err := graph.New(nil, graph.Config{})
	if err != nil {
		t.Fatal(err)
	}
	bad := map[string]string{"good": "{ __typename }", "syntax": "{", "unknown": "{ nothing }", "empty": ""}
	_, err = g.HTTPHandler(graph.HTTP{Trusted: bad})
	for _, id := range slices.Sorted(maps.Keys(bad)) {
		if named := err != nil && strings.Contains(err.Error(), "trusted document "+id+":"); named != (id != "good") {
			t.Errorf("%s: %v", id, err)
		}
	}
	for _, file := range []string{"", "[]", `{"a": 1}`, "{}", "{} {}", `{"a": {"b": "c"}}`} {
		if _, err := transport.ParseTrusted([]byte(file)); err == nil {
			t.Errorf("%q is taken", file)
		}
	}
}
