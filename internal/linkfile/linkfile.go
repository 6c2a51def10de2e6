// Package linkfile imports links from files and exports them to files. Its memory does not grow with the file.
//
// A file is CSV or JSONL. A CSV file has a header; a line of a JSONL file is an object. The columns, or keys, are
//
//	link    the name of the link, as `links plan` prints it; a file of one link may leave it out
//	left    the id of the left record
//	right   the id of the right record
//
// and the extra columns of the links, by their names in the database or in the API. Columns named line and reason are ignored, so that a
// file of rejected rows can be corrected and imported.
//
// In CSV an empty cell means no value: a new link gets the default, an existing one keeps its value. \N is NULL.
// A cell that a spreadsheet would take for a formula has an apostrophe before it, which is not part of the value: '=1+1 is =1+1.
// A text that is empty or \N therefore needs JSONL, where a value that is not given is left out and null is NULL.
package linkfile

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/linkgraph/linkgraph/internal/naming"
	"github.com/linkgraph/linkgraph/linkstore"
)

// Format is the format of a file.
type Format string

// The formats.
const (
	CSV   Format = "csv"
	JSONL Format = "jsonl"
)

// FormatOf returns the format by the extension of a file name.
func FormatOf(name string) (Format, error) {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".csv":
		return CSV, nil
	case ".jsonl", ".ndjson":
		return JSONL, nil
	}
	return "", fmt.Errorf("%s: the ending does not tell the format: give csv or jsonl", name)
}

// Columns of every file.
const (
	linkColumn  = "link"
	leftColumn  = "left"
	rightColumn = "right"
)

// Columns of rejected rows.
const (
	lineColumn   = "line"
	reasonColumn = "reason"
)

// null is NULL in CSV, as COPY writes it.
const null = `\N`

// columnName returns the name of an extra column in the database.
func columnName(name string) string { return naming.Snake(strings.TrimSpace(name)) }

// definition returns a link by name. The error lists the valid names.
func definition(catalog *linkstore.Catalog, name string) (*linkstore.Definition, error) {
	if d, ok := catalog.Link(name); ok {
		return d, nil
	}
	_, err := catalog.Resolve(linkstore.Item{Link: name})
	return nil, err
}
