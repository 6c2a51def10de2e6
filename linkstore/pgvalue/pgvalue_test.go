package pgvalue_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/linkstore/pgvalue"
)

func TestNumber(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		v    any
		want string
	}{
		{json.Number("1e3"), "1e3"},
		{int(-1), "-1"},
		{int32(2), "2"},
		{int64(3), "3"},
		{float64(1e21), "1000000000000000000000"},
		{float64(0.1), "0.1"},
	} {
		if got, ok := pgvalue.Number(c.v); !ok || got != c.want {
			t.Errorf("%v: got %q, %v; want %q", c.v, got, ok, c.want)
		}
	}
	for _, v := range []any{"1", true, nil, []int{1}} {
		if got, ok := pgvalue.Number(v); ok {
			t.Errorf("%v passes as %q", v, got)
		}
	}
}

func TestFinite(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"1.5": true, "1e308": true, "1e309": false, "NaN": false, "-Inf": false, "": false, "x": false} {
		if _, ok := pgvalue.Finite(text); ok != want {
			t.Errorf("%q: got %v", text, ok)
		}
	}
}

func TestTime(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 1, 31, 10, 0, 0, 0, time.UTC)
	for _, v := range []any{day, "2026-01-31T11:00:00+01:00"} {
		if got, ok := pgvalue.Time(v); !ok || !got.Equal(day) {
			t.Errorf("%v: got %v, %v", v, got, ok)
		}
	}
	for _, v := range []any{"yesterday", "", nil, 5} {
		if got, ok := pgvalue.Time(v); ok {
			t.Errorf("%v passes as %v", v, got)
		}
	}
	zone := time.FixedZone("", 3600)
	for _, c := range []struct {
		t    time.Time
		want bool
	}{
		{time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), true},
		{time.Date(1, 1, 1, 0, 0, 0, 0, zone), false},
		{time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), true},
		{time.Date(10000, 1, 1, 0, 30, 0, 0, zone), true},
		{time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), false},
	} {
		if got := pgvalue.HasFourDigitYear(c.t); got != c.want {
			t.Errorf("%v: got %v", c.t, got)
		}
	}
}

// TestPostgresTakesWhatPasses sends values of each kind to Postgres, and has it refuse those that the checks refuse.
func TestPostgresTakesWhatPasses(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).Pool
	takes := func(sqlType, text string) bool {
		_, err := db.Exec(t.Context(), `SELECT $1::text::`+sqlType, text)
		return err == nil
	}
	for _, text := range []string{"", "a", "Ä", "a\x00", "\xff", "\xed\xa0\x80"} {
		if passes := pgvalue.CheckText(text) == ""; passes != takes("text", text) {
			t.Errorf("text %q: passes is %v, and Postgres says otherwise", text, passes)
		}
	}
	for _, v := range []string{"", "\x00", `\u0000`, `\` + "\x00", "é", `\\`} {
		raw, err := json.Marshal(map[string]string{"a": v})
		if err != nil {
			t.Fatal(err)
		}
		if passes := !pgvalue.HasNUL(raw); passes != takes("jsonb", string(raw)) {
			t.Errorf("JSON %s: passes is %v, and Postgres says otherwise", raw, passes)
		}
	}
	for text, want := range map[string]bool{
		"19.99": true, "+1.": true, ".5": true, "-1e-3": true, "1e999": true, strings.Repeat("1", 1000): true,
		"": false, ".": false, "1e": false, "NaN": false, "Infinity": false, "1_000": false, "0x1": false, " 1": false, "1e1000": false, //nolint:gocritic // white space is what is tested
		strings.Repeat("1", 1001): false,
	} {
		if got := pgvalue.IsDecimal(text); got != want || got && !takes("numeric", text) {
			t.Errorf("decimal %q: passes is %v, want %v, and Postgres has to take what passes", text, got, want)
		}
	}
}

// FuzzHasNUL compares the search for escapes with what the JSON means.
func FuzzHasNUL(f *testing.F) {
	for _, s := range []string{`"\u0000"`, `"\\u0000"`, `"\\\u0000"`, `{"a\u0000": 1}`, `["\n\u0041"]`, `1`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		var v any
		if json.Unmarshal([]byte(raw), &v) != nil {
			return
		}
		again, err := json.Marshal(v) // a key that stands twice is written once
		if err != nil {
			t.Fatal(err)
		}
		if got, want := pgvalue.HasNUL(again), containsNUL(v); got != want {
			t.Errorf("%s: got %v, want %v", again, got, want)
		}
	})
}

func containsNUL(v any) bool {
	switch v := v.(type) {
	case string:
		return strings.ContainsRune(v, 0)
	case []any:
		return slices.ContainsFunc(v, containsNUL)
	case map[string]any:
		for name, item := range v {
			if containsNUL(name) || containsNUL(item) {
				return true
			}
		}
	}
	return false
}
