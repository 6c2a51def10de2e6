package rowkey

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/linkgraph/linkgraph/linkstore/pgvalue"
)

// MaxBytes is how long a key may be.
const MaxBytes = 255

var (
	escaper   = strings.NewReplacer("%", "%25", ":", "%3A")
	unescaper = strings.NewReplacer("%25", "%", "%3A", ":", "%3a", ":")
)

// Join returns the key that has these values of its columns.
func Join(parts []string) string {
	if len(parts) == 1 {
		return parts[0]
	}
	escaped := make([]string, len(parts))
	for i, p := range parts {
		escaped[i] = escaper.Replace(p)
	}
	return strings.Join(escaped, ":")
}

// Split undoes [Join] for a key of n columns. It checks nothing: missing parts are empty.
func Split(key string, n int) []string {
	if n == 1 {
		return []string{key}
	}
	parts := make([]string, n)
	for i, p := range strings.SplitN(key, ":", n) {
		parts[i] = unescaper.Replace(p)
	}
	return parts
}

// Unescape returns the value that stands between two ":" of a key. It is false if a % does not begin an escape.
func Unescape(part string) (string, bool) {
	for i, after := range strings.Split(part, "%") {
		if i > 0 && !strings.HasPrefix(after, "25") && !strings.HasPrefix(after, "3A") &&
			!strings.HasPrefix(after, "3a") {
			return "", false
		}
	}
	return unescaper.Replace(part), true
}

// Check returns why no row can have a key, as "must not be empty". It is "" for a key that a row can have.
func Check(key string) (reason string) {
	if key == "" {
		return "must not be empty"
	}
	if reason := pgvalue.CheckText(key); reason != "" {
		return reason
	}
	if len(key) > MaxBytes {
		return fmt.Sprintf("must not be longer than %d bytes", MaxBytes)
	}
	return ""
}

// Types returns the SQL types that a column of a key may have.
func Types() []string { return []string{"text", "varchar", "smallint", "integer", "bigint", "uuid"} }

// ValidType reports whether a column of a key may have a type.
func ValidType(sqlType string) bool { return slices.Contains(Types(), sqlType) }

// IsText reports whether a type is that of texts: text, or varchar of any length.
func IsText(sqlType string) bool { return sqlType == "text" || strings.HasPrefix(sqlType, "varchar") }

// IntegerBits returns the width of an integer type, and 0 for any other type.
func IntegerBits(sqlType string) int {
	switch sqlType {
	case "smallint":
		return 16
	case "integer":
		return 32
	case "bigint":
		return 64
	}
	return 0
}

// Canonical returns a value of a type as Postgres writes it, so that equal values are equal texts: integers without
// leading zeros, uuids in lower case with hyphens, all other values as they are. It is false if the type has no such
// value.
func Canonical(sqlType, text string) (string, bool) {
	if sqlType == "uuid" {
		return CanonicalUUID(text)
	}
	bits := IntegerBits(sqlType)
	if bits == 0 {
		return text, true
	}
	n, err := strconv.ParseInt(text, 10, bits)
	if err != nil {
		return "", false
	}
	return strconv.FormatInt(n, 10), true
}

// CanonicalUUID returns a uuid in lower case with hyphens. It takes either case, with all hyphens or none: pgx alone
// would take any character in place of a hyphen.
func CanonicalUUID(text string) (string, bool) {
	var uuid pgtype.UUID
	if uuid.Scan(text) != nil {
		return "", false
	}
	canonical := uuid.String()
	if len(text) != 32 && canonical != strings.ToLower(text) {
		return "", false
	}
	return canonical, true
}
