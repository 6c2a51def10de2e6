package playground_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/linkgraph/linkgraph/playground"
)

// TestBrowser walks the pages as a visitor does, with no network.
func TestBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes; run it without -short: make test-browser")
	}
	ctx := browser(t)
	w := newWorld(t)
	s := w.newSite(t, true)
	t.Run("tabs", func(t *testing.T) { testTabs(open(t, ctx, s, "dark", 1500, 950), s) })
	t.Run("editors", func(t *testing.T) { testEditors(open(t, ctx, s, "dark", 1500, 950), s) })
	t.Run("map", func(t *testing.T) { testMap(open(t, ctx, s, "light", 1500, 950), s) })
	for _, width := range []int64{1440, 390} {
		t.Run(
			fmt.Sprintf("layout %d", width),
			func(t *testing.T) { testLayout(open(t, ctx, s, "light", width, 900), s) },
		)
	}
	t.Run("ready queries", func(t *testing.T) { testReadyQueries(open(t, ctx, s, "light", 1500, 950), s) })
	t.Run("keyboard", func(t *testing.T) { testKeyboard(open(t, ctx, s, "light", 1500, 950), s) })
	for _, scheme := range []string{"light", "dark"} {
		t.Run("accessible "+scheme, func(t *testing.T) { testAccessible(open(t, ctx, s, scheme, 1500, 950), s) })
	}
	t.Run("restart", func(t *testing.T) {
		s := w.newSite(t, true)
		testRestart(open(t, ctx, s, "light", 1500, 950), s)
	})
	t.Run("map, restart", func(t *testing.T) {
		s := w.newSite(t, true)
		testMapRestart(open(t, ctx, s, "light", 1500, 950), s)
	})
	t.Run("no credentials", func(t *testing.T) {
		s := w.newSite(t, false)
		testNoCredentials(open(t, ctx, s, "light", 1500, 950), s)
		testAskedAgain(open(t, ctx, s, "light", 1500, 950), s)
	})
	t.Run("map, no credentials", func(t *testing.T) {
		s := w.newSite(t, false)
		testMapKey(open(t, ctx, s, "light", 1500, 950), s)
	})
	t.Run("link with a token", func(t *testing.T) {
		s := w.newSite(t, true)
		s.token = "the_token_of_the_link"
		s.start("sk_first", true)
		testLink(open(t, ctx, s, "light", 1500, 950), s)
		testWithoutLink(open(t, ctx, s, "light", 1500, 950), s)
	})
	t.Run("health", func(t *testing.T) { testHealth(open(t, ctx, s, "dark", 390, 844), s) })
	t.Run("counts", func(t *testing.T) { testCounts(open(t, ctx, s, "light", 900, 500), s) })
}

// answers has a piece of what each operation of the tabs answers.
var answers = map[string]string{
	"Walk":         `"title": "Linen shirt"`,
	"Link":         `"outcome": "CREATED"`,
	"BothSides":    `"amount": "59.00"`,
	"Dismiss":      `"outcome": "DISMISSED"`,
	"Delete":       `"pset_demo_shirt_s"`,
	"Gone":         `"priceSet": null`,
	"Restore":      `"pset_demo_shirt_s"`,
	"LinkModules":  `"product_sales_channel"`,
	"ListLinks":    `"requiredQuantity": "1"`,
	"ProductPage":  `"description": "A light shirt for warm days."`,
	"NotForSale":   `"product": null`,
	"CategoryPage": `"handle": "straw-hat"`,
	"AdminList":    `"title": "Gift box"`,
	"Bulk":         `"requiredQuantity": "2"`,
	"Orders":       `"displayId": 1`,
	"Deletions":    `"pset_demo_shirt_s"`,
	"LinkHistory":  `"cause": "restore"`,
	"Audit":        `"auditEntries"`,
}

// showTab shows an example.
func (b *tab) showTab(i int, t playground.Tab) {
	b.Helper()
	b.click(fmt.Sprintf("#graphiql-session-tab-%d", i))
	b.document(t.Document)
}

// sentFor checks which credentials an operation was sent with.
func (b *tab) sentFor(s *site, operation string, storefront bool) {
	b.Helper()
	got := s.last(operation)
	s.mu.Lock()
	want := request{authorization: "Bearer " + s.secret}
	s.mu.Unlock()
	if storefront {
		want = request{publishable: publishable}
	}
	if got.authorization != want.authorization || got.publishable != want.publishable {
		b.Errorf(
			"%s was sent with Authorization %q and publishable key %q",
			operation,
			got.authorization,
			got.publishable,
		)
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
	for i, tab := range tabs {
		doc, err := parser.ParseQuery(&ast.Source{Input: tab.Document})
		if err != nil {
			b.Fatal(err)
		}
		if !strings.HasPrefix(tab.Document, "#") {
			b.Errorf("tab %d does not say what it is", i+1)
		}
		b.showTab(i, tab)
		for _, op := range doc.Operations {
			answer := b.run(op.Name, len(doc.Operations) > 1)
			if want, ok := answers[op.Name]; !ok || !strings.Contains(answer, want) {
				b.Errorf("%s does not answer %q:\n%s", op.Name, want, answer)
			}
			b.sentFor(s, op.Name, tab.Storefront)
		}
		names = append(names, doc.Operations[0].Name) // the history has a document once
	}
	b.click(`[aria-label="Show Documentation Explorer"]`)
	b.wait(`document.querySelector(".graphiql-doc-explorer-title")?.textContent === "Docs"`)
	b.wait(`document.querySelector(".graphiql-doc-explorer")?.textContent.includes("ProductVariant")`)
	b.click(`[aria-label="Show History"]`)
	b.wait(`document.querySelector(".graphiql-history")`)
	for _, name := range names {
		if !evaluate[bool](
			b,
			fmt.Sprintf(`document.querySelector(".graphiql-history").textContent.includes(%q)`, name),
		) {
			b.Errorf("the history lacks %s", name)
		}
	}
	b.click(".map-link")
	b.wait(`location.pathname === "/map"`)
}

// testEditors has the editors say what is wrong, complete a field, and format, each in its worker.
func testEditors(b *tab, s *site) {
	b.do(chromedp.Navigate(s.url + "/"))
	b.click(".graphiql-tab-add")
	b.wait(model(queryEditor) + `?.getValue() === ""`)
	b.wait(`document.querySelector('[aria-label^="Re-fetch"]:not(:disabled)')`)
	b.click("button[data-name=headers]")
	b.paste(headerInput, `{"a": }`, false)
	b.wait(`document.querySelector('[aria-label="Headers"] .squiggly-error')`)
	b.paste(headerInput, `{"a":"b"}`, false)

	b.paste(queryInput, "{ nothing }", false)
	b.wait(`__MONACO.editor.getModelMarkers({}).some((m) => m.message.startsWith('Cannot query field "nothing"'))`)
	b.wait(`document.querySelector(".graphiql-query-editor .squiggly-error")`)
	b.paste(queryInput, "{ ", false)
	b.do(chromedp.KeyEvent("productV"))
	b.wait(`document.querySelector(".suggest-widget.visible")?.textContent.includes("productVariants")`)
	b.do(chromedp.KeyEvent(kb.Escape))

	b.paste(queryInput, "{products{totalCount}}", false)
	b.wait(`!document.querySelector(".squiggly-error")`)
	b.click(`[aria-label^="Prettify"]`)
	b.document("{\n  products {\n    totalCount\n  }\n}\n")
	b.headers("{\n  \"a\": \"b\"\n}")

	b.wait(
		`["editor", "graphql", "json"].every((w) => performance.getEntriesByName(new URL("playground/graphiql/" + w + ".worker.js", location).href).length)`,
	)
}
