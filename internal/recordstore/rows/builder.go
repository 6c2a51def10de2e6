package rows

import (
	"encoding/json"
	"strconv"
	"time"
)

// Builder makes a Buffer of values that did not come from a statement. Cells are added row by row, from left to right. The zero
// value is ready to use.
type Builder struct{ s scratch }

// Text adds a cell that is a text.
func (b *Builder) Text(text string) {
	b.begin()
	b.s.text = append(b.s.text, text...)
	b.s.endCell(true)
}

// Time adds a cell that is a point in time.
func (b *Builder) Time(t time.Time) {
	b.begin()
	b.s.text = t.UTC().AppendFormat(b.s.text, time.RFC3339Nano)
	b.s.endCell(true)
}

// Null adds a cell that is NULL.
func (b *Builder) Null() {
	b.begin()
	b.s.endCell(false)
}

// Value adds a cell with a value of the Go type that the Kind documents. nil, and a value of any other type, is NULL.
func (b *Builder) Value(kind Kind, v any) {
	b.begin()
	var ok bool
	b.s.text, ok = appendValue(b.s.text, kind, v)
	b.s.endCell(ok)
}

// Buffer returns the rows, each of width cells. The builder must not be used after that.
func (b *Builder) Buffer(width int) Buffer {
	b.begin()
	return Buffer{string(b.s.text), b.s.ends, width}
}

// begin adds the leading 0 of the ends.
func (b *Builder) begin() {
	if len(b.s.ends) == 0 {
		b.s.ends = append(b.s.ends, 0)
	}
}

// appendValue appends the text of a Go value. ok is false if it is not of the type of the kind.
func appendValue(text []byte, kind Kind, v any) (_ []byte, ok bool) {
	switch v := v.(type) {
	case string:
		if kind == Text || kind == Key {
			return append(text, v...), true
		}
	case json.RawMessage:
		if kind == JSON {
			return append(text, v...), true
		}
	case int64:
		if kind == Integer {
			return strconv.AppendInt(text, v, 10), true
		}
	case float64:
		if kind == Float {
			return appendFloat(text, v), true
		}
	case bool:
		if kind == Boolean {
			return strconv.AppendBool(text, v), true
		}
	case time.Time:
		if kind == Time {
			return v.UTC().AppendFormat(text, time.RFC3339Nano), true
		}
	}
	return text, false
}

func appendFloat(text []byte, f float64) []byte { return strconv.AppendFloat(text, f, 'g', -1, 64) }
