package recordstore

import (
	"slices"
	"sync/atomic"
)

// text is a statement before it is decided what its rows are read into.
type query struct {
	sql  string
	args []any
	rows *rowShape // of a count it says what comes before the number

	limit int // the argument that is one more than the rows of a page; -1 if there is none
}

// text completes the statement that reads rows: with the joins that begin at them.
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

// texts are the statements of a request: the rows and their number, each only if it is asked for.
type queries struct{ rows, count *query }

// StatementCache keeps the statements of requests that differ in their keys, in how many rows they read and in who reads them, and
// in nothing else. It belongs to one catalogue. The zero value is good.
type StatementCache struct {
	slots [2]atomic.Pointer[cachedStatements] // of forward and of backward pages
}

type cachedStatements struct{ rows, count *cachedStatement }

// cachedStatement is a statement with holes.
type cachedStatement struct {
	query
	keys   []int // the arguments that are the keys, by the column of the key
	key    []int // or the one key
	viewer []int
}

// What stands in for a key and a viewer while a statement is written: no value of a caller's has a NUL.
const (
	keyPlaceholder    = "\x00"
	viewerPlaceholder = "\x00viewer"
)

// texts returns the statements for keys and a page. Without a cache, or with a page that begins or ends at a cursor, they
// are written anew.
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
	kept := slot.Load()
	if kept == nil {
		marked := *c
		marked.viewer = viewerPlaceholder
		parts := slices.Repeat([]string{keyPlaceholder}, columns)
		t, err := write(&marked, []string{joinKey(parts)})
		if err != nil {
			return t, err
		}
		if own, err := write(c, keys); err != nil || !own.sameOrder(t) {
			return own, err
		}
		kept = &cachedStatements{newCachedStatement(t.rows), newCachedStatement(t.count)}
		slot.Store(kept)
	}
	of := keyColumns(keys, columns)
	limit := 0
	if p != nil {
		limit = p.Limit
	}
	return queries{kept.rows.fill(c, of, limit), kept.count.fill(c, of, 0)}, nil
}

// sameOrder reports whether the cursors of both are good for each other. They are not if an order depends on the viewer.
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
