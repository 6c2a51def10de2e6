package graph_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/linkgraph/linkgraph/graph"
)

// internals are what no answer may show: Go's types and traces, SQL, and the words of libraries.
var internals = regexp.MustCompile(
	`goroutine|runtime error|panic|\.go:\d|map\[string\]|interface \{|struct \{|json\.|strconv|reflect|\*ast\.|\bast\.|gqlerror|graphql\.[A-Z]|resolve\.|modules\.|linkstore\.|pgx|pgconn|SQLSTATE|SELECT |INSERT INTO|UPDATE "|DELETE FROM|WHERE |relation "|syntax error at or near|time\.Time|\bnil\b|0x[0-9a-f]{6}|context deadline|localhost:|127\.0\.0\.1`,
)

// hostile are bodies and queries of URLs that mean no good.
func hostile() (bodies, queries []string) {
	values := []string{
		`1`,
		`-1`,
		`0`,
		`1.5`,
		`1e999`,
		`-0`,
		`99999999999999999999999999`,
		`true`,
		`null`,
		`""`,
		`"x"`,
		`"\u0000"`,
		`"\ud800"`,
		`"' OR 1=1 --"`,
		`"\"; DROP TABLE product; --"`,
		`"%"`,
		`"\\"`,
		`[]`,
		`[[]]`,
		`[null]`,
		`[[[[1]]]]`,
		`{}`,
		`{"a":1}`,
		`{"eq":null}`,
		`{"":""}`,
		`{"__typename":"x"}`,
		`"` + strings.Repeat("x", 5000) + `"`,
		`{"in":[]}`,
		`{"eq":{"eq":1}}`,
		strings.Repeat(
			"[",
			200,
		) + strings.Repeat(
			"]",
			200,
		),
		strings.Repeat(`{"and":`, 100) + "1" + strings.Repeat("}", 100),
		`"2024-13-45T99:99:99Z"`,
		`"🏃"`,
	}
	// As variables of every kind that there is.
	for _, declared := range []struct{ t, use string }{
		{"Int", "products(first: $v) { totalCount }"},
		{"ID!", "product(id: $v) { id }"},
		{"String", "products(after: $v) { totalCount nodes { id } }"},
		{"ProductFilter", "products(filter: $v) { totalCount }"},
		{"[ProductOrder!]", "products(orderBy: $v) { nodes { id } }"},
		{"Boolean!", "products { totalCount @skip(if: $v) __typename }"},
		{"DecimalFilter", "prices(filter: { amount: $v }) { totalCount }"},
		{"DateTimeFilter", "products(filter: { createdAt: $v }) { totalCount }"},
	} {
		for _, v := range values {
			bodies = append(
				bodies,
				fmt.Sprintf(`{"query":"query ($v: %s) { %s }","variables":{"v":%s}}`, declared.t, declared.use, v),
			)
		}
	}
	for _, v := range values {
		bodies = append(
			bodies,
			v,
			fmt.Sprintf(`{"query":%s}`, v),
			fmt.Sprintf(`{"query":"{ __typename }","variables":%s}`, v),
			fmt.Sprintf(`{"query":"{ __typename }","operationName":%s}`, v),
			fmt.Sprintf(`{"query":"{ __typename }","extensions":%s}`, v),
			fmt.Sprintf(`{"query":"{ __typename }","extensions":{"persistedQuery":%s}}`, v),
			fmt.Sprintf(`{"documentId":%s}`, v),
			fmt.Sprintf(`[%s]`, v),
			fmt.Sprintf(
				`{"query":"mutation ($v: [ProductCreateInput!]!) { createProducts(input: $v) { products { id } } }","variables":{"v":%s}}`,
				v,
			),
			fmt.Sprintf(
				`{"query":"mutation ($v: [LinkInput!]!) { createLinks(links: $v) { links { __typename } } }","variables":{"v":%s}}`,
				v,
			),
			fmt.Sprintf(
				`{"query":"mutation { createProducts(input: [{ title: \"a\", metadata: $v }]) { products { id } } }","variables":{"v":%s}}`,
				v,
			),
			fmt.Sprintf(
				`{"query":"mutation ($v: JSON) { createProducts(input: [{ title: \"a\", metadata: $v }]) { products { metadata } } }","variables":{"v":%s}}`,
				v,
			),
			asJSON(fmt.Sprintf(`{ products(filter: { title: %s }) { totalCount } }`, v)),
			asJSON(fmt.Sprintf(`query ($v: Int = %s) { products(first: $v) { totalCount } }`, v)),
			asJSON(fmt.Sprintf(`query ($v: JSON = %s) { __typename }`, v)),
			asJSON(
				fmt.Sprintf(`query ($v: Decimal = %s) { prices(filter: { amount: { gt: $v } }) { totalCount } }`, v),
			),
		)
		queries = append(
			queries,
			"query="+url.QueryEscape(v),
			"query={__typename}&variables="+url.QueryEscape(v),
			"query={__typename}&extensions="+url.QueryEscape(v),
		)
	}
	for _, literal := range []string{`{}`, `{ a: 1 }`, `[]`, `[1]`, `[[1]]`, `1`, `"1"`, `1.5`, `99999999999`, `true`, `null`, `A`, `"""x"""`} {
		for _, at := range []string{
			`products(first: %s) { totalCount }`, `product(id: %s) { id }`, `products(after: %s) { nodes { id } }`, `__typename @skip(if: %s)`, `products(filter: %s) { totalCount }`, `products(orderBy: %s) { nodes { id } }`,
			`products(filter: { title: { in: %s } }) { totalCount }`, `products(filter: { and: %s }) { totalCount }`, `prices(filter: { amount: { gt: %s } }) { totalCount }`, `products(filter: { createdAt: { gt: %s } }) { totalCount }`,
			`products(filter: { status: { eq: %s } }) { totalCount }`, `products(filter: { status: %s }) { totalCount }`, `node(id: %s) { id }`, `__type(name: %s) { name }`, `products(orderBy: [{ title: %s }]) { nodes { id } }`,
		} {
			bodies = append(bodies, asJSON("{ "+fmt.Sprintf(at, literal)+" }"))
		}
		for _, kind := range []string{"Int", "ID", "String", "Boolean", "ProductFilter", "[ProductOrder!]", "ProductStatus", "JSON", "Decimal", "DateTime"} {
			bodies = append(bodies, asJSON(fmt.Sprintf(`query ($v: %s = %s) { __typename }`, kind, literal)))
		}
	}
	for _, doc := range []string{
		`{`, `}`, `{}`, `{ }`, `query`, `query Q`, `{ products(`, `{ products(first: ) { id } }`, `{ products { nodes { } } }`, `"""`, `{ a: }`, `{ ... }`, `{ ...F }`, `fragment F on Product { id }`,
		`{ ...F } fragment F on Query { ...F }`, `{ ...F } fragment F on Nothing { id }`, `{ __schema { nothing } }`, `{ __type(name: 1) { name } }`, `{ __type { name } }`, `{ __typename { a } }`,
		`query ($a: Nothing) { __typename }`, `query ($a: Product) { __typename }`, `query ($a: Int, $a: Int) { __typename }`, `query { products(first: $a) { totalCount } }`, `query ($a: [[Int!]!]!) { __typename }`,
		`{ __typename @nothing }`, `{ __typename @skip }`, `{ __typename @skip(if: 1) }`, `{ __typename @deprecated }`, `query @skip(if: true) { __typename }`, `subscription { products { totalCount } }`,
		`mutation { nothing }`, `mutation { createProducts }`, `mutation { createProducts(input: 1) { products { id } } }`, `mutation { deleteProducts(ids: [""]) { deletionId } }`, `mutation { restoreDeletion(id: "x") { __typename } }`,
		`mutation { createProducts(input: [{ title: "a", handle: "A B" }, { title: "b", handle: "A B" }]) { products { id } } }`, `mutation { createPrices(input: [{ amount: "x", currencyCode: "zzz" }]) { prices { id } } }`,
		`mutation { createPrices(input: [{ amount: "1e1000000", currencyCode: "eur" }]) { prices { id } } }`, `mutation { updateProducts(input: [{ id: "nothing", title: "a" }]) { products { id } } }`,
		`mutation { createProductVariants(input: [{ title: "a", productId: "nothing" }]) { productVariants { id } } }`, `mutation { deleteLinks(links: []) { __typename } }`, `{ node(id: "x") { id } }`, `{ node(id: "") { id } }`,
		`{ products(after: "x") { nodes { id } } }`, `{ products(after: "eyJ") { nodes { id } pageInfo { endCursor } } }`, `{ products(first: -1) { totalCount } }`, `{ products(first: 1, last: 1) { nodes { id } } }`, `{ products(first: 99999999999) { nodes { id } } }`,
		"{ __typename \x00 }", "\ufeff{ __typename }", "{ __typename # \u2028 }", `{ products(filter: { title: { like: "\\" } }) { totalCount } }`, `{ products(filter: { not: null, and: null, or: null }) { totalCount } }`,
		`{ products(orderBy: []) { totalCount } }`, `{ products(orderBy: [{}]) { nodes { id } } }`, `{ products(orderBy: [{ title: ASC, handle: ASC }]) { nodes { id } } }`, strings.Repeat("{ a ", 2000),
	} {
		bodies = append(bodies, asJSON(doc))
		queries = append(queries, "query="+url.QueryEscape(doc))
	}
	bodies = append(
		bodies,
		"",
		" ",
		"\x00",
		"\xff\xfe",
		"{",
		"[",
		`"`,
		"nul",
		"{}{}",
		"[]",
		"[{}]",
		`{"query":"{ __typename }"`,
		`{"query":"{ __typename }",}`,
		"\ufeff{}",
		strings.Repeat("[", 20_000),
		strings.Repeat(`{"a":`, 20_000),
	)
	queries = append(
		queries,
		"",
		"query",
		"query=",
		"%",
		"query=%",
		"query=%ff",
		";",
		"query=a;b",
		"query=a&query=b",
		"variables={",
		"operationName=x",
		"extensions=[]",
		strings.Repeat("&", 1000),
		"documentId=x",
		"documentId=%00",
	)
	return bodies, queries
}

// TestHostileRequests sends hundreds of requests that mean no good, to a server with all that can be turned on. Each
// has an answer of GraphQL that shows nothing of the inside, and none brings down what answers the next.
func TestHostileRequests(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, graph.HTTP{MaxBatch: 5})
	var tables []string
	for _, m := range e.graph.Records.Catalog().Models() {
		if strings.Contains(m.Table, "_") {
			tables = append(tables, regexp.QuoteMeta(m.Table))
		}
	}
	names := regexp.MustCompile(`\b(` + strings.Join(tables, "|") + `)\b`)
	bodies, queries := hostile()
	for i, c := range append(posts(bodies), gets(queries)...) {
		c.headers = map[string]string{"Accept": []string{older, newer}[i%2]}
		got := e.call(t, c)
		told := fmt.Sprintf("%.300s %.300s", c.body, c.query)
		if got.status >= 500 || strings.Contains(got.body, `"INTERNAL"`) {
			t.Errorf("%s\n%d %.500s", told, got.status, got.body)
		}
		var errors struct{ Errors json.RawMessage }
		if strings.HasPrefix(got.body, "[") {
			errors.Errors = json.RawMessage(got.body)
		} else if err := json.Unmarshal([]byte(got.body), &errors); err != nil {
			t.Errorf("%s\n%v: %.500s", told, err, got.body)
		}
		for _, pattern := range []*regexp.Regexp{internals, names} {
			if found := pattern.FindString(string(errors.Errors)); found != "" && !strings.Contains(c.body, found) {
				t.Errorf("%s\nshows %q: %.500s", told, found, got.body)
			}
		}
		if len(got.body) > 100_000 {
			t.Errorf("%s\n%d bytes", told, len(got.body))
		}
	}
	if got := e.call(t, call{body: asJSON(`{ __typename }`)}); got.body != `{"data":{"__typename":"Query"}}` {
		t.Errorf("afterwards: %+v", got)
	}
	if strings.Contains(e.log.String(), "panic") {
		t.Errorf("a panic: %s", e.log)
	}
}

func posts(bodies []string) (calls []call) {
	for _, b := range bodies {
		calls = append(calls, call{body: b})
	}
	return calls
}

func gets(queries []string) (calls []call) {
	for _, q := range queries {
		calls = append(calls, call{method: http.MethodGet, query: q})
	}
	return calls
}

func TestHiddenSuggestions(t *testing.T) {
	t.Parallel()
	a := newAPI(t, newDemoDB(t), graph.Config{})
	shown, hidden := newEndpointOf(t, a, graph.HTTP{}), newEndpointOf(t, a, graph.HTTP{HideSuggestions: true})
	for _, body := range []string{
		asJSON(`{ product(id: "a") { titel } }`),
		asJSON(`{ products(frist: 1) { totalCount } }`),
		asJSON(`{ products @inclde(if: true) { totalCount @include(iff: true) } }`),
		asJSON(`{ products { nodes { ...F } } } fragment F on Produkt { id }`),
		asJSON(`{ products(filter: { status: { eq: PUBLISHD } }) { totalCount } }`),
		asJSON(`{ products(filter: { status: { eq: "PUBLISHED" } }) { totalCount } }`),
		asJSON(`{ products(filter: { titel: { eq: "a" } }) { totalCount } }`),
		asJSON(`{ products { nodes } }`),
		`{"query":"query ($f: ProductFilter) { products(filter: $f) { totalCount } }","variables":{"f":{"titel":1}}}`,
	} {
		suggests := func(e *endpoint) bool {
			got := e.call(t, call{body: body}).body
			if !strings.Contains(got, `"errors"`) {
				t.Errorf("no error: %s", got)
			}
			return strings.Contains(got, "Did you mean") || strings.Contains(got, "the fields are") ||
				strings.Contains(got, "{ ... }")
		}
		if !suggests(shown) {
			t.Logf("suggests nothing anyway: %s", body)
		}
		if suggests(hidden) {
			t.Errorf("suggests: %s: %s", body, hidden.call(t, call{body: body}).body)
		}
	}
}
