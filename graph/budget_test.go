package graph_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/graph/transport"
)

// repeated writes a root field so many times, under names of its own.
func repeated(n int, field string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "f%d: %s ", i, field)
	}
	return "{ " + b.String() + "}"
}

// TestBudget goes one beyond each limit of an operation by what a client can repeat, in each of the ways in which it
// can be repeated: in one field, over several root fields, and by one variable that several root fields use. What is
// within passes.
func TestBudget(t *testing.T) {
	t.Parallel()
	db := newDemoDB(t)
	or := func(n int) string { return "[" + strings.Repeat("{}, ", n) + "]" }
	const deep = `variants: { some: { product: { variants: { some: %s } } } }`
	least := `{ variants: { min: { priceSet: { prices: { min: { amount: ASC } } } } } }`
	for name, c := range map[string]struct {
		limits         graph.Limits
		within, beyond string
		variables      string
		want           string
	}{
		"fields by aliases": {
			graph.Limits{MaxCost: 21}, `{ products(first: 10) { nodes { id } } }`, `{ products(first: 10) { nodes { id a: id } } }`, "", "fields of all records",
		},
		"fields by root fields": {
			graph.Limits{MaxCost: 21 * 3}, repeated(3, `products(first: 10) { nodes { id } }`), repeated(4, `products(first: 10) { nodes { id } }`), "", "fields of all records up to f3",
		},
		"fields by ways back": {
			graph.Limits{MaxCost: 500},
			`{ products(first: 10) { nodes { variants(first: 5) { nodes { title } } } } }`,
			`{ products(first: 10) { nodes { variants(first: 5) { nodes { product { variants(first: 5) { nodes { title } } } } } } } }`, "", "fields of all records",
		},
		"fields by edges": {
			graph.Limits{MaxCost: 50}, `{ products(first: 10) { edges { cursor node { id } } } }`, `{ products(first: 10) { edges { cursor c: cursor node { id } } } }`, "", "fields of all records",
		},
		"fields of one record": {
			graph.Limits{MaxCost: 5}, `{ product(id: "prod_demo_shirt") { id title } }`, `{ product(id: "prod_demo_shirt") { id title a: title b: title c: title } }`, "", "fields of all records",
		},
		"records that are read to see whether there are more": {
			graph.Limits{MaxCost: 12}, `{ products(first: 10) { pageInfo { hasNextPage } } }`, `{ products(first: 11) { pageInfo { hasNextPage } } }`, "", "fields of all records",
		},
		"fields by the size of a page in a variable": {
			graph.Limits{MaxCost: 20}, `query($n: Int = 9) { products(first: $n) { nodes { id } } }`, `query($n: Int = 10) { products(first: $n) { nodes { id } } }`, "", "fields of all records",
		},
		"empty items of or": {
			graph.Limits{MaxConditions: 6}, `{ products(filter: { or: ` + or(5) + ` }) { totalCount } }`, `{ products(filter: { or: ` + or(6) + ` }) { totalCount } }`, "", "conditions up to products.filter.or[5]: 7",
		},
		"empty items of and": {
			graph.Limits{MaxConditions: 6}, `{ products(filter: { and: ` + or(5) + ` }) { totalCount } }`, `{ products(filter: { and: ` + or(6) + ` }) { totalCount } }`, "", "conditions up to products.filter.and[5]: 7",
		},
		"nots": {
			graph.Limits{MaxConditions: 3}, `{ products(filter: { not: { not: { not: {} } } }) { totalCount } }`, `{ products(filter: { not: { not: { not: { not: {} } } } }) { totalCount } }`, "", "conditions",
		},
		"comparisons of one field": {
			graph.Limits{MaxConditions: 2}, `{ products(filter: { title: { gt: "a", lt: "z" } }) { totalCount } }`, `{ products(filter: { title: { gt: "a", lt: "z", ne: "b" } }) { totalCount } }`, "", "conditions",
		},
		"conditions over root fields": {
			graph.Limits{MaxConditions: 3}, repeated(3, `products(filter: { title: { eq: "a" } }) { totalCount }`), repeated(4, `products(filter: { title: { eq: "a" } }) { totalCount }`), "", "conditions up to f3",
		},
		"conditions by one variable": {
			graph.Limits{MaxConditions: 9},
			"query ($v: ProductFilter) " + repeated(3, `products(filter: $v) { totalCount }`), "query ($v: ProductFilter) " + repeated(4, `products(filter: $v) { totalCount }`),
			`{"v": {"or": [{}, {}]}}`, "conditions up to f3",
		},
		"conditions of sort keys": {
			graph.Limits{MaxConditions: 1},
			`{ products(orderBy: [{ variants: { filter: { sku: { eq: "a" } }, count: ASC } }]) { totalCount } }`,
			`{ products(orderBy: [{ variants: { filter: { sku: { eq: "a" }, title: { eq: "b" } }, count: ASC } }]) { totalCount } }`, "", "conditions",
		},
		"values over root fields": {
			graph.Limits{MaxValues: 6}, repeated(3, `products(filter: { id: { in: ["a", "b"] } }) { totalCount }`), repeated(4, `products(filter: { id: { in: ["a", "b"] } }) { totalCount }`), "", "values of filters up to f3",
		},
		"bytes of values by one variable": {
			graph.Limits{MaxValueBytes: 300},
			"query ($v: ProductFilter) " + repeated(3, `products(filter: $v) { totalCount }`), "query ($v: ProductFilter) " + repeated(4, `products(filter: $v) { totalCount }`),
			`{"v": {"title": {"like": "` + strings.Repeat("%a", 50) + `"}}}`, "bytes of the values of filters up to f3",
		},
		"bytes of cursors": {
			graph.Limits{MaxValueBytes: 300}, `{ products { totalCount } }`, `{ products(after: "` + strings.Repeat("W", 301) + `") { totalCount } }`, "", "bytes of the values",
		},
		"sort keys": {
			graph.Limits{},
			`{ products(orderBy: [{ id: ASC }, { title: ASC }, { handle: ASC }, { subtitle: ASC }, { status: ASC }, { createdAt: ASC }, { updatedAt: ASC }, { material: ASC }]) { totalCount } }`,
			`{ products(orderBy: [{ id: ASC }, { title: ASC }, { handle: ASC }, { subtitle: ASC }, { status: ASC }, { createdAt: ASC }, { updatedAt: ASC }, { material: ASC }, { height: ASC }]) { totalCount } }`,
			"", "sort keys of products.orderBy: 9 is above the limit of 8",
		},
		"sort keys in a variable": {
			graph.Limits{},
			`{ products { totalCount } }`, `query ($v: [ProductOrder!]) { products(orderBy: $v) { totalCount } }`,
			`{"v": [` + strings.Repeat(`{"variants": {"count": "ASC"}},`, 40_000) + `{"title": "ASC"}]}`, "sort keys of products.orderBy: 40001 is above the limit of 8",
		},
		"relations of a filter": {
			graph.Limits{MaxSearch: 1 << 20},
			`{ products(filter: { ` + fmt.Sprintf(deep, `{ product: { type: { value: { eq: "a" } } } }`) + ` }) { totalCount } }`,
			`{ products(filter: { ` + fmt.Sprintf(deep, `{ product: { variants: { some: { product: { title: { eq: "a" } } } } } }`) + ` }) { totalCount } }`,
			"", "relations one below the other",
		},
		"relations of a sort key": {
			graph.Limits{MaxRelations: 2},
			`{ products(orderBy: [{ variants: { min: { priceSet: { id: ASC } } } }]) { totalCount } }`, `{ products(orderBy: [` + least + `]) { totalCount } }`,
			"", "relations one below the other",
		},
		"relations of the filter of a sort key": {
			graph.Limits{MaxRelations: 2},
			`{ products(orderBy: [{ variants: { filter: { priceSet: { id: { eq: "a" } } }, count: ASC } }]) { totalCount } }`,
			`{ products(orderBy: [{ variants: { filter: { priceSet: { prices: { some: {} } } }, count: ASC } }]) { totalCount } }`, "", "relations one below the other",
		},
		"aggregates over root fields": {
			graph.Limits{MaxSearch: 500}, repeated(2, `products(orderBy: [`+least+`]) { nodes { id } }`), repeated(3, `products(orderBy: [`+least+`]) { nodes { id } }`), "", "cost of filters, sort keys and counts up to f2",
		},
		"relations over root fields": {
			graph.Limits{MaxSearch: 62}, repeated(4, `products(filter: { variants: { some: {} } }) { nodes { id } }`), repeated(5, `products(filter: { variants: { some: {} } }) { nodes { id } }`), "", "cost of filters, sort keys and counts up to f4",
		},
		"some, none and every": {
			graph.Limits{MaxSearch: 30},
			`{ products(filter: { variants: { some: { id: { eq: "a" } }, none: { id: { eq: "b" } } } }) { nodes { id } } }`,
			`{ products(filter: { variants: { some: { id: { eq: "a" } }, none: { id: { eq: "b" } }, every: { id: { ne: "b" } } } }) { nodes { id } } }`, "", "cost of filters",
		},
		"counts over root fields": {
			graph.Limits{MaxSearch: 42}, repeated(3, `products { totalCount }`), repeated(4, `products { totalCount }`), "", "cost of filters, sort keys and counts up to f3",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t, db, graph.Config{Limits: c.limits})
			var variables map[string]any
			if c.variables != "" {
				if err := json.Unmarshal([]byte(c.variables), &variables); err != nil {
					t.Fatal(err)
				}
			}
			for range 2 { // the second time the plan is there
				if got := string(a.do(c.within, variables)); strings.Contains(got, `"errors"`) {
					t.Errorf("within the limit: %.300s", got)
				}
				got := string(a.do(c.beyond, variables))
				if !strings.Contains(got, c.want) || !strings.Contains(got, `"LIMIT_EXCEEDED"`) {
					t.Errorf("got %.300s\nwant %s", got, c.want)
				}
			}
		})
	}
}

// TestEqualSortKeys refuses sort keys that sort by what a key before them sorts by.
func TestEqualSortKeys(t *testing.T) {
	t.Parallel()
	a := newAPI(t, newDemoDB(t), graph.Config{})
	for order, good := range map[string]bool{
		`{ variants: { count: ASC } }, { variants: { count: DESC } }`:                                                                                                            false,
		`{ variants: { min: { title: ASC } } }, { variants: { min: { title: DESC } } }`:                                                                                          false,
		`{ type: { value: ASC } }, { type: { value: ASC } }`:                                                                                                                     false,
		`{ variants: { filter: { sku: { eq: "a" } }, count: ASC } }, { variants: { filter: { sku: { eq: "a" } }, count: DESC } }`:                                                false,
		`{ variants: { filter: { sku: { eq: "a" } }, count: ASC } }, { variants: { filter: { sku: { eq: "b" } }, count: DESC } }`:                                                true,
		`{ variants: { min: { title: ASC } } }, { variants: { max: { title: ASC } } }, { variants: { count: ASC } }, { variants: { min: { sku: ASC } } }, { type: { id: ASC } }`: true,
	} {
		got := string(a.do(`{ products(orderBy: [`+order+`]) { nodes { id } } }`, nil))
		if refused := strings.Contains(got, "the list is ordered by this field already") &&
			strings.Contains(got, "BAD_USER_INPUT"); refused == good ||
			good && strings.Contains(got, `"errors"`) {
			t.Errorf("%s: %.300s", order, got)
		}
	}
}

// TestCeiling asks for answers that are longer than they may be, of each kind of root field.
func TestCeiling(t *testing.T) {
	t.Parallel()
	aliases := func(n int, field string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "a%d: %s ", i, field)
		}
		return b.String()
	}
	a := newAPI(t, newDemoDB(t), graph.Config{Limits: graph.Limits{MaxAnswer: 4000}})
	for name, c := range map[string]struct{ within, beyond string }{
		"list":          {`{ products { nodes { id title } } }`, `{ products { nodes { id ` + aliases(100, "title") + `} } }`},
		"edges":         {`{ products { edges { cursor } } }`, `{ products { edges { ` + aliases(100, "cursor") + `} } }`},
		"record":        {`{ product(id: "prod_demo_shirt") { title } }`, `{ product(id: "prod_demo_shirt") { ` + aliases(300, "title") + `} }`},
		"root fields":   {`{ ` + aliases(3, `products { nodes { id title } }`) + `}`, `{ ` + aliases(60, `products { nodes { id title } }`) + `}`},
		"names":         {`{ products { nodes { __typename } } }`, `{ products { nodes { ` + aliases(200, "__typename") + `} } }`},
		"link modules":  {`{ linkModule(moduleA: "product", keyA: "variantId", moduleB: "pricing", keyB: "priceSetId") { name } }`, `{ linkModules { ` + aliases(10, "name") + `} }`},
		"links":         {`{ productVariantPriceSets(first: 3) { nodes { id } } }`, `{ productVariantPriceSets { nodes { ` + aliases(100, "id") + `} } }`},
		"introspection": {`{ __type(name: "PageInfo") { name } }`, `{ __type(name: "Product") { ` + aliases(5, "fields { name description type { name } }") + ` } }`},
		"types":         {`{ __schema { queryType { name } } }`, `{ __schema { types { name } } }`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := string(a.do(c.within, nil)); strings.Contains(got, `"errors"`) {
				t.Errorf("within the limit: %.300s", got)
			}
			got := string(a.do(c.beyond, nil))
			if !strings.Contains(got, `"LIMIT_EXCEEDED"`) ||
				!strings.Contains(got, "bytes of the answer: there are more than the limit of 4000") ||
				len(got) > 1000 {
				t.Errorf("%d bytes: %.300s", len(got), got)
			}
		})
	}
}

// TestCeilingOfBatch has several operations in one request: the ceiling is that of all of them.
func TestCeilingOfBatch(t *testing.T) {
	t.Parallel()
	e := newEndpointOf(
		t,
		newAPI(t, newDemoDB(t), graph.Config{Limits: graph.Limits{MaxAnswer: 4000, MaxConditions: 4}}),
		graph.HTTP{MaxBatch: 50},
	)
	batch := func(n int, query string) string {
		return "[" + strings.TrimSuffix(strings.Repeat(asJSON(query)+",", n), ",") + "]"
	}
	if got := e.call(
		t,
		call{body: batch(2, `{ products { nodes { id title } } }`)},
	); strings.Contains(
		got.body,
		`"errors"`,
	) {
		t.Errorf("within the limit: %.300s", got.body)
	}
	if got := e.call(
		t,
		call{body: batch(50, `{ products { nodes { id title } } }`)},
	); !strings.Contains(
		got.body,
		`"LIMIT_EXCEEDED"`,
	) ||
		len(got.body) > 20_000 {
		t.Errorf("%d bytes: %.300s", len(got.body), got.body)
	}
	if got := e.call(
		t,
		call{body: batch(5, `{ products(filter: { title: { eq: "a" } }) { totalCount } }`)},
	); strings.Count(
		got.body,
		`"LIMIT_EXCEEDED"`,
	) != 1 {
		t.Errorf("five conditions: %.1000s", got.body)
	}
}

// TestCeilingOfMutations looks at mutations whose answer is too large: those of which that is known before are not
// run, the others say that they were.
func TestCeilingOfMutations(t *testing.T) {
	t.Parallel()
	db := newDemoDB(t)
	a := newAPI(t, db, graph.Config{Limits: graph.Limits{MaxCost: 20}})
	got := string(
		a.do(
			`mutation { createProductTypes(input: [{ value: "New" }]) { productTypes { id products { nodes { id title } } } } }`,
			nil,
		),
	)
	if !strings.Contains(got, `"LIMIT_EXCEEDED"`) {
		t.Errorf("a record: %.300s", got)
	}
	if got := string(
		a.do(`{ productTypes(filter: { value: { eq: "New" } }) { totalCount } }`, nil),
	); !strings.Contains(
		got,
		`{"totalCount":0}`,
	) {
		t.Errorf("it was written all the same: %s", got)
	}
	const link = `{ product: { variantId: "variant_demo_gift_box" }, pricing: { priceSetId: "pset_demo_spare" } }`
	got = string(
		a.do(
			`mutation { createLinks(links: [`+link+`]) { results { link { id ... on ProductVariantPriceSet { priceSet { prices { nodes { id } } } } } } } }`,
			nil,
		),
	)
	if !strings.Contains(got, `"LIMIT_EXCEEDED"`) {
		t.Errorf("a link: %.300s", got)
	}
	if got := string(
		a.do(`mutation { createLinks(links: [`+link+`]) { results { outcome } } }`, nil),
	); !strings.Contains(
		got,
		`"CREATED"`,
	) {
		t.Errorf("it was written all the same: %s", got)
	}
	short := newAPI(t, db, graph.Config{Limits: graph.Limits{MaxAnswer: 50}})
	got = string(
		short.do(
			`mutation { deleteProductVariants(ids: ["variant_demo_shirt_s"]) { links { name } records { model ids } } }`,
			nil,
		),
	)
	if !strings.Contains(got, `"LIMIT_EXCEEDED"`) ||
		!strings.Contains(got, "the mutation was done, but what it did is not shown") {
		t.Errorf("a receipt: %.300s", got)
	}
	if got := string(
		a.do(`{ productVariant(id: "variant_demo_shirt_s") { id } }`, nil),
	); got != `{"data":{"productVariant":null}}` {
		t.Errorf("it says that it was done: %s", got)
	}
}

// TestReadAllowance reads more than an answer may have bytes: what is read is bounded before anything is written.
func TestReadAllowance(t *testing.T) {
	t.Parallel()
	db := newDemoDB(t)
	if _, err := db.Pool.Exec(t.Context(), `UPDATE product SET description = repeat('x', 100000)`); err != nil {
		t.Fatal(err)
	}
	got := string(
		newAPI(
			t,
			db,
			graph.Config{Limits: graph.Limits{MaxAnswer: 40_000}},
		).do(`{ products { nodes { description } } }`, nil),
	)
	if !strings.Contains(got, "bytes of the records that are read: there are more than the limit of 80000") ||
		!strings.Contains(got, `"LIMIT_EXCEEDED"`) {
		t.Errorf("%.300s", got)
	}
}

// TestSpentPoints tells what a request takes of a rate limit.
func TestSpentPoints(t *testing.T) {
	t.Parallel()
	var points []int
	e := newEndpointOf(
		t,
		newAPI(t, newDemoDB(t), graph.Config{}),
		graph.HTTP{Spent: func(_ graph.Caller, n int) { points = append(points, n) }},
	)
	for _, query := range []string{
		`{ products { totalCount } }`,
		`{ products(orderBy: [{ variants: { min: { priceSet: { prices: { min: { amount: ASC } } } } } }]) { nodes { id } } }`,
		`{ products(first: 100) { nodes { variants(first: 100) { nodes { id title } } } } }`,
		`{ products(first: 1000) { nodes { id } } }`,
	} {
		e.call(t, call{body: asJSON(query)})
	}
	if len(points) != 4 || points[0] != 1 || points[1] < 5 || points[2] < 2 || points[3] != 1 {
		t.Errorf("%v", points)
	}
}

// TestDeadlineWhileWriting ends a request whose answer is long in writing.
func TestDeadlineWhileWriting(t *testing.T) {
	t.Parallel()
	db := newDemoDB(t)
	e := newEndpointOf(
		t,
		newAPI(t, db, graph.Config{}),
		graph.HTTP{
			Timeout:   time.Millisecond,
			Documents: transport.DocumentLimits{Aliases: -1, Repeats: -1, Fields: -1, Tokens: -1},
		},
	)
	var b strings.Builder
	for i := range 400 {
		fmt.Fprintf(&b, "a%d: fields { name description } ", i)
	}
	got := e.call(t, call{body: asJSON(`{ __schema { types { ` + b.String() + `} } }`)})
	if got.status != http.StatusGatewayTimeout || len(got.body) > 1000 {
		t.Errorf("%d, %d bytes: %.300s", got.status, len(got.body), got.body)
	}
}
