package recordstore

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// keptByMedusa reports whether Medusa manages the tables of the modules in this database: it counts its migrations there.
func keptByMedusa(ctx context.Context, db DB) (bool, error) {
	var kept bool
	err := db.QueryRow(ctx, `SELECT to_regclass('mikro_orm_migrations') IS NOT NULL`).Scan(&kept)
	return kept, err
}

// ownIndex matches a statement that creates an index named linkgraph_*: its name, table, columns and the rest. The migrations write each on
// a line of its own. The pattern is here because goose does not export its parser, and because which columns an index needs can be
// read from nothing else: models do not declare indexes.
var ownIndex = regexp.MustCompile(
	`(?m)^CREATE (?:UNIQUE )?INDEX IF NOT EXISTS (linkgraph_\w+) ON ("[^"]+"|[\w.]+) \(([^)]*)\)(.*);$`,
)

var leadingName = regexp.MustCompile(`^"?(\w+)"?`)

// missingIndexes returns the indexes of the migrations named linkgraph_* that do not exist, on tables that exist and have the columns.
func missingIndexes(ctx context.Context, db DB) ([]Pending, error) {
	existing, err := ownIndexes(ctx, db)
	if err != nil {
		return nil, err
	}
	migrations, err := moduleMigrations()
	if err != nil {
		return nil, err
	}
	var plan []Pending
	tables := map[string][]string{} // columns, by table
	for _, m := range migrations {
		files, err := m.All()
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			p := Pending{Module: m.module, File: file.Name}
			for _, index := range ownIndex.FindAllStringSubmatch(file.Up, -1) {
				if statement, name, table := index[0], index[1], index[2]; !existing[name] {
					p.Statements = append(p.Statements, statement)
					tables[table] = nil
				}
			}
			plan = append(plan, p)
		}
	}
	if err := readColumns(ctx, db, tables); err != nil {
		return nil, err
	}
	for i := range plan {
		plan[i].Statements = slices.DeleteFunc(plan[i].Statements, func(statement string) bool {
			index := ownIndex.FindStringSubmatch(statement)
			table, columns, predicate := index[2], index[3], index[4]
			if strings.Contains(predicate, "deleted_at") {
				columns += ", deleted_at"
			}
			return !hasColumns(tables[table], columns)
		})
	}
	return slices.DeleteFunc(plan, func(p Pending) bool { return len(p.Statements) == 0 }), nil
}

// ownIndexes returns the names of the indexes named linkgraph_* on the search path. Other schemas may hold other shops.
func ownIndexes(ctx context.Context, db DB) (map[string]bool, error) {
	rows, err := db.Query(
		ctx,
		`SELECT c.relname FROM pg_class AS c WHERE c.relname LIKE 'linkgraph\_%' AND c.relkind IN ('i', 'I') AND pg_table_is_visible(c.oid)`,
	)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	var name string
	_, err = pgx.ForEachRow(rows, []any{&name}, func() error {
		names[name] = true
		return nil
	})
	return names, err
}

// hasColumns reports whether a table has the columns of an index, given as its statement lists them.
func hasColumns(have []string, list string) bool {
	for column := range strings.SplitSeq(list, ",") {
		if m := leadingName.FindStringSubmatch(strings.TrimSpace(column)); m == nil || !slices.Contains(have, m[1]) {
			return false
		}
	}
	return true
}
