package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"
)

// view is a @storefront stanza: what storefronts see of a model.
type view struct {
	pos             *ast.Position // of its declaration
	model           *model
	fields          []string
	filter, orderBy []string // nil means all of fields
	where           string   // JSON
	whereValue      *ast.Value
	key             string
	above           string
	keyed, keyedBy  string
	nested          bool
}

func (v *view) filters(field string) bool {
	return v == nil || v.filter == nil || slices.Contains(v.filter, field)
}

func (v *view) orders(field string) bool {
	return v == nil || v.orderBy == nil || slices.Contains(v.orderBy, field)
}

// views reads the @storefront stanzas.
func (r *reader) views() {
	for _, ext := range r.doc.SchemaExtension {
		for _, d := range ext.Directives.ForNames("storefront") {
			a := arguments{r, d}
			m := r.target(d.Position, "storefront", a.text("model"))
			if m == nil {
				continue
			}
			if r.spec.view(m.name) != nil {
				r.fault(d.Position, "storefront: %s has two stanzas", m.name)
				continue
			}
			r.spec.views = append(r.spec.views, &view{
				pos:        d.Position,
				whereValue: a.value("where"),
				model:      m,
				fields:     a.texts("fields"),
				filter:     a.texts("filter"),
				orderBy:    a.texts("orderBy"),
				where:      r.jsonText(d.Position, a.value("where")),
				key:        a.text("key"),
				above:      a.text("above"),
				keyed:      a.text("keyed"),
				keyedBy:    a.text("keyedBy"),
				nested:     a.flag("nested"),
			})
		}
	}
	for _, v := range r.spec.views {
		r.checkView(v.pos, v)
	}
}

func (r *reader) checkView(pos *ast.Position, v *view) {
	for _, field := range v.fields {
		rel := v.model.relation(field)
		switch {
		case rel == nil && (v.model.column(field) == nil || v.model.column(field).field != field):
			r.fault(
				pos,
				"storefront: %s has no field %q%s",
				v.model.name,
				field,
				didYouMean(field, v.model.fieldNames()),
			)
		case rel != nil && r.spec.view(rel.target.name) == nil:
			r.fault(
				pos,
				"storefront: %s.%s leads to %s, which storefronts do not see",
				v.model.name,
				field,
				rel.target.name,
			)
		case rel == nil && v.model.column(field).secret:
			r.fault(pos, "storefront: %s.%s is @secret", v.model.name, field)
		case rel == nil:
			r.checkReference(pos, v, field)
		}
	}
	for _, list := range [][]string{v.filter, v.orderBy} {
		for _, field := range list {
			if !slices.Contains(v.fields, field) {
				r.fault(
					pos,
					"storefront: %s: %q is not among its fields%s",
					v.model.name,
					field,
					didYouMean(field, v.fields),
				)
			}
		}
	}
	if rel := v.model.relation(v.above); v.above != "" &&
		(rel == nil || rel.target != v.model || rel.many || rel.through != nil) {
		r.fault(pos, "storefront: %s: above: %q is not a to-one relation of the model to itself", v.model.name, v.above)
	}
	if c := v.model.column(v.keyed); v.keyed != "" &&
		(c == nil || c.gqlType != "JSON" || v.model.column(v.keyedBy) == nil) {
		r.fault(
			pos,
			"storefront: %s: keyed: %q and %q must be a JSON column of it, and a column",
			v.model.name,
			v.keyed,
			v.keyedBy,
		)
	}
	if rel := v.model.relation(v.key); v.key != "" && (rel == nil || rel.target.name != "ApiKey") {
		r.fault(pos, "storefront: %s: key: %q is not a relation to ApiKey", v.model.name, v.key)
	}
}

// checkWheres reports conditions that are no filters of their models. sources are those that were derived.
func (s *spec) checkWheres(sources []*ast.Source) error {
	doc, err := parser.ParseSchemas(sources...)
	if err != nil {
		return err
	}
	r := &reader{}
	for _, v := range s.views {
		if v.whereValue == nil {
			continue
		}
		c := valueCheck{r.fault, doc.Definitions.ForName, v.pos}
		c.value("storefront: "+v.model.name+": where", ast.NamedType(v.model.name+"Filter", nil), v.whereValue)
	}
	return errors.Join(r.faults...)
}

// checkReference reports a field whose column holds keys of records that storefronts may not see.
func (r *reader) checkReference(pos *ast.Position, v *view, field string) {
	name := v.model.column(field).name
	for _, rel := range v.model.relations {
		if rel.through != nil || rel.many || slices.Contains(v.model.keyColumns(), name) ||
			!slices.Contains(rel.columns, name) {
			continue
		}
		if target := r.spec.view(rel.target.name); target == nil || target.where != "" || target.key != "" ||
			target.above != "" {
			r.fault(
				pos,
				"storefront: %s.%s holds keys of %s, also of those that are not seen; show %q instead",
				v.model.name,
				field,
				rel.target.name,
				rel.field,
			)
		}
	}
}

func (m *model) relation(field string) *relation {
	for _, r := range m.relations {
		if r.field == field {
			return r
		}
	}
	return nil
}

func (m *model) fieldNames() []string {
	var names []string
	for _, c := range m.columns {
		names = append(names, c.field)
	}
	for _, r := range m.relations {
		names = append(names, r.field)
	}
	return names
}

func (s *spec) view(model string) *view {
	for _, v := range s.views {
		if v.model.name == model {
			return v
		}
	}
	return nil
}

// jsonText converts a GraphQL literal to JSON. Enum values become strings, as in variables.
func (r *reader) jsonText(pos *ast.Position, v *ast.Value) string {
	if v == nil || v.Kind == ast.NullValue {
		return ""
	}
	value, err := v.Value(nil)
	if err != nil {
		r.fault(pos, "storefront: where: %v", err)
		return ""
	}
	text, err := json.Marshal(value)
	if err != nil {
		r.fault(pos, "storefront: where: %v", err)
	}
	return string(text)
}

// registerViews writes the views as Go source.
func (s *spec) registerViews(w *code) {
	w.line("// Storefront returns what storefronts see.\nfunc Storefront() []plan.Scope {\n\treturn []plan.Scope{")
	for _, v := range s.views {
		l := &literal{}
		l.text("Model", v.model.name)
		l.texts("Fields", v.fields)
		if v.where != "" {
			l.parts = append(l.parts, "Where: `"+v.where+"`")
		}
		l.text("Key", v.key)
		l.text("Above", v.above)
		l.text("Keyed", v.keyed)
		l.text("KeyedBy", v.keyedBy)
		l.flag("Nested", v.nested)
		w.line("{%s},", l)
	}
	w.line("\t}\n}\n")
	w.line(
		"// StorefrontSchema is the schema that storefronts see.\n//\n//go:embed %s\nvar StorefrontSchema string\n",
		storefrontFile,
	)
}

const storefrontFile = "storefront_gen.graphqls"

// narrow returns the part of the spec that storefronts see.
func (s *spec) narrow() *spec {
	narrow := &spec{enums: s.enums}
	for _, v := range s.views {
		m := *v.model
		m.view, m.columns, m.relations = v, nil, nil
		m.node = m.node && !v.nested
		for _, c := range v.model.columns {
			if slices.Contains(v.fields, c.field) {
				m.columns = append(m.columns, c)
			}
		}
		narrow.models = append(narrow.models, &m)
	}
	for i, v := range s.views {
		for _, r := range v.model.relations {
			if slices.Contains(v.fields, r.field) {
				seen := *r
				seen.target = narrow.model(r.target.name)
				seen.bare = r.row == nil || s.view(r.row.name) == nil
				narrow.models[i].relations = append(narrow.models[i].relations, &seen)
			}
		}
	}
	return narrow
}

// storefrontSchema returns the complete schema of storefronts. declared are the sources with the types that are not
// derived from models.
func (s *spec) storefrontSchema(declared []*ast.Source) (string, error) {
	doc, err := parser.ParseSchemas(declared...)
	if err != nil {
		return "", err
	}
	narrow := s.narrow()
	w := &sdl{}
	w.line(
		"\"What is asked of the shop.\"\ntype Query {\n  \"A record by its id. Null if there is none.\"\n  node(id: ID!): Node\n}\n",
	)
	w.WriteString(narrow.base(doc))
	used := narrow.filtered()
	for _, c := range comparisons {
		if used[c.scalar] {
			narrow.comparison(w, c.scalar, c.ops)
		}
	}
	for _, e := range narrow.enumNames() {
		if used[e] {
			narrow.comparison(w, e, []string{"eq", "ne", "in", "notIn"})
		}
	}
	for _, m := range narrow.models {
		narrow.viewType(w, m)
		narrow.modelTypes(w, m)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: storefrontFile, Input: w.String()})
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	b.WriteString("# Code generated by graph/gen from graph/storefront.graphqls. DO NOT EDIT.\n\n")
	formatter.NewFormatter(&b, formatter.WithIndent("  ")).FormatSchema(schema)
	return b.String(), nil
}

// filtered returns the scalars and enums that storefronts filter by.
func (s *spec) filtered() map[string]bool {
	used := map[string]bool{}
	for _, m := range s.models {
		for _, c := range m.columns {
			used[c.gqlType] = used[c.gqlType] || m.view.filters(c.field)
		}
	}
	return used
}

// base writes the declared types that every schema needs, and the scalars and enums of the columns.
func (s *spec) base(doc *ast.SchemaDocument) string {
	names := []string{"Node", "PageInfo", "OrderDirection"}
	for _, m := range s.models {
		for _, c := range m.columns {
			names = append(names, c.gqlType)
		}
	}
	out := &ast.SchemaDocument{}
	for _, def := range doc.Definitions {
		if slices.Contains(names, def.Name) {
			out.Definitions = append(out.Definitions, def)
		}
	}
	var b bytes.Buffer
	formatter.NewFormatter(&b, formatter.WithIndent("  ")).FormatSchemaDocument(out)
	return b.String() + "\n"
}

// viewType writes the type of a model's records.
func (s *spec) viewType(w *sdl, m *model) {
	w.doc("", m.description)
	implements := ""
	if m.node {
		implements = " implements Node"
	}
	w.line("type %s%s {", m.name, implements)
	for _, c := range m.columns {
		w.doc("  ", c.description)
		w.line("  %s: %s", c.field, c.outputType())
	}
	for _, r := range m.relations {
		if r.declared {
			w.doc("  ", r.description)
			w.line("  %s: %s", r.field, r.target.name)
		}
	}
	w.line("}\n")
}
