package modules

import "strings"

// Order is one sort key. A list is always ordered by the primary key in the end, so that the order is total.
type Order struct {
	Column int
	// Row says that Column is one of the join table's row, not of the record.
	Row        bool
	Desc       bool
	NullsFirst bool
}

// term is a sort key as SQL.
type term struct {
	expr             string
	column           *Column
	row              bool
	desc, nullsFirst bool
}

// terms completes the order of a list with its primary key, in the direction of the last key so that one index can
// serve both.
func (b *builder) terms(m *Model, alias string, order []Order) []term {
	terms := make([]term, 0, len(order)+1)
	desc := false
	for _, o := range order {
		owner, name := m, alias
		if o.Row {
			owner, name = b.rows[alias].model, b.rows[alias].alias
		}
		terms = append(terms, term{b.column(owner, name, o.Column), &owner.Columns[o.Column], o.Row, o.Desc, o.NullsFirst})
		desc = o.Desc
		if !o.Row && o.Column == m.primary {
			return terms
		}
	}
	return append(terms, term{b.column(m, alias, m.primary), &m.Columns[m.primary], false, desc, desc})
}

// text is the expression a cursor holds: what the sort key's value looks like as an argument.
func (t term) text() string {
	if t.column.Type == Time {
		return `to_char(` + t.expr + ` AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
	}
	return t.expr + "::text"
}

func (t term) nullable() bool { return !t.column.NotNull }

// reversed mirrors an order, for pages that are read from their end.
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
		if t.nullable() && t.nullsFirst != t.desc { // Postgres: nulls first is what DESC does anyway
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

// rowComparable reports whether (a, b) > (x, y) says the order: one direction, no nulls. Such a condition uses an index.
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
