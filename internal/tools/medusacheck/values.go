package main

import (
	"encoding/json"
	"math/big"
	"strings"
	"time"

	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// equal reports whether our value equals the value of Medusa or the table. Times are compared to the precision of the
// other side; Medusa's have milliseconds.
func equal(t recordstore.Type, ours, theirs any, precision time.Duration) bool {
	if ours == nil || theirs == nil {
		return ours == nil && theirs == nil
	}
	switch t {
	case recordstore.Integer, recordstore.Float, recordstore.Decimal:
		return equalNumbers(ours, theirs)
	case recordstore.Time:
		return equalTimes(ours, theirs, precision)
	case recordstore.Enum:
		value, ok := theirs.(string)
		return ok && ours == strings.ToUpper(value)
	default:
		return equalJSON(ours, theirs)
	}
}

func equalNumbers(ours, theirs any) bool {
	a, ok := rational(ours)
	b, ok2 := rational(theirs)
	return ok && ok2 && a.Cmp(b) == 0
}

// rational parses a number, or a decimal in a string.
func rational(v any) (*big.Rat, bool) {
	switch v := v.(type) {
	case json.Number:
		return new(big.Rat).SetString(v.String())
	case string:
		return new(big.Rat).SetString(v)
	}
	return nil, false
}

func equalTimes(ours, theirs any, precision time.Duration) bool {
	a, ok := instant(ours)
	b, ok2 := instant(theirs)
	return ok && ok2 && a.Truncate(precision).Equal(b)
}

func instant(v any) (time.Time, bool) {
	text, _ := v.(string)
	t, err := time.Parse(time.RFC3339Nano, text)
	return t, err == nil
}

// equalJSON compares two JSON values. Numbers are equal if their values are.
func equalJSON(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		_, ok := b.(json.Number)
		return ok && equalNumbers(a, b)
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !equalJSON(a[i], b[i]) {
				return false
			}
		}
		return true
	case record:
		b, ok := b.(record)
		if !ok || len(a) != len(b) {
			return false
		}
		for key, value := range a {
			other, ok := b[key]
			if !ok || !equalJSON(value, other) {
				return false
			}
		}
		return true
	default:
		return a == b
	}
}
