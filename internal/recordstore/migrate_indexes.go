package recordstore

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// AddIndexes takes the place of Migrate in a database where another program creates and changes the tables. The migrations of that
// program may fail on tables that they did not create, so AddIndexes creates none. It creates the indexes of the migrations
// that are named linkgraph_* and are missing, on tables that exist, and returns which. Each index is committed on its own. Servers that start at
// the same time wait for each other.
func AddIndexes(ctx context.Context, pool *pgxpool.Pool) ([]Applied, error) {
	var applied []Applied
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('linkgraph migrate modules'))`); err != nil {
			return err
		}
		plan, err := missingIndexes(ctx, tx)
		if err != nil {
			return err
		}
		for _, p := range plan {
			start := time.Now()
			for _, statement := range p.Statements {
				if _, err := pool.Exec(ctx, statement); err != nil {
					return fmt.Errorf("%s: %w", statement, err)
				}
			}
			applied = append(applied, Applied{Module: p.Module, File: p.File, Duration: time.Since(start)})
		}
		return nil
	})
	if err != nil {
		return applied, fmt.Errorf("migrate: %w", classify(err))
	}
	return applied, nil
}

// IndexPlan returns what AddIndexes would do, and changes nothing. It reads only the system catalogue of the database.
func IndexPlan(ctx context.Context, db DB) ([]Pending, error) {
	plan, err := missingIndexes(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("plan migrations: %w", classify(err))
	}
	return plan, nil
}

// ownIndex matches a statement that creates an index named linkgraph_*: its name, table, columns and the rest. The migrations write each on
// a line of its own. The pattern is here because goose does not export its parser, and because which columns an index needs can be
// read from nothing else: models do not declare indexes.
var ownIndex = regexp.MustCompile(
	`(?m)^CREATE (?:UNIQUE )?INDEX IF NOT EXISTS (linkgraph_\w+) ON ("[^"]+"|[\w.]+) \(([^)]*)\)(.*);$`,
)

var leadingName = regexp.MustCompile(`^"?(\w+)"?`)

// missingIndexes returns the statements of the migrations that create indexes named linkgraph_*, for indexes that do not exist, on
// tables that exist and have the columns of the index.
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

// ownIndexes returns the names of the indexes that this program created, in the schemas of the search path: another schema may
// hold another shop.
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

// hasColumns reports whether a table has all columns of an index. list is the column list of the index's statement.
func hasColumns(have []string, list string) bool {
	for column := range strings.SplitSeq(list, ",") {
		if m := leadingName.FindStringSubmatch(strings.TrimSpace(column)); m == nil || !slices.Contains(have, m[1]) {
			return false
		}
	}
	return true
}
