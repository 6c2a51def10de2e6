package linkfile

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/linkgraph/linkgraph/linkstore"
)

// FileError is a fault of a file that ends its import: what follows cannot be understood.
type FileError struct {
	Line int
	Err  error
}

func (e *FileError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap returns the reason.
func (e *FileError) Unwrap() error { return e.Err }

// syntaxFault returns the fault of a CSV row, with the column where it is.
func syntaxFault(e *csv.ParseError) error {
	return &linkstore.InvalidError{Field: fmt.Sprintf("column %d", e.Column), Reason: e.Err.Error()}
}

// objectFault returns the fault of a line of JSONL that is no object, with the column if it is known.
func objectFault(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return &linkstore.InvalidError{
			Field:  fmt.Sprintf("column %d", syntax.Offset),
			Reason: "no JSON object: " + err.Error(),
		}
	}
	var other *json.UnmarshalTypeError
	if errors.As(err, &other) {
		return &linkstore.InvalidError{Field: "line", Reason: "must be one JSON object, not " + other.Value}
	}
	return &linkstore.InvalidError{Field: "line", Reason: "is not a whole JSON object: " + err.Error()}
}

// choices returns the columns that a file may have, for error messages.
func choices(catalog *linkstore.Catalog, link string) string {
	names := []string{linkColumn, leftColumn, rightColumn}
	seen := map[string]bool{}
	for _, d := range catalog.Links() {
		if link != "" && d.Name != link {
			continue
		}
		for _, c := range d.Columns {
			if !seen[c.Name] {
				seen[c.Name] = true
				names = append(names, c.Name)
			}
		}
	}
	return strings.Join(names, ", ")
}

// cellsError is a row of CSV that does not have as many cells as the header.
type cellsError struct{ cells, header int }

func (e cellsError) Error() string {
	return fmt.Sprintf("%d cells, and the header has %d", e.cells, e.header)
}

// Unwrap returns the class of invalid input.
func (cellsError) Unwrap() error { return linkstore.ErrInvalid }
