package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/graph/internal/exec"
	"github.com/linkgraph/linkgraph/linkstore"
)

// TestDeletedLists deletes a part of the demo store, and counts the lists of every model and of every relation: what is there
// and what is deleted make up all.
func TestDeletedLists(t *testing.T) {
	t.Parallel()
	a := newAPI(t, newDemoDB(t), graph.Config{})
	if _, err := a.graph.Links.DeleteRecords(t.Context(), []linkstore.Records{
		{Model: "Product", IDs: []string{"prod_demo_hat"}},
		{Model: "SalesChannel", IDs: []string{"sc_demo_pos"}},
		{Model: "StockLocation", IDs: []string{"sloc_demo_main"}},
	}); err != nil {
		t.Fatal(err)
	}
	lists := map[string]string{} // the root field, by connection
	for _, f := range exec.NewExecutableSchema(exec.Config{}).Schema().Query.Fields {
		lists[f.Type.Name()] = f.Name
	}
	deleted := 0
	for _, m := range a.graph.Records.Catalog().Models() {
		if !m.SoftDelete {
			continue
		}
		var fields strings.Builder
		n := 0
		for _, r := range m.Relations {
			target := a.graph.Records.Catalog().Target(&r)
			if !r.Many || !target.SoftDelete && (r.Through == nil || !r.Through.SoftDelete) {
				continue
			}
			fmt.Fprintf(
				&fields,
				"r%[1]d: %[2]s { totalCount } r%[1]dALL: %[2]s(deleted: INCLUDE) { totalCount } r%[1]dGONE: %[2]s(deleted: ONLY) { totalCount } ",
				n,
				r.Field,
			)
			n++
		}
		var got map[string]struct {
			TotalCount int
			Nodes      []map[string]any
		}
		a.ask(&got, fmt.Sprintf(
			`{ live: %[1]s { totalCount } all: %[1]s(deleted: INCLUDE, first: 30) { totalCount nodes { __typename %[2]s } } gone: %[1]s(deleted: ONLY) { totalCount } }`,
			lists[m.Name+"Connection"],
			fields.String(),
		), nil)
		var want int
		table := m.Table
		if m.Schema != "" {
			table = m.Schema + `"."` + table
		}
		if err := a.db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM "`+table+`" WHERE deleted_at IS NOT NULL`).
			Scan(&want); err != nil {
			t.Fatal(err)
		}
		if gone := got["gone"].TotalCount; gone != want || got["live"].TotalCount+gone != got["all"].TotalCount {
			t.Errorf(
				"%s: %d live, %d deleted, %d of both; want %d deleted",
				m.Name,
				got["live"].TotalCount,
				gone,
				got["all"].TotalCount,
				want,
			)
		}
		for _, node := range got["all"].Nodes {
			count := func(list string) int { return int(node[list].(map[string]any)["totalCount"].(float64)) }
			for i := range n {
				r := fmt.Sprint("r", i)
				deleted += count(r + "GONE")
				if count(r)+count(r+"GONE") != count(r+"ALL") {
					t.Errorf("%s: %s: %+v", m.Name, fields.String(), node)
				}
			}
		}
	}
	if strings.Contains(graph.StorefrontSchema(), "DeletedRecords") ||
		strings.Contains(graph.StorefrontSchema(), "deletedAt") {
		t.Error("storefronts can ask for what is deleted")
	}
	if deleted < 20 {
		t.Errorf("only %d deleted records were seen in lists of records", deleted)
	}
}
