// Package recordstore keeps the records of commerce modules: one store for all of them, run by what their schemas declare. It
// writes records, and reads lists and relations in statements whose number depends on the shape of the question alone.
//
// Modules do not know each other. A relation between two of them is a link; to this package it is one more join table.
package recordstore

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// Type is how a column's values are presented. It decides how they are read, compared and written.
type Type int

// The types of columns. A NULL of any of them is nil.
const (
	Text    Type = iota // string
	Integer             // int64, 32 bits wide on the wire
	Float               // float64
	Decimal             // string, exact
	Boolean             // bool
	Time                // time.Time
	JSON                // json.RawMessage
	Enum                // string: the value the database holds
)

func (t Type) String() string {
	return [...]string{"text", "integer", "float", "decimal", "boolean", "timestamp", "json", "enum"}[t]
}

// Column is one column of a model's table.
type Column struct {
	Name  string // in the database: "product_id"
	Field string // in the API: "productId"
	Type  Type
	// SQLType is what values are cast to. "" is the usual type of Type.
	SQLType string
	// KeyType is the SQL type of the key that a Text holds as text: its values are spelled as that type spells them.
	KeyType string
	NotNull bool
	// Default says that the database fills the column when it is left out.
	Default bool
	// ReadOnly columns are set by the store or by a rule, never by a caller.
	ReadOnly bool
	// Secret columns are shown to callers who may write alone. The store does not look at it.
	Secret bool
	// Unique says that no two live records have the same value: Fetch.By may name it.
	Unique bool
	// Raw names the jsonb column that repeats a Decimal with its precision. "" means none.
	Raw string
	// RawDefault is the value of a Decimal that is left out on create, so that Raw can repeat it. "" means that the database knows.
	RawDefault string
	// SlugOf names the column whose URL-safe form fills this one when it is left out. "" means none.
	SlugOf string
	// Min is the least value of a number that is written, as a decimal. "" means none. Rows of other programs may have less.
	Min string
	// Codes names the list in Config.Codes that a Text is a code of when it is written. "" means none.
	Codes string
	// Values are the values of an Enum, as the database holds them.
	Values []string
	// Parts name the columns that together are this one: a composite key, shown as one text. It is in no table itself.
	Parts []string

	parts  []int
	of     *Model // that Parts are columns of
	absent bool   // the database lacks the column
	keyed  *keyed // of a narrowed catalogue: which keys of a JSON object are seen; nil means all
}

// Through is the join table of a relation that is not a foreign key.
type Through struct {
	Schema, Table string
	Columns       []string // hold the near record's key
	TargetColumns []string // hold the far record's key
	// Text says, of each end, that the columns hold the key as text although the record's is of another type.
	Text, TargetText bool
	SoftDelete       bool // rows have deleted_at
	// Row names the model of the join table's rows, which is the link of a hop between modules. "" means the rows are
	// not shown.
	Row string
	// IDPrefix is the prefix of the join rows' own ids. "" means they have none.
	IDPrefix string

	// Shared says that another program writes to the table, and may leave rows whose records are gone.
	Shared bool

	stand string // as Model.stand
}

// Relation leads from one model to another: inside a module by a column or a join table, between modules by a link.
// Package recordstore does not tell them apart: a link is a Through.
type Relation struct {
	Field  string // in the API: "variants"
	Target string // model name
	// Many says that one record leads to many.
	Many bool
	// Columns are the near model's that are compared. TargetColumns are the far model's. With a Through each are
	// compared with the join table's of that side.
	Columns, TargetColumns []string
	Through                *Through
	// Cascade says that deleting the near record deletes the far ones. Inside a module only.
	Cascade bool
	// Settable names the input field that sets the far ids of a join table. "" means none.
	Settable string
}

// End is one end of a link: the model there, and the field of the link's row that holds the key.
type End struct{ Module, Model, Field string }

// Model is a data model: how the records of one table look.
type Model struct {
	Name          string // "ProductVariant"
	Module        string // "product"
	Schema, Table string // schema "" is the search path's
	PrimaryKey    string // column name; of a composite key, the column made of its parts
	Key           string // "variant_id"; "" means the model cannot be linked
	IDPrefix      string // "" means that ids are given by the caller
	SoftDelete    bool   // has deleted_at
	ReadOnly      bool   // the store writes no records of it
	// Link names the link whose rows these are. "" means that the model is a module's own.
	Link string
	// Ends are the left and the right end of that link.
	Ends      [2]End
	Columns   []Column
	Relations []Relation

	columns   map[string]int // by name and by field
	relations map[string]int
	primary   int
	key       []int  // the columns of the primary key: primary itself, or its parts
	pair      []int  // of a join table's rows: the columns of both keys, which no two rows have alike
	stand     string // what is read instead of a table that the database lacks, or lacks columns of
	absent    bool   // the database lacks the table

	scope  Expr            // which records are seen; nil means all
	fields map[string]bool // what of them may be named; nil means all
	nested bool
}

// Column returns the index of a column, named as in the database or in the API. One that a view hides is not found.
func (m *Model) Column(name string) (int, bool) {
	i, ok := m.columns[name]
	return i, ok && m.sees(m.Columns[i].Field)
}

// Relation returns a relation by its field. One that a view hides is not found.
func (m *Model) Relation(field string) (*Relation, bool) {
	i, ok := m.relations[field]
	if !ok || !m.sees(field) {
		return nil, false
	}
	return &m.Relations[i], true
}

// Primary returns the index of the primary key's column.
func (m *Model) Primary() int { return m.primary }

// IsNode reports whether the records can be told from those of all other models by their id alone. A number cannot.
func (m *Model) IsNode() bool {
	col := &m.Columns[m.primary]
	return col.Name == "id" && col.Type == Text && col.Parts == nil &&
		(col.SQLType == "uuid" || rowkey.IsText(col.sqlType()))
}

// KeyColumns returns the names and SQL types of the columns of the primary key.
func (m *Model) KeyColumns() (names, types []string) {
	for _, i := range m.key {
		names, types = append(names, m.Columns[i].Name), append(types, m.Columns[i].sqlType())
	}
	return names, types
}

// Catalog is the validated set of models. It does not change.
type Catalog struct {
	models []*Model
	byName map[string]*Model

	narrowed bool
	seen     map[string]bool // of a narrowed catalogue: the models that may be named
	viewer   string          // whose key scopes compare
}

// NewCatalog checks the models and how they refer to each other. The error reports every fault.
func NewCatalog(models []Model) (*Catalog, error) {
	c := &Catalog{byName: make(map[string]*Model, len(models))}
	var faults []error
	for i := range models {
		m := models[i]
		if err := m.index(); err != nil {
			faults = append(faults, err)
		}
		if _, ok := c.byName[m.Name]; ok {
			faults = append(faults, fmt.Errorf("model %s is declared twice", m.Name))
		}
		c.models = append(c.models, &m)
		c.byName[m.Name] = &m
	}
	for _, m := range c.models {
		for i := range m.Relations {
			faults = append(faults, c.checkRelation(m, &m.Relations[i]))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("modules: %w", err)
	}
	return c, nil
}

func (m *Model) index() error {
	m.Columns = slices.Clone(m.Columns)
	m.columns = make(map[string]int, 2*len(m.Columns))
	m.relations = make(map[string]int, len(m.Relations))
	for i, col := range m.Columns {
		m.columns[col.Name] = i
	}
	for i, col := range m.Columns {
		if _, ok := m.columns[col.Field]; !ok {
			m.columns[col.Field] = i
		}
	}
	for i, r := range m.Relations {
		m.relations[r.Field] = i
	}
	var ok bool
	if m.primary, ok = m.columns[m.PrimaryKey]; !ok {
		return fmt.Errorf("model %s: primary key %q is no column", m.Name, m.PrimaryKey)
	}
	for i := range m.Columns {
		if err := m.indexParts(&m.Columns[i]); err != nil {
			return err
		}
	}
	m.key = []int{m.primary}
	if parts := m.Columns[m.primary].parts; parts != nil {
		m.key = parts
	}
	return nil
}

func (m *Model) indexParts(col *Column) error {
	col.of = m
	for _, name := range col.Parts {
		i, ok := m.columns[name]
		if !ok || m.Columns[i].Parts != nil || !m.Columns[i].NotNull {
			return fmt.Errorf("model %s: %q of %s is no column that is never null", m.Name, name, col.Field)
		}
		col.parts = append(col.parts, i)
	}
	return nil
}

// Indexes returns the indexes of columns, by their names. All of them must be there.
func (m *Model) Indexes(names []string) []int {
	all := make([]int, len(names))
	for i, name := range names {
		all[i] = m.columns[name]
	}
	return all
}

// IsKey reports whether columns are the primary key.
func (m *Model) IsKey(columns []string) bool { return slices.Equal(m.Indexes(columns), m.key) }

func (c *Catalog) checkRelation(m *Model, r *Relation) error {
	target, ok := c.byName[r.Target]
	if !ok {
		return fmt.Errorf("model %s: relation %s leads to unknown model %q", m.Name, r.Field, r.Target)
	}
	for _, side := range []struct {
		m       *Model
		columns []string
	}{{m, r.Columns}, {target, r.TargetColumns}} {
		for _, name := range side.columns {
			if i, ok := side.m.Column(name); !ok || side.m.Columns[i].Parts != nil {
				return fmt.Errorf("model %s: relation %s: %q is no column of %s", m.Name, r.Field, name, side.m.Name)
			}
		}
	}
	if len(r.Columns) == 0 || len(r.Columns) != len(r.TargetColumns) && r.Through == nil {
		return fmt.Errorf(
			"model %s: relation %s compares %d columns with %d",
			m.Name,
			r.Field,
			len(r.Columns),
			len(r.TargetColumns),
		)
	}
	if t := r.Through; t != nil && (len(t.Columns) != len(r.Columns) || len(t.TargetColumns) != len(r.TargetColumns)) {
		return fmt.Errorf(
			"model %s: relation %s: the columns of %s do not fit those of the records",
			m.Name,
			r.Field,
			t.Table,
		)
	}
	if r.Through != nil && r.Through.Row != "" {
		row, ok := c.byName[r.Through.Row]
		if !ok {
			return fmt.Errorf("model %s: relation %s: unknown row model %q", m.Name, r.Field, r.Through.Row)
		}
		row.pair = row.Indexes(slices.Concat(r.Through.Columns, r.Through.TargetColumns))
	}
	return nil
}

// Models returns all models, in the order of their declaration.
func (c *Catalog) Models() []*Model { return c.models }

// Model returns a model by its name.
func (c *Catalog) Model(name string) (*Model, bool) {
	m, ok := c.byName[name]
	return m, ok && (!c.narrowed || c.seen[name])
}

// Target returns the model a relation of this catalogue leads to.
func (c *Catalog) Target(r *Relation) *Model { return c.byName[r.Target] }

// Row returns the model of the rows of a relation's join table, or nil.
func (c *Catalog) Row(r *Relation) *Model {
	if r.Through == nil {
		return nil
	}
	return c.byName[r.Through.Row]
}

// choices lists the column fields of a model, for error messages.
func (m *Model) choices() string {
	var names []string
	for _, col := range m.Columns {
		if m.sees(col.Field) {
			names = append(names, col.Field)
		}
	}
	return strings.Join(names, ", ")
}
