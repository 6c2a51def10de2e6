package graph

import (
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// readerSchema returns the schema of read-only admins: the whole schema without the @secret columns. A column that is
// not in the schema cannot be selected, filtered or sorted by, so no other code has to check for secrets.
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
	narrow.PossibleTypes = current(whole.PossibleTypes, narrow.Types)
	narrow.Implements = current(whole.Implements, narrow.Types)
	return &narrow
}

// current replaces the definitions in lists by those of types with the same names.
func current(lists map[string][]*ast.Definition, types map[string]*ast.Definition) map[string][]*ast.Definition {
	out := make(map[string][]*ast.Definition, len(lists))
	for name, list := range lists {
		for _, def := range list {
			out[name] = append(out[name], types[def.Name])
		}
	}
	return out
}

// typesOf returns the model of each type that has a field for each column of a model: the record types, their filters
// and their sort keys.
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
