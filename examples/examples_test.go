package examples_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/linkgraph/linkgraph/examples/storefront/shop"
)

// TestExamples runs all examples on one server. They change its store, so they run one after the other.
func TestExamples(t *testing.T) {
	t.Parallel()
	l := start(t)
	t.Run("DemoStore", func(t *testing.T) { demoStore(t, l) })
	t.Run("Prices", func(t *testing.T) { prices(t, l) })
	t.Run("RefusedKeys", func(t *testing.T) { refusedKeys(t, l) })
	t.Run("BulkLink", func(t *testing.T) { bulkLink(t, l) })
	t.Run("BulkLinkShell", func(t *testing.T) { bulkLinkShell(t, l) })
	t.Run("Pages", func(t *testing.T) { pages(t, l) })
}

func open(t *testing.T, l *live, key string) *shop.Shop {
	t.Helper()
	s, err := shop.New(shop.Config{URL: l.url, Key: key, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// visit returns a page with white space folded.
func visit(t *testing.T, s *shop.Shop, path string) (status int, page string) {
	t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, strings.Join(strings.Fields(w.Body.String()), " ")
}

// shows checks that a page is well formed and contains the given texts in this order.
func shows(t *testing.T, s *shop.Shop, path string, want ...string) {
	t.Helper()
	status, page := visit(t, s, path)
	if status != http.StatusOK {
		t.Errorf("%s: status %d\n%s", path, status, page)
		return
	}
	rest := page
	for _, w := range want {
		_, after, ok := strings.Cut(rest, w)
		if !ok {
			t.Errorf("%s lacks %s\n%s", path, w, page)
			return
		}
		rest = after
	}
	if strings.Count(page, "<h1>") != 1 || strings.Contains(page, "ZgotmplZ") ||
		!strings.Contains(page, `<html lang="en">`) {
		t.Errorf("%s is not made well:\n%s", path, page)
	}
}

// demoStore visits the pages of the demo store.
func demoStore(t *testing.T, l *live) {
	s := open(t, l, l.publishable)
	const shirt, hat = `<a href="/products/linen-shirt">`, `<a href="/products/straw-hat">`
	shows(
		t,
		s,
		"/",
		"<h1>All products</h1>",
		`<a href="/categories/clothing">Clothing</a>`,
		"2 products",
		shirt,
		"€39.90",
		hat,
		"€24.50",
	)
	// The products of subcategories are shown too.
	shows(
		t,
		s,
		"/categories/clothing",
		"All products</a>",
		"<h1>Clothing</h1>",
		`<a href="/categories/shirts">Shirts</a>`,
		shirt,
		hat,
	)
	shows(
		t,
		s,
		"/categories/shirts",
		`<a href="/categories/clothing">Clothing</a>`,
		"<h1>Shirts</h1>",
		"1 product<",
		"https://example.com/shirt.jpg",
	)
	shows(
		t,
		s,
		"/products/linen-shirt",
		"Clothing</a>",
		"Shirts</a>",
		`alt="Linen shirt"`,
		"<h1>Linen shirt</h1>",
		"A light shirt",
		"<dt>Size</dt><dd>S, M</dd>",
		"SHIRT-S",
		"€39.90",
		"In stock",
		"SHIRT-M",
		"In stock",
		`hreflang="de-DE"`,
		"Goes well with it",
		hat,
		"€24.50",
	)
	shows(t, s, "/products/straw-hat?currency=usd", "One size", "$27.00", "In stock")
	shows(
		t,
		s,
		"/products/linen-shirt?lang=de-de",
		`<h1><span lang="de-DE">Leinenhemd</span></h1>`,
		"Ein leichtes Hemd",
	)
	shows(
		t,
		s,
		"/categories/shirts?lang=de-DE&currency=usd",
		"<h1>Shirts</h1>",
		"/products/linen-shirt?currency=usd&amp;lang=de-DE",
		"Leinenhemd",
		"$44.00",
	)
	shows(t, s, "/products/linen-shirt?lang=fr", "<h1>Linen shirt</h1>")
	shows(t, s, "/products/linen-shirt?lang=%25&currency=xxx", "<h1>Linen shirt</h1>", "€39.90")
	// The gift box is a draft, so the shop does not have it.
	for _, path := range []string{"/products/gift-box", "/products/nothing", "/categories/nothing", "/nothing", "/products/"} {
		if status, page := visit(t, s, path); status != http.StatusNotFound ||
			!strings.Contains(page, "<h1>Not found</h1>") {
			t.Errorf("%s: %d %s", path, status, page)
		}
	}
	if status, page := visit(t, s, "/?after=nonsense"); status != http.StatusBadRequest ||
		!strings.Contains(page, "start from the first one") {
		t.Errorf("a bad cursor: %d %s", status, page)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/static/style.css", nil))
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/css") {
		t.Errorf("the stylesheet: %d %v", w.Code, w.Header())
	}
}

// prices visits a product that is on sale, has a price list, quantity tiers, and little stock.
func prices(t *testing.T, l *live) {
	l.ask(t, `mutation {
		createProducts(input: [{ id: "prod_x", title: "Coat <b>&", handle: "coat", status: PUBLISHED, material: "Wool" }]) { products { id } }
		createProductVariants(input: [
			{ id: "variant_x1", title: "One", productId: "prod_x", variantRank: 0 }
			{ id: "variant_x2", title: "Two", productId: "prod_x", variantRank: 1, allowBackorder: true }
			{ id: "variant_x3", title: "Three", productId: "prod_x", variantRank: 2 }
			{ id: "variant_x4", title: "Four", productId: "prod_x", variantRank: 3, manageInventory: false }
		]) { productVariants { id } }
		createPriceLists(input: [
			{ id: "plist_sale", title: "Sale", description: "", status: ACTIVE, type: SALE, startsAt: "2020-01-01T00:00:00Z" }
			{ id: "plist_own", title: "Own", description: "", status: ACTIVE, type: OVERRIDE }
			{ id: "plist_draft", title: "Draft", description: "", status: DRAFT, type: SALE }
			{ id: "plist_over", title: "Over", description: "", status: ACTIVE, type: SALE, endsAt: "2020-01-01T00:00:00Z" }
		]) { priceLists { id } }
		createPriceSets(input: [{ id: "pset_x1" }, { id: "pset_x2" }, { id: "pset_x3" }]) { priceSets { id } }
		createPrices(input: [
			{ priceSetId: "pset_x1", currencyCode: "eur", amount: "200" }
			{ priceSetId: "pset_x1", currencyCode: "eur", amount: "150", priceListId: "plist_sale" }
			{ priceSetId: "pset_x1", currencyCode: "eur", amount: "1", priceListId: "plist_draft" }
			{ priceSetId: "pset_x1", currencyCode: "eur", amount: "2", priceListId: "plist_over" }
			{ priceSetId: "pset_x2", currencyCode: "eur", amount: "200" }
			{ priceSetId: "pset_x2", currencyCode: "eur", amount: "210.5", priceListId: "plist_own" }
			{ priceSetId: "pset_x3", currencyCode: "eur", amount: "180" }
			{ priceSetId: "pset_x3", currencyCode: "eur", amount: "90", minQuantity: 10 }
		]) { prices { id } }
		createInventoryItems(input: [{ id: "iitem_x1", sku: "X1" }, { id: "iitem_x2", sku: "X2" }, { id: "iitem_x3", sku: "X3" }]) { inventoryItems { id } }
		createInventoryLevels(input: [
			{ inventoryItemId: "iitem_x1", locationId: "sloc_demo_main", stockedQuantity: 5, reservedQuantity: 2 }
			{ inventoryItemId: "iitem_x2", locationId: "sloc_demo_main", stockedQuantity: 1, reservedQuantity: 1 }
			{ inventoryItemId: "iitem_x3", locationId: "sloc_demo_shop", stockedQuantity: 50 }
		]) { inventoryLevels { id } }
		createLinks(links: [
			{ product: { productId: "prod_x" }, salesChannel: { salesChannelId: "sc_demo_web" } }
			{ product: { variantId: "variant_x1" }, pricing: { priceSetId: "pset_x1" } }
			{ product: { variantId: "variant_x2" }, pricing: { priceSetId: "pset_x2" } }
			{ product: { variantId: "variant_x3" }, pricing: { priceSetId: "pset_x3" } }
			{ product: { variantId: "variant_x1" }, inventory: { inventoryItemId: "iitem_x1" } }
			{ product: { variantId: "variant_x2" }, inventory: { inventoryItemId: "iitem_x2" } }
			{ product: { variantId: "variant_x3" }, inventory: { inventoryItemId: "iitem_x3" } }
		]) { results { outcome } }
	}`, nil)
	s := open(t, l, l.publishable)
	shows(t, s, "/products/coat", "<h1>Coat &lt;b&gt;&amp;</h1>", "<dd>Wool</dd>",
		">One<", `<strong class="sale">€150.00</strong>`, "<s>€200.00</s>", "Only 3 left",
		">Two<", "<strong>€210.50</strong>", "On backorder",
		">Three<", "<strong>€180.00</strong>", "Sold out", // stock in town does not count for the web shop
		">Four<", "not in this currency", "In stock")
	shows(
		t,
		s,
		"/",
		`<a href="/products/coat">`,
		"Coat &lt;b&gt;&amp;",
		"from",
		"€150.00",
		"<s>€200.00</s>",
		"Linen shirt",
	)
	shows(t, s, "/?currency=usd", "Coat", "No price in this currency", "Linen shirt", "$44.00")
}

// refusedKeys opens shops with invalid keys.
func refusedKeys(t *testing.T, l *live) {
	for _, key := range []string{"pk_" + strings.Repeat("0", 64), "nonsense", l.secret} {
		status, page := visit(t, open(t, l, key), "/")
		if status != http.StatusInternalServerError || !strings.Contains(page, "LINKGRAPH_PUBLISHABLE_KEY") ||
			strings.Contains(page, key) {
			t.Errorf("%s: %d %s", key, status, page)
		}
	}
}

const bulk = 250 // more than one page of lookups

// bulkLink creates products and links them with the Go program.
func bulkLink(t *testing.T, l *live) {
	var products []map[string]any
	var file strings.Builder
	file.WriteString("handle,sales_channel\n")
	for i := range bulk {
		handle := fmt.Sprintf("bulk-%03d", i)
		products = append(products, map[string]any{
			"id":          "prod_" + handle,
			"title":       "Bulk " + handle[5:],
			"handle":      handle,
			"status":      "PUBLISHED",
			"categoryIds": []string{"pcat_demo_shirts"},
		})
		fmt.Fprintf(&file, "%s,Web shop\n", handle)
	}
	l.ask(
		t,
		`mutation ($input: [ProductCreateInput!]!) { createProducts(input: $input) { products { id } } }`,
		map[string]any{"input": products},
	)
	l.ask(
		t,
		`mutation { createSalesChannels(input: [{ name: "Twice" }, { name: "Twice" }]) { salesChannels { id } } }`,
		nil,
	)
	tool := build(t, ".", "./scripts/bulklink")
	links := write(t, file.String())
	run := func(wantStatus int, wantOut, wantErr string, args ...string) {
		t.Helper()
		status, out, errs := program(t, []string{"LINKGRAPH_URL=" + l.url, "LINKGRAPH_KEY=" + l.secret}, tool, args...)
		if status != wantStatus || !strings.Contains(out, wantOut) || !strings.Contains(errs, wantErr) ||
			strings.Contains(out+errs, l.secret) {
			t.Errorf(
				"bulklink %v: status %d, want %d, %q, %q\n%.400s\n%s",
				args,
				status,
				wantStatus,
				wantOut,
				wantErr,
				out,
				errs,
			)
		}
	}
	run(0, "", "250 rows can be linked; nothing is written", "--dry-run", links)
	linked(t, l, "bulk-%", "sc_demo_web", 0)
	run(0, "2\tbulk-000\tWeb shop\tCREATED\n", "250 of 250 rows are linked: 250 CREATED", "--batch", "99", links)
	linked(t, l, "bulk-%", "sc_demo_web", bulk)
	run(0, "251\tbulk-249\tWeb shop\tUNCHANGED\n", "250 of 250 rows are linked: 250 UNCHANGED", links)

	bad := write(
		t,
		"handle,sales_channel\nbulk-000,Shop in town\nnothing,Shop in town\nbulk-001,Nowhere\nbulk-002,Twice\n",
	)
	run(1, "", `line 3: there is no product with handle "nothing"`, bad)
	run(1, "", `line 4: there is no sales channel called "Nowhere"`, bad)
	run(1, "", `line 5: there is more than one sales channel called "Twice": sc_`, "--dry-run", bad)
	linked(t, l, "bulk-%", "sc_demo_pos", 0)
	run(2, "", "usage: bulklink", "--batch", "10001", links)
	status, _, errs := program(
		t,
		[]string{"LINKGRAPH_URL=" + l.url, "LINKGRAPH_KEY=sk_" + strings.Repeat("0", 64)},
		tool,
		links,
	)
	if status != 1 || !strings.Contains(errs, "LINKGRAPH_KEY: these credentials are not accepted") {
		t.Errorf("with another key: %d %s", status, errs)
	}
}

// linked checks how many products with such handles are in a channel.
func linked(t *testing.T, l *live, like, channel string, want int) {
	t.Helper()
	got := l.ask(t, `query ($like: String!, $channel: ID!) {
		products(filter: { handle: { like: $like }, salesChannels: { some: { id: { eq: $channel } } } }) { totalCount }
	}`, map[string]any{"like": like, "channel": channel})
	if got != fmt.Sprintf(`{"products":{"totalCount":%d}}`, want) {
		t.Errorf("in %s: %s, want %d", channel, got, want)
	}
}

// bulkLinkShell does the same for another channel with the shell script.
func bulkLinkShell(t *testing.T, l *live) {
	for _, tool := range []string{"bash", "curl", "jq"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing(t, err)
		}
	}
	var file strings.Builder
	for i := range bulk {
		fmt.Fprintf(&file, "prod_bulk-%03d\tsc_demo_pos\n", i)
	}
	pairs := write(t, file.String())
	run := func(wantStatus int, want string, env []string, args ...string) {
		t.Helper()
		env = append([]string{"LINKGRAPH_URL=" + l.url, "LINKGRAPH_KEY=" + l.secret}, env...)
		status, out, errs := program(t, env, "bash", append([]string{"scripts/bulklink.sh"}, args...)...)
		if status != wantStatus || !strings.Contains(out+errs, want) || strings.Contains(out+errs, l.secret) {
			t.Errorf("bulklink.sh %v: status %d, want %d, %q\n%s\n%s", args, status, wantStatus, want, out, errs)
		}
	}
	const link = "PRODUCT_SALES_CHANNEL"
	run(0, "250 of 250 lines are linked: 250 CREATED\n", []string{"BATCH=99"}, link, pairs)
	linked(t, l, "bulk-%", "sc_demo_pos", bulk)
	run(0, "250 of 250 lines are linked: 250 UNCHANGED\n", nil, link, pairs)

	bad := write(t, "prod_demo_shirt\tsc_demo_pos\nprod_demo_hat\tsc_demo_pos\nprod_none\tsc_demo_pos\n")
	run(1, `line 3: status 200, RECORD_NOT_FOUND: there is no Product with product_id "prod_none"`, nil, link, bad)
	linked(t, l, "linen-shirt", "sc_demo_pos", 0) // all of a batch or nothing
	run(1, "2 of 3 lines are linked", []string{"BATCH=2"}, link, bad)
	linked(t, l, "linen-shirt", "sc_demo_pos", 1)
	run(
		1,
		"line 2: not two ids with a tab between them",
		nil,
		link,
		write(t, "prod_demo_shirt\tsc_demo_pos\nprod_demo_hat sc_demo_pos\n"),
	)
	run(1, "GRAPHQL_VALIDATION_FAILED", nil, "NO_LINK", pairs)
	run(1, "status 401, UNAUTHENTICATED", []string{"LINKGRAPH_KEY=sk_" + strings.Repeat("0", 64)}, link, pairs)
	run(1, "LINKGRAPH_KEY", []string{"LINKGRAPH_KEY="}, link, pairs)
	run(2, "usage", nil, link)

	if _, err := exec.LookPath("shellcheck"); err != nil {
		missing(t, err)
	}
	if out, err := exec.CommandContext(t.Context(), "shellcheck", "scripts/bulklink.sh").CombinedOutput(); err != nil {
		t.Errorf("shellcheck: %v\n%s", err, out)
	}
}

// missing skips the test if a program is not installed. In CI it fails instead.
func missing(t *testing.T, err error) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(err)
	}
	t.Skip(err)
}

// pages pages through a category, and must find each linked product once.
func pages(t *testing.T, l *live) {
	s := open(t, l, l.publishable)
	product := regexp.MustCompile(`<a href="/products/([^"?]+)"`)
	next := regexp.MustCompile(`<a href="(/categories/clothing\?after=[^"]+)" rel="next">`)
	seen := map[string]bool{}
	address := "/categories/clothing"
	turned := 0
	for ; address != ""; turned++ {
		status, page := visit(t, s, address)
		found := product.FindAllStringSubmatch(page, -1)
		if status != http.StatusOK || len(found) == 0 || len(found) > 12 || turned > bulk {
			t.Fatalf("%s: %d, %d products", address, status, len(found))
		}
		if strings.Contains(page, ">First page</a>") != (turned > 0) {
			t.Errorf("%s: the link to the first page", address)
		}
		for _, m := range found {
			if seen[m[1]] {
				t.Errorf("%s is there twice", m[1])
			}
			seen[m[1]] = true
		}
		address = ""
		if m := next.FindStringSubmatch(page); m != nil {
			address = strings.ReplaceAll(m[1], "&amp;", "&")
		}
	}
	if len(seen) != bulk+2 || turned != 21 {
		t.Errorf("%d products on %d pages, want %d", len(seen), turned, bulk+2)
	}
}
