package graph

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// coercion checks the values of variables as the specification says (GraphQL, 3.5 and 6.1.2). gqlgen's own check, which
// follows, lets a string stand for a number and a number for a string, and takes enum values in any case.
type coercion struct {
	schema *ast.Schema
	path   ast.Path
}

// variable looks at the value of a variable. What is missing, null or unknown is left to gqlgen's check.
func (c coercion) variable(def *ast.VariableDefinition, v any) *gqlerror.Error {
	c.path = ast.Path{ast.PathName("variable"), ast.PathName(def.Variable)}
	return c.value(def.Type, v)
}

func (c coercion) value(t *ast.Type, v any) *gqlerror.Error {
	if v == nil || t == nil {
		return nil
	}
	if t.Elem != nil {
		list, ok := v.([]any)
		if !ok { // one value stands for a list of one
			return c.value(t.Elem, v)
		}
		for i, item := range list {
			if err := c.below(ast.PathIndex(i)).value(t.Elem, item); err != nil {
				return err
			}
		}
		return nil
	}
	def := c.schema.Types[t.NamedType]
	if def == nil {
		return nil
	}
	switch def.Kind {
	case ast.Scalar:
		return c.scalar(def.Name, v)
	case ast.Enum:
		name, ok := v.(string)
		if !ok || def.EnumValues.ForName(name) == nil {
			return c.fail("%s is not a value of %s", written(v), def.Name)
		}
	case ast.InputObject:
		object, ok := v.(map[string]any)
		if !ok {
			return c.fail("%s cannot represent a value that is no object: %s", def.Name, written(v))
		}
		for _, name := range slices.Sorted(maps.Keys(object)) {
			if field := def.Fields.ForName(name); field != nil {
				if err := c.below(ast.PathName(name)).value(field.Type, object[name]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (c coercion) scalar(name string, v any) *gqlerror.Error {
	number, isNumber := v.(json.Number)
	_, isString := v.(string)
	switch name {
	case "Int":
		if _, err := strconv.ParseInt(string(number), 10, 32); !isNumber || err != nil {
			return c.fail("Int cannot represent a value that is no whole number of 32 bits: %s", written(v))
		}
	case "Float":
		if _, err := number.Float64(); !isNumber || err != nil {
			return c.fail("Float cannot represent a value that is no number: %s", written(v))
		}
	case "String", "DateTime":
		if !isString {
			return c.fail("%s cannot represent a value that is no string: %s", name, written(v))
		}
	case "Decimal":
		if !isString && !isNumber {
			return c.fail("Decimal cannot represent a value that is neither string nor number: %s", written(v))
		}
	case "ID":
		if !isString && (!isNumber || strings.ContainsAny(string(number), ".eE")) {
			return c.fail("ID cannot represent a value that is neither string nor whole number: %s", written(v))
		}
	case "Boolean":
		if _, ok := v.(bool); !ok {
			return c.fail("Boolean cannot represent a value that is no boolean: %s", written(v))
		}
	}
	return nil
}

func (c coercion) below(step ast.PathElement) coercion {
	c.path = append(slices.Clip(c.path), step)
	return c
}

func (c coercion) fail(format string, args ...any) *gqlerror.Error {
	err := gqlerror.ErrorPathf(c.path, format, args...)
	errcode.Set(err, errcode.ValidationFailed)
	return err
}

// written is a value as the client wrote it, shortened.
func written(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "a value"
	}
	return shorten(string(b), mostEcho)
}
