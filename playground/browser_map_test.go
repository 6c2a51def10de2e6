package playground_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/jackc/pgx/v5"
)

// showMap loads the map and waits until it is drawn.
func (b *tab) showMap(s *site) {
	b.Helper()
	b.do(chromedp.Navigate(s.url + "/map"))
	b.wait(`document.querySelectorAll(".label").length > 0`)
}

// shown returns the counts in the list of links, by link. "…" is not counted yet.
func (b *tab) shown() map[string]string {
	b.Helper()
	return evaluate[map[string]string](b, `Object.fromEntries([...document.querySelectorAll("#rows tr")]
		.map((r) => [r.cells[0].textContent, r.cells[6].textContent]))`)
}

// rows returns the number of rows of each link in the database, in the format of the list.
func (s *site) rows(b *tab) map[string]string {
	b.Helper()
	all := map[string]string{}
	for _, l := range s.graph.Links.Catalog().Links() {
		if all[l.Name] = "–"; l.ReadOnly != "" {
			continue
		}
		var n int
		sql := `SELECT count(*) FROM ` + pgx.Identifier{l.Table}.Sanitize() + ` WHERE deleted_at IS NULL`
		if err := s.db.Pool.QueryRow(context.Background(), sql).Scan(&n); err != nil {
			b.Fatal(err)
		}
		all[l.Name] = fmt.Sprint(n)
	}
	return all
}

const (
	counted      = `![...document.querySelectorAll("#rows .number")].some((c) => c.textContent === "…")`
	labelOf      = `[...document.querySelectorAll(".label")].find((l) => l.getAttribute("aria-label").includes(%q))`
	panelTitle   = `document.querySelector("#panel-title")?.textContent === %q`
	insideOfView = `(({ left, right, top, bottom }) => left > -4 && top > -4 && right < innerWidth + 4 && bottom < innerHeight + 4)(%s.getBoundingClientRect())`
)

// testMap compares the map with the catalogue and the database, and opens a ready query in the playground.
func testMap(b *tab, s *site) {
	b.showMap(s)
	models, linked := map[string]int{}, s.graph.Links.Catalog().Links()
	for _, m := range s.graph.Records.Catalog().Models() {
		if m.Link == "" {
			models[m.Module]++
		}
	}
	boxes := evaluate[map[string]int](b, `Object.fromEntries([...document.querySelectorAll(".module")]
		.map((m) => [m.querySelector(".name").textContent, m.querySelectorAll(".model").length]))`)
	if len(boxes) != len(models) {
		b.Errorf("%d modules, want %d", len(boxes), len(models))
	}
	for module, n := range models {
		if boxes[module] != n {
			b.Errorf("%s has %d models, want %d", module, boxes[module], n)
		}
	}
	names := evaluate[string](
		b,
		`[...document.querySelectorAll(".label")].map((l) => l.getAttribute("aria-label")).join("\n")`,
	)
	for _, l := range linked {
		if !strings.Contains(names, l.Name+" (") {
			b.Errorf("the picture lacks %s", l.Name)
		}
	}
	b.wait(counted)
	for link, want := range s.rows(b) {
		if got := b.shown()[link]; got != want {
			b.Errorf("%s has %s rows, want %s", link, got, want)
		}
	}

	// A model.
	b.click(`[aria-controls="module-product"]`)
	b.click(`[data-model="ProductVariant"]`)
	b.wait(fmt.Sprintf(panelTitle, "ProductVariant"))
	b.wait(`document.querySelector("#panel").innerText.includes("String!")`) // the API has been asked
	panel := evaluate[string](b, `document.querySelector("#panel").innerText`)
	for _, text := range []string{
		"A sellable version of a product", "product_variant", "variant_id", "priceSet", "many InventoryItem", "deleted with this", "sku",
	} {
		if !strings.Contains(panel, text) {
			b.Errorf("the panel of ProductVariant lacks %q:\n%s", text, panel)
		}
	}

	// A link, and its query in the playground.
	evaluate[chromedp.Void](
		b,
		fmt.Sprintf(labelOf+`.setAttribute("data-chosen", "")`, "product_variant_inventory_item"),
	)
	b.click(".label[data-chosen]")
	b.wait(fmt.Sprintf(panelTitle, "product_variant_inventory_item"))
	panel = evaluate[string](b, `document.querySelector("#panel").innerText`)
	for _, text := range []string{"many to many", "inventory_item_id", "requiredQuantity", "Extra columns (1)"} {
		if !strings.Contains(panel, text) {
			b.Errorf("the panel of the link lacks %q:\n%s", text, panel)
		}
	}
	query := evaluate[string](b, `document.querySelector("#panel pre").textContent`)
	b.click("#panel .actions a")
	b.wait(`location.pathname === "/" && location.search === ""`)
	b.document(query)
	if answer := b.run("ProductVariantInventoryItem", false); !strings.Contains(answer, "requiredQuantity") {
		b.Errorf("the ready query answers %s", answer)
	}

	// The address opens a panel; the filter keeps what has the text in its name.
	b.do(chromedp.Navigate(s.url + "/map#order_payment_collection"))
	b.wait(fmt.Sprintf(panelTitle, "order_payment_collection"))
	b.do(chromedp.SendKeys(chromedp.CSS("#filter"), "rbac"))
	b.wait(
		`document.querySelectorAll(".module:not([hidden])").length === 2 && document.querySelectorAll("#rows tr:not([hidden])").length === 2`,
	)
	b.do(chromedp.SendKeys(chromedp.CSS("#filter"), "!"))
	b.wait(`document.querySelector("#none").checkVisibility()`)
}

// testLayout checks that the picture is as wide as the window, that nothing covers a box or a label, that each load draws the same,
// and that an open module does not move others to other places in the rows.
func testLayout(b *tab, s *site) {
	b.showMap(s)
	for _, fault := range evaluate[[]string](b, layoutFaults) {
		b.Error(fault)
	}
	const places = `[...document.querySelectorAll("#sheet .module, #sheet .label")].map((e) => e.style.left + " " + e.style.top).join()`
	first := evaluate[string](b, places)
	b.showMap(s)
	if second := evaluate[string](b, places); second != first {
		b.Errorf("a second load draws\n%s\nafter\n%s", second, first)
	}
	const order = `[...document.querySelectorAll(".module")].sort((a, b) => a.offsetTop - b.offsetTop || a.offsetLeft - b.offsetLeft)
		.map((m) => m.querySelector(".name").textContent).join()`
	closed := evaluate[string](b, order)
	b.click(`[aria-controls="module-product"]`)
	b.wait(`document.querySelector(".module.open")`)
	if open := evaluate[string](b, order); open != closed {
		b.Errorf("with product open the order is\n%s\nwant\n%s", open, closed)
	}
}

// layoutFaults returns boxes, labels and lines that overlap, and whether the picture has to be scrolled sideways.
const layoutFaults = `(() => {
	const faults = [], view = document.querySelector("#view");
	if (view.scrollWidth > view.clientWidth + 1) faults.push("the picture is " + view.scrollWidth + " wide in " + view.clientWidth);
	const all = (selector, name) => [...document.querySelectorAll(selector)].map((e) => (
		{ name: name(e), left: e.offsetLeft, top: e.offsetTop, right: e.offsetLeft + e.offsetWidth, bottom: e.offsetTop + e.offsetHeight }));
	const boxes = all(".module", (e) => e.querySelector(".name").textContent), labels = all(".label", (e) => e.getAttribute("aria-label"));
	const solid = [...boxes, ...labels];
	solid.forEach((a, i) => solid.slice(0, i).forEach((b) => {
		const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left), high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
		if (wide > 2 && high > 2) faults.push(a.name + " covers " + b.name);
	}));
	for (const line of document.querySelectorAll("#sheet path.edge")) {
		const length = line.getTotalLength(), crossed = new Set();
		for (let at = 0; at <= length; at += 4) {
			const { x, y } = line.getPointAtLength(at);
			for (const b of boxes) if (x > b.left + 4 && x < b.right - 4 && y > b.top + 4 && y < b.bottom - 4) crossed.add(b.name);
		}
		for (const name of crossed) faults.push("a line runs across " + name);
	}
	return faults;
})()`

// testCounts checks that links are counted when they scroll into view, several in a request, and again on a refresh.
func testCounts(b *tab, s *site) {
	before := s.sent("query Counts")
	b.showMap(s)
	b.wait(`document.querySelector("#status").textContent.startsWith("Counted")`)
	if !slices.Contains(slices.Collect(maps.Values(b.shown())), "…") {
		b.Error("links out of sight have been counted")
	}
	b.do(chromedp.ScrollIntoView(chromedp.CSS("#rows tr:last-child")))
	// The page learns what is in sight when the browser draws, so each step waits until it has drawn.
	evaluate[chromedp.Void](b, `(async () => {
		const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
		do {
			scrollBy(0, -300);
			await drawn();
		} while (scrollY > 0);
	})()`)
	b.wait(counted)
	if n := s.sent("query Counts") - before; n > 12 {
		b.Errorf("%d requests to count %d links", n, len(b.shown()))
	}
	const link = "product_sales_channel"
	tag, err := s.db.Pool.Exec(
		context.Background(),
		`UPDATE product_sales_channel SET deleted_at = now() WHERE deleted_at IS NULL`,
	)
	if err != nil || tag.RowsAffected() == 0 {
		b.Fatal(tag, err)
	}
	evaluate[chromedp.Void](b, fmt.Sprintf(labelOf+`.scrollIntoView({ block: "center" })`, link))
	b.click("#refresh")
	b.wait(fmt.Sprintf(labelOf+`.querySelector(".count").textContent === "0"`, link))
	if got := b.shown()[link]; got != "0" {
		b.Errorf("after a refresh the list shows %s", got)
	}
}

// testHealth examines the links before and after one is damaged, and follows a finding to its link.
func testHealth(b *tab, s *site) {
	b.showMap(s)
	const says = `document.querySelector("#health-says").textContent`
	b.click("#examine")
	b.wait(says + `.startsWith("No damage in ") && document.activeElement.id === "health-title"`)
	const damage = `INSERT INTO product_sales_channel (product_id, sales_channel_id, id) VALUES ('gone', 'sc_demo_web', 'prodsc_gone')`
	if _, err := s.db.Pool.Exec(context.Background(), damage); err != nil {
		b.Fatal(err)
	}
	b.click("#examine")
	b.wait(says + `.startsWith("1 finding of damage")`)
	row := evaluate[string](b, `document.querySelector("#health-rows tr.damage").innerText.replace(/\s+/g, " ")`)
	for _, want := range []string{"end gone repairable", "product_sales_channel", "prodsc_gone: gone – sc_demo_web"} {
		if !strings.Contains(row, want) {
			b.Errorf("no %q in %q", want, row)
		}
	}
	for _, fault := range evaluate[[]string](b, accessibility) {
		b.Error(fault)
	}
	b.click("#health-rows tr.damage .go")
	b.wait(fmt.Sprintf(panelTitle, "product_sales_channel"))
	if _, err := s.db.Pool.Exec(
		context.Background(),
		`DELETE FROM product_sales_channel WHERE id = 'prodsc_gone'`,
	); err != nil {
		b.Fatal(err)
	}
}

// testReadyQueries runs the query of every model and link.
func testReadyQueries(b *tab, s *site) {
	b.showMap(s)
	faults := evaluate[[]string](b, `(async () => {
		const m = await import("/playground/map/model.js"), { Server } = await import("/playground/map/server.js");
		const server = new Server();
		await server.renew();
		const world = await m.load(server);
		const queries = world.links.map((l) => [l.name, m.linkQuery(world, l)]);
		for (const module of world.modules.values()) for (const one of module.models) queries.push([one.name, m.modelQuery(world, one)]);
		const faults = [];
		for (const [name, query] of queries) {
			if (!query) faults.push(name + " has no query");
			else await world.server.ask(query).catch((e) => faults.push(name + ": " + e.message + "\n" + query));
		}
		return faults;
	})()`)
	for _, f := range faults {
		b.Error(f)
	}
}

// testKeyboard moves to a model, its panel and back with the keyboard alone, then through all controls.
func testKeyboard(b *tab, s *site) {
	b.showMap(s)
	const active = `document.activeElement.`
	press := func(keys ...string) {
		b.Helper()
		for _, key := range keys {
			b.do(chromedp.KeyEvent(key))
		}
	}
	for i := 0; !evaluate[bool](b, active+`matches("[aria-controls='module-product']")`); i++ {
		if i == 60 {
			b.Fatal("Tab does not lead to the module product")
		}
		press(kb.Tab)
	}
	press(kb.Enter)
	b.wait(active + `getAttribute("aria-expanded") === "true"`)
	press(kb.ArrowDown)
	b.wait(active + `classList.contains("model")`)
	model := evaluate[string](b, active+`dataset.model`)
	press(kb.Enter)
	b.wait(fmt.Sprintf(panelTitle+` && `+active+`id === "panel-title"`, model))
	press(kb.Tab, kb.Tab, kb.Tab)
	b.wait(active + `textContent === "Open in the playground"`)
	press(kb.Escape)
	b.wait(fmt.Sprintf(`document.querySelector("#panel").hidden && `+active+`dataset.model === %q`, model))
	press(kb.ArrowUp, kb.ArrowUp)
	b.wait(active + `closest("#sheet")`)

	// From top to end: each control gets the focus once, is in view, and shows an outline.
	evaluate[chromedp.Void](b, `document.activeElement.blur(); getSelection().collapse(document.body, 0)`)
	b.do(chromedp.Navigate(s.url + "/map"))
	b.wait(`document.querySelectorAll(".label").length > 0`)
	evaluate[chromedp.Void](b, `window.visited = new Set()`)
	press(kb.Tab)
	if !evaluate[bool](b, active+`matches(".skip")`) {
		b.Error("Tab does not begin at the link past the picture")
	}
	for range 400 {
		outlined := evaluate[string](b, `(() => {
			const e = document.activeElement, style = getComputedStyle(e);
			if (e === document.body || visited.has(e)) return "end";
			visited.add(e);
			if (!(`+fmt.Sprintf(insideOfView, "e")+`) && e.offsetHeight < innerHeight) return "out of sight: " + e.outerHTML;
			return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 ? "" : "no outline: " + e.outerHTML;
		})()`)
		if outlined == "end" {
			break
		}
		if outlined != "" {
			b.Error(outlined)
		}
		press(kb.Tab)
	}
	missed := evaluate[[]string](b, `[...document.querySelectorAll("a[href], button, input, [tabindex='0']")]
		.filter((e) => e.checkVisibility() && !visited.has(e)).map((e) => e.outerHTML)`)
	for _, m := range missed {
		b.Errorf("Tab does not reach %s", m)
	}
}

// testAccessible looks for the faults that accessibility checkers find first.
func testAccessible(b *tab, s *site) {
	b.showMap(s)
	b.click("#open-all")
	b.click(`[data-model="ProductVariant"]`)
	b.wait(`document.querySelector("#panel").innerText.includes("String!")`)
	for _, fault := range evaluate[[]string](b, accessibility) {
		b.Error(fault)
	}
}

// accessibility returns the faults of the page: controls without a name, duplicate ids, table heads without a scope, and text
// with a contrast below 4.5.
const accessibility = `(() => {
	const faults = [];
	const all = (selector) => [...document.querySelectorAll(selector)].filter((e) => e.checkVisibility());
	const say = (what, e) => faults.push(what + ": " + e.outerHTML.slice(0, 200));
	if (!document.documentElement.lang || !document.title) faults.push("the page has no language or no title");
	for (const one of ["h1", "main", "body > header", "body > header nav", "[role=status]"]) {
		if (document.querySelectorAll(one).length !== 1) faults.push("there is not one " + one);
	}
	const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
	for (const id of ids.filter((id, i) => ids.indexOf(id) !== i)) faults.push("the id " + id + " is there twice");
	for (const e of all("[aria-labelledby], [aria-controls], label[for]")) {
		for (const name of ["aria-labelledby", "aria-controls", "for"]) {
			for (const id of (e.getAttribute(name) ?? "").split(" ")) if (id && !document.getElementById(id)) say(name + " leads nowhere", e);
		}
	}
	for (const e of all("button, a[href], input, section, nav, aside, [role=group], [role=region]")) {
		const labels = [...(e.labels ?? [])].map((l) => l.textContent).join("");
		const own = /^(BUTTON|A)$/.test(e.tagName) ? e.textContent : "";
		if (!(e.getAttribute("aria-label") || e.getAttribute("aria-labelledby") || labels || own).trim()) say("no name", e);
	}
	for (const e of all("th")) if (!e.scope) say("no scope", e);
	for (const e of all("img, svg")) if (!e.closest("[aria-hidden=true]") && !e.hasAttribute("alt")) say("no alternative", e);
	const number = (s) => (s.match(/[\d.]+/g) ?? []).map(Number);
	const light = (rgb) => {
		const [r, g, b] = rgb.map((v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const behind = (e) => {
		for (; e; e = e.parentElement) {
			const c = number(getComputedStyle(e).backgroundColor);
			if (c.length === 3 || c[3] === 1) return c.slice(0, 3);
		}
		return [255, 255, 255];
	};
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	const seen = new Set();
	while (walk.nextNode()) {
		const e = walk.currentNode.parentElement;
		if (!walk.currentNode.textContent.trim() || !e.checkVisibility({ opacityProperty: true }) || /^(SCRIPT|NOSCRIPT)$/.test(e.tagName)) continue;
		const a = light(number(getComputedStyle(e).color).slice(0, 3)), c = light(behind(e));
		const contrast = (Math.max(a, c) + 0.05) / (Math.min(a, c) + 0.05);
		const kind = e.tagName + e.className + contrast.toFixed(1);
		if (contrast < 4.5 && !seen.has(kind)) say("contrast " + contrast.toFixed(2), e);
		seen.add(kind);
	}
	return faults;
})()`
