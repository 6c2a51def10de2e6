package recordstore

import (
	"context"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// keptByMedusa reports whether the tables of the modules are Medusa's to make and to change: it keeps account of its
// migrations in the database.
func keptByMedusa(ctx context.Context, db DB) (bool, error) {
	var kept bool
	err := db.QueryRow(ctx, `SELECT to_regclass('mikro_orm_migrations') IS NOT NULL`).Scan(&kept)
	return kept, err
}

var (
	ownIndex = regexp.MustCompile(
		`^CREATE (?:UNIQUE )?INDEX IF NOT EXISTS (linkgraph_\w+) ON ("[^"]+"|[\w.]+) \(([^)]*)\)`,
	)
	leadingName = regexp.MustCompile(`^"?(\w+)"?`)
)

// missingIndexes are the indexes of the migrations that are called linkgraph_* and are not there, on tables that are there with
// the columns they need.
func missingIndexes(ctx context.Context, db DB) ([]Pending, error) {
	files, err := migrationFiles("*")
	if err != nil {
		return nil, err
	}
	var plan []Pending
	tables := map[string][]string{}
	for _, file := range files {
		statements, _, err := file.statements()
		if err != nil {
			return nil, err
		}
		p := Pending{Module: file.module, File: path.Base(file.path)}
		for _, statement := range statements {
			if m := ownIndex.FindStringSubmatch(statement); m != nil {
				p.Statements = append(p.Statements, statement)
				tables[m[2]] = nil
			}
		}
		plan = append(plan, p)
	}
	there, err := ownIndexes(ctx, db)
	if err != nil {
		return nil, err
	}
	if err := readColumns(ctx, db, tables); err != nil {
		return nil, err
	}
	for i := range plan {
		plan[i].Statements = slices.DeleteFunc(plan[i].Statements, func(statement string) bool {
			m := ownIndex.FindStringSubmatch(statement)
			columns := m[3]
			if strings.Contains(statement, "WHERE deleted_at") {
				columns += ", deleted_at"
			}
			return there[m[1]] || !hasColumns(tables[m[2]], columns)
		})
	}
	return slices.DeleteFunc(plan, func(p Pending) bool { return len(p.Statements) == 0 }), nil
}

// ownIndexes are the names of the indexes that this program made beside the tables: another schema may hold another shop.
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

// hasColumns reports whether a table has the columns of an index, as its statement lists them.
func hasColumns(have []string, list string) bool {
	for column := range strings.SplitSeq(list, ",") {
		if m := leadingName.FindStringSubmatch(strings.TrimSpace(column)); m == nil || !slices.Contains(have, m[1]) {
			return false
		}
	}
	return true
}

// createdTables are the tables that a module's migrations make, as they write their names.
func createdTables(module string) ([]string, error) {
	files, err := migrationFiles(module)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, file := range files {
		statements, _, err := file.statements()
		if err != nil {
			return nil, err
		}
		for _, statement := range statements {
			if m := madeTable.FindStringSubmatch(statement); m != nil {
				names = append(names, m[1])
			}
		}
	}
	return names, nil
}
