package recordstore

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestNormalize(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 1, 31, 10, 0, 0, 123456000, time.UTC)
	for _, c := range []struct {
		name string
		col  Column
		in   any
		want any
		bad  string
	}{
		{name: "text", in: "a", want: "a"},
		{name: "number as text", in: json.Number("12"), want: "12"},
		{name: "NUL", in: "a\x00", bad: "NUL"},
		{name: "broken UTF-8", in: "a\xff", bad: "UTF-8"},
		{name: "no text", in: true, bad: "string"},
		{name: "null", in: nil, want: nil},
		{name: "null not allowed", col: Column{NotNull: true}, in: nil, bad: "null"},
		{name: "integer", col: Column{Type: Integer}, in: json.Number("7"), want: int64(7)},
		{name: "integer of a float", col: Column{Type: Integer}, in: 7.0, want: int64(7)},
		{name: "fraction", col: Column{Type: Integer}, in: 7.5, bad: "whole"},
		{name: "too large", col: Column{Type: Integer}, in: json.Number("2147483648"), bad: "32 bits"},
		{name: "far too large", col: Column{Type: Integer}, in: json.Number("1e300"), bad: "32 bits"},
		{name: "float", col: Column{Type: Float}, in: json.Number("1.5"), want: 1.5},
		{name: "infinite", col: Column{Type: Float}, in: json.Number("1e999"), bad: "finite"},
		{name: "decimal", col: Column{Type: Decimal}, in: "19.990", want: "19.990"},
		{name: "decimal of a number", col: Column{Type: Decimal}, in: json.Number("0.1"), want: "0.1"},
		{name: "decimal beyond floats", col: Column{Type: Decimal}, in: "12345678901234567890.123456789", want: "12345678901234567890.123456789"},
		{name: "no decimal", col: Column{Type: Decimal}, in: "NaN", bad: "decimal"},
		{name: "long decimal", col: Column{Type: Decimal}, in: strings.Repeat("1", 1001), bad: "digits"},
		{name: "boolean", col: Column{Type: Boolean}, in: true, want: true},
		{name: "no boolean", col: Column{Type: Boolean}, in: "true", bad: "true or false"},
		{name: "time", col: Column{Type: Time}, in: "2026-01-31T11:00:00.123456789+01:00", want: day},
		{name: "no time", col: Column{Type: Time}, in: "yesterday", bad: "point in time"},
		{name: "time out of range", col: Column{Type: Time}, in: time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC), bad: "year"},
		{name: "JSON", col: Column{Type: JSON}, in: map[string]any{"a": []any{1}}, want: json.RawMessage(`{"a":[1]}`)},
		{name: "JSON with NUL", col: Column{Type: JSON}, in: "\x00", bad: "NUL"},
		{name: "JSON with an escaped backslash", col: Column{Type: JSON}, in: `\u0000`, want: json.RawMessage(`"\\u0000"`)},
		{name: "enum of the API", col: Column{Type: Enum, Values: []string{"draft"}}, in: "DRAFT", want: "draft"},
		{name: "no enum", col: Column{Type: Enum, Values: []string{"draft"}}, in: "gone", bad: "none of DRAFT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := Normalize(&c.col, c.in)
			if c.bad != "" {
				if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), c.bad) {
					t.Errorf("got %v, %v", got, err)
				}
				return
			}
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

// FuzzNormalize checks that what passes can be read back from its text as the same value.
func FuzzNormalize(f *testing.F) {
	for _, s := range []string{"", "1", "-0.5e3", "2026-01-31T11:00:00Z", "a\x00b", `{"a": "\u0000"}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, typ := range []Type{Text, Integer, Float, Decimal, Time, JSON} {
			for _, in := range []any{s, json.Number(s)} {
				v, err := Normalize(&Column{Type: typ}, in)
				if err != nil {
					continue
				}
				if text := textOf(v); strings.ContainsRune(text, 0) {
					t.Errorf("%s: %q passes with a NUL", typ, s)
				}
			}
		}
	})
}

func TestSlug(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Ocean Blue Shirt": "ocean-blue-shirt", "  Crème  brûlée!": "creme-brulee", "Men's 3/4 top": "mens-3-4-top", "東京 Tee": "東京-tee", "!!!": "",
	} {
		if got := slug(in); got != want {
			t.Errorf("slug(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzCursor(f *testing.F) {
	terms := []term{
		{column: &Column{Name: "n", Type: Integer}, key: "n", maybeNull: true},
		{column: &Column{Name: "id", NotNull: true}, key: "id"},
	}
	one := "1"
	f.Add(cursor{&one, &one}.encode(orderSignature(terms)))
	f.Add("")
	f.Add("W10")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := decodeCursor(text, terms)
		if err != nil {
			return
		}
		again, err := decodeCursor(c.encode(orderSignature(terms)), terms)
		if err != nil || cmp.Diff(c, again) != "" {
			t.Errorf("%q: %v, %v", text, again, err)
		}
	})
}
