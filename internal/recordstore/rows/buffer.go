// Package rows holds the rows of a statement as text, without a Go value for each row or cell.
//
// A statement's rows arrive in Postgres's wire format. [Set.Read] turns each field into the text that an answer needs, and appends it to
// one long string: a page of a thousand rows costs a handful of allocations. A [Shape] says which fields a row has and which of the
// lists that were asked for it belongs to; a [Range] is where one list begins and ends among the rows. The scratch memory of reads is
// shared by a [Pool], and a [Quota] bounds what one operation may read. Rows that exist already, such as links that were just written,
// are put into the same form by a [Builder].
//
// The package knows Postgres's types and nothing of models, filters or SQL.
package rows

// Buffer is a table of cells. All texts are in one string, so that neither a row nor a cell costs an allocation. The zero value
// has no rows. A Buffer does not change once it is made.
type Buffer struct {
	text  string
	ends  []uint32 // where each cell ends, after a leading 0; nullBit is set for a NULL
	width int      // cells of a row
}

// nullBit marks a cell as NULL in its end. It limits the text to 2 GiB.
const nullBit = 1 << 31

// Len returns the number of rows.
func (b *Buffer) Len() int {
	if b.width == 0 {
		return 0
	}
	return (len(b.ends) - 1) / b.width
}

// Cell returns the text of a cell. ok is false if it is NULL. Row and column have to exist.
func (b *Buffer) Cell(row, column int) (text string, ok bool) {
	i := row*b.width + column
	end := b.ends[i+1]
	return b.text[b.ends[i]&^nullBit : end&^nullBit], end&nullBit == 0
}

// scratch is where the cells of a Buffer are collected.
type scratch struct {
	text  []byte
	ends  []uint32
	lists []int32 // of each row, the list that it belongs to
}

func (s *scratch) reset() { s.text, s.ends, s.lists = s.text[:0], append(s.ends[:0], 0), s.lists[:0] }

// endCell ends the cell whose text was appended last.
func (s *scratch) endCell(valid bool) {
	end := uint32(len(s.text)) //nolint:gosec // checked by full
	if !valid {
		end |= nullBit
	}
	s.ends = append(s.ends, end)
}

// full reports whether the text has outgrown the offsets.
func (s *scratch) full() bool { return len(s.text) >= nullBit }

// dropRow removes the last row.
func (s *scratch) dropRow(width int) {
	s.ends = s.ends[:len(s.ends)-width]
	s.text = s.text[:s.ends[len(s.ends)-1]&^nullBit]
}

// buffer copies the cells, so that the scratch can be used again.
func (s *scratch) buffer(width int) Buffer {
	return Buffer{string(s.text), append(make([]uint32, 0, len(s.ends)), s.ends...), width}
}
