package recordstore

import (
	"encoding/json"
	"strconv"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// Record is one row of a model's table. Values holds the columns that were read, by their index in the model; the
// others are nil.
type Record struct {
	Model  *Model
	Values []any
}

// ID returns the record's primary key.
func (r *Record) ID() string {
	return textOf(r.Values[r.Model.primary])
}

// Set gives a record a value of a column that Normalize has passed. That of a composite key is the value of its parts too.
func (r *Record) Set(i int, v any) {
	r.Values[i] = v
	col := &r.Model.Columns[i]
	text, ok := v.(string)
	if col.parts == nil || !ok {
		return
	}
	parts, err := col.split(text)
	for j, part := range parts {
		if err == nil {
			r.Values[col.parts[j]] = part
		}
	}
}

// Key returns the form in which the value of columns, each by its index, travels to Postgres. There is none for a NULL.
func (r *Record) Key(columns []int) (string, bool) {
	parts := make([]string, len(columns))
	for i, col := range columns {
		if r.Values[col] == nil {
			return "", false
		}
		parts[i] = textOf(r.Values[col])
	}
	return rowkey.Join(parts), true
}

// cell takes one column's value from a row. One set of cells serves all rows of a statement.
type cell interface {
	dests() []any
	value() any
}

func newCell(col *Column) cell {
	if col.parts != nil {
		return make(compositeCell, len(col.parts))
	}
	switch col.Type {
	case Integer:
		return new(integerCell)
	case Float:
		return new(floatCell)
	case Boolean:
		return new(booleanCell)
	case Time:
		return new(timeCell)
	case JSON:
		return new(jsonCell)
	default: // Text, Enum and Decimal are read as text
		return new(textCell)
	}
}

type (
	textCell    struct{ v pgtype.Text }
	integerCell struct{ v pgtype.Int8 }
	floatCell   struct{ v pgtype.Text }
	booleanCell struct{ v pgtype.Bool }
	timeCell    struct{ v pgtype.Timestamptz }
	jsonCell    struct{ v pgtype.Text }
)

func (c *textCell) dests() []any    { return []any{&c.v} }
func (c *integerCell) dests() []any { return []any{&c.v} }
func (c *floatCell) dests() []any   { return []any{&c.v} }
func (c *booleanCell) dests() []any { return []any{&c.v} }
func (c *timeCell) dests() []any    { return []any{&c.v} }
func (c *jsonCell) dests() []any    { return []any{&c.v} }

// A compositeCell takes the parts of a key, as text.
type compositeCell []string

func (c compositeCell) dests() []any {
	dests := make([]any, len(c))
	for i := range c {
		dests[i] = &c[i]
	}
	return dests
}

func (c compositeCell) value() any { return rowkey.Join(c) }

func (c *textCell) value() any {
	if !c.v.Valid {
		return nil
	}
	return c.v.String
}

func (c *integerCell) value() any {
	if !c.v.Valid {
		return nil
	}
	return c.v.Int64
}

// A float is read as text, because the shortest text of a real (1.1) is not the text of its double (1.10000002384…).
func (c *floatCell) value() any {
	if !c.v.Valid {
		return nil
	}
	f, err := strconv.ParseFloat(c.v.String, 64)
	if err != nil {
		return nil
	}
	return f
}

func (c *booleanCell) value() any {
	if !c.v.Valid {
		return nil
	}
	return c.v.Bool
}

func (c *timeCell) value() any {
	if !c.v.Valid {
		return nil
	}
	return c.v.Time.UTC()
}

func (c *jsonCell) value() any {
	if !c.v.Valid {
		return nil
	}
	return json.RawMessage(c.v.String)
}
