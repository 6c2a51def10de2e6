package graph_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkgraph/linkgraph/graph"
)

// TestOrderByWhatALinkLeadsTo orders products of a channel by the title of the product that the link's row leads to,
// which is the product itself: the same as by its title, from page to page.
func TestOrderByWhatALinkLeadsTo(t *testing.T) {
	t.Parallel()
	a := newAPI(t, newDB(t), graph.Config{})
	fill(t, a.graph, 7)
	read := func(key, direction string) (titles []string) {
		cursor := any(nil)
		for {
			var answer struct {
				SalesChannels struct{ Nodes []struct{ Products page } }
			}
			a.ask(
				&answer,
				`query Q($after: String) { salesChannels(first: 1) { nodes { products(first: 2, after: $after, orderBy: [`+key+direction+
					`]) { nodes { id: title } pageInfo { hasNextPage endCursor } } } } }`,
				map[string]any{"after": cursor},
			)
			p := answer.SalesChannels.Nodes[0].Products
			for _, n := range p.Nodes {
				titles = append(titles, n.ID)
			}
			if !p.PageInfo.HasNextPage {
				return titles
			}
			cursor = p.PageInfo.EndCursor
		}
	}
	for _, direction := range []string{"ASC", "DESC"} {
		want, got := read("{ title: ", direction+" }"), read("{ link: { product: { title: ", direction+" } } }")
		if diff := cmp.Diff(want, got); diff != "" || len(want) != 7 || slices.IsSorted(want) != (direction == "ASC") {
			t.Errorf("%s, by the title and by the link (-title +link):\n%s", direction, diff)
		}
	}
}
