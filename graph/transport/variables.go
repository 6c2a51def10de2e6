package transport

import (
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/linkgraph/linkgraph/graph/internal/jsonread"
)

// variables holds the variables of a request as well-formed JSON.
type variables map[string]jsontext.Value

// read decodes the object of variables.
func (v *variables) read(d *jsontext.Decoder) error {
	*v = variables{}
	return jsonread.Object(d, func(name []byte) error {
		key := string(name)
		if _, given := (*v)[key]; given {
			return repeatedError(key)
		}
		value, err := d.ReadValue()
		(*v)[key] = value.Clone()
		return err
	})
}

// inputs decodes and checks the variables of operations.
type inputs struct {
	schema *ast.Schema
	// readText is Config.Read.
	readText func(t *ast.Type, text []byte) (v any, ok bool)
	// shy keeps names of the schema out of errors.
	shy bool
}

// read decodes and checks the variables of an operation (GraphQL, 6.1.2). gqlgen does not check them: see document.
func (in *inputs) read(defs ast.VariableDefinitionList, given variables) (map[string]any, *gqlerror.Error) {
	values := make(map[string]any, len(defs))
	for _, def := range defs {
		written, isGiven := given[def.Variable]
		if !isGiven {
			switch {
			case def.DefaultValue != nil:
				v, err := def.DefaultValue.Value(nil)
				if err != nil {
					return nil, invalidVariable(def, err)
				}
				values[def.Variable] = v
			case def.Type.NonNull:
				return nil, coercion{path: variablePath(def)}.fail("must be defined")
			}
			continue
		}
		if in.readText != nil {
			if v, ok := in.readText(def.Type, written); ok {
				values[def.Variable] = v
				continue
			}
		}
		v, err := jsonread.Value(jsonread.New(written))
		if err != nil {
			return nil, invalidVariable(def, err)
		}
		c := coercion{schema: in.schema, path: variablePath(def), shy: in.shy}
		var fault *gqlerror.Error
		if values[def.Variable], fault = c.value(def.Type, v); fault != nil {
			return nil, fault
		}
	}
	return values, nil
}

func variablePath(def *ast.VariableDefinition) ast.Path {
	return ast.Path{ast.PathName("variable"), ast.PathName(def.Variable)}
}

func invalidVariable(def *ast.VariableDefinition, err error) *gqlerror.Error {
	fault := gqlerror.WrapPath(variablePath(def), err)
	errcode.Set(fault, errcode.ValidationFailed)
	return fault
}
