package linkstore

import (
	"slices"
	"strings"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// setKey applies defaults to the columns of the primary key and checks them.
func (m *Model) setKey(fault func(string, ...any)) {
	m.PrimaryKey = slices.Clone(m.PrimaryKey)
	if len(m.PrimaryKey) == 0 {
		m.PrimaryKey = []KeyColumn{{Name: "id"}}
	}
	names := make([]string, len(m.PrimaryKey))
	for i := range m.PrimaryKey {
		column := &m.PrimaryKey[i]
		if column.Type == "" {
			column.Type = "text"
		}
		if !rowkey.ValidType(column.Type) {
			fault(
				"model %s: key column %s has unknown type %q; the choices are %s",
				m.Name,
				column.Name,
				column.Type,
				strings.Join(rowkey.Types(), ", "),
			)
		}
		if column.Name == "" || slices.Contains(names[:i], column.Name) {
			fault("model %s: key column %d has no name of its own", m.Name, i+1)
		}
		names[i] = column.Name
	}
	m.key = keyColumns(m.PrimaryKey, names, "")
}

// splitColumns splits a comma-separated list of columns.
func splitColumns(list string) []string {
	if list == "" {
		return nil
	}
	names := strings.Split(list, ",")
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	return names
}

// ownerColumns returns the columns of the owner that o.Column refers to.
func (m *Model) ownerColumns(o Owned) []string {
	if o.OwnerColumn == "" {
		return m.key.Names()
	}
	return splitColumns(o.OwnerColumn)
}

// setKeys applies defaults to the columns that hold the keys of the two ends, and checks them.
func (d *Definition) setKeys(fault func(string, ...any)) {
	for _, side := range []struct {
		name string
		end  *End
		m    *Model
		key  *rowkey.Columns
	}{{"left", &d.Left, d.left, &d.leftKey}, {"right", &d.Right, d.right, &d.rightKey}} {
		end := side.end
		if end.ColumnType != "" && end.ColumnType != "text" {
			fault(
				"link %s: %s: unknown column type %q; the choices are text, or none",
				d.Name,
				side.name,
				end.ColumnType,
			)
		}
		if d.ReadOnly == "" {
			if len(end.Columns) == 0 {
				end.Columns = defaultColumns(end.Key, side.m)
			}
			if len(end.Columns) != len(side.m.key) {
				fault(
					"link %s: %s: %d columns cannot hold a key of %d: %s",
					d.Name,
					side.name,
					len(end.Columns),
					len(side.m.key),
					side.m.key.Form(),
				)
				end.Columns = defaultColumns(end.Key, side.m)
			}
			*side.key = keyColumns(side.m.PrimaryKey, end.Columns, end.ColumnType)
			continue
		}
		if len(end.Columns) > 0 {
			fault("link %s: %s: a read-only link has no table, so it cannot name columns of one", d.Name, side.name)
		}
		if side.name == "left" {
			*side.key = side.m.key
			continue
		}
		held := side.m.PrimaryKey
		if end.RecordKey != "" && end.RecordKey != side.m.key.Form() {
			held = []KeyColumn{{Name: end.RecordKey, Type: "text"}}
			for _, column := range side.m.PrimaryKey {
				if column.Name == end.RecordKey {
					held[0].Type = column.Type
				}
			}
		}
		columns := splitColumns(d.ReadOnly)
		if len(columns) != len(held) {
			fault(
				"link %s: %q does not name %d columns, the number in the key of %s",
				d.Name,
				d.ReadOnly,
				len(held),
				side.m.Name,
			)
			return
		}
		*side.key = keyColumns(held, columns, end.ColumnType)
	}
	if d.ReadOnly == "" {
		d.checkColumns(fault)
	}
}

// defaultColumns returns the default names of a link table's columns for a key. A key of one column has one column
// with the name of the key. The key bin_id of the columns aisle and number has the columns bin_aisle and
// bin_number.
func defaultColumns(key string, m *Model) []string {
	if len(m.key) == 1 {
		return []string{key}
	}
	names := m.key.Names()
	for i := range names {
		names[i] = strings.TrimSuffix(key, "_id") + "_" + names[i]
	}
	return names
}

// checkColumns reports duplicate and overlong column names of the link table.
func (d *Definition) checkColumns(fault func(string, ...any)) {
	names := slices.Concat(
		[]string{"id", "created_at", "updated_at", "deleted_at"},
		d.leftKey.Names(),
		d.rightKey.Names(),
	)
	for _, c := range d.Columns {
		names = append(names, c.Name)
	}
	for i, name := range names {
		if slices.Contains(names[:i], name) && d.Left.Key != d.Right.Key {
			fault("link %s: two columns are called %s", d.Name, name)
		}
		if len(name) > maxNameBytes {
			fault("link %s: column name %s is longer than %d bytes", d.Name, name, maxNameBytes)
		}
	}
}
