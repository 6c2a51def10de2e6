package linkstore

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

const (
	maxNameBytes = 63
)

// Model is a data model whose records links join.
type Model struct {
	Module string // "product"
	Name   string // "ProductVariant"; unique in the catalogue
	Schema string // "" is the search path's
	// Table holds the records. "" means that the module lives elsewhere: nothing is checked there and nothing cascades.
	Table string
	// PrimaryKey is the columns of the key, in their order. nil is one column of texts, id.
	PrimaryKey []KeyColumn
	// Key is the name links and inputs know a record by: "variant_id". Unique inside its module. "" means that the model
	// cannot be named, only reached.
	Key          string
	NoSoftDelete bool // the table has no deleted_at
	// Owns are the records of the module that go with a record.
	Owns []Owned

	key   rowkey.Columns
	rank  int  // in the order of locks
	loose bool // some of its records may have no row to lock
}

// Owned says that records of Model whose Column equals the owner's OwnerColumn are deleted with the owner. Either may name
// several columns, separated by ", ".
type Owned struct {
	Model, Column string
	OwnerColumn   string // "" is the primary key
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
	// NotNull without a default says that the value must be given when a link is made.
	NotNull bool
	Default string // as text; "" is NULL
	// EmptyDefault says that the default is the empty text.
	EmptyDefault bool
}

// required reports whether a new link must be given a value.
func (c *Column) required() bool { return c.NotNull && c.Default == "" && !c.EmptyDefault }

// End is one side of a link.
type End struct {
	Model string
	Key   string // "" is the model's
	// Columns are those of the link table that hold this end's key, one for each of the model's key columns. nil is Key for a
	// key of one column; for others it is, for each, Key without a final _id, "_" and the key column. A read-only link has none.
	Columns []string
	// ColumnType is "text" if the link table stores the key as text although the record's key is a number or a uuid. Tables
	// that another program made may do so. "" is the type of the record's key.
	ColumnType string
	// RecordKey is the column of the record that the link holds, one of texts. "" is the primary key; only a read-only link may
	// hold another.
	RecordKey string
	// IsList says that many records of this end may be linked to one record of the other end.
	IsList bool
	// DeleteCascade says that the record at this end is deleted with the record at the other end.
	DeleteCascade bool
	// Field is what the model calls the way to the other end. The store does not use it.
	Field string
}

// Definition is a link.
type Definition struct {
	Name          string // "" is <module>_<model>_<module>_<model>
	Schema, Table string // "" is the name, shortened to 63 bytes
	IDPrefix      string
	Left, Right   End
	Columns       []Column
	// ReadOnly names the column of the left model that holds the right one's key, or the columns, separated by ", ". Such a link
	// has no table.
	ReadOnly string
	// SkipExistence leaves out the check that both records exist.
	SkipExistence bool

	left, right *Model
	// The columns that hold the keys of the two ends: of the link table, or of the left model's if the link is read-only.
	leftKey, rightKey rowkey.Columns
}

// Key names a record: module, key and id.
type Key struct{ Module, Name, ID string }

// Item names two records to link: Link with Left and Right, or two Keys in either order. With Keys, Link is needed only to
// tell apart two links between the same keys.
type Item struct {
	Link        string
	Keys        []Key
	Left, Right string
	Data        map[string]any // extra columns by name
}

// Pair is what an Item means.
type Pair struct{ Link, Left, Right string }

// Catalog is the validated set of models and links. It does not change.
type Catalog struct {
	models  []*Model
	ordered []*Model // as their records are locked
	links   []*Definition
	byModel map[string]*Model
	byLink  map[string]*Definition
}

// NewCatalog checks the models and links. The error reports every fault.
func NewCatalog(models []Model, links []Definition) (*Catalog, error) {
	c := &Catalog{byModel: map[string]*Model{}, byLink: map[string]*Definition{}}
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	for _, m := range models {
		m.setKey(fault)
		if c.byModel[m.Name] != nil {
			fault("model %s is declared twice", m.Name)
		}
		if other, err := c.ModelByKey(m.Module, m.Key); err == nil && m.Key != "" {
			fault("models %s and %s of module %s have the same key %s", other.Name, m.Name, m.Module, m.Key)
		}
		c.models = append(c.models, &m)
		c.byModel[m.Name] = &m
	}
	for _, m := range c.models {
		for _, o := range m.Owns {
			if child := c.byModel[o.Model]; child == nil {
				fault("model %s owns unknown model %q", m.Name, o.Model)
			} else if child.Module != m.Module {
				fault("model %s owns %s of another module: link them with deleteCascade", m.Name, o.Model)
			} else if child.NoSoftDelete {
				fault("model %s owns %s, which cannot be soft-deleted", m.Name, o.Model)
			} else if n := len(m.ownerColumns(o)); n != len(splitColumns(o.Column)) {
				fault("model %s owns %s by %q, which does not name %d columns", m.Name, o.Model, o.Column, n)
			}
		}
	}
	for _, d := range links {
		c.addLink(&d, fault)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("linkstore: %w", err)
	}
	c.setLockOrder()
	return c, nil
}

func (c *Catalog) addLink(d *Definition, fault func(string, ...any)) {
	for _, side := range []struct {
		name  string
		end   *End
		model **Model
	}{{"left", &d.Left, &d.left}, {"right", &d.Right, &d.right}} {
		m := c.byModel[side.end.Model]
		if m == nil {
			fault("link %s: %s: unknown model %q", d.Name, side.name, side.end.Model)
			return
		}
		*side.model = m
		if side.end.Key == "" {
			side.end.Key = m.Key
		}
		if side.end.RecordKey == "" && len(m.key) == 1 {
			side.end.RecordKey = m.key[0].Name
		}
		if side.end.Key == "" {
			fault("link %s: %s: model %s has no key", d.Name, side.name, m.Name)
		}
		if side.end.RecordKey != "" && side.end.RecordKey != m.key.Form() && d.ReadOnly == "" {
			fault("link %s: %s: a stored link holds primary keys, not %s", d.Name, side.name, side.end.RecordKey)
		}
		if side.end.DeleteCascade && (m.NoSoftDelete || m.Table == "") {
			fault(
				"link %s: %s: records of %s cannot be soft-deleted, so nothing can cascade to them",
				d.Name,
				side.name,
				m.Name,
			)
		}
	}
	if d.Name == "" {
		d.Name = defaultName(d)
	}
	d.setKeys(fault)
	if d.Table == "" && d.ReadOnly == "" {
		d.Table = shorten(d.Name)
	}
	if len(d.Table) > maxNameBytes {
		fault("link %s: table name is longer than %d bytes", d.Name, maxNameBytes)
	}
	if c.byLink[d.Name] != nil {
		fault("link %s is declared twice", d.Name)
	}
	if d.Left.Key == d.Right.Key {
		fault("link %s: both ends are called %s", d.Name, d.Left.Key)
	}
	if d.IDPrefix == "" && d.ReadOnly == "" {
		fault("link %s has no id prefix", d.Name)
	}
	for _, other := range c.links {
		if d.ReadOnly == "" && other.ReadOnly == "" && other.Table == d.Table && other.Schema == d.Schema {
			fault("links %s and %s have the same table %s", other.Name, d.Name, d.Table)
		}
	}
	c.links = append(c.links, d)
	c.byLink[d.Name] = d
}

func defaultName(d *Definition) string {
	return strings.Join([]string{d.left.Module, snake(d.left.Name), d.right.Module, snake(d.right.Name)}, "_")
}

func snake(s string) string {
	var b strings.Builder
	for i, r := range s {
		if r >= 'A' && r <= 'Z' {
			if i > 0 {
				b.WriteByte('_')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// shorten makes a name fit into an identifier of Postgres, the same way every time.
func shorten(name string) string {
	if len(name) <= maxNameBytes {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return name[:maxNameBytes-9] + "_" + hex.EncodeToString(sum[:4])
}

// Links returns all links, in the order of their declaration.
func (c *Catalog) Links() []*Definition { return c.links }

// Models returns all models, in the order of their declaration.
func (c *Catalog) Models() []*Model { return c.models }

// Link returns a link by its name.
func (c *Catalog) Link(name string) (*Definition, bool) {
	d, ok := c.byLink[name]
	return d, ok
}

// Model returns a model by its name.
func (c *Catalog) Model(name string) (*Model, bool) {
	m, ok := c.byModel[name]
	return m, ok
}

// ModelByKey returns the model that a module knows by a key. The error, an *UndefinedError, names the choices.
func (c *Catalog) ModelByKey(module, key string) (*Model, error) {
	var keys, names []string
	for _, m := range c.models {
		if m.Module == module && m.Key == key {
			return m, nil
		}
		if m.Module == module && m.Key != "" {
			keys = append(keys, m.Key)
		}
		if !slices.Contains(names, m.Module) {
			names = append(names, m.Module)
		}
	}
	if !slices.Contains(names, module) {
		return nil, &UndefinedError{"module", module, names, ErrInvalid}
	}
	return nil, &UndefinedError{"key of module " + module, key, keys, ErrInvalid}
}

// is reports whether a key names this end.
func (e *End) is(m *Model, module, key string) bool { return m.Module == module && e.Key == key }

// Find returns the links between two keys, in either order.
func (c *Catalog) Find(moduleA, keyA, moduleB, keyB string) []*Definition {
	var found []*Definition
	for _, d := range c.links {
		if d.Left.is(d.left, moduleA, keyA) && d.Right.is(d.right, moduleB, keyB) ||
			d.Left.is(d.left, moduleB, keyB) && d.Right.is(d.right, moduleA, keyA) {
			found = append(found, d)
		}
	}
	return found
}

// linkNames lists the links, for error messages.
func (c *Catalog) linkNames() []string {
	names := make([]string, len(c.links))
	for i, d := range c.links {
		names[i] = d.Name
	}
	return names
}

// Resolve says which link and which records an item means. The ids are in their canonical form.
func (c *Catalog) Resolve(item Item) (Pair, error) {
	d, pair, err := c.resolve(item)
	if err != nil {
		return pair, err
	}
	left, right := d.leftKey, d.rightKey
	if d.ReadOnly == "" { // the same keys, by the names that the records have for their columns
		left, right = d.left.key, d.right.key
	}
	if pair.Left, err = canonicalID(left, d.Left.Key, pair.Left); err != nil {
		return pair, err
	}
	pair.Right, err = canonicalID(right, d.Right.Key, pair.Right)
	return pair, err
}

func (c *Catalog) resolve(item Item) (*Definition, Pair, error) {
	var named *Definition
	if item.Link != "" {
		var ok bool
		if named, ok = c.byLink[item.Link]; !ok {
			return nil, Pair{}, &UndefinedError{"link", item.Link, c.linkNames(), ErrLinkNotDefined}
		}
	}
	if len(item.Keys) == 0 {
		if named == nil {
			return nil, Pair{}, &InvalidError{
				Field:  "link",
				Reason: "is missing: name the link and its two ends, or two keys",
			}
		}
		return named, Pair{named.Name, item.Left, item.Right}, nil
	}
	if item.Left != "" || item.Right != "" {
		return nil, Pair{}, &InvalidError{Field: "keys", Reason: "ends and keys exclude each other"}
	}
	if len(item.Keys) != 2 {
		return nil, Pair{}, &InvalidError{
			Field:  "keys",
			Reason: fmt.Sprintf("a link joins two records, %d were named", len(item.Keys)),
		}
	}
	a, b := item.Keys[0], item.Keys[1]
	for _, k := range item.Keys {
		if err := c.checkKey(k); err != nil {
			return nil, Pair{}, err
		}
	}
	found := c.Find(a.Module, a.Name, b.Module, b.Name)
	if named != nil {
		found = slices.DeleteFunc(found, func(d *Definition) bool { return d != named })
	}
	if len(found) == 0 {
		name := fmt.Sprintf("%s.%s to %s.%s", a.Module, a.Name, b.Module, b.Name)
		return nil, Pair{}, &UndefinedError{"link", name, c.linkNames(), ErrLinkNotDefined}
	}
	if len(found) > 1 {
		names := make([]string, len(found))
		for i, d := range found {
			names[i] = d.Name
		}
		return nil, Pair{}, &InvalidError{
			Field:   "link",
			Reason:  "more than one link joins these keys: name it",
			Choices: names,
		}
	}
	d := found[0]
	if !d.Left.is(d.left, a.Module, a.Name) {
		a, b = b, a
	}
	return d, Pair{d.Name, a.ID, b.ID}, nil
}

// checkKey finds keys that no model and no end of a link has.
func (c *Catalog) checkKey(k Key) error {
	_, err := c.ModelByKey(k.Module, k.Name)
	if err == nil {
		return nil
	}
	for _, d := range c.links {
		if d.Left.is(d.left, k.Module, k.Name) || d.Right.is(d.right, k.Module, k.Name) {
			return nil
		}
	}
	return err
}

func (d *Definition) readOnlyError() error {
	return &ReadOnlyError{d.Name, d.Left.Model, d.ReadOnly}
}

// column returns an extra column by its name.
func (d *Definition) column(name string) *Column {
	for i := range d.Columns {
		if d.Columns[i].Name == name {
			return &d.Columns[i]
		}
	}
	return nil
}
