package recordstore

import (
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/internal/recordstore/rows"
	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// rowShape describes the rows of a statement, both for row buffers and for records. It is made when the statement is written, so
// that a statement from a cache needs no look at its columns.
type rowShape struct {
	rows.Shape
	// model and columns are the record's; link and linkColumns those of the join table's row, and nil if that is not read.
	model, link          *Model
	columns, linkColumns []int
}

func newRowShape(target *Model, cols []int, link *Model, linkCols []int, p *page) *rowShape {
	s := &rowShape{model: target, columns: cols, link: link, linkColumns: linkCols}
	s.Columns = rowColumns(target, cols, link, linkCols)
	s.Primary = slices.Index(cols, target.primary)
	s.JoinKey = rowkey.Join
	if p != nil {
		s.Limit = p.Limit
		if p.Cursors {
			s.SortKeys, s.Signature = len(p.terms), p.signature
		}
	}
	return s
}

// newCountShape is the shape of a statement that counts lists, each by a key of lead columns.
func newCountShape(lead int) *rowShape {
	return &rowShape{Shape: rows.Shape{Lead: lead, JoinKey: rowkey.Join}}
}

// rowColumns are the columns of a record, and of the join table's row that leads to it.
func rowColumns(m *Model, cols []int, link *Model, linkCols []int) []rows.Column {
	all := make([]rows.Column, 0, len(cols)+len(linkCols))
	for _, i := range cols {
		all = append(all, m.Columns[i].rowColumn())
	}
	for _, i := range linkCols {
		all = append(all, link.Columns[i].rowColumn())
	}
	return all
}

func (c *Column) rowColumn() rows.Column {
	return rows.Column{Name: c.Name, Kind: c.Kind(), Fields: c.width()}
}

// Kind returns the form that the column's values have in row buffers.
func (c *Column) Kind() rows.Kind {
	if c.parts != nil {
		return rows.Key
	}
	switch c.Type {
	case Integer:
		return rows.Integer
	case Float:
		return rows.Float
	case Boolean:
		return rows.Boolean
	case Time:
		return rows.Time
	case JSON:
		return rows.JSON
	default: // Text, Decimal and Enum
		return rows.Text
	}
}

// readInto returns the function that reads the rows of a statement into a set. index finds the list of a key.
func readInto(set *rows.Set, shape *rowShape, index map[string]int) func(pgx.Rows) error {
	return func(src pgx.Rows) error {
		if err := set.Read(src, &shape.Shape, index); err != nil {
			if full, ok := errors.AsType[*rows.QuotaError](err); ok {
				err = &LimitError{What: "bytes of the records that are read", Limit: full.Limit}
			}
			return fmt.Errorf("read %s: %w", shape.model.Name, err)
		}
		return readError(src)
	}
}

// countInto returns the function that reads the lengths of lists into a set.
func countInto(set *rows.Set, shape *rowShape, index map[string]int) func(pgx.Rows) error {
	return func(src pgx.Rows) error {
		set.ReadCounts(src, &shape.Shape, index)
		return readError(src)
	}
}

// readError is the error of a statement whose rows were read to the end.
func readError(src pgx.Rows) error {
	if err := src.Err(); err != nil {
		return fmt.Errorf("read: %w", classify(err))
	}
	return nil
}
