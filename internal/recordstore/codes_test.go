package recordstore

import (
	"slices"
	"testing"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"ern", "eur", "usd", "usn"}
	for code, want := range map[string][]string{
		"eru":     {"eur", "ern"},
		"euro":    {"eur"},
		"us":      {"usd", "usn"},
		"x":       nil,
		"":        nil,
		"ｅｕｒ":     nil,
		"dollars": nil,
	} {
		if got := nearest(code, known); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", code, got, want)
		}
	}
}

func TestMin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		typ   Type
		min   string
		value any
		ok    bool
	}{
		{Decimal, "0", "0", true},
		{Decimal, "0", "-0.00", true},
		{Decimal, "0", "-1e-999", false},
		{Decimal, "0", "1e999", true},
		{Decimal, "0.1", "0.1", true},
		{Decimal, "0.1", "0.10000", true},
		{Decimal, "0.1", "0.0999999999999999999999999", false},
		{Decimal, "-2", "-1e0", true},
		{Decimal, "-2", "-2.1", false},
		{Integer, "1", int64(0), false},
		{Integer, "1", int64(1), true},
		{Float, "0", -1e-300, false},
		{Float, "0", 1.5, true},
		{Decimal, "", "-1", true},
		{Decimal, "0", nil, true},
	} {
		if err := checkMin(&Column{Field: "x", Type: c.typ, Min: c.min}, c.value); (err == nil) != c.ok {
			t.Errorf("%v with a least value of %s: %v", c.value, c.min, err)
		}
	}
}
