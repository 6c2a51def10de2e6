// Package discover writes declarations for what a database has and the schema does not: link tables that Medusa keeps
// account of, and the models at their ends.
package discover

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/internal/naming"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

// DB is what is read from. *pgxpool.Pool, *pgx.Conn and pgx.Tx satisfy it.
type DB interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// Links returns the text to paste into the schemas for the link tables that are not declared: the types of the models that
// are not declared either, by the file they go into, and a stanza for each link. It changes nothing.
func Links(ctx context.Context, db DB, links *linkstore.Store, records *recordstore.Catalog) (string, error) {
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
	records *recordstore.Catalog
	models  []*model // found, not declared
	stanzas []string
	fields  map[string]bool // "Product.posts", as given to the links so far
}

// end is one end of a link that is to be declared.
type end struct {
	model    string // type name
	alias    string // what Medusa calls the model
	key      linkstore.KeyColumn
	declared *recordstore.Model // nil if it is found
	found    *model             // nil if it is declared
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
		w.stanzas = append(
			w.stanzas,
			fmt.Sprintf("  # %s: a link joins two keys, its primary key has %d columns\n", t.Table, len(t.Keys)),
		)
		return nil
	}
	var ends [2]*end
	for i, side := range [2]struct{ module, model string }{{t.FromModule, t.FromModel}, {t.ToModule, t.ToModel}} {
		var reason string
		var err error
		if ends[i], reason, err = w.end(ctx, side.module, side.model, t.Keys[i]); err != nil {
			return err
		}
		if ends[i] == nil {
			w.stanzas = append(w.stanzas, fmt.Sprintf("  # %s is left out: %s\n", t.Table, reason))
			return nil
		}
	}
	for _, e := range ends {
		w.keep(e)
	}
	ends[0].isList, ends[1].isList = t.FromIsList, t.ToIsList
	w.stanzas = append(w.stanzas, w.stanza(t, ends[0], ends[1]))
	return nil
}

// keep adds the model of an end to those that are printed.
func (w *writer) keep(e *end) {
	if e.found == nil || slices.Contains(w.models, e.found) {
		return
	}
	w.models = append(w.models, e.found)
	slices.SortStableFunc(w.models, func(a, b *model) int { return strings.Compare(a.module, b.module) })
}

// stanza writes the declaration of one link. Both of its ends are lists, because that is in nobody's way: an end that is not
// gets a unique index, with which Medusa could not write what the link allows.
func (w *writer) stanza(t linkstore.LinkTable, from, to *end) string {
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

// name is that of the table, in letters that a name of the API may have, unless a model or another link has it.
func (w *writer) name(t linkstore.LinkTable) string {
	name := strings.ToLower(notInName.ReplaceAllString(t.Table, "_"))
	_, declared := w.records.Model(naming.Pascal(name))
	_, linked := w.links.Link(name)
	if declared || linked || w.find(naming.Pascal(name)) != nil || !firstOfName.MatchString(name) {
		name = "link_" + name
	}
	return name
}

func (w *writer) endText(e, far *end) string {
	parts := []string{fmt.Sprintf("model: %q", e.model), fmt.Sprintf("field: %q", w.field(e, far))}
	var key, keyType string
	if e.declared != nil {
		key = e.declared.Key
		_, types := e.declared.KeyColumns() // one: the link has one
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

// linkTypes are the types of extra columns, by that of the table's column.
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

// linkField reports whether an extra column can have the field that its name gives.
func linkField(column string) bool {
	field := naming.Camel(column)
	return fieldName.MatchString(column) && naming.Snake(field) == column && field != "name" && !taken(field)
}

var typeModifier = regexp.MustCompile(`\(.*?\)`)

// linkColumns declares the extra columns of a link table; comments tell of what cannot be declared.
func linkColumns(columns []linkstore.TableColumn) (declared, comments []string) {
	for _, c := range columns {
		comment := func(format string, args ...any) {
			comments = append(comments, "column "+c.Name+" "+fmt.Sprintf(format, args...))
		}
		gqlType, ok := linkTypes[typeModifier.ReplaceAllString(c.Type, "")]
		value, literal := defaultText(c.Default)
		if !ok {
			comment(
				"is left out: extra columns are text, integer, bigint, numeric, boolean, timestamptz, jsonb or double precision, not %s",
				c.Type,
			)
		} else if ok = linkField(c.Name); !ok {
			comment("is left out: a link has another field of this name, or there is none that gives it")
		}
		if !ok {
			if c.NotNull && c.Default == "" {
				comment("is NOT NULL and has no default, so that Medusa alone can make such links")
			}
			continue
		}
		parts := []string{fmt.Sprintf("name: %q", naming.Camel(c.Name)), fmt.Sprintf("type: %q", gqlType)}
		switch {
		case literal && c.NotNull:
			parts = append(parts, fmt.Sprintf("default: %q", value))
		case c.NotNull:
			parts = append(parts, "required: true")
			if c.Default != "" {
				comment("must be given: its default %s is no plain value", c.Default)
			}
		case c.Default != "" && !strings.HasPrefix(c.Default, "NULL"):
			comment("may be null, so its default %s is not declared: a link without a value has none", c.Default)
		}
		declared = append(declared, "{ "+strings.Join(parts, ", ")+" }")
	}
	return declared, comments
}

// end finds the model at one end: a declared one, one that was found before, or a table that looks like it. If there is none
// it says why.
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

// declared finds a model of the catalogue by what Medusa calls it, or by the key that links know it by.
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

func (w *writer) find(name string) *model {
	for _, m := range w.models {
		if m.name == name {
			return m
		}
	}
	return nil
}
