// Package naming converts between names of the database and names of the API.
package naming

import (
	"strings"
	"unicode"
)

// Snake converts camelCase and PascalCase to snake_case: "ProductVariant" becomes "product_variant".
func Snake(s string) string {
	var b strings.Builder
	for i, r := range s {
		if unicode.IsUpper(r) {
			if i > 0 {
				b.WriteByte('_')
			}
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Pascal converts snake_case or camelCase to PascalCase.
func Pascal(s string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(s, "_") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}

// Camel converts snake_case or PascalCase to camelCase.
func Camel(s string) string {
	p := Pascal(s)
	if p == "" {
		return s
	}
	return strings.ToLower(p[:1]) + p[1:]
}

// Article returns the indefinite article of a name: "a" or "an".
func Article(name string) string {
	if strings.ContainsAny(name[:1], "AEIOU") {
		return "an"
	}
	return "a"
}

// Plural returns the English plural of a name, of which it changes the last word.
func Plural(s string) string {
	switch {
	case strings.HasSuffix(s, "y") && len(s) > 1 && !strings.ContainsAny(s[len(s)-2:len(s)-1], "aeiou"):
		return s[:len(s)-1] + "ies"
	case strings.HasSuffix(s, "s"), strings.HasSuffix(s, "x"), strings.HasSuffix(s, "z"),
		strings.HasSuffix(s, "ch"), strings.HasSuffix(s, "sh"):
		return s + "es"
	default:
		return s + "s"
	}
}

// Singular reverses Plural for the names of list fields.
func Singular(s string) string {
	switch {
	case strings.HasSuffix(s, "ies"):
		return s[:len(s)-3] + "y"
	case strings.HasSuffix(s, "sses"),
		strings.HasSuffix(s, "xes"),
		strings.HasSuffix(s, "ches"),
		strings.HasSuffix(s, "shes"):
		return s[:len(s)-2]
	default:
		return strings.TrimSuffix(s, "s")
	}
}
