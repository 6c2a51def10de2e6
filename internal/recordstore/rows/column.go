package rows

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// Kind is the form of a column's values.
type Kind uint8

// The kinds of columns, each with the Go type that [Builder.Value] takes for it.
const (
	Text    Kind = iota // string; also exact decimals and enums
	Integer             // int64
	Float               // float64
	Boolean             // bool
	Time                // time.Time; its text is RFC 3339 in UTC
	JSON                // json.RawMessage
	Key                 // string; in a statement several fields, which together are a composite key
)

// Column is a column of a statement's rows.
type Column struct {
	Name   string // for errors
	Kind   Kind
	Fields int // how many fields of the row it takes: 1, but for a Key
}

// encoding is how the bytes of a field are turned into text.
type encoding uint8

const (
	other         encoding = iota // whatever pgx can read
	plainText                     // the bytes are the text
	binaryInteger                 // an integer of 2, 4 or 8 bytes
	binaryBoolean
	binaryTime // a timestamptz
	floatText  // Postgres's text of a float
	keyText    // several fields, each as text
)

// decoder turns the fields of one column into its cell.
type decoder struct {
	column   Column
	encoding encoding
	field    pgconn.FieldDescription // the first
	at       int                     // its index in the row
}

// newDecoder chooses the decoding of a column by the types and formats that Postgres announced.
func newDecoder(c Column, fields []pgconn.FieldDescription, at int) decoder {
	return decoder{column: c, encoding: encodingOf(c.Kind, fields[at]), field: fields[at], at: at}
}

func encodingOf(kind Kind, f pgconn.FieldDescription) encoding {
	isBinary := f.Format == pgx.BinaryFormatCode
	switch {
	case kind == Key:
		return keyText
	case isText(f):
		switch kind {
		case Text, JSON:
			return plainText
		case Float:
			return floatText
		}
	case kind == Integer && isInteger(f) && !isBinary:
		return plainText
	case kind == Integer && isInteger(f):
		return binaryInteger
	case kind == Boolean && isBinary && f.DataTypeOID == pgtype.BoolOID:
		return binaryBoolean
	case kind == Time && isBinary && f.DataTypeOID == pgtype.TimestamptzOID:
		return binaryTime
	}
	return other
}

// isText reports whether the bytes of a field are its text, in either format.
func isText(f pgconn.FieldDescription) bool {
	return f.DataTypeOID == pgtype.TextOID || f.DataTypeOID == pgtype.VarcharOID || f.DataTypeOID == pgtype.BPCharOID
}

func isInteger(f pgconn.FieldDescription) bool {
	return f.DataTypeOID == pgtype.Int4OID || f.DataTypeOID == pgtype.Int8OID || f.DataTypeOID == pgtype.Int2OID
}

// decode appends the cell of a row. raw are the fields of the whole row.
func (d *decoder) decode(s *scratch, shape *Shape, types *pgtype.Map, raw [][]byte) error {
	if d.encoding == keyText {
		d.decodeKey(s, shape, raw[d.at:d.at+d.column.Fields])
		return nil
	}
	v := raw[d.at]
	if v == nil {
		s.endCell(false)
		return nil
	}
	valid := true
	switch d.encoding {
	case plainText:
		s.text = append(s.text, v...)
	case binaryInteger:
		s.text = strconv.AppendInt(s.text, readInteger(v), 10)
	case binaryBoolean:
		s.text = strconv.AppendBool(s.text, v[0] != 0)
	case binaryTime:
		s.text = appendTime(s.text, int64(binary.BigEndian.Uint64(v))) //nolint:gosec // its bits
	case floatText:
		s.text, valid = appendFloatText(s.text, string(v))
	default:
		var err error
		if s.text, valid, err = d.appendOther(s.text, types, v); err != nil {
			return fmt.Errorf("%s: %w", d.column.Name, err)
		}
	}
	s.endCell(valid)
	return nil
}

// decodeKey appends a composite key. It is NULL if a field is: an outer join found no record.
func (d *decoder) decodeKey(s *scratch, shape *Shape, raw [][]byte) {
	parts := make([]string, len(raw))
	for i, v := range raw {
		if v == nil {
			s.endCell(false)
			return
		}
		parts[i] = string(v)
	}
	s.text = append(s.text, shape.JoinKey(parts)...)
	s.endCell(true)
}

// appendOther appends a value by pgx's own conversion, for types and formats that are rare.
func (d *decoder) appendOther(text []byte, types *pgtype.Map, v []byte) (_ []byte, valid bool, err error) {
	scan := func(into any) error { return types.Scan(d.field.DataTypeOID, d.field.Format, v, into) }
	switch d.column.Kind {
	case Integer:
		var n pgtype.Int8
		err = scan(&n)
		return strconv.AppendInt(text, n.Int64, 10), n.Valid, err
	case Boolean:
		var b pgtype.Bool
		err = scan(&b)
		return strconv.AppendBool(text, b.Bool), b.Valid, err
	case Time:
		var t pgtype.Timestamptz
		err = scan(&t)
		return t.Time.UTC().AppendFormat(text, time.RFC3339Nano), t.Valid, err
	case Float:
		var t pgtype.Text
		if err = scan(&t); err != nil {
			return text, false, err
		}
		text, valid = appendFloatText(text, t.String)
		return text, valid, nil
	default:
		var t pgtype.Text
		err = scan(&t)
		return append(text, t.String...), t.Valid, err
	}
}

// appendFloatText appends a float as Go writes it. A float is read as text because the shortest text of a real (1.1) is not that of the
// same number as a double (1.10000002384…).
func appendFloatText(text []byte, v string) (_ []byte, ok bool) {
	f, err := strconv.ParseFloat(v, 64)
	if err != nil {
		return text, false
	}
	return appendFloat(text, f), true
}

func readInteger(v []byte) int64 {
	switch len(v) {
	case 2:
		return int64(int16(binary.BigEndian.Uint16(v))) //nolint:gosec // its bits
	case 4:
		return int64(int32(binary.BigEndian.Uint32(v))) //nolint:gosec // its bits
	default:
		return int64(binary.BigEndian.Uint64(v)) //nolint:gosec // its bits
	}
}

// postgresEpoch is the time from which Postgres counts, 2000-01-01, in microseconds since the Unix epoch.
const postgresEpoch = 946_684_800_000_000

// appendTime appends a timestamptz. Infinity becomes the zero time, as in pgx.
func appendTime(b []byte, micros int64) []byte {
	t := time.Time{}
	if micros != math.MaxInt64 && micros != math.MinInt64 {
		t = time.UnixMicro(micros + postgresEpoch)
	}
	return t.UTC().AppendFormat(b, time.RFC3339Nano)
}
