package discover

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

// taken are names that a filter has for itself.
func taken(field string) bool {
	return slices.Contains([]string{"and", "or", "not", "isNull", "link"}, field)
}

// words turns a name into a sentence's beginning: "published_at" into "Published at".
func words(name string) string {
	text := strings.ReplaceAll(name, "_", " ")
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
