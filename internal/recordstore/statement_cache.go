package recordstore

import (
	"slices"
	"sync/atomic"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// query is the SQL of a statement, its arguments and the shape of its rows.
type query struct {
	sql  string
	args []any
	rows *rowShape

	limit int // index of the argument of LIMIT; -1 if there is none
}

// query completes a statement that reads rows, and adds its joins.
func (b *builder) query(shape *rowShape, p *page, joins []Join) (*query, error) {
	t := &query{rows: shape, limit: -1}
	if p != nil {
		t.limit = p.limit
	}
	j, err := b.join(joins, shape.model, shape.Lead, shape.columns)
	if err != nil {
		return nil, err
	}
	t.sql, t.args = b.String(), b.args
	if len(joins) > 0 {
		t.sql = "SELECT p.*" + j.list + " FROM (" + t.sql + ") AS p" + j.names + j.sources
		shape.Joined = j.columns
	}
	return t, nil
}

// queries is the statements of a request: for its rows and for their number. Either may be nil.
type queries struct{ rows, count *query }

// StatementCache holds the SQL of requests that differ only in their keys, their page size and their viewer. It belongs to one catalogue.
// The zero value is ready to use, and safe for concurrent use.
type StatementCache struct {
	slots [2]atomic.Pointer[cachedStatements] // for forward and for backward pages
}

type cachedStatements struct{ rows, count *cachedStatement }

// cachedStatement is a statement and which of its arguments a request fills in.
type cachedStatement struct {
	query
	keys   []int // of lists of keys, by column of the key
	key    []int // of a single key
	viewer []int
}

// Placeholders for a key and a viewer while a statement is written. Values of callers never contain a NUL.
const (
	keyPlaceholder    = "\x00"
	viewerPlaceholder = "\x00viewer"
)

// queries returns the statements for keys and a page. It writes them anew without a cache, and for a page with a cursor, whose position
// becomes part of the SQL.
func (s *StatementCache) queries(
	c *Catalog,
	columns int,
	keys []string,
	p *Page,
	write func(c *Catalog, keys []string) (queries, error),
) (queries, error) {
	if s == nil || p != nil && (p.After != "" || p.Before != "") {
		return write(c, keys)
	}
	slot := &s.slots[0]
	if p != nil && p.Backward {
		slot = &s.slots[1]
	}
	cached := slot.Load()
	if cached == nil {
		marked := *c
		marked.viewer = viewerPlaceholder
		parts := slices.Repeat([]string{keyPlaceholder}, columns)
		t, err := write(&marked, []string{rowkey.Join(parts)})
		if err != nil {
			return t, err
		}
		if own, err := write(c, keys); err != nil || !own.sameOrder(t) {
			return own, err
		}
		cached = &cachedStatements{newCachedStatement(t.rows), newCachedStatement(t.count)}
		slot.Store(cached)
	}
	of := rowkey.ByColumn(keys, columns)
	limit := 0
	if p != nil {
		limit = p.Limit
	}
	return queries{cached.rows.fill(c, of, limit), cached.count.fill(c, of, 0)}, nil
}

// sameOrder reports whether both accept the same cursors. They do not if the order depends on the viewer.
func (t queries) sameOrder(o queries) bool {
	return t.rows == nil || t.rows.rows.Signature == o.rows.rows.Signature
}

func newCachedStatement(t *query) *cachedStatement {
	if t == nil {
		return nil
	}
	s := &cachedStatement{query: *t}
	for i, arg := range t.args {
		switch arg := arg.(type) {
		case string:
			switch arg {
			case viewerPlaceholder:
				s.viewer = append(s.viewer, i)
			case keyPlaceholder:
				s.key = append(s.key, i)
			}
		case []string:
			if len(arg) == 1 && arg[0] == keyPlaceholder {
				s.keys = append(s.keys, i)
			}
		}
	}
	return s
}

func (s *cachedStatement) fill(c *Catalog, keys [][]string, limit int) *query {
	if s == nil {
		return nil
	}
	t := s.query
	t.args = slices.Clone(t.args)
	for i, arg := range s.keys {
		t.args[arg] = keys[i]
	}
	for i, arg := range s.key {
		t.args[arg] = keys[i][0]
	}
	for _, arg := range s.viewer {
		t.args[arg] = c.viewer
	}
	if s.limit >= 0 {
		t.args[s.limit] = limit + 1
		shape := *t.rows
		shape.Limit = limit
		t.rows = &shape
	}
	return &t
}
