package observe

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/linkgraph/linkgraph/graph"
)

// TestNamesOfStorefronts has a storefront make up operation names. They must share one label, and leave the labels of
// admins and of trusted documents alone.
func TestNamesOfStorefronts(t *testing.T) {
	t.Parallel()
	w := watch(t, Config{MaxNames: 3})
	g, err := graph.New(w.pool, graph.Config{Observer: w.Observer})
	if err != nil {
		t.Fatal(err)
	}
	serve := func(trusted map[string]string) {
		h, err := g.HTTPHandler(graph.HTTP{
			Authenticate: func(r *http.Request) (graph.Caller, error) {
				return graph.Caller{ID: "apk_1", Role: graph.ReadWrite, Storefront: r.Header.Get("X-Shop") != ""}, nil
			},
			Storefront: graph.HTTPStorefront{Trusted: trusted},
		})
		if err != nil {
			t.Fatal(err)
		}
		w.handler = w.Handler(h)
	}
	serve(nil)
	for i := range 20 {
		w.ask(fmt.Sprintf("query Made%d { products { totalCount } }", i), "X-Shop", "1")
	}
	w.ask("{ products { totalCount } }", "X-Shop", "1")
	w.ask("query Backoffice { products { totalCount } }")
	serve(map[string]string{"front": "query Front { products { totalCount } }"})
	if a := w.ask("query Front { products { totalCount } }", "X-Shop", "1"); a.Errors == nil {
		t.Error("a document without its id is run")
	}
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(`{"documentId":"front"}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Shop", "1")
	w.handler.ServeHTTP(httptest.NewRecorder(), r)
	text := w.metricsText()
	for name, count := range map[string]string{"storefront": "21", "Backoffice": "1", "Front": "1"} {
		want := fmt.Sprintf(`linkgraph_operations_total{name="%s",outcome="ok",type="query"} %s`, name, count)
		if !strings.Contains(text, want+"\n") {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if strings.Contains(text, "Made") || strings.Contains(text, `name="other"`) {
		t.Errorf("names that a storefront made up:\n%s", text)
	}
}
