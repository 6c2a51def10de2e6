package recordstore

import (
	"fmt"
	"slices"
	"strings"

	"github.com/linkgraph/linkgraph/internal/recordstore/rows"
	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// Join follows a relation from each row of a request to one record, in the statement of the request. It saves a statement and a round
// trip. Its cells come after those of the request's rows.
type Join struct {
	// From is the join of the same request that it begins at; -1 means the records of the request itself.
	From     int
	Model    *Model // the near model
	Relation *Relation
	Columns  []int // of the far record; the primary key is always read
	// RowColumns are the columns of the join table's row. nil means that it is not read.
	RowColumns []int
	// Where, Order and Backward choose the record of a to-many relation: the first of the list, or with Backward the last.
	Where    Expr
	Order    []Order
	Backward bool
	Deleted  Deleted
}

// joinSQL is what joins add to a statement.
type joinSQL struct {
	names   string // the column list of the main rows, for AS p
	list    string // more columns to select, with a leading comma
	sources string // what follows the main rows in FROM
	columns []rows.Column
}

// join writes the joins of main rows p, which have lead columns and then those of the record. Each join is a LATERAL subquery with LIMIT 1,
// which keeps Postgres from joining whole tables: it looks up one record per row, by the index that a Hop along the relation uses.
func (b *builder) join(joins []Join, m *Model, lead int, cols []int) (joinSQL, error) {
	if len(joins) == 0 {
		return joinSQL{}, nil
	}
	width := lead
	for _, col := range cols {
		width += m.Columns[col].width()
	}
	out := joinSQL{names: "(" + numbered(width) + ")"}
	near := make([]nearRow, len(joins))
	for i, j := range joins {
		from := nearRow{"p", lead, m, cols}
		if j.From >= 0 {
			from = near[j.From]
		}
		alias := fmt.Sprintf("j%d", i+1)
		target, row := b.catalog.Target(j.Relation), b.catalog.Row(j.Relation)
		selected := withPrimary(target, j.Columns)
		lateral, err := b.lateral(&j, from, target, row, selected)
		if err != nil {
			return out, err
		}
		columns := rowColumns(target, selected, row, j.RowColumns)
		near[i] = nearRow{alias, 0, target, selected}
		out.list += ", " + alias + ".*"
		out.sources += fmt.Sprintf(
			" LEFT JOIN LATERAL (%s) AS %s(%s) ON TRUE",
			lateral,
			alias,
			numbered(widthOf(columns)),
		)
		out.columns = append(out.columns, columns...)
	}
	return out, nil
}

// lateral writes the subquery that finds the record of one row.
func (b *builder) lateral(j *Join, from nearRow, target, row *Model, selected []int) (string, error) {
	h := Hop{
		Model:      j.Model,
		Relation:   j.Relation,
		Columns:    j.Columns,
		RowColumns: j.RowColumns,
		Where:      j.Where,
		Order:      j.Order,
		Deleted:    j.Deleted,
	}
	if j.Relation.Many {
		h.Page, h.Single = &Page{Limit: 1, Backward: j.Backward}, true
	}
	src := h.source(b, target, selected)
	if one, ok := h.single(target, src); ok {
		src.from = one
	}
	var p *page
	if h.Page != nil {
		var err error
		if p, err = b.page(target, src, h.Order, h.Where, h.Page); err != nil {
			return "", err
		}
	}
	return b.part(func() {
		b.WriteString("SELECT ")
		h.selectList(b, target, row, src, selected)
		b.printf(" FROM %s WHERE %s", src.from, src.near.Equals(from.ref(j.Model.Indexes(j.Relation.Columns))))
		b.conditions(target, src, j.Where)
		if p != nil {
			p.orderBy(b)
		}
		b.WriteString(" LIMIT 1")
	}), nil
}

// nearRow is the rows that a join begins at. Their columns are named by number.
type nearRow struct {
	alias   string
	lead    int
	model   *Model
	columns []int
}

// ref refers to columns of the rows, which have to be among those that are read.
func (n nearRow) ref(columns []int) rowkey.Ref {
	var r rowkey.Ref
	for _, want := range columns {
		at := n.lead + 1
		for _, col := range n.columns[:slices.Index(n.columns, want)] {
			at += n.model.Columns[col].width()
		}
		col := &n.model.Columns[want]
		t := col.sqlType()
		if col.readAsText() {
			t = "text"
		}
		r = append(r, rowkey.Expr{SQL: fmt.Sprintf("%s.c%d", n.alias, at), Type: t})
	}
	return r
}

// width is how many columns of a statement the column takes: as many as a composite key has parts.
func (c *Column) width() int { return max(1, len(c.parts)) }

// numbered names columns c1, c2, ….
func numbered(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("c%d", i+1)
	}
	return strings.Join(names, ", ")
}

// widthOf is how many fields of a row the columns take.
func widthOf(columns []rows.Column) int {
	n := 0
	for _, c := range columns {
		n += c.Fields
	}
	return n
}
