package playground_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"linkgraph/playground"
)

// TestBrowser walks the pages as a visitor does, with no network.
func TestBrowser(t *testing.T) {
	ctx := browser(t)
	s := newSite(t)
	t.Run("tabs", func(t *testing.T) { testTabs(open(t, ctx, s, "dark", 1500, 950), s) })
	t.Run("map", func(t *testing.T) { testMap(open(t, ctx, s, "light", 1500, 950), s) })
	t.Run("counts", func(t *testing.T) { testCounts(open(t, ctx, s, "light", 900, 500), s) })
	t.Run("ready queries", func(t *testing.T) { testReadyQueries(open(t, ctx, s, "light", 1500, 950), s) })
	t.Run("keyboard", func(t *testing.T) { testKeyboard(open(t, ctx, s, "light", 1500, 950), s) })
	for _, scheme := range []string{"light", "dark"} {
		t.Run("accessible "+scheme, func(t *testing.T) { testAccessible(open(t, ctx, s, scheme, 1500, 950), s) })
	}
}

// testTabs runs every operation of every tab, then looks at the documentation and the history.
func testTabs(b *tab, s *site) {
	tabs, err := playground.Tabs()
	if err != nil {
		b.Fatal(err)
	}
	b.do(chromedp.Navigate(s.url + "/"))
	b.wait(fmt.Sprintf(`document.querySelectorAll(".graphiql-tab-button").length === %d`, len(tabs)))
	var names []string
	for i, text := range tabs {
		doc, err := parser.ParseQuery(&ast.Source{Input: text})
		if err != nil {
			b.Fatal(err)
		}
		if !strings.HasPrefix(text, "#") {
			b.Errorf("tab %d does not say what it is", i+1)
		}
		b.click(fmt.Sprintf("#graphiql-session-tab-%d", i))
		b.document(text)
		for _, op := range doc.Operations {
			b.run(op.Name, len(doc.Operations) > 1)
		}
		names = append(names, doc.Operations[0].Name) // the history has a document once
	}
	b.click(`[aria-label="Show Documentation Explorer"]`)
	b.wait(`document.querySelector(".graphiql-doc-explorer-title")?.textContent === "Docs"`)
	b.wait(`document.querySelector(".graphiql-doc-explorer")?.textContent.includes("ProductVariant")`)
	b.click(`[aria-label="Show History"]`)
	b.wait(`document.querySelector(".graphiql-history")`)
	for _, name := range names {
		if !evaluate[bool](b, fmt.Sprintf(`document.querySelector(".graphiql-history").textContent.includes(%q)`, name)) {
			b.Errorf("the history lacks %s", name)
		}
	}
	b.click(".map-link")
	b.wait(`location.pathname === "/map"`)
}
