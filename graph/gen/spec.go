package main

import (
	"slices"

	"github.com/linkgraph/linkgraph/internal/naming"
	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// spec is what the schemas declare, checked and completed: everything the emitters need to know.
type spec struct {
	models  []*model // of modules, then the rows of stored links
	links   []*link
	enums   map[string][]string
	modules []string // in the order of their first model
	views   []*view  // in the order of the declaration
}

// model is a data model of a module, or the rows of a stored link.
type model struct {
	name, plural     string // "ProductVariant", "productVariants"
	module           string
	schema, table    string
	idPrefix, key    string
	primary          string // field
	description      string
	columns          []*column
	relations        []*relation
	link             *link // whose rows these are
	node, softDelete bool
	view             *view // in the part of the spec that storefronts see
}

type column struct {
	field, name string
	gqlType     string // "String", "ProductStatus"
	typ         recordstore.Type
	sqlType     string
	keyType     string // of the key that a text column holds
	notNull     bool
	hasDefault  bool
	defaultText string
	readOnly    bool
	secret      bool
	raw, slugOf string
	enum        []string // values as the database holds them
	parts       []string // columns that this one is made of
	description string
}

type relation struct {
	field                  string
	target                 *model
	many                   bool
	columns, targetColumns []string // database names
	through                *through
	cascade                bool
	declared               bool // the schema has the field; only its resolver is missing
	settable               string
	description            string
	// row is the model of the link rows beside each far record. Its edges and filters carry `link`.
	row *model
	// bare says that the link rows are not shown all the same.
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
	columns         []string // of the link table that hold them
	text            bool     // as text, although the record's are not
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

func (m *model) primaryColumn() *column { return m.column(m.primary) }

// keyColumns are the names of the columns of the primary key.
func (m *model) keyColumns() []string {
	if c := m.primaryColumn(); c.parts == nil {
		return []string{c.name}
	}
	return m.primaryColumn().parts
}

// isNode reports whether records can be fetched by their id alone: numbers and composite keys cannot.
func (m *model) isNode() bool {
	c := m.column("id")
	return c != nil && m.primary == "id" && c.typ == recordstore.Text && c.parts == nil &&
		!slices.Contains([]string{"smallint", "integer", "bigint"}, c.sqlType)
}

// connection is the name of the connection type a to-many relation answers with. A list that crosses a link has its
// own, because its edges carry the link.
func (m *model) connection(r *relation) string {
	if r.row == nil {
		return r.target.name + "Connection"
	}
	return m.name + naming.Pascal(r.field) + "Connection"
}

// filter is the name of the input that restricts a relation's records. Across a to-one link there is a relation to the
// link's row beside it, so its own filter is the plain one.
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

// enumName is the value of LinkName for a link.
func (l *link) enumName() string { return upper(l.name) }

func (s *spec) model(name string) *model {
	for _, m := range s.models {
		if m.name == name {
			return m
		}
	}
	return nil
}
