package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/linkgraph/linkgraph/internal/naming"
	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// maxNameBytes is Postgres's limit for the length of an identifier.
const maxNameBytes = 63

// reader turns declarations into a spec. It collects all faults rather than stopping at the first.
type reader struct {
	doc    *ast.SchemaDocument
	spec   *spec
	faults []error
	defs   map[string]*ast.Definition // by model name
}

// read reads the declared models and links. The error lists every fault with its position. Sources are parsed but not
// validated, because they refer to types that are yet to be generated.
func read(sources []*ast.Source) (*spec, error) {
	doc, err := parser.ParseSchemas(sources...)
	if err != nil {
		return nil, err
	}
	r := &reader{doc: doc, spec: &spec{enums: map[string][]string{}}, defs: map[string]*ast.Definition{}}
	for _, def := range doc.Definitions {
		if def.Kind == ast.Enum {
			for _, v := range def.EnumValues {
				r.spec.enums[def.Name] = append(r.spec.enums[def.Name], strings.ToLower(v.Name))
			}
		}
	}
	r.checkDirectives()
	if r.faults != nil { // what follows would report their consequences
		return nil, errors.Join(r.faults...)
	}
	r.models()
	r.relations()
	r.links()
	r.views()
	r.checkFields()
	return r.spec, errors.Join(r.faults...)
}

func (r *reader) fault(pos *ast.Position, format string, args ...any) {
	err := fmt.Errorf(format, args...)
	if pos != nil && pos.Src != nil {
		err = fmt.Errorf("%s:%d: %w", pos.Src.Name, pos.Line, err)
	}
	r.faults = append(r.faults, err)
}

// arguments are the arguments of a directive, with the defaults of its definition.
type arguments struct {
	r *reader
	d *ast.Directive
}

func (a arguments) value(name string) *ast.Value {
	if arg := a.d.Arguments.ForName(name); arg != nil {
		return arg.Value
	}
	if def := a.r.doc.Directives.ForName(a.d.Name); def != nil {
		if arg := def.Arguments.ForName(name); arg != nil {
			return arg.DefaultValue
		}
	}
	return nil
}

func (a arguments) text(name string) string {
	if v := a.value(name); v != nil && v.Kind != ast.NullValue {
		return v.Raw
	}
	return ""
}

// texts reads a list of strings. As in GraphQL, a single value is a list of one.
func (a arguments) texts(name string) []string { return texts(a.value(name)) }

func texts(v *ast.Value) []string {
	switch {
	case v == nil || v.Kind == ast.NullValue:
		return nil
	case v.Kind != ast.ListValue:
		return []string{v.Raw}
	}
	var all []string
	for _, child := range v.Children {
		all = append(all, child.Value.Raw)
	}
	return all
}

func (a arguments) flag(name string) bool { return a.text(name) == "true" }

func (r *reader) models() {
	for _, def := range r.doc.Definitions {
		d := def.Directives.ForName("model")
		if d == nil || def.Kind != ast.Object {
			continue
		}
		a := arguments{r, d}
		m := &model{
			name:   def.Name,
			plural: a.text("plural"),
			module: a.text("module"),
			schema: a.text("schema"),
			table:  a.text("table"),
			idPrefix: a.text(
				"idPrefix",
			),
			key:         a.text("key"),
			primary:     a.text("primaryKey"),
			description: def.Description,
			readOnly:    a.flag("readOnly"),
		}
		r.checkName(d.Position, "model "+m.name, "the plural", m.plural)
		r.checkSnakeName(d.Position, "model "+m.name, "module", m.module)
		r.checkSnakeName(d.Position, "model "+m.name, "key", m.key)
		if m.plural == "" {
			m.plural = naming.Plural(naming.Camel(m.name))
		}
		for _, f := range def.Fields {
			if f.Directives.ForName("belongsTo") == nil {
				r.column(m, f)
			}
		}
		m.softDelete = m.column("deletedAt") != nil
		if m.primaryColumn() == nil {
			r.fault(
				d.Position,
				"model %s has no field %q for its primary key%s",
				m.name,
				m.primary,
				didYouMean(m.primary, m.fieldNames()),
			)
			continue
		}
		m.node = m.isNode()
		for _, c := range m.columns {
			c.parts = r.columns(def.Position, m.name+"."+c.field, m, c.parts)
		}
		if !slices.Contains(r.spec.modules, m.module) {
			r.spec.modules = append(r.spec.modules, m.module)
		}
		r.spec.models = append(r.spec.models, m)
		r.defs[m.name] = def
	}
}

var scalarTypes = map[string]recordstore.Type{
	"ID":       recordstore.Text,
	"String":   recordstore.Text,
	"Int":      recordstore.Integer,
	"Float":    recordstore.Float,
	"Decimal":  recordstore.Decimal,
	"Boolean":  recordstore.Boolean,
	"DateTime": recordstore.Time,
	"JSON":     recordstore.JSON,
}

// storeColumns are the fields of columns that the record store maintains.
var storeColumns = []string{"createdAt", "updatedAt", "deletedAt"}

func (r *reader) column(m *model, f *ast.FieldDefinition) {
	if f.Type.Elem != nil {
		r.fault(
			f.Position,
			"%s.%s: a column holds one value; a list of records comes from @belongsTo(inverse:) or @manyToMany",
			m.name,
			f.Name,
		)
		return
	}
	c := &column{
		pos:         f.Position,
		field:       f.Name,
		name:        naming.Snake(f.Name),
		gqlType:     f.Type.NamedType,
		notNull:     f.Type.NonNull,
		description: f.Description,
		readOnly:    f.Directives.ForName("readOnly") != nil || slices.Contains(storeColumns, f.Name),
		secret:      f.Directives.ForName("secret") != nil,
		unique:      f.Directives.ForName("unique") != nil,
	}
	var ok bool
	if c.typ, ok = scalarTypes[c.gqlType]; !ok {
		if c.enum, ok = r.spec.enums[c.gqlType]; !ok {
			r.fault(
				f.Position,
				"%s.%s: type %s is not a column type; the choices are the scalars, an enum, or a model with @belongsTo",
				m.name,
				f.Name,
				c.gqlType,
			)
			return
		}
		c.typ = recordstore.Enum
	}
	if d := f.Directives.ForName("column"); d != nil {
		a := arguments{r, d}
		if name := a.text("name"); name != "" {
			c.name = name
		}
		c.sqlType, c.raw = a.text("type"), a.text("raw")
	}
	if d := f.Directives.ForName("composite"); d != nil {
		c.parts, c.readOnly = arguments{r, d}.texts("of"), true
	}
	if d := f.Directives.ForName("default"); d != nil {
		c.hasDefault, c.defaultText = true, arguments{r, d}.text("value")
		r.checkDefault(d.Position, m.name+"."+f.Name, c)
	}
	if d := f.Directives.ForName("slug"); d != nil {
		c.slugOf = naming.Snake(arguments{r, d}.text("of"))
	}
	r.valueRules(m, f, c)
	if slices.Contains([]string{"createdAt", "updatedAt"}, f.Name) {
		c.hasDefault = true
	}
	if slices.Contains(storeColumns, f.Name) && c.name != naming.Snake(f.Name) {
		r.fault(
			f.Position,
			"%s.%s: the store keeps %s under that name alone; declare %q as a field of another name",
			m.name,
			f.Name,
			naming.Snake(f.Name),
			c.name,
		)
	}
	if len(c.name) > maxNameBytes {
		r.fault(f.Position, "%s.%s: column name is longer than %d bytes", m.name, f.Name, maxNameBytes)
	}
	m.columns = append(m.columns, c)
}

func (r *reader) target(pos *ast.Position, where, name string) *model {
	if m := r.spec.model(name); m != nil {
		return m
	}
	var names []string
	for _, m := range r.spec.models {
		names = append(names, m.name)
	}
	r.fault(pos, "%s: %q is not a model%s", where, name, didYouMean(name, names))
	return nil
}

func (r *reader) relations() {
	for _, m := range r.spec.models {
		def := r.defs[m.name]
		for _, f := range def.Fields {
			if d := f.Directives.ForName("belongsTo"); d != nil {
				r.belongsTo(m, f, arguments{r, d})
			}
		}
		for _, d := range def.Directives.ForNames("manyToMany") {
			r.manyToMany(m, d.Position, arguments{r, d})
		}
		for _, d := range def.Directives.ForNames("related") {
			r.related(m, d.Position, arguments{r, d})
		}
	}
}

func (r *reader) belongsTo(m *model, f *ast.FieldDefinition, a arguments) {
	where := m.name + "." + f.Name
	target := r.target(f.Position, where, f.Type.Name())
	if target == nil {
		return
	}
	if target.module != m.module {
		r.fault(
			f.Position,
			"%s: %s belongs to module %s; modules do not know each other, so declare a link in schema.graphqls",
			where,
			target.name,
			target.module,
		)
	}
	columns := r.columns(f.Position, where, m, a.texts("column"))
	if columns == nil {
		return
	}
	if len(columns) != len(target.keyColumns()) {
		r.fault(f.Position, "%s: the key of %s has %d columns", where, target.name, len(target.keyColumns()))
		return
	}
	if f.Type.NonNull {
		r.fault(f.Position, "%s: a relation is nullable, because its target can be deleted", where)
	}
	m.relations = append(m.relations, &relation{
		pos: f.Position, field: f.Name, target: target, columns: columns, targetColumns: target.keyColumns(),
		cascade: a.flag("cascadeTarget"), declared: true, description: f.Description,
	})
	inverse := relation{
		pos: f.Position,
		field: a.text(
			"inverse",
		),
		target:        m,
		many:          !a.flag("inverseOne"),
		columns:       target.keyColumns(),
		targetColumns: columns,
		cascade:       a.flag("cascade"),
		description:   fmt.Sprintf("%s that belong to this %s.", naming.Pascal(m.plural), target.name),
	}
	if current := a.text("current"); current != "" {
		r.current(f.Position, where, target, &inverse, current, a.text("inverseAll"))
	}
	if inverse.field != "" {
		target.relations = append(target.relations, &inverse)
	}
}

// current restricts an inverse relation to the records of the owner's current version, and adds a relation to those
// of all versions.
func (r *reader) current(pos *ast.Position, where string, owner *model, inverse *relation, current, allField string) {
	far := r.columns(pos, where, inverse.target, []string{current})
	near := r.columns(pos, where, owner, []string{current})
	if far == nil || near == nil {
		return
	}
	if allField != "" {
		all := *inverse
		all.field, all.many = allField, true
		all.description = fmt.Sprintf(
			"%s of every %s of this %s.",
			naming.Pascal(inverse.target.plural),
			current,
			owner.name,
		)
		owner.relations = append(owner.relations, &all)
		inverse.cascade = false // allField cascades instead: records of all versions are deleted with the owner
	}
	inverse.columns, inverse.targetColumns = append(
		slices.Clone(inverse.columns),
		near...), append(
		slices.Clone(inverse.targetColumns),
		far...)
	inverse.description = fmt.Sprintf(
		"%s of the current %s of this %s.",
		naming.Pascal(inverse.target.plural),
		current,
		owner.name,
	)
	if !inverse.many {
		inverse.description = fmt.Sprintf(
			"The %s of the current %s of this %s.",
			inverse.target.name,
			current,
			owner.name,
		)
	}
}

// columns returns the column names for a list of fields or column names of a model.
func (r *reader) columns(pos *ast.Position, where string, m *model, fields []string) []string {
	var names []string
	for _, field := range fields {
		c := m.column(field)
		if c == nil {
			r.fault(pos, "%s: %q is not a column of %s%s", where, field, m.name, didYouMean(field, m.columnNames()))
			return nil
		}
		names = append(names, c.name)
	}
	return names
}

func (r *reader) manyToMany(m *model, pos *ast.Position, a arguments) {
	field := a.text("field")
	target := r.target(pos, m.name+"."+field, a.text("model"))
	if target == nil {
		return
	}
	if target.module != m.module {
		r.fault(
			pos,
			"%s.%s: %s belongs to module %s; declare a link in schema.graphqls",
			m.name,
			field,
			target.name,
			target.module,
		)
	}
	prefix := a.text("idPrefix")
	t := &through{
		schema: a.text(
			"schema",
		),
		table:         a.text("table"),
		columns:       a.texts("column"),
		targetColumns: a.texts("targetColumn"),
		idPrefix:      prefix,
		softDelete:    prefix != "",
	}
	if len(t.columns) != len(m.keyColumns()) || len(t.targetColumns) != len(target.keyColumns()) {
		r.fault(
			pos,
			"%s.%s: the keys of %s and %s have %d and %d columns",
			m.name,
			field,
			m.name,
			target.name,
			len(m.keyColumns()),
			len(target.keyColumns()),
		)
	}
	rel := &relation{
		pos:           pos,
		field:         field,
		target:        target,
		many:          true,
		columns:       m.keyColumns(),
		targetColumns: target.keyColumns(),
		through:       t,
		settable:      naming.Singular(field) + "Ids",
		description:   fmt.Sprintf("%s of this %s.", naming.Pascal(field), m.name),
	}
	m.relations = append(m.relations, rel)
	if current := a.text("current"); current != "" {
		names := r.columns(pos, m.name+"."+field, m, []string{current})
		rel.columns, t.columns = append(slices.Clone(rel.columns), names...), append(slices.Clone(t.columns), names...)
		rel.settable = ""
		rel.description = fmt.Sprintf("%s of this %s, of its current %s.", naming.Pascal(field), m.name, current)
		return
	}
	if inverse := a.text("inverse"); inverse != "" {
		back := *t
		back.columns, back.targetColumns = t.targetColumns, t.columns
		target.relations = append(target.relations, &relation{
			pos:           pos,
			field:         inverse,
			target:        m,
			many:          true,
			columns:       target.keyColumns(),
			targetColumns: m.keyColumns(),
			through:       &back,
			description:   fmt.Sprintf("%s that have this %s.", naming.Pascal(m.plural), target.name),
		})
	}
}

func (r *reader) related(m *model, pos *ast.Position, a arguments) {
	where := m.name + "." + a.text("field")
	target := r.target(pos, where, a.text("model"))
	if target == nil {
		return
	}
	if target.module != m.module {
		r.fault(
			pos,
			"%s: %s belongs to module %s; declare a link in schema.graphqls",
			where,
			target.name,
			target.module,
		)
	}
	near, far := r.columns(pos, where, m, a.texts("column")), r.columns(pos, where, target, a.texts("targetColumn"))
	if len(near) != len(far) {
		r.fault(pos, "%s: %d columns are compared with %d", where, len(near), len(far))
	}
	m.relations = append(m.relations, &relation{
		pos:           pos,
		field:         a.text("field"),
		target:        target,
		many:          true,
		columns:       near,
		targetColumns: far,
		description: fmt.Sprintf(
			"%s with the %s of this %s.",
			naming.Pascal(target.plural),
			strings.Join(near, " and "),
			m.name,
		),
	})
}

// checkFields reports fields that two declarations define, and names that no field can have.
func (r *reader) checkFields() {
	for _, m := range r.spec.models {
		r.checkSecrets(m)
		type claim struct {
			by  string
			pos *ast.Position
		}
		seen := map[string]claim{}
		take := func(field, by string, pos *ast.Position) {
			if first, ok := seen[field]; ok {
				at := ""
				if first.pos != nil && first.pos.Src != nil {
					at = fmt.Sprintf(" (%s:%d)", first.pos.Src.Name, first.pos.Line)
				}
				r.fault(pos, "%s.%s is declared twice: by %s%s and by %s", m.name, field, first.by, at, by)
			}
			seen[field] = claim{by, pos}
		}
		for _, name := range []string{"and", "or", "not", "isNull", "link"} {
			take(name, "the filters", nil)
		}
		if m.link != nil {
			for _, name := range []string{"name", "left", "right"} {
				take(name, "every link", nil)
			}
		}
		for _, c := range m.columns {
			r.checkName(c.pos, m.name, "the column", c.field)
			take(c.field, "a column", c.pos)
		}
		for _, rel := range m.relations {
			r.checkName(rel.pos, m.name, "the relation", rel.field)
			take(rel.field, rel.what(), rel.pos)
		}
	}
}

// what names a relation in messages.
func (r *relation) what() string {
	if r.row != nil {
		return "the link " + r.row.link.name
	}
	return "a relation to " + r.target.name
}

// checkSecrets reports secret fields whose value another part of the API would reveal.
func (r *reader) checkSecrets(m *model) {
	for _, c := range m.columns {
		if !c.secret {
			continue
		}
		if slices.Contains(m.keyColumns(), c.name) || c.parts != nil {
			r.fault(nil, "%s.%s: a key cannot be @secret: records are known by it", m.name, c.field)
		}
		for _, rel := range m.relations {
			if slices.Contains(rel.columns, c.name) {
				r.fault(nil, "%s.%s: %s follows it, so it cannot be @secret", m.name, c.field, rel.field)
			}
		}
	}
}
