package recordstore

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// slug returns a URL-safe form of a text: lower case letters and digits of any script, with hyphens between words.
func slug(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFKD.String(s) {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r):
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(unicode.ToLower(r))
		case unicode.Is(unicode.Mn, r), r == '\'', r == '’': // accents and apostrophes leave no gap
		default:
			gap = true
		}
	}
	return norm.NFC.String(b.String())
}
