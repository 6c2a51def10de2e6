package graph_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/demo"
)

// TestDoor looks at what callers of each kind are answered, and what those are who are none.
func TestDoor(t *testing.T) {
	a := newAPI(t, newDemoDB(t), graph.Config{})
	var caller graph.Caller
	var refused error
	e := newEndpointOf(t, a, graph.HTTP{
		Authenticate: func(*http.Request) (graph.Caller, error) { return caller, refused },
		Origins:      []string{"https://shop.example"},
	})
	products := call{body: `{"query":"{ products { totalCount } }"}`}
	mutation := call{
		body: `{"query":"mutation { createProductTypes(input: [{ value: \"New\" }]) { productTypes { value } } }"}`,
	}
	admin, reader := graph.Caller{ID: "apk_1", Role: graph.ReadWrite}, graph.Caller{ID: "apk_2", Role: graph.ReadOnly}
	shop := graph.Caller{Storefront: true, ID: demo.PublishableKeyID}
	stranger := graph.Caller{Storefront: true, ID: "apk_nobody"}
	unknown := &graph.CredentialsError{Is: graph.ErrUnauthenticated, Message: "send a key"}
	for name, c := range map[string]struct {
		call    call
		caller  graph.Caller
		refused error
		status  int
		body    string
	}{
		"admin":                {products, admin, nil, 200, `{"data":{"products":{"totalCount":3}}}`},
		"admin writes":         {mutation, admin, nil, 200, `{"data":{"createProductTypes":{"productTypes":[{"value":"New"}]}}}`},
		"reader":               {products, reader, nil, 200, `{"data":{"products":{"totalCount":3}}}`},
		"reader writes":        {mutation, reader, nil, 200, `"code":"FORBIDDEN"`},
		"no role writes":       {mutation, graph.Caller{ID: "x"}, nil, 200, `"code":"FORBIDDEN"`},
		"storefront":           {products, shop, nil, 200, `{"data":{"products":{"totalCount":2}}}`},
		"storefront writes":    {mutation, shop, nil, 403, `{"errors":[{"message":"a storefront may not write: a publishable key is good for queries alone; mutations need a secret key that may write","extensions":{"code":"FORBIDDEN"}}]}`},
		"storefront elsewhere": {products, stranger, nil, 200, `{"data":{"products":{"totalCount":0}}}`},
		"nobody":               {products, admin, unknown, 401, `{"errors":[{"message":"send a key","extensions":{"code":"UNAUTHENTICATED"}}]}`},
		"nobody by GET":        {call{method: http.MethodGet, query: "query={__typename}"}, admin, unknown, 401, `"UNAUTHENTICATED"`},
		"no access":            {products, admin, &graph.CredentialsError{Is: graph.ErrForbidden, Message: "no"}, 403, `{"errors":[{"message":"no","extensions":{"code":"FORBIDDEN"}}]}`},
		"too many":             {products, admin, &graph.TooManyRequestsError{RetryAfter: 1500 * time.Millisecond}, 429, `"code":"TOO_MANY_REQUESTS"`},
		"fault":                {products, admin, errors.New("table api_key is gone"), 500, `{"errors":[{"message":"internal error","extensions":{"code":"INTERNAL"}}]}`},
	} {
		caller, refused = c.caller, c.refused
		got := e.call(t, c.call)
		if got.status != c.status || !strings.Contains(got.body, c.body) {
			t.Errorf("%s: %d %s, want %d %s", name, got.status, got.body, c.status, c.body)
		}
		if after := got.header.Get("Retry-After"); (after == "2") != (name == "too many") {
			t.Errorf("%s: Retry-After %q", name, after)
		}
		if challenge := got.header.Get("WWW-Authenticate"); (challenge == "Bearer") != (c.status == 401) {
			t.Errorf("%s: WWW-Authenticate %q", name, challenge)
		}
	}
	// A page of an origin that is let in can read that it has no credentials, and its preflight needs none.
	refused = unknown
	products.headers = map[string]string{"Origin": "https://shop.example"}
	if got := e.call(t, products); got.header.Get("Access-Control-Allow-Origin") != "https://shop.example" {
		t.Errorf("a refusal that a page cannot read: %v", got.header)
	}
	preflight := call{
		method:  http.MethodOptions,
		headers: map[string]string{"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"},
	}
	if got := e.call(t, preflight); got.status != http.StatusNoContent {
		t.Errorf("preflight: %d", got.status)
	}
	if logged := a.log.String(); !strings.Contains(logged, "table api_key is gone") {
		t.Errorf("the fault is not in the log: %s", logged)
	}
}

// TestStorefrontDocuments lets storefronts run the documents of a file alone, and admins all.
func TestStorefrontDocuments(t *testing.T) {
	e := newEndpointOf(t, newAPI(t, newDemoDB(t), graph.Config{}), graph.HTTP{
		Authenticate: byHeader,
		Storefront:   graph.HTTPStorefront{Trusted: map[string]string{"all": "{ products { totalCount } }"}},
	})
	shop := map[string]string{keyHeader: demo.PublishableKeyID}
	for name, c := range map[string]struct {
		call call
		want string
	}{
		"by id":          {call{body: `{"documentId":"all"}`, headers: shop}, `{"data":{"products":{"totalCount":2}}}`},
		"another":        {call{body: `{"query":"{ products { nodes { id } } }"}`, headers: shop}, "DOCUMENT_NOT_TRUSTED"},
		"another, admin": {call{body: `{"query":"{ products(first: 1) { nodes { id } } }"}`}, `{"data":{"products":{"nodes":[`},
	} {
		if got := e.call(t, c.call); !strings.Contains(got.body, c.want) {
			t.Errorf("%s: %s, want %s", name, got.body, c.want)
		}
	}
	// A document that storefronts cannot run is found at the start.
	_, err := newAPI(t, newDemoDB(t), graph.Config{}).graph.HTTPHandler(graph.HTTP{
		Authenticate: byHeader,
		Storefront:   graph.HTTPStorefront{Trusted: map[string]string{"orders": "{ orders { totalCount } }"}},
	})
	if err == nil || !strings.Contains(err.Error(), "orders") {
		t.Errorf("a document of admins for storefronts: %v", err)
	}
}

// TestAdminsOnly guards what is beside the API.
func TestAdminsOnly(t *testing.T) {
	a := newAPI(t, newDemoDB(t), graph.Config{})
	h := a.graph.AdminsOnly(byHeader, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, _ := graph.CallerFrom(r.Context())
		_, _ = io.WriteString(w, c.ID)
	}))
	for key, want := range map[string]string{"": "admin", "apk_x": `"code":"FORBIDDEN"`} {
		if got := serveOnce(t, h, key); !strings.Contains(got, want) {
			t.Errorf("%q: %s", key, got)
		}
	}
}

func serveOnce(t *testing.T, h http.Handler, key string) string {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	if key != "" {
		r.Header.Set(keyHeader, key)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Body.String()
}
