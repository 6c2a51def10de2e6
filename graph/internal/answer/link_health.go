package answer

import (
	"context"
	"math"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/linkgraph/linkgraph/linkstore"
)

// LinkHealth resolves a root field to the report of an examination of links.
func LinkHealth(ctx context.Context, report linkstore.Report) (Answer, error) {
	r := newRootField(ctx)
	r.writeValue = func() error {
		r.request.linkHealth(report, r.Field.Selections)
		return nil
	}
	return r.start(nil)
}

func (a *Request) linkHealth(report linkstore.Report, set ast.SelectionSet) {
	a.fields("LinkHealth", set, func(f graphql.CollectedField) {
		switch f.Name {
		case "damaged":
			a.value(report.Damaged())
		case "tables":
			a.value(report.Tables)
		case "links":
			a.value(clipped(report.Links))
		case "findings":
			writeAll(a, report.Findings, func(found linkstore.Finding) { a.linkFinding(found, f.Selections) })
		}
	})
}

func (a *Request) linkFinding(found linkstore.Finding, set ast.SelectionSet) {
	a.fields("LinkFinding", set, func(f graphql.CollectedField) {
		if f.Name == "examples" {
			writeAll(a, found.Examples, func(e linkstore.Example) { a.linkFindingExample(e, f.Selections) })
			return
		}
		a.value(map[string]any{
			"kind":     strings.ToUpper(string(found.Kind)),
			"severity": strings.ToUpper(string(found.Severity)),
			"linkName": orNull(found.Link),
			"subject":  found.Subject,
			"count":    clipped(found.Count),
			"advice":   found.Advice,
			"fixable":  found.Fixable,
		}[f.Name])
	})
}

func (a *Request) linkFindingExample(e linkstore.Example, set ast.SelectionSet) {
	left, right, links := orNull(e.Left), orNull(e.Right), any(nil)
	switch {
	case e.Links > 0:
		links = clipped(e.Links)
	case left != nil || right != nil: // the other key is empty
		left, right = e.Left, e.Right
	}
	a.fields("LinkFindingExample", set, func(f graphql.CollectedField) {
		a.value(map[string]any{
			"id": orNull(e.ID), "left": left, "right": right, "links": links,
		}[f.Name])
	})
}

// writeAll writes a list.
func writeAll[T any](a *Request, list []T, write func(T)) {
	a.b = append(a.b, '[')
	for i, v := range list {
		if i > 0 {
			a.b = append(a.b, ',')
		}
		write(v)
	}
	a.b = append(a.b, ']')
}

// clipped is a count as an Int of GraphQL, which has 32 bits.
func clipped(n int64) int64 { return min(n, math.MaxInt32) }

// orNull is nil for "".
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
