package rows

import (
	"errors"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// Shape describes the rows of a statement. Their fields are, in this order: Lead fields that name the list, those of Columns, SortKeys
// fields, and those of Joined.
//
// Which list a row belongs to is said in one of four ways: by its number, if Numbered; by the texts of its key's columns, if Lead is
// above 0; by the record's own key, if an index is passed to Read; otherwise there is one list.
type Shape struct {
	Lead     int
	Numbered bool // the one leading field is the number of the list, from 1
	Columns  []Column
	SortKeys int
	Joined   []Column
	// Primary is which of Columns is the record's key.
	Primary int
	// Limit is how many rows of a list are kept, where one list has several. A further row only sets Range.More.
	Limit int
	// Signature tells the order of the list from others, in cursors.
	Signature string
	// JoinKey makes the text of a key from the texts of its columns. It has to fit the index that is passed to Read.
	JoinKey func(parts []string) string
}

func (s *Shape) width() int { return len(s.Columns) + len(s.Joined) + s.SortKeys }

// Read reads all rows of a statement. index finds the list of a key; it may be nil if rows do not say it by their key. A
// *QuotaError says that there are too many bytes of them. An error of the statement itself is left in src: the caller has to
// ask src.Err too.
func (s *Set) Read(src pgx.Rows, shape *Shape, index map[string]int) error {
	r := &reader{scratch: s.pool.get(), shape: shape, index: index}
	r.reset()
	defer s.pool.put(r.scratch)
	if err := s.readAll(src, r); err != nil {
		src.Close()
		return err
	}
	s.sortKeys, s.signature = len(shape.Columns)+len(shape.Joined), shape.Signature
	s.Buffer = r.buffer(shape.width())
	return nil
}

// ReadCounts reads the rows of a statement that counts lists: the key of a list, then its length. As with Read, the caller has
// to ask src.Err.
func (s *Set) ReadCounts(src pgx.Rows, shape *Shape, index map[string]int) {
	for src.Next() {
		raw := src.RawValues()
		if shape.Lead == 0 {
			s.Ranges[0].Total = readNumber(raw[0])
		} else if list, known := shape.listOf(raw, index); known {
			s.Ranges[list].Total = readNumber(raw[shape.Lead])
		}
	}
}

func (s *Set) readAll(src pgx.Rows, r *reader) error {
	limit := r.limit()
	scattered := false // rows of one list are not side by side
	n := 0
	for src.Next() {
		if r.decoders == nil { // not earlier: a statement that failed announces no fields
			if err := r.prepare(src); err != nil {
				return err
			}
		}
		raw := src.RawValues()
		if err := s.quota.take(sizeOf(raw)); err != nil {
			return err
		}
		list, known := r.list(raw)
		if !known {
			continue
		}
		if list >= 0 && s.Ranges[list].Len >= limit {
			s.Ranges[list].More = true
			continue
		}
		if err := r.add(raw); err != nil {
			return err
		}
		if list < 0 {
			if list, known = r.listByPrimary(n); !known {
				r.dropRow(r.shape.width())
				continue
			}
		}
		c := &s.Ranges[list]
		if c.Len == 0 {
			c.First = n
		}
		scattered = scattered || c.First+c.Len != n
		c.Len++
		n++
		r.lists = append(r.lists, int32(list)) //nolint:gosec // fewer than rows
	}
	if scattered {
		s.gather(r.lists)
	}
	return nil
}

// sizeOf is roughly how many bytes a row takes in memory.
func sizeOf(raw [][]byte) int {
	n := 0
	for _, v := range raw {
		n += len(v) + 4
	}
	return n
}

// reader reads the rows of one statement.
type reader struct {
	*scratch
	shape    *Shape
	index    map[string]int
	types    *pgtype.Map
	decoders []decoder
	sortKeys int // the first field that is a sort key
}

// limit is how many rows of a list are kept. A list that is named by a key has one record.
func (r *reader) limit() int {
	if r.shape.Numbered || r.shape.Lead == 0 && r.index == nil {
		return r.shape.Limit
	}
	return 1
}

var (
	errFewFields = errors.New("the rows have fewer columns than were asked for")
	errNoTypes   = errors.New("the types of the rows are not known")
	errTooMuch   = errors.New("the rows take more than 2 GiB")
)

// prepare chooses the decoders by the fields that Postgres announced.
func (r *reader) prepare(src pgx.Rows) error {
	if conn := src.Conn(); conn != nil {
		r.types = conn.TypeMap()
	}
	fields := src.FieldDescriptions()
	r.decoders = make([]decoder, 0, len(r.shape.Columns)+len(r.shape.Joined))
	var err error
	if r.sortKeys, err = r.addDecoders(r.shape.Columns, fields, r.shape.Lead); err != nil {
		return err
	}
	end, err := r.addDecoders(r.shape.Joined, fields, r.sortKeys+r.shape.SortKeys)
	if err == nil && end > len(fields) {
		err = errFewFields
	}
	return err
}

// addDecoders adds the decoders of columns whose fields begin at one, and returns where these end.
func (r *reader) addDecoders(columns []Column, fields []pgconn.FieldDescription, at int) (end int, err error) {
	for _, c := range columns {
		end := at + c.Fields
		if end > len(fields) {
			return 0, errFewFields
		}
		d := newDecoder(c, fields, at)
		if d.encoding == other && r.types == nil {
			return 0, errNoTypes
		}
		r.decoders = append(r.decoders, d)
		at = end
	}
	return at, nil
}

// add appends the cells of a row.
func (r *reader) add(raw [][]byte) error {
	for i := range r.decoders {
		if err := r.decoders[i].decode(r.scratch, r.shape, r.types, raw); err != nil {
			return err
		}
	}
	for _, v := range raw[r.sortKeys : r.sortKeys+r.shape.SortKeys] {
		r.text = append(r.text, v...)
		r.endCell(v != nil)
	}
	if r.full() {
		return errTooMuch
	}
	return nil
}

// list finds the list of a row from its leading fields. It is -1 if only the record's own key tells.
func (r *reader) list(raw [][]byte) (list int, known bool) {
	switch {
	case r.shape.Numbered:
		return readNumber(raw[0]) - 1, true
	case r.shape.Lead > 0:
		return r.shape.listOf(raw, r.index)
	case r.index != nil:
		return -1, true
	default:
		return 0, true
	}
}

// listByPrimary finds the list of a row that was just added from its key.
func (r *reader) listByPrimary(row int) (list int, known bool) {
	i := row*r.shape.width() + r.shape.Primary
	list, known = r.index[string(r.text[r.ends[i]&^nullBit:r.ends[i+1]&^nullBit])]
	return list, known
}

// listOf finds the list of a row from the columns of its key.
func (s *Shape) listOf(raw [][]byte, index map[string]int) (list int, known bool) {
	if s.Lead == 1 {
		list, known = index[string(raw[0])]
		return list, known
	}
	parts := make([]string, s.Lead)
	for i := range parts {
		parts[i] = string(raw[i])
	}
	list, known = index[s.JoinKey(parts)]
	return list, known
}

// readNumber reads a bigint that is not negative, in either format.
func readNumber(raw []byte) int {
	if len(raw) == 8 && raw[0] == 0 { // binary: no text has a NUL
		return int(readInteger(raw))
	}
	n, _ := strconv.Atoi(string(raw)) // Postgres writes digits
	return n
}
