package linkstore

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

const (
	maxNameBytes = 63
)

// End is one side of a link.
type End struct {
	Model string
	Key   string // "" means the model's key
	// Columns are the link table's columns that hold this end's key, one for each key column of the model. nil
	// means Key for a key of one column. For a key of several columns it means one name for each: Key without a
	// final _id, "_" and the key column. A read-only link has no columns.
	Columns []string
	// ColumnType is "text" if the link table stores the key as text although the record's key is a number or a
	// uuid. Tables of another program may do so. "" means the type of the record's key.
	ColumnType string
	// RecordKey is the column of the record whose value the link holds. It must be of type text. "" means the
	// primary key. Only a read-only link may hold another column.
	RecordKey string
	// IsList allows one record at the other end to be linked to many records at this end.
	IsList bool
	// DeleteCascade deletes the record at this end with the record at the other end.
	DeleteCascade bool
	// Field is the name of the model's field that leads to the other end. The store does not use it.
	Field string
}

// Definition declares a link between two models.
type Definition struct {
	Name          string // "" means <module>_<model>_<module>_<model>
	Schema, Table string // "" means the name, shortened to 63 bytes
	IDPrefix      string
	Left, Right   End
	Columns       []Column
	// ReadOnly names the columns of the left model that hold the key of the right one, separated by ", ". A
	// read-only link has no table.
	ReadOnly string
	// SkipExistence turns off the check that both records exist.
	SkipExistence bool

	left, right *Model
	// The columns that hold the keys of the two ends: in the link table, or in the left model's table if the link
	// is read-only.
	leftKey, rightKey rowkey.Columns
}

// Key identifies a record by module, key name and id.
type Key struct{ Module, Name, ID string }

// Item identifies two records to link: by Link, Left and Right, or by two Keys in either order. With Keys, Link is
// needed only if there is more than one link between the same keys.
type Item struct {
	Link        string
	Keys        []Key
	Left, Right string
	Data        map[string]any // extra columns by name
	// Err is an error that the caller has found in the item already. The item fails with it, beside those that the
	// store finds faulty.
	Err error
}

// Pair identifies a link: its definition and the ids of its two records.
type Pair struct{ Link, Left, Right string }

// Catalog is the validated set of models and links. It is immutable.
type Catalog struct {
	models  []*Model
	ordered []*Model // in lock order
	links   []*Definition
	byModel map[string]*Model
	byLink  map[string]*Definition
}

// NewCatalog checks models and links and builds their catalogue. The error reports every fault.
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

// shorten shortens a name to the length of a Postgres identifier. The result is deterministic.
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

func (d *Definition) readOnlyError() error {
	return &ReadOnlyError{d.Name, d.Left.Model, d.ReadOnly}
}

// column returns the extra column with the given name, or nil.
func (d *Definition) column(name string) *Column {
	for i := range d.Columns {
		if d.Columns[i].Name == name {
			return &d.Columns[i]
		}
	}
	return nil
}
