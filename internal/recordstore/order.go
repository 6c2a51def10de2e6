package recordstore

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Order is one sort key. The primary key is always added as the last one, so that the order is total.
type Order struct {
	// Path leads to the record that has the column. An empty path means the record itself.
	Path   []Step
	Column int
	// Row says that Column is one of the join table's row that leads to the record, not of the record.
	Row        bool
	Desc       bool
	NullsFirst bool
}

// needs reports whether a sort key reads more of the record than its primary key.
func (o Order) needs(m *Model) bool {
	switch {
	case o.Row:
		return false
	case len(o.Path) > 0:
		return !o.Path[0].Row && !m.onlyOf(m.Indexes(o.Path[0].Relation.Columns)...)
	default:
		return !m.onlyOf(o.Column)
	}
}

// Aggregate combines the values of many records into one.
type Aggregate string

// The aggregates. Of no record, Count is 0 and the others are null.
const (
	Min   Aggregate = "min"
	Max   Aggregate = "max"
	Count Aggregate = "count" // how many there are; it ends a path
)

// Step follows a relation on the way to a sort key.
type Step struct {
	Relation *Relation
	// Row says that the relation is one of the join table's row that leads to the record, not of the record.
	Row       bool
	Aggregate Aggregate // of a to-many relation
	Where     Expr      // selects the records that count; nil means all
}

// term is a sort key as SQL.
type term struct {
	expr             string
	column           *Column // describes the type of the values
	key              string  // identifies the term in cursors
	maybeNull        bool
	desc, nullsFirst bool
}

var countColumn = Column{Name: "count", Type: Integer, SQLType: "bigint", NotNull: true}

// terms returns the sort keys of a list, completed with its primary key. The primary key has the direction of the
// last key, so that one index can serve both.
func (b *builder) terms(m *Model, alias string, order []Order, where Expr) []term {
	terms := make([]term, 0, len(order)+1)
	desc := false
	for _, o := range order {
		for _, column := range m.sorted(o) {
			t := b.term(m, alias, column, o.Path)
			t.desc, t.nullsFirst = o.Desc, o.NullsFirst
			terms = append(terms, t)
		}
		desc = o.Desc
		if len(o.Path) == 0 && !o.Row && o.Column == m.primary {
			return terms
		}
	}
	if m.total(order, where) {
		return terms
	}
	for _, i := range m.key {
		t := b.term(m, alias, Order{Column: i}, nil)
		t.desc, t.nullsFirst = desc, desc
		terms = append(terms, t)
	}
	return terms
}

// total reports whether the sort keys order a join table's rows totally without the primary key: together with the
// columns that have only one value, they include all columns of the pair of keys.
func (m *Model) total(order []Order, where Expr) bool {
	if len(order) == 0 || len(m.pair) == 0 {
		return false
	}
	known := fixed(where)
	for _, o := range order {
		if len(o.Path) == 0 && !o.Row {
			known = append(known, o.Column)
		}
	}
	return !slices.ContainsFunc(m.pair, func(i int) bool { return !slices.Contains(known, i) })
}

// fixed returns the columns that have the same value in all records that match a condition.
func fixed(where Expr) (columns []int) {
	switch e := where.(type) {
	case And:
		for _, part := range e {
			columns = append(columns, fixed(part)...)
		}
	case Compare:
		if e.Op == Eq {
			columns = append(columns, e.Column)
		}
	}
	return columns
}

// sorted returns the sort key, or one sort key for each part if it is a composite key.
func (m *Model) sorted(o Order) []Order {
	if len(o.Path) > 0 || o.Row || m.Columns[o.Column].parts == nil {
		return []Order{o}
	}
	var parts []Order
	for _, i := range m.Columns[o.Column].parts {
		part := o
		part.Column = i
		parts = append(parts, part)
	}
	return parts
}

// term returns a sort key as SQL: a column, or nested subselects, one for each step of the path. A subselect relies
// on the index of its relation.
func (b *builder) term(m *Model, alias string, o Order, path []Step) term {
	if len(path) == 0 {
		if o.Row {
			m, alias = b.rows[alias].model, b.rows[alias].alias
		}
		col := &m.Columns[o.Column]
		return term{
			expr:      b.column(m, alias, o.Column),
			column:    col,
			key:       m.Table + "." + col.Name,
			maybeNull: !col.NotNull,
		}
	}
	step := path[0]
	row := ""
	if step.Row {
		m, alias = b.rows[alias].model, b.rows[alias].alias
		row = "link "
	}
	target := b.catalog.Target(step.Relation)
	counts := step.Aggregate == Count
	src := b.source(m, step.Relation, target, !counts || !onlyKey(target, step.Where))
	inner := term{expr: "*", column: &countColumn}
	if !counts {
		inner = b.term(target, src.target, o, path[1:])
	}
	what, limit := inner.expr, " LIMIT 1"
	if step.Aggregate != "" {
		what, limit = string(step.Aggregate)+"("+inner.expr+")", ""
	}
	near := b.ref(m, alias, m.Indexes(step.Relation.Columns))
	where := b.part(func() { b.conditions(target, src, step.Where) })
	return term{
		expr:      "(SELECT " + what + " FROM " + src.from + " WHERE " + src.near.Equals(near) + where + limit + ")",
		column:    inner.column,
		maybeNull: !counts,
		key: row + step.Relation.Field + " " + string(
			step.Aggregate,
		) + " " + whereKey(
			b.catalog,
			m,
			target,
			step,
		) + " " + inner.key,
	}
}

// part returns what fn writes, instead of adding it to the statement.
func (b *builder) part(fn func()) string {
	outer := b.String()
	b.Reset()
	fn()
	text := b.String()
	b.Reset()
	b.WriteString(outer)
	return text
}

// whereKey identifies the condition of a step in the key of a term.
func whereKey(c *Catalog, near, target *Model, step Step) string {
	if step.Where == nil {
		return ""
	}
	b := newBuilder(c)
	src := b.source(near, step.Relation, target, true)
	step.Where.compile(b, target, src.target)
	return b.String() + fmt.Sprint(b.args...)
}

// text returns the expression whose value a cursor holds: the sort value in the form of an argument.
func (t term) text() string {
	if t.column.Type == Time {
		return `to_char(` + t.expr + ` AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
	}
	return t.expr + "::text"
}

func (t term) nullable() bool { return t.maybeNull }

// reversed inverts an order, for pages that are read from their end.
func reversed(terms []term) []term {
	mirrored := make([]term, len(terms))
	for i, t := range terms {
		t.desc, t.nullsFirst = !t.desc, !t.nullsFirst
		mirrored[i] = t
	}
	return mirrored
}

func orderBy(terms []term) string {
	parts := make([]string, len(terms))
	for i, t := range terms {
		parts[i] = t.expr
		if t.desc {
			parts[i] += " DESC"
		}
		if t.nullable() && t.nullsFirst != t.desc { // DESC implies NULLS FIRST in Postgres
			if t.nullsFirst {
				parts[i] += " NULLS FIRST"
			} else {
				parts[i] += " NULLS LAST"
			}
		}
	}
	return " ORDER BY " + strings.Join(parts, ", ")
}

// beyond writes the condition that a row comes after a position in the order, with a leading AND.
func (b *builder) beyond(terms []term, position []*string) {
	if rowComparable(terms) {
		names := make([]string, len(terms))
		values := make([]string, len(terms))
		for i, t := range terms {
			names[i], values[i] = t.expr, b.value(t.column, *position[i])
		}
		op := ">"
		if terms[0].desc {
			op = "<"
		}
		if len(terms) == 1 {
			b.printf(" AND %s %s %s", names[0], op, values[0])
			return
		}
		b.printf(" AND (%s) %s (%s)", strings.Join(names, ", "), op, strings.Join(values, ", "))
		return
	}
	b.WriteString(" AND (")
	for i := range terms {
		if i > 0 {
			b.WriteString(" OR ")
		}
		b.WriteByte('(')
		for j := range i {
			b.same(terms[j], position[j])
			b.WriteString(" AND ")
		}
		b.after(terms[i], position[i])
		b.WriteByte(')')
	}
	b.WriteByte(')')
}

// rowComparable reports whether a row comparison, (a, b) > (x, y), expresses the order: all terms have one
// direction and none is nullable. Such a condition can use an index.
func rowComparable(terms []term) bool {
	for _, t := range terms {
		if t.nullable() || t.desc != terms[0].desc {
			return false
		}
	}
	return true
}

func (b *builder) same(t term, value *string) {
	if value == nil {
		b.printf("%s IS NULL", t.expr)
		return
	}
	b.printf("%s = %s", t.expr, b.value(t.column, *value))
}

func (b *builder) after(t term, value *string) {
	if value == nil {
		if t.nullsFirst {
			b.printf("%s IS NOT NULL", t.expr)
		} else {
			b.WriteString("FALSE")
		}
		return
	}
	op := ">"
	if t.desc {
		op = "<"
	}
	v := b.value(t.column, *value)
	if t.nullable() && !t.nullsFirst {
		b.printf("(%s %s %s OR %s IS NULL)", t.expr, op, v, t.expr)
		return
	}
	b.printf("%s %s %s", t.expr, op, v)
}

// SameKey reports whether both keys sort by the same values, in either direction.
func (o Order) SameKey(other Order) bool {
	return o.Column == other.Column && o.Row == other.Row && slices.EqualFunc(o.Path, other.Path, func(a, b Step) bool {
		return a.Relation == b.Relation && a.Row == b.Row && a.Aggregate == b.Aggregate &&
			reflect.DeepEqual(a.Where, b.Where)
	})
}
