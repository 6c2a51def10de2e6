package graph_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"linkgraph/graph"
	"linkgraph/playground"
)

// TestPlaygroundTabs runs every operation of every tab on the demo store, in order: none of them fails.
func TestPlaygroundTabs(t *testing.T) {
	t.Parallel()
	tabs, err := playground.Tabs()
	if err != nil {
		t.Fatal(err)
	}
	a := newAPI(t, newDemoDB(t), graph.Config{})
	for _, tab := range tabs {
		doc, err := parser.ParseQuery(&ast.Source{Input: tab})
		if err != nil {
			t.Fatal(err)
		}
		for _, op := range doc.Operations {
			body, err := json.Marshal(map[string]any{"query": tab, "operationName": op.Name})
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(string(body)))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			a.handler.ServeHTTP(w, r)
			if strings.Contains(w.Body.String(), `"errors"`) {
				t.Errorf("%s: %s", op.Name, w.Body)
			}
		}
	}
}
