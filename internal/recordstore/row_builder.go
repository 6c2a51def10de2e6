package recordstore

import "time"

// RowBuilder makes cells of values that are there already, row by row. The zero value is good.
type RowBuilder struct{ b cellBuffer }

// Text adds a cell.
func (c *RowBuilder) Text(text string) {
	c.begin()
	c.b.text = append(c.b.text, text...)
	c.b.end(true)
}

// Time adds a cell.
func (c *RowBuilder) Time(t time.Time) {
	c.begin()
	c.b.text = t.UTC().AppendFormat(c.b.text, time.RFC3339Nano)
	c.b.end(true)
}

// Null adds a cell.
func (c *RowBuilder) Null() {
	c.begin()
	c.b.end(false)
}

// Value adds a cell with the value of a column.
func (c *RowBuilder) Value(col *Column, v any) {
	c.begin()
	text, ok := cellText(col, v)
	c.b.text = append(c.b.text, text...)
	c.b.end(ok)
}

func (c *RowBuilder) begin() {
	if len(c.b.ends) == 0 {
		c.b.ends = append(c.b.ends, 0)
	}
}

// Buffer returns the rows, each of so many cells. Nothing can be added after that.
func (c *RowBuilder) Buffer(width int) RowBuffer {
	c.begin()
	return RowBuffer{string(c.b.text), c.b.ends, width}
}
