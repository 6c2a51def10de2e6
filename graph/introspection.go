package graph

import (
	"context"
	"io"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/introspection"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/linkgraph/linkgraph/graph/internal/answer"
	"github.com/linkgraph/linkgraph/graph/transport"
)

// introspector writes what is asked of the schema. It answers as the generated code does, which resolves each field of each
// type by itself: two million allocations for the whole schema.
type introspector struct{ schema *ast.Schema }

var _ interface {
	graphql.RootFieldInterceptor
	graphql.HandlerExtension
} = introspector{}

// ExtensionName names the extension.
func (introspector) ExtensionName() string { return "introspector" }

// Validate has nothing to check of the schema.
func (introspector) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptRootField answers the fields __schema and __type.
func (i introspector) InterceptRootField(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
	field := graphql.GetRootFieldContext(ctx).Field
	if field.Name != "__schema" && field.Name != "__type" {
		return next(ctx)
	}
	value, err := answer.WriteNow(
		ctx,
		func(to *answer.Output) error { return i.write(graphql.GetOperationContext(ctx), field, to) },
	)
	if err != nil {
		graphql.AddError(ctx, err)
	}
	return value
}

// write writes the value of a field __schema or __type.
func (i introspector) write(op *graphql.OperationContext, field graphql.CollectedField, to *answer.Output) error {
	if op.DisableIntrospection {
		return &gqlerror.Error{
			Message: "introspection is off for these credentials", Path: ast.Path{ast.PathName(field.Alias)},
			Extensions: map[string]any{"code": transport.CodeForbidden},
		}
	}
	w := &schemaWriter{Output: to, op: op, selected: map[*ast.Selection][]selectedField{}}
	if field.Name == "__schema" {
		w.value(introspection.WrapSchema(i.schema), field.Selections)
	} else {
		name, _ := field.ArgumentMap(op.Variables)["name"].(string)
		w.value(introspection.WrapTypeFromDef(i.schema, i.schema.Types[name]), field.Selections)
	}
	return w.err
}

// schemaWriter writes the objects of one field. After an error it writes nothing more.
type schemaWriter struct {
	*answer.Output
	err error
	op  *graphql.OperationContext
	// selected are the fields of each selection set, by its first selection: thousands of objects share a few sets.
	selected map[*ast.Selection][]selectedField
}

// text writes a piece of JSON.
func (w *schemaWriter) text(s string) { _, _ = io.WriteString(w, s) }

type selectedField struct {
	graphql.CollectedField
	deprecated bool // those are wanted too
}

func (w *schemaWriter) fields(set ast.SelectionSet, typeName string) []selectedField {
	fields, ok := w.selected[&set[0]]
	if ok {
		return fields
	}
	for _, f := range graphql.CollectFields(w.op, set, []string{typeName}) {
		deprecated, _ := f.ArgumentMap(w.op.Variables)["includeDeprecated"].(bool)
		fields = append(fields, selectedField{f, deprecated})
	}
	w.selected[&set[0]] = fields
	return fields
}

// value writes a scalar, an object of the package introspection, or a list.
func (w *schemaWriter) value(v any, set ast.SelectionSet) {
	if w.err != nil {
		return
	}
	if w.err = w.Check(); w.err != nil {
		return
	}
	switch v := v.(type) {
	case string:
		graphql.MarshalString(v).MarshalGQL(w)
	case *string:
		if v == nil {
			w.text("null")
			return
		}
		graphql.MarshalString(*v).MarshalGQL(w)
	case bool:
		graphql.MarshalBoolean(v).MarshalGQL(w)
	case []string:
		list(w, v, set)
	case []introspection.Type:
		pointers(w, v, set)
	case []introspection.Field:
		pointers(w, v, set)
	case []introspection.InputValue:
		pointers(w, v, set)
	case []introspection.EnumValue:
		pointers(w, v, set)
	case []introspection.Directive:
		pointers(w, v, set)
	case *introspection.Type:
		if v == nil {
			w.text("null")
			return
		}
		w.object("__Type", set, func(f selectedField) any { return typeField(v, f) })
	case *introspection.Schema:
		w.object("__Schema", set, func(f selectedField) any { return schemaField(v, f.Name) })
	case *introspection.Field:
		w.object("__Field", set, func(f selectedField) any { return fieldField(v, f) })
	case *introspection.InputValue:
		w.object("__InputValue", set, func(f selectedField) any { return inputField(v, f.Name) })
	case *introspection.EnumValue:
		w.object("__EnumValue", set, func(f selectedField) any { return enumField(v, f.Name) })
	case *introspection.Directive:
		w.object("__Directive", set, func(f selectedField) any { return directiveField(v, f) })
	default:
		w.text("null")
	}
}

func (w *schemaWriter) object(typeName string, set ast.SelectionSet, get func(selectedField) any) {
	w.text("{")
	for i, f := range w.fields(set, typeName) {
		if i > 0 {
			w.text(",")
		}
		graphql.MarshalString(f.Alias).MarshalGQL(w)
		w.text(":")
		if f.Name == "__typename" {
			graphql.MarshalString(typeName).MarshalGQL(w)
			continue
		}
		w.value(get(f), f.Selections)
	}
	w.text("}")
}

// list writes a list; one that is nil is null.
func list[T any](w *schemaWriter, values []T, set ast.SelectionSet) {
	if values == nil {
		w.text("null")
		return
	}
	w.text("[")
	for i := range values {
		if w.err != nil {
			return
		}
		if i > 0 {
			w.text(",")
		}
		w.value(values[i], set)
	}
	w.text("]")
}

func pointers[T any](w *schemaWriter, values []T, set ast.SelectionSet) {
	var all []*T
	if values != nil {
		all = make([]*T, len(values))
	}
	for i := range values {
		all[i] = &values[i]
	}
	list(w, all, set)
}

func schemaField(s *introspection.Schema, name string) any {
	switch name {
	case "description":
		return s.Description()
	case "types":
		return s.Types()
	case "queryType":
		return s.QueryType()
	case "mutationType":
		return s.MutationType()
	case "subscriptionType":
		return s.SubscriptionType()
	default: // directives
		return s.Directives()
	}
}

func typeField(t *introspection.Type, f selectedField) any {
	switch f.Name {
	case "kind":
		return t.Kind()
	case "name":
		return t.Name()
	case "description":
		return t.Description()
	case "specifiedByURL":
		return t.SpecifiedByURL()
	case "isOneOf":
		return t.IsOneOf()
	case "fields":
		return t.Fields(f.deprecated)
	case "interfaces":
		return t.Interfaces()
	case "possibleTypes":
		return t.PossibleTypes()
	case "enumValues":
		return t.EnumValues(f.deprecated)
	case "inputFields":
		return t.VisibleInputFields(f.deprecated)
	default: // ofType
		return t.OfType()
	}
}

func fieldField(v *introspection.Field, f selectedField) any {
	switch f.Name {
	case "name":
		return v.Name
	case "description":
		return v.Description()
	case "args":
		return v.VisibleArgs(f.deprecated)
	case "type":
		return v.Type
	case "isDeprecated":
		return v.IsDeprecated()
	default: // deprecationReason
		return v.DeprecationReason()
	}
}

func inputField(v *introspection.InputValue, name string) any {
	switch name {
	case "name":
		return v.Name
	case "description":
		return v.Description()
	case "type":
		return v.Type
	case "defaultValue":
		return v.DefaultValue
	case "isDeprecated":
		return v.IsDeprecated()
	default: // deprecationReason
		return v.DeprecationReason()
	}
}

func enumField(v *introspection.EnumValue, name string) any {
	switch name {
	case "name":
		return v.Name
	case "description":
		return v.Description()
	case "isDeprecated":
		return v.IsDeprecated()
	default: // deprecationReason
		return v.DeprecationReason()
	}
}

func directiveField(v *introspection.Directive, f selectedField) any {
	switch f.Name {
	case "name":
		return v.Name
	case "description":
		return v.Description()
	case "isRepeatable":
		return v.IsRepeatable
	case "locations":
		return v.Locations
	default: // args
		return v.VisibleArgs(f.deprecated)
	}
}
