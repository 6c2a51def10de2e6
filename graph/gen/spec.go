package main

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/linkgraph/linkgraph/internal/naming"
	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// spec is the checked and completed content of the schemas: all that the writers of code, schema and pages need.
type spec struct {
	models  []*model // those of modules first, then the rows of stored links
	links   []*link
	enums   map[string][]string
	modules []string // in the order of their first model
	views   []*view  // in declaration order
}

// model is a model of a module, or the rows of a stored link.
type model struct {
	name, plural     string // "ProductVariant", "productVariants"
	module           string
	schema, table    string
	idPrefix, key    string
	primary          string // the field of the primary key
	description      string
	columns          []*column
	relations        []*relation
	link             *link // set if the model is the rows of this link
	node, softDelete bool
	readOnly         bool  // has no mutations
	view             *view // set in the spec for storefronts
}

type column struct {
	pos         *ast.Position // of its declaration
	field, name string
	gqlType     string // "String", "ProductStatus"
	typ         recordstore.Type
	sqlType     string
	keyType     string // the type of the key that a text column holds
	notNull     bool
	hasDefault  bool
	defaultText string
	readOnly    bool
	secret      bool
	unique      bool // records are looked up by it
	raw, slugOf string
	min         string   // the least value of a number; "" means none
	codes       string   // the list of codes that a text is one of; "" means any text
	enum        []string // values as stored in the database
	parts       []string // the columns that make up a composite
	description string
}

type relation struct {
	pos                    *ast.Position // of its declaration
	field                  string
	target                 *model
	many                   bool
	columns, targetColumns []string // database names
	through                *through
	cascade                bool
	declared               bool // the schema declares the field, so only its resolver is generated
	settable               string
	description            string
	// row is the model of the link rows that come with the far records. It gives edges and filters the field `link`.
	row *model
	// bare hides the link rows nevertheless.
	bare bool
}

type through struct {
	schema, table          string
	columns, targetColumns []string
	text, targetText       bool
	softDelete             bool
	row                    string
	idPrefix               string
}

type link struct {
	pos            *ast.Position // of its declaration
	name, idPrefix string
	schema, table  string
	left, right    *end
	columns        []*column
	readOnly       []string // database names
	skipExistence  bool
	typeName       string // "ProductVariantPriceSet"
	rows           *model // nil for a read-only link
}

type end struct {
	model           *model
	field, key      string
	recordKey       []string // columns of the record
	columns         []string // columns of the link table that hold the key
	text            bool     // stored as text, although the record's own key is not
	isList, cascade bool
}

func (m *model) column(field string) *column {
	for _, c := range m.columns {
		if c.field == field || c.name == field {
			return c
		}
	}
	return nil
}

// columnNames returns the names by which declarations may refer to columns.
func (m *model) columnNames() []string {
	var names []string
	for _, c := range m.columns {
		names = append(names, c.field)
		if c.name != c.field {
			names = append(names, c.name)
		}
	}
	return names
}

func (m *model) primaryColumn() *column { return m.column(m.primary) }

// keyColumns returns the columns of the primary key.
func (m *model) keyColumns() []string {
	if c := m.primaryColumn(); c.parts == nil {
		return []string{c.name}
	}
	return m.primaryColumn().parts
}

// isConditional reports whether an update may depend on when the record last changed.
func (m *model) isConditional() bool {
	c := m.column("updated_at")
	return c != nil && c.typ == recordstore.Time && m.column(recordstore.IfUpdatedAt) == nil
}

// isNode reports whether an id identifies a record across all models, so that `node` can find it. Numbers and
// composite keys do not.
func (m *model) isNode() bool {
	c := m.column("id")
	return c != nil && m.primary == "id" && c.typ == recordstore.Text && c.parts == nil &&
		!slices.Contains([]string{"smallint", "integer", "bigint"}, c.sqlType)
}

// deletable reports whether a list may have deleted records, or rows of a join table that are deleted.
func (r *relation) deletable() bool {
	return r.target.softDelete || r.through != nil && r.through.softDelete
}

// connection returns the name of the connection type of a to-many relation. A list that crosses a link has its own
// type, because its edges carry the link.
func (m *model) connection(r *relation) string {
	if r.row == nil {
		return r.target.name + "Connection"
	}
	return m.name + naming.Pascal(r.field) + "Connection"
}

// filter returns the name of the input type that filters a relation's records. A to-one link needs no type of its
// own, because a second relation leads to the link's row.
func (m *model) filter(r *relation) string {
	if r.row == nil || !r.many {
		return r.target.name + "Filter"
	}
	return m.name + naming.Pascal(r.field) + "Filter"
}

func (m *model) order(r *relation) string {
	if r.row == nil || !r.many {
		return r.target.name + "Order"
	}
	return m.name + naming.Pascal(r.field) + "Order"
}

// enumName returns the link's value in the enum LinkName.
func (l *link) enumName() string { return upper(l.name) }

func (s *spec) model(name string) *model {
	for _, m := range s.models {
		if m.name == name {
			return m
		}
	}
	return nil
}
