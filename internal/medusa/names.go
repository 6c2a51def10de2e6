package medusa

import (
	"regexp"
	"slices"
	"strings"
)

var (
	notInName   = regexp.MustCompile(`[^A-Za-z0-9_]+`)
	firstOfName = regexp.MustCompile(`^(_?[A-Za-z])`)
	fieldName   = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// taken reports whether filters use the name for something else than a field.
func taken(field string) bool {
	return slices.Contains([]string{"and", "or", "not", "isNull", "link"}, field)
}

// words turns a name into the beginning of a sentence: "published_at" into "Published at".
func words(name string) string {
	text := strings.ReplaceAll(name, "_", " ")
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
