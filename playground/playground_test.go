package playground_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"linkgraph/graph"
	"linkgraph/modules"
	"linkgraph/playground"
)

func get(t *testing.T, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	playground.Handler(playground.Config{Models: catalog(t)}).ServeHTTP(w, r)
	return w.Result()
}

func catalog(t *testing.T) *modules.Catalog {
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
		"/playground/graphiql.min.js": "javascript", "/playground/graphiql.min.css": "text/css",
		"/playground/react.production.min.js": "javascript", "/playground/react-dom.production.min.js": "javascript",
		"/playground/settings.json": "application/json",
		"/map":                      "text/html", "/playground/map/map.js": "javascript", "/playground/map/map.css": "text/css",
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
	r := httptest.NewRequest(http.MethodGet, "/map", nil)
	w := httptest.NewRecorder()
	playground.Handler(playground.Config{}).ServeHTTP(w, r)
	if w.Code != http.StatusNotFound {
		t.Errorf("a map without models: %d", w.Code)
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
	const path = "/playground/graphiql.min.js"
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
	for _, tab := range tabs {
		if _, err := parser.ParseQuery(&ast.Source{Input: tab}); err != nil {
			t.Errorf("%v in:\n%s", err, tab)
		}
	}
	var settings struct {
		Endpoint string
		Tabs     []string
	}
	if err := json.NewDecoder(get(t, "/playground/settings.json").Body).Decode(&settings); err != nil || settings.Endpoint != "/graphql" || len(settings.Tabs) != len(tabs) {
		t.Errorf("settings: %+v, %v", settings, err)
	}
}
