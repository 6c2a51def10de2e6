package main

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// A record is looked up by any column that is unique among live records, besides its primary key. Which columns are is read from
// the migrations, because models do not declare indexes. A table without migrations is another program's: there a field says @unique.

// indexStatement matches a statement that creates a unique index of one column, or drops an index.
var indexStatement = regexp.MustCompile(
	`(?im)^(?:CREATE UNIQUE INDEX(?: IF NOT EXISTS)? ("[^"]+"|\w+) ON ("[^"]+"|[\w.]+) \("?(\w+)"?\)( WHERE deleted_at IS NULL)?;` +
		`|DROP INDEX(?: IF EXISTS)? ("[^"]+"|\w+);)`,
)

// uniqueColumns returns the columns with a unique index, by table, and the tables that migrations create.
func uniqueColumns(tree fs.FS) (columns map[string][]string, created map[string]bool, err error) {
	files, err := fs.Glob(tree, "modules/*/migrations/*.sql")
	if err != nil {
		return nil, nil, err
	}
	slices.Sort(files) // goose runs those of a module in this order
	indexes := map[string][2]string{}
	created = map[string]bool{}
	for _, name := range files {
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return nil, nil, err
		}
		up, _, _ := strings.Cut(string(text), "-- +goose Down")
		for _, m := range indexStatement.FindAllStringSubmatch(up, -1) {
			if dropped := m[5]; dropped != "" {
				delete(indexes, unquoted(dropped))
				continue
			}
			indexes[unquoted(m[1])] = [2]string{unquoted(m[2]), m[3]}
		}
		for _, m := range tableStatement.FindAllStringSubmatch(up, -1) {
			created[unquoted(m[1])] = true
		}
	}
	columns = map[string][]string{}
	for _, of := range indexes {
		columns[of[0]] = append(columns[of[0]], of[1])
	}
	return columns, created, nil
}

var tableStatement = regexp.MustCompile(`(?im)^CREATE TABLE(?: IF NOT EXISTS)? ("[^"]+"|[\w.]+)`)

func unquoted(name string) string { return strings.Trim(name, `"`) }

// markUnique marks the columns that records can be looked up by. It reports a field that says @unique and whose table the migrations
// create without such an index.
func (s *spec) markUnique(tree fs.FS) error {
	columns, created, err := uniqueColumns(tree)
	if err != nil {
		return fmt.Errorf("unique indexes: %w", err)
	}
	r := &reader{}
	for _, m := range s.models {
		table := m.table
		if m.schema != "" {
			table = m.schema + "." + m.table
		}
		for _, c := range m.columns {
			indexed := slices.Contains(columns[table], c.name)
			if c.unique && created[table] && !indexed {
				r.fault(
					c.pos,
					"%s.%s: no migration of module %s creates a unique index on %s (%s)",
					m.name,
					c.field,
					m.module,
					table,
					c.name,
				)
			}
			c.unique = (c.unique || indexed) && m.link == nil && c.typ == recordstore.Text && c.parts == nil &&
				!c.secret &&
				c.field != m.primary
		}
	}
	return errors.Join(r.faults...)
}

// lookups returns the columns that a record is looked up by: its primary key first.
func (m *model) lookups() []*column {
	all := []*column{m.primaryColumn()}
	for _, c := range m.columns {
		if c.unique && m.view.filters(c.field) {
			all = append(all, c)
		}
	}
	return all
}
