package main

import (
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"linkgraph/modules"
)

// links reads the @defineLink stanzas. Each adds relations to both models; a stored link adds a model for its rows.
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
		name: a.text("name"), table: a.text("table"), idPrefix: a.text("idPrefix"),
		readOnly: a.text("readOnly"), skipExistence: a.flag("skipExistence"),
	}
	for _, other := range r.spec.links {
		if other.name == l.name {
			r.fault(d.Position, "link %s is declared twice", l.name)
			return nil
		}
	}
	l.typeName = pascal(l.name)
	l.left = r.end(d, l.name, "left", a.value("left"))
	l.right = r.end(d, l.name, "right", a.value("right"))
	if l.left == nil || l.right == nil {
		return nil
	}
	if l.left.key == l.right.key {
		r.fault(d.Position, "link %s: both ends are called %q; give one of them a `key`", l.name, l.left.key)
		return nil
	}
	if l.readOnly != "" {
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

// fields reads an input object value of a directive, with the defaults of its input type.
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
	key := m.primaryColumn()
	if name := raw(fields["recordKey"]); name != "" {
		if key = m.column(name); key == nil {
			r.fault(d.Position, "%s: %q is no field of %s", where, name, m.name)
			return nil
		}
	}
	e.recordKey = key.name
	return e
}

func (r *reader) linkColumns(d *ast.Directive, l *link, v *ast.Value) {
	if v == nil {
		return
	}
	for _, child := range v.Children {
		f := r.fields("LinkColumnDefinition", child.Value)
		c := &column{
			field: raw(f["name"]), name: snake(raw(f["name"])), gqlType: raw(f["type"]), hasDefault: f["default"] != nil,
			notNull: f["default"] != nil, defaultText: raw(f["default"]),
		}
		c.description = "Extra column of the link."
		var ok bool
		if c.typ, ok = scalarTypes[c.gqlType]; !ok || c.gqlType == "ID" {
			r.fault(d.Position, "link %s: column %s: %q is no column type; the choices are String, Int, Float, Decimal, Boolean, DateTime, JSON", l.name, c.field, c.gqlType)
			continue
		}
		l.columns = append(l.columns, c)
	}
}

// readOnlyLink follows the column of the left model that holds the right one's key.
func (r *reader) readOnlyLink(d *ast.Directive, l *link) {
	col := l.left.model.column(l.readOnly)
	if col == nil {
		r.fault(d.Position, "link %s: readOnly: %q is no column of %s", l.name, l.readOnly, l.left.model.name)
		return
	}
	left, right := l.left.model, l.right.model
	if l.left.field != "" {
		left.relations = append(left.relations, &relation{
			field: l.left.field, target: right, many: l.right.isList, column: col.name, targetColumn: l.right.recordKey,
			description: fmt.Sprintf("The %s that `%s` names.", right.name, col.field),
		})
	}
	if l.right.field != "" {
		right.relations = append(right.relations, &relation{
			field: l.right.field, target: left, many: l.left.isList, column: l.right.recordKey, targetColumn: col.name,
			description: fmt.Sprintf("%s whose `%s` names this %s.", pascal(left.plural), col.field, right.name),
		})
	}
}

// storedLink adds the model of the link's rows and the hops across them.
func (r *reader) storedLink(l *link) {
	if l.table == "" {
		l.table = l.name
	}
	rows := &model{
		name: l.typeName, plural: plural(camel(l.typeName)), module: "link", table: l.table, idPrefix: l.idPrefix, primary: "id",
		description: fmt.Sprintf("A link between %s and %s.", article(l.left.model.name), article(l.right.model.name)),
		link:        l, node: true, softDelete: true,
	}
	text := func(field, gqlType, description string) *column {
		return &column{field: field, name: snake(field), gqlType: gqlType, typ: scalarTypes[gqlType], notNull: true, readOnly: true, description: description}
	}
	rows.columns = append(rows.columns, text("id", "ID", "Identifies the link for life."))
	for _, e := range []*end{l.left, l.right} {
		c := text(camel(e.key), "ID", fmt.Sprintf("Key of the %s.", e.model.name))
		c.name = e.key
		rows.columns = append(rows.columns, c)
	}
	rows.columns = append(rows.columns, l.columns...)
	deleted := text("deletedAt", "DateTime", "Set once the link was dismissed or deleted.")
	deleted.notNull = false
	rows.columns = append(rows.columns, text("createdAt", "DateTime", "When the pair was first linked."),
		text("updatedAt", "DateTime", "When the link last changed."), deleted)
	for _, e := range []*end{l.left, l.right} {
		rows.relations = append(rows.relations, &relation{
			field: strings.TrimSuffix(camel(e.key), "Id"), target: e.model, column: e.key, targetColumn: e.recordKey,
			description: fmt.Sprintf("The %s at this end. Null once it is deleted.", e.model.name),
		})
		if last := rows.relations[len(rows.relations)-1]; rows.column(last.field) != nil {
			last.field += "Record" // a key such as `code` is a field already
		}
	}
	l.rows = rows
	r.spec.models = append(r.spec.models, rows)
	r.hop(l, l.left, l.right)
	r.hop(l, l.right, l.left)
}

// hop adds the field of one end that leads to the other.
func (r *reader) hop(l *link, near, far *end) {
	if near.field == "" {
		return
	}
	t := &through{table: l.table, column: near.key, targetColumn: far.key, softDelete: true, row: l.typeName}
	near.model.relations = append(near.model.relations, &relation{
		field: near.field, target: far.model, many: far.isList, column: near.recordKey, targetColumn: far.recordKey,
		through: t, row: l.rows, description: hopDescription(l, near, far),
	})
	if !far.isList {
		near.model.relations = append(near.model.relations, &relation{
			field: near.field + "Link", target: l.rows, column: near.recordKey, targetColumn: near.key,
			description: fmt.Sprintf("The link to `%s`.", near.field),
		})
	}
}

func hopDescription(l *link, near, far *end) string {
	if far.isList {
		return fmt.Sprintf("%s linked to this %s by %s.", pascal(far.model.plural), near.model.name, l.name)
	}
	return fmt.Sprintf("The %s linked to this %s by %s.", far.model.name, near.model.name, l.name)
}

func article(name string) string {
	if strings.ContainsAny(name[:1], "AEIOU") {
		return "an " + name
	}
	return "a " + name
}

func upper(s string) string { return strings.ToUpper(s) }

// typeNames are the names of modules.Type in generated code.
var typeNames = map[modules.Type]string{
	modules.Text: "Text", modules.Integer: "Integer", modules.Float: "Float", modules.Decimal: "Decimal",
	modules.Boolean: "Boolean", modules.Time: "Time", modules.JSON: "JSON", modules.Enum: "Enum",
}
