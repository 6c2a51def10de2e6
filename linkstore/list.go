package linkstore

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// Get returns the live links of pairs, in the order of the items; nil where there is none.
func (s *Store) Get(ctx context.Context, items []Item) ([]*Link, error) {
	if err := s.checkCount("links", len(items)); err != nil {
		return nil, err
	}
	kinds := map[string][]int{} // which items they are
	pairs := make([]Pair, len(items))
	var name string
	var kind []int
	for i, item := range items {
		d, pair, err := s.stored(item)
		if err != nil {
			return nil, atIndex(i, err)
		}
		if d.Name != name {
			kinds[name] = kind
			name, kind = d.Name, kinds[d.Name]
		}
		pairs[i], kind = pair, append(kind, i)
	}
	kinds[name] = kind
	out := make([]*Link, len(items))
	for _, name := range sortedKeys(kinds) {
		d := s.catalog.byLink[name]
		if d == nil || s.absent(d) {
			continue
		}
		if err := s.getKind(ctx, d, pairs, kinds[name], out); err != nil {
			return nil, fmt.Errorf("get links: %w", err)
		}
	}
	return out, nil
}

// getKind finds those of the pairs, which are all of one kind, that are linked.
func (s *Store) getKind(ctx context.Context, d *Definition, pairs []Pair, kind []int, out []*Link) error {
	left, right := make([]string, len(kind)), make([]string, len(kind))
	for i, at := range kind {
		left[i], right[i] = pairs[at].Left, pairs[at].Right
	}
	// Relies on the primary key. A pair that is named again is found again.
	var links []Link
	err := s.read(ctx, func() error {
		rows, err := s.db.Query(ctx, fmt.Sprintf(`
			SELECT %s FROM unnest(%s) AS p(%s) JOIN %s AS t ON %s WHERE t.deleted_at IS NULL`,
			d.columns(), d.pairArrays(len(kind)), d.pairNames(""), d.table(), d.pairOn()), d.pairArgs(left, right)...)
		if err != nil {
			return err
		}
		links, err = pgx.CollectRows(rows, d.scanner())
		return err
	})
	if err != nil {
		return err
	}
	type ends struct{ left, right string }
	found := make(map[ends]*Link, len(links))
	for i := range links {
		found[ends{links[i].Left, links[i].Right}] = &links[i]
	}
	for _, at := range kind {
		out[at] = found[ends{pairs[at].Left, pairs[at].Right}]
	}
	return nil
}

// absent reports whether a link has no table.
func (s *Store) absent(d *Definition) bool { return slices.Contains(s.cfg.AbsentLinks, d.Name) }

// writable refuses links that have no table.
func (s *Store) writable(d *Definition) error {
	if s.absent(d) {
		return &InvalidError{Field: "link", Reason: fmt.Sprintf("this database does not have %s", d.Name)}
	}
	return nil
}

// LinkModule reads the links of one kind.
type LinkModule struct {
	store *Store
	def   *Definition
}

// Module returns the link module of a link. The error, an *UndefinedError, names the choices.
func (s *Store) Module(name string) (*LinkModule, error) {
	d, ok := s.catalog.Link(name)
	if !ok {
		return nil, &UndefinedError{"link", name, s.catalog.linkNames(), ErrLinkNotDefined}
	}
	return &LinkModule{s, d}, nil
}

// FindModule returns the link module between two keys, in either order. ok is false if there is none.
func (s *Store) FindModule(moduleA, keyA, moduleB, keyB string) (m *LinkModule, ok bool) {
	found := s.catalog.Find(moduleA, keyA, moduleB, keyB)
	if len(found) == 0 {
		return nil, false
	}
	return &LinkModule{s, found[0]}, true
}

// Definition returns what the module's links are.
func (m *LinkModule) Definition() *Definition { return m.def }

// Op is how a column is compared.
type Op string

// The comparisons. None but IsNull holds for a NULL.
const (
	Eq     Op = "="
	Ne     Op = "<>"
	Gt     Op = ">"
	Gte    Op = ">="
	Lt     Op = "<"
	Lte    Op = "<="
	In     Op = "IN"     // Value is []string
	IsNull Op = "ISNULL" // Value is a bool
)

// Condition compares a column of the link table: a key, id, a timestamp or an extra column. A key of several columns is
// compared as a whole, column by column, with ids; each of its columns can be named too.
type Condition struct {
	Column string
	Op     Op
	Value  any
}

// Order is a sort key. The id always comes last.
type Order struct {
	Column string
	Desc   bool
}

// ListOptions says which links are listed. The zero value lists the live ones by id.
type ListOptions struct {
	Where   []Condition // all must hold
	OrderBy []Order
	Limit   int // 0 means all
	// After is the last link of the page before.
	After *Link
	// WithDeleted lists soft-deleted links too.
	WithDeleted bool
}

// lister writes one SELECT over a link table.
type lister struct {
	def  *Definition
	args []any
}

func (l *lister) arg(v any) string {
	l.args = append(l.args, v)
	return fmt.Sprintf("$%d", len(l.args))
}

// column finds a column and its type, or says which there are. A name that means a key gives the columns that hold it.
func (l *lister) column(name string) (sqlType string, key rowkey.Columns, err error) {
	d := l.def
	switch name {
	case "id":
		return "text", nil, nil
	case "created_at", "updated_at", "deleted_at":
		return "timestamptz", nil, nil
	case d.Left.Key:
		return "", d.leftKey, nil
	case d.Right.Key:
		return "", d.rightKey, nil
	}
	for _, c := range slices.Concat(d.leftKey, d.rightKey) {
		if c.Name == name {
			return "", rowkey.Columns{c}, nil
		}
	}
	if c := d.column(name); c != nil {
		return c.Type.sql(), nil, nil
	}
	choices := []string{"id", d.Left.Key, d.Right.Key, "created_at", "updated_at", "deleted_at"}
	for _, c := range slices.Concat(d.leftKey, d.rightKey) {
		if !slices.Contains(choices, c.Name) {
			choices = append(choices, c.Name)
		}
	}
	for _, c := range d.Columns {
		choices = append(choices, c.Name)
	}
	return "", nil, &UndefinedError{"column of " + d.Name, name, choices, ErrInvalid}
}

func valueText(v any) string {
	if t, ok := v.(time.Time); ok {
		return t.Format(time.RFC3339Nano)
	}
	return fmt.Sprint(v)
}

func (l *lister) condition(c Condition) (string, error) {
	sqlType, key, err := l.column(c.Column)
	if err != nil {
		return "", err
	}
	name := "t." + quote(c.Column)
	if key != nil {
		name, sqlType = key[:1].On("t").List(), "text"
	}
	switch c.Op {
	case IsNull:
		if c.Value == true {
			return name + " IS NULL", nil
		}
		return name + " IS NOT NULL", nil
	case In:
		values, ok := c.Value.([]string)
		if !ok {
			return "", &InvalidError{Field: c.Column, Reason: "is compared with a list of texts"}
		}
		if key != nil && !key.IsPlain() {
			return l.among(c.Column, key, values)
		}
		return fmt.Sprintf("%s = ANY(%s::text[]::%s[])", name, l.arg(values), sqlType), nil
	case Eq, Ne, Gt, Gte, Lt, Lte:
		if c.Value == nil {
			return "", &InvalidError{Field: c.Column, Reason: "a null is compared with IsNull"}
		}
		if key != nil && !key.IsPlain() {
			return l.compare(c, key)
		}
		return fmt.Sprintf("%s %s %s::%s", name, c.Op, l.arg(valueText(c.Value)), sqlType), nil
	}
	return "", &InvalidError{
		Field:   c.Column,
		Reason:  fmt.Sprintf("there is no comparison %q", c.Op),
		Choices: []string{"=", "<>", ">", ">=", "<", "<=", "IN", "ISNULL"},
	}
}

// among finds a key among ids.
func (l *lister) among(field string, key rowkey.Columns, ids []string) (string, error) {
	ids, err := canonicalIDs(key, field, ids)
	if err != nil {
		return "", err
	}
	first := len(l.args) + 1
	l.args = append(l.args, rowkey.Args(ids, len(key))...)
	return amongFew(key, "t", first), nil
}

// compare compares a key with an id, column by column.
func (l *lister) compare(c Condition, key rowkey.Columns) (string, error) {
	parts, err := splitID(key, c.Column, valueText(c.Value))
	if err != nil {
		return "", err
	}
	values := key.On("").Params(len(l.args) + 1).List()
	for _, part := range parts {
		l.arg(part)
	}
	if len(key) == 1 {
		return fmt.Sprintf("%s %s %s", key.On("t").List(), c.Op, values), nil
	}
	return fmt.Sprintf("(%s) %s (%s)", key.On("t").List(), c.Op, values), nil
}

func (l *lister) where(opts ListOptions) (string, error) {
	parts := []string{"TRUE"}
	if !opts.WithDeleted {
		parts = append(parts, "t.deleted_at IS NULL")
	}
	for _, c := range opts.Where {
		p, err := l.condition(c)
		if err != nil {
			return "", err
		}
		parts = append(parts, p)
	}
	return strings.Join(parts, " AND "), nil
}

// sortKey is one column that a list is sorted by.
type sortKey struct {
	column, cast string
	desc         bool
	value        any // of the link that the page comes after; nil is NULL
}

// sortKeys are those of the options and the id. A key is sorted by its columns.
func (l *lister) sortKeys(opts ListOptions) ([]sortKey, error) {
	var all []sortKey
	for _, o := range append(slices.Clone(opts.OrderBy), Order{Column: "id"}) {
		sqlType, key, err := l.column(o.Column)
		if err != nil {
			return nil, err
		}
		if key == nil {
			k := sortKey{column: o.Column, cast: "::" + sqlType, desc: o.Desc}
			if opts.After != nil {
				k.value = opts.After.value(o.Column)
			}
			all = append(all, k)
			continue
		}
		var values map[string]string
		if opts.After != nil {
			if values = opts.After.keyValues(l.def); values == nil {
				return nil, &InvalidError{Field: "after", Reason: "is no link of " + l.def.Name}
			}
		}
		for _, c := range key {
			k := sortKey{column: c.Name, cast: "::text", desc: o.Desc, value: values[c.Name]}
			if t := c.SQLType(); t != "text" {
				k.cast += "::" + t
			}
			all = append(all, k)
		}
	}
	return all, nil
}

// order writes the sort keys, and the condition that a row comes after a link, or "".
func (l *lister) order(opts ListOptions) (by, after string, err error) {
	keys, err := l.sortKeys(opts)
	if err != nil {
		return "", "", err
	}
	var sorts, ors, equal []string
	for _, k := range keys {
		name := "t." + quote(k.column)
		op, direction := ">", ""
		if k.desc {
			op, direction = "<", " DESC NULLS LAST"
		}
		sorts = append(sorts, name+direction)
		if opts.After == nil {
			continue
		}
		if k.value == nil { // nulls are last: nothing comes after one but another
			equal = append(equal, name+" IS NULL")
			continue
		}
		arg := l.arg(valueText(k.value)) + k.cast
		beyond := fmt.Sprintf("(%s %s %s OR %s IS NULL)", name, op, arg, name)
		ors = append(ors, strings.Join(append(append([]string{}, equal...), beyond), " AND "))
		equal = append(equal, name+" = "+arg)
	}
	if opts.After != nil {
		after = " AND ((" + strings.Join(ors, ") OR (") + "))"
	}
	return " ORDER BY " + strings.Join(sorts, ", "), after, nil
}

// value is a column's value of a link; nil is NULL.
func (l *Link) value(column string) any {
	switch column {
	case "id":
		return l.ID
	case "created_at":
		return l.CreatedAt
	case "updated_at":
		return l.UpdatedAt
	case "deleted_at":
		if l.DeletedAt == nil {
			return nil
		}
		return *l.DeletedAt
	}
	return l.Data[column]
}

// keyValues are the values of the columns that hold the link's keys; nil if these are none.
func (l *Link) keyValues(d *Definition) map[string]string {
	values := make(map[string]string, d.width())
	for _, end := range []struct {
		key rowkey.Columns
		id  string
	}{{d.leftKey, l.Left}, {d.rightKey, l.Right}} {
		if !end.key.Fits(end.id) {
			return nil
		}
		for i, part := range rowkey.Split(end.id, len(end.key)) {
			values[end.key[i].Name] = part
		}
	}
	return values
}

// List returns links in order. Relies on the live indexes for conditions on keys, and on the index of ids.
func (m *LinkModule) List(ctx context.Context, opts ListOptions) ([]Link, error) {
	if m.def.ReadOnly != "" {
		return nil, m.def.readOnlyError()
	}
	l := &lister{def: m.def}
	where, err := l.where(opts)
	if err != nil {
		return nil, err
	}
	by, after, err := l.order(opts)
	if err != nil {
		return nil, err
	}
	if m.store.absent(m.def) {
		return nil, nil
	}
	limit := ""
	if opts.Limit > 0 {
		limit = " LIMIT " + l.arg(opts.Limit)
	}
	var links []Link
	err = m.store.read(ctx, func() error {
		rows, err := m.store.db.Query(ctx, fmt.Sprintf(`SELECT %s FROM %s AS t WHERE %s%s%s%s`,
			m.def.columns(), m.def.table(), where, after, by, limit), l.args...)
		if err != nil {
			return err
		}
		links, err = pgx.CollectRows(rows, m.def.scanner())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", m.def.Name, err)
	}
	return links, nil
}

// Each gives every live link to fn, in the order of the keys, until fn fails. The links are not kept: memory does not grow with
// their number. Where the table is not in the database there are none. Relies on the primary key, or sorts.
func (m *LinkModule) Each(ctx context.Context, fn func(Link) error) error {
	if m.def.ReadOnly != "" {
		return m.def.readOnlyError()
	}
	if m.store.absent(m.def) {
		return nil
	}
	rows, err := m.store.db.Query(
		ctx,
		fmt.Sprintf(
			`SELECT %s FROM %s AS t WHERE t.deleted_at IS NULL ORDER BY %s`,
			m.def.columns(),
			m.def.table(),
			m.def.keys("t"),
		),
	)
	if err != nil {
		return fmt.Errorf("list %s: %w", m.def.Name, err)
	}
	defer rows.Close()
	scan := m.def.scanner()
	for rows.Next() {
		l, err := scan(rows)
		if err == nil {
			err = fn(l)
		}
		if err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("list %s: %w", m.def.Name, err)
	}
	return nil
}

// ListAndCount is List, and how many links there are on all pages.
func (m *LinkModule) ListAndCount(ctx context.Context, opts ListOptions) ([]Link, int, error) {
	links, err := m.List(ctx, opts)
	if err != nil {
		return nil, 0, err
	}
	l := &lister{def: m.def}
	where, err := l.where(opts)
	if err != nil || m.store.absent(m.def) {
		return nil, 0, err
	}
	var n int
	err = m.store.read(ctx, func() error {
		rows, err := m.store.db.Query(
			ctx,
			fmt.Sprintf(`SELECT count(*) FROM %s AS t WHERE %s`, m.def.table(), where),
			l.args...)
		if err != nil {
			return err
		}
		n, err = pgx.CollectExactlyOneRow(rows, pgx.RowTo[int])
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("count %s: %w", m.def.Name, err)
	}
	return links, n, nil
}

// Retrieve returns a live link by its id, or ErrLinkNotFound.
func (m *LinkModule) Retrieve(ctx context.Context, id string) (Link, error) {
	links, err := m.List(ctx, ListOptions{Where: []Condition{{"id", Eq, id}}})
	if err != nil {
		return Link{}, err
	}
	if len(links) == 0 {
		return Link{}, fmt.Errorf("%w: %s %q", ErrLinkNotFound, m.def.Name, id)
	}
	return links[0], nil
}
