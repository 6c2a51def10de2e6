package graph_test

import (
	"cmp"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
)

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
