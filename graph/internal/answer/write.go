package answer

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/linkgraph/linkgraph/graph/internal/plan"
	"github.com/linkgraph/linkgraph/internal/recordstore/rows"
)

// Output is the buffer that an answer is written to. Begin sets the limit of its length. Outputs are used again after Reset.
type Output struct {
	b         []byte
	limit     int
	nextCheck int // the length at which Check looks again
	// faults are values that had to become null.
	faults []*valueFault
	ctx    context.Context //nolint:containedctx // of the operation
}

// checkInterval is after how many bytes Check looks at the context.
const checkInterval = 64 << 10

// Begin starts an answer of an operation behind those that are there. limit is the length in bytes of all of them together.
func (o *Output) Begin(ctx context.Context, limit int) { o.ctx, o.limit, o.nextCheck = ctx, limit, 0 }

// tooLong is the error of an answer that exceeds its limit.
type tooLong struct{ *plan.LimitError }

func (e tooLong) Unwrap() error { return e.LimitError }

func isTooLong(err error) bool {
	_, ok := errors.AsType[tooLong](err)
	return ok
}

// full reports whether the answer exceeds its limit.
func (o *Output) full() bool { return len(o.b) > o.limit }

// Room returns how many bytes the answer may grow by.
func (o *Output) Room() int { return o.limit - len(o.b) }

// TooLong returns the error of an answer that exceeds its limit.
func (o *Output) TooLong() error {
	return tooLong{plan.NewLimitError("bytes of the answer", o.limit, 0)}
}

// Check returns an error if the answer exceeds its limit (a *plan.LimitError) or the context is done. Whoever writes a loop
// calls it in each turn; it is cheap.
func (o *Output) Check() error {
	if len(o.b) < o.nextCheck {
		return nil
	}
	if o.full() {
		return o.TooLong()
	}
	o.nextCheck = min(len(o.b)+checkInterval, o.limit+1)
	return o.ctx.Err()
}

// valueFault is a value that cannot be written: a NULL where null is not allowed, or a number that JSON lacks.
type valueFault struct {
	err  error
	path []ast.PathElement // from the value upwards, to what is being written
}

func (f *valueFault) Error() string { return f.err.Error() }

func (f *valueFault) Unwrap() error { return f.err }

var (
	errNotFinite = errors.New("a number is not finite, and JSON has no form for it")
	errNull      = errors.New("a value is null that must not be null")
)

// propagateNull handles the faults of a value that was written, by GraphQL's rule: a value that must not be null makes the nearest one
// around it null that may be. It adds at to the paths of the faults. begin is where the value begins in the output, mark the number of
// faults before it. The error that it returns is for the value around.
func (o *Output) propagateNull(at ast.PathElement, nonNull bool, begin, mark int, err error) error {
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

// Write appends JSON. It never fails.
func (o *Output) Write(b []byte) (int, error) {
	o.b = append(o.b, b...)
	return len(b), nil
}

// Bytes returns what was written. It is valid until the next write.
func (o *Output) Bytes() []byte { return o.b }

// Reset empties the output and keeps its memory.
func (o *Output) Reset() { o.b = o.b[:0] }

// Cap returns the size of its memory in bytes.
func (o *Output) Cap() int { return cap(o.b) }

// object writes a record.
func (o *Output) object(l *plan.Object, p *frame, row int) error {
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
			err = o.one(f, &p.hops[f.Index], row)
		case plan.WriteMany:
			err = o.many(f, &p.hops[f.Index], row)
		case plan.WriteJoinedOne, plan.WriteJoinedMany:
			err = o.joined(f, p, row)
		case plan.WriteLinkEnd:
			err = o.object(f.Object, p, row)
		default:
			err = o.cell(f, p.buffer, row)
		}
		if err != nil || len(o.faults) > mark {
			if err = o.propagateNull(ast.PathName(f.Name), f.NonNull, begin, mark, err); err != nil {
				return err
			}
		}
	}
	o.b = append(o.b, '}')
	return nil
}

// eachField writes an object that is no record; value writes one field.
func (o *Output) eachField(fields []plan.Field, value func(f *plan.Field) error) error {
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
			if err = o.propagateNull(ast.PathName(f.Name), f.NonNull, begin, mark, err); err != nil {
				return err
			}
		}
	}
	o.b = append(o.b, '}')
	return nil
}

// cell writes the value of a column. It returns a *valueFault if there is no form for it.
func (o *Output) cell(f *plan.Field, cells *rows.Buffer, row int) error {
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

func (o *Output) one(f *plan.Field, h *hopResult, row int) error {
	k := h.ranges[row]
	if k < 0 || h.set.Ranges[k].Len == 0 {
		o.b = append(o.b, "null"...)
		return nil
	}
	return o.object(f.Object, h.node, h.set.Row(&h.set.Ranges[k], 0, false))
}

func (o *Output) many(f *plan.Field, h *hopResult, row int) error {
	w := listWriter{list: h.list, set: h.set, node: h.node, link: h.link}
	if k := h.ranges[row]; k >= 0 {
		w.rowRange, w.found = &h.set.Ranges[k], true
	} else {
		w.rowRange = &rows.Range{}
	}
	return o.connection(f.Connection, &w)
}

// joined writes the record of a joined hop, which is in the same row.
func (o *Output) joined(f *plan.Field, p *frame, row int) error {
	h := &p.hops[f.Index]
	_, there := p.buffer.Cell(row, f.Cell)
	if f.Kind == plan.WriteJoinedMany {
		w := listWriter{list: h.list, rowRange: &rows.Range{First: row}, found: true, node: h.node, link: h.link}
		if there {
			w.rowRange.Len = 1
		}
		return o.connection(f.Connection, &w)
	}
	if !there {
		o.b = append(o.b, "null"...)
		return nil
	}
	return o.object(f.Object, h.node, row)
}

// listWriter is a list while it is written.
type listWriter struct {
	list       *plan.List
	set        *rows.Set // nil of a joined hop: the list is one row at most
	rowRange   *rows.Range
	found      bool // false if the near key is NULL: no list was read
	node, link *frame
}

// row returns the row of an entry.
func (w *listWriter) row(i int) int {
	if w.set == nil {
		return w.rowRange.First
	}
	return w.set.Row(w.rowRange, i, w.list.Page.Backward)
}

func (o *Output) connection(l *plan.Connection, w *listWriter) error {
	return o.eachField(l.Fields, func(f *plan.Field) error {
		switch f.Kind {
		case plan.WriteTotal:
			o.b = strconv.AppendInt(o.b, int64(w.rowRange.Total), 10)
		case plan.WritePageInfo:
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
	return o.list(w.rowRange.Len, func(i int) error { return o.object(l, w.node, w.row(i)) })
}

func (o *Output) edges(fields []plan.Field, w *listWriter) error {
	return o.list(w.rowRange.Len, func(i int) error { return o.edge(fields, w, w.row(i)) })
}

func (o *Output) edge(fields []plan.Field, w *listWriter, row int) error {
	return o.eachField(fields, func(f *plan.Field) error {
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

// list writes a list of n items, none of which may be null.
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
			if err = o.propagateNull(ast.PathIndex(i), true, begin, mark, err); err != nil {
				return err
			}
		}
	}
	o.b = append(o.b, ']')
	return nil
}

func (o *Output) cursor(w *listWriter, row int) {
	o.b = append(o.b, '"')
	o.b = append(w.set.AppendCursor(o.b, row), '"') // base64 needs no escapes
}

// info writes a pageInfo. There is a page on the side that the client came from, because it has a cursor of it.
func (o *Output) info(fields []plan.Field, w *listWriter) {
	if len(fields) == 0 {
		o.b = append(o.b, "{}"...)
		return
	}
	page := &w.list.Page
	next, previous := w.rowRange.More, page.After != ""
	if page.Backward {
		next, previous = page.Before != "", w.rowRange.More
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
			n := w.rowRange.Len
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

// appendText appends a JSON string with the same escapes as gqlgen.
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

// appendEnum appends an enum value in upper case, as the schema spells it.
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
