package graph_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkgraph/linkgraph/graph"
)

// ids asks for the ids of a root list.
func (s *shop) ids(field string) []string {
	s.Helper()
	var answer map[string]struct {
		TotalCount int
		Nodes      []struct{ ID string }
	}
	s.ask(&answer, fmt.Sprintf(`{ %s(first: 100) { totalCount nodes { id } } }`, field), nil)
	ids := []string{}
	for _, n := range answer[field].Nodes {
		ids = append(ids, n.ID)
	}
	if answer[field].TotalCount != len(ids) {
		s.Errorf("%s: totalCount %d, but %d nodes", field, answer[field].TotalCount, len(ids))
	}
	return ids
}

func TestStorefrontSeesWhatItsChannelsSell(t *testing.T) {
	s := newShop(t)
	for field, model := range map[string]string{
		"products": "Product", "productVariants": "ProductVariant", "productCollections": "ProductCollection", "productTypes": "ProductType",
		"productTags": "ProductTag", "productCategories": "ProductCategory", "salesChannels": "SalesChannel",
	} {
		want := slices.Sorted(slices.Values(s.seen[model]))
		if len(want) == 0 {
			t.Fatalf("no %s is to be seen: the test shows nothing", model)
		}
		if diff := cmp.Diff(want, s.ids(field)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", field, diff)
		}
	}
	s.as("apk_none", graph.HTTPStorefront{})
	for _, field := range []string{"products", "productVariants", "productTags", "salesChannels"} {
		if ids := s.ids(field); len(ids) > 0 {
			t.Errorf("a key without channels sees %s %v", field, ids)
		}
	}
	s.as("apk_other", graph.HTTPStorefront{})
	if ids := s.ids("products"); len(ids) != 1 || !strings.Contains(ids[0], hiddenRecord) {
		t.Errorf("the key of another channel sees %v, want its one product", ids)
	}
}

// TestStorefrontsShareNoAnswers asks one server the same document with different keys in turn: what is kept of a
// document, such as its plan, must not keep whose it was.
func TestStorefrontsShareNoAnswers(t *testing.T) {
	s := newShop(t)
	h, err := s.graph.HTTPHandler(graph.HTTP{Authenticate: byHeader})
	if err != nil {
		t.Fatal(err)
	}
	const query = `query($first: Int) {
		products(first: $first, orderBy: [{ variants: { count: DESC } }]) { totalCount nodes { id variants { totalCount nodes { id product { id salesChannels { nodes { id } } } } } } }
		salesChannels { totalCount nodes { id } } }`
	alone := map[string]string{}
	keys := []string{"apk_seen", "apk_other", "apk_none"}
	for _, key := range keys {
		s.as(key, graph.HTTPStorefront{})
		alone[key] = string(s.do(query, map[string]any{"first": 50}))
	}
	if alone["apk_seen"] == alone["apk_other"] || alone["apk_other"] == alone["apk_none"] {
		t.Fatal("the keys see the same: the test shows nothing")
	}
	for range 3 {
		for _, key := range keys {
			s.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.Header.Set(keyHeader, key)
				h.ServeHTTP(w, r)
			})
			if diff := cmp.Diff(alone[key], string(s.do(query, map[string]any{"first": 50}))); diff != "" {
				t.Errorf("%s, after others (-alone +now):\n%s", key, diff)
			}
		}
	}
}
