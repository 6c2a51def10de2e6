package recordstore

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// split returns the values of the parts of a composite column.
func (c *Column) split(key string) ([]any, error) {
	fields := make([]string, len(c.parts))
	for i, p := range c.parts {
		fields[i] = c.of.Columns[p].Field
	}
	form := "must be of the form " + strings.Join(fields, ":")
	invalid := func(reason string) error { return &InvalidError{Field: c.Field, Value: key, Reason: form + reason} }
	texts := strings.Split(key, ":")
	if len(texts) != len(c.parts) {
		return nil, invalid("")
	}
	for i, text := range texts {
		var ok bool
		if texts[i], ok = rowkey.Unescape(text); !ok {
			return nil, invalid(", with % written %25 and : written %3A inside of a value")
		}
	}
	values := make([]any, len(texts))
	for i, p := range c.parts {
		part := &c.of.Columns[p]
		var v any = texts[i]
		if part.Type == Integer {
			if n, err := strconv.ParseInt(texts[i], 10, 64); err == nil {
				v = n
			}
		}
		var reason string
		if values[i], reason = normalize(part, v); reason != "" {
			return nil, invalid(", and " + part.Field + " " + reason)
		}
	}
	return values, nil
}

// canonical returns the one spelling of a key column's value, or why the SQL type has no such value.
func canonical(sqlType, text string) (value, reason string) {
	value, ok := rowkey.Canonical(sqlType, text)
	switch {
	case ok:
		return value, ""
	case sqlType == "uuid":
		return "", "must be a UUID, as in 9f3c1c2e-6a1b-4f5d-8e7a-0b1c2d3e4f50"
	}
	return "", fmt.Sprintf("must be a whole number of %d bits", rowkey.IntegerBits(sqlType))
}

// keyArrays adds keys as arguments, an array for each column of r. How many of them the planner sees n says, as for
// rowkey.Ref.Arrays.
func (b *builder) keyArrays(r rowkey.Ref, keys []string, n int) string {
	first := len(b.args) + 1
	b.args = append(b.args, rowkey.Args(keys, len(r))...)
	return r.Arrays(first, n)
}

// among compares r with a list of keys, whose length the planner sees.
func (b *builder) among(r rowkey.Ref, keys []string) string {
	return r.Among(b.keyArrays(r, keys, rowkey.Many))
}

// amongGiven is among for a statement of a write: it is planned anew for each length only if the keys are many.
func (b *builder) amongGiven(r rowkey.Ref, keys []string) string {
	return r.Among(b.keyArrays(r, keys, len(keys)))
}

// keyParams adds one key as arguments and refers to them.
func (b *builder) keyParams(r rowkey.Ref, key string) rowkey.Ref {
	first := len(b.args) + 1
	for _, part := range rowkey.Split(key, len(r)) {
		b.arg(part)
	}
	return r.Params(first)
}

// ref refers to columns of a model's table, each by its index.
func (b *builder) ref(m *Model, alias string, columns []int) rowkey.Ref {
	r := make(rowkey.Ref, len(columns))
	for i, col := range columns {
		r[i] = rowkey.Expr{SQL: b.column(m, alias, col), Type: m.Columns[col].sqlType()}
	}
	return r
}

// throughRef refers to the columns of a join table that hold a key of the model.
func throughRef(alias string, names []string, m *Model, columns []int, text bool) rowkey.Ref {
	r := make(rowkey.Ref, len(names))
	for i, name := range names {
		r[i] = rowkey.Expr{SQL: alias + "." + quote(name), Type: m.Columns[columns[i]].sqlType()}
		if text {
			r[i].Type = "text"
		}
	}
	return r
}

// tableRef refers to columns by their names alone, behind a prefix as "t.".
func tableRef(prefix string, m *Model, columns []int) rowkey.Ref {
	r := make(rowkey.Ref, len(columns))
	for i, col := range columns {
		r[i] = rowkey.Expr{SQL: prefix + quote(m.Columns[col].Name), Type: m.Columns[col].sqlType()}
	}
	return r
}

// onlyOf reports whether all columns are among those of the primary key.
func (m *Model) onlyOf(columns ...int) bool {
	for _, i := range columns {
		if i != m.primary && !slices.Contains(m.key, i) {
			return false
		}
	}
	return true
}

// castTo returns the expressions of r that stand for columns of a model, in the types of these columns and by their
// indexes.
func castTo(m *Model, columns []int, r rowkey.Ref) map[int]string {
	exprs := make(map[int]string, len(columns))
	for i, col := range columns {
		exprs[col] = r[i].SQL
		if t := m.Columns[col].sqlType(); t != r[i].Type {
			exprs[col] += "::" + t
		}
	}
	return exprs
}
