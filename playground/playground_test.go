package playground_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/playground"
)

func get(t *testing.T, path string, header ...string) *http.Response {
	t.Helper()
	return getFrom(playground.Config{Models: catalog(t)}, path, header...)
}

func getFrom(cfg playground.Config, path string, header ...string) *http.Response {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	playground.Handler(cfg).ServeHTTP(w, r)
	return w.Result()
}

func catalog(t *testing.T) *recordstore.Catalog {
	t.Helper()
	g, err := graph.New(nil, graph.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return g.Records.Catalog()
}

func TestServesEverythingItself(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/": "text/html", "/playground/page.js": "javascript", "/playground/page.css": "text/css",
		"/playground/storage.js": "javascript", "/playground/credentials.js": "javascript", "/playground/settings.js": "javascript",
		"/playground/graphiql/graphiql.js": "javascript", "/playground/graphiql/graphiql.css": "text/css",
		"/playground/graphiql/editor.worker.js": "javascript", "/playground/graphiql/json.worker.js": "javascript",
		"/playground/graphiql/graphql.worker.js": "javascript",
		"/playground/settings.json":              "application/json",
		"/map":                                   "text/html", "/playground/map/map.js": "javascript", "/playground/map/map.css": "text/css",
		"/playground/map/map.json": "application/json",
	} {
		r := get(t, path)
		body, _ := io.ReadAll(r.Body)
		if r.StatusCode != http.StatusOK || !strings.Contains(r.Header.Get("Content-Type"), want) || len(body) == 0 {
			t.Errorf("%s: %d %s, %d bytes", path, r.StatusCode, r.Header.Get("Content-Type"), len(body))
		}
		if !strings.Contains(r.Header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s has no policy", path)
		}
		for _, loose := range []string{"script-src 'self' ", "unsafe-eval", "blob:"} {
			if strings.Contains(r.Header.Get("Content-Security-Policy"), loose) {
				t.Errorf("%s allows more than it needs: %s", path, r.Header.Get("Content-Security-Policy"))
			}
		}
	}
	for _, path := range []string{"/", "/map"} {
		if page, _ := io.ReadAll(get(t, path).Body); strings.Contains(string(page), "//") {
			t.Errorf("%s names another origin:\n%s", path, page)
		}
	}
	for _, path := range []string{
		"/nothing", "/playground/", "/playground/index.html", "/playground/../playground.go", "/map/", "/playground/map/map.html", "/playground/map/",
	} {
		if r := get(t, path); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, r.StatusCode)
		}
	}
}

func TestMapIsStrict(t *testing.T) {
	t.Parallel()
	if policy := get(t, "/map").Header.Get("Content-Security-Policy"); strings.Contains(policy, "unsafe") {
		t.Errorf("the map allows more than it needs: %s", policy)
	}
	page, _ := io.ReadAll(get(t, "/map").Body)
	for _, inline := range []string{"<style", "style=", "<script>", "onclick"} {
		if strings.Contains(string(page), inline) {
			t.Errorf("the map has %s inline", inline)
		}
	}
	for _, path := range []string{"/map", "/playground/map/map.json"} {
		if r := getFrom(playground.Config{}, path); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s without models: %d", path, r.StatusCode)
		}
	}
}

func TestGuardsNamesAlone(t *testing.T) {
	t.Parallel()
	cfg := playground.Config{Models: catalog(t), Guard: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer good" {
				http.Error(w, "no", http.StatusUnauthorized)
				return
			}
			next.ServeHTTP(w, r)
		})
	}}
	const names = "/playground/map/map.json"
	for _, header := range [][]string{nil, {"Authorization", "Bearer bad"}} {
		r := getFrom(cfg, names, header...)
		if body, _ := io.ReadAll(r.Body); r.StatusCode != http.StatusUnauthorized ||
			strings.Contains(string(body), "product") {
			t.Errorf("with %v: %d %.100s", header, r.StatusCode, body)
		}
	}
	r := getFrom(cfg, names, "Authorization", "Bearer good")
	if body, _ := io.ReadAll(r.Body); r.StatusCode != http.StatusOK ||
		!strings.Contains(string(body), "ProductVariant") {
		t.Errorf("with credentials: %d %.100s", r.StatusCode, body)
	}
	if cache := r.Header.Get("Cache-Control"); cache != "no-store" || r.Header.Get("ETag") != "" {
		t.Errorf("a cache may keep the names: %s, %v", cache, r.Header)
	}
	for _, path := range []string{"/", "/map", "/playground/settings.json", "/playground/map/map.js"} {
		r := getFrom(cfg, path)
		body, _ := io.ReadAll(r.Body)
		if r.StatusCode != http.StatusOK || strings.Contains(string(body), "order_line_item") {
			t.Errorf("%s: %d", path, r.StatusCode)
		}
	}
}

func TestTellsCredentials(t *testing.T) {
	t.Parallel()
	const path = "/playground/settings.json"
	for _, cfg := range []playground.Config{
		{Admin: map[string]string{"Authorization": "Bearer sk_1"}, Storefront: map[string]string{"x-publishable-api-key": "pk_1"}},
		{Storefront: map[string]string{"x-publishable-api-key": "pk_1"}},
		{},
	} {
		var got struct{ Admin, Storefront map[string]string }
		r := getFrom(cfg, path)
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Fatal(err)
		}
		diff := cmp.Diff([]map[string]string{cfg.Admin, cfg.Storefront}, []map[string]string{got.Admin, got.Storefront})
		if diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		known := len(cfg.Admin)+len(cfg.Storefront) > 0
		if cache := r.Header.Get("Cache-Control"); known != (cache == "no-store") {
			t.Errorf("%+v: Cache-Control: %s", cfg, cache)
		}
	}
}

// TestTellsThoseWhoAreTrusted checks that nothing of a credential is in what the others are served.
func TestTellsThoseWhoAreTrusted(t *testing.T) {
	t.Parallel()
	cfg := playground.Config{
		Admin: map[string]string{
			"Authorization": "Bearer sk_1",
		},
		Storefront: map[string]string{"x-publishable-api-key": "pk_1"},
		Trust:      func(r *http.Request) bool { return r.Header.Get(playground.TokenHeader) == "good" },
	}
	for _, c := range []struct {
		token string
		told  bool
	}{{"good", true}, {"bad", false}, {"", false}} {
		for _, path := range []string{"/playground/settings.json", "/playground/settings-plain.json", "/?token=" + c.token, "/playground/page.js"} {
			var headers []string
			if c.token != "" {
				headers = []string{playground.TokenHeader, c.token}
			}
			r := getFrom(cfg, path, headers...)
			body, _ := io.ReadAll(r.Body)
			if told := strings.Contains(string(body), "sk_1") ||
				strings.Contains(string(body), "pk_1"); told != (c.told && path == "/playground/settings.json") {
				t.Errorf("%q, %s: told %v", c.token, path, told)
			}
			if path != "/playground/settings.json" {
				continue
			}
			if link := strings.Contains(string(body), `"link":true`); link == c.told {
				t.Errorf("%q: link %v", c.token, link)
			}
			if cache := r.Header.Get("Cache-Control"); cache != "no-store" || r.Header.Get("ETag") != "" {
				t.Errorf("%q: a cache may keep it: %v", c.token, r.Header)
			}
		}
	}
}

func TestMapKnowsTheModels(t *testing.T) {
	t.Parallel()
	var settings struct {
		Models []struct {
			Name, Module, Link, Table, Primary string
			Columns                            []struct{ Field, Name, Type string }
			Relations                          []struct{ Field, Target string }
		}
	}
	if err := json.NewDecoder(get(t, "/playground/map/map.json").Body).Decode(&settings); err != nil {
		t.Fatal(err)
	}
	if n := len(catalog(t).Models()); len(settings.Models) != n {
		t.Errorf("%d models, want %d", len(settings.Models), n)
	}
	for _, m := range settings.Models {
		if (m.Module == "") == (m.Link == "") || m.Table == "" || m.Primary == "" || len(m.Columns) == 0 {
			t.Errorf("%+v", m)
		}
	}
}

func TestCompressesAndRevalidates(t *testing.T) {
	t.Parallel()
	const path = "/playground/graphiql/graphiql.js"
	plain, _ := io.ReadAll(get(t, path).Body)
	r := get(t, path, "Accept-Encoding", "gzip")
	if r.Header.Get("Content-Encoding") != "gzip" {
		t.Fatal("not compressed")
	}
	z, err := gzip.NewReader(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(z); err != nil || string(text) != string(plain) {
		t.Errorf("%d bytes compressed, %d plain: %v", len(text), len(plain), err)
	}
	if again := get(t, path, "If-None-Match", r.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("asked again: %d", again.StatusCode)
	}
}

func TestTabsAreDocuments(t *testing.T) {
	t.Parallel()
	tabs, err := playground.Tabs()
	if err != nil || len(tabs) == 0 {
		t.Fatal(err)
	}
	storefront := 0
	for _, tab := range tabs {
		doc, err := parser.ParseQuery(&ast.Source{Input: tab.Document})
		if err != nil {
			t.Errorf("%v in:\n%s", err, tab.Document)
			continue
		}
		if !tab.Storefront {
			continue
		}
		storefront++
		for _, op := range doc.Operations {
			if op.Operation != ast.Query {
				t.Errorf("a storefront has no %s %s", op.Operation, op.Name)
			}
		}
	}
	if storefront == 0 || storefront == len(tabs) {
		t.Errorf("%d of %d tabs are for storefronts", storefront, len(tabs))
	}
	var settings struct {
		Endpoint string
		Tabs     []playground.Tab
	}
	if err := json.NewDecoder(get(t, "/playground/settings.json").Body).Decode(&settings); err != nil ||
		settings.Endpoint != "/graphql" {
		t.Errorf("settings: %+v, %v", settings, err)
	}
	if diff := cmp.Diff(tabs, settings.Tabs); diff != "" {
		t.Errorf("tabs in the settings (-want +got):\n%s", diff)
	}
}
