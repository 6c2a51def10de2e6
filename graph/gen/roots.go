package main

import (
	"fmt"
	"go/types"
	"maps"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/codegen"
	"github.com/99designs/gqlgen/codegen/config"
	"github.com/vektah/gqlparser/v2/ast"
)

// byHand are the arguments of the root fields that are resolved by hand, and the Go types of those that read themselves.
var byHand = map[string]map[string]string{
	"linkModules":  {},
	"linkModule":   {},
	"node":         {},
	"links":        {"links": "Links"},
	"createLinks":  {"links": "Links"},
	"dismissLinks": {"links": "Links"},
	"deleteLinks":  {"records": "RecordKeys"},
	"restoreLinks": {"records": "*RecordKeys"},
}

// keepRoots keeps the root objects, what introspection is made of, and the types that these use. Root fields return a
// answer.Answer, whatever their type in the schema is; they are resolved in the order of the document, so that the last one can read for
// all of them.
func keepRoots(data *codegen.Data) error {
	data.Inputs, data.Interfaces = nil, nil
	data.Objects = slices.DeleteFunc(
		data.Objects,
		func(o *codegen.Object) bool { return !o.Root && !strings.HasPrefix(o.Name, "__") },
	)
	of := newGoTypes(data)
	for _, root := range []*codegen.Object{data.QueryRoot, data.MutationRoot} {
		root.DisableConcurrency = true
		for _, f := range root.Fields {
			if f.IsReserved() {
				continue
			}
			if err := of.answer(f); err != nil {
				return err
			}
			hand, ok := byHand[f.Name]
			if !ok {
				f.Args = nil // they are read with the model at hand
				continue
			}
			for _, a := range f.Args {
				if err := of.argument(a, hand[a.Name]); err != nil {
					return err
				}
			}
		}
	}
	data.ReferencedTypes = referenced(data)
	return nil
}

// goTypes makes references to types of package answer.
type goTypes struct {
	binder   *config.Binder
	position *ast.Position // of what gqlgen sorts into files by its place in the schema
}

func newGoTypes(data *codegen.Data) goTypes {
	return goTypes{data.Config.NewBinder(), data.Schema.Query.Position}
}

func (g goTypes) find(name string) (types.Type, error) {
	t, err := g.binder.FindTypeFromName(answerPackage + "." + strings.TrimPrefix(name, "*"))
	if err != nil {
		return nil, fmt.Errorf("package answer: %w", err)
	}
	if strings.HasPrefix(name, "*") {
		t = types.NewPointer(t)
	}
	return t, nil
}

// answer has a root field return an Answer. gqlgen takes it for a union, of whose fields it need not know.
func (g goTypes) answer(f *codegen.Field) error {
	t, err := g.find("Answer")
	if err != nil {
		return err
	}
	gql := *f.TypeReference.GQL
	f.TypeReference = &config.TypeReference{
		Definition: &ast.Definition{Kind: ast.Union, Name: "Answer", Position: g.position},
		GQL:        &ast.Type{NamedType: "Answer", NonNull: gql.NonNull, Position: g.position},
		GO:         t, Target: t, IsMarshaler: true,
	}
	return nil
}

// argument has an argument read itself, if it has a Go type for that.
func (g goTypes) argument(a *codegen.FieldArgument, name string) error {
	if name == "" {
		return nil
	}
	t, err := g.find(name)
	if err != nil {
		return err
	}
	name = strings.TrimPrefix(name, "*")
	a.TypeReference = &config.TypeReference{
		Definition: &ast.Definition{Kind: ast.InputObject, Name: name, Position: g.position},
		GQL:        &ast.Type{NamedType: name, NonNull: a.Type.NonNull, Position: g.position},
		GO:         t, Target: t, IsMarshaler: true, IsContext: true,
	}
	return nil
}

// referenced are the types that kept fields and their arguments use, and those of directives.
func referenced(data *codegen.Data) map[string]*config.TypeReference {
	kept := map[string]*config.TypeReference{}
	var add func(ref *config.TypeReference)
	add = func(ref *config.TypeReference) {
		if ref == nil || kept[ref.UniquenessKey()] != nil {
			return
		}
		kept[ref.UniquenessKey()] = ref
		if ref.IsSlice() || ref.IsPtrToSlice() || ref.IsPtrToPtr() || ref.IsPtrToIntf() {
			add(ref.Elem())
		}
	}
	for _, o := range data.Objects {
		for _, f := range o.Fields {
			add(f.TypeReference)
			for _, a := range f.Args {
				add(a.TypeReference)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(data.AllDirectives)) {
		for _, a := range data.AllDirectives[name].Args {
			add(a.TypeReference)
		}
	}
	return kept
}
