package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/linkgraph/linkgraph/internal/naming"
)

// modulePage returns the page of one module.
func (m *manual) modulePage(module string) string {
	w := &page{}
	w.line("%s\n\n# The %s module\n", pageMark, module)
	if about := m.about[module]; about != "" {
		w.line("%s\n", about)
	}
	m.contents(w, module)
	m.diagrams(w, module)
	for _, md := range m.models(module) {
		m.modelSection(w, md)
	}
	m.enumSections(w, module)
	return strings.TrimRight(w.String(), "\n") + "\n"
}

// contents writes the table of contents.
func (m *manual) contents(w *page, module string) {
	w.line("## Models\n")
	for _, md := range m.models(module) {
		w.line("- %s: %s", ref(md.name), prose(md.description))
	}
	w.line("")
	var enums, others []string
	for _, def := range m.enumsOf(module) {
		enums = append(enums, ref(def.Name))
	}
	if enums != nil {
		w.line("Enums: %s.\n", strings.Join(enums, ", "))
	}
	for _, other := range m.neighbours(module) {
		others = append(others, moduleRef(other))
	}
	if others == nil {
		others = []string{"none"}
	}
	w.line("Linked modules: %s. Index: [modules and links](README.md).\n", strings.Join(others, ", "))
}

func (m *manual) modelSection(w *page, md *model) {
	w.line("## %s\n", md.name)
	w.line("%s\n", prose(md.description))
	m.facts(w, md)
	m.fieldTable(w, md)
	m.relationTable(w, md)
	m.linkTable(w, md)
}

// facts writes a model's table, keys, and the operations it has.
func (m *manual) facts(w *page, md *model) {
	w.line("- Table: %s", tableName(md.schema, md.table))
	key := md.primaryColumn()
	ids := "given by the caller"
	switch {
	case md.idPrefix != "":
		ids = fmt.Sprintf("begin with `%s_`", md.idPrefix)
	case key.parts != nil:
		ids = fmt.Sprintf("made of %s with `:` between", ticks(key.parts))
	case key.hasDefault:
		ids = "made by the database"
	}
	w.line("- Ids: %s, %s", tick(md.primary), ids)
	for _, k := range m.spec.moduleKeys(md.module) {
		if k.model == md {
			w.line(
				"- Key: %s, in inputs `{ %s: { %s: \"…\" } }`",
				tick(k.name),
				naming.Camel(md.module),
				naming.Camel(k.name),
			)
		}
	}
	var keys []string
	for _, c := range md.lookups() {
		keys = append(keys, c.field+":")
	}
	w.line(
		"- Queries: `%s(%s)`, `%s(filter:, orderBy:, first:, after:, last:, before:)`",
		naming.Camel(md.name),
		strings.Join(keys, " | "),
		md.plural,
	)
	if md.readOnly {
		w.line("- Mutations: none, the records are read-only\n")
		return
	}
	verbs := []string{"create", "update"}
	if md.softDelete {
		verbs = append(verbs, "delete", "restore")
	}
	for i := range verbs {
		verbs[i] += naming.Pascal(md.plural)
	}
	w.line("- Mutations: %s\n", ticks(verbs))
}

func (m *manual) fieldTable(w *page, md *model) {
	var rows [][]string
	for _, c := range md.columns {
		rows = append(rows, []string{tick(c.field), m.typeRef(c), c.columnNote(), c.defaultNote(), c.note()})
	}
	w.line("**Fields**\n")
	w.table([]string{"Field", "Type", "Column", "Default", "Description"}, rows)
}

// typeRef returns a field's type. An enum's type is a link to its values.
func (m *manual) typeRef(c *column) string {
	if m.enums[c.gqlType] == nil {
		return tick(c.outputType())
	}
	return fmt.Sprintf("[`%s`](%s)", c.outputType(), anchor(c.gqlType))
}

// columnNote says where the field's value is stored, if not in the column named like the field.
func (c *column) columnNote() string {
	switch {
	case c.parts != nil:
		return ticks(c.parts)
	case c.raw != "":
		return ticks([]string{c.name, c.raw})
	case c.name != naming.Snake(c.field):
		return tick(c.name)
	}
	return ""
}

func (c *column) defaultNote() string {
	switch {
	case c.slugOf != "":
		return "made from " + tick(naming.Camel(c.slugOf))
	case !c.hasDefault || slices.Contains(storeColumns, c.field):
		return ""
	case c.defaultText == "":
		return "the empty text"
	case strings.Contains(c.defaultText, " "):
		return c.defaultText // text that describes the value, not the value itself
	case c.enum != nil:
		return tick(upper(c.defaultText))
	}
	return tick(c.defaultText)
}

func (c *column) note() string {
	text := c.description
	if c.readOnly && c.parts == nil && !slices.Contains(storeColumns, c.field) {
		text += " Read-only."
	}
	if c.min != "" {
		text += " Not less than " + c.min + "."
	}
	if c.codes != "" {
		text += " A known " + c.codes + " code."
	}
	if c.secret {
		text += " Secret: for admins who may write alone."
	}
	return prose(text)
}

func (m *manual) relationTable(w *page, md *model) {
	var rows [][]string
	for _, r := range m.relations(md) {
		leads := ref(r.target.name)
		if r.many {
			leads = "many " + leads
		}
		rows = append(rows, []string{tick(r.field), leads, md.how(r), md.cascadeNote(r), prose(r.description)})
	}
	if rows != nil {
		w.line("**Relations**\n")
	}
	w.table([]string{"Field", "Leads to", "Kept in", "Cascade", "Description"}, rows)
}

// how says which columns a relation follows.
func (m *model) how(r *relation) string {
	key := m.keyColumns()
	current := ""
	if len(r.columns) > len(key) {
		current = fmt.Sprintf(", rows of the current %s", ticks(r.columns[len(key):]))
	}
	table := tableName(r.target.schema, r.target.table)
	switch {
	case r.declared:
		return columnText(r.columns)
	case r.settable != "":
		return fmt.Sprintf("join table %s; set by %s", tableName(r.through.schema, r.through.table), tick(r.settable))
	case r.through != nil:
		return fmt.Sprintf("join table %s%s", tableName(r.through.schema, r.through.table), current)
	case slices.Equal(r.columns[:min(len(key), len(r.columns))], key):
		return fmt.Sprintf("%s of %s%s", columnText(r.targetColumns[:len(key)]), table, current)
	}
	return fmt.Sprintf("%s of %s, equal to %s here", columnText(r.targetColumns), table, ticks(r.columns))
}

// cascadeNote says what is deleted together with what.
func (m *model) cascadeNote(r *relation) string {
	switch {
	case r.cascade && r.many:
		return "they are deleted with this"
	case r.cascade:
		return "it is deleted with this"
	case r.through == nil && m.counterpartCascades(r):
		if r.many {
			return "this is deleted with any of them"
		}
		return "this is deleted with it"
	}
	return ""
}

// counterpartCascades reports whether deleting the relation's target deletes the record that has the relation.
func (m *model) counterpartCascades(r *relation) bool {
	return slices.ContainsFunc(r.target.relations, func(back *relation) bool {
		return back.cascade && back.declared != r.declared && back.target == m &&
			slices.Equal(back.targetColumns, r.columns) && slices.Equal(back.columns, r.targetColumns)
	})
}

func (m *manual) enumSections(w *page, module string) {
	for _, def := range m.enumsOf(module) {
		w.line("## %s\n\n%s The database holds the values in lower case.\n", def.Name, prose(def.Description))
		var rows [][]string
		for _, v := range def.EnumValues {
			rows = append(rows, []string{tick(v.Name), prose(v.Description)})
		}
		w.table([]string{"Value", "Meaning"}, rows)
	}
}
