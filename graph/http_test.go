package graph_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/graph/transport"
)

// endpoint is the API behind a server on a port of its own.
type endpoint struct {
	*api
	url string
}

func newEndpoint(t *testing.T, cfg graph.HTTP) *endpoint {
	t.Helper()
	return newEndpointOf(t, newAPI(t, newDemoDB(t), graph.Config{}), cfg)
}

func newEndpointOf(t *testing.T, a *api, cfg graph.HTTP) *endpoint {
	t.Helper()
	h, err := a.graph.HTTPHandler(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(transport.SecureHeaders(h)) // as internal/cli does
	t.Cleanup(s.Close)
	return &endpoint{a, s.URL + "/graphql"}
}

// call is one HTTP request. Without a method it is a POST of JSON.
type call struct {
	method, query, body string
	headers             map[string]string // "" leaves one out that is sent otherwise
}

type reply struct {
	status int
	header http.Header
	body   string
}

func (e *endpoint) call(t *testing.T, c call) reply {
	t.Helper()
	if c.method == "" {
		c.method = http.MethodPost
	}
	at := e.url
	if c.query != "" {
		at += "?" + c.query
	}
	r, err := http.NewRequestWithContext(t.Context(), c.method, at, strings.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	if c.method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Accept-Encoding", "identity")
	for name, v := range c.headers {
		r.Header.Del(name)
		if v != "" {
			r.Header.Set(name, v)
		}
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{answer.StatusCode, answer.Header, string(body)}
}

// asJSON is the body of a request with a document.
func asJSON(query string) string {
	b, _ := json.Marshal(map[string]string{"query": query})
	return string(b)
}

const (
	newer = "application/graphql-response+json"
	older = "application/json"
)

// TestHTTP goes through what a request can have wrong. Every answer is an answer of GraphQL in the type that was
// asked for.
func TestHTTP(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, graph.HTTP{MaxBody: 2000, MaxURL: 500})
	const ok = `{ products(first: 1) { totalCount } }`
	for _, c := range []struct {
		name         string
		call         call
		older, newer int // statuses; the newer is that of the older if it is 0
		want         string
	}{
		{"answered", call{body: asJSON(ok)}, 200, 0, `{"data":{"products":{"totalCount":3}}}`},
		{"answered, by GET", call{method: "GET", query: "query=" + url.QueryEscape(ok)}, 200, 0, `{"data":{"products":{"totalCount":3}}}`},
		{"variables, by GET", call{method: "GET", query: "query=" + url.QueryEscape(`query A($n: Int) { products(first: $n) { totalCount } } query B { b: __typename }`) + "&operationName=A&variables=" + url.QueryEscape(`{"n":1}`) + "&extensions="}, 200, 0, `"totalCount":3`},
		{"null for optional parameters", call{body: `{"query":"{ __typename }","variables":null,"operationName":null,"extensions":null}`}, 200, 0, `{"data":{"__typename":"Query"}}`},
		{"unknown properties", call{body: `{"query":"{ __typename }","Query":1,"id":7}`}, 200, 0, `{"data"`},
		{"charset", call{body: asJSON(ok), headers: map[string]string{"Content-Type": "application/json; charset=UTF-8"}}, 200, 0, `{"data"`},
		{"an error in a field", call{body: asJSON(`{ product(id: "nothing") { id } }`)}, 200, 0, `{"data":{"product":null}}`},
		{"an error with data", call{body: asJSON(`{ a: __typename product(id: "prod_demo_hat") { variants(first: -1) { totalCount } } }`)}, 200, 0, `"data":`},

		// Well-formed requests that are not run: 200 for those who know plain JSON alone. No data either way.
		{"syntax", call{body: asJSON(`{ products {`)}, 200, 400, "GRAPHQL_PARSE_FAILED"},
		{"empty document", call{body: `{"query":""}`}, 200, 400, "no operation provided"},
		{"validation", call{body: asJSON(`{ nothing }`)}, 200, 400, "GRAPHQL_VALIDATION_FAILED"},
		{"validation, by GET", call{method: "GET", query: "query={nothing}"}, 200, 400, "GRAPHQL_VALIDATION_FAILED"},
		{"operation not there", call{body: `{"query":"query A { __typename }","operationName":"B"}`}, 200, 400, "operation B not found"},
		{"operation not said", call{body: asJSON(`query A { __typename } query B { __typename }`)}, 200, 400, "operationName must say which one"},
		{"variables do not fit", call{body: `{"query":"query ($n: Int!) { products(first: $n) { totalCount } }"}`}, 200, 400, "variable n: must be defined"},
		{"@defer", call{body: asJSON(`{ ... @defer { __typename } }`)}, 200, 400, "@defer is not served"},
		{"subscription", call{body: asJSON(`subscription { __typename }`)}, 200, 400, "errors"},

		// Not well-formed.
		{"no body", call{}, 400, 0, "the body is empty"},
		{"not JSON", call{body: `{"query":`}, 400, 0, "it ends too early"},
		{"nonsense", call{body: `NONSENSE`}, 400, 0, "invalid character 'N'"},
		{"more behind", call{body: asJSON(ok) + `{}`}, 400, 0, "the body is not JSON"},
		{"a string", call{body: `"{ __typename }"`}, 400, 0, "a request must be a JSON object, not a string"},
		{"null", call{body: `null`}, 400, 0, "not null"},
		{"no query", call{body: `{"qeury":"{ __typename }"}`}, 400, 0, "query is missing"},
		{"no query, by GET", call{method: "GET"}, 400, 0, "query is missing"},
		{"query is null", call{body: `{"query":null}`}, 400, 0, "query must be a string, not null"},
		{"query is a number", call{body: `{"query":1}`}, 400, 0, "query must be a string, not a number"},
		{"query is an object", call{body: `{"query":{"a":1}}`}, 400, 0, "query must be a string, not an object"},
		{"operationName is a list", call{body: `{"query":"{ __typename }","operationName":[]}`}, 400, 0, "operationName must be a string, not a list"},
		{"variables are a list", call{body: `{"query":"{ __typename }","variables":[7]}`}, 400, 0, "variables must be a JSON object, not a list"},
		{"variables are a string", call{body: `{"query":"{ __typename }","variables":"{}"}`}, 400, 0, "variables must be a JSON object, not a string"},
		{"extensions are true", call{body: `{"query":"{ __typename }","extensions":true}`}, 400, 0, "extensions must be a JSON object, not a boolean"},
		{"variables, by GET, are no JSON", call{method: "GET", query: "query={__typename}&variables={"}, 400, 0, "variables is not JSON"},
		{"variables, by GET, have more behind", call{method: "GET", query: "query={__typename}&variables={}{}"}, 400, 0, "more follows"},
		{"query twice, by GET", call{method: "GET", query: "query={__typename}&query={a}"}, 400, 0, "query is given 2 times"},
		{"not URL-encoded", call{method: "GET", query: "query=%zz"}, 400, 0, "x-www-form-urlencoded"},
		{"not UTF-8", call{body: "{\"query\":\"\xff\"}"}, 400, 0, "the body is not UTF-8"},
		{"not UTF-8, by GET", call{method: "GET", query: "query=%ff"}, 400, 0, "query is not UTF-8"},

		// Wrong as HTTP.
		{"form", call{body: "query=a", headers: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}}, 415, 0, "UNSUPPORTED_MEDIA_TYPE"},
		{"text", call{body: asJSON(ok), headers: map[string]string{"Content-Type": "text/plain"}}, 415, 0, "application/json"},
		{"application/graphql", call{body: ok, headers: map[string]string{"Content-Type": "application/graphql"}}, 415, 0, "application/json"},
		{"no content type", call{body: asJSON(ok), headers: map[string]string{"Content-Type": ""}}, 415, 0, "application/json"},
		{"another charset", call{body: asJSON(ok), headers: map[string]string{"Content-Type": "application/json; charset=utf-16"}}, 415, 0, "UTF-8"},
		{"compressed", call{body: asJSON(ok), headers: map[string]string{"Content-Encoding": "gzip"}}, 415, 0, "compressed"},
		{"body too large", call{body: asJSON(`{ __typename #` + strings.Repeat("x", 2000) + "\n}")}, 413, 0, "the limit of 2000"},
		{"URL too long", call{method: "GET", query: "query=" + strings.Repeat("x", 500)}, 414, 0, "the limit of 500"},
		{"mutation by GET", call{method: "GET", query: "query=" + url.QueryEscape(`mutation { deleteProducts(ids: ["prod_demo_hat"]) { deletionId } }`)}, 405, 0, "a mutation is sent by POST"},
		{"mutation by GET, chosen by name", call{method: "GET", query: "operationName=B&query=" + url.QueryEscape(`query A { __typename } mutation B { __typename }`)}, 405, 0, "a mutation is sent by POST"},
		{"PUT", call{method: "PUT", body: asJSON(ok)}, 405, 0, "METHOD_NOT_ALLOWED"},
		{"DELETE", call{method: "DELETE"}, 405, 0, "METHOD_NOT_ALLOWED"},
		{"another method", call{method: "BREW"}, 405, 0, "METHOD_NOT_ALLOWED"},
	} {
		if c.newer == 0 {
			c.newer = c.older
		}
		for accept, status := range map[string]int{older: c.older, newer: c.newer} {
			t.Run(c.name+", "+accept, func(t *testing.T) {
				t.Parallel()
				headers := map[string]string{"Accept": accept}
				for k, v := range c.call.headers {
					headers[k] = v
				}
				got := e.call(t, call{c.call.method, c.call.query, c.call.body, headers})
				if got.status != status || !strings.Contains(got.body, c.want) {
					t.Errorf("got %d %s\nwant %d %s", got.status, got.body, status, c.want)
				}
				if want := accept + "; charset=utf-8"; got.header.Get("Content-Type") != want {
					t.Errorf("Content-Type: got %s, want %s", got.header.Get("Content-Type"), want)
				}
				checkAnswer(t, got)
				if status == 405 && got.header.Get("Allow") == "" {
					t.Error("no Allow")
				}
				if strings.Contains(c.want, "errors") || status >= 400 || c.newer >= 400 {
					if strings.Contains(got.body, `"data"`) {
						t.Errorf("data without a run: %s", got.body)
					}
				}
			})
		}
	}
}

// checkAnswer checks what holds for every answer.
func checkAnswer(t *testing.T, got reply) {
	t.Helper()
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Frame-Options": "DENY",
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got.header.Get(name) != want {
			t.Errorf("%s: got %q, want %q", name, got.header.Get(name), want)
		}
	}
	var answer struct {
		Data   *json.RawMessage
		Errors []struct {
			Message    string
			Extensions struct{ Code string }
		}
	}
	if err := json.Unmarshal([]byte(got.body), &answer); err != nil {
		t.Fatalf("%v: %s", err, got.body)
	}
	if (answer.Data == nil) != (len(answer.Errors) > 0) && answer.Data == nil {
		t.Errorf("neither data nor errors: %s", got.body)
	}
	for _, e := range answer.Errors {
		if e.Message == "" || e.Extensions.Code == "" {
			t.Errorf("an error without text or code: %s", got.body)
		}
	}
}

func TestAccept(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, graph.HTTP{})
	for accept, want := range map[string]string{
		"":                                older,
		"*/*":                             older,
		"application/*":                   older,
		older:                             older,
		newer:                             newer,
		newer + ", application/json;q=.9": newer,
		older + ", " + newer:              newer,
		"application/json;q=0.9, application/graphql-response+json;q=0.8": older,
		"application/graphql-response+json;q=0, */*":                      older,
		"application/graphql-response+json;q=0.5, */*;q=0.1":              newer,
		newer + "; charset=utf-8":                                         newer,
		"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": older,
		"APPLICATION/JSON": older,
		"text/html":        "",
		"application/json;q=0, application/graphql-response+json;q=0": "",
		"application/json; charset=iso-8859-1":                        "",
		"application/json;q=nonsense":                                 "",
		"application/json;q=0.000, text/*":                            "",
	} {
		got := e.call(t, call{body: asJSON("{ __typename }"), headers: map[string]string{"Accept": accept}})
		status := http.StatusOK
		if want == "" {
			status, want = http.StatusNotAcceptable, older
		}
		if got.status != status || got.header.Get("Content-Type") != want+"; charset=utf-8" {
			t.Errorf("%q: got %d %s, want %d %s", accept, got.status, got.header.Get("Content-Type"), status, want)
		}
		checkAnswer(t, got)
		if !strings.Contains(strings.Join(got.header.Values("Vary"), ","), "Accept") {
			t.Errorf("%q: Vary is %s", accept, got.header.Values("Vary"))
		}
	}
}

func TestHeadAndOptions(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, graph.HTTP{})
	if got := e.call(t, call{method: "HEAD", query: "query={__typename}"}); got.status != 200 || got.body != "" ||
		!strings.HasPrefix(got.header.Get("Content-Type"), older) {
		t.Errorf("HEAD: %+v", got)
	}
	if got := e.call(t, call{method: "OPTIONS"}); got.status != 204 ||
		got.header.Get("Allow") != "GET, HEAD, POST, OPTIONS" || got.body != "" {
		t.Errorf("OPTIONS: %+v", got)
	}
}

// TestSlowAndOversizedRequests sends what a client library does not.
func TestSlowAndOversizedRequests(t *testing.T) {
	t.Parallel()
	a := newAPI(t, newDemoDB(t), graph.Config{})
	s := httptest.NewUnstartedServer(a.handler)
	s.Config.ReadTimeout = 300 * time.Millisecond
	s.Config.MaxHeaderBytes = 8 << 10
	s.Start()
	defer s.Close()
	for name, c := range map[string]struct {
		request string
		status  int
	}{
		"a body that does not come": {"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{", 408},
		"headers":                   {"POST /graphql HTTP/1.1\r\nHost: localhost\r\nX-Large: " + strings.Repeat("x", 16<<10) + "\r\n\r\n", 431},
	} {
		conn, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, c.request); err != nil {
			t.Fatal(err)
		}
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if answer.StatusCode != c.status {
			t.Errorf("%s: got %d, want %d", name, answer.StatusCode, c.status)
		}
	}
}

// TestCoercion sends variables of wrong kinds: what a stock gqlgen server makes of them is in the names.
func TestCoercion(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, graph.HTTP{})
	for _, c := range []struct{ name, declared, use, value, want string }{
		{"a string for an Int is taken", "Int", "products(first: $v) { totalCount }", `"1"`, "Int cannot represent"},
		{"a fraction", "Int", "products(first: $v) { totalCount }", `1.5`, "Int cannot represent"},
		{"an exponent", "Int", "products(first: $v) { totalCount }", `1e1`, "Int cannot represent"},
		{"beyond 32 bits", "Int", "products(first: $v) { totalCount }", `2147483648`, "Int cannot represent"},
		{"beyond 64 bits", "Int", "products(first: $v) { totalCount }", `99999999999999999999999`, "Int cannot represent"},
		{"a boolean for an Int", "Int", "products(first: $v) { totalCount }", `true`, "Int cannot represent"},
		{"an Int", "Int", "products(first: $v) { totalCount }", `1`, ""},
		{"a number for a String is taken", "String", "products(after: $v) { totalCount }", `1`, "String cannot represent"},
		{"a number for a String in an input is taken", "ProductFilter", "products(filter: $v) { totalCount }", `{"title":{"eq":1}}`, "variable v.title.eq: String cannot represent"},
		{"in a list", "ProductFilter", "products(filter: $v) { totalCount }", `{"title":{"in":["a",1]}}`, "variable v.title.in[1]: String cannot represent"},
		{"one for a list", "ProductFilter", "products(filter: $v) { totalCount }", `{"title":{"in":"a"}}`, ""},
		{"a string for a Boolean", "Boolean!", "products { totalCount @include(if: $v) __typename }", `"true"`, "Boolean cannot represent"},
		{"a number for a Boolean", "Boolean!", "products { totalCount @include(if: $v) __typename }", `1`, "Boolean cannot represent"},
		{"an enum value in lower case is taken", "ProductFilter", "products(filter: $v) { totalCount }", `{"status":{"eq":"published"}}`, `\"published\" is not a value of ProductStatus`},
		{"a number for an enum value", "ProductFilter", "products(filter: $v) { totalCount }", `{"status":{"eq":1}}`, "1 is not a value of ProductStatus"},
		{"an enum value", "ProductFilter", "products(filter: $v) { totalCount }", `{"status":{"eq":"PUBLISHED"}}`, ""},
		{"a string for an ID", "ID!", "product(id: $v) { id }", `"a"`, ""},
		{"a whole number for an ID", "ID!", "product(id: $v) { id }", `7`, ""},
		{"a fraction for an ID is taken", "ID!", "product(id: $v) { id }", `7.5`, "ID cannot represent"},
		{"a boolean for an ID", "ID!", "product(id: $v) { id }", `false`, "ID cannot represent"},
		{"an object for an ID", "ID!", "product(id: $v) { id }", `{"a":1}`, "ID cannot represent"},
		{"a list for an input", "ProductFilter", "products(filter: $v) { totalCount }", `[1]`, "ProductFilter cannot represent"},
		{"a number for a DateTime", "ProductFilter", "products(filter: $v) { totalCount }", `{"createdAt":{"gt":5}}`, "DateTime cannot represent"},
		{"a boolean for a Decimal", "PriceFilter", "prices(filter: $v) { totalCount }", `{"amount":{"gt":true}}`, "Decimal cannot represent"},
		{"a string for a Decimal", "PriceFilter", "prices(filter: $v) { totalCount }", `{"amount":{"gt":"1.50"}}`, ""},
		{"a number for a Decimal", "PriceFilter", "prices(filter: $v) { totalCount }", `{"amount":{"gt":1.50}}`, ""},
	} {
		body := fmt.Sprintf(`{"query":"query ($v: %s) { %s }","variables":{"v":%s}}`, c.declared, c.use, c.value)
		got := e.call(t, call{body: body, headers: map[string]string{"Accept": newer}})
		switch {
		case c.want == "" && (got.status != 200 || strings.Contains(got.body, "errors")):
			t.Errorf("%s: got %d %s", c.name, got.status, got.body)
		case c.want != "" && (got.status != 400 || !strings.Contains(got.body, c.want) || !strings.Contains(got.body, "GRAPHQL_VALIDATION_FAILED")):
			t.Errorf("%s: got %d %s\nwant %s", c.name, got.status, got.body, c.want)
		}
	}
}

func TestCompression(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, graph.HTTP{})
	const large = `{ __type(name: "Product") { fields { name description } } }`
	for _, accept := range []string{older, newer} {
		headers := map[string]string{"Accept": accept, "Accept-Encoding": "gzip"}
		got := e.call(t, call{body: asJSON(large), headers: headers})
		if got.header.Get("Content-Encoding") != "gzip" ||
			!strings.Contains(strings.Join(got.header.Values("Vary"), ","), "Accept-Encoding") {
			t.Fatalf("%s: %v", accept, got.header)
		}
		z, err := gzip.NewReader(strings.NewReader(got.body))
		if err != nil {
			t.Fatal(err)
		}
		plain, err := io.ReadAll(z)
		if want := e.call(t, call{body: asJSON(large)}).body; err != nil || string(plain) != want {
			t.Errorf("%s: %v, got %d bytes, want %d", accept, err, len(plain), len(want))
		}
		if got := e.call(
			t,
			call{body: asJSON("{ __typename }"), headers: headers},
		); got.header.Get(
			"Content-Encoding",
		) != "" {
			t.Errorf("%s: a tiny answer is compressed", accept)
		}
	}
	if got := newEndpointOf(
		t,
		e.api,
		graph.HTTP{CompressFrom: -1},
	).call(t, call{body: asJSON(large), headers: map[string]string{"Accept-Encoding": "gzip"}}); got.header.Get(
		"Content-Encoding",
	) != "" {
		t.Error("compressed where it is off")
	}
}

func TestBatch(t *testing.T) {
	t.Parallel()
	off := newEndpoint(t, graph.HTTP{})
	if got := off.call(t, call{body: `[{"query":"{ __typename }"}]`}); got.status != 400 ||
		!strings.Contains(got.body, "BATCHING_NOT_SUPPORTED") {
		t.Errorf("off: %+v", got)
	}
	on := newEndpointOf(
		t,
		off.api,
		graph.HTTP{MaxBatch: 3, Documents: transport.DocumentLimits{Aliases: 2, RootFields: 4}},
	)
	for _, c := range []struct {
		name, body string
		status     int
		want       string
	}{
		{"one", `{"query":"{ __typename }"}`, 200, `{"data":{"__typename":"Query"}}`},
		{"in order", `[{"query":"{ __typename }"},{"query":"{ nothing }"},{"query":"{ products { totalCount } }"}]`, 200, `{"data":{"products":{"totalCount":3}}}]`},
		{"none", `[]`, 400, "no requests"},
		{"too many", `[{"query":"{ __typename }"},{},{},{}]`, 400, "requests of the list: 4 is above the limit of 3"},
		{"one is none", `[{"query":"{ __typename }"},7]`, 400, "a request must be a JSON object, not a number"},
		{"a list in the list", `[[{"query":"{ __typename }"}]]`, 400, "not a list"},
		{"one without query", `[{"query":"{ __typename }"},{}]`, 200, `{"data":{"__typename":"Query"}},{"errors":[{"message":"query is missing`},
		{"aliases of all together", `[{"query":"{ a: __typename b: __typename }"},{"query":"{ c: __typename }"}]`, 200, "aliases of the document: 3 is above the limit of 2"},
		{"root fields of all together", `[{"query":"{ __typename b: __typename }"},{"query":"{ __typename products { totalCount } }"},{"query":"{ __typename }"}]`, 200, "root fields of the operation: 5 is above the limit of 4"},
	} {
		if got := on.call(t, call{body: c.body}); got.status != c.status || !strings.Contains(got.body, c.want) ||
			!json.Valid([]byte(got.body)) {
			t.Errorf("%s: got %d %s\nwant %d %s", c.name, got.status, got.body, c.status, c.want)
		}
	}
}

// TestTimeout holds a table that a request waits for: the request ends in time, and so does its statement.
func TestTimeout(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, graph.HTTP{Timeout: 300 * time.Millisecond})
	tx, err := e.db.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	if _, err := tx.Exec(t.Context(), `LOCK TABLE product IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	for _, accept := range []string{older, newer} {
		got := e.call(
			t,
			call{body: asJSON(`{ products { totalCount } }`), headers: map[string]string{"Accept": accept}},
		)
		if got.status != 504 || !strings.Contains(got.body, `"UNAVAILABLE"`) ||
			!strings.Contains(got.body, "longer than 300ms") || strings.Contains(got.body, `"data"`) {
			t.Errorf("a query: %+v", got)
		}
		got = e.call(
			t,
			call{
				body: asJSON(
					`mutation { updateProducts(input: [{ id: "prod_demo_hat", title: "x" }]) { products { id } } }`,
				),
				headers: map[string]string{"Accept": accept},
			},
		)
		if got.status != 504 || !strings.Contains(got.body, "look whether it was done") {
			t.Errorf("a mutation: %+v", got)
		}
	}
	deadline := time.Now().Add(10 * time.Second)
	for waiting := -1; waiting != 0; time.Sleep(20 * time.Millisecond) {
		if err := tx.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).
			Scan(&waiting); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d statements wait still", waiting)
		}
	}
}
