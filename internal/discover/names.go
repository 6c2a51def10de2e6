package discover

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

var (
	notInName   = regexp.MustCompile(`[^A-Za-z0-9_]+`)
	firstOfName = regexp.MustCompile(`^(_?[A-Za-z])`)
	fieldName   = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// taken are names that a filter has for itself.
func taken(field string) bool {
	return slices.Contains([]string{"and", "or", "not", "isNull", "link"}, field)
}

func article(name string) string {
	if strings.ContainsAny(name[:1], "AEIOU") {
		return "an"
	}
	return "a"
}

func snake(s string) string {
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

func pascal(s string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(s, "_") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}

func camel(s string) string {
	p := pascal(s)
	if p == "" {
		return s
	}
	return strings.ToLower(p[:1]) + p[1:]
}

// words turns a name into a sentence's beginning: "published_at" into "Published at".
func words(name string) string {
	text := strings.ReplaceAll(name, "_", " ")
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

func plural(s string) string {
	switch {
	case strings.HasSuffix(s, "s"), strings.HasSuffix(s, "x"), strings.HasSuffix(s, "ch"), strings.HasSuffix(s, "sh"):
		return s + "es"
	case strings.HasSuffix(s, "y") && len(s) > 1 && !strings.ContainsAny(s[len(s)-2:len(s)-1], "aeiou"):
		return s[:len(s)-1] + "ies"
	default:
		return s + "s"
	}
}
