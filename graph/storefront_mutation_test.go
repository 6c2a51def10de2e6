package graph_test

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/demo"
)

// TestMutationsOfStorefronts checks that they are told that they may not write, however the mutation comes; and that
// what is no mutation is told what it was told before.
func TestMutationsOfStorefronts(t *testing.T) {
	t.Parallel()
	e := newEndpointOf(t, newAPI(t, newDemoDB(t), graph.Config{}), graph.HTTP{Authenticate: byHeader, MaxBatch: 3})
	mutation := `mutation { deleteProducts(ids: [\"x\"]) { deletionId } }`
	hash := fmt.Sprintf("%x", sha256.Sum256([]byte(`mutation { deleteProducts(ids: ["x"]) { deletionId } }`)))
	shop := map[string]string{keyHeader: demo.PublishableKeyID}
	media := map[string]string{keyHeader: demo.PublishableKeyID, "Accept": "application/graphql-response+json"}
	forbidden, invalid := `"code":"FORBIDDEN"`, `"code":"GRAPHQL_VALIDATION_FAILED"`
	for name, c := range map[string]struct {
		call   call
		status int
		want   string
	}{
		"plain":                    {call{body: `{"query":"` + mutation + `"}`, headers: shop}, 403, forbidden},
		"the new media type":       {call{body: `{"query":"` + mutation + `"}`, headers: media}, 403, forbidden},
		"what is not there":        {call{body: `{"query":"mutation { fly }"}`, headers: shop}, 403, forbidden},
		"by GET":                   {call{method: http.MethodGet, query: "query=mutation{fly}", headers: map[string]string{keyHeader: demo.PublishableKeyID, "X-Requested-With": "x", "Apollo-Require-Preflight": "1"}}, 403, forbidden},
		"one of two":               {call{body: `{"query":"query A { __typename } mutation B { fly }","operationName":"B"}`, headers: shop}, 403, forbidden},
		"by hash":                  {call{body: fmt.Sprintf(`{"query":"%s","extensions":{"persistedQuery":{"version":1,"sha256Hash":"%s"}}}`, mutation, hash), headers: shop}, 403, forbidden},
		"in a list":                {call{body: `[{"query":"{ products { totalCount } }"},{"query":"` + mutation + `"}]`, headers: shop}, 200, `[{"data":{"products":{"totalCount":2}}},{"errors":[{"message":"a storefront may not write`},
		"unparsable":               {call{body: `{"query":"mutation { "}`, headers: shop}, 200, `"code":"GRAPHQL_PARSE_FAILED"`},
		"a query that is wrong":    {call{body: `{"query":"{ orders { totalCount } }"}`, headers: shop}, 200, invalid},
		"a subscription":           {call{body: `{"query":"subscription { fly }"}`, headers: shop}, 200, invalid},
		"an admin's, who is wrong": {call{body: `{"query":"mutation { fly }"}`}, 200, invalid},
	} {
		got := e.call(t, c.call)
		if got.status != c.status || !strings.Contains(got.body, c.want) {
			t.Errorf("%s: %d %s, want %d %s", name, got.status, got.body, c.status, c.want)
		}
	}
	// A trusted document that storefronts could never run is found at the start.
	_, err := newAPI(t, newDemoDB(t), graph.Config{}).graph.HTTPHandler(graph.HTTP{
		Authenticate: byHeader,
		Storefront:   graph.HTTPStorefront{Trusted: map[string]string{"write": "mutation { fly }"}},
	})
	if err == nil || !strings.Contains(err.Error(), "write") || !strings.Contains(err.Error(), "may not write") {
		t.Errorf("a mutation for storefronts: %v", err)
	}
}

// TestMembersGivenTwice checks that a request means one thing, to this server and to what stands before it.
func TestMembersGivenTwice(t *testing.T) {
	t.Parallel()
	e := newEndpointOf(t, newAPI(t, newDemoDB(t), graph.Config{}), graph.HTTP{MaxBatch: 3})
	deep := strings.Repeat("[", 300) + strings.Repeat("]", 300)
	for body, want := range map[string]string{
		`{"query":"{ __typename }","query":"{ products { totalCount } }"}`:                                                                              "query is given more than once",
		`{"query":"{ __typename }","\u0071uery":"{ __typename }"}`:                                                                                      "query is given more than once",
		`{"query":"{ __typename }","more":` + deep + `,"query":"{ __typename }"}`:                                                                       "query is given more than once",
		`{"query":"{ __typename }","operationName":null,"operationName":"A"}`:                                                                           "operationName is given more than once",
		`{"query":"{ __typename }","variables":{},"variables":{"a":1}}`:                                                                                 "variables is given more than once",
		`{"query":"{ __typename }","extensions":{},"extensions":null}`:                                                                                  "extensions is given more than once",
		`{"documentId":"a","documentId":"b"}`:                                                                                                           "documentId is given more than once",
		`{"query":"query ($a: ID!) { product(id: $a) { id } }","variables":{"a":"prod_demo_shirt","a":"x"}}`:                                            `variables has \"a\" more than once`,
		`{"query":"{ __typename }","extensions":{"persistedQuery":null,"persistedQuery":{"version":1,"sha256Hash":"` + strings.Repeat("0", 64) + `"}}}`: `extensions has \"persistedQuery\" more than once`,
		`[{"query":"{ __typename }"},{"query":"{ __typename }","query":"{ a }"}]`:                                                                       "query is given more than once",
	} {
		if got := e.call(t, call{body: body}); got.status != http.StatusBadRequest ||
			!strings.Contains(got.body, want) || !strings.Contains(got.body, `"BAD_REQUEST"`) {
			t.Errorf("%.100s: %d %s, want %s", body, got.status, got.body, want)
		}
	}
	for _, body := range []string{
		`{"query":"{ __typename }","QUERY":"{","Query":1}`, `{"more":1,"query":"{ __typename }","more":2}`,
		`{"query":"{ __typename }","variables":{"a":{"b":1,"b":2},"A":1}}`,
	} {
		if got := e.call(t, call{body: body}); got.status != http.StatusOK ||
			got.body != `{"data":{"__typename":"Query"}}` {
			t.Errorf("%s: %d %s", body, got.status, got.body)
		}
	}
	if got := e.call(
		t,
		call{
			method:  http.MethodGet,
			query:   `query={__typename}&variables={"a":1,"a":2}`,
			headers: map[string]string{"Apollo-Require-Preflight": "1"},
		},
	); got.status != http.StatusBadRequest {
		t.Errorf("by GET: %d %s", got.status, got.body)
	}
}
