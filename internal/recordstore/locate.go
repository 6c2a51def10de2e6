package recordstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// Locate finds the model that a record of this id belongs to: by the id's prefix, or else by looking into every table
// whose key is called id, in one statement. An id with a prefix is not looked up: its record may be gone. ok is false if there is none.
func (s *Store) Locate(ctx context.Context, id string) (m *Model, ok bool, err error) {
	if m = s.catalog.byPrefix(id); m != nil {
		return m, !m.nested, nil
	}
	catalog, err := s.catalog.viewed(ctx)
	if err != nil {
		return nil, false, err
	}
	// Each part relies on its table's primary key, or on the index of a link's id.
	b := newBuilder(catalog)
	arg := "" // of all tables whose ids are texts
	var parts []string
	for i, m := range s.catalog.models {
		if col := m.Columns[m.primary]; m.IsNode() && !m.nested {
			key := arg
			if !rowkey.IsText(col.sqlType()) {
				text, reason := canonical(col.SQLType, id)
				if reason != "" {
					continue
				}
				key = b.value(&col, text)
			} else if key == "" {
				arg = b.arg(id)
				key = arg
			}
			parts = append(
				parts,
				fmt.Sprintf("SELECT %d FROM %s AS t WHERE t.id = %s%s", i, m.from(), key, b.live(m, "t")),
			)
		}
	}
	if parts == nil {
		return nil, false, nil
	}
	var i int
	err = s.db.QueryRow(ctx, strings.Join(parts, " UNION ALL ")+" LIMIT 1", b.args...).Scan(&i)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, false, nil
	case err != nil:
		return nil, false, fmt.Errorf("locate %q: %w", id, classify(err))
	}
	return s.catalog.models[i], true, nil
}

// byPrefix returns the model whose id prefix an id has. Such an id is a prefix, an underscore and a ULID. It returns nil if no
// model has the prefix, or two have.
func (c *Catalog) byPrefix(id string) *Model {
	i := strings.LastIndexByte(id, '_')
	if i < 0 || len(id)-i-1 != len("01ARZ3NDEKTSV4RRFFQ69G5FAV") {
		return nil
	}
	var found *Model
	for _, m := range c.models {
		if m.IDPrefix != "" && m.IDPrefix == id[:i] {
			if found != nil {
				return nil // two models share the prefix
			}
			found = m
		}
	}
	return found
}
