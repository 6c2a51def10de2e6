package rows

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"testing"
	"time"
)

func TestCursorIsJSONInBase64(t *testing.T) {
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
			var builder Builder
			builder.Text("id")
			builder.Text(a)
			if b == "NULL" {
				second = nil
				builder.Null()
			} else {
				builder.Text(b)
			}
			s := Set{Buffer: builder.Buffer(3), sortKeys: 1, signature: "k1x"}
			want, err := json.Marshal([]any{"k1x", a, second})
			if err != nil {
				t.Fatal(err)
			}
			if got := string(s.AppendCursor(nil, 0)); got != base64.RawURLEncoding.EncodeToString(want) {
				t.Errorf("%q, %q: %s, want %s in base64", a, b, got, want)
			}
		}
	}
}

func TestGatherPutsRowsOfAListSideBySide(t *testing.T) {
	t.Parallel()
	s := Set{Ranges: []Range{{Len: 2}, {}, {Len: 3}}}
	s.gather([]int32{2, 0, 2, 0, 2})
	want := [][]int{{1, 3}, {}, {0, 2, 4}}
	for list, rows := range want {
		for i, row := range rows {
			if got := s.Row(&s.Ranges[list], i, false); got != row {
				t.Errorf("list %d, entry %d: row %d, want %d", list, i, got, row)
			}
			if got := s.Row(&s.Ranges[list], len(rows)-1-i, true); got != row {
				t.Errorf("list %d backward, entry %d: row %d, want %d", list, i, got, row)
			}
		}
	}
}

func TestBuilderKeepsValuesOfTheirKind(t *testing.T) {
	t.Parallel()
	kinds := []Kind{Text, Integer, Float, Boolean, Time, JSON, Key, Integer, Text}
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.FixedZone("", 3600))
	var b Builder
	for _, row := range [][]any{
		{"", int64(-7), 1e21, true, at, json.RawMessage(`{"a": 1}`), "a:1", "7", int64(7)},
		make([]any, len(kinds)),
	} {
		for i, v := range row {
			b.Value(kinds[i], v)
		}
	}
	c := b.Buffer(len(kinds))
	if c.Len() != 2 {
		t.Fatalf("%d rows", c.Len())
	}
	for i, want := range []string{"", "-7", "1e+21", "true", "2026-01-02T02:04:05.000006Z", `{"a": 1}`, "a:1"} {
		if got, ok := c.Cell(0, i); got != want || !ok {
			t.Errorf("kind %d: %q, %t, want %q", kinds[i], got, ok, want)
		}
	}
	for _, i := range []int{7, 8} {
		if got, ok := c.Cell(0, i); ok {
			t.Errorf("a value of another type in kind %d: %q", kinds[i], got)
		}
	}
	for i := range kinds {
		if got, ok := c.Cell(1, i); ok || got != "" {
			t.Errorf("NULL in kind %d: %q, %t", kinds[i], got, ok)
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
