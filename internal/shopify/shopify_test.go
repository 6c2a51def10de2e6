package shopify_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/demo/demotest"
	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/internal/shopify"
)

// shop is a database and the API over it.
type shop struct {
	testing.TB
	db       *pgtest.DB
	graph    *graph.Graph
	importer shopify.Importer
}

func newShop(t testing.TB) *shop {
	t.Helper()
	db := demotest.Empty(t)
	g, err := graph.New(db.Pool, graph.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return &shop{
		t,
		db,
		g,
		shopify.Importer{
			DB:            db.Pool,
			Records:       g.Records,
			Links:         g.Links,
			Currency:      "EUR",
			StockLocation: "Warehouse",
			SalesChannel:  "Web",
		},
	}
}

func (s *shop) load(files ...string) []shopify.Report {
	s.Helper()
	var reports []shopify.Report
	for _, f := range files {
		r, err := s.importer.File(context.Background(), f)
		if err != nil {
			s.Fatal(err)
		}
		reports = append(reports, r)
	}
	return reports
}

// list is a connection of an answer.
type list[T any] struct {
	Nodes    []T
	PageInfo struct {
		HasNextPage bool
		EndCursor   string
	}
}

type product struct {
	Handle, Title, Status string
	Type                  *struct{ Value string }
	Tags                  list[struct{ Value string }]
	Images                list[struct{ URL string }]
	SalesChannels         list[struct{ Name string }]
	Options               list[struct{ Title string }]
	Variants              list[variant]
}

type variant struct {
	Title, Sku string
	Options    list[struct{ Value string }]
	PriceSet   struct {
		Prices list[struct{ Amount, CurrencyCode string }]
	}
	InventoryItems struct {
		Edges []struct {
			Link struct{ RequiredQuantity string }
			Node struct {
				Levels list[struct {
					StockedQuantity string
					StockLocation   struct{ Name string }
				}]
			}
		}
	}
}

const walk = `query Walk($after: String) {
  products(first: 50, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes {
      handle title status type { value } tags { nodes { value } } images { nodes { url } } options { nodes { title } }
      salesChannels { nodes { name } }
      variants(orderBy: [{ variantRank: ASC }]) {
        nodes {
          title sku options { nodes { value } }
          priceSet { prices { nodes { amount currencyCode } } }
          inventoryItems { edges { link { requiredQuantity } node { levels { nodes { stockedQuantity stockLocation { name } } } } } }
        }
      }
    }
  }
}`

// products reads the whole store through the API.
func (s *shop) products() map[string]product {
	s.Helper()
	found := map[string]product{}
	after := ""
	for {
		variables := map[string]any{}
		if after != "" {
			variables["after"] = after
		}
		body, err := json.Marshal(map[string]any{"query": walk, "variables": variables})
		if err != nil {
			s.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		s.graph.Handler().ServeHTTP(w, r)
		var answer struct {
			Errors []any
			Data   struct{ Products list[product] }
		}
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || len(answer.Errors) > 0 {
			s.Fatalf("%v: %s", err, w.Body)
		}
		for _, p := range answer.Data.Products.Nodes {
			found[p.Handle] = p
		}
		if after = answer.Data.Products.PageInfo.EndCursor; !answer.Data.Products.PageInfo.HasNextPage {
			return found
		}
	}
}

func same(t testing.TB, what, got, want string) {
	t.Helper()
	a, ok := new(big.Rat).SetString(got)
	b, ok2 := new(big.Rat).SetString(want)
	if !ok || !ok2 || a.Cmp(b) != 0 {
		t.Errorf("%s is %q, the file says %q", what, got, want)
	}
}

// compare compares every number of a file with the store.
func compare(t *testing.T, file string, store map[string]product) (variants int) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	rank := map[string]int{}
	for _, row := range rows[1:] {
		cell := func(name string) string { return row[column[name]] }
		p, ok := store[cell("Handle")]
		if !ok {
			t.Errorf("product %s is missing", cell("Handle"))
			continue
		}
		if title := cell("Title"); title != "" && p.Title != title {
			t.Errorf("title %q, the file says %q", p.Title, title)
		}
		if src := cell("Image Src"); src != "" && !strings.Contains(fmt.Sprint(p.Images), src) {
			t.Errorf("%s: image %s is missing", p.Handle, src)
		}
		for tag := range strings.SplitSeq(cell("Tags"), ",") {
			if tag = strings.TrimSpace(tag); tag != "" && !strings.Contains(fmt.Sprint(p.Tags.Nodes), "{"+tag+"}") {
				t.Errorf("%s: tag %q is missing from %v", p.Handle, tag, p.Tags.Nodes)
			}
		}
		if cell("Variant Price") == "" {
			continue
		}
		v := p.Variants.Nodes[rank[p.Handle]]
		rank[p.Handle]++
		variants++
		what := p.Handle + " " + v.Title
		if prices := v.PriceSet.Prices.Nodes; len(prices) != 1 || prices[0].CurrencyCode != "eur" {
			t.Errorf("%s: prices %v", what, prices)
		} else {
			same(t, what+": price", prices[0].Amount, cell("Variant Price"))
		}
		if items := v.InventoryItems.Edges; len(items) != 1 || len(items[0].Node.Levels.Nodes) != 1 {
			t.Errorf("%s: inventory %v", what, items)
		} else {
			same(t, what+": required quantity", items[0].Link.RequiredQuantity, "1")
			level := items[0].Node.Levels.Nodes[0]
			same(t, what+": stock", level.StockedQuantity, cell("Variant Inventory Qty"))
			if level.StockLocation.Name != "Warehouse" {
				t.Errorf("%s: stock is in %q", what, level.StockLocation.Name)
			}
		}
	}
	return variants
}

func TestImport(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	const file = "testdata/tea.csv"
	report := s.load(file)[0]
	if report.Products != 2 || report.Variants != 3 || report.Created == 0 {
		t.Errorf("report: %+v", report)
	}
	store := s.products()
	if n := compare(t, file, store); n != 3 {
		t.Errorf("%d variants compared", n)
	}
	tea, cup := store["green-tea"], store["cup"]
	if tea.Status != "PUBLISHED" || cup.Status != "DRAFT" || tea.Type == nil || tea.Type.Value != "Tea" ||
		cup.Type != nil {
		t.Errorf("got %+v and %+v", tea, cup)
	}
	if v := tea.Variants.Nodes[1]; v.Title != "250 g / Whole" || v.Sku != "TEA-G-250" || len(v.Options.Nodes) != 2 {
		t.Errorf("variant: %+v", v)
	}
	if len(tea.Images.Nodes) != 3 || len(tea.Options.Nodes) != 2 || len(tea.SalesChannels.Nodes) != 1 {
		t.Errorf("got %+v", tea)
	}
}

func TestImportTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.load("testdata/tea.csv")
	again := s.load("testdata/tea.csv")[0]
	if again.Created+again.Updated+again.LinksCreated != 0 || !strings.Contains(again.String(), "nothing to change") {
		t.Errorf("second run: %s", again)
	}
	// Importing a changed file changes exactly what differs.
	text, err := os.ReadFile("testdata/tea.csv")
	if err != nil {
		t.Fatal(err)
	}
	changed := filepath.Join(t.TempDir(), "tea.csv")
	if err := os.WriteFile(
		changed,
		bytes.Replace(text, []byte("7.90,9.90"), []byte("8.20,9.90"), 1),
		0o600,
	); err != nil {
		t.Fatal(err)
	}
	if r := s.load(changed)[0]; r.Created != 0 || r.Updated != 1 {
		t.Errorf("changed price: %s", r)
	}
	compare(t, changed, s.products())
}

func TestBadFileWritesNothing(t *testing.T) {
	t.Parallel()
	const header = "Handle,Title,Option1 Name,Option1 Value,Variant Price,Variant Inventory Qty,Variant SKU,Published\n"
	for _, c := range []struct{ name, text, want string }{
		{"no export", "a,b\n1,2\n", `:1: no column "Handle"`},
		{"no price", header + "a,A,Size,S,,1,,\n", ":2: Variant Price: is missing"},
		{"bad price", header + "a,A,Size,S,1,1,,\na,,,M,ten,1,,\n", `:3: Variant Price: "ten" is not a number`},
		{"bad quantity", header + "a,A,Size,S,1,1.5,,\n", `:2: Variant Inventory Qty: "1.5" is not a number`},
		{"bad flag", header + "a,A,Size,S,1,1,,perhaps\n", `:2: Published: "perhaps" is neither true nor false`},
		{"no handle", header + ",A,Size,S,1,1,,\n", ":2: no handle"},
		{"no title", header + "a,,Size,S,1,1,,\n", `:2: product "a" has no title`},
		{"same variant", header + "a,A,Size,S,1,1,,\na,,,S,2,1,,\n", `:3: variant "S" was in line 2 already`},
		{"too many values", header + "a,A,Size,S,1,1,,true,more\n", ":2: 9 values under 8 columns"},
		{"open quote", header + "a,\"A,Size,S,1,1,,\n", ":2"},
		{"same sku", header + "a,A,Size,S,1,1,X,\nb,B,Size,S,1,1,X,\n", `:3: another ProductVariant has the same sku "X"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			file := filepath.Join(t.TempDir(), "bad.csv")
			if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := s.importer.File(t.Context(), file)
			if err == nil || !strings.Contains(err.Error(), "bad.csv"+c.want) ||
				!strings.Contains(err.Error(), "nothing was imported") {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
			if n := len(s.products()); n != 0 {
				t.Errorf("%d products were written", n)
			}
		})
	}
}

// TestRealExports imports exports of real shops from beside the checkout, if there are any.
func TestRealExports(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob("../../../shared/data/shopify-*.csv")
	if len(files) == 0 {
		t.Skip("no exports beside this checkout")
	}
	s := newShop(t)
	want := 0
	for _, r := range s.load(files...) {
		want += r.Variants
	}
	store := s.products()
	got := 0
	for _, f := range files {
		got += compare(t, f, store)
	}
	if got != want || want == 0 {
		t.Errorf("%d variants compared, %d imported", got, want)
	}
	for i, r := range s.load(files...) {
		if r.Created+r.Updated+r.LinksCreated != 0 {
			t.Errorf("%s again: %s", files[i], r)
		}
	}
}

func TestUnknownCurrency(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.importer.Currency = "xyz"
	if _, err := s.importer.File(t.Context(), "testdata/tea.csv"); err == nil ||
		!strings.Contains(err.Error(), `no currency "xyz"`) {
		t.Errorf("got %v", err)
	}
}

// TestNegativePrice refuses a price below zero with its line.
func TestNegativePrice(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	tea, err := os.ReadFile("testdata/tea.csv")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "tea.csv")
	if err := os.WriteFile(path, bytes.Replace(tea, []byte(",17.5,"), []byte(",-17.5,"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.importer.File(t.Context(), path); err == nil ||
		!strings.Contains(err.Error(), `tea.csv:4: Variant Price: "-17.5" is less than 0`) {
		t.Errorf("got %v", err)
	}
}
