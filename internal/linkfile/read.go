package linkfile

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/linkgraph/linkgraph/linkstore"
)

// row is a row of a file: what it asks for, or why it cannot be understood.
type row struct {
	line  int // where it begins
	end   int64
	item  linkstore.Item
	fault error

	// The row as it stood, for the file of rejected rows.
	header []string // of CSV
	cells  []string
	object map[string]any
	text   []byte
}

// source reads the rows of a file. read gives io.EOF at its end; other errors end the import.
type source interface {
	read() (row, error)
	header() []string // of CSV
}

// longestRow is how long a row may be, in bytes: a quote that is not closed would otherwise take in the rest of the file.
const longestRow = 1 << 20

var errLongRow = fmt.Errorf("a row is longer than %d bytes: is a quote not closed?", longestRow)

// bounded fails when a row takes too many bytes.
type bounded struct {
	from io.Reader
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errLongRow
	}
	n, err := b.from.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// next lets the reader take another row, beyond what it has buffered.
func (b *bounded) next() { b.left = longestRow }

// csvSource reads CSV. A source that begins in the middle of a file is given its header.
type csvSource struct {
	catalog  *linkstore.Catalog
	link     string // of rows that name none
	in       *bounded
	r        *csv.Reader
	columns  []string
	at       map[string]int
	extra    []int // the extra columns
	start    int64 // where in the file the reader began
	lineBase int
}

func newCSV(from io.Reader, catalog *linkstore.Catalog, link string) (*csvSource, error) {
	s := &csvSource{catalog: catalog, link: link}
	buffered := bufio.NewReader(from)
	if mark, _ := buffered.Peek(3); bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		_, _ = buffered.Discard(3) // a byte order mark, as spreadsheets write it
		s.start = 3
	}
	s.reset(buffered)
	header, err := s.r.Read()
	if errors.Is(err, io.EOF) {
		return nil, &FileError{
			1,
			errors.New("the file is empty: a CSV file begins with a header, such as link,left,right"),
		}
	}
	var syntax *csv.ParseError
	switch {
	case errors.As(err, &syntax):
		return nil, &FileError{syntax.Line, fmt.Errorf("the header: %w", syntaxFault(syntax))}
	case errors.Is(err, errLongRow):
		return nil, &FileError{1, fmt.Errorf("the header: %w", err)}
	case err != nil:
		return nil, fmt.Errorf("the header: %w", err)
	}
	s.in.next()
	s.columns = slices.Clone(header)
	if err := s.understand(); err != nil {
		return nil, &FileError{1, err}
	}
	return s, nil
}

func (s *csvSource) reset(from io.Reader) {
	s.in = &bounded{from: from, left: longestRow}
	s.r = csv.NewReader(s.in)
	s.r.FieldsPerRecord = -1 // checked below, with the line
}

// continueAt reads on at an offset of the file, where a line begins.
func (s *csvSource) continueAt(from io.Reader, offset int64, line int) {
	s.reset(from)
	s.start, s.lineBase = offset, line-1
}

// understand looks at the header.
func (s *csvSource) understand() error {
	s.at = map[string]int{}
	for i, name := range s.columns {
		column := columnName(name)
		if _, twice := s.at[column]; twice {
			return fmt.Errorf("the header has two columns %q", column)
		}
		s.at[column] = i
		switch column {
		case linkColumn, leftColumn, rightColumn, lineColumn, reasonColumn:
		default:
			s.extra = append(s.extra, i)
		}
	}
	for _, column := range []string{linkColumn, leftColumn, rightColumn} {
		if _, ok := s.at[column]; !ok && (column != linkColumn || s.link == "") {
			return fmt.Errorf("the header has no column %s: it is %s", column, strings.Join(s.columns, ","))
		}
	}
	for _, i := range s.extra {
		if !known(s.catalog, s.link, columnName(s.columns[i])) {
			return fmt.Errorf(
				"no link has an extra column %q; the columns are %s",
				s.columns[i],
				choices(s.catalog, s.link),
			)
		}
	}
	return nil
}

// known reports whether a link, or with "" any link, has an extra column.
func known(catalog *linkstore.Catalog, link, column string) bool {
	for _, d := range catalog.Links() {
		if link != "" && d.Name != link {
			continue
		}
		if extraColumn(d, column) != nil {
			return true
		}
	}
	return false
}

func extraColumn(d *linkstore.Definition, name string) *linkstore.Column {
	for i := range d.Columns {
		if d.Columns[i].Name == name {
			return &d.Columns[i]
		}
	}
	return nil
}

func (s *csvSource) header() []string { return s.columns }

func (s *csvSource) read() (row, error) {
	cells, err := s.r.Read()
	s.in.next()
	r := row{header: s.columns, cells: cells, end: s.start + s.r.InputOffset()}
	var syntax *csv.ParseError
	if errors.As(err, &syntax) {
		r.line, r.fault = s.lineBase+syntax.StartLine, syntaxFault(syntax)
		return r, nil
	}
	if err != nil {
		return r, err
	}
	line, _ := s.r.FieldPos(0)
	r.line = s.lineBase + line
	if len(cells) != len(s.columns) {
		r.fault = cellsError{len(cells), len(s.columns)}
		return r, nil
	}
	r.item, r.fault = s.item(cells)
	return r, nil
}

func (s *csvSource) item(cells []string) (linkstore.Item, error) {
	item := linkstore.Item{
		Link:  s.link,
		Left:  unguard(cells[s.at[leftColumn]]),
		Right: unguard(cells[s.at[rightColumn]]),
	}
	if i, ok := s.at[linkColumn]; ok && cells[i] != "" {
		item.Link = strings.ToLower(unguard(cells[i]))
	}
	d, err := definition(s.catalog, item.Link)
	if err != nil {
		return item, err
	}
	for _, i := range s.extra {
		if cells[i] == "" {
			continue
		}
		name := columnName(s.columns[i])
		if item.Data == nil {
			item.Data = map[string]any{}
		}
		item.Data[name] = cellValue(extraColumn(d, name), unguard(cells[i]))
	}
	return item, nil
}

// cellValue is what a cell says. What it cannot mean is left as a text, which the store refuses.
func cellValue(c *linkstore.Column, cell string) any {
	if cell == null {
		return nil
	}
	if c == nil {
		return cell
	}
	switch c.Type {
	case linkstore.Integer, linkstore.Float:
		return json.Number(strings.TrimSpace(cell))
	case linkstore.Boolean:
		if b, err := strconv.ParseBool(strings.ToLower(cell)); err == nil {
			return b
		}
	case linkstore.JSON:
		if json.Valid([]byte(cell)) {
			return json.RawMessage(cell)
		}
		return invalidJSON{}
	}
	return cell
}

// invalidJSON is a value that cannot be encoded, so that the store refuses it.
type invalidJSON struct{}

// MarshalJSON fails.
func (invalidJSON) MarshalJSON() ([]byte, error) { return nil, errors.New("no JSON") }

// jsonSource reads JSONL.
type jsonSource struct {
	catalog *linkstore.Catalog
	link    string
	r       *bufio.Reader
	offset  int64
	line    int
}

func newJSONL(from io.Reader, catalog *linkstore.Catalog, link string, offset int64, line int) *jsonSource {
	return &jsonSource{
		catalog: catalog,
		link:    link,
		r:       bufio.NewReaderSize(from, 64<<10),
		offset:  offset,
		line:    line - 1,
	}
}

func (s *jsonSource) header() []string { return nil }

func (s *jsonSource) read() (row, error) {
	for from := s.offset; ; {
		if s.offset-from > longestRow { // blank lines, which would be kept until the next batch is written
			return row{}, errLongRow
		}
		text, err := s.readLine()
		if err != nil {
			return row{}, err
		}
		s.line++
		text = bytes.TrimPrefix(bytes.TrimSpace(text), []byte("\xef\xbb\xbf"))
		if len(text) == 0 {
			continue
		}
		r := row{line: s.line, end: s.offset, text: text}
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		if err := decoder.Decode(&r.object); err != nil {
			r.object, r.fault = nil, objectFault(err)
			return r, nil
		}
		if _, err := decoder.Token(); !errors.Is(err, io.EOF) || r.object == nil {
			r.object, r.fault = nil, &linkstore.InvalidError{Field: "line", Reason: "must be one JSON object"}
			return r, nil
		}
		r.item, r.fault = s.item(r.object)
		return r, nil
	}
}

// readLine reads a line of any length that is allowed. The last one need not end.
func (s *jsonSource) readLine() ([]byte, error) {
	var line []byte
	for {
		part, err := s.r.ReadSlice('\n')
		s.offset += int64(len(part))
		line = append(line, part...)
		switch {
		case len(line) > longestRow:
			return nil, errLongRow
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(line) > 0:
			return line, nil
		default:
			return line, err
		}
	}
}

func (s *jsonSource) item(object map[string]any) (linkstore.Item, error) {
	item := linkstore.Item{Link: s.link}
	for name, v := range object {
		switch column := columnName(name); column {
		case lineColumn, reasonColumn:
		case linkColumn, leftColumn, rightColumn:
			text, ok := v.(string)
			if n, isNumber := v.(json.Number); isNumber && column != linkColumn {
				text, ok = n.String(), true
			}
			if !ok {
				return item, &linkstore.InvalidError{Field: column, Reason: "must be a text"}
			}
			switch column {
			case linkColumn:
				item.Link = strings.ToLower(text)
			case leftColumn:
				item.Left = text
			default:
				item.Right = text
			}
		default:
			if item.Data == nil {
				item.Data = map[string]any{}
			}
			item.Data[column] = v
		}
	}
	return item, nil
}
