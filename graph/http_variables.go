package graph

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"linkgraph/graph/internal/jsonscan"
	"linkgraph/graph/internal/resolve"
)

// variables are those of a request: read, or as they are written.
type variables struct {
	read    map[string]any
	written []writtenVariable
}

// writtenVariable is a variable whose value is a JSON text, which is well-formed.
type writtenVariable struct{ name, text string }

// plainRequest reads a request in one pass. It takes what is well-formed and names nothing twice; the rest is for parseObject.
func plainRequest(text string) (*request, bool) {
	s := jsonscan.New(text)
	req := &request{}
	seen := map[string]bool{}
	ok := s.Object(func(name string) bool {
		if seen[name] {
			return false
		}
		seen[name] = true
		optional := s.Kind() == 'n'
		switch name {
		case "query":
			req.hasQuery = true
			return plainText(s, &req.query)
		case "documentId":
			return optional && skip(s) || plainText(s, &req.documentID)
		case "operationName":
			return optional && skip(s) || plainText(s, &req.operationName)
		case "variables":
			return optional && skip(s) || plainVariables(s, &req.variables)
		case "extensions":
			text, ok := s.Raw()
			if !ok || len(repeated([]byte(text))) > 0 {
				return false
			}
			v, ok := jsonscan.New(text).Value()
			req.extensions, _ = v.(map[string]any)
			return ok && (optional || req.extensions != nil)
		}
		return skip(s)
	})
	return req, ok && s.End()
}

func skip(s *jsonscan.Scanner) bool {
	_, ok := s.Raw()
	return ok
}

// plainText reads a string. It is kept longer than the request, so it has memory of its own.
func plainText(s *jsonscan.Scanner, into *string) bool {
	if s.Kind() != '"' {
		return false
	}
	text, ok := s.Text()
	*into = strings.Clone(text)
	return ok
}

func plainVariables(s *jsonscan.Scanner, into *variables) bool {
	seen := map[string]bool{}
	return s.Object(func(name string) bool {
		if seen[name] {
			return false
		}
		seen[name] = true
		text, ok := s.Raw()
		into.written = append(into.written, writtenVariable{name, text})
		return ok
	})
}

// text returns how a variable is written.
func (v *variables) text(name string) (text string, given bool) {
	for _, w := range v.written {
		if w.name == name {
			return w.text, true
		}
	}
	return "", false
}

// value returns the value of a variable.
func (v *variables) value(name string) (value any, given bool) {
	text, given := v.text(name)
	if !given {
		value, given = v.read[name]
		return value, given
	}
	value, _ = jsonscan.New(text).Value() // it was scanned before
	return value, true
}

// inputs reads and checks the variables of operations.
type inputs struct {
	schema *ast.Schema
	links  *resolve.LinkInputs // nil if lists of links are read as all else is
}

// checkedVariables are the values of an operation's variables.
type checkedVariables struct {
	// values are those that gqlgen's check is to see.
	values map[string]any
	// kept are those that it would return as they are. For each there is a stand-in among the values: it would take that check long
	// to walk through large ones.
	kept map[string]any
}

// read reads what is given of an operation's variables.
func (in *inputs) read(op *ast.OperationDefinition, vars *variables) (checkedVariables, *gqlerror.Error) {
	c := checkedVariables{values: map[string]any{}}
	check := coercion{schema: in.schema}
	for _, def := range op.VariableDefinitions {
		if list, ok := in.readLinks(def, vars); ok {
			c.keep(def.Variable, list, []any{})
			continue
		}
		v, given := vars.value(def.Variable)
		if !given {
			continue
		}
		stands := check.composite(def.Type) && check.plain(def.Type, v)
		if stands {
			c.keep(def.Variable, v, standIn(v))
			continue
		}
		c.values[def.Variable] = v
		if err := check.variable(def, v); err != nil {
			return c, err
		}
	}
	return c, nil
}

func (c *checkedVariables) keep(name string, v, standIn any) {
	if c.kept == nil {
		c.kept = map[string]any{}
	}
	c.kept[name], c.values[name] = v, standIn
}

// readLinks reads a list of links, if that is what the variable is and if they are written as most are.
func (in *inputs) readLinks(def *ast.VariableDefinition, vars *variables) (resolve.Links, bool) {
	if !in.links.Takes(def.Type) {
		return resolve.Links{}, false
	}
	text, given := vars.text(def.Variable)
	if !given {
		return resolve.Links{}, false
	}
	return in.links.Read(text)
}

// composite reports whether values of a type are lists or objects.
func (c coercion) composite(t *ast.Type) bool {
	if t.Elem != nil {
		return true
	}
	def := c.schema.Types[t.NamedType]
	return def != nil && def.Kind == ast.InputObject
}

// plain reports whether a value has the form that the specification gives to the values of a type, so that it is neither refused nor
// changed by coercion: nothing is missing, unknown or null where it must not be, and no value stands for a list of one.
func (c coercion) plain(t *ast.Type, v any) bool {
	if v == nil {
		return !t.NonNull
	}
	if t.Elem != nil {
		list, ok := v.([]any)
		return ok && !slices.ContainsFunc(list, func(item any) bool { return !c.plain(t.Elem, item) })
	}
	def := c.schema.Types[t.NamedType]
	if def == nil {
		return false
	}
	switch def.Kind {
	case ast.Scalar:
		return c.scalar(def.Name, v) == nil
	case ast.Enum:
		name, ok := v.(string)
		return ok && def.EnumValues.ForName(name) != nil
	case ast.InputObject:
		return c.plainObject(def, v)
	}
	return false
}

func (c coercion) plainObject(def *ast.Definition, v any) bool {
	object, ok := v.(map[string]any)
	if !ok {
		return false
	}
	known := 0
	for _, field := range def.Fields {
		item, given := object[field.Name]
		switch {
		case given:
			known++
			if !c.plain(field.Type, item) {
				return false
			}
		case field.Type.NonNull:
			return false
		}
	}
	return known == len(object)
}

// standIn is a value without the items of its lists.
func standIn(v any) any {
	switch v := v.(type) {
	case []any:
		return []any{}
	case map[string]any:
		short := make(map[string]any, len(v))
		for name, item := range v {
			short[name] = standIn(item)
		}
		return short
	}
	return v
}
