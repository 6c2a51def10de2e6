package answer

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/linkgraph/linkgraph/graph/internal/plan"
	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// Output is where an answer is written. Begin says how long it may become.
type Output struct {
	b     []byte
	limit int
	look  int // where it is looked at again
	// faults are values that were null because they have no place in the answer.
	faults []*valueFault
	ctx    context.Context //nolint:containedctx // that of the operation that is written
}

// lookAfter is after how many bytes it is looked whether the time is over.
const lookAfter = 64 << 10

// Begin begins an answer, behind those that are there: all of them have limit bytes at most.
func (o *Output) Begin(ctx context.Context, limit int) { o.ctx, o.limit, o.look = ctx, limit, 0 }

// tooLong is that of an answer that is longer than it may be.
type tooLong struct{ *plan.LimitError }

func (e tooLong) Unwrap() error { return e.LimitError }

func isTooLong(err error) bool {
	_, ok := errors.AsType[tooLong](err)
	return ok
}

// full reports whether the answer is longer than it may be.
func (o *Output) full() bool { return len(o.b) > o.limit }

// Room returns how many bytes the answer may grow by.
func (o *Output) Room() int { return o.limit - len(o.b) }

// TooLong returns the error of an answer that is longer than it may be.
func (o *Output) TooLong() error {
	return tooLong{&plan.LimitError{What: "bytes of the answer", Limit: o.limit}}
}

// Check refuses to go on if the answer is too long or the time is over. It is called where what is written repeats.
func (o *Output) Check() error {
	if len(o.b) < o.look {
		return nil
	}
	if o.full() {
		return o.TooLong()
	}
	o.look = min(len(o.b)+lookAfter, o.limit+1)
	return o.ctx.Err()
}

// valueFault is a value that has no place in the answer.
type valueFault struct {
	err  error
	path []ast.PathElement // from the value up to what is being written
}

func (f *valueFault) Error() string { return f.err.Error() }

func (f *valueFault) Unwrap() error { return f.err }

var (
	errNotFinite = errors.New("a number is not finite, and JSON has no form for it")
	errNull      = errors.New("a value is null that must not be null")
)

// settle tells faults that were met in a value where it stands, and makes it null if it may be: begin is where it begins in the output, mark
// how many faults there were before.
func (o *Output) settle(at ast.PathElement, nonNull bool, begin, mark int, err error) error {
	for _, f := range o.faults[mark:] {
		f.path = append(f.path, at)
	}
	fault, ok := err.(*valueFault) //nolint:errorlint // nothing wraps it on its way up
	if !ok {
		return err
	}
	fault.path = append(fault.path, at)
	if nonNull {
		return err
	}
	o.faults = append(o.faults, fault)
	o.b = append(o.b[:begin], "null"...)
	return nil
}

// Write adds bytes of JSON.
func (o *Output) Write(b []byte) (int, error) {
	o.b = append(o.b, b...)
	return len(b), nil
}

// Bytes are what was written.
func (o *Output) Bytes() []byte { return o.b }

// Reset empties it, and keeps its memory.
func (o *Output) Reset() { o.b = o.b[:0] }

// Cap returns how many bytes its memory has.
func (o *Output) Cap() int { return cap(o.b) }

// object writes a record.
func (o *Output) object(l *plan.Object, p *position, row int) error {
	if len(l.Fields) == 0 {
		o.b = append(o.b, "{}"...)
		return nil
	}
	for i := range l.Fields {
		f := &l.Fields[i]
		o.b = append(o.b, f.Key...)
		err := o.Check()
		if err != nil {
			return err
		}
		begin, mark := len(o.b), len(o.faults)
		switch f.Kind {
		case plan.WriteConstant:
			o.b = append(o.b, f.Constant...)
		case plan.WriteOne:
			err = o.one(f, &p.hops[f.Hop], row)
		case plan.WriteMany:
			err = o.many(f, &p.hops[f.Hop], row)
		case plan.WriteJoinedOne, plan.WriteJoinedMany:
			err = o.joined(f, p, row)
		default:
			err = o.cell(f, p.cells, row)
		}
		if err != nil || len(o.faults) > mark {
			if err = o.settle(ast.PathName(f.Name), f.NonNull, begin, mark, err); err != nil {
				return err
			}
		}
	}
	o.b = append(o.b, '}')
	return nil
}

// each writes an object field by field.
func (o *Output) each(fields []plan.Field, value func(f *plan.Field) error) error {
	if len(fields) == 0 {
		o.b = append(o.b, "{}"...)
		return nil
	}
	for i := range fields {
		f := &fields[i]
		o.b = append(o.b, f.Key...)
		if f.Kind == plan.WriteConstant {
			o.b = append(o.b, f.Constant...)
			continue
		}
		begin, mark := len(o.b), len(o.faults)
		err := value(f)
		if err != nil || len(o.faults) > mark {
			if err = o.settle(ast.PathName(f.Name), f.NonNull, begin, mark, err); err != nil {
				return err
			}
		}
	}
	o.b = append(o.b, '}')
	return nil
}

// cell writes the value of a column.
func (o *Output) cell(f *plan.Field, cells *recordstore.RowBuffer, row int) error {
	v, ok := cells.Cell(row, f.Cell)
	if !ok {
		if f.Null == "" {
			return &valueFault{err: errNull}
		}
		o.b = append(o.b, f.Null...)
		return nil
	}
	switch f.Kind {
	case plan.WriteText:
		o.b = appendText(o.b, v)
	case plan.WriteEnum:
		o.b = appendEnum(o.b, v)
	case plan.WriteTime:
		o.b = append(append(append(o.b, '"'), v...), '"')
	case plan.WriteFloat:
		if v[len(v)-1] > '9' { // NaN, +Inf, -Inf
			return &valueFault{err: errNotFinite}
		}
		o.b = append(o.b, v...)
	default:
		o.b = append(o.b, v...)
	}
	return nil
}

func (o *Output) one(f *plan.Field, h *followed, row int) error {
	k := h.keys[row]
	if k < 0 || h.rows.Ranges[k].Len == 0 {
		o.b = append(o.b, "null"...)
		return nil
	}
	return o.object(f.Object, h.node, h.rows.Row(&h.rows.Ranges[k], 0, false))
}

func (o *Output) many(f *plan.Field, h *followed, row int) error {
	w := listWriter{list: h.list, rows: h.rows, node: h.node, link: h.link}
	if k := h.keys[row]; k >= 0 {
		w.span, w.found = &h.rows.Ranges[k], true
	} else {
		w.span = &recordstore.RowRange{}
	}
	return o.connection(f.Conn, &w)
}

// joined writes what a join led to: it is in the same row.
func (o *Output) joined(f *plan.Field, p *position, row int) error {
	h := &p.hops[f.Hop]
	_, there := p.cells.Cell(row, f.Cell)
	if f.Kind == plan.WriteJoinedMany {
		w := listWriter{list: h.list, span: &recordstore.RowRange{First: row}, found: true, node: h.node, link: h.link}
		if there {
			w.span.Len = 1
		}
		return o.connection(f.Conn, &w)
	}
	if !there {
		o.b = append(o.b, "null"...)
		return nil
	}
	return o.object(f.Object, h.node, row)
}

// listWriter is a list that is written.
type listWriter struct {
	list       *plan.List
	rows       *recordstore.RowSet // nil of a join: the span is one row of those it begins at
	span       *recordstore.RowRange
	found      bool // the list was looked for
	node, link *position
}

// row is the row of an entry of the list.
func (w *listWriter) row(i int) int {
	if w.rows == nil {
		return w.span.First
	}
	return w.rows.Row(w.span, i, w.list.Page.Backward)
}

func (o *Output) connection(l *plan.Connection, w *listWriter) error {
	return o.each(l.Fields, func(f *plan.Field) error {
		switch f.Kind {
		case plan.WriteTotal:
			o.b = strconv.AppendInt(o.b, int64(w.span.Total), 10)
		case plan.WriteInfo:
			o.info(f.Fields, w)
		case plan.WriteNodes:
			return o.nodes(f.Object, w)
		case plan.WriteEdges:
			return o.edges(f.Fields, w)
		}
		return nil
	})
}

func (o *Output) nodes(l *plan.Object, w *listWriter) error {
	return o.list(w.span.Len, func(i int) error { return o.object(l, w.node, w.row(i)) })
}

func (o *Output) edges(fields []plan.Field, w *listWriter) error {
	return o.list(w.span.Len, func(i int) error { return o.edge(fields, w, w.row(i)) })
}

func (o *Output) edge(fields []plan.Field, w *listWriter, row int) error {
	return o.each(fields, func(f *plan.Field) error {
		switch f.Kind {
		case plan.WriteCursor:
			o.cursor(w, row)
		case plan.WriteNode:
			return o.object(f.Object, w.node, row)
		case plan.WriteLink:
			return o.object(f.Object, w.link, row)
		}
		return nil
	})
}

// list writes a list item by item. No item of a list may be null.
func (o *Output) list(n int, item func(i int) error) error {
	o.b = append(o.b, '[')
	for i := range n {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		if err := o.Check(); err != nil {
			return err
		}
		begin, mark := len(o.b), len(o.faults)
		err := item(i)
		if err != nil || len(o.faults) > mark {
			if err = o.settle(ast.PathIndex(i), true, begin, mark, err); err != nil {
				return err
			}
		}
	}
	o.b = append(o.b, ']')
	return nil
}

func (o *Output) cursor(w *listWriter, row int) {
	o.b = append(o.b, '"')
	o.b = append(w.rows.AppendCursor(o.b, row), '"') // its letters need no escapes
}

// info writes where a page stands. What lies before a cursor the client came from is known to exist.
func (o *Output) info(fields []plan.Field, w *listWriter) {
	if len(fields) == 0 {
		o.b = append(o.b, "{}"...)
		return
	}
	page := &w.list.Page
	next, previous := w.span.More, page.After != ""
	if page.Backward {
		next, previous = page.Before != "", w.span.More
	}
	for i := range fields {
		f := &fields[i]
		o.b = append(o.b, f.Key...)
		switch f.Kind {
		case plan.WriteConstant:
			o.b = append(o.b, f.Constant...)
		case plan.WriteHasNext:
			o.b = strconv.AppendBool(o.b, next && w.found)
		case plan.WriteHasPrevious:
			o.b = strconv.AppendBool(o.b, previous && w.found)
		case plan.WriteStartCursor, plan.WriteEndCursor:
			n := w.span.Len
			switch {
			case n == 0:
				o.b = append(o.b, "null"...)
			case f.Kind == plan.WriteStartCursor:
				o.cursor(w, w.row(0))
			default:
				o.cursor(w, w.row(n-1))
			}
		}
	}
	o.b = append(o.b, '}')
}

const hexDigits = "0123456789ABCDEF"

// appendText writes a text with the escapes that gqlgen writes.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[start:i]...)
		start = i + 1
		switch c {
		case '\t':
			b = append(b, `\t`...)
		case '\r':
			b = append(b, `\r`...)
		case '\n':
			b = append(b, `\n`...)
		case '\\', '"':
			b = append(b, '\\', c)
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
		}
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

// appendEnum writes a value of an enum as the schema spells it.
func appendEnum(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			return appendText(b, strings.ToUpper(s))
		}
	}
	b = append(b, '"')
	for i := range len(s) {
		c := s[i]
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		b = append(b, c)
	}
	return append(b, '"')
}
