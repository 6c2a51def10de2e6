package graph_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

type page struct {
	Nodes    []struct{ ID string }
	PageInfo struct {
		HasNextPage, HasPreviousPage bool
		StartCursor, EndCursor       string
	}
}

// walkPages reads a list page by page, from the front or from the back.
func walkPages(a *api, order string, size int, backward bool) []string {
	a.Helper()
	var all []string
	cursor := ""
	for {
		args := fmt.Sprintf("orderBy: %s, first: %d", order, size)
		if backward {
			args = fmt.Sprintf("orderBy: %s, last: %d", order, size)
		}
		if cursor != "" {
			args += fmt.Sprintf(", %s: %q", map[bool]string{false: "after", true: "before"}[backward], cursor)
		}
		var answer struct{ InventoryItems page }
		a.ask(
			&answer,
			"{ inventoryItems("+args+") { nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }",
			nil,
		)
		p := answer.InventoryItems
		var got []string
		for _, n := range p.Nodes {
			got = append(got, n.ID)
		}
		if backward {
			all = append(got, all...)
			cursor = p.PageInfo.StartCursor
		} else {
			all = append(all, got...)
			cursor = p.PageInfo.EndCursor
		}
		if more := p.PageInfo.HasNextPage && !backward || p.PageInfo.HasPreviousPage && backward; !more {
			return all
		}
	}
}

// TestPagesAddUp walks lists with nulls and equal sort keys in several orders: whatever the size of the pages and the
// direction, they are the same list.
func TestPagesAddUp(t *testing.T) {
	t.Parallel()
	a := newAPI(t, newDB(t), graph.Config{})
	m, _ := a.graph.Records.Catalog().Model("InventoryItem")
	var records []recordstore.Values
	for i := range 97 {
		r := recordstore.Values{
			"id":               fmt.Sprintf("i%03d", (i*37)%97),
			"title":            fmt.Sprintf("Ünïcode %d", i%5),
			"requiresShipping": i%2 == 0,
		}
		if i%3 > 0 {
			r["weight"] = i % 4
		}
		if i%7 > 0 {
			r["material"] = fmt.Sprintf("m%d", i%6)
		}
		records = append(records, r)
	}
	if _, err := a.graph.Records.Create(context.Background(), m, records); err != nil {
		t.Fatal(err)
	}
	for _, order := range []string{
		"[]", "[{ id: DESC }]", "[{ title: ASC }]", "[{ weight: ASC }]", "[{ weight: DESC }]", "[{ weight: ASC_NULLS_FIRST }, { title: DESC }]",
		"[{ material: DESC_NULLS_LAST }, { weight: ASC }, { title: DESC }]", "[{ requiresShipping: DESC }, { createdAt: ASC }]",
	} {
		want := walkPages(a, order, 100, false)
		if sorted := slices.Compact(slices.Sorted(slices.Values(want))); len(sorted) != 97 {
			t.Errorf("%s: %d different rows", order, len(sorted))
		}
		for _, size := range []int{1, 5, 16, 53} {
			for _, backward := range []bool{false, true} {
				if diff := cmp.Diff(want, walkPages(a, order, size, backward)); diff != "" {
					t.Errorf("%s, pages of %d, backward %t:\n%s", order, size, backward, diff)
				}
			}
		}
	}
}

// TestNestedPages pages the lists of each parent, across a link, in both directions.
func TestNestedPages(t *testing.T) {
	t.Parallel()
	a := newAPI(t, newDB(t), graph.Config{})
	fill(t, a.graph, 25)
	var all []string
	after := ""
	for {
		var answer struct{ SalesChannel struct{ Products page } }
		args := "first: 4"
		if after != "" {
			args += fmt.Sprintf(", after: %q", after)
		}
		a.ask(
			&answer,
			`{ salesChannel(id: "sc") { products(`+args+`, orderBy: [{ link: { createdAt: DESC } }, { title: DESC }]) { nodes { id } pageInfo { hasNextPage endCursor } } } }`,
			nil,
		)
		p := answer.SalesChannel.Products
		for _, n := range p.Nodes {
			all = append(all, n.ID)
		}
		if after = p.PageInfo.EndCursor; !p.PageInfo.HasNextPage {
			break
		}
	}
	if len(all) != 25 || len(slices.Compact(slices.Sorted(slices.Values(all)))) != 25 {
		t.Errorf("got %v", all)
	}
}

// TestPagesHoldStill walks a list while others create and delete records in it: what was there all along is seen once.
func TestPagesHoldStill(t *testing.T) {
	t.Parallel()
	a := newAPI(t, newDB(t), graph.Config{})
	m, _ := a.graph.Records.Catalog().Model("InventoryItem")
	ctx := context.Background()
	var records []recordstore.Values
	for i := range 60 {
		records = append(records, recordstore.Values{"id": fmt.Sprintf("kept%02d", i), "weight": i % 7})
	}
	if _, err := a.graph.Records.Create(ctx, m, records); err != nil {
		t.Fatal(err)
	}
	stop, done := make(chan struct{}), make(chan error, 1)
	go func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			id := fmt.Sprintf("%c%d", 'a'+i%26, i)
			if _, err := a.graph.Records.Create(ctx, m, []recordstore.Values{{"id": id, "weight": i % 7}}); err != nil {
				done <- err
				return
			}
			if _, err := a.graph.Links.DeleteRecords(
				ctx,
				[]linkstore.Records{{Model: m.Name, IDs: []string{id}}},
			); err != nil {
				done <- err
				return
			}
		}
	}()
	for _, backward := range []bool{false, true} {
		seen := map[string]int{}
		for _, id := range walkPages(a, "[{ weight: ASC }]", 3, backward) {
			seen[id]++
		}
		for _, r := range records {
			if n := seen[fmt.Sprint(r["id"])]; n != 1 {
				t.Errorf("%v was seen %d times, backward %t", r["id"], n, backward)
			}
		}
	}
	close(stop)
	if err := <-done; err != nil {
		t.Error(err)
	}
}
