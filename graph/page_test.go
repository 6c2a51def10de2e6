package graph_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkgraph/linkgraph/graph"
)

// TestQueryPage runs every query of docs/queries.md on the demo store and compares its statements with those on the
// page; with -update it writes them there.
func TestQueryPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/queries.md")
	if err != nil {
		t.Fatal(err)
	}
	const path = "../docs/queries.md"
	section := regexp.MustCompile(
		"(?s)(## \\d+\\. [^\n]+\n.*?```graphql\n(.*?)```\n)\n<details><summary>.*?</details>\n",
	)
	a := newAPI(t, newDemoDB(t), graph.Config{})
	found := 0
	got := section.ReplaceAllStringFunc(string(page), func(text string) string {
		found++
		m := section.FindStringSubmatch(text)
		a.db.ResetStatements()
		a.ask(nil, m[2], nil)
		// The snapshot's BEGIN and COMMIT travel with the others, and say nothing of the query.
		log := slices.DeleteFunc(a.db.Statements(), func(s string) bool {
			return s == "commit" || strings.HasPrefix(s, "begin")
		})
		return fmt.Sprintf(
			"%s\n<details><summary>%d statements</summary>\n\n```sql\n%s;\n```\n\n</details>\n",
			m[1],
			len(log),
			strings.Join(log, ";\n\n"),
		)
	})
	if found != 10 {
		t.Fatalf("%d queries are on the page", found)
	}
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(page), got); diff != "" {
		t.Errorf("run with -update if this is right (-page +now):\n%s", diff)
	}
}
