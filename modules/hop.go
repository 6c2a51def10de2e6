package modules

import (
	"slices"

	"github.com/jackc/pgx/v5"
)

// Hop follows a relation from many records at once: one statement, and one more if the lists are counted. A page of a
// to-many relation is a page of each near record's own list.
type Hop struct {
	Model    *Model // the near model
	Relation *Relation
	// Keys are the near records' values of Relation.Column, each once.
	Keys    []string
	Columns []int // of the far record
	// RowColumns are the columns of the join table's row. nil means that it is not read.
	RowColumns []int
	Where      Expr
	Order      []Order
	Page       *Page // of a to-many relation; nil means no rows, only the count
	Count      bool

	// Result has an entry for each key. A to-one relation's has at most one row.
	Result []Rows
}

func (h *Hop) statements(c *Catalog) ([]statement, error) {
	h.Result = make([]Rows, len(h.Keys))
	if len(h.Keys) == 0 {
		return nil, nil
	}
	if !h.Relation.Many {
		return []statement{h.one(c)}, nil
	}
	var statements []statement
	if h.Page != nil {
		st, err := h.many(c)
		if err != nil {
			return nil, err
		}
		statements = append(statements, st)
	}
	if h.Count {
		statements = append(statements, h.count(c))
	}
	return statements, nil
}

// source reaches the far records, and leaves their table alone if the key is all that is wanted.
func (h *Hop) source(b *builder, target *Model, cols []int) source {
	withTarget := !onlyKey(target, h.Where) || slices.ContainsFunc(cols, func(i int) bool { return i != target.primary })
	if h.Page != nil {
		withTarget = withTarget || slices.ContainsFunc(h.Order, func(o Order) bool { return o.needs(target) })
	}
	return b.source(h.Relation, target, withTarget)
}

func (h *Hop) near() *Column { return &h.Model.Columns[h.Model.columns[h.Relation.Column]] }

func (h *Hop) keys(b *builder) string { return b.keyList(h.near(), h.Keys) }

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
func (h *Hop) many(c *Catalog) (statement, error) {
	b := newBuilder(c)
	target, row := c.Target(h.Relation), c.Row(h.Relation)
	cols := withPrimary(target, h.Columns)
	src := h.source(b, target, cols)
	p, err := b.page(target, src, h.Order, h.Page)
	if err != nil {
		return statement{}, err
	}
	b.printf("SELECT k.ord, p.* FROM unnest(%s) WITH ORDINALITY AS k(key, ord) CROSS JOIN LATERAL (SELECT ", h.keys(b))
	h.selectList(b, target, row, src, cols)
	p.selectCursor(b)
	b.printf(" FROM %s WHERE %s = k.key", src.from, src.near)
	b.conditions(target, src, h.Where)
	p.finish(b)
	b.WriteString(") AS p")

	var ord int
	scanner := newRowScanner(target, cols, h.rowModel(c), h.RowColumns, p, &ord)
	scan := func(rows pgx.Rows) error {
		return scanner.scan(rows, func() { p.add(&h.Result[ord-1], scanner.row()) })
	}
	return statement{b.String(), b.args, scan}, nil
}

// one reads the far record of each key. Relies on the far key's index, or the join table's index of the near key.
func (h *Hop) one(c *Catalog) statement {
	b := newBuilder(c)
	target, row := c.Target(h.Relation), c.Row(h.Relation)
	cols := withPrimary(target, h.Columns)
	src := h.source(b, target, cols)
	b.printf("SELECT %s::text, ", src.near)
	h.selectList(b, target, row, src, cols)
	b.printf(" FROM %s WHERE %s = ANY(ARRAY(SELECT unnest(%s)))", src.from, src.near, h.keys(b))
	b.conditions(target, src, h.Where)

	var key string
	index := h.index()
	scanner := newRowScanner(target, cols, h.rowModel(c), h.RowColumns, nil, &key)
	scan := func(rows pgx.Rows) error {
		return scanner.scan(rows, func() {
			if r := &h.Result[index[key]]; len(r.Rows) == 0 {
				r.Rows = []Row{scanner.row()}
			}
		})
	}
	return statement{b.String(), b.args, scan}
}

// count counts the list of each key in one grouped statement, by the indexes that many uses.
func (h *Hop) count(c *Catalog) statement {
	b := newBuilder(c)
	target := c.Target(h.Relation)
	src := b.source(h.Relation, target, !onlyKey(target, h.Where))
	b.printf("SELECT %s::text, count(*) FROM %s WHERE %s = ANY(ARRAY(SELECT unnest(%s)))", src.near, src.from, src.near, h.keys(b))
	b.conditions(target, src, h.Where)
	b.printf(" GROUP BY %s", src.near)

	index := h.index()
	return statement{b.String(), b.args, func(rows pgx.Rows) error {
		var key string
		var n int
		if err := rows.Scan(&key, &n); err != nil {
			return err
		}
		h.Result[index[key]].Total = n
		return nil
	}}
}

func (h *Hop) index() map[string]int {
	index := make(map[string]int, len(h.Keys))
	for i, k := range h.Keys {
		index[k] = i
	}
	return index
}

// Fetch reads records by their primary keys.
type Fetch struct {
	Model   *Model
	Keys    []string
	Columns []int
	// Deleted reads soft-deleted records too.
	Deleted bool

	// Result holds the records that exist, by key.
	Result map[string]*Record
}

// Relies on the primary key.
//
//nolint:unparam // the error is part of Request
func (f *Fetch) statements(c *Catalog) ([]statement, error) {
	f.Result = make(map[string]*Record, len(f.Keys))
	if len(f.Keys) == 0 {
		return nil, nil
	}
	b := newBuilder(c)
	alias := b.alias("t")
	cols := withPrimary(f.Model, f.Columns)
	key := &f.Model.Columns[f.Model.primary]
	b.WriteString("SELECT ")
	b.selectList(f.Model, alias, cols)
	b.printf(" FROM %s AS %s WHERE %s = ANY(ARRAY(SELECT unnest(%s)))", f.Model.table(), alias,
		b.column(f.Model, alias, f.Model.primary), b.keyList(key, f.Keys))
	if !f.Deleted {
		b.WriteString(f.Model.live(alias))
	}
	scanner := newRowScanner(f.Model, cols, nil, nil, nil)
	scan := func(rows pgx.Rows) error {
		return scanner.scan(rows, func() {
			r := scanner.row().Record
			f.Result[textOf(r.Values[f.Model.primary])] = r
		})
	}
	return []statement{{b.String(), b.args, scan}}, nil
}

func (b *builder) keyList(col *Column, keys []string) string {
	if t := col.sqlType(); t != "text" {
		return b.arg(keys) + "::text[]::" + t + "[]"
	}
	return b.arg(keys) + "::text[]"
}
