package linkstore

import (
	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// Model is a data model whose records can be linked.
type Model struct {
	Module string // "product"
	Name   string // "ProductVariant"; unique in the catalogue
	Schema string // "" means the search path
	// Table holds the records. "" means that the module lives elsewhere: the store cannot check its records, and
	// nothing cascades to them.
	Table string
	// PrimaryKey is the columns of the key, in order. nil means one text column, id.
	PrimaryKey []KeyColumn
	// Key is the name of the record's id in links and inputs, such as "variant_id". It is unique inside the module.
	// "" means that no link or input can name records of the model; a cascade can still reach them.
	Key          string
	NoSoftDelete bool // the table has no deleted_at
	// Owns lists the records of the module that are deleted with a record of this model.
	Owns []Owned

	key        rowkey.Columns
	rank       int  // position in the lock order
	mayLackRow bool // records may have no row to lock
}

// Owned says that records of Model whose Column equals the owner's OwnerColumn are deleted with the owner. Either may name
// several columns, separated by ", ".
type Owned struct {
	Model, Column string
	OwnerColumn   string // "" means the primary key
}

// ColumnType is the type of an extra column.
type ColumnType int

// The types of extra columns, and the Go types of their values. nil is NULL.
const (
	Text      ColumnType = iota // string
	Integer                     // int64
	Decimal                     // string, exact
	Boolean                     // bool
	Timestamp                   // time.Time
	JSON                        // json.RawMessage
	Float                       // float64
)

func (t ColumnType) sql() string {
	return [...]string{"text", "integer", "numeric", "boolean", "timestamptz", "jsonb", "double precision"}[t]
}

// Column is an extra column of a link table.
type Column struct {
	Name string
	Type ColumnType
	// NotNull without a default makes the value mandatory for a new link.
	NotNull bool
	Default string // as text; "" means NULL
	// EmptyDefault makes the empty text the default.
	EmptyDefault bool
}

// required reports whether a new link must have a value for the column.
func (c *Column) required() bool { return c.NotNull && c.Default == "" && !c.EmptyDefault }
