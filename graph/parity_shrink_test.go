package graph_test

import (
	"bytes"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"
)

// smallerDocuments are those with one thing less: a selection, an argument or a directive.
func smallerDocuments(text string) []string {
	var all []string
	for n := 0; ; n++ {
		doc, err := parser.ParseQuery(&ast.Source{Input: text})
		if err != nil {
			return nil
		}
		c := cutter{at: n}
		for _, op := range doc.Operations {
			op.SelectionSet = c.set(op.SelectionSet)
		}
		for _, f := range doc.Fragments {
			f.SelectionSet = c.set(f.SelectionSet)
		}
		if c.at >= 0 {
			return all
		}
		dropUnused(doc)
		var b bytes.Buffer
		formatter.NewFormatter(&b, formatter.WithIndent(" ")).FormatQueryDocument(doc)
		all = append(all, b.String())
	}
}

// cutter takes away the thing that it comes to when at is 0.
type cutter struct{ at int }

func (c *cutter) here() bool {
	c.at--
	return c.at == -1
}

func (c *cutter) set(set ast.SelectionSet) ast.SelectionSet {
	for i := 0; i < len(set); i++ {
		if len(set) > 1 && c.here() {
			return slices.Delete(set, i, i+1)
		}
		switch s := set[i].(type) {
		case *ast.Field:
			s.SelectionSet = c.set(s.SelectionSet)
			s.Directives = c.directives(s.Directives)
			for j := range s.Arguments {
				if c.here() {
					s.Arguments = slices.Delete(s.Arguments, j, j+1)
					break
				}
			}
		case *ast.InlineFragment:
			s.SelectionSet = c.set(s.SelectionSet)
			s.Directives = c.directives(s.Directives)
		case *ast.FragmentSpread:
			s.Directives = c.directives(s.Directives)
		}
	}
	return set
}

func (c *cutter) directives(list ast.DirectiveList) ast.DirectiveList {
	for i := range list {
		if c.here() {
			return slices.Delete(list, i, i+1)
		}
	}
	return list
}

// dropUnused takes away definitions of fragments and variables that nothing uses, which would make the document invalid.
func dropUnused(doc *ast.QueryDocument) {
	fragments, variables := map[string]bool{}, map[string]bool{}
	var walk func(ast.SelectionSet)
	values := func(args ast.ArgumentList) {
		for _, a := range args {
			if a.Value.Kind == ast.Variable {
				variables[a.Value.Raw] = true
			}
		}
	}
	directives := func(list ast.DirectiveList) {
		for _, d := range list {
			values(d.Arguments)
		}
	}
	walk = func(set ast.SelectionSet) {
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				values(s.Arguments)
				directives(s.Directives)
				walk(s.SelectionSet)
			case *ast.InlineFragment:
				directives(s.Directives)
				walk(s.SelectionSet)
			case *ast.FragmentSpread:
				directives(s.Directives)
				if f := doc.Fragments.ForName(s.Name); f != nil && !fragments[s.Name] {
					fragments[s.Name] = true
					walk(f.SelectionSet)
				}
			}
		}
	}
	for _, op := range doc.Operations {
		walk(op.SelectionSet)
		op.VariableDefinitions = slices.DeleteFunc(op.VariableDefinitions, func(v *ast.VariableDefinition) bool { return !variables[v.Variable] })
	}
	doc.Fragments = slices.DeleteFunc(doc.Fragments, func(f *ast.FragmentDefinition) bool { return !fragments[f.Name] })
}
