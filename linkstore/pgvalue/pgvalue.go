// Package pgvalue checks whether Postgres can hold a value, before it is sent, and reads the Go values that JSON gives
// as numbers and times.
//
// Callers write their own messages, which name the field and the form they take: most functions say only whether a
// value will do.
package pgvalue

import (
	"bytes"
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxDecimalBytes is how long a decimal number may be.
const MaxDecimalBytes = 1000

var decimalSyntax = regexp.MustCompile(`^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$`)

// CheckText returns why Postgres cannot hold a text, as "must be valid UTF-8". It is "" for a text that it can hold.
func CheckText(s string) (reason string) {
	if strings.ContainsRune(s, 0) {
		return "must not contain the character NUL"
	}
	if !utf8.ValidString(s) {
		return "must be valid UTF-8"
	}
	return ""
}

// Number returns a number as it is written, for the Go types that hold numbers. It is false for any other type.
func Number(v any) (text string, ok bool) {
	switch v := v.(type) {
	case json.Number:
		return v.String(), true
	case int:
		return strconv.Itoa(v), true
	case int32:
		return strconv.FormatInt(int64(v), 10), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	}
	return "", false
}

// IsDecimal reports whether a text is a decimal number of at most MaxDecimalBytes. The exponent is bounded too, because
// Postgres writes the digits out.
func IsDecimal(text string) bool {
	return len(text) <= MaxDecimalBytes && decimalSyntax.MatchString(text)
}

// Finite reads a double. It is false for infinities, NaN and what is no number.
func Finite(text string) (float64, bool) {
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil && !math.IsInf(f, 0) && !math.IsNaN(f)
}

// Time takes a time.Time, or a text of RFC 3339.
func Time(v any) (time.Time, bool) {
	switch v := v.(type) {
	case time.Time:
		return v, true
	case string:
		t, err := time.Parse(time.RFC3339Nano, v)
		return t, err == nil
	}
	return time.Time{}, false
}

// HasFourDigitYear reports whether a time lies in the years 1 to 9999 of UTC, which RFC 3339 can write.
func HasFourDigitYear(t time.Time) bool {
	year := t.UTC().Year()
	return year >= 1 && year <= 9999
}

// HasNUL reports whether valid JSON contains the escape \u0000, which JSON allows and Postgres does not. After a
// backslash it is plain text.
func HasNUL(raw []byte) bool {
	for i := bytes.IndexByte(raw, '\\'); i >= 0 && i < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		if bytes.HasPrefix(raw[i:], []byte(`\u0000`)) {
			return true
		}
		i++
	}
	return false
}
