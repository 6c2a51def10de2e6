package rows

import (
	"encoding/base64"
	"encoding/json"
)

// Set is the rows of one request. The cells of a row are, from left to right: the columns of the record, those of the join table's
// row, those of each join in the same manner, and the sort keys if rows carry cursors.
type Set struct {
	Buffer
	// Ranges has an entry for each list that was asked for. The request makes it before the rows are read.
	Ranges []Range

	pool      *Pool
	quota     *Quota
	order     []int32 // the rows list by list; nil if they came in that order
	sortKeys  int     // the first cell that is a sort key
	signature string  // of the order, for cursors
}

// Range is the rows of one list.
type Range struct {
	First, Len int
	// More reports that the list goes on beyond the page, in the direction in which it was read.
	More bool
	// Total is the length of the whole list. It is 0 unless the list was counted.
	Total int
}

// Row returns the row of the i-th entry of a list. A backward page was read from its end.
func (s *Set) Row(r *Range, i int, backward bool) int {
	if backward {
		i = r.Len - 1 - i
	}
	if s.order != nil {
		return int(s.order[r.First+i])
	}
	return r.First + i
}

// AppendCursor appends the cursor of a row: the signature of the order and the row's sort keys, as a JSON list in base64.
func (s *Set) AppendCursor(b []byte, row int) []byte {
	var space [256]byte
	text := append(space[:0], `["`...)
	text = append(append(text, s.signature...), '"')
	for i := s.sortKeys; i < s.width; i++ {
		text = append(text, ',')
		v, ok := s.Cell(row, i)
		if !ok {
			text = append(text, "null"...)
			continue
		}
		text = appendJSONString(text, v)
	}
	return base64.RawURLEncoding.AppendEncode(b, append(text, ']'))
}

// appendJSONString appends what json.Marshal writes, without an allocation for the strings that need no escapes.
func appendJSONString(b []byte, v string) []byte {
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

// gather puts the rows of each list side by side. lists has the list of each row.
func (s *Set) gather(lists []int32) {
	at := 0
	next := make([]int, len(s.Ranges))
	for i := range s.Ranges {
		s.Ranges[i].First, next[i] = at, at
		at += s.Ranges[i].Len
	}
	s.order = make([]int32, len(lists))
	for row, l := range lists {
		s.order[next[l]] = int32(row)
		next[l]++
	}
}
