package graph

import (
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// readerSchema is the schema of admins who may only read: all of it but the columns that are @secret. What is not in a schema
// cannot be named, in a selection, a filter or a sort key, in a variable, or at the end of a path; so nothing below has to know of
// secrets.
func readerSchema(whole *ast.Schema, models *recordstore.Catalog) *ast.Schema {
	secrets := map[string][]string{}
	for _, m := range models.Models() {
		for i := range m.Columns {
			if c := &m.Columns[i]; c.Secret {
				secrets[m.Name] = append(secrets[m.Name], c.Field)
			}
		}
	}
	narrow := *whole
	narrow.Types = maps.Clone(whole.Types)
	for name, model := range typesOf(whole) {
		if fields := secrets[model]; fields != nil {
			narrow.Types[name] = without(whole.Types[name], fields)
		}
	}
	narrow.PossibleTypes, narrow.Implements = current(
		whole.PossibleTypes,
		narrow.Types,
	), current(
		whole.Implements,
		narrow.Types,
	)
	return &narrow
}

// current has the definitions that a schema has now.
func current(lists map[string][]*ast.Definition, types map[string]*ast.Definition) map[string][]*ast.Definition {
	out := make(map[string][]*ast.Definition, len(lists))
	for name, list := range lists {
		for _, def := range list {
			out[name] = append(out[name], types[def.Name])
		}
	}
	return out
}

// typesOf are the models of the types that have a field for each of their columns: the records themselves, and the filters and sort
// keys of all lists of them.
func typesOf(schema *ast.Schema) map[string]string {
	models := map[string]string{}
	for _, def := range schema.Types {
		for _, f := range def.Fields {
			filter, order := f.Arguments.ForName("filter"), f.Arguments.ForName("orderBy")
			if filter == nil || order == nil {
				continue
			}
			model := schema.Types[f.Type.Name()].Fields.ForName("nodes").Type.Name()
			for _, name := range []string{model, filter.Type.Name(), order.Type.Name()} {
				models[name] = model
			}
		}
	}
	return models
}

func without(def *ast.Definition, fields []string) *ast.Definition {
	out := *def
	out.Fields = slices.DeleteFunc(
		slices.Clone(def.Fields),
		func(f *ast.FieldDefinition) bool { return slices.Contains(fields, f.Name) },
	)
	return &out
}
