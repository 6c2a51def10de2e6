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

	"linkgraph/playground"
)

func get(t *testing.T, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	playground.Handler(playground.Config{}).ServeHTTP(w, r)
	return w.Result()
}

func TestServesEverythingItself(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/": "text/html", "/playground/page.js": "javascript", "/playground/page.css": "text/css",
		"/playground/graphiql.min.js": "javascript", "/playground/graphiql.min.css": "text/css",
		"/playground/react.production.min.js": "javascript", "/playground/react-dom.production.min.js": "javascript",
		"/playground/settings.json": "application/json",
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
	page, _ := io.ReadAll(get(t, "/").Body)
	if strings.Contains(string(page), "//") {
		t.Errorf("the page names another origin:\n%s", page)
	}
	for _, path := range []string{"/nothing", "/playground/", "/playground/index.html", "/playground/../playground.go"} {
		if r := get(t, path); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, r.StatusCode)
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
