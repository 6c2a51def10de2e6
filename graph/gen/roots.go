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

// handwritten maps each root field with a resolver written by hand to the Go types of its arguments. An argument that
// is not listed has gqlgen's usual type.
var handwritten = map[string]map[string]string{
	"linkModules":  {},
	"linkModule":   {},
	"node":         {},
	"linkHealth":   {"link": "*NamedLink"},
	"links":        {"links": "Links"},
	"createLinks":  {"links": "Links"},
	"dismissLinks": {"links": "Links"},
	"setLinks":     {"of": "RecordKey", "link": "NamedLink", "to": "LinkTargets"},
	"deleteLinks":  {"records": "RecordKeys"},
	"restoreLinks": {"records": "*RecordKeys"},
}

// keepRoots removes all types from data except the root objects, the introspection types, and what these use. Root
// fields return an answer.Answer, whatever their type in the schema is. They are resolved in document order and not
// concurrently, so that the last one can read for all.
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
			hand, ok := handwritten[f.Name]
			if !ok {
				f.Args = nil // the resolver reads them itself: only it knows the model
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
	position *ast.Position // gqlgen sorts generated code into files by position in the schema
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

// answer makes a root field return an Answer. It declares the Answer as a union to gqlgen, which then asks for no
// fields.
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

// argument gives an argument a Go type of package answer that unmarshals itself. It does nothing if name is "".
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

// referenced returns the types that the remaining fields, their arguments and the directives use.
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
