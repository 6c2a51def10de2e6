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
	// Keys are the near records' values of Relation.Columns, as Record.Key gives them, each once.
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
	withTarget := !onlyKey(target, h.Where) || !target.onlyOf(cols...)
	if h.Page != nil {
		withTarget = withTarget || slices.ContainsFunc(h.Order, func(o Order) bool { return o.needs(target) })
	}
	return b.source(h.Model, h.Relation, target, withTarget)
}

// near refers to the near records' columns: the keys are of their types.
func (h *Hop) near() ref { return named("", h.Model, h.Model.Indexes(h.Relation.Columns)) }

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
	names, key := h.near().alias("k", "key")
	b.printf("SELECT k.ord, p.* FROM unnest(%s) WITH ORDINALITY AS k(%s, ord) CROSS JOIN LATERAL (SELECT ", h.near().arrays(b, h.Keys), names)
	h.selectList(b, target, row, src, cols)
	p.selectCursor(b)
	b.printf(" FROM %s WHERE %s", src.from, src.near.equals(key))
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
	b.printf("SELECT %s, ", src.near.texts())
	h.selectList(b, target, row, src, cols)
	b.printf(" FROM %s WHERE %s", src.from, src.near.among(b, h.Keys))
	b.conditions(target, src, h.Where)

	key := make(compositeCell, len(src.near.exprs))
	index := h.index()
	scanner := newRowScanner(target, cols, h.rowModel(c), h.RowColumns, nil, key.dests()...)
	scan := func(rows pgx.Rows) error {
		return scanner.scan(rows, func() {
			if r := &h.Result[index[joinKey(key)]]; len(r.Rows) == 0 {
				r.Rows = []Row{scanner.row()}
			}
		})
	}
	return statement{b.String(), b.args, scan}
}

// count counts the list of each key in one grouped statement, by the indexes that many uses.
func (h *Hop) count(c *Catalog) statement {
	b := newBuilder(c)
	b.whole = true
	target := c.Target(h.Relation)
	src := b.source(h.Model, h.Relation, target, !onlyKey(target, h.Where))
	b.printf("SELECT %s, count(*) FROM %s WHERE %s", src.near.texts(), src.from, src.near.among(b, h.Keys))
	b.conditions(target, src, h.Where)
	b.printf(" GROUP BY %s", src.near.list())

	index := h.index()
	key := make(compositeCell, len(src.near.exprs))
	return statement{b.String(), b.args, func(rows pgx.Rows) error {
		var n int
		if err := rows.Scan(append(key.dests(), &n)...); err != nil {
			return err
		}
		h.Result[index[joinKey(key)]].Total = n
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
func (f *Fetch) statements(c *Catalog) ([]statement, error) {
	f.Result = make(map[string]*Record, len(f.Keys))
	if len(f.Keys) == 0 {
		return nil, nil
	}
	b := newBuilder(c)
	alias := b.alias("t")
	cols := withPrimary(f.Model, f.Columns)
	b.WriteString("SELECT ")
	b.selectList(f.Model, alias, cols)
	b.printf(" FROM %s AS %s WHERE %s", f.Model.from(), alias, b.ref(f.Model, alias, f.Model.key).among(b, f.Keys))
	if !f.Deleted {
		b.WriteString(f.Model.live(alias))
	}
	b.WriteString(b.scope(f.Model, alias))
	scanner := newRowScanner(f.Model, cols, nil, nil, nil)
	scan := func(rows pgx.Rows) error {
		return scanner.scan(rows, func() {
			r := scanner.row().Record
			f.Result[textOf(r.Values[f.Model.primary])] = r
		})
	}
	return []statement{{b.String(), b.args, scan}}, nil
}
