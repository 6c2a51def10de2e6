package modules

import (
	"encoding/json"
	"strconv"

	"github.com/jackc/pgx/v5/pgtype"
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

// cell takes one column's value from a row. One set of cells serves all rows of a statement.
type cell interface {
	dest() any
	value() any
}

func newCell(t Type) cell {
	switch t {
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

func (c *textCell) dest() any    { return &c.v }
func (c *integerCell) dest() any { return &c.v }
func (c *floatCell) dest() any   { return &c.v }
func (c *booleanCell) dest() any { return &c.v }
func (c *timeCell) dest() any    { return &c.v }
func (c *jsonCell) dest() any    { return &c.v }

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

// KeyText is the form in which a key travels to Postgres. There is none for a NULL.
func KeyText(v any) (string, bool) {
	if v == nil {
		return "", false
	}
	return textOf(v), true
}
