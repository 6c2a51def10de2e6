package recordstore

import "strings"

// above is the condition that no ancestor of a record fails where or is deleted, up to the root. It does not check
// the record itself.
type above struct {
	// relation leads from a record to its parent, of the same model, by a column.
	relation *Relation
	where    Expr // nil matches all
}

// compile writes a recursive query that follows the relation one record at a time, by the index of the far columns,
// and stops at the first ancestor that fails. UNION drops repeated rows, so a cycle of records ends.
func (e above) compile(b *builder, m *Model, alias string) {
	up, a := b.alias("u"), b.alias("a")
	next := tableRef("", m, m.Indexes(e.relation.Columns))
	far := b.ref(m, a, m.Indexes(e.relation.TargetColumns))
	near := b.ref(m, alias, m.Indexes(e.relation.Columns))
	step := b.part(func() {
		b.printf("SELECT %s, (TRUE%s", b.ref(m, a, m.Indexes(e.relation.Columns)).List(), m.live(a))
		if e.where != nil {
			b.WriteString(" AND ")
			e.where.compile(b, m, a)
		}
		b.WriteString(") IS TRUE")
	})
	from := m.from() + " AS " + a
	var first []string
	for _, expr := range near {
		first = append(first, expr.SQL+" IS NULL")
	}
	b.printf(
		"(%s OR NOT EXISTS (WITH RECURSIVE %s(%s, seen) AS (%s FROM %s WHERE %s UNION %s FROM %s JOIN %s ON %s WHERE %s.seen)"+
			" SELECT 1 FROM %s WHERE NOT %s.seen))",
		strings.Join(first, " OR "),
		up,
		next.List(),
		step,
		from,
		far.Equals(near),
		step,
		up,
		from,
		far.Equals(tableRef(up+".", m, m.Indexes(e.relation.Columns))),
		up,
		up,
		up,
	)
}
