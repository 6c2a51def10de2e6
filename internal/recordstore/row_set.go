package recordstore

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// RowSet is what a request read, without a record for each row. Its cells are, by row: those of the record's columns, those
// of the join table's row, those of each join in the same manner, and the values of the sort keys if rows carry cursors.
type RowSet struct {
	RowBuffer
	// Ranges has an entry for each key of the request; that of a List has one.
	Ranges []RowRange

	buffers   *RowBuffers
	allowance *Allowance // nil means without limit
	order     []int32    // the rows span by span, if they came in another order
	cursor    int        // where the sort keys are
	signature string
}

// RowRange is the rows of one list.
type RowRange struct {
	First, Len int
	// More says that the list goes on beyond the page, in the direction it was read.
	More bool
	// Total counts the whole list, if it was asked for.
	Total int
}

// RowSet returns what a request can be read into. The bytes of its rows are taken from the allowance; nil is without limit.
func (b *RowBuffers) RowSet(from *Allowance) *RowSet { return &RowSet{buffers: b, allowance: from} }

// Allowance is how many bytes of rows may be read, by several requests one after the other.
type Allowance struct{ limit, left int }

// NewAllowance returns an allowance of so many bytes.
func NewAllowance(bytes int) *Allowance { return &Allowance{bytes, bytes} }

// take takes bytes, or refuses.
func (a *Allowance) take(bytes int) error {
	if a == nil {
		return nil
	}
	if a.left -= bytes; a.left < 0 {
		return &SizeError{What: "bytes of the records that are read", Limit: a.limit}
	}
	return nil
}

// Row returns a row of a span, by its place in the list. Those of a backward page were read from the end.
func (c *RowSet) Row(s *RowRange, i int, backward bool) int {
	if backward {
		i = s.Len - 1 - i
	}
	if c.order != nil {
		return int(c.order[s.First+i])
	}
	return s.First + i
}

// AppendCursor writes the cursor of a row.
func (c *RowSet) AppendCursor(b []byte, row int) []byte {
	var space [256]byte
	text := append(space[:0], `["`...)
	text = append(append(text, c.signature...), '"')
	for i := c.cursor; i < c.width; i++ {
		text = append(text, ',')
		v, ok := c.Cell(row, i)
		if !ok {
			text = append(text, "null"...)
			continue
		}
		text = appendJSONText(text, v)
	}
	return base64.RawURLEncoding.AppendEncode(b, append(text, ']'))
}

// appendJSONText writes a text as json.Marshal does.
func appendJSONText(b []byte, v string) []byte {
	for i := range len(v) {
		if c := v[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			text, err := json.Marshal(v)
			if err != nil {
				return b // strings always marshal
			}
			return append(b, text...)
		}
	}
	return append(append(append(b, '"'), v...), '"')
}

// rowShape says what the columns of a statement's rows are.
type rowShape struct {
	// lead is how many columns say which list a row belongs to: the number of its key, or the columns of the key.
	lead     int
	numbered bool
	// model and columns are the record's, by index; link and linkColumns those of the join table's row. link may be nil.
	model, link          *Model
	columns, linkColumns []int
	sortKeys             int           // how many columns are sort keys, for cursors
	joined               []shapeColumn // of joins: they come after the sort keys
	signature            string        // of the order
	limit                int           // rows of a page
}

func newRowShape(target *Model, cols []int, row *Model, rowCols []int, p *page) *rowShape {
	s := &rowShape{model: target, columns: cols, link: row, linkColumns: rowCols}
	if p != nil {
		s.limit = p.Limit
		if p.Cursors {
			s.sortKeys, s.signature = len(p.terms), p.signature
		}
	}
	return s
}

// rowReader reads the rows of one statement.
type rowReader struct {
	*cellBuffer
	shape    *rowShape
	types    *pgtype.Map
	readers  []cellReader
	sortKeys int // the field of the first
}

func newRowReader(b *cellBuffer, shape *rowShape, rows pgx.Rows) (*rowReader, error) {
	columns := shapeColumns(shape.model, shape.columns, shape.link, shape.linkColumns)
	r := &rowReader{cellBuffer: b, shape: shape, readers: make([]cellReader, 0, len(columns)+len(shape.joined))}
	if conn := rows.Conn(); conn != nil {
		r.types = conn.TypeMap()
	}
	fields := rows.FieldDescriptions()
	at, err := r.readersOf(columns, fields, shape.lead)
	if err != nil {
		return nil, err
	}
	r.sortKeys = at
	if at, err = r.readersOf(shape.joined, fields, at+shape.sortKeys); err == nil && at > len(fields) {
		err = errFewColumns
	}
	return r, err
}

var errFewColumns = errors.New("the rows have fewer columns than were asked for")

// readersOf adds readers of columns whose fields begin at one, and returns where they end.
func (r *rowReader) readersOf(columns []shapeColumn, fields []pgconn.FieldDescription, at int) (end int, err error) {
	for _, c := range columns {
		to := at + c.get().width()
		if to > len(fields) {
			return 0, errFewColumns
		}
		reader := newCellReader(c.get(), fields[at:to])
		reader.at = at
		if reader.how == decodeAny && r.types == nil {
			return 0, errors.New("the types of the rows are not known")
		}
		r.readers = append(r.readers, reader)
		at = to
	}
	return at, nil
}

func (r *rowReader) width() int { return len(r.readers) + r.shape.sortKeys }

func (r *rowReader) add(raw [][]byte) error {
	for i := range r.readers {
		reader := &r.readers[i]
		if err := reader.read(r.cellBuffer, r.types, raw[reader.at:reader.at+len(reader.fields)]); err != nil {
			return err
		}
	}
	for _, v := range raw[r.sortKeys : r.sortKeys+r.shape.sortKeys] {
		r.text = append(r.text, v...)
		r.end(v != nil)
	}
	if r.full() {
		return errors.New("the rows take more than 2 GiB")
	}
	return nil
}

// reads returns the function that reads all rows of a statement. index finds the list of a key.
func (c *RowSet) reads(shape *rowShape, index map[string]int) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		b := c.buffers.get()
		b.reset()
		defer c.buffers.put(b)
		if err := c.readAll(rows, b, shape, index); err != nil {
			rows.Close()
			return fmt.Errorf("read %s: %w", shape.model.Name, err)
		}
		if err := rows.Err(); err != nil {
			return fmt.Errorf("read: %w", classify(err))
		}
		c.cursor, c.signature = len(shape.columns)+len(shape.linkColumns)+len(shape.joined), shape.signature
		c.RowBuffer = b.cells(c.cursor + shape.sortKeys)
		return nil
	}
}

func (c *RowSet) readAll(rows pgx.Rows, b *cellBuffer, shape *rowShape, index map[string]int) error {
	limit := 1
	if shape.numbered || shape.lead == 0 && index == nil {
		limit = shape.limit
	}
	scattered := false
	n := 0
	var r *rowReader
	for rows.Next() {
		if r == nil { // not before: of a statement that failed nothing is known
			var err error
			if r, err = newRowReader(b, shape, rows); err != nil {
				return err
			}
		}
		raw := rows.RawValues()
		if err := c.allowance.take(sizeOf(raw)); err != nil {
			return err
		}
		list, known := r.list(raw, index)
		if !known {
			continue
		}
		if list >= 0 && c.Ranges[list].Len >= limit {
			c.Ranges[list].More = true
			continue
		}
		if err := r.add(raw); err != nil {
			return err
		}
		if list < 0 { // its own key says which
			if list, known = r.listOfLast(n, index); !known {
				r.drop(r.width())
				continue
			}
		}
		s := &c.Ranges[list]
		if s.Len == 0 {
			s.First = n
		}
		scattered = scattered || s.First+s.Len != n
		s.Len++
		n++
		r.of = append(r.of, int32(list)) //nolint:gosec // fewer than rows
	}
	if scattered {
		c.gather(b.of)
	}
	return nil
}

// sizeOf is about how many bytes a row takes in memory.
func sizeOf(raw [][]byte) int {
	n := 0
	for _, v := range raw {
		n += len(v) + 4
	}
	return n
}

// list finds the list a row belongs to: -1 if that is only known from the record.
func (r *rowReader) list(raw [][]byte, index map[string]int) (list int, known bool) {
	switch {
	case r.shape.numbered:
		return number(raw[0]) - 1, true
	case r.shape.lead > 0:
		return listOf(raw[:r.shape.lead], index)
	case index != nil:
		return -1, true
	default:
		return 0, true
	}
}

func (r *rowReader) listOfLast(row int, index map[string]int) (list int, known bool) {
	i := row*r.width() + slices.Index(r.shape.columns, r.shape.model.primary)
	list, known = index[string(r.text[r.ends[i]&^nullCell:r.ends[i+1]&^nullCell])]
	return list, known
}

// listOf finds the list of a key from the texts of its columns.
func listOf(key [][]byte, index map[string]int) (list int, known bool) {
	if len(key) == 1 {
		list, known = index[string(key[0])]
		return list, known
	}
	parts := make([]string, len(key))
	for i, v := range key {
		parts[i] = string(v)
	}
	list, known = index[joinKey(parts)]
	return list, known
}

// number reads a bigint that is not negative, in either format.
func number(raw []byte) int {
	if len(raw) == 8 && raw[0] == 0 { // binary: no text has a NUL
		return int(binaryInteger(raw))
	}
	n, _ := strconv.Atoi(string(raw)) // Postgres writes digits
	return n
}

// gather puts the rows of each list side by side.
func (c *RowSet) gather(of []int32) {
	at := 0
	next := make([]int, len(c.Ranges))
	for i := range c.Ranges {
		c.Ranges[i].First, next[i] = at, at
		at += c.Ranges[i].Len
	}
	c.order = make([]int32, len(of))
	for row, list := range of {
		c.order[next[list]] = int32(row)
		next[list]++
	}
}

// counts returns the function that reads how long lists are. lead is how many columns the key has.
func (c *RowSet) counts(lead int, index map[string]int) func(pgx.Rows) error {
	return rowByRow(func(rows pgx.Rows) error {
		raw := rows.RawValues()
		if lead == 0 {
			c.Ranges[0].Total = number(raw[0])
		} else if list, known := listOf(raw[:lead], index); known {
			c.Ranges[list].Total = number(raw[lead])
		}
		return nil
	})
}
