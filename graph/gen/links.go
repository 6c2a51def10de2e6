package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/linkgraph/linkgraph/internal/naming"
	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// links reads the @defineLink stanzas. A link adds relations to both models. A stored link also adds a model for its
// rows.
func (r *reader) links() {
	var directives ast.DirectiveList
	for _, def := range r.doc.Schema {
		directives = append(directives, def.Directives...)
	}
	for _, ext := range r.doc.SchemaExtension {
		directives = append(directives, ext.Directives...)
	}
	for _, d := range directives.ForNames("defineLink") {
		if l := r.link(d); l != nil {
			r.spec.links = append(r.spec.links, l)
		}
	}
}

func (r *reader) link(d *ast.Directive) *link {
	a := arguments{r, d}
	l := &link{
		name: a.text("name"), schema: a.text("schema"), table: a.text("table"), idPrefix: a.text("idPrefix"),
		readOnly: a.texts("readOnly"), skipExistence: a.flag("skipExistence"),
	}
	for _, other := range r.spec.links {
		if other.name == l.name {
			r.fault(d.Position, "link %s is declared twice", l.name)
			return nil
		}
	}
	if l.name == "" || !snakeNames.MatchString(l.name) {
		r.fault(d.Position, "link %q: a name is in snake_case: small letters, digits and _", l.name)
		return nil
	}
	l.pos, l.typeName = d.Position, naming.Pascal(l.name)
	l.left = r.end(d, l.name, "left", a.value("left"))
	l.right = r.end(d, l.name, "right", a.value("right"))
	if l.left == nil || l.right == nil {
		return nil
	}
	if l.left.key == l.right.key {
		r.fault(d.Position, "link %s: both ends are called %q; give one of them a `key`", l.name, l.left.key)
		return nil
	}
	if l.readOnly != nil {
		r.readOnlyLink(d, l)
		return l
	}
	if l.idPrefix == "" {
		r.fault(d.Position, "link %s: `idPrefix` is missing", l.name)
	}
	r.linkColumns(d, l, a.value("columns"))
	r.storedLink(l)
	return l
}

// fields reads an input object of a directive's argument and fills in the defaults of its input type.
func (r *reader) fields(inputType string, v *ast.Value) map[string]*ast.Value {
	fields := map[string]*ast.Value{}
	if def := r.doc.Definitions.ForName(inputType); def != nil {
		for _, f := range def.Fields {
			if f.DefaultValue != nil {
				fields[f.Name] = f.DefaultValue
			}
		}
	}
	for _, child := range v.Children {
		fields[child.Name] = child.Value
	}
	return fields
}

func raw(v *ast.Value) string {
	if v == nil || v.Kind == ast.NullValue {
		return ""
	}
	return v.Raw
}

func (r *reader) end(d *ast.Directive, linkName, side string, v *ast.Value) *end {
	where := fmt.Sprintf("link %s: %s", linkName, side)
	if v == nil {
		r.fault(d.Position, "%s is missing", where)
		return nil
	}
	fields := r.fields("LinkEndDefinition", v)
	m := r.target(d.Position, where, raw(fields["model"]))
	if m == nil {
		return nil
	}
	e := &end{
		model: m, field: raw(fields["field"]), key: raw(fields["key"]),
		isList: raw(fields["isList"]) == "true", cascade: raw(fields["deleteCascade"]) == "true",
	}
	if e.key == "" {
		e.key = m.key
	}
	if e.key == "" {
		r.fault(d.Position, "%s: %s has no key; give one in its @model or here", where, m.name)
		return nil
	}
	e.recordKey = m.keyColumns()
	if name := raw(fields["recordKey"]); name != "" {
		if e.recordKey = r.columns(d.Position, where, m, []string{name}); e.recordKey == nil {
			return nil
		}
	}
	if e.columns = texts(fields["columns"]); e.columns == nil {
		e.columns = []string{e.key}
		if len(e.recordKey) > 1 {
			e.columns = nil
			for _, part := range e.recordKey {
				e.columns = append(e.columns, strings.TrimSuffix(e.key, "_id")+"_"+part)
			}
		}
	}
	if len(e.columns) != len(e.recordKey) {
		r.fault(d.Position, "%s: the key of %s has %d columns, not %d", where, m.name, len(e.recordKey), len(e.columns))
		return nil
	}
	if t := raw(fields["columnType"]); t != "" && t != "text" {
		r.fault(d.Position, "%s: columnType is %q; the only choice is \"text\"", where, t)
	}
	e.text = raw(fields["columnType"]) == "text"
	return e
}

func (r *reader) linkColumns(d *ast.Directive, l *link, v *ast.Value) {
	if v == nil {
		return
	}
	for _, child := range v.Children {
		f := r.fields("LinkColumnDefinition", child.Value)
		c := &column{
			field: raw(
				f["name"],
			),
			name:        naming.Snake(raw(f["name"])),
			gqlType:     raw(f["type"]),
			hasDefault:  f["default"] != nil,
			notNull:     f["default"] != nil || raw(f["required"]) == "true",
			defaultText: raw(f["default"]),
		}
		c.pos, c.description = child.Value.Position, "Extra column of the link."
		if c.pos == nil || c.pos.Line == 0 {
			c.pos = d.Position
		}
		var ok bool
		if c.typ, ok = scalarTypes[c.gqlType]; !ok || c.gqlType == "ID" {
			r.fault(
				d.Position,
				"link %s: column %s: %q is not a column type; the choices are String, Int, Float, Decimal, Boolean, DateTime, JSON",
				l.name,
				c.field,
				c.gqlType,
			)
			continue
		}
		switch {
		case c.hasDefault && raw(f["required"]) == "true":
			r.fault(d.Position, "link %s: column %s: a column with a default is not required", l.name, c.field)
		case c.hasDefault && c.defaultText == "" && c.typ != recordstore.Text:
			r.fault(d.Position, "link %s: column %s: \"\" is not a valid %s", l.name, c.field, c.gqlType)
		default:
			r.checkDefault(c.pos, "link "+l.name+": column "+c.field, c)
		}
		l.columns = append(l.columns, c)
	}
}

// readOnlyLink adds the relations of a link that is a column of the left model with the right model's key.
func (r *reader) readOnlyLink(d *ast.Directive, l *link) {
	left, right := l.left.model, l.right.model
	col := left.column(l.readOnly[0])
	if l.readOnly = r.columns(d.Position, "link "+l.name+": readOnly", left, l.readOnly); l.readOnly == nil {
		return
	}
	if len(l.readOnly) != len(l.right.recordKey) {
		r.fault(
			d.Position,
			"link %s: readOnly: the key of %s has %d columns",
			l.name,
			right.name,
			len(l.right.recordKey),
		)
		return
	}
	if l.left.field != "" {
		left.relations = append(left.relations, &relation{
			pos:           d.Position,
			field:         l.left.field,
			target:        right,
			many:          l.right.isList,
			columns:       l.readOnly,
			targetColumns: l.right.recordKey,
			description:   fmt.Sprintf("The %s that `%s` names.", right.name, col.field),
		})
	}
	if l.right.field != "" {
		right.relations = append(right.relations, &relation{
			pos:           d.Position,
			field:         l.right.field,
			target:        left,
			many:          l.left.isList,
			columns:       l.right.recordKey,
			targetColumns: l.readOnly,
			description: fmt.Sprintf(
				"%s whose `%s` names this %s.",
				naming.Pascal(left.plural),
				col.field,
				right.name,
			),
		})
	}
}

// storedLink adds the model of the link's rows, and the relations that cross it.
func (r *reader) storedLink(l *link) {
	if l.table == "" {
		l.table = l.name
	}
	rows := &model{
		name:     l.typeName,
		plural:   naming.Plural(naming.Camel(l.typeName)),
		module:   "link",
		schema:   l.schema,
		table:    l.table,
		idPrefix: l.idPrefix,
		primary:  "id",
		description: fmt.Sprintf(
			"A link between %s %s and %s %s.",
			naming.Article(
				l.left.model.name,
			),
			l.left.model.name,
			naming.Article(l.right.model.name),
			l.right.model.name,
		),
		link:       l,
		node:       true,
		softDelete: true,
	}
	text := func(field, gqlType, description string) *column {
		return &column{
			field:       field,
			name:        naming.Snake(field),
			gqlType:     gqlType,
			typ:         scalarTypes[gqlType],
			notNull:     true,
			readOnly:    true,
			description: description,
		}
	}
	rows.columns = append(rows.columns, text("id", "ID", "Identifies the link for life."))
	for _, e := range []*end{l.left, l.right} {
		rows.columns = append(rows.columns, e.rowColumns(text)...)
	}
	rows.columns = append(rows.columns, l.columns...)
	deleted := text("deletedAt", "DateTime", "Set once the link was dismissed or deleted.")
	deleted.notNull = false
	rows.columns = append(rows.columns, text("createdAt", "DateTime", "When the pair was first linked."),
		text("updatedAt", "DateTime", "When the link last changed."), deleted)
	for _, e := range []*end{l.left, l.right} {
		rows.relations = append(rows.relations, &relation{
			pos: l.pos, field: rows.recordField(e), target: e.model, columns: e.columns, targetColumns: e.recordKey,
			description: fmt.Sprintf("The %s at this end. Null once it is deleted.", e.model.name),
		})
	}
	l.rows = rows
	r.spec.models = append(r.spec.models, rows)
	r.hop(l, l.left, l.right)
	r.hop(l, l.right, l.left)
}

// recordField returns the name of the link row's field that leads to the record at an end: `variant` for the key
// `variant_id`. If the key has no such suffix, as `code`, the name is taken by the key, and the field is named after
// the model.
func (m *model) recordField(e *end) string {
	field := strings.TrimSuffix(naming.Camel(e.key), "Id")
	for _, choice := range []string{field, naming.Camel(e.model.name), field + "Record"} {
		column := slices.ContainsFunc(m.columns, func(c *column) bool { return c.field == choice })
		relation := slices.ContainsFunc(m.relations, func(r *relation) bool { return r.field == choice })
		if field = choice; !column && !relation {
			break
		}
	}
	return field
}

// rowColumns returns the columns of the link table that hold an end's key: one column, or for a composite key a
// column per part and the composite.
func (e *end) rowColumns(newColumn func(field, gqlType, description string) *column) []*column {
	whole := newColumn(naming.Camel(e.key), "ID", fmt.Sprintf("Key of the %s.", e.model.name))
	whole.name = e.key
	if len(e.columns) == 1 {
		whole.name = e.columns[0]
		if of := e.model.column(e.recordKey[0]); e.text {
			whole.keyType = of.sqlType
		} else {
			whole.sqlType = of.sqlType
		}
		return []*column{whole}
	}
	var all []*column
	for i, name := range e.columns {
		of := e.model.column(e.recordKey[i])
		part := newColumn(naming.Camel(name), of.gqlType, of.description)
		part.name, part.sqlType = name, of.sqlType
		if e.text {
			part.gqlType, part.typ, part.sqlType, part.keyType = "String", recordstore.Text, "", of.keySQLType()
		}
		all = append(all, part)
		whole.parts = append(whole.parts, name)
	}
	return append(all, whole)
}

// keySQLType returns the SQL type of a key column, "" for text.
func (c *column) keySQLType() string {
	if c.sqlType == "" && c.typ == recordstore.Integer {
		return "integer"
	}
	return c.sqlType
}

// hop adds the field that leads from one end to the other.
func (r *reader) hop(l *link, near, far *end) {
	if near.field == "" {
		return
	}
	t := &through{
		schema:        l.schema,
		table:         l.table,
		columns:       near.columns,
		targetColumns: far.columns,
		text:          near.text,
		targetText:    far.text,
		softDelete:    true,
		row:           l.typeName,
	}
	near.model.relations = append(near.model.relations, &relation{
		pos:           l.pos,
		field:         near.field,
		target:        far.model,
		many:          far.isList,
		columns:       near.recordKey,
		targetColumns: far.recordKey,
		through:       t,
		row:           l.rows,
		description:   hopDescription(l, near, far),
	})
	if !far.isList {
		near.model.relations = append(near.model.relations, &relation{
			pos:           l.pos,
			field:         near.field + "Link",
			target:        l.rows,
			columns:       near.recordKey,
			targetColumns: near.columns,
			description:   fmt.Sprintf("The link to `%s`.", near.field),
		})
	}
}

func hopDescription(l *link, near, far *end) string {
	if far.isList {
		return fmt.Sprintf("%s linked to this %s by %s.", naming.Pascal(far.model.plural), near.model.name, l.name)
	}
	return fmt.Sprintf("The %s linked to this %s by %s.", far.model.name, near.model.name, l.name)
}

func upper(s string) string { return strings.ToUpper(s) }

// typeNames are the names of recordstore.Type in generated code.
var typeNames = map[recordstore.Type]string{
	recordstore.Text:    "Text",
	recordstore.Integer: "Integer",
	recordstore.Float:   "Float",
	recordstore.Decimal: "Decimal",
	recordstore.Boolean: "Boolean",
	recordstore.Time:    "Time",
	recordstore.JSON:    "JSON",
	recordstore.Enum:    "Enum",
}
