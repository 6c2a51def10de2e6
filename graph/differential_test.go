package graph_test

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

var differentialCases = flag.Int(
	"differential",
	0,
	"how many random queries are compared with an evaluation in memory; 0 is 3000, with -short 1000",
)

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
		return slices.DeleteFunc(
			slices.Clone(r.relations[name]),
			func(e edge) bool { return !holds(h.target, e, filter) },
		)
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
	cases := *differentialCases
	switch {
	case cases > 0:
	case testing.Short():
		cases = 1000
	default:
		cases = 3000
	}
	for seed := range (cases + perWorld - 1) / perWorld {
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
		if slices.ContainsFunc(order, func(o any) bool { return sameField(o, key) }) {
			continue
		}
		order, reads, ways = append(order, key), append(reads, read), append(ways, directionOf(key))
	}
	want := slices.DeleteFunc(
		slices.Clone(w.rows[root.model]),
		func(r *row) bool { return !holds(root.model, edge{node: r}, filter) },
	)
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
		smallest, _ := json.Marshal(w.shrink(root.model, root.field, filter))
		w.Errorf(
			"%s with %s: %d in all, want %d (-want +got):\n%s\nthe smallest filter that differs: %s",
			root.field,
			text,
			total,
			len(want),
			diff,
			smallest,
		)
		return false
	}
	return true
}

// sameField reports whether two sort keys begin with the same field, which a list is not sorted by twice.
func sameField(a, b any) bool {
	for field := range a.(map[string]any) {
		if _, ok := b.(map[string]any)[field]; ok {
			return true
		}
	}
	return false
}

// differs reports whether a filter alone has another answer than in memory.
func (w *world) differs(model, field string, filter map[string]any) bool {
	_, total := w.pages(model, field, filter, nil, 100, false)
	return total != len(
		slices.DeleteFunc(
			slices.Clone(w.rows[model]),
			func(r *row) bool { return !holds(model, edge{node: r}, filter) },
		),
	)
}

// shrink takes away from a filter what the difference does not need.
func (w *world) shrink(model, field string, filter map[string]any) map[string]any {
	for _, smaller := range smallerFilters(filter) {
		if w.differs(model, field, smaller) {
			return w.shrink(model, field, smaller)
		}
	}
	return filter
}

// smallerFilters are the filters with one thing less, anywhere.
func smallerFilters(filter map[string]any) []map[string]any {
	var all []map[string]any
	with := func(key string, v any) {
		c := maps.Clone(filter)
		if c[key] = v; v == nil {
			delete(c, key)
		}
		all = append(all, c)
	}
	for key, v := range filter {
		with(key, nil)
		switch v := v.(type) {
		case map[string]any:
			for _, smaller := range smallerFilters(v) {
				if len(smaller) > 0 {
					with(key, smaller)
				}
			}
		case []any:
			for i := range v {
				if len(v) > 1 {
					with(key, slices.Delete(slices.Clone(v), i, i+1))
				}
				if f, ok := v[i].(map[string]any); ok {
					for _, smaller := range smallerFilters(f) {
						c := slices.Clone(v)
						c[i] = smaller
						with(key, c)
					}
				}
			}
		}
	}
	return all
}

// pages reads a list in pages, from one end or the other.
func (w *world) pages(
	model, field string,
	filter map[string]any,
	order []any,
	size int,
	backward bool,
) (ids []string, total int) {
	query := fmt.Sprintf(
		`query Q($filter: %[1]sFilter, $order: [%[1]sOrder!], $first: Int, $last: Int, $after: String, $before: String) {
		%[2]s(filter: $filter, orderBy: $order, first: $first, last: $last, after: $after, before: $before) {
			totalCount nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
		}
	}`,
		model,
		field,
	)
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
