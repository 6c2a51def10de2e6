package recordstore

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// RowBuffer is values of rows, each as the text in which it travels to Postgres: all in one string, so that neither a row nor a
// value costs an allocation.
type RowBuffer struct {
	text  string
	ends  []uint32 // where each cell ends, after a 0; nullCell is added to those that are NULL
	width int      // cells of a row
}

const nullCell = 1 << 31

// Len returns how many rows there are.
func (c *RowBuffer) Len() int {
	if c.width == 0 {
		return 0
	}
	return (len(c.ends) - 1) / c.width
}

// Cell returns a value. ok is false if it is NULL.
func (c *RowBuffer) Cell(row, column int) (text string, ok bool) {
	i := row*c.width + column
	end := c.ends[i+1]
	return c.text[c.ends[i]&^nullCell : end&^nullCell], end&nullCell == 0
}

// cellText is the text of a value of the Go type that the column's Type documents. Any other is taken for a NULL.
func cellText(col *Column, v any) (text string, ok bool) {
	switch col.Type {
	case Integer:
		_, ok = v.(int64)
	case Float:
		_, ok = v.(float64)
	case Boolean:
		_, ok = v.(bool)
	case JSON:
		_, ok = v.(json.RawMessage)
	case Time:
		if t, isTime := v.(time.Time); isTime {
			return textOf(t.UTC()), true
		}
	default:
		_, ok = v.(string)
	}
	if !ok {
		return "", false
	}
	return textOf(v), true
}

// RowBuffers are what rows are read into, used again and again. The zero value is good.
type RowBuffers struct{ pool sync.Pool }

func (b *RowBuffers) get() *cellBuffer {
	if b != nil {
		if buffer, ok := b.pool.Get().(*cellBuffer); ok {
			return buffer
		}
	}
	return &cellBuffer{}
}

// keptCells is the largest buffer that is used again, in bytes.
const keptCells = 1 << 20

func (b *RowBuffers) put(buffer *cellBuffer) {
	if b != nil && cap(buffer.text) <= keptCells && cap(buffer.ends) <= keptCells/4 {
		b.pool.Put(buffer)
	}
}

// cellBuffer is where cells are gathered.
type cellBuffer struct {
	text []byte
	ends []uint32
	of   []int32 // by row, the span it belongs to
}

func (b *cellBuffer) reset() { b.text, b.ends, b.of = b.text[:0], append(b.ends[:0], 0), b.of[:0] }

// end ends a cell.
func (b *cellBuffer) end(valid bool) {
	end := uint32(len(b.text)) //nolint:gosec // checked by full
	if !valid {
		end |= nullCell
	}
	b.ends = append(b.ends, end)
}

// full reports whether the text is too long for its ends.
func (b *cellBuffer) full() bool { return len(b.text) >= nullCell }

// drop takes back the last row.
func (b *cellBuffer) drop(width int) {
	b.ends = b.ends[:len(b.ends)-width]
	b.text = b.text[:b.ends[len(b.ends)-1]&^nullCell]
}

// cells are what was gathered, in memory of their own.
func (b *cellBuffer) cells(width int) RowBuffer {
	return RowBuffer{string(b.text), append(make([]uint32, 0, len(b.ends)), b.ends...), width}
}

// decoding is how the bytes of a column become its text.
type decoding uint8

const (
	decodeAny     decoding = iota // as pgx reads it
	decodeText                    // the bytes are the text
	decodeInteger                 // binary
	decodeBoolean                 // binary
	decodeTime                    // binary timestamptz
	decodeFloat                   // a float as text
	decodeKey                     // several columns as text: a composite key
)

// cellReader reads one column of a model.
type cellReader struct {
	column *Column
	how    decoding
	fields []pgconn.FieldDescription // what it is made of
	at     int                       // the first of these in the row
	cell   cell                      // of decodeAny
}

// newCellReader decides how a column is read from what Postgres says of it.
func newCellReader(col *Column, fields []pgconn.FieldDescription) cellReader {
	r := cellReader{column: col, fields: fields}
	f := fields[0]
	binary := f.Format == pgx.BinaryFormatCode
	switch {
	case col.parts != nil:
		r.how = decodeKey
		return r
	case isText(f):
		r.how = map[Type]decoding{Text: decodeText, Enum: decodeText, Decimal: decodeText, JSON: decodeText, Float: decodeFloat}[col.Type]
	case col.Type == Integer && !binary && isInteger(f):
		r.how = decodeText
	case col.Type == Integer && isInteger(f):
		r.how = decodeInteger
	case col.Type == Boolean && binary && f.DataTypeOID == pgtype.BoolOID:
		r.how = decodeBoolean
	case col.Type == Time && binary && f.DataTypeOID == pgtype.TimestamptzOID:
		r.how = decodeTime
	}
	if r.how == decodeAny {
		r.cell = newCell(col)
	}
	return r
}

// isText reports whether the bytes of a field are its text, in either format.
func isText(f pgconn.FieldDescription) bool {
	return f.DataTypeOID == pgtype.TextOID || f.DataTypeOID == pgtype.VarcharOID || f.DataTypeOID == pgtype.BPCharOID
}

func isInteger(f pgconn.FieldDescription) bool {
	return f.DataTypeOID == pgtype.Int4OID || f.DataTypeOID == pgtype.Int8OID || f.DataTypeOID == pgtype.Int2OID
}

// The point from which Postgres counts microseconds, in those of Unix.
const postgresEpoch = 946_684_800_000_000

// read adds the cell of a row. raw are the bytes of its fields.
func (r *cellReader) read(b *cellBuffer, types *pgtype.Map, raw [][]byte) error {
	if r.how == decodeKey {
		return r.readKey(b, raw)
	}
	v := raw[0]
	if v == nil {
		b.end(false)
		return nil
	}
	valid := true
	switch r.how {
	case decodeText:
		b.text = append(b.text, v...)
	case decodeInteger:
		b.text = strconv.AppendInt(b.text, binaryInteger(v), 10)
	case decodeBoolean:
		b.text = strconv.AppendBool(b.text, v[0] != 0)
	case decodeTime:
		b.text = appendTime(b.text, int64(binary.BigEndian.Uint64(v))) //nolint:gosec // its bits
	case decodeFloat:
		f, err := strconv.ParseFloat(string(v), 64)
		if valid = err == nil; valid {
			b.text = strconv.AppendFloat(b.text, f, 'g', -1, 64)
		}
	default:
		if err := types.Scan(r.fields[0].DataTypeOID, r.fields[0].Format, v, r.cell.dests()[0]); err != nil {
			return fmt.Errorf("%s: %w", r.column.Name, err)
		}
		var text string
		text, valid = cellText(r.column, r.cell.value())
		b.text = append(b.text, text...)
	}
	b.end(valid)
	return nil
}

func (r *cellReader) readKey(b *cellBuffer, raw [][]byte) error {
	parts := make([]string, len(raw))
	for i, v := range raw {
		if v == nil { // of a record that a join did not find
			b.end(false)
			return nil
		}
		parts[i] = string(v)
	}
	b.text = append(b.text, joinKey(parts)...)
	b.end(true)
	return nil
}

func binaryInteger(v []byte) int64 {
	switch len(v) {
	case 2:
		return int64(int16(binary.BigEndian.Uint16(v))) //nolint:gosec // its bits
	case 4:
		return int64(int32(binary.BigEndian.Uint32(v))) //nolint:gosec // its bits
	default:
		return int64(binary.BigEndian.Uint64(v)) //nolint:gosec // its bits
	}
}

// appendTime writes a point in time. One that is infinite is the zero time, as pgx has it.
func appendTime(b []byte, micros int64) []byte {
	t := time.Time{}
	if micros != math.MaxInt64 && micros != math.MinInt64 {
		t = time.UnixMicro(micros + postgresEpoch)
	}
	return t.UTC().AppendFormat(b, time.RFC3339Nano)
}
