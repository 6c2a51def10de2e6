package recordstore

import (
	"context"
	"fmt"
	"math"

	"github.com/jackc/pgx/v5"
)

// ListOf names a to-many relation: the model it leads from, and its field.
type ListOf struct{ Model, Field string }

// ListSizes returns how long the lists of to-many relations are expected to be, by what Postgres knows of their tables. It is
// the mean over the rows, not over the lists: a long list counts once for each of its rows, because that is how often one
// arrives at it from the other end. Relations whose tables were never analysed, or whose key has several columns, are left out.
func (s *Store) ListSizes(ctx context.Context) (map[ListOf]float64, error) {
	var lists []ListOf
	var tables, columns []string
	for _, m := range s.catalog.models {
		for i := range m.Relations {
			r := &m.Relations[i]
			table, column, ok := s.catalog.listColumn(r)
			if ok {
				lists = append(lists, ListOf{m.Name, r.Field})
				tables, columns = append(tables, table), append(columns, column)
			}
		}
	}
	// Relies on the indexes of the system catalogue. reltuples is -1 of a table that was never analysed.
	rows, err := s.db.Query(ctx, `
		SELECT p.ord, c.reltuples::float8, s.null_frac::float8, s.n_distinct::float8, COALESCE(s.most_common_freqs::float8[], '{}')
		FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS p(name, col, ord)
		JOIN pg_class AS c ON c.oid = to_regclass(p.name) JOIN pg_namespace AS n ON n.oid = c.relnamespace
		JOIN pg_stats AS s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = p.col AND NOT s.inherited
		WHERE c.reltuples > 0`, tables, columns)
	if err != nil {
		return nil, fmt.Errorf("list sizes: %w", classify(err))
	}
	sizes := map[ListOf]float64{}
	var ord int
	var t columnStatistics
	_, err = pgx.ForEachRow(rows, []any{&ord, &t.rows, &t.nulls, &t.distinct, &t.common}, func() error {
		sizes[lists[ord-1]] = t.listSize()
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list sizes: %w", classify(err))
	}
	return sizes, nil
}

// listColumn returns the column whose equal values are one list of a relation.
func (c *Catalog) listColumn(r *Relation) (table, column string, ok bool) {
	switch t := r.Through; {
	case !r.Many:
		return "", "", false
	case t != nil && len(t.Columns) == 1:
		return tableName(t.Schema, t.Table), t.Columns[0], true
	case t == nil && len(r.TargetColumns) == 1:
		return c.Target(r).table(), r.TargetColumns[0], true
	}
	return "", "", false
}

// columnStatistics is what Postgres knows of a column: see the view pg_stats.
type columnStatistics struct {
	rows, nulls, distinct float64
	common                []float64 // the frequencies of the most common values
}

// listSize returns how many rows have the value of a row that is picked at random.
func (t *columnStatistics) listSize() float64 {
	filled := t.rows * (1 - t.nulls)
	distinct := t.distinct
	if distinct < 0 { // a fraction of the rows
		distinct *= -t.rows
	}
	if filled < 1 {
		return 0
	}
	rest, squares := filled, 0.0
	for _, frequency := range t.common {
		n := frequency * t.rows
		rest -= n
		squares += n * n
	}
	if rest > 0 {
		squares += rest * rest / math.Max(distinct-float64(len(t.common)), 1)
	}
	return math.Max(squares/filled, 1)
}
