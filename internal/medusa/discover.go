package medusa

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/linkgraph/linkgraph/internal/naming"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

// Discover returns text to paste into the schemas, for link tables that Medusa knows and the catalogue does not: a stanza for each
// link, and before them the types of models at its ends that are not declared either, by the file they belong into. It changes
// nothing. Without such tables the text is a comment that says so.
func Discover(ctx context.Context, db DB, links *linkstore.Catalog, records *recordstore.Catalog) (string, error) {
	tables, err := undeclared(ctx, db, links)
	if err != nil {
		return "", err
	}
	if len(tables) == 0 {
		return "# every link table that Medusa knows of is declared\n", nil
	}
	w := &writer{db: db, links: links, records: records, fields: map[string]bool{}}
	for _, t := range tables {
		if err := w.link(ctx, t); err != nil {
			return "", fmt.Errorf("discover %s: %w", t.table, err)
		}
	}
	return w.String(), nil
}

// writer collects declarations.
type writer struct {
	db      DB
	links   *linkstore.Catalog
	records *recordstore.Catalog
	models  []*model // found in the database, not declared
	stanzas []string
	fields  map[string]bool // fields that the stanzas so far have taken: "Product.posts"
}

// end is one end of a link to declare.
type end struct {
	model    string // type name
	alias    string // Medusa's name of the model
	key      linkstore.KeyColumn
	declared *recordstore.Model // nil if the model is not declared
	found    *model             // nil if it is
	isList   bool
}

// String returns the declarations: the models by file, then the links.
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

// link adds the declaration of one link, or a comment that says why there is none.
func (w *writer) link(ctx context.Context, t linkTable) error {
	if len(t.keys) != 2 {
		w.stanzas = append(
			w.stanzas,
			fmt.Sprintf("  # %s: a link joins two keys, its primary key has %d columns\n", t.table, len(t.keys)),
		)
		return nil
	}
	var ends [2]*end
	for i, side := range [2]linkEnd{t.from, t.to} {
		var reason string
		var err error
		if ends[i], reason, err = w.end(ctx, side.module, side.model, t.keys[i]); err != nil {
			return err
		}
		if ends[i] == nil {
			w.stanzas = append(w.stanzas, fmt.Sprintf("  # %s is left out: %s\n", t.table, reason))
			return nil
		}
	}
	for _, e := range ends {
		w.keep(e)
	}
	ends[0].isList, ends[1].isList = t.from.isList, t.to.isList
	w.stanzas = append(w.stanzas, w.stanza(t, ends[0], ends[1]))
	return nil
}

// keep adds the model of an end to the models to print.
func (w *writer) keep(e *end) {
	if e.found == nil || slices.Contains(w.models, e.found) {
		return
	}
	w.models = append(w.models, e.found)
	slices.SortStableFunc(w.models, func(a, b *model) int { return strings.Compare(a.module, b.module) })
}

// stanza returns the declaration of one link. It declares both ends as lists, which is always safe: an end that is not a list gets
// a unique index, and Medusa could then no longer write links that its own definition allows.
func (w *writer) stanza(t linkTable, from, to *end) string {
	var b strings.Builder
	fmt.Fprintf(&b, "  # %s and %s.\n", from.model, to.model)
	for _, e := range []struct{ near, far *end }{{from, to}, {to, from}} {
		if !e.far.isList {
			fmt.Fprintf(
				&b,
				"  # No row shows %s %s with several of %s: if the link allows one alone, take isList from %[3]s.\n",
				naming.Article(e.near.model),
				e.near.model,
				e.far.model,
			)
		}
	}
	from.isList, to.isList = true, true
	prefix := t.idPrefix
	if prefix == "" {
		prefix = "link"
	}
	fmt.Fprintf(&b, "  @defineLink(\n    name: %q, idPrefix: %q\n", w.name(t), prefix)
	if name := w.name(t); name != t.table {
		fmt.Fprintf(&b, "    table: %q\n", t.table)
	}
	if t.schema != "public" {
		fmt.Fprintf(&b, "    schema: %q\n", t.schema)
	}
	columns, comments := linkColumns(t.columns)
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

// name returns the name of the link: that of the table, in characters that names of the API may have. It gets a prefix if a model
// or another link has the name.
func (w *writer) name(t linkTable) string {
	name := strings.ToLower(notInName.ReplaceAllString(t.table, "_"))
	_, declared := w.records.Model(naming.Pascal(name))
	_, linked := w.links.Link(name)
	if declared || linked || w.find(naming.Pascal(name)) != nil || !firstOfName.MatchString(name) {
		name = "link_" + name
	}
	return name
}

// endText returns the declaration of one end.
func (w *writer) endText(e, far *end) string {
	parts := []string{fmt.Sprintf("model: %q", e.model), fmt.Sprintf("field: %q", w.field(e, far))}
	var key, keyType string
	if e.declared != nil {
		key = e.declared.Key
		_, types := e.declared.KeyColumns() // has one element: method end refuses keys of several columns
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

// field returns the name of the field that leads from one end to the other. It is named after the other end's model, and differs
// from all fields that the near model has.
func (w *writer) field(near, far *end) string {
	name := naming.Camel(far.alias)
	if far.isList {
		name = naming.Plural(name)
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

// linkTypes are the types of extra columns in declarations, by the SQL type of the column.
var linkTypes = map[string]string{
	"text":                     "String",
	"character varying":        "String",
	"integer":                  "Int",
	"bigint":                   "Int",
	"numeric":                  "Decimal",
	"boolean":                  "Boolean",
	"timestamp with time zone": "DateTime",
	"jsonb":                    "JSON",
	"double precision":         "Float",
}

// linkField reports whether the name of an extra column gives a field that a link may have.
func linkField(column string) bool {
	field := naming.Camel(column)
	return fieldName.MatchString(column) && naming.Snake(field) == column && field != "name" && !taken(field)
}

var typeModifier = regexp.MustCompile(`\(.*?\)`)

// linkColumns returns the declarations of the extra columns of a link table. The comments name what cannot be declared.
func linkColumns(columns []tableColumn) (declared, comments []string) {
	for _, c := range columns {
		comment := func(format string, args ...any) {
			comments = append(comments, "column "+c.name+" "+fmt.Sprintf(format, args...))
		}
		gqlType, ok := linkTypes[typeModifier.ReplaceAllString(c.sqlType, "")]
		value, literal := defaultText(c.expression)
		if !ok {
			comment(
				"is left out: extra columns are text, integer, bigint, numeric, boolean, timestamptz, jsonb or double precision, not %s",
				c.sqlType,
			)
		} else if ok = linkField(c.name); !ok {
			comment("is left out: a link has another field of this name, or there is none that gives it")
		}
		if !ok {
			if c.notNull && c.expression == "" {
				comment("is NOT NULL and has no default, so that Medusa alone can make such links")
			}
			continue
		}
		parts := []string{fmt.Sprintf("name: %q", naming.Camel(c.name)), fmt.Sprintf("type: %q", gqlType)}
		switch {
		case literal && c.notNull:
			parts = append(parts, fmt.Sprintf("default: %q", value))
		case c.notNull:
			parts = append(parts, "required: true")
			if c.expression != "" {
				comment("must be given: its default %s is no plain value", c.expression)
			}
		case c.expression != "" && !strings.HasPrefix(c.expression, "NULL"):
			comment("may be null, so its default %s is not declared: a link without a value has none", c.expression)
		}
		declared = append(declared, "{ "+strings.Join(parts, ", ")+" }")
	}
	return declared, comments
}

// end finds the model at one end of a link: one that is declared, one that was found before, or a table that looks like it. If
// there is none, e is nil and reason says why.
func (w *writer) end(
	ctx context.Context,
	module, alias string,
	key linkstore.KeyColumn,
) (e *end, reason string, err error) {
	e = &end{alias: alias, key: key}
	if e.alias == "" {
		e.alias = strings.TrimSuffix(key.Name, "_id")
	}
	if m := w.declared(module, e.alias, key.Name); m != nil {
		if names, _ := m.KeyColumns(); len(names) > 1 {
			return nil, fmt.Sprintf("the key of %s has %d columns, and the table holds one", m.Name, len(names)), nil
		}
		e.declared, e.model, e.alias = m, m.Name, naming.Snake(m.Name)
		return e, "", nil
	}
	for _, m := range w.models {
		if m.module == module && m.alias == e.alias {
			e.found, e.model = m, m.name
			return e, "", nil
		}
	}
	m, reason, err := w.discover(ctx, module, e.alias, key.Name)
	if m == nil || err != nil {
		return nil, reason, err
	}
	e.found, e.model = m, m.name
	return e, "", nil
}

// declared returns the model of the catalogue that has Medusa's name, or that has the key. It returns nil if there is none.
func (w *writer) declared(module, alias, key string) *recordstore.Model {
	for _, m := range w.records.Models() {
		if m.Link == "" && m.Module == module && slices.Contains([]string{naming.Snake(m.Name), m.Table}, alias) {
			return m
		}
	}
	for _, m := range w.records.Models() {
		if m.Link == "" && m.Module == module &&
			(slices.Contains([]string{naming.Snake(m.Name), m.Table}, module+"_"+alias) || m.Key == key) {
			return m
		}
	}
	return nil
}

// find returns the model of this name among those that were found, or nil.
func (w *writer) find(name string) *model {
	for _, m := range w.models {
		if m.name == name {
			return m
		}
	}
	return nil
}
