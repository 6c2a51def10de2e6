package recordstore

import (
	"bufio"
	"context"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/modules"
)

// Pending is a migration that has not run.
type Pending struct {
	Module, File string
	// Statements are those that would change something. Statements that create what exists are left out.
	Statements []string
}

// MigrationPlan returns what Migrate would do, and changes nothing. IndexPlan is its counterpart for AddIndexes.
func MigrationPlan(ctx context.Context, db DB) ([]Pending, error) {
	var plan []Pending
	pending, err := pendingFiles(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("plan migrations: %w", classify(err))
	}
	unmade := map[string]bool{} // modules whose first migration is pending: no earlier version created their tables
	for _, file := range pending {
		unmade[file.module] = unmade[file.module] || file.version == 1
		statements, earlier, err := file.statements()
		if err != nil {
			return nil, err
		}
		if earlier && unmade[file.module] {
			statements = nil
		}
		if statements, err = withEffect(ctx, db, statements); err != nil {
			return nil, fmt.Errorf("plan migrations: %s: %w", file.path, classify(err))
		}
		plan = append(plan, Pending{file.module, path.Base(file.path), statements})
	}
	return plan, nil
}

type migrationFile struct {
	module, path string
	version      int64
}

// forEarlier is the first line of migrations that upgrade what earlier versions of this program created.
const forEarlier = "-- For databases of earlier versions.\n"

// statements returns the statements of the migration, and whether it is for databases of earlier versions.
func (f migrationFile) statements() (statements []string, earlier bool, err error) {
	text, err := modules.Migrations().ReadFile(f.path)
	return upStatements(string(text)), strings.HasPrefix(string(text), forEarlier), err
}

// migrationFiles returns the migrations of a module in their order, or with "*" those of all modules, module by module.
func migrationFiles(module string) ([]migrationFile, error) {
	paths, err := fs.Glob(modules.Migrations(), module+"/migrations/*.sql")
	if err != nil {
		return nil, err
	}
	files := make([]migrationFile, len(paths))
	for i, p := range paths {
		module, _, _ := strings.Cut(p, "/")
		number, _, _ := strings.Cut(path.Base(p), "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s: a migration's name begins with its number", p)
		}
		files[i] = migrationFile{module, p, version}
	}
	return files, nil
}

// pendingFiles returns the migrations that have not run.
func pendingFiles(ctx context.Context, db DB) ([]migrationFile, error) {
	files, err := migrationFiles("*")
	if err != nil {
		return nil, err
	}
	applied, err := appliedVersions(ctx, db)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(files, func(f migrationFile) bool { return applied[f.module][f.version] }), nil
}

// appliedVersions returns which versions have run, by module. One statement finds the tables of versions, one reads them all.
func appliedVersions(ctx context.Context, db DB) (map[string]map[int64]bool, error) {
	rows, err := db.Query(ctx, `
		SELECT c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
		WHERE n.nspname = 'linkgraph' AND c.relname LIKE 'migration\_%' AND c.relkind = 'r' ORDER BY c.relname`)
	if err != nil {
		return nil, err
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(tables) == 0 {
		return nil, err
	}
	var parts []string
	for i, t := range tables {
		parts = append(
			parts,
			fmt.Sprintf("SELECT %d, version_id, is_applied, id FROM %s", i, tableName("linkgraph", t)),
		)
	}
	if rows, err = db.Query(ctx, strings.Join(parts, " UNION ALL ")+" ORDER BY 4"); err != nil {
		return nil, err
	}
	applied := map[string]map[int64]bool{}
	var table int
	var version, id int64
	var done bool
	_, err = pgx.ForEachRow(rows, []any{&table, &version, &done, &id}, func() error {
		module := strings.TrimPrefix(tables[table], "migration_")
		if applied[module] == nil {
			applied[module] = map[int64]bool{}
		}
		applied[module][version] = done
		return nil
	})
	return applied, err
}

// upStatements splits a migration into statements as goose does. A statement ends with a semicolon at the end of a line, or at
// the end of its block.
func upStatements(text string) []string {
	var statements []string
	var b strings.Builder
	block := false
	flush := func() {
		if s := strings.TrimSpace(b.String()); s != "" {
			statements = append(statements, strings.TrimSuffix(s, ";"))
		}
		b.Reset()
	}
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		line := strings.TrimRight(lines.Text(), " ")
		switch {
		case strings.HasPrefix(line, "-- +goose Down"):
			return statements
		case strings.HasPrefix(line, "-- +goose StatementBegin"):
			block = true
		case strings.HasPrefix(line, "-- +goose StatementEnd"):
			block = false
			flush()
		case strings.HasPrefix(strings.TrimSpace(line), "--"):
		default:
			b.WriteString(line + "\n")
			if !block && strings.HasSuffix(line, ";") {
				flush()
			}
		}
	}
	return statements
}

var madeTable = regexp.MustCompile(`(?i)\bCREATE TABLE IF NOT EXISTS ("[^"]+"|[\w.]+)`)

// makes lists the kinds of objects that a migration creates, each with the SQL condition that such an object exists.
var makes = []struct {
	pattern *regexp.Regexp
	there   string
}{
	{madeTable, "to_regclass(p.name) IS NOT NULL"},
	{
		regexp.MustCompile(`(?i)\bCREATE (?:UNIQUE )?INDEX IF NOT EXISTS ("[^"]+"|\w+) ON`),
		"to_regclass(p.name) IS NOT NULL",
	},
	{regexp.MustCompile(`(?i)\bCREATE SEQUENCE IF NOT EXISTS ("[^"]+"|[\w.]+)`), "to_regclass(p.name) IS NOT NULL"},
	{regexp.MustCompile(`(?i)\bCREATE TYPE ("[^"]+"|[\w.]+) AS`), "to_regtype(p.name) IS NOT NULL"},
	{
		regexp.MustCompile(`(?i)\bADD CONSTRAINT "?(\w+)"?`),
		"EXISTS (SELECT 1 FROM pg_constraint AS c WHERE c.conname = p.name)",
	},
}

// withEffect leaves out statements that only create what exists. A statement that creates none of the kinds in makes, such as
// an UPDATE, stays.
func withEffect(ctx context.Context, db DB, statements []string) ([]string, error) {
	idle := make([]bool, len(statements))
	known := make([]bool, len(statements))
	for i := range idle {
		idle[i] = true
	}
	for _, m := range makes {
		var names []string
		var at []int
		for i, s := range statements {
			for _, match := range m.pattern.FindAllStringSubmatch(s, -1) {
				names, at = append(names, match[1]), append(at, i)
				known[i] = true
			}
		}
		if len(names) == 0 {
			continue
		}
		rows, err := db.Query(
			ctx,
			`SELECT p.ord, `+m.there+` FROM unnest($1::text[]) WITH ORDINALITY AS p(name, ord)`,
			names,
		)
		if err != nil {
			return nil, err
		}
		var ord int
		var there bool
		if _, err := pgx.ForEachRow(rows, []any{&ord, &there}, func() error {
			idle[at[ord-1]] = idle[at[ord-1]] && there
			return nil
		}); err != nil {
			return nil, err
		}
	}
	var effective []string
	for i, s := range statements {
		if known[i] && idle[i] {
			continue
		}
		if filled, err := fillsEmpty(ctx, db, s); err != nil {
			return nil, err
		} else if !filled {
			effective = append(effective, s)
		}
	}
	return effective, nil
}

var onlyIfEmpty = regexp.MustCompile(`(?is)^INSERT INTO .*\bWHERE NOT EXISTS \(SELECT 1 FROM ("[^"]+"|[\w.]+)\)$`)

// fillsEmpty reports whether a statement has no effect because it fills a table only if it is empty, and the table has rows.
func fillsEmpty(ctx context.Context, db DB, statement string) (bool, error) {
	m := onlyIfEmpty.FindStringSubmatch(statement)
	if m == nil {
		return false, nil
	}
	var there bool
	if err := db.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, m[1]).Scan(&there); err != nil || !there {
		return false, err
	}
	err := db.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM `+m[1]+`)`).Scan(&there)
	return there, err
}
