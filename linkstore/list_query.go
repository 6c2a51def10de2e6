package linkstore

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// Op is a comparison operator.
type Op string

// The operators. A NULL matches none of them but IsNull.
const (
	Eq     Op = "="
	Ne     Op = "<>"
	Gt     Op = ">"
	Gte    Op = ">="
	Lt     Op = "<"
	Lte    Op = "<="
	In     Op = "IN"     // Value is []string
	IsNull Op = "ISNULL" // Value is a bool
)

// Condition compares a column of the link table: a key, the id, a timestamp or an extra column. A key of several
// columns is compared with ids as a whole, column by column. Each of its columns can also be named.
type Condition struct {
	Column string
	Op     Op
	Value  any
}

// lister builds a SELECT over a link table.
type lister struct {
	def  *Definition
	args []any
}

func (l *lister) arg(v any) string {
	l.args = append(l.args, v)
	return fmt.Sprintf("$%d", len(l.args))
}

// column returns the type of a column. If the name is that of a key, it returns the columns of the key instead. The
// error for an unknown name lists the valid ones.
func (l *lister) column(name string) (sqlType string, key rowkey.Columns, err error) {
	d := l.def
	switch name {
	case "id":
		return "text", nil, nil
	case "created_at", "updated_at", "deleted_at":
		return "timestamptz", nil, nil
	case d.Left.Key:
		return "", d.leftKey, nil
	case d.Right.Key:
		return "", d.rightKey, nil
	}
	for _, c := range slices.Concat(d.leftKey, d.rightKey) {
		if c.Name == name {
			return "", rowkey.Columns{c}, nil
		}
	}
	if c := d.column(name); c != nil {
		return c.Type.sql(), nil, nil
	}
	choices := []string{"id", d.Left.Key, d.Right.Key, "created_at", "updated_at", "deleted_at"}
	for _, c := range slices.Concat(d.leftKey, d.rightKey) {
		if !slices.Contains(choices, c.Name) {
			choices = append(choices, c.Name)
		}
	}
	for _, c := range d.Columns {
		choices = append(choices, c.Name)
	}
	return "", nil, undefined("column of "+d.Name, name, choices, ErrInvalid)
}

func valueText(v any) string {
	if t, ok := v.(time.Time); ok {
		return t.Format(time.RFC3339Nano)
	}
	return fmt.Sprint(v)
}

func (l *lister) condition(c Condition) (string, error) {
	sqlType, key, err := l.column(c.Column)
	if err != nil {
		return "", err
	}
	name := "t." + quote(c.Column)
	if key != nil {
		name, sqlType = key[:1].On("t").List(), "text"
	}
	switch c.Op {
	case IsNull:
		if c.Value == true {
			return name + " IS NULL", nil
		}
		return name + " IS NOT NULL", nil
	case In:
		values, ok := c.Value.([]string)
		if !ok {
			return "", &InvalidError{Field: c.Column, Reason: "IN takes a list of texts"}
		}
		if key != nil && !key.IsPlain() {
			return l.among(c.Column, key, values)
		}
		return fmt.Sprintf("%s = ANY(%s::text[]::%s[])", name, l.arg(values), sqlType), nil
	case Eq, Ne, Gt, Gte, Lt, Lte:
		if c.Value == nil {
			return "", &InvalidError{Field: c.Column, Reason: "null can only be compared with IsNull"}
		}
		if key != nil && !key.IsPlain() {
			return l.compare(c, key)
		}
		return fmt.Sprintf("%s %s %s::%s", name, c.Op, l.arg(valueText(c.Value)), sqlType), nil
	}
	return "", &InvalidError{
		Field:   c.Column,
		Reason:  fmt.Sprintf("unknown comparison %q", c.Op),
		Choices: []string{"=", "<>", ">", ">=", "<", "<=", "IN", "ISNULL"},
	}
}

// among returns the condition that a key is one of ids.
func (l *lister) among(field string, key rowkey.Columns, ids []string) (string, error) {
	ids, err := canonicalIDs(key, field, ids)
	if err != nil {
		return "", err
	}
	first := len(l.args) + 1
	l.args = append(l.args, rowkey.Args(ids, len(key))...)
	return amongFew(key, "t", first), nil
}

// compare returns the condition that compares a key with an id, column by column.
func (l *lister) compare(c Condition, key rowkey.Columns) (string, error) {
	parts, err := splitID(key, c.Column, valueText(c.Value))
	if err != nil {
		return "", err
	}
	values := key.On("").Params(len(l.args) + 1).List()
	for _, part := range parts {
		l.arg(part)
	}
	if len(key) == 1 {
		return fmt.Sprintf("%s %s %s", key.On("t").List(), c.Op, values), nil
	}
	return fmt.Sprintf("(%s) %s (%s)", key.On("t").List(), c.Op, values), nil
}

func (l *lister) where(opts ListOptions) (string, error) {
	parts := []string{"TRUE"}
	if !opts.WithDeleted {
		parts = append(parts, "t.deleted_at IS NULL")
	}
	for _, c := range opts.Where {
		p, err := l.condition(c)
		if err != nil {
			return "", err
		}
		parts = append(parts, p)
	}
	return strings.Join(parts, " AND "), nil
}

// sortKey is one column that a list is sorted by.
type sortKey struct {
	column, cast string
	desc         bool
	value        any // the value of the link that the page comes after; nil means NULL
}

// sortKeys returns the sort keys of the options, followed by the id. A key of several columns becomes several sort
// keys.
func (l *lister) sortKeys(opts ListOptions) ([]sortKey, error) {
	var all []sortKey
	for _, o := range append(slices.Clone(opts.OrderBy), Order{Column: "id"}) {
		sqlType, key, err := l.column(o.Column)
		if err != nil {
			return nil, err
		}
		if key == nil {
			k := sortKey{column: o.Column, cast: "::" + sqlType, desc: o.Desc}
			if opts.After != nil {
				k.value = opts.After.value(o.Column)
			}
			all = append(all, k)
			continue
		}
		var values map[string]string
		if opts.After != nil {
			if values = opts.After.keyValues(l.def); values == nil {
				return nil, &InvalidError{Field: "after", Reason: "is not a link of " + l.def.Name}
			}
		}
		for _, c := range key {
			k := sortKey{column: c.Name, cast: "::text", desc: o.Desc, value: values[c.Name]}
			if t := c.SQLType(); t != "text" {
				k.cast += "::" + t
			}
			all = append(all, k)
		}
	}
	return all, nil
}

// order returns the ORDER BY clause, and the condition that a row comes after opts.After, or "".
func (l *lister) order(opts ListOptions) (by, after string, err error) {
	keys, err := l.sortKeys(opts)
	if err != nil {
		return "", "", err
	}
	var sorts, ors, equal []string
	for _, k := range keys {
		name := "t." + quote(k.column)
		op, direction := ">", ""
		if k.desc {
			op, direction = "<", " DESC NULLS LAST"
		}
		sorts = append(sorts, name+direction)
		if opts.After == nil {
			continue
		}
		if k.value == nil { // NULLs come last: only another NULL can follow
			equal = append(equal, name+" IS NULL")
			continue
		}
		arg := l.arg(valueText(k.value)) + k.cast
		beyond := fmt.Sprintf("(%s %s %s OR %s IS NULL)", name, op, arg, name)
		ors = append(ors, strings.Join(append(append([]string{}, equal...), beyond), " AND "))
		equal = append(equal, name+" = "+arg)
	}
	if opts.After != nil {
		after = " AND ((" + strings.Join(ors, ") OR (") + "))"
	}
	return " ORDER BY " + strings.Join(sorts, ", "), after, nil
}

// value returns the value of a column. nil means NULL.
func (l *Link) value(column string) any {
	switch column {
	case "id":
		return l.ID
	case "created_at":
		return l.CreatedAt
	case "updated_at":
		return l.UpdatedAt
	case "deleted_at":
		if l.DeletedAt == nil {
			return nil
		}
		return *l.DeletedAt
	}
	return l.Data[column]
}

// keyValues returns the values of the link's key columns by name, or nil if the link's ids do not fit the
// definition.
func (l *Link) keyValues(d *Definition) map[string]string {
	values := make(map[string]string, d.width())
	for _, end := range []struct {
		key rowkey.Columns
		id  string
	}{{d.leftKey, l.Left}, {d.rightKey, l.Right}} {
		if !end.key.Fits(end.id) {
			return nil
		}
		for i, part := range rowkey.Split(end.id, len(end.key)) {
			values[end.key[i].Name] = part
		}
	}
	return values
}
