package linkstore

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Get returns the live links of pairs, in the order of the items; nil where there is none.
func (s *Store) Get(ctx context.Context, items []Item) ([]*Link, error) {
	if err := s.checkCount("links", len(items)); err != nil {
		return nil, err
	}
	kinds := map[string][]Pair{}
	pairs := make([]Pair, len(items))
	for i, item := range items {
		d, pair, err := s.stored(item)
		if err != nil {
			return nil, atIndex(i, err)
		}
		pairs[i] = pair
		kinds[d.Name] = append(kinds[d.Name], pair)
	}
	found := map[Pair]Link{}
	for _, name := range sortedKeys(kinds) {
		d := s.catalog.byLink[name]
		var left, right []string
		for _, p := range kinds[name] {
			left, right = append(left, p.Left), append(right, p.Right)
		}
		// Relies on the primary key.
		rows, err := s.db.Query(ctx, fmt.Sprintf(`
			SELECT %s FROM %s AS t
			JOIN (SELECT DISTINCT l, r FROM unnest($1::text[], $2::text[]) AS p(l, r)) AS p ON t.%s = p.l AND t.%s = p.r
			WHERE t.deleted_at IS NULL`, d.columns(), d.table(), quote(d.Left.Key), quote(d.Right.Key)), left, right)
		if err != nil {
			return nil, fmt.Errorf("get links: %w", err)
		}
		links, err := pgx.CollectRows(rows, d.scanner())
		if err != nil {
			return nil, fmt.Errorf("get links: %w", err)
		}
		for _, l := range links {
			found[l.Pair()] = l
		}
	}
	out := make([]*Link, len(items))
	for i, p := range pairs {
		if l, ok := found[p]; ok {
			out[i] = &l
		}
	}
	return out, nil
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

// Condition compares a column of the link table: a key, id, a timestamp or an extra column.
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

// columnType finds a column and its type, or says which there are.
func (l *lister) columnType(name string) (string, error) {
	d := l.def
	choices := []string{"id", d.Left.Key, d.Right.Key, "created_at", "updated_at", "deleted_at"}
	switch name {
	case "id", d.Left.Key, d.Right.Key:
		return "text", nil
	case "created_at", "updated_at", "deleted_at":
		return "timestamptz", nil
	}
	if c := d.column(name); c != nil {
		return c.Type.sql(), nil
	}
	for _, c := range d.Columns {
		choices = append(choices, c.Name)
	}
	return "", &UndefinedError{"column of " + d.Name, name, choices, ErrInvalid}
}

func valueText(v any) string {
	if t, ok := v.(time.Time); ok {
		return t.Format(time.RFC3339Nano)
	}
	return fmt.Sprint(v)
}

func (l *lister) condition(c Condition) (string, error) {
	sqlType, err := l.columnType(c.Column)
	if err != nil {
		return "", err
	}
	name := "t." + quote(c.Column)
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
		return fmt.Sprintf("%s = ANY(%s::text[]::%s[])", name, l.arg(values), sqlType), nil
	case Eq, Ne, Gt, Gte, Lt, Lte:
		if c.Value == nil {
			return "", &InvalidError{Field: c.Column, Reason: "a null is compared with IsNull"}
		}
		return fmt.Sprintf("%s %s %s::%s", name, c.Op, l.arg(valueText(c.Value)), sqlType), nil
	}
	return "", &InvalidError{c.Column, fmt.Sprintf("there is no comparison %q", c.Op), []string{"=", "<>", ">", ">=", "<", "<=", "IN", "ISNULL"}}
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

// order writes the sort keys, and the condition that a row comes after a link, or "".
func (l *lister) order(opts ListOptions) (by, after string, err error) {
	keys := append(append([]Order{}, opts.OrderBy...), Order{Column: "id"})
	var sorts, ors, equal []string
	for _, k := range keys {
		sqlType, err := l.columnType(k.Column)
		if err != nil {
			return "", "", err
		}
		name := "t." + quote(k.Column)
		op, direction := ">", ""
		if k.Desc {
			op, direction = "<", " DESC NULLS LAST"
		}
		sorts = append(sorts, name+direction)
		if opts.After == nil {
			continue
		}
		v := opts.After.value(l.def, k.Column)
		if v == nil { // nulls are last: nothing comes after one but another
			equal = append(equal, name+" IS NULL")
			continue
		}
		arg := l.arg(valueText(v)) + "::" + sqlType
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
func (l *Link) value(d *Definition, column string) any {
	switch column {
	case "id":
		return l.ID
	case d.Left.Key:
		return l.Left
	case d.Right.Key:
		return l.Right
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
	limit := ""
	if opts.Limit > 0 {
		limit = " LIMIT " + l.arg(opts.Limit)
	}
	rows, err := m.store.db.Query(ctx, fmt.Sprintf(`SELECT %s FROM %s AS t WHERE %s%s%s%s`,
		m.def.columns(), m.def.table(), where, after, by, limit), l.args...)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", m.def.Name, err)
	}
	links, err := pgx.CollectRows(rows, m.def.scanner())
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", m.def.Name, err)
	}
	return links, nil
}

// ListAndCount is List, and how many links there are on all pages.
func (m *LinkModule) ListAndCount(ctx context.Context, opts ListOptions) ([]Link, int, error) {
	links, err := m.List(ctx, opts)
	if err != nil {
		return nil, 0, err
	}
	l := &lister{def: m.def}
	where, err := l.where(opts)
	if err != nil {
		return nil, 0, err
	}
	rows, err := m.store.db.Query(ctx, fmt.Sprintf(`SELECT count(*) FROM %s AS t WHERE %s`, m.def.table(), where), l.args...)
	if err != nil {
		return nil, 0, fmt.Errorf("count %s: %w", m.def.Name, err)
	}
	n, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[int])
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

// Side is one of the two ends of a link.
type Side int

// The sides.
const (
	Left Side = iota
	Right
)

// LinkedOptions says how many links are wanted.
type LinkedOptions struct {
	Limit int // for each id; 0 means all
}

// Linked returns the live links of records on one side, by their ids: one statement, however many records there are. Of a
// read-only link the keys alone are known.
func (s *Store) Linked(ctx context.Context, link string, from Side, ids []string, opts LinkedOptions) (map[string][]Link, error) {
	d, ok := s.catalog.Link(link)
	if !ok {
		return nil, &UndefinedError{"link", link, s.catalog.linkNames(), ErrLinkNotDefined}
	}
	near, far := d.Left.Key, d.Right.Key
	if from == Right {
		near, far = far, near
	}
	table, columns, scan := d.table(), d.columns(), d.scanner
	if d.ReadOnly != "" {
		near, far = d.left.PrimaryKey, d.ReadOnly
		if from == Right {
			near, far = far, near
		}
		table = d.left.table()
		columns = "t." + quote(d.left.PrimaryKey) + ", t." + quote(d.ReadOnly)
		scan = d.keyScanner
	}
	live := ""
	if d.ReadOnly == "" || !d.left.NoSoftDelete {
		live = " AND t.deleted_at IS NULL"
	}
	limit := ""
	args := []any{ids}
	if opts.Limit > 0 {
		args = append(args, opts.Limit)
		limit = " LIMIT $2"
	}
	// Relies on the live index of the near key, or of the column that holds a read-only link.
	rows, err := s.db.Query(ctx, fmt.Sprintf(`
		SELECT k.id, t.* FROM unnest($1::text[]) AS k(id) CROSS JOIN LATERAL (
			SELECT %[1]s FROM %[2]s AS t WHERE t.%[3]s = k.id%[4]s AND t.%[5]s IS NOT NULL ORDER BY t.%[5]s%[6]s
		) AS t`, columns, table, quote(near), live, quote(far), limit), args...)
	if err != nil {
		return nil, fmt.Errorf("linked %s: %w", link, err)
	}
	var id string
	one := scan(&id)
	found := make(map[string][]Link, len(ids))
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		l, err := one(row)
		found[id] = append(found[id], l)
		return struct{}{}, err
	})
	if err != nil {
		return nil, fmt.Errorf("linked %s: %w", link, err)
	}
	return found, nil
}

// keyScanner reads the two keys of a read-only link.
func (d *Definition) keyScanner(before ...any) func(row pgx.CollectableRow) (Link, error) {
	return func(row pgx.CollectableRow) (Link, error) {
		l := Link{Name: d.Name}
		return l, row.Scan(append(before[:len(before):len(before)], &l.Left, &l.Right)...)
	}
}
