package graph_test

import (
	"strings"
	"testing"

	"github.com/linkgraph/linkgraph/graph"
)

func TestForgery(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, graph.HTTP{})
	const browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	for _, c := range []struct {
		name    string
		headers map[string]string
		ok      bool
	}{
		{"a program", nil, true},
		{"an image on another site", map[string]string{"Sec-Fetch-Site": "cross-site", "User-Agent": browser}, false},
		{"another port of the same site", map[string]string{"Sec-Fetch-Site": "same-site", "User-Agent": browser}, false},
		{"the playground", map[string]string{"Sec-Fetch-Site": "same-origin", "User-Agent": browser, "Referer": e.url}, true},
		{"the address bar", map[string]string{"Sec-Fetch-Site": "none", "User-Agent": browser}, true},
		{"an old browser", map[string]string{"User-Agent": browser}, false},
		{"an origin", map[string]string{"Origin": "https://evil.example"}, false},
		{"a cookie", map[string]string{"Cookie": "a=b"}, false},
		{"with our header", map[string]string{"User-Agent": browser, "Sec-Fetch-Site": "cross-site", "GraphQL-Preflight": "1"}, true},
		{"with the draft's header", map[string]string{"User-Agent": browser, "GraphQL-Require-Preflight": "1"}, true},
		{"with Apollo's header", map[string]string{"User-Agent": browser, "Apollo-Require-Preflight": "true"}, true},
		{"with the oldest header", map[string]string{"User-Agent": browser, "X-Requested-With": "XMLHttpRequest"}, true},
		{"with a type that needs a preflight", map[string]string{"User-Agent": browser, "Content-Type": "application/json"}, true},
		{"with a type that needs none", map[string]string{"User-Agent": browser, "Content-Type": "text/plain"}, false},
	} {
		got := e.call(t, call{method: "GET", query: "query={__typename}", headers: c.headers})
		if (got.status == 200) != c.ok ||
			(!c.ok && (got.status != 403 || !strings.Contains(got.body, "GraphQL-Preflight"))) {
			t.Errorf("%s: got %d %s", c.name, got.status, got.body)
		}
		checkAnswer(t, got)
	}
	// A POST that needs no preflight is not read, whatever headers it has.
	for _, contentType := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""} {
		got := e.call(
			t,
			call{
				body:    asJSON("{ __typename }"),
				headers: map[string]string{"Content-Type": contentType, "GraphQL-Preflight": "1"},
			},
		)
		if got.status != 415 {
			t.Errorf("%q: got %d %s", contentType, got.status, got.body)
		}
	}
}

func TestCORS(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, graph.HTTP{Origins: []string{"https://shop.example", "http://localhost:3000"}})
	preflight := func(origin string) reply {
		return e.call(t, call{method: "OPTIONS", headers: map[string]string{
			"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type",
		}})
	}
	for _, origin := range []string{"https://shop.example", "http://localhost:3000"} {
		got := preflight(origin)
		if got.status != 204 || got.header.Get("Access-Control-Allow-Origin") != origin ||
			!strings.Contains(got.header.Get("Access-Control-Allow-Headers"), "Content-Type") ||
			!strings.Contains(got.header.Get("Access-Control-Allow-Methods"), "POST") ||
			got.header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("preflight of %s: %+v", origin, got)
		}
		got = e.call(t, call{body: asJSON("{ __typename }"), headers: map[string]string{"Origin": origin}})
		if got.status != 200 || got.header.Get("Access-Control-Allow-Origin") != origin ||
			!strings.Contains(strings.Join(got.header.Values("Vary"), ","), "Origin") {
			t.Errorf("request of %s: %+v", origin, got)
		}
		// An error can be read as well.
		if got = e.call(t, call{body: "nonsense", headers: map[string]string{"Origin": origin}}); got.status != 400 ||
			got.header.Get("Access-Control-Allow-Origin") != origin {
			t.Errorf("error for %s: %+v", origin, got)
		}
	}
	for _, origin := range []string{"https://evil.example", "http://shop.example", "https://shop.example:8443", "https://shop.example.evil.example", "null"} {
		if got := preflight(origin); got.status != 403 || got.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("preflight of %s: %+v", origin, got)
		}
		if got := e.call(
			t,
			call{body: asJSON("{ __typename }"), headers: map[string]string{"Origin": origin}},
		); got.header.Get(
			"Access-Control-Allow-Origin",
		) != "" {
			t.Errorf("request of %s: %+v", origin, got)
		}
	}
	none := newEndpointOf(t, e.api, graph.HTTP{})
	if got := none.call(
		t,
		call{
			method:  "OPTIONS",
			headers: map[string]string{"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"},
		},
	); got.status != 403 {
		t.Errorf("without a list: %+v", got)
	}
	for _, origin := range []string{"*", "shop.example", "https://shop.example/", "https://", "null"} {
		if _, err := e.graph.HTTPHandler(graph.HTTP{Origins: []string{origin}}); err == nil ||
			!strings.Contains(err.Error(), "origin") {
			t.Errorf("%q is taken: %v", origin, err)
		}
	}
}
