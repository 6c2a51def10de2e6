package recordstore

import "time"

// CellBuilder makes cells of values that are there already, row by row. The zero value is good.
type CellBuilder struct{ b cellBuffer }

// Text adds a cell.
func (c *CellBuilder) Text(text string) {
	c.begin()
	c.b.text = append(c.b.text, text...)
	c.b.end(true)
}

// Time adds a cell.
func (c *CellBuilder) Time(t time.Time) {
	c.begin()
	c.b.text = t.UTC().AppendFormat(c.b.text, time.RFC3339Nano)
	c.b.end(true)
}

// Null adds a cell.
func (c *CellBuilder) Null() {
	c.begin()
	c.b.end(false)
}

// Value adds a cell with the value of a column.
func (c *CellBuilder) Value(col *Column, v any) {
	c.begin()
	text, ok := cellText(col, v)
	c.b.text = append(c.b.text, text...)
	c.b.end(ok)
}

func (c *CellBuilder) begin() {
	if len(c.b.ends) == 0 {
		c.b.ends = append(c.b.ends, 0)
	}
}

// Cells returns the rows, each of so many cells. Nothing can be added after that.
func (c *CellBuilder) Cells(width int) Cells {
	c.begin()
	return Cells{string(c.b.text), c.b.ends, width}
}
