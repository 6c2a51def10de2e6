package graph_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"linkgraph/graph"
)

// TestQueryPage runs every query of docs/queries.md on the demo store and counts its statements.
func TestQueryPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/queries.md")
	if err != nil {
		t.Fatal(err)
	}
	section := regexp.MustCompile("(?s)## (\\d+)\\. ([^\n]+)\n.*?```graphql\n(.*?)```\n\nStatements: (\\d+)\n")
	sections := section.FindAllStringSubmatch(string(page), -1)
	if len(sections) != 10 {
		t.Fatalf("%d queries are on the page", len(sections))
	}
	a := newAPI(t, newDemoDB(t), graph.Config{})
	for _, s := range sections {
		a.db.ResetStatements()
		var data map[string]any
		a.ask(&data, s[3], nil)
		if got := fmt.Sprint(len(a.db.Statements())); got != s[4] {
			t.Errorf("query %s, %s: %s statements, the page says %s:\n%s", s[1], s[2], got, s[4], strings.Join(a.db.Statements(), "\n"))
		}
		if strings.Count(fmt.Sprint(data), "[]") > 0 && !strings.Contains(fmt.Sprint(data), "title") && !strings.Contains(fmt.Sprint(data), "sku") {
			t.Errorf("query %s, %s, finds nothing in the demo store: %v", s[1], s[2], data)
		}
	}
}
