package linkstore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Adopted returns the names of the stored links whose table exists and was created by another program, in the order
// of their declaration. The other program may write to such a table, and may delete a record without its links.
func (s *Store) Adopted(ctx context.Context) ([]string, error) {
	made, err := s.createdTables(ctx)
	if err != nil {
		return nil, fmt.Errorf("adopted link tables: %w", err)
	}
	var names, tables []string
	for _, d := range s.catalog.links {
		if d.ReadOnly == "" &&
			!slices.ContainsFunc(
				made,
				func(t createdTable) bool { return t.Schema == d.Schema && t.Table == d.Table },
			) {
			names, tables = append(names, d.Name), append(tables, d.table())
		}
	}
	rows, err := s.db.Query(ctx, `
		SELECT p.name FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS p(name, reg, ord) WHERE to_regclass(p.reg) IS NOT NULL ORDER BY p.ord`,
		names, tables)
	if err != nil {
		return nil, fmt.Errorf("adopted link tables: %w", err)
	}
	if names, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		return nil, fmt.Errorf("adopted link tables: %w", err)
	}
	return names, nil
}

// missingRecordTable returns a table of records that another program has to create before the link's table can be
// created, and the name of that program. Both are "" if the link's table can be created now.
func (s *Store) missingRecordTable(ctx context.Context, d *Definition) (table, program string, err error) {
	if s.cfg.ManagedBy == nil {
		return "", "", nil
	}
	var tables []string
	for _, m := range []*Model{d.left, d.right} {
		if m.Table != "" && !d.SkipExistence {
			tables = append(tables, m.table())
		}
	}
	rows, err := s.db.Query(
		ctx,
		`SELECT p.name FROM unnest($1::text[]) AS p(name) WHERE to_regclass(p.name) IS NULL LIMIT 1`,
		tables,
	)
	if err != nil {
		return "", "", err
	}
	missing, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(missing) == 0 {
		return "", "", err
	}
	if program, err = s.cfg.ManagedBy(ctx, s.db); err != nil || program == "" {
		return "", "", err
	}
	return strings.Trim(missing[0], `"`), program, nil
}
