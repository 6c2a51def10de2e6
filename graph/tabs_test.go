package graph_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/playground"
)

// TestPlaygroundTabs runs every operation of every tab on the demo store, in order, as the caller that the tab is
// for: none of them fails. Those of storefronts answer with what is for sale.
func TestPlaygroundTabs(t *testing.T) {
	t.Parallel()
	tabs, err := playground.Tabs()
	if err != nil {
		t.Fatal(err)
	}
	a := newAPI(t, newDemoDB(t), graph.Config{})
	if a.handler, err = a.graph.HTTPHandler(graph.HTTP{Authenticate: byHeader}); err != nil {
		t.Fatal(err)
	}
	sold := ""
	for _, tab := range tabs {
		doc, err := parser.ParseQuery(&ast.Source{Input: tab.Document})
		if err != nil {
			t.Fatal(err)
		}
		for _, op := range doc.Operations {
			body, err := json.Marshal(map[string]any{"query": tab.Document, "operationName": op.Name})
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(string(body)))
			r.Header.Set("Content-Type", "application/json")
			if tab.Storefront {
				r.Header.Set(keyHeader, "apk_demo_web")
			}
			w := httptest.NewRecorder()
			a.handler.ServeHTTP(w, r)
			if w.Code != http.StatusOK || strings.Contains(w.Body.String(), `"errors"`) {
				t.Errorf("%s: %s", op.Name, w.Body)
			}
			if tab.Storefront {
				sold += w.Body.String()
			}
		}
	}
	for _, want := range []string{
		`{"product":null}`, // the draft
		`"title":"Linen shirt","description":"A light shirt for warm days."`,
		`"values":{"nodes":[{"value":"S"},{"value":"M"}]}`,
		`{"stockedQuantity":"25","reservedQuantity":"0"}`,
		`"totalCount":2`, `"amount":"24.50"`, `"amount":"39.90"`,
	} {
		if !strings.Contains(sold, want) {
			t.Errorf("no storefront tab answers %s:\n%s", want, sold)
		}
	}
	if strings.Index(sold, `"amount":"24.50"`) > strings.LastIndex(sold, `"amount":"39.90"`) {
		t.Errorf("the dearer product comes first:\n%s", sold)
	}
}
