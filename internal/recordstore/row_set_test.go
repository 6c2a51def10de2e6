package recordstore

import (
	"encoding/json"
	"math"
	"testing"
	"time"
)

func TestAppendCursorWritesWhatEncodeWrites(t *testing.T) {
	t.Parallel()
	texts := []string{
		"",
		"a",
		"p_1",
		`"\`,
		"<b>&",
		"ä😀",
		"\x00\x1f\x7f",
		"\u2028",
		"\xff",
		"2026-01-01T00:00:00.000001Z",
	}
	for _, a := range texts {
		for _, b := range append(texts, "NULL") {
			second := &b
			buffer := cellBuffer{ends: []uint32{0}, text: []byte("id" + a)}
			buffer.ends = append(buffer.ends, 2)
			buffer.end(true)
			if b == "NULL" {
				second = nil
			} else {
				buffer.text = append(buffer.text, b...)
			}
			buffer.end(second != nil)
			c := RowSet{RowBuffer: buffer.cells(3), cursor: 1, signature: "k1x"}
			if got, want := string(c.AppendCursor(nil, 0)), (Cursor{&a, second}).encode("k1x"); got != want {
				t.Errorf("%q, %q: %s, want %s", a, b, got, want)
			}
		}
	}
}

func TestGatherPutsRowsOfAListSideBySide(t *testing.T) {
	t.Parallel()
	c := RowSet{Ranges: []RowRange{{Len: 2}, {}, {Len: 3}}}
	c.gather([]int32{2, 0, 2, 0, 2})
	want := [][]int{{1, 3}, {}, {0, 2, 4}}
	for list, rows := range want {
		for i, row := range rows {
			if got := c.Row(&c.Ranges[list], i, false); got != row {
				t.Errorf("list %d, entry %d: row %d, want %d", list, i, got, row)
			}
			if got := c.Row(&c.Ranges[list], len(rows)-1-i, true); got != row {
				t.Errorf("list %d backward, entry %d: row %d, want %d", list, i, got, row)
			}
		}
	}
}

func TestCellBuilderKeepsWhatColumnsHold(t *testing.T) {
	t.Parallel()
	m := &Model{Name: "M", Columns: []Column{
		{Name: "text", Type: Text},
		{Name: "integer", Type: Integer},
		{Name: "float", Type: Float},
		{Name: "boolean", Type: Boolean},
		{Name: "time", Type: Time},
		{Name: "json", Type: JSON},
		{Name: "wrong", Type: Integer},
	}}
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.FixedZone("", 3600))
	var b RowBuilder
	for _, row := range [][]any{{"", int64(-7), 1e21, true, at, json.RawMessage(`{"a": 1}`), "7"}, make([]any, len(m.Columns))} {
		for i, v := range row {
			b.Value(&m.Columns[i], v)
		}
	}
	c := b.Buffer(len(m.Columns))
	if c.Len() != 2 {
		t.Fatalf("%d rows", c.Len())
	}
	for i, want := range []string{"", "-7", "1e+21", "true", "2026-01-02T02:04:05.000006Z", `{"a": 1}`} {
		if got, ok := c.Cell(0, i); got != want || !ok {
			t.Errorf("%s: %q, %t, want %q", m.Columns[i].Name, got, ok, want)
		}
	}
	if got, ok := c.Cell(0, 6); ok {
		t.Errorf("a value of another type: %q", got)
	}
	for i := range m.Columns {
		if got, ok := c.Cell(1, i); ok || got != "" {
			t.Errorf("NULL in %s: %q, %t", m.Columns[i].Name, got, ok)
		}
	}
}

func TestAppendTime(t *testing.T) {
	t.Parallel()
	for micros, want := range map[int64]string{
		0: "2000-01-01T00:00:00Z", -1: "1999-12-31T23:59:59.999999Z", 252_455_616_000_000_000: "10000-01-01T00:00:00Z",
		math.MaxInt64: "0001-01-01T00:00:00Z", math.MinInt64: "0001-01-01T00:00:00Z",
	} {
		if got := string(appendTime(nil, micros)); got != want {
			t.Errorf("%d: %s, want %s", micros, got, want)
		}
	}
}

// TestStatementIsNotCachedIfTheOrderDependsOnTheViewer: cursors of two viewers are then not good for each other.
func TestStatementIsNotCachedIfTheOrderDependsOnTheViewer(t *testing.T) {
	t.Parallel()
	shape := func(signature string) *rowShape { return &rowShape{sortKeys: 1, signature: signature} }
	written := 0
	write := func(depends bool) func(c *Catalog, keys []string) (texts, error) {
		return func(c *Catalog, keys []string) (texts, error) {
			written++
			signature := "same"
			if depends {
				signature = c.viewer
			}
			return texts{
				rows: &text{sql: "SELECT", args: []any{keys, c.viewer, 21}, rows: shape(signature), limit: 2},
			}, nil
		}
	}
	catalog := &Catalog{viewer: "me"}
	for _, c := range []struct {
		depends bool
		want    int // how often the statement is written for three requests
	}{{false, 2}, {true, 6}} {
		var s StatementCache
		written = 0
		for range 3 {
			got, err := s.texts(catalog, 1, []string{"k1", "k2"}, &Page{Limit: 5}, write(c.depends))
			if err != nil {
				t.Fatal(err)
			}
			keys, _ := got.rows.args[0].([]string)
			if got.rows.args[1] != "me" || len(keys) != 2 || got.rows.rows.signature == viewerMark {
				t.Errorf("%+v", got.rows)
			}
			if !c.depends && (got.rows.args[2] != 6 && written > 2 || got.rows.rows.signature != "same") {
				t.Errorf("%+v", got.rows)
			}
		}
		if written != c.want {
			t.Errorf("depends on the viewer: %t; written %d times, want %d", c.depends, written, c.want)
		}
	}
}
