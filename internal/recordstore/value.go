package recordstore

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/linkgraph/linkgraph/linkstore/pgvalue"
	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// Normalize checks that a column can hold a value and returns it as the Go type that Type documents. It accepts the
// values of JSON and GraphQL: strings, booleans, numbers of any Go type, json.Number, lists, objects, time.Time and
// nil. The error is an *InvalidError.
func Normalize(col *Column, v any) (any, error) {
	n, reason := normalize(col, v)
	if reason != "" {
		return nil, &InvalidError{Field: col.Field, Value: v, Reason: reason}
	}
	return n, nil
}

func normalize(col *Column, v any) (any, string) {
	if v == nil {
		if col.NotNull {
			return nil, "must not be null"
		}
		return nil, ""
	}
	switch col.Type {
	case Text:
		return normalizeText(col, v)
	case Enum:
		return normalizeEnum(col, v)
	case Integer:
		return normalizeInteger(col, v)
	case Float:
		return normalizeFloat(v)
	case Decimal:
		return normalizeDecimal(v)
	case Boolean:
		if b, ok := v.(bool); ok {
			return b, ""
		}
		return nil, "must be true or false"
	case Time:
		return normalizeTime(v)
	default:
		return normalizeJSON(v)
	}
}

func normalizeText(col *Column, v any) (any, string) {
	s, ok := v.(string)
	if n, isNumber := v.(json.Number); isNumber {
		s, ok = n.String(), true // an ID may be written as a number
	}
	if !ok {
		return nil, "must be a string"
	}
	if reason := pgvalue.CheckText(s); reason != "" {
		return nil, reason
	}
	if col.parts != nil {
		values, err := col.split(s)
		if err != nil {
			return nil, reasonOf(err)
		}
		parts := make([]string, len(values))
		for i, v := range values {
			parts[i] = textOf(v)
		}
		return rowkey.Join(parts), ""
	}
	sqlType := col.SQLType
	if col.KeyType != "" {
		sqlType = col.KeyType
	}
	s, reason := canonical(sqlType, s)
	if reason != "" {
		return nil, reason
	}
	return s, ""
}

func reasonOf(err error) string {
	var value *InvalidError
	if errors.As(err, &value) {
		return value.Reason
	}
	return err.Error()
}

func normalizeEnum(col *Column, v any) (any, string) {
	s, ok := v.(string)
	if ok {
		if lower := strings.ToLower(s); slices.Contains(col.Values, lower) {
			return lower, ""
		}
		if slices.Contains(col.Values, s) {
			return s, ""
		}
	}
	choices := make([]string, len(col.Values))
	for i, c := range col.Values {
		choices[i] = strings.ToUpper(c)
	}
	return nil, fmt.Sprintf("%v is none of %s", v, strings.Join(choices, ", "))
}

func normalizeInteger(col *Column, v any) (any, string) {
	text, ok := pgvalue.Number(v)
	if !ok {
		return nil, "must be a whole number"
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		f, ferr := strconv.ParseFloat(text, 64)
		if ferr != nil || f != math.Trunc(f) {
			return nil, "must be a whole number"
		}
		n = int64(f)
		if math.Abs(f) > math.MaxInt32+1 {
			n = math.MaxInt64
		}
	}
	if n < math.MinInt32 || n > math.MaxInt32 {
		return nil, "must be a whole number of 32 bits"
	}
	if col.SQLType == "smallint" && (n < math.MinInt16 || n > math.MaxInt16) {
		return nil, "must be a whole number of 16 bits"
	}
	return n, ""
}

func normalizeFloat(v any) (any, string) {
	text, ok := pgvalue.Number(v)
	if !ok {
		return nil, "must be a number"
	}
	f, ok := pgvalue.Finite(text)
	if !ok {
		return nil, "must be a finite number"
	}
	return f, ""
}

func normalizeDecimal(v any) (any, string) {
	text, ok := pgvalue.Number(v)
	if !ok {
		if text, ok = v.(string); !ok {
			return nil, "must be a decimal number, as in \"19.99\""
		}
	}
	if len(text) > pgvalue.MaxDecimalBytes {
		return nil, fmt.Sprintf("must have no more than %d digits", pgvalue.MaxDecimalBytes)
	}
	if !pgvalue.IsDecimal(text) {
		return nil, fmt.Sprintf("%q is no decimal number, as \"19.99\" is", text)
	}
	return text, ""
}

func normalizeTime(v any) (any, string) {
	t, ok := pgvalue.Time(v)
	if !ok {
		return nil, "must be a point in time, as in \"2026-01-31T12:00:00Z\""
	}
	if !pgvalue.HasFourDigitYear(t) {
		return nil, "must be a year from 1 to 9999"
	}
	return t.UTC().Truncate(time.Microsecond), ""
}

func normalizeJSON(v any) (any, string) {
	raw, ok := v.(json.RawMessage)
	if !ok {
		var err error
		if raw, err = json.Marshal(v); err != nil {
			return nil, "must be a JSON value"
		}
	}
	if !json.Valid(raw) {
		return nil, "must be a JSON value"
	}
	if pgvalue.HasNUL(raw) {
		return nil, "must not contain the character NUL"
	}
	return raw, ""
}

// normalizeKey checks a primary key from a caller.
func normalizeKey(col *Column, v any) (string, error) {
	n, err := Normalize(col, v)
	if err != nil {
		return "", err
	}
	key := textOf(n)
	if reason := rowkey.Check(key); reason != "" {
		return "", &InvalidError{Field: col.Field, Value: v, Reason: reason}
	}
	return key, nil
}
