package graph_test

import (
	"strings"
	"testing"

	"github.com/linkgraph/linkgraph/graph"
)

// TestLimits sets each limit low and goes one beyond it: the answer names the limit and what was asked.
func TestLimits(t *testing.T) {
	t.Parallel()
	db := newDemoDB(t)
	for _, c := range []struct {
		name   string
		limits graph.Limits
		within string
		beyond string
		want   string
	}{
		{"page", graph.Limits{MaxPage: 5}, `{ products(first: 5) { nodes { id } } }`, `{ products(last: 6) { nodes { id } } }`, "products.last: 6 is above the limit of 5"},
		{
			"nested page",
			graph.Limits{MaxPage: 5},
			`{ products(first: 5) { nodes { variants(first: 5) { nodes { id } } } } }`,
			`{ products(first: 5) { nodes { variants(first: 6) { nodes { id } } } } }`, "products.nodes.variants.first: 6 is above the limit of 5",
		},
		{
			"depth",
			graph.Limits{MaxDepth: 2},
			`{ productVariants { nodes { product { title } } } }`,
			`{ productVariants { nodes { product { type { value } } } } }`, "depth of productVariants.nodes.product.type: 3 is above the limit of 2",
		},
		{
			"in",
			graph.Limits{MaxIn: 2},
			`{ products(filter: { title: { in: ["a", "b"] } }) { nodes { id } } }`,
			`{ products(filter: { title: { notIn: ["a", "b", "c"] } }) { nodes { id } } }`, "products.filter.title.notIn: 3 is above the limit of 2",
		},
		{
			"conditions",
			graph.Limits{MaxConditions: 2},
			`{ products(filter: { title: { eq: "a" }, handle: { eq: "b" } }) { nodes { id } } }`,
			`{ products(filter: { title: { eq: "a" }, or: [{ handle: { eq: "b" } }] }) { nodes { id } } }`, "3 is above the limit of 2",
		},
		{
			"fields",
			graph.Limits{MaxCost: 106},
			`{ products(first: 7) { nodes { variants(first: 6) { nodes { id } } } } }`,
			`{ products(first: 7) { nodes { variants(first: 7) { nodes { id } } } } }`, "fields of all records up to products: 120 is above the limit of 106; products(first: 6) would fit",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t, db, graph.Config{Limits: c.limits})
			a.ask(nil, c.within, nil)
			got := string(a.do(c.beyond, nil))
			if !strings.Contains(got, c.want) || !strings.Contains(got, `"LIMIT_EXCEEDED"`) {
				t.Errorf("got %s\nwant %s", got, c.want)
			}
		})
	}
}
