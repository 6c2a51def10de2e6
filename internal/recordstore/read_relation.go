package recordstore

import (
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/internal/recordstore/rows"
	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// Hop follows a relation from many records at once: one statement, and one more if the lists are counted. A page of a
// to-many relation is a page of each near record's own list.
type Hop struct {
	Model    *Model // the near model
	Relation *Relation
	// Keys are the near records' values of Relation.Columns, as Record.Key gives them, each once.
	Keys []string
	// Single says that there is one key at most, whatever the data. Its page may be read as that of one list: Postgres then
	// knows how many rows the key has, where it takes an average for a key of several.
	Single  bool
	Columns []int // of the far record
	// RowColumns are the columns of the join table's row. nil means that it is not read.
	RowColumns []int
	Where      Expr
	Order      []Order
	Page       *Page // of a to-many relation; nil means no rows, only the count
	Count      bool
	Deleted    Deleted
	// Joins are followed in the same statement. They need Into.
	Joins []Join

	// Cache holds the SQL between requests. nil means that it is written anew.
	Cache *StatementCache
	// Into receives the rows instead of Result, if it is not nil.
	Into *rows.Set
	// Index is the index of each key in Keys. nil means that it is made if it is needed.
	Index map[string]int

	// Result has an entry for each key. A to-one relation's has at most one row.
	Result []Rows
}

func (h *Hop) statements(c *Catalog) ([]statement, error) {
	if h.Into != nil {
		h.Into.Ranges = make([]rows.Range, len(h.Keys))
	} else {
		h.Result = make([]Rows, len(h.Keys))
	}
	if len(h.Keys) == 0 {
		return nil, nil
	}
	t, err := h.Cache.queries(c, len(h.Relation.Columns), h.Keys, h.Page, h.queries)
	if err != nil {
		return nil, err
	}
	var statements []statement
	if t.rows != nil {
		statements = append(statements, statement{t.rows.sql, t.rows.args, h.reads(t.rows.rows)})
	}
	if t.count != nil {
		statements = append(statements, statement{t.count.sql, t.count.args, h.counts(t.count.rows)})
	}
	return statements, nil
}

func (h *Hop) queries(c *Catalog, keys []string) (t queries, err error) {
	if !h.Relation.Many {
		t.rows, err = h.one(c, keys)
		return t, err
	}
	if h.Page != nil {
		if t.rows, err = h.many(c, keys); err != nil {
			return t, err
		}
	}
	if h.Count {
		t.count = h.count(c, keys)
	}
	return t, nil
}

// source reaches the far records, and leaves their table alone if the key is all that is wanted.
func (h *Hop) source(b *builder, target *Model, cols []int) source {
	withTarget := !onlyKey(target, h.Where) || !target.onlyOf(cols...)
	if h.Page != nil {
		withTarget = withTarget || slices.ContainsFunc(h.Order, func(o Order) bool { return o.needs(target) })
	}
	return b.sourceOf(h.Model, h.Relation, target, withTarget, h.Deleted)
}

// near refers to the near records' columns: the keys are of their types.
func (h *Hop) near() rowkey.Ref { return tableRef("", h.Model, h.Model.Indexes(h.Relation.Columns)) }

func (h *Hop) selectList(b *builder, target, row *Model, src source, cols []int) {
	b.selectList(target, src.target, cols)
	if len(h.RowColumns) > 0 {
		b.WriteString(", ")
		b.selectList(row, src.row, h.RowColumns)
	}
}

// rowModel returns the model of the join table's rows, if they are read.
func (h *Hop) rowModel(c *Catalog) *Model {
	if h.RowColumns == nil {
		return nil
	}
	return c.Row(h.Relation)
}

// many reads a page for each key. The join table's (near, far) index, or the index of the foreign key and the primary
// key, gives the rows of one key in order. The nested loop keeps the keys' rows together and in their order.
func (h *Hop) many(c *Catalog, keys []string) (*query, error) {
	b := newBuilder(c)
	target, row := c.Target(h.Relation), c.Row(h.Relation)
	cols := withPrimary(target, h.Columns)
	src := h.source(b, target, cols)
	p, err := b.page(target, src, h.Order, h.Where, h.Page)
	if err != nil {
		return nil, err
	}
	shape := newRowShape(target, cols, h.rowModel(c), h.RowColumns, p)
	shape.Lead, shape.Numbered = 1, true
	if from, ok := h.single(target, src); ok {
		b.WriteString("SELECT 1::bigint, ")
		h.selectList(b, target, row, src, cols)
		p.selectCursor(b)
		b.printf(" FROM %s WHERE %s", from, src.near.Equals(b.keyParams(h.near(), keys[0])))
		b.conditions(target, src, h.Where)
		p.finish(b)
		return b.query(shape, p, h.Joins)
	}
	near := h.near()
	arrays := b.keyArrays(near, keys, 0)
	b.WriteString("SELECT ")
	h.selectList(b, target, row, src, cols)
	p.selectCursor(b)
	b.printf(" FROM %s WHERE %s", src.from, src.near.Equals(near.Named("k", "key")))
	b.conditions(target, src, h.Where)
	p.finish(b)
	j, err := b.join(h.Joins, target, 0, cols)
	if err != nil {
		return nil, err
	}
	shape.Joined = j.columns
	sql := "SELECT k.ord, p.*" + j.list + " FROM unnest(" + arrays + ") WITH ORDINALITY AS k(" +
		near.Named("", "key").List() + ", ord) CROSS JOIN LATERAL (" +
		b.String() + ") AS p" + j.names + j.sources
	return &query{sql, b.args, shape, p.limit}, nil
}

// reads returns the function that reads the far records.
func (h *Hop) reads(shape *rowShape) func(pgx.Rows) error {
	switch {
	case h.Into != nil && shape.Numbered:
		return readInto(h.Into, shape, nil)
	case h.Into != nil:
		return readInto(h.Into, shape, h.index())
	case shape.Numbered:
		var ord int
		scanner := newRowScanner(shape, &ord)
		return rowByRow(func(rows pgx.Rows) error {
			return scanner.scan(rows, func() { h.Result[ord-1].add(h.Page, scanner.row()) })
		})
	}
	key := make(compositeCell, shape.Lead)
	index := h.index()
	scanner := newRowScanner(shape, key.dests()...)
	return rowByRow(func(rows pgx.Rows) error {
		return scanner.scan(rows, func() {
			if r := &h.Result[index[rowkey.Join(key)]]; len(r.Rows) == 0 {
				r.Rows = []Row{scanner.row()}
			}
		})
	})
}

// single returns what the page of a single key is read from, if it may be read as that of one list. In the order of the join
// table's rows the far records are looked up one by one until the page is full: a merge join, which Postgres may prefer for
// a key of many rows, reads all far records before the first. In another order, or with a condition, far records may be the
// better ones to begin with, and the page is read as that of any key.
func (h *Hop) single(target *Model, src source) (from string, ok bool) {
	switch {
	case !h.Single:
		return "", false
	case src.lookUp == "":
		return src.from, true
	case h.Where != nil || slices.ContainsFunc(h.Order, func(o Order) bool { return len(o.Path) > 0 || o.needs(target) }):
		return "", false
	}
	return src.lookUp, true
}

// one reads the far record of each key. Relies on the far key's index, or the join table's index of the near key.
func (h *Hop) one(c *Catalog, keys []string) (*query, error) {
	b := newBuilder(c)
	target, row := c.Target(h.Relation), c.Row(h.Relation)
	cols := withPrimary(target, h.Columns)
	src := h.source(b, target, cols)
	b.printf("SELECT %s, ", src.near.Texts())
	h.selectList(b, target, row, src, cols)
	b.printf(" FROM %s WHERE %s", src.from, b.among(src.near, keys))
	b.conditions(target, src, h.Where)

	shape := newRowShape(target, cols, h.rowModel(c), h.RowColumns, nil)
	shape.Lead = len(src.near)
	return b.query(shape, nil, h.Joins)
}

// count counts the list of each key in one grouped statement, by the indexes that many uses.
func (h *Hop) count(c *Catalog, keys []string) *query {
	b := newBuilder(c)
	b.whole = true
	target := c.Target(h.Relation)
	src := b.sourceOf(h.Model, h.Relation, target, !onlyKey(target, h.Where), h.Deleted)
	b.printf("SELECT %s, count(*) FROM %s WHERE %s", src.near.Texts(), src.from, b.among(src.near, keys))
	b.conditions(target, src, h.Where)
	b.printf(" GROUP BY %s", src.near.List())

	return &query{b.String(), b.args, newCountShape(len(src.near)), -1}
}

func (h *Hop) counts(shape *rowShape) func(pgx.Rows) error {
	index := h.index()
	if h.Into != nil {
		return countInto(h.Into, shape, index)
	}
	key := make(compositeCell, shape.Lead)
	return rowByRow(func(rows pgx.Rows) error {
		var n int
		if err := rows.Scan(append(key.dests(), &n)...); err != nil {
			return err
		}
		h.Result[index[rowkey.Join(key)]].Total = n
		return nil
	})
}

func (h *Hop) index() map[string]int {
	if h.Index != nil {
		return h.Index
	}
	return indexOf(h.Keys)
}

func indexOf(keys []string) map[string]int {
	index := make(map[string]int, len(keys))
	for i, k := range keys {
		index[k] = i
	}
	return index
}

// Fetch reads records by their primary keys, or one record by a unique column.
type Fetch struct {
	Model *Model
	Keys  []string
	// By names the unique column that the only key is a value of. "" is the primary key. It needs Into.
	By      string
	Columns []int
	// Deleted reads soft-deleted records too.
	Deleted bool
	// Joins are followed in the same statement. They need Into.
	Joins []Join

	// Cache holds the SQL between requests. nil means that it is written anew.
	Cache *StatementCache
	// Into receives the records instead of Result, if it is not nil.
	Into *rows.Set

	// Result holds the records that exist, by key.
	Result map[string]*Record
}

func (f *Fetch) statements(c *Catalog) ([]statement, error) {
	if f.Into != nil {
		f.Into.Ranges = make([]rows.Range, len(f.Keys))
	} else {
		f.Result = make(map[string]*Record, len(f.Keys))
	}
	if len(f.Keys) == 0 {
		return nil, nil
	}
	t, err := f.Cache.queries(c, len(f.by()), f.Keys, nil, f.queries)
	if err != nil {
		return nil, err
	}
	return []statement{{t.rows.sql, t.rows.args, f.reads(t.rows.rows)}}, nil
}

// by returns the columns that the keys are values of.
func (f *Fetch) by() []int {
	if f.By == "" {
		return f.Model.key
	}
	return []int{f.Model.columns[f.By]}
}

// queries writes the statement, which relies on the primary key or on the unique index of the column.
func (f *Fetch) queries(c *Catalog, keys []string) (queries, error) {
	b := newBuilder(c)
	alias := b.alias("t")
	cols := withPrimary(f.Model, f.Columns)
	b.WriteString("SELECT ")
	b.selectList(f.Model, alias, cols)
	b.printf(" FROM %s AS %s WHERE %s", f.Model.from(), alias, b.among(b.ref(f.Model, alias, f.by()), keys))
	if !f.Deleted {
		b.WriteString(f.Model.live(alias))
	}
	b.WriteString(b.scope(f.Model, alias))
	shape := newRowShape(f.Model, cols, nil, nil, nil)
	if f.By != "" {
		shape.Limit = 1
	}
	t, err := b.query(shape, nil, f.Joins)
	return queries{rows: t}, err
}

func (f *Fetch) reads(shape *rowShape) func(pgx.Rows) error {
	switch {
	case f.By != "":
		return readInto(f.Into, shape, nil)
	case f.Into != nil:
		return readInto(f.Into, shape, indexOf(f.Keys))
	}
	scanner := newRowScanner(shape)
	return rowByRow(func(rows pgx.Rows) error {
		return scanner.scan(rows, func() {
			r := scanner.row().Record
			f.Result[textOf(r.Values[f.Model.primary])] = r
		})
	})
}
