package playground_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/linkgraph/linkgraph/playground"
)

const formShown = `!document.querySelector("#key-form").hidden`

// examples returns the tabs, and where an admin's and two of a storefront are. Each has one operation that is named.
func (b *tab) examples() (tabs []playground.Tab, admin, storefront, other int) {
	b.Helper()
	tabs, err := playground.Tabs()
	if err != nil {
		b.Fatal(err)
	}
	at := func(name string) int {
		return slices.IndexFunc(
			tabs,
			func(t playground.Tab) bool { return strings.Contains(t.Document, "query "+name+" ") },
		)
	}
	return tabs, at("AdminList"), at("CategoryPage"), at("ProductPage")
}

// headers waits until the headers of the tab that is open have a text.
func (b *tab) headers(text string) {
	b.Helper()
	b.wait(fmt.Sprintf(model(headerEditor)+`?.getValue().includes(%q)`, text))
}

// fill writes the headers of the tab that is open.
func (b *tab) fill(name, value string) {
	b.Helper()
	text, err := json.Marshal(map[string]string{name: value})
	if err != nil {
		b.Fatal(err)
	}
	b.paste(headerInput, string(text), false)
	b.wait(fmt.Sprintf(model(headerEditor)+".getValue() === %q", text))
	b.do(chromedp.Sleep(pause)) // GraphiQL takes it over a moment later
}

// noKeyKept checks that no key is in a storage that outlives the tab of the browser, or in its address.
func (b *tab) noKeyKept() {
	b.Helper()
	b.do(chromedp.Sleep(2 * pause)) // GraphiQL writes a moment later
	kept := evaluate[map[string]string](b, `({ ...localStorage, address: location.href, cookie: document.cookie })`)
	for at, text := range kept {
		for _, key := range []string{"sk_first", "sk_second", publishable} {
			if strings.Contains(text, key) {
				b.Errorf("%s is in %s", key, at)
			}
		}
	}
}

// testRestart loads the playground again after the server was started with another key: tabs of both kinds, new and changed
// ones, and the history go on working, and no tab is added.
func testRestart(b *tab, s *site) {
	tabs, admin, storefront, _ := b.examples()
	b.do(chromedp.Navigate(s.url + "/"))
	count := func(n int) { b.wait(fmt.Sprintf(`document.querySelectorAll(".graphiql-tab-button").length === %d`, n)) }
	count(len(tabs))

	// Loaded again before anything was done.
	b.do(chromedp.Sleep(2*pause), chromedp.Navigate(s.url+"/"))
	count(len(tabs))
	b.showTab(storefront, tabs[storefront])
	b.run("CategoryPage", false)
	b.sentFor(s, "CategoryPage", true)

	// A storefront's tab that has been changed, and a new one.
	changed := tabs[storefront]
	changed.Document += "# mine\n"
	b.paste(queryInput, "# mine\n", true)
	b.document(changed.Document)
	b.click(".graphiql-tab-add")
	count(len(tabs) + 1)
	b.headers("sk_first")
	const mine = "query Mine { products { totalCount } }"
	b.paste(queryInput, mine, false)
	b.document(mine)
	b.run("Mine", false)
	b.sentFor(s, "Mine", false)
	b.noKeyKept()

	s.start("sk_second", true)
	b.do(chromedp.Navigate(s.url + "/"))
	count(len(tabs) + 1)
	b.document(mine)
	b.headers("sk_second")
	b.run("Mine", false)
	b.sentFor(s, "Mine", false)
	b.showTab(storefront, changed)
	b.headers(publishable)
	b.run("CategoryPage", false)
	b.sentFor(s, "CategoryPage", true)
	b.noKeyKept()

	// Loaded again with a storefront's tab open.
	b.do(chromedp.Navigate(s.url + "/"))
	count(len(tabs) + 1)
	b.document(changed.Document)
	b.headers(publishable)
	b.run("CategoryPage", false)
	b.sentFor(s, "CategoryPage", true)
	b.showTab(admin, tabs[admin])
	b.headers("sk_second")
	b.run("AdminList", false)
	b.sentFor(s, "AdminList", false)
	b.showTab(storefront, changed)
	b.headers(publishable)

	// The history brings headers that are good now.
	b.showTab(admin, tabs[admin])
	b.click(`[aria-label="Show History"]`)
	b.wait(`document.querySelector(".graphiql-history-item-label")`)
	evaluate[chromedp.Void](
		b,
		`[...document.querySelectorAll(".graphiql-history-item-label")].findLast((i) => i.textContent === "CategoryPage").setAttribute("data-chosen", "")`,
	)
	b.click("[data-chosen]")
	b.document(tabs[storefront].Document)
	b.headers(publishable)
	b.run("CategoryPage", false)
	b.sentFor(s, "CategoryPage", true)

	// A query in the address gets a tab of an admin.
	b.do(chromedp.Navigate(s.url + "/?query=" + strings.ReplaceAll(mine, "Mine", "Asked")))
	count(len(tabs) + 2)
	b.headers("sk_second")
	b.run("Asked", false)
	b.sentFor(s, "Asked", false)
	b.noKeyKept()
}

// testNoCredentials gives the keys that the page does not know: it says what to do, loads the schema, and has the keys in the
// other tabs too.
func testNoCredentials(b *tab, s *site) {
	b.refused.Store(true)
	tabs, admin, storefront, other := b.examples()
	const notice = `document.querySelector("#notice")`
	b.do(chromedp.Navigate(s.url + "/"))
	b.wait(notice + `.checkVisibility() && ` + notice + `.textContent.includes("` + refusal + `")`)
	b.headers(`"Bearer sk_…"`)
	b.wait(`document.querySelector('[aria-label="Headers"] .graphiql-editor:not(.hidden)')?.checkVisibility()`)
	if answer := b.try("Walk", false); !strings.Contains(answer, refusal) {
		b.Errorf("without a key: %s", answer)
	}
	b.fill("Authorization", "Bearer sk_wrong")
	b.do(chromedp.Sleep(2 * pause))
	b.wait(notice + `.checkVisibility()`)
	if got := s.last("IntrospectionQuery").authorization; got != "Bearer sk_wrong" {
		b.Errorf("the schema was asked for with %q", got)
	}
	b.fill("Authorization", "Bearer sk_first")
	b.wait(notice + `.hidden`)
	b.click(`[aria-label="Show Documentation Explorer"]`)
	b.wait(`document.querySelector(".graphiql-doc-explorer")?.textContent.includes("ProductVariant")`)
	b.run("Walk", false)
	b.showTab(admin, tabs[admin])
	b.headers("Bearer sk_first")
	b.run("AdminList", false)
	b.sentFor(s, "AdminList", false)

	b.showTab(storefront, tabs[storefront])
	b.headers("pk_…")
	if answer := b.try("CategoryPage", false); !strings.Contains(answer, refusal) {
		b.Errorf("without a publishable key: %s", answer)
	}
	b.fill("x-publishable-api-key", publishable)
	b.run("CategoryPage", false)
	b.sentFor(s, "CategoryPage", true)
	b.showTab(other, tabs[other])
	b.headers(publishable)
	b.click(".graphiql-tab-add")
	b.headers("Bearer sk_first")
	b.noKeyKept()

	// It lasts as long as the tab of the browser.
	b.do(chromedp.Navigate(s.url + "/"))
	b.headers("Bearer sk_first")
	b.showTab(other, tabs[other])
	b.headers(publishable)
	b.run("ProductPage", true)
	b.sentFor(s, "ProductPage", true)
	b.wait(notice + `.hidden`)
	b.noKeyKept()
}

// testLink opens the playground by the link that the start of a server prints. The page has the keys then, for as long as this tab of
// the browser is there, and the token is nowhere else.
func testLink(b *tab, s *site) {
	b.do(chromedp.Navigate(s.url + "/?token=" + s.token + "&query=query Asked { products { totalCount } }"))
	b.headers("sk_first")
	b.run("Asked", false)
	b.sentFor(s, "Asked", false)
	b.tokenKept(s)
	b.do(chromedp.Navigate(s.url + "/"))
	b.headers("sk_first")
	b.showMap(s)
	b.wait(`document.querySelector("#status").textContent.startsWith("Counted")`)
	if evaluate[bool](b, formShown) {
		b.Error("the map asks for a key")
	}
	b.do(chromedp.Navigate(s.url + "/map?token=" + s.token + "#ProductVariant"))
	b.wait(fmt.Sprintf(panelTitle, "ProductVariant"))
	b.tokenKept(s)
	b.noKeyKept()
}

// tokenKept checks that the token is in the storage that ends with the tab alone.
func (b *tab) tokenKept(s *site) {
	b.Helper()
	for at, text := range evaluate[map[string]string](b, `({ ...localStorage, address: location.href, cookie: document.cookie })`) {
		if strings.Contains(text, s.token) {
			b.Errorf("the token is in %s", at)
		}
	}
}

// testWithoutLink opens the pages in another tab of the browser, with no token and with a wrong one.
func testWithoutLink(b *tab, s *site) {
	b.refused.Store(true)
	const says = "by the link that the server printed"
	for _, query := range []string{"", "?token=wrong", "?token=%00%0a%E2%80%A6"} {
		b.do(chromedp.Navigate(s.url + "/" + query))
		b.wait(`document.querySelector("#notice").textContent.includes("` + says + `")`)
		b.headers("_…")
		b.do(chromedp.Navigate(s.url + "/map" + query))
		b.wait(formShown + ` && document.querySelector("#key-says").textContent.includes("` + says + `")`)
	}
	b.noKeyKept()
}

// testAskedAgain opens another tab of the browser after one in which keys were given.
func testAskedAgain(b *tab, s *site) {
	b.refused.Store(true)
	b.do(chromedp.Navigate(s.url + "/"))
	b.wait(`document.querySelector("#notice").checkVisibility()`)
	b.headers("_…")
}

// testMapRestart counts again after the server was started with another key, which the page gets by itself.
func testMapRestart(b *tab, s *site) {
	b.refused.Store(true)
	b.showMap(s)
	b.wait(`document.querySelector("#status").textContent.startsWith("Counted")`)
	s.start("sk_second", true)
	b.click("#refresh")
	b.wait(`document.querySelector("#status").textContent.startsWith("Counted")`)
	b.wait(
		`![...document.querySelectorAll(".label .count")].some((c) => c.textContent === "?") && document.querySelector(".label .count").textContent !== "…"`,
	)
	b.sentFor(s, "Counts", false)
	if evaluate[bool](b, formShown) {
		b.Error("the map asks for a key that the page knows")
	}
}

// testMapKey gives the map a key, by the keyboard alone.
func testMapKey(b *tab, s *site) {
	b.refused.Store(true)
	enter := func(key string) {
		b.Helper()
		b.do(chromedp.SendKeys(chromedp.CSS("#key"), key), chromedp.KeyEvent(kb.Enter))
	}
	b.do(chromedp.Navigate(s.url + "/map"))
	b.wait(formShown + ` && document.activeElement.id === "key"`)
	b.wait(fmt.Sprintf(`document.querySelector("#key-says").textContent.includes(%q)`, refusal))
	for _, fault := range evaluate[[]string](b, accessibility) {
		b.Error(fault)
	}
	b.do(chromedp.KeyEvent(kb.Tab))
	if !evaluate[bool](b, `document.activeElement.matches("#key-form button")`) {
		b.Error("Tab does not lead from the key to the button")
	}
	enter("sk_wrong")
	b.wait(formShown + ` && document.querySelector("#key").getAttribute("aria-invalid") === "true"`)
	if evaluate[bool](
		b,
		`document.querySelector(".label, #rows tr") || document.querySelector(".picture").checkVisibility()`,
	) {
		b.Error("the map is shown with a wrong key")
	}
	evaluate[chromedp.Void](b, `document.querySelector("#key").value = ""`)
	enter("sk_first")
	b.wait(`document.querySelectorAll(".label").length > 0 && document.activeElement.id === "title"`)
	if evaluate[bool](b, formShown) {
		b.Error("the form stays with a good key")
	}
	b.wait(`document.querySelector("#status").textContent.startsWith("Counted")`)
	b.sentFor(s, "Counts", false)
	b.noKeyKept()

	// It is kept for this tab of the browser, for both pages.
	b.showMap(s)
	b.click(`[aria-controls="module-product"]`)
	b.click(`[data-model="ProductVariant"]`)
	b.wait(fmt.Sprintf(panelTitle, "ProductVariant"))
	b.click("#panel .actions a")
	b.wait(`location.pathname === "/"`)
	b.headers("sk_first")
	b.run("ProductVariant", false)
	b.noKeyKept()

	// The key is not good any more.
	b.showMap(s)
	b.wait(`document.querySelector("#status").textContent.startsWith("Counted")`)
	s.start("sk_second", false)
	b.click("#refresh")
	b.wait(formShown)
	enter("sk_second")
	b.wait(`document.querySelector("#key-form").hidden`)
	b.wait(
		`document.querySelector("#status").textContent.startsWith("Counted") && ![...document.querySelectorAll(".label .count")].some((c) => c.textContent === "?")`,
	)
	b.sentFor(s, "Counts", false)
	b.noKeyKept()
}
