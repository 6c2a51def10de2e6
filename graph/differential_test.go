package graph_test

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/big"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"linkgraph/graph"
	"linkgraph/linkstore"
	"linkgraph/modules"
)

var differentialCases = flag.Int("differential", 1500, "how many random queries are compared with an evaluation in memory")

// row is a record in memory: its fields, and what its relations lead to.
type row struct {
	id        string
	fields    map[string]any // nil, string, int64, bool or *big.Rat
	relations map[string][]edge
}

type edge struct{ node, link *row }

// shape is what random queries may ask of a model.
type shape struct {
	columns   map[string][]any // the values that fields have, by field; the first decides the type
	relations map[string]hopShape
}

type hopShape struct {
	target string
	many   bool
	link   string // the model of the link's row
}

var texts = []any{"a", "A", "ab", "a%b", "a_b", `a\b`, "ä", "Äb", "", "z"}

var shapes = map[string]shape{
	"Product": {
		map[string][]any{"title": texts, "subtitle": texts, "discountable": {true, false}},
		map[string]hopShape{
			"variants": {"ProductVariant", true, ""}, "salesChannels": {"SalesChannel", true, "ProductSalesChannel"},
			"relatedProducts": {"Product", true, "ProductRelatedProduct"}, "relatedTo": {"Product", true, "ProductRelatedProduct"},
		},
	},
	"ProductVariant": {
		map[string][]any{"title": texts, "material": texts, "variantRank": {int64(0), int64(1), int64(-5), int64(2147483647)}},
		map[string]hopShape{
			"product": {"Product", false, ""}, "priceSet": {"PriceSet", false, "ProductVariantPriceSet"},
			"inventoryItems": {"InventoryItem", true, "ProductVariantInventoryItem"},
		},
	},
	"PriceSet":     {nil, map[string]hopShape{"prices": {"Price", true, ""}, "variant": {"ProductVariant", false, "ProductVariantPriceSet"}}},
	"Price":        {map[string][]any{"amount": decimals, "currencyCode": {"eur", "usd"}, "minQuantity": decimals}, map[string]hopShape{"priceSet": {"PriceSet", false, ""}}},
	"SalesChannel": {map[string][]any{"name": texts, "isDisabled": {true, false}}, map[string]hopShape{"products": {"Product", true, "ProductSalesChannel"}}},
	"InventoryItem": {map[string][]any{"title": texts, "weight": {int64(3), int64(4)}}, map[string]hopShape{
		"variants": {"ProductVariant", true, "ProductVariantInventoryItem"},
	}},
	"ProductVariantInventoryItem": {map[string][]any{"requiredQuantity": decimals}, nil},
	"ProductVariantPriceSet":      {nil, nil}, "ProductSalesChannel": {nil, nil}, "ProductRelatedProduct": {nil, nil},
}

func rat(s string) *big.Rat {
	r, _ := new(big.Rat).SetString(s)
	return r
}

var decimals = []any{rat("1"), rat("1.5"), rat("0.1"), rat("12345678901234567890.123456789"), rat("12345678901234567890.123456788")}

// world is a small random store, in the database and in memory.
type world struct {
	*api
	random *rand.Rand
	rows   map[string][]*row
}

var roots = []struct{ model, field string }{
	{"Product", "products"}, {"ProductVariant", "productVariants"}, {"PriceSet", "priceSets"}, {"Price", "prices"},
	{"SalesChannel", "salesChannels"}, {"InventoryItem", "inventoryItems"},
}

func newWorld(t testing.TB, seed uint64) *world {
	w := &world{newAPI(t, newDB(t), graph.Config{}), rand.New(rand.NewPCG(seed, 11)), map[string][]*row{}}
	ctx := context.Background()
	for _, root := range roots {
		m, _ := w.graph.Records.Catalog().Model(root.model)
		var records []modules.Values
		for i := range 9 {
			r := &row{id: fmt.Sprintf("%s%d", strings.ToLower(root.model), i), fields: map[string]any{}, relations: map[string][]edge{}}
			r.fields["id"] = r.id
			v := modules.Values{"id": r.id}
			for field, pool := range shapes[root.model].columns {
				r.fields[field] = pool[w.random.IntN(len(pool))]
				if i, _ := m.Column(field); !m.Columns[i].NotNull && w.random.IntN(3) == 0 {
					r.fields[field] = nil
				}
				v[field] = wire(r.fields[field])
			}
			w.owner(root.model, r, v)
			records = append(records, v)
			w.rows[root.model] = append(w.rows[root.model], r)
		}
		if root.model == "Product" {
			for i, v := range records {
				v["handle"] = fmt.Sprint("h", i)
			}
		}
		if _, err := w.graph.Records.Create(ctx, m, records); err != nil {
			t.Fatal(err)
		}
	}
	w.links()
	// Deleted records and dismissed links must not count: the last of each model goes, with its links.
	for _, model := range []string{"SalesChannel", "InventoryItem", "ProductVariant", "Product"} {
		list := w.rows[model]
		gone := list[len(list)-1]
		if _, err := w.graph.Links.DeleteRecords(ctx, []linkstore.Records{{Model: model, IDs: []string{gone.id}}}); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// wire is a value as a client sends it.
func wire(v any) any {
	if r, ok := v.(*big.Rat); ok {
		return strings.TrimRight(strings.TrimRight(r.FloatString(12), "0"), ".")
	}
	return v
}

// owner puts a record of the last models in the care of one made before.
func (w *world) owner(model string, r *row, v modules.Values) {
	switch model {
	case "ProductVariant":
		p := w.pick("Product")
		v["productId"] = p.id
		join(p, "variants", r, "product", nil)
	case "Price":
		s := w.pick("PriceSet")
		v["priceSetId"] = s.id
		join(s, "prices", r, "priceSet", nil)
	}
}

func (w *world) pick(model string) *row { return w.rows[model][w.random.IntN(len(w.rows[model]))] }

func join(a *row, there string, b *row, back string, link *row) {
	a.relations[there] = append(a.relations[there], edge{b, link})
	b.relations[back] = append(b.relations[back], edge{a, link})
}

func (w *world) links() {
	var items []linkstore.Item
	used := map[string]bool{}
	add := func(link, leftModel, rightModel, there, back string, one bool) {
		l, r := w.pick(leftModel), w.pick(rightModel)
		if used[link+l.id+" "+r.id] || one && (used[link+l.id] || used[link+r.id]) {
			return
		}
		used[link+l.id+" "+r.id], used[link+l.id], used[link+r.id] = true, true, true
		item := linkstore.Item{Link: link, Left: l.id, Right: r.id}
		row := &row{fields: map[string]any{}}
		if link == "product_variant_inventory_item" {
			q := decimals[w.random.IntN(len(decimals))]
			row.fields["requiredQuantity"] = q
			item.Data = map[string]any{"required_quantity": wire(q)}
		}
		items = append(items, item)
		if w.random.IntN(8) == 0 {
			return // dismissed below: in memory it never was
		}
		join(l, there, r, back, row)
		items[len(items)-1].Keys = nil
		used["kept "+item.Link+item.Left+" "+item.Right] = true
	}
	for range 14 {
		add("product_sales_channel", "Product", "SalesChannel", "salesChannels", "products", false)
		add("product_related_product", "Product", "Product", "relatedProducts", "relatedTo", false)
		add("product_variant_inventory_item", "ProductVariant", "InventoryItem", "inventoryItems", "variants", false)
		add("product_variant_price_set", "ProductVariant", "PriceSet", "priceSet", "variant", true)
	}
	ctx := context.Background()
	if _, err := w.graph.Links.Create(ctx, items, linkstore.CreateOptions{}); err != nil {
		w.Fatal(err)
	}
	var dismissed []linkstore.Item
	for _, item := range items {
		if !used["kept "+item.Link+item.Left+" "+item.Right] {
			item.Data = nil
			dismissed = append(dismissed, item)
		}
	}
	if _, err := w.graph.Links.Dismiss(ctx, dismissed); err != nil {
		w.Fatal(err)
	}
}

// forget takes from memory what is not live in the database any more.
func (w *world) forget() {
	live := map[string]bool{}
	for _, root := range roots {
		var answer map[string]struct{ Nodes []struct{ ID string } }
		w.ask(&answer, "{ "+root.field+"(first: 100) { nodes { id } } }", nil)
		for _, n := range answer[root.field].Nodes {
			live[n.ID] = true
		}
	}
	for model, list := range w.rows {
		w.rows[model] = slices.DeleteFunc(list, func(r *row) bool { return !live[r.id] })
		for _, r := range w.rows[model] {
			for name, edges := range r.relations {
				r.relations[name] = slices.DeleteFunc(edges, func(e edge) bool { return !live[e.node.id] })
			}
		}
	}
}

// oneOf picks a key of a map, the same in every run of a seed.
func oneOf[V any](random *rand.Rand, m map[string]V) string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys[random.IntN(len(keys))]
}

// filter makes a random filter of a model, and of the link rows beside it.
func (w *world) filter(model, link string, depth int) map[string]any {
	s := shapes[model]
	f := map[string]any{}
	for range 1 + w.random.IntN(2) {
		switch n := w.random.IntN(10); {
		case n < 2 && depth > 0:
			word := []string{"and", "or"}[w.random.IntN(2)]
			f[word] = []any{w.filter(model, link, depth-1), w.filter(model, link, depth-1)}
		case n < 3 && depth > 0:
			f["not"] = w.filter(model, link, depth-1)
		case n < 7 && depth > 0 && len(s.relations) > 0:
			name := oneOf(w.random, s.relations)
			f[name] = w.related(s.relations[name], depth-1)
		case n < 8 && link == "ProductVariantInventoryItem":
			f["link"] = w.filter(link, "", 0)
		case len(s.columns) > 0:
			name := oneOf(w.random, s.columns)
			f[name] = w.comparison(s.columns[name])
		default:
			f["id"] = map[string]any{"in": []any{w.rows[model][0].id, w.pick(model).id}}
		}
	}
	return f
}

func (w *world) related(h hopShape, depth int) map[string]any {
	if !h.many {
		if w.random.IntN(4) == 0 {
			return map[string]any{"isNull": w.random.IntN(2) == 0}
		}
		return w.filter(h.target, "", depth)
	}
	q := []string{"some", "none", "every"}[w.random.IntN(3)]
	return map[string]any{q: w.filter(h.target, h.link, depth)}
}

func (w *world) comparison(pool []any) map[string]any {
	if w.random.IntN(6) == 0 {
		return map[string]any{"isNull": w.random.IntN(2) == 0}
	}
	value := func() any { return wire(pool[w.random.IntN(len(pool))]) }
	ops := []string{"eq", "ne"}
	switch pool[0].(type) {
	case string:
		ops = append(ops, "in", "notIn", "gt", "gte", "lt", "lte", "like", "ilike")
	case int64, *big.Rat:
		ops = append(ops, "in", "notIn", "gt", "gte", "lt", "lte")
	}
	switch op := ops[w.random.IntN(len(ops))]; op {
	case "in", "notIn":
		return map[string]any{op: []any{value(), value()}}
	case "like", "ilike":
		patterns := []any{"a%", "%b", "_", "a\\%b", `a\_%`, "%", "Ä%", "", `%\\%`}
		return map[string]any{op: patterns[w.random.IntN(len(patterns))]}
	default:
		return map[string]any{op: value()}
	}
}

// compare orders two values of one type; nil is not compared here.
func compareValues(a, b any) int {
	switch a := a.(type) {
	case string:
		return cmp.Compare(a, b.(string))
	case int64:
		return cmp.Compare(a, b.(int64))
	case *big.Rat:
		return a.Cmp(b.(*big.Rat))
	case bool:
		toInt := map[bool]int{true: 1}
		return cmp.Compare(toInt[a], toInt[b.(bool)])
	}
	panic(fmt.Sprintf("%T", a))
}

// unwire reads a value that a filter holds as the type of a field's value.
func unwire(like, v any) any {
	if _, ok := like.(*big.Rat); ok {
		return rat(fmt.Sprint(v))
	}
	return v
}

// holds evaluates a filter in memory. What SQL does not know is false, and `not` is the complement.
func holds(model string, e edge, filter map[string]any) bool {
	for name, v := range filter {
		if !condition(model, e, name, v) {
			return false
		}
	}
	return true
}

func condition(model string, e edge, name string, v any) bool {
	s := shapes[model]
	switch name {
	case "and":
		return !slices.ContainsFunc(v.([]any), func(f any) bool { return !holds(model, e, f.(map[string]any)) })
	case "or":
		return slices.ContainsFunc(v.([]any), func(f any) bool { return holds(model, e, f.(map[string]any)) })
	case "not":
		return !holds(model, e, v.(map[string]any))
	case "isNull":
		return v != true
	case "link":
		return holds("ProductVariantInventoryItem", edge{node: e.link}, v.(map[string]any))
	}
	if h, ok := s.relations[name]; ok {
		return relatedHolds(h, e.node.relations[name], v.(map[string]any))
	}
	return comparisonHolds(e.node.fields[name], v.(map[string]any))
}

func relatedHolds(h hopShape, edges []edge, v map[string]any) bool {
	if !h.many {
		if v["isNull"] == true {
			return len(edges) == 0
		}
		return len(edges) > 0 && holds(h.target, edges[0], v)
	}
	for q, f := range v {
		matching := 0
		for _, e := range edges {
			if holds(h.target, e, f.(map[string]any)) {
				matching++
			}
		}
		if q == "some" && matching == 0 || q == "none" && matching > 0 || q == "every" && matching < len(edges) {
			return false
		}
	}
	return true
}

func comparisonHolds(have any, ops map[string]any) bool {
	for op, v := range ops {
		if op == "isNull" {
			if (have == nil) != (v == true) {
				return false
			}
			continue
		}
		if have == nil || !compared(op, have, v) {
			return false
		}
	}
	return true
}

func compared(op string, have, v any) bool {
	is := func(v any) bool { return compareValues(have, unwire(have, v)) == 0 }
	switch op {
	case "eq":
		return is(v)
	case "ne":
		return !is(v)
	case "in":
		return slices.ContainsFunc(v.([]any), is)
	case "notIn":
		return !slices.ContainsFunc(v.([]any), is)
	case "like":
		return like(v.(string)).MatchString(have.(string))
	case "ilike":
		return like(strings.ToLower(v.(string))).MatchString(strings.ToLower(have.(string)))
	}
	c := compareValues(have, unwire(have, v))
	return map[string]bool{"gt": c > 0, "gte": c >= 0, "lt": c < 0, "lte": c <= 0}[op]
}

func like(pattern string) *regexp.Regexp {
	var b strings.Builder
	escaped := false
	for _, r := range pattern {
		switch {
		case escaped:
			b.WriteString(regexp.QuoteMeta(string(r)))
			escaped = false
		case r == '\\':
			escaped = true
		case r == '%':
			b.WriteString(".*")
		case r == '_':
			b.WriteString(".")
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	return regexp.MustCompile("(?s)^" + b.String() + "$")
}

var directions = []string{"ASC", "DESC", "ASC_NULLS_FIRST", "DESC_NULLS_LAST"}

// sortKey makes a random sort key, and the function that reads its value in memory.
func (w *world) sortKey(model string, depth int) (map[string]any, func(*row) any) {
	s := shapes[model]
	if depth > 0 && len(s.relations) > 0 && w.random.IntN(3) == 0 {
		name := oneOf(w.random, s.relations)
		return w.relatedKey(name, s.relations[name], depth-1)
	}
	name := "id"
	if len(s.columns) > 0 {
		name = oneOf(w.random, s.columns)
	}
	return map[string]any{name: directions[w.random.IntN(4)]}, func(r *row) any { return r.fields[name] }
}

func (w *world) relatedKey(name string, h hopShape, depth int) (map[string]any, func(*row) any) {
	if !h.many {
		inner, read := w.sortKey(h.target, depth)
		return map[string]any{name: inner}, func(r *row) any {
			if len(r.relations[name]) == 0 {
				return nil
			}
			return read(r.relations[name][0].node)
		}
	}
	many := map[string]any{}
	var filter map[string]any
	if w.random.IntN(2) == 0 {
		filter = w.filter(h.target, h.link, 1)
		many["filter"] = filter
	}
	counted := func(r *row) []edge {
		return slices.DeleteFunc(slices.Clone(r.relations[name]), func(e edge) bool { return !holds(h.target, e, filter) })
	}
	if w.random.IntN(2) == 0 {
		many["count"] = directions[w.random.IntN(4)]
		return map[string]any{name: many}, func(r *row) any { return int64(len(counted(r))) }
	}
	inner, read := w.sortKey(h.target, 0)
	if key := oneOf(w.random, inner); slices.Contains([]string{"discountable", "isDisabled"}, key) {
		many["count"] = inner[key] // a truth value has no least
		return map[string]any{name: many}, func(r *row) any { return int64(len(counted(r))) }
	}
	greatest := w.random.IntN(2) == 0
	many[map[bool]string{true: "max", false: "min"}[greatest]] = inner
	return map[string]any{name: many}, func(r *row) any {
		var best any
		for _, e := range counted(r) {
			if v := read(e.node); v != nil && (best == nil || greatest == (compareValues(v, best) > 0)) {
				best = v
			}
		}
		return best
	}
}

// directionOf finds the direction in a sort key.
func directionOf(key any) string {
	if s, ok := key.(string); ok {
		return s
	}
	for name, v := range key.(map[string]any) {
		if name != "filter" {
			return directionOf(v)
		}
	}
	return ""
}

func compareKeys(a, b any, direction string) int {
	desc := strings.HasPrefix(direction, "DESC")
	nullsFirst := direction == "DESC" || direction == "ASC_NULLS_FIRST"
	if (a == nil) != (b == nil) {
		if (a == nil) == nullsFirst {
			return -1
		}
		return 1
	}
	if a == nil {
		return 0
	}
	c := compareValues(a, b)
	if desc {
		return -c
	}
	return c
}

// TestDifferential compares the answers to random filters, orders and pages with a plain evaluation in memory.
func TestDifferential(t *testing.T) {
	t.Parallel()
	const perWorld = 500
	for seed := range (*differentialCases + perWorld - 1) / perWorld {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, uint64(seed))
			w.forget()
			for range perWorld {
				if !w.differentialCase() {
					return
				}
			}
		})
	}
}

func (w *world) differentialCase() bool {
	root := roots[w.random.IntN(len(roots))]
	filter := w.filter(root.model, "", 3)
	var order []any
	var reads []func(*row) any
	var ways []string
	for range w.random.IntN(3) {
		key, read := w.sortKey(root.model, 2)
		if slices.ContainsFunc(order, func(o any) bool {
			return gocmp.Equal(o, key) || oneOf(w.random, o.(map[string]any)) == oneOf(w.random, key)
		}) {
			continue
		}
		order, reads, ways = append(order, key), append(reads, read), append(ways, directionOf(key))
	}
	want := slices.DeleteFunc(slices.Clone(w.rows[root.model]), func(r *row) bool { return !holds(root.model, edge{node: r}, filter) })
	slices.SortFunc(want, func(a, b *row) int {
		for i, read := range reads {
			if c := compareKeys(read(a), read(b), ways[i]); c != 0 {
				return c
			}
		}
		if len(ways) > 0 && strings.HasPrefix(ways[len(ways)-1], "DESC") {
			return cmp.Compare(b.id, a.id)
		}
		return cmp.Compare(a.id, b.id)
	})
	var wantIDs []string
	for _, r := range want {
		wantIDs = append(wantIDs, r.id)
	}
	got, total := w.pages(root.model, root.field, filter, order, 1+w.random.IntN(6), w.random.IntN(2) == 0)
	if diff := gocmp.Diff(wantIDs, got); diff != "" || total != len(want) {
		text, _ := json.Marshal(map[string]any{"filter": filter, "orderBy": order})
		w.Errorf("%s with %s: %d in all, want %d (-want +got):\n%s", root.field, text, total, len(want), diff)
		return false
	}
	return true
}

// pages reads a list in pages, from one end or the other.
func (w *world) pages(model, field string, filter map[string]any, order []any, size int, backward bool) (ids []string, total int) {
	query := fmt.Sprintf(`query Q($filter: %[1]sFilter, $order: [%[1]sOrder!], $first: Int, $last: Int, $after: String, $before: String) {
		%[2]s(filter: $filter, orderBy: $order, first: $first, last: $last, after: $after, before: $before) {
			totalCount nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
		}
	}`, model, field)
	variables := map[string]any{"filter": filter, "order": order, "first": size}
	if backward {
		variables = map[string]any{"filter": filter, "order": order, "last": size}
	}
	for {
		var answer map[string]struct {
			page
			TotalCount int
		}
		w.ask(&answer, query, variables)
		p := answer[field]
		total = p.TotalCount
		var got []string
		for _, n := range p.Nodes {
			got = append(got, n.ID)
		}
		if backward {
			ids = append(got, ids...)
			variables["before"] = p.PageInfo.StartCursor
			if !p.PageInfo.HasPreviousPage {
				return ids, total
			}
		} else {
			ids = append(ids, got...)
			variables["after"] = p.PageInfo.EndCursor
			if !p.PageInfo.HasNextPage {
				return ids, total
			}
		}
	}
}
