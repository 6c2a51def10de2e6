package recordstore

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/internal/recordstore/rows"
	"github.com/linkgraph/linkgraph/linkstore/storeerr"
)

// Page says which part of a list is wanted.
type Page struct {
	// Limit is how many rows are read. One more is looked for, to know whether there are more.
	Limit int
	// Backward reads the last rows instead of the first. They come in the list's order all the same.
	Backward bool
	// After and Before are cursors: only rows between them are read. "" means no bound.
	After, Before string
	// Cursors says that rows carry their cursor.
	Cursors bool
}

// Row is one entry of a list.
type Row struct {
	Record *Record
	// Link is the row of the join table the record was reached through, if it was asked for.
	Link   *Record
	Cursor string
}

// Rows is what was read of one list.
type Rows struct {
	Rows []Row
	// More says that the list goes on beyond the page, in the direction it was read.
	More bool
	// Total counts the whole list, if it was asked for.
	Total int
}

// A Request is one thing to read: a List, a Hop or a Fetch. Its statements depend on its shape alone, never on how many
// rows or keys there are.
type Request interface {
	statements(c *Catalog) ([]statement, error)
}

type statement struct {
	sql  string
	args []any
	read func(rows pgx.Rows) error // reads all of them
}

// Read runs all requests in one round trip and fills in their results. It retries a read that a standby cancelled because of conflicting
// changes from the primary.
func (s *Store) Read(ctx context.Context, requests ...Request) error {
	for try := 1; ; try++ {
		err := s.readOnce(ctx, requests)
		if _, inTx := s.db.(pgx.Tx); !IsConflict(err) || inTx || ctx.Err() != nil {
			return err
		}
		if try == readTries {
			return &storeerr.ContendedError{Err: err}
		}
	}
}

// readTries is how often a read is run when Postgres ends it for the sake of another transaction.
const readTries = 3

func (s *Store) readOnce(ctx context.Context, requests []Request) error {
	var statements []statement
	counts := make([]int, len(requests))
	catalog, err := s.catalog.viewed(ctx)
	if err != nil {
		return err
	}
	for i, r := range requests {
		st, err := r.statements(catalog)
		if err != nil {
			return err
		}
		statements = append(statements, st...)
		counts[i] = len(st)
	}
	for _, st := range statements {
		if len(st.sql) > s.cfg.MaxStatement {
			return &LimitError{
				What:   "bytes of a statement",
				Limit:  s.cfg.MaxStatement,
				Asked:  len(st.sql),
				Advice: "ask for less",
			}
		}
	}
	if s.cfg.Observer == nil || len(statements) == 0 {
		return s.send(ctx, statements)
	}
	ctx, done := s.cfg.Observer.StartRead(ctx, requests, counts)
	err = s.send(ctx, statements)
	done(err)
	return err
}

// send runs statements in one round trip.
func (s *Store) send(ctx context.Context, statements []statement) error {
	switch len(statements) {
	case 0:
		return nil
	case 1:
		rows, err := s.db.Query(ctx, statements[0].sql, statements[0].args...)
		if err != nil {
			return fmt.Errorf("read: %w", classify(err))
		}
		defer rows.Close()
		return statements[0].read(rows)
	}
	batch := &pgx.Batch{}
	for _, st := range statements {
		batch.Queue(st.sql, st.args...).Query(st.read)
	}
	if err := s.db.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("read: %w", classify(err))
	}
	return nil
}

// rowByRow reads all rows, each by scan.
func rowByRow(scan func(pgx.Rows) error) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		for rows.Next() {
			if err := scan(rows); err != nil {
				return err
			}
		}
		return readError(rows)
	}
}

// List reads a page of all records of a model.
type List struct {
	Model   *Model
	Columns []int // by index; the primary key is always read
	Where   Expr  // nil means all
	Order   []Order
	Page    *Page // nil means no rows, only the count
	Count   bool
	Deleted Deleted
	// Joins are followed in the same statement. They need Into.
	Joins []Join

	// Cache holds the SQL between requests. nil means that it is written anew.
	Cache *StatementCache
	// Into receives the rows instead of Result, if it is not nil.
	Into *rows.Set

	Result Rows
}

func (l *List) statements(c *Catalog) ([]statement, error) {
	t, err := l.Cache.queries(c, 0, nil, l.Page, l.queries)
	if err != nil {
		return nil, err
	}
	if l.Into != nil {
		l.Into.Ranges = make([]rows.Range, 1)
	}
	var statements []statement
	if t.rows != nil {
		statements = append(statements, statement{t.rows.sql, t.rows.args, l.reads(t.rows.rows)})
	}
	if t.count != nil {
		statements = append(statements, statement{t.count.sql, t.count.args, l.counts(t.count.rows)})
	}
	return statements, nil
}

func (l *List) queries(c *Catalog, _ []string) (t queries, err error) {
	if l.Page != nil {
		if t.rows, err = l.rows(c); err != nil {
			return t, err
		}
	}
	if l.Count {
		t.count = l.count(c)
	}
	return t, nil
}

// rows writes the statement of a page. It relies on the primary key or the index of the leading sort key, and conditions on the indexes of
// their columns.
func (l *List) rows(c *Catalog) (*query, error) {
	b := newBuilder(c)
	alias := b.alias("t")
	src := source{from: l.Model.from() + " AS " + alias, target: alias, live: l.live(b, alias)}
	p, err := b.page(l.Model, src, l.Order, l.Where, l.Page)
	if err != nil {
		return nil, err
	}
	cols := withPrimary(l.Model, l.Columns)
	b.WriteString("SELECT ")
	b.selectList(l.Model, alias, cols)
	p.selectCursor(b)
	b.printf(" FROM %s WHERE TRUE", src.from)
	b.conditions(l.Model, src, l.Where)
	p.bound(b)
	if l.Where == nil {
		b.bound(p.Limit)
	}
	p.end(b)
	return b.query(newRowShape(l.Model, cols, nil, nil, p), p, l.Joins)
}

// live is the condition under which a row counts, with a leading AND.
func (l *List) live(b *builder, alias string) string {
	var deletable []string
	if l.Model.SoftDelete {
		deletable = append(deletable, alias)
	}
	return l.Deleted.condition(deletable...) + b.scope(l.Model, alias)
}

// bound limits a list by a number that Postgres sees, above those that are usual: for a limit that is an argument it takes a tenth of
// the table, and so plans anew each time. Where there are conditions that is right: which plan is good depends on their values.
func (b *builder) bound(limit int) {
	seen := 128
	for seen <= limit {
		seen *= 2
	}
	list := b.String()
	b.Reset()
	b.printf("SELECT * FROM (%s LIMIT %d) AS p", list, seen)
}

func (l *List) reads(shape *rowShape) func(pgx.Rows) error {
	if l.Into != nil {
		return readInto(l.Into, shape, nil)
	}
	l.Result = Rows{}
	row := newRowScanner(shape)
	return rowByRow(func(rows pgx.Rows) error {
		return row.scan(rows, func() { l.Result.add(l.Page, row.row()) })
	})
}

func (l *List) count(c *Catalog) *query {
	b := newBuilder(c)
	b.whole = true
	alias := b.alias("t")
	src := source{target: alias, live: l.live(b, alias)}
	b.printf("SELECT count(*) FROM %s AS %s WHERE TRUE", l.Model.from(), alias)
	b.conditions(l.Model, src, l.Where)
	return &query{sql: b.String(), args: b.args, rows: newCountShape(0), limit: -1}
}

func (l *List) counts(shape *rowShape) func(pgx.Rows) error {
	if l.Into != nil {
		return countInto(l.Into, shape, nil)
	}
	return rowByRow(func(rows pgx.Rows) error { return rows.Scan(&l.Result.Total) })
}

// conditions writes which rows count, each with a leading AND.
func (b *builder) conditions(m *Model, src source, where Expr) {
	b.WriteString(src.live)
	if where != nil {
		b.WriteString(" AND ")
		where.compile(b, m, src.target)
	}
}

func (b *builder) selectList(m *Model, alias string, cols []int) {
	for i, col := range cols {
		if i > 0 {
			b.WriteString(", ")
		}
		if parts := m.Columns[col].parts; parts != nil {
			b.WriteString(b.ref(m, alias, parts).Texts())
			continue
		}
		b.WriteString(b.selected(m, alias, col))
		if m.Columns[col].readAsText() {
			b.WriteString("::text")
		}
	}
}

// readAsText reports whether a column is cast to text when it is read.
func (c *Column) readAsText() bool {
	switch c.Type {
	case Decimal, JSON, Float:
		return true
	case Enum, Text:
		return c.SQLType != ""
	default:
		return false
	}
}

// page is a Page made ready for a statement.
type page struct {
	Page
	terms     []term // as they are read, mirrored for a backward page
	signature string
	positions [2]cursor
	limit     int // the argument that is the limit
}

func (b *builder) page(m *Model, src source, order []Order, where Expr, p *Page) (*page, error) {
	terms := b.terms(m, src.target, order, where)
	r := &page{Page: *p, terms: terms, signature: orderSignature(terms)}
	for i, text := range []string{p.After, p.Before} {
		if text == "" {
			continue
		}
		var err error
		if r.positions[i], err = decodeCursor(text, terms); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (p *page) selectCursor(b *builder) {
	if !p.Cursors {
		return
	}
	for _, t := range p.terms {
		b.WriteString(", " + t.text())
	}
}

// finish writes the bounds, the order and the limit.
func (p *page) finish(b *builder) {
	p.bound(b)
	p.end(b)
}

// bound writes the bounds and the order.
func (p *page) bound(b *builder) {
	terms := p.terms
	if after := p.positions[0]; after != nil {
		b.beyond(terms, after)
	}
	if before := p.positions[1]; before != nil {
		b.beyond(reversed(terms), before)
	}
	p.orderBy(b)
}

// end writes the limit.
func (p *page) end(b *builder) {
	p.limit = len(b.args)
	b.WriteString(" LIMIT " + b.arg(p.Limit+1))
}

func (p *page) orderBy(b *builder) {
	terms := p.terms
	if p.Backward {
		terms = reversed(terms)
	}
	b.WriteString(orderBy(terms))
}

// add appends a row of a page, or notes that there is one more than was asked for.
func (r *Rows) add(p *Page, row Row) {
	if len(r.Rows) == p.Limit {
		r.More = true
		return
	}
	if p.Backward {
		r.Rows = slices.Insert(r.Rows, 0, row)
		return
	}
	r.Rows = append(r.Rows, row)
}

// Selected returns the columns that a request reads for these, in their order: the primary key is always among them.
func (m *Model) Selected(columns []int) []int { return withPrimary(m, columns) }

func withPrimary(m *Model, cols []int) []int {
	if slices.Contains(cols, m.primary) {
		return cols
	}
	return append([]int{m.primary}, cols...)
}

// rowScanner turns the rows of one statement into records.
type rowScanner struct {
	*rowShape
	cells, linkCells []cell
	keys             []*string // the sort keys
	dests            []any
}

func newRowScanner(shape *rowShape, before ...any) *rowScanner {
	s := &rowScanner{rowShape: shape, dests: before}
	for _, i := range shape.columns {
		s.cells = append(s.cells, newCell(&shape.model.Columns[i]))
	}
	for _, i := range shape.linkColumns {
		s.linkCells = append(s.linkCells, newCell(&shape.link.Columns[i]))
	}
	for _, c := range append(slices.Clone(s.cells), s.linkCells...) {
		s.dests = append(s.dests, c.dests()...)
	}
	if shape.SortKeys > 0 {
		s.keys = make([]*string, shape.SortKeys)
		for i := range s.keys {
			s.dests = append(s.dests, &s.keys[i])
		}
	}
	return s
}

func (s *rowScanner) scan(rows pgx.Rows, use func()) error {
	if err := rows.Scan(s.dests...); err != nil {
		return fmt.Errorf("read %s: %w", s.model.Name, err)
	}
	use()
	return nil
}

func (s *rowScanner) row() Row {
	row := Row{Record: record(s.model, s.columns, s.cells)}
	if s.link != nil {
		row.Link = record(s.link, s.linkColumns, s.linkCells)
	}
	if s.keys != nil {
		row.Cursor = cursor(s.keys).encode(s.Signature)
	}
	return row
}

func record(m *Model, cols []int, cells []cell) *Record {
	r := &Record{Model: m, Values: make([]any, len(m.Columns))}
	for i, col := range cols {
		r.Values[col] = cells[i].value()
	}
	return r
}
