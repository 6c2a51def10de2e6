package linkfile

import (
	"regexp"
	"strings"
)

// formula begins what a spreadsheet takes for a formula, white space before it or not, and what guard has made of such cells.
// Some spreadsheets read the wide forms of East Asian text as they read the plain ones.
var formula = regexp.MustCompile(`^'*[\s\x{00a0}\x{3000}\x{feff}]*[=+\-@＝＋－＠\t\r\n]`)

// plainNumber is what a spreadsheet takes for a number, although it begins with a sign.
var plainNumber = regexp.MustCompile(`^-[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// guard puts an apostrophe before a cell that a spreadsheet would take for a formula, which could send what is in the file away.
// One that has an apostrophe there gets another, so that unguard gives back the same text.
func guard(cell string) string {
	if formula.MatchString(cell) && !plainNumber.MatchString(cell) {
		return "'" + cell
	}
	return cell
}

// unguard is what guard was given.
func unguard(cell string) string {
	if rest, ok := strings.CutPrefix(cell, "'"); ok && formula.MatchString(rest) {
		return rest
	}
	return cell
}
