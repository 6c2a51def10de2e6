package graph_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/demo"
)

// TestSetLinksStatements sets few and many links of a record: the statements are the same, and a set that changes nothing
// writes nothing.
func TestSetLinksStatements(t *testing.T) {
	t.Parallel()
	a := newAPI(t, newDemoDB(t), graph.Config{})
	if _, err := a.db.Pool.Exec(
		t.Context(),
		`INSERT INTO sales_channel (id, name) SELECT 'sc_' || n, n FROM generate_series(1, 60) AS n`,
	); err != nil {
		t.Fatal(err)
	}
	set := func(product string, from, to int) (statements, outcomes string) {
		targets := []map[string]any{}
		for n := from; n < to; n++ {
			targets = append(targets, map[string]any{"id": fmt.Sprint("sc_", n)})
		}
		var answer struct {
			SetLinks struct{ Results []struct{ Outcome string } }
		}
		a.db.ResetStatements()
		a.ask(&answer, `mutation ($of: ID!, $to: [LinkTargetInput!]!) {
			setLinks(of: { product: { productId: $of } }, link: PRODUCT_SALES_CHANNEL, to: $to) { results { outcome } } }`,
			map[string]any{"of": product, "to": targets})
		for _, s := range a.db.Statements() {
			statements += strings.Join(strings.Fields(s), " ") + "\n"
		}
		counts := map[string]int{}
		for _, r := range answer.SetLinks.Results {
			counts[r.Outcome]++
		}
		return statements, fmt.Sprint(counts)
	}
	set("prod_demo_hat", 1, 1)
	set("prod_demo_gift", 1, 1)
	for _, c := range []struct {
		few, many [2]int
		want      [2]string
	}{
		{[2]int{1, 3}, [2]int{1, 41}, [2]string{"map[CREATED:2]", "map[CREATED:40]"}},
		{[2]int{1, 3}, [2]int{1, 41}, [2]string{"map[UNCHANGED:2]", "map[UNCHANGED:40]"}},
		{[2]int{3, 5}, [2]int{21, 61}, [2]string{"map[CREATED:2 DISMISSED:2]", "map[CREATED:20 DISMISSED:20 UNCHANGED:20]"}},
		{[2]int{1, 1}, [2]int{1, 1}, [2]string{"map[DISMISSED:2]", "map[DISMISSED:40]"}},
	} {
		few, fewOutcomes := set("prod_demo_hat", c.few[0], c.few[1])
		many, manyOutcomes := set("prod_demo_gift", c.many[0], c.many[1])
		if few != many {
			t.Errorf("statements of few:\n%s\nand of many:\n%s", few, many)
		}
		if got := [2]string{fewOutcomes, manyOutcomes}; got != c.want {
			t.Errorf("got %v, want %v", got, c.want)
		}
		if writes := strings.Contains(few, "INSERT INTO") || strings.Contains(few, "SET deleted_at"); writes ==
			strings.Contains(c.want[0], "UNCHANGED") {
			t.Errorf("%v:\n%s", c.want[0], few)
		}
	}
}

// TestSetLinksIsForAdmins asks for setLinks as a storefront, and as a caller who may only read.
func TestSetLinksIsForAdmins(t *testing.T) {
	t.Parallel()
	a := newAPI(t, newDemoDB(t), graph.Config{})
	body, err := json.Marshal(map[string]any{"query": `mutation {
		setLinks(of: { product: { productId: "prod_demo_shirt" } }, link: PRODUCT_SALES_CHANNEL, to: []) { results { outcome } } }`})
	if err != nil {
		t.Fatal(err)
	}
	before := contents(t, a.db)
	for name, c := range map[string]struct {
		auth    graph.HTTP
		headers map[string]string
		want    string
	}{
		"storefront": {graph.HTTP{Authenticate: byHeader}, map[string]string{keyHeader: demo.PublishableKeyID}, "FORBIDDEN"},
		"reader":     {graph.HTTP{Authenticate: byRole}, map[string]string{roleHeader: string(graph.ReadOnly)}, "FORBIDDEN"},
		"writer":     {graph.HTTP{Authenticate: byRole}, map[string]string{roleHeader: string(graph.ReadWrite)}, "DISMISSED"},
	} {
		got := newEndpointOf(t, a, c.auth).call(t, call{body: string(body), headers: c.headers})
		if !strings.Contains(got.body, c.want) {
			t.Errorf("%s: %d %s, want %s", name, got.status, got.body, c.want)
		}
		after := contents(t, a.db)
		if name != "writer" && after != before {
			t.Errorf("%s: something was written", name)
		}
		before = after
	}
}
