package linkstore

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// absent reports whether the link's table is missing from the database.
func (s *Store) absent(d *Definition) bool { return slices.Contains(s.cfg.AbsentLinks, d.Name) }

// writable returns an error if the link's table is missing from the database.
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

// Module returns the link module of a link. The error for an unknown name is an *UndefinedError with the valid
// names.
func (s *Store) Module(name string) (*LinkModule, error) {
	d, ok := s.catalog.Link(name)
	if !ok {
		return nil, undefined("link", name, s.catalog.linkNames(), ErrLinkNotDefined)
	}
	return &LinkModule{s, d}, nil
}

// FindModule returns the link module between two keys, given in either order. ok is false if there is none.
func (s *Store) FindModule(moduleA, keyA, moduleB, keyB string) (m *LinkModule, ok bool) {
	found := s.catalog.Find(moduleA, keyA, moduleB, keyB)
	if len(found) == 0 {
		return nil, false
	}
	return &LinkModule{s, found[0]}, true
}

// Definition returns the definition of the module's link.
func (m *LinkModule) Definition() *Definition { return m.def }

// Order is a sort key. The id is always the last one.
type Order struct {
	Column string
	Desc   bool
}

// ListOptions selects and sorts links. The zero value lists the live ones by id.
type ListOptions struct {
	Where   []Condition // joined with AND
	OrderBy []Order
	Limit   int // 0 means all
	// After is the last link of the previous page.
	After *Link
	// WithDeleted includes soft-deleted links.
	WithDeleted bool
}

// List returns links in order. The query relies on the live indexes for conditions on keys, and on the index of
// ids.
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

// Each calls fn with every live link, in the order of the keys, until fn fails. It streams the rows, so memory does
// not grow with their number. If the link's table is missing from the database, there are no links. The query
// relies on the primary key, or sorts.
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

// ListAndCount returns what List returns, and the number of links on all pages.
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

// Retrieve returns the live link with an id. The error is ErrLinkNotFound if there is none.
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
