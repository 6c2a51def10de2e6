package transport

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// coercion coerces the values of variables as the specification says (GraphQL, 3.5 to 3.12). gqlparser is too
// lenient: it takes a string for a number, a number for a string, and enum values in any case.
type coercion struct {
	schema *ast.Schema
	path   ast.Path // of the value
	shy    bool
}

// value returns the value coerced to a type. Lists and objects are changed in place.
func (c coercion) value(t *ast.Type, v any) (any, *gqlerror.Error) {
	if v == nil {
		if t.NonNull {
			return nil, c.fail("cannot be null")
		}
		return nil, nil
	}
	if t.Elem != nil {
		return c.list(t.Elem, v)
	}
	def := c.schema.Types[t.NamedType]
	switch def.Kind {
	case ast.Scalar:
		return v, c.scalar(def.Name, v)
	case ast.Enum:
		if name, ok := v.(string); !ok || def.EnumValues.ForName(name) == nil {
			return nil, c.fail("%s is not a value of %s", written(v), def.Name)
		}
		return v, nil
	default:
		return v, c.object(def, v)
	}
}

// list coerces the items of a list. A single value becomes a list of one.
func (c coercion) list(of *ast.Type, v any) (any, *gqlerror.Error) {
	list, ok := v.([]any)
	if !ok {
		one, err := c.value(of, v)
		return []any{one}, err
	}
	for i, item := range list {
		var err *gqlerror.Error
		if list[i], err = c.below(ast.PathIndex(i)).value(of, item); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (c coercion) object(def *ast.Definition, v any) *gqlerror.Error {
	object, ok := v.(map[string]any)
	if !ok {
		return c.fail("%s cannot represent a value that is no object: %s", def.Name, written(v))
	}
	known := 0
	for _, field := range def.Fields {
		item, given := object[field.Name]
		if !given {
			if field.Type.NonNull && field.DefaultValue == nil {
				return c.below(ast.PathName(field.Name)).fail("must be defined")
			}
			continue
		}
		known++
		var err *gqlerror.Error
		if object[field.Name], err = c.below(ast.PathName(field.Name)).value(field.Type, item); err != nil {
			return err
		}
	}
	if known == len(object) {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if def.Fields.ForName(name) == nil && name != "__typename" { // some clients send it along
			return c.below(ast.PathName(name)).unknown(def, name)
		}
	}
	return nil
}

// unknown returns the error of an unknown field, with the fields that the type has.
func (c coercion) unknown(def *ast.Definition, name string) *gqlerror.Error {
	message := fmt.Sprintf("%s has no field %s", def.Name, shorten(name, mostEcho))
	if !c.shy {
		fields := make([]string, len(def.Fields))
		for i, f := range def.Fields {
			fields[i] = f.Name
		}
		slices.Sort(fields)
		message += "; the fields are " + strings.Join(fields, ", ")
	}
	err := gqlerror.ErrorPathf(c.path, "%s", message)
	errcode.Set(err, errcode.ValidationFailed)
	return err
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

// fail returns an error about the value.
func (c coercion) fail(format string, args ...any) *gqlerror.Error {
	err := gqlerror.ErrorPathf(c.path, "variable %s: %s", c.path[1:].String(), fmt.Sprintf(format, args...))
	errcode.Set(err, errcode.ValidationFailed)
	return err
}

// written returns a value as JSON, shortened for messages.
func written(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "a value"
	}
	return shorten(string(b), mostEcho)
}
