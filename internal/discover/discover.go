// Package discover writes declarations for what a database has and the schema does not: link tables that Medusa keeps
// account of, and the models at their ends.
package discover

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"linkgraph/linkstore"
	"linkgraph/modules"
)

// DB is what is read from. *pgxpool.Pool, *pgx.Conn and pgx.Tx satisfy it.
type DB interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// Links returns the text to paste into the schemas for the link tables that are not declared: the types of the models that
// are not declared either, by the file they go into, and a stanza for each link. It changes nothing.
func Links(ctx context.Context, db DB, links *linkstore.Store, records *modules.Catalog) (string, error) {
	tables, err := links.Undeclared(ctx)
	if err != nil {
		return "", err
	}
	if len(tables) == 0 {
		return "# every link table that Medusa knows of is declared\n", nil
	}
	w := &writer{db: db, links: links.Catalog(), records: records, fields: map[string]bool{}}
	for _, t := range tables {
		if err := w.link(ctx, t); err != nil {
			return "", fmt.Errorf("discover %s: %w", t.Table, err)
		}
	}
	return w.String(), nil
}

// writer gathers declarations.
type writer struct {
	db      DB
	links   *linkstore.Catalog
	records *modules.Catalog
	models  []*model // found, not declared
	stanzas []string
	fields  map[string]bool // "Product.posts", as given to the links so far
}

// end is one end of a link that is to be declared.
type end struct {
	model    string // type name
	alias    string // what Medusa calls the model
	key      linkstore.KeyColumn
	declared *modules.Model // nil if it is found
	found    *model         // nil if it is declared
	isList   bool
}

// String is what was gathered: the models by file, then the links.
func (w *writer) String() string {
	var b strings.Builder
	file := ""
	for _, m := range w.models {
		if path := "modules/" + m.module + "/schema.graphqls"; path != file {
			file = path
			fmt.Fprintf(&b, "# ---- %s\n\n", file)
		}
		b.WriteString(m.String() + "\n")
	}
	fmt.Fprintf(&b, "# ---- schema.graphqls\n\nextend schema\n%s", strings.Join(w.stanzas, ""))
	return b.String()
}

func (w *writer) link(ctx context.Context, t linkstore.LinkTable) error {
	if len(t.Keys) != 2 {
		w.stanzas = append(w.stanzas, fmt.Sprintf("  # %s: a link joins two keys, its primary key has %d columns\n", t.Table, len(t.Keys)))
		return nil
	}
	from, err := w.end(ctx, t.FromModule, t.FromModel, t.Keys[0])
	if err != nil {
		return err
	}
	to, err := w.end(ctx, t.ToModule, t.ToModel, t.Keys[1])
	if err != nil {
		return err
	}
	if from == nil || to == nil {
		w.stanzas = append(w.stanzas, fmt.Sprintf("  # %s: no table was found for %s.%s or %s.%s; declare the model, then run this again\n",
			t.Table, t.FromModule, t.FromModel, t.ToModule, t.ToModel))
		return nil
	}
	from.isList, to.isList = t.FromIsList, t.ToIsList
	w.stanzas = append(w.stanzas, w.stanza(t, from, to))
	return nil
}

// stanza writes the declaration of one link.
func (w *writer) stanza(t linkstore.LinkTable, from, to *end) string {
	var b strings.Builder
	fmt.Fprintf(&b, "  # %s and %s.\n", from.model, to.model)
	for _, e := range []struct{ near, far *end }{{from, to}, {to, from}} {
		if !e.far.isList {
			fmt.Fprintf(&b, "  # No row shows a %s with several of %s: add isList: true to %[2]s if the link was defined so.\n", e.near.model, e.far.model)
		}
	}
	prefix := t.IDPrefix
	if prefix == "" {
		prefix = "link"
	}
	fmt.Fprintf(&b, "  @defineLink(\n    name: %q, idPrefix: %q\n", w.name(t), prefix)
	if name := w.name(t); name != t.Table {
		fmt.Fprintf(&b, "    table: %q\n", t.Table)
	}
	if t.Schema != "public" {
		fmt.Fprintf(&b, "    schema: %q\n", t.Schema)
	}
	columns, comments := linkColumns(t.Columns)
	fmt.Fprintf(&b, "    left: %s\n    right: %s", w.endText(from, to), w.endText(to, from))
	if len(columns) > 0 {
		fmt.Fprintf(&b, "\n    columns: [%s]", strings.Join(columns, ", "))
	}
	b.WriteString(")\n")
	for _, c := range comments {
		fmt.Fprintf(&b, "  # %s\n", c)
	}
	return b.String()
}

// name is that of the table, unless a model's type has it.
func (w *writer) name(t linkstore.LinkTable) string {
	if _, ok := w.records.Model(pascal(t.Table)); ok || w.find(pascal(t.Table)) != nil {
		return t.Table + "_link"
	}
	return t.Table
}

func (w *writer) endText(e, far *end) string {
	parts := []string{fmt.Sprintf("model: %q", e.model), fmt.Sprintf("field: %q", w.field(e, far))}
	key, keyType := "", "text"
	if e.declared != nil {
		key = e.declared.Key
		_, types := e.declared.KeyColumns()
		keyType = types[0]
	} else {
		key, keyType = e.found.key, e.found.primaryType
	}
	if key != e.key.Name {
		parts = append(parts, fmt.Sprintf("key: %q", e.key.Name))
	}
	if e.key.Type != keyType && !isText(keyType) && isText(e.key.Type) {
		parts = append(parts, `columnType: "text"`)
	}
	if e.isList {
		parts = append(parts, "isList: true")
	}
	return "{ " + strings.Join(parts, ", ") + " }"
}

// field names the way from one end to the other after the other's model, and keeps clear of fields that are there.
func (w *writer) field(near, far *end) string {
	name := camel(far.alias)
	if far.isList {
		name = plural(name)
	}
	taken := func(name string) bool {
		if w.fields[near.model+"."+name] {
			return true
		}
		if near.declared == nil {
			return near.found.has(name)
		}
		_, column := near.declared.Column(name)
		_, relation := near.declared.Relation(name)
		return column || relation
	}
	for _, choice := range []string{name, "linked" + strings.ToUpper(name[:1]) + name[1:]} {
		if name = choice; !taken(name) {
			break
		}
	}
	for n := 2; taken(name); n++ {
		name = fmt.Sprintf("%s%d", strings.TrimRight(name, "0123456789"), n)
	}
	w.fields[near.model+"."+name] = true
	return name
}

// linkColumns declares the extra columns of a link table; comments tell of those that cannot be.
func linkColumns(columns []linkstore.TableColumn) (declared, comments []string) {
	for _, c := range columns {
		typ, ok := scalarOf(c.Type)
		if !ok || typ.sqlType == "date" || typ.sqlType == "uuid" || snake(camel(c.Name)) != c.Name {
			comments = append(comments, fmt.Sprintf("column %s of type %s is left out: extra columns are text, integer, numeric, boolean, timestamptz, jsonb or double precision", c.Name, c.Type))
			continue
		}
		parts := []string{fmt.Sprintf("name: %q", camel(c.Name)), fmt.Sprintf("type: %q", typ.gql)}
		switch value, literal := defaultText(c.Default); {
		case literal && c.NotNull:
			parts = append(parts, fmt.Sprintf("default: %q", value))
		case c.NotNull:
			parts = append(parts, "required: true")
		}
		declared = append(declared, "{ "+strings.Join(parts, ", ")+" }")
	}
	return declared, comments
}

// end finds the model at one end: a declared one, one that was found before, or a table that looks like it.
func (w *writer) end(ctx context.Context, module, alias string, key linkstore.KeyColumn) (*end, error) {
	e := &end{alias: alias, key: key}
	if e.alias == "" {
		e.alias = strings.TrimSuffix(key.Name, "_id")
	}
	if m := w.declared(module, e.alias, key.Name); m != nil {
		e.declared, e.model, e.alias = m, m.Name, snake(m.Name)
		return e, nil
	}
	for _, m := range w.models {
		if m.module == module && m.alias == e.alias {
			e.found, e.model = m, m.name
			return e, nil
		}
	}
	m, err := w.discover(ctx, module, e.alias, key.Name)
	if m == nil || err != nil {
		return nil, err
	}
	w.models = append(w.models, m)
	slices.SortStableFunc(w.models, func(a, b *model) int { return strings.Compare(a.module, b.module) })
	e.found, e.model = m, m.name
	return e, nil
}

// declared finds a model of the catalogue by what Medusa calls it, or by the key that links know it by.
func (w *writer) declared(module, alias, key string) *modules.Model {
	for _, m := range w.records.Models() {
		if m.Link == "" && m.Module == module && slices.Contains([]string{snake(m.Name), m.Table}, alias) {
			return m
		}
	}
	for _, m := range w.records.Models() {
		if m.Link == "" && m.Module == module && (slices.Contains([]string{snake(m.Name), m.Table}, module+"_"+alias) || m.Key == key) {
			return m
		}
	}
	return nil
}

func (w *writer) find(name string) *model {
	for _, m := range w.models {
		if m.name == name {
			return m
		}
	}
	return nil
}
