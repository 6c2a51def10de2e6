package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"linkgraph/graph"
	"linkgraph/graph/internal/exec"
	"linkgraph/internal/pgtest"
	"linkgraph/modules"
)

var parityCases = flag.Int("parity", 2000, "how many random documents are answered by plans and by the generated code, and compared")

// hows is an observer that counts how operations were executed.
type hows struct {
	mu     sync.Mutex
	counts map[string]int
}

func (*hows) ExtensionName() string                   { return "hows" }
func (*hows) Validate(graphql.ExecutableSchema) error { return nil }
func (*hows) Spent(context.Context, int)              {}

func (*hows) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	return next(ctx)
}

func (*hows) StartRead(ctx context.Context, _ []modules.Request, _ []int) (context.Context, func(error)) {
	return ctx, func(error) {}
}

func (h *hows) Executed(_ context.Context, how string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.counts == nil {
		h.counts = map[string]int{}
	}
	h.counts[how]++
}

// both is the API of one database twice: with plans and without.
type both struct {
	testing.TB
	plans, code http.Handler
	hows        hows
}

func newBoth(t testing.TB, db *pgtest.DB, cfg graph.Config, serve graph.HTTP) *both {
	b := &both{TB: t}
	for _, side := range []struct {
		handler  *http.Handler
		observer graph.Observer
		off      bool
	}{{&b.plans, &b.hows, false}, {&b.code, nil, true}} {
		cfg.Observer, cfg.NoCompiled = side.observer, side.off
		api := newAPI(t, db, cfg)
		h, err := api.graph.HTTPHandler(serve)
		if err != nil {
			t.Fatal(err)
		}
		*side.handler = h
	}
	return b
}

func post(h http.Handler, ctx context.Context, query string, variables map[string]any) []byte {
	body, _ := json.Marshal(map[string]any{"query": query, "variables": variables})
	r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body)).WithContext(ctx)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(keyHeader, "apk_seen")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return append(fmt.Appendf(nil, "%d ", w.Code), w.Body.Bytes()...)
}

// answers returns what both answer.
func (b *both) answers(ctx context.Context, query string, variables map[string]any) (plans, code []byte) {
	return post(b.plans, ctx, query, variables), post(b.code, ctx, query, variables)
}

// same reports whether two answers are the same, byte for byte. Only the order of several errors may differ: the generated
// code answers root fields side by side.
func same(a, b []byte) bool {
	return bytes.Equal(a, b) || bytes.Equal(sortErrors(a), sortErrors(b))
}

func sortErrors(answer []byte) []byte {
	var parts struct{ Errors []json.RawMessage }
	_, body, _ := bytes.Cut(answer, []byte(" "))
	if json.Unmarshal(body, &parts) != nil || len(parts.Errors) < 2 {
		return answer
	}
	slices.SortFunc(parts.Errors, func(a, b json.RawMessage) int { return bytes.Compare(a, b) })
	_, rest, _ := bytes.Cut(body, []byte(`],"data":`))
	return append(bytes.Join([][]byte{bytes.Join(toBytes(parts.Errors), []byte(","))}, nil), rest...)
}

func toBytes(raw []json.RawMessage) [][]byte {
	out := make([][]byte, len(raw))
	for i := range raw {
		out[i] = raw[i]
	}
	return out
}

// check compares the answers to a document, run by run. It reports whether they are the same.
func (b *both) check(doc document, harvest func(answer []byte)) bool {
	b.Helper()
	for i, variables := range doc.variables {
		plans, code := b.answers(b.Context(), doc.text, variables)
		if same(plans, code) {
			harvest(plans)
			continue
		}
		small := b.shrink(doc.text, doc.variables[:i+1])
		plans, code = b.replay(small, doc.variables[:i+1])
		text, _ := json.Marshal(doc.variables[:i+1])
		b.Errorf("%s\nwith %s (-generated code +plan):\n%s", small, text, cmp.Diff(string(code), string(plans)))
		return false
	}
	return true
}

// replay runs a document with each of the variables and returns the last answers.
func (b *both) replay(query string, variables []map[string]any) (plans, code []byte) {
	for _, v := range variables {
		plans, code = b.answers(b.Context(), query, v)
	}
	return plans, code
}

// shrink takes away from a document what the difference does not need.
func (b *both) shrink(query string, variables []map[string]any) string {
	for {
		smaller := ""
		for _, candidate := range smallerDocuments(query) {
			if plans, code := b.replay(candidate, variables); !same(plans, code) {
				smaller = candidate
				break
			}
		}
		if smaller == "" {
			return query
		}
		query = smaller
	}
}

// TestParity answers random documents by plans and by the generated code.
func TestParity(t *testing.T) {
	t.Parallel()
	const perWorld = 500
	schema := exec.NewExecutableSchema(exec.Config{}).Schema()
	for seed := range (*parityCases + perWorld - 1) / perWorld {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			w := newWorldIn(t, newDemoDB(t), uint64(seed)+1000)
			roughen(t, w.api)
			b := newBoth(t, w.db, graph.Config{}, graph.HTTP{})
			b.random(w.api, schema, uint64(seed), perWorld)
			if n := b.hows.counts["plan"]; n < perWorld/2 {
				t.Errorf("plans that were kept answered %d operations: %v", n, b.hows.counts)
			}
		})
	}
}

// TestParityOfStorefronts is TestParity as storefronts see the schema and the store.
func TestParityOfStorefronts(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	schema := gqlparser.MustLoadSchema(&ast.Source{Name: "storefront", Input: graph.StorefrontSchema()})
	b := newBoth(t, s.db, graph.Config{}, graph.HTTP{Authenticate: byHeader, Storefront: graph.HTTPStorefront{Introspection: true}})
	b.random(s.api, schema, 7, *parityCases/4)
	if n := b.hows.counts["plan"]; n < *parityCases/8 {
		t.Errorf("plans that were kept answered %d operations: %v", n, b.hows.counts)
	}
}

// TestParityOfFailures compares answers of requests that fail while they run, in part or as a whole.
func TestParityOfFailures(t *testing.T) {
	t.Parallel()
	db := newDemoDB(t)
	b := newBoth(t, db, graph.Config{Limits: graph.Limits{MaxDepth: 4, MaxCost: 5000}}, graph.HTTP{})
	if _, err := db.Pool.Exec(t.Context(), `ALTER TABLE price RENAME TO gone`); err != nil {
		t.Fatal(err)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name, query string
		variables   map[string]any
		ctx         context.Context
		want        string // a part of the answer
	}{
		{"a root field fails alone", `{ products(first: 1) { nodes { title } } price(id: "x") { amount } }`, nil, t.Context(), `"price":null`},
		{"a list that is never null", `{ products(first: 1) { nodes { title } } prices { totalCount } }`, nil, t.Context(), `"data":null`},
		{"below a record", `{ a: product(id: "prod_demo_shirt") { variants { nodes { priceSet { prices { nodes { amount } } } } } } b: product(id: "prod_demo_shirt") { title } }`, nil, t.Context(), `"a":null,"b":{"title"`},
		{"nothing is asked of what is gone", `{ prices @skip(if: true) { totalCount } products { totalCount } }`, nil, t.Context(), `"products"`},
		{"canceled", `{ products { totalCount } salesChannels { totalCount } }`, nil, canceled, "503"},
		{"too deep", `{ products { nodes { variants { nodes { product { variants { nodes { id } } } } } } } }`, nil, t.Context(), "LIMIT_EXCEEDED"},
		{"too much", `query Q($n: Int) { products(first: $n) { nodes { variants(first: $n) { nodes { id } } } } }`, map[string]any{"n": 90}, t.Context(), "LIMIT_EXCEEDED"},
		{"a bad cursor below", `{ products { nodes { variants(after: "x") { nodes { id } } } } }`, nil, t.Context(), "BAD_USER_INPUT"},
		{"a number gqlgen does not read", `{ products(first: 1, filter: { variants: { some: { priceSet: { prices: { some: { amount: { gt: 99999999999999999999 } } } } } } }) { totalCount } }`, nil, t.Context(), `"errors"`},
		{"an id that is a number", `{ product(id: 5) { id } node(id: 7) { id } }`, nil, t.Context(), `{"product":null,"node":null}`},
	} {
		for range 2 { // the second time the plan is there, if there is one
			plans, code := b.answers(c.ctx, c.query, c.variables)
			if !same(plans, code) || !strings.Contains(string(plans), c.want) {
				t.Errorf("%s: want %s in both\nplan: %s\ncode: %s", c.name, c.want, plans, code)
			}
		}
	}
}

// TestParityOfExecModes compares answers under each way in which pgx sends statements: the rows come in one format or the other.
func TestParityOfExecModes(t *testing.T) {
	t.Parallel()
	db := newDemoDB(t)
	roughen(t, newAPI(t, db, graph.Config{}))
	for _, mode := range []pgx.QueryExecMode{
		pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec, pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol,
	} {
		cfg := db.Pool.Config()
		cfg.ConnConfig.DefaultQueryExecMode = mode
		pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer pool.Close()
		b := newBoth(t, &pgtest.DB{Pool: pool}, graph.Config{}, graph.HTTP{})
		plans, code := b.answers(t.Context(), `{
			products(first: 3, orderBy: [{ createdAt: DESC }]) { totalCount pageInfo { endCursor } nodes { id title isGiftcard metadata createdAt weight variants { totalCount nodes { variantRank manageInventory priceSet { prices { nodes { amount } } } } } } }
			orders { nodes { version displayId createdAt items { nodes { quantity } } } }
			prices(first: 2) { edges { cursor node { amount minQuantity createdAt } } }
		}`, nil)
		if !same(plans, code) || bytes.Contains(plans, []byte("errors")) {
			t.Errorf("%v\nplan: %s\ncode: %s", mode, plans, code)
		}
	}
}

// TestExecutions tests which operations plans answer, and what the observer is told of the others.
func TestExecutions(t *testing.T) {
	t.Parallel()
	db := newDemoDB(t)
	list := `query Q($n: Int, $with: Boolean = true) { products(first: $n) { nodes { title @include(if: $with) id } } }`
	for _, c := range []struct {
		query     string
		variables map[string]any
		want      string
	}{
		{`{ products { totalCount } __schema { queryType { name } } }`, nil, "new plan"},
		{`mutation { createProducts(input: []) { products { id } } }`, nil, "new plan"},
		{`mutation { deleteLinks(records: {}) { links { ... on ProductSalesChannel { product { metadata } } } } }`, nil, "new plan"},
		{`mutation { createCartLineItemTaxLines(input: []) { cartLineItemTaxLines { rate } } }`, nil, "value"},
		{`{ linkModules { name } __typename }`, nil, "new plan"},
	} {
		b := &hows{}
		api := newAPI(t, db, graph.Config{Observer: b})
		api.do(c.query, c.variables)
		if b.counts[c.want] != 1 {
			t.Errorf("%s with %v: %v, want one %q", c.query, c.variables, b.counts, c.want)
		}
	}
	b := &hows{}
	api := newAPI(t, db, graph.Config{Observer: b})
	for i, want := range []int{0, 1, 2} {
		api.do(list, map[string]any{"n": i})
		if b.counts["plan"] != want {
			t.Errorf("after %d runs: %v", i+1, b.counts)
		}
	}
	api.do(list, map[string]any{"n": 1, "with": false})
	if b.counts["new plan"] != 2 {
		t.Errorf("with other fields: %v, want two new plans", b.counts)
	}
	// What is one hop or two as variables go is planned each time.
	aliases := `query Q($a: Int, $b: Int) { products { nodes { a: variants(first: $a) { nodes { id } } b: variants(first: $b) { nodes { id } } } } }`
	both := newBoth(t, db, graph.Config{}, graph.HTTP{})
	for i := range 3 {
		plans, code := both.answers(t.Context(), aliases, map[string]any{"a": 1, "b": 1 + i})
		if !same(plans, code) || both.hows.counts["new plan"] != i+1 {
			t.Errorf("two aliases, run %d: %v\nplan: %s\ncode: %s", i+1, both.hows.counts, plans, code)
		}
	}
	off := &hows{}
	newAPI(t, db, graph.Config{Observer: off, NoCompiled: true}).do(list, nil)
	if len(off.counts) != 0 {
		t.Errorf("without plans: %v", off.counts)
	}
}

// TestPlansAreShared has many requests use one plan at the same time, each with values of its own.
func TestPlansAreShared(t *testing.T) {
	t.Parallel()
	b := newBoth(t, newDemoDB(t), graph.Config{}, graph.HTTP{})
	query := `query Q($n: Int, $m: Int, $text: String, $id: ID!) {
		products(first: $n, filter: { title: { ilike: $text } }) { totalCount nodes { title variants(last: $m) { nodes { title priceSet { id } } } } }
		node(id: $id) { id ... on Product { title salesChannels { edges { cursor link { id } node { name } } } } ... on ProductVariant { sku } }
	}`
	ids := []string{"prod_demo_shirt", "variant_demo_shirt_s", "none"}
	variables := make([]map[string]any, 24)
	want := make([][]byte, len(variables))
	for i := range variables {
		variables[i] = map[string]any{"n": i % 4, "m": i % 3, "text": []string{"%", "%s%", "x"}[i%3], "id": ids[i/3%3]}
		want[i] = post(b.code, t.Context(), query, variables[i])
	}
	var wg sync.WaitGroup
	for client := range 8 {
		wg.Go(func() {
			for i := range variables {
				at := (i*5 + client*7) % len(variables)
				if got := post(b.plans, t.Context(), query, variables[at]); !bytes.Equal(got, want[at]) {
					t.Errorf("with %v:\ngot  %s\nwant %s", variables[at], got, want[at])
				}
			}
		})
	}
	wg.Wait()
	if b.hows.counts["plan"] < 100 {
		t.Errorf("%v", b.hows.counts)
	}
}

// random compares random documents.
func (b *both) random(a *api, schema *ast.Schema, seed uint64, n int) {
	d := &documents{random: rand.New(rand.NewPCG(seed, 5)), schema: schema, cursors: map[string][]string{}}
	d.know(a)
	data, failed, size := 0, 0, 0
	harvest := func(answer []byte) {
		if bytes.Contains(answer, []byte(`"data":{`)) {
			data++
		}
		if bytes.Contains(answer, []byte(`"errors"`)) {
			failed++
		}
		size += len(answer)
		var parsed struct{ Data any }
		_, body, _ := bytes.Cut(answer, []byte(" "))
		if json.Unmarshal(body, &parsed) == nil {
			d.harvest("", parsed.Data)
		}
	}
	for range n {
		if !b.check(d.document(), harvest) {
			return
		}
	}
	b.Logf("%d runs: %d with data, %d with errors, %d bytes; %v", n*runs, data, failed, size, b.hows.counts)
	if data < n || failed == 0 {
		b.Errorf("of %d runs %d had data and %d had errors: the documents show too little", n*runs, data, failed)
	}
}

// roughen puts values into columns that a store seldom has: nulls, controls, large numbers, times that are not in any year.
// What a constraint refuses is left as it is.
func roughen(t testing.TB, a *api) {
	pools := map[modules.Type]string{
		modules.Text:    `'plain', E'tab\tnew\nline', '"quoted\\"', 'ünï😀', E'\x01\x1f\x7f', '<b>&amp;', E'\u2028', '', NULL`,
		modules.Integer: `0, -1, 2147483647, NULL`,
		modules.Float:   `0, 1.1, -2.5e20, 1e-7, 100000, 12345678, NULL`,
		modules.Decimal: `0, 1.50, -0.000000001, 12345678901234567890.123456789, NULL`,
		modules.Boolean: `TRUE, FALSE, NULL`,
		modules.Time:    `'2024-02-29 23:59:59.999999Z', '1969-12-31 23:59:59.1Z', 'infinity', '10000-01-01', NULL`,
		modules.JSON:    `'{"b": [1, 2.50, "x"], "a": null}', 'null', '"text \u00fc \\n"', '[]', NULL`,
	}
	for _, m := range a.graph.Records.Catalog().Models() {
		for _, c := range m.Columns {
			pool, ok := pools[c.Type]
			if !ok || c.Parts != nil || c.Name == m.PrimaryKey || c.Name == "deleted_at" || foreign(m, c.Name) || strings.HasSuffix(c.Name, "_id") {
				continue
			}
			kind := c.SQLType
			if kind == "" {
				kind = map[modules.Type]string{modules.Text: "text", modules.Integer: "integer", modules.Float: "double precision", modules.Decimal: "numeric", modules.Boolean: "boolean", modules.Time: "timestamptz", modules.JSON: "jsonb"}[c.Type]
			}
			table := m.Table
			if m.Schema != "" {
				table = m.Schema + `"."` + table
			}
			names, _ := m.KeyColumns()
			key := `concat_ws(' ', "` + strings.Join(names, `", "`) + `")`
			_, _ = a.db.Pool.Exec(t.Context(), fmt.Sprintf(`
				UPDATE "%s" SET "%s" = (ARRAY[%s]::text[])[1 + abs(hashtext(%s || '%s')) %% array_length(ARRAY[%s]::text[], 1)]::%s
				WHERE abs(hashtext(%s || '%s')) %% 3 > 0`, table, c.Name, asTexts(pool), key, c.Name, asTexts(pool), kind, key, c.Field))
		}
	}
}

// asTexts quotes the values of a pool that are not.
func asTexts(pool string) string {
	if strings.Contains(pool, "'") {
		return pool
	}
	parts := strings.Split(pool, ", ")
	for i, p := range parts {
		if p != "NULL" {
			parts[i] = "'" + p + "'"
		}
	}
	return strings.Join(parts, ", ")
}

// know reads ids of records and links of all models, a few of each.
func (d *documents) know(a *api) {
	d.ids = []string{"", "none", "prod_01ARZ3NDEKTSV4RRFFQ69G5FAV"}
	for _, m := range a.graph.Records.Catalog().Models() {
		l := &modules.List{Model: m, Columns: []int{1, 2}, Page: &modules.Page{Limit: 3}}
		if err := a.graph.Records.Read(a.Context(), l); err != nil {
			a.Fatal(err)
		}
		for _, r := range l.Result.Rows {
			d.ids = append(d.ids, r.Record.ID())
			if m.Link != "" { // the columns after the id are the ends
				d.pairs = append(d.pairs, map[string]any{
					"link": enum(strings.ToUpper(m.Link)), "ends": map[string]any{"left": r.Record.Values[1], "right": r.Record.Values[2]},
				})
			}
		}
	}
}
