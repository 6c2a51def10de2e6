package recordstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/linkgraph/linkgraph/modules"
)

// Applied is a migration that ran, or that was left out.
type Applied struct {
	Module, File string
	Duration     time.Duration
	// Blocked names the rows because of which a migration was left out, and with it the later migrations of its module. Code must
	// therefore not depend on what these make. The next Migrate tries them again. "" means that the migration ran.
	Blocked string
}

// blockedCode is the SQLSTATE that a migration raises if existing rows do not allow it.
const blockedCode = "LG002"

// Migrate brings the tables of all modules up to date, module by module, and returns what it ran. Each module has its own
// version numbers, in a table of the schema linkgraph. Servers that start at the same time wait for each other.
//
// It creates tables. Where another program manages the tables, AddIndexes takes its place.
func Migrate(ctx context.Context, pool *pgxpool.Pool) ([]Applied, error) {
	if err := settleNotes(ctx, pool); err != nil {
		return nil, fmt.Errorf("migrate: %w", classify(err))
	}
	pending, err := pendingFiles(ctx, pool)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", classify(err))
	}
	if len(pending) == 0 {
		return nil, nil
	}
	if err := prepareSchema(ctx, pool); err != nil {
		return nil, fmt.Errorf("migrate: %w", classify(err))
	}
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close()
	var applied []Applied
	for i, file := range pending {
		if i > 0 && pending[i-1].module == file.module {
			continue // goose runs all of a module's
		}
		if err := noteMissing(ctx, pool, file.module); err != nil {
			return applied, fmt.Errorf("migrate module %s: %w", file.module, classify(err))
		}
		ran, err := migrateModule(ctx, db, file.module, path.Dir(file.path))
		applied = append(applied, ran...)
		if err != nil {
			return applied, fmt.Errorf("migrate module %s: %w", file.module, err)
		}
	}
	if err := settleNotes(ctx, pool); err != nil {
		return applied, fmt.Errorf("migrate: %w", classify(err))
	}
	return applied, nil
}

// prepareSchema creates the schema of the bookkeeping, and the table that lists which tables this program created. Two servers
// may do so at the same time.
func prepareSchema(ctx context.Context, pool *pgxpool.Pool) error {
	for _, statement := range []string{
		`CREATE SCHEMA IF NOT EXISTS linkgraph`,
		`CREATE TABLE IF NOT EXISTS linkgraph.module_table (
			schema_name text NOT NULL,
			table_name text NOT NULL,
			made_at timestamptz NOT NULL DEFAULT now(),
			PRIMARY KEY (schema_name, table_name)
		)`,
		// Tables that are about to be created, by their names in the migrations.
		`CREATE TABLE IF NOT EXISTS linkgraph.module_table_missing (name text PRIMARY KEY)`,
	} {
		var race *ConstraintError
		if _, err := pool.Exec(ctx, statement); err != nil && !errors.As(classify(err), &race) {
			return err
		}
	}
	return nil
}

// noteMissing lists the missing tables of a module before its migrations create them. goose commits each file on its own. If the
// program is killed right after such a commit, the list still tells that this program created the table.
func noteMissing(ctx context.Context, pool *pgxpool.Pool, module string) error {
	names, err := createdTables(module)
	if err != nil {
		return err
	}
	_, err = pool.Exec(ctx, `
		INSERT INTO linkgraph.module_table_missing (name)
		SELECT p.name FROM unnest($1::text[]) AS p(name) WHERE to_regclass(p.name) IS NULL
		ON CONFLICT DO NOTHING`, names)
	return err
}

// settleNotes records as its own the tables that were missing and now exist. This program created them, in this run or in one that
// was killed.
func settleNotes(ctx context.Context, pool *pgxpool.Pool) error {
	var noted bool
	if err := pool.QueryRow(ctx, `SELECT to_regclass('linkgraph.module_table_missing') IS NOT NULL`).
		Scan(&noted); err != nil ||
		!noted {
		return err
	}
	_, err := pool.Exec(ctx, `
		WITH made AS (
			DELETE FROM linkgraph.module_table_missing WHERE to_regclass(name) IS NOT NULL RETURNING name
		)
		INSERT INTO linkgraph.module_table (schema_name, table_name)
		SELECT n.nspname, c.relname FROM made
		JOIN pg_class AS c ON c.oid = to_regclass(made.name) JOIN pg_namespace AS n ON n.oid = c.relnamespace
		ON CONFLICT DO NOTHING`)
	return err
}

func migrateModule(ctx context.Context, db *sql.DB, module, folder string) ([]Applied, error) {
	files, err := fs.Sub(modules.Migrations(), folder)
	if err != nil {
		return nil, err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
	if err != nil {
		return nil, err
	}
	provider, err := goose.NewProvider(
		goose.DialectPostgres,
		db,
		files,
		goose.WithTableName(
			"linkgraph.migration_"+module,
		),
		goose.WithSessionLocker(locker),
		goose.WithDisableGlobalRegistry(true),
	)
	if err != nil {
		return nil, err
	}
	results, err := provider.Up(ctx)
	var applied []Applied
	var partial *goose.PartialError // what ran before the one that failed
	if errors.As(err, &partial) {
		results = partial.Applied
	}
	for _, r := range results {
		applied = append(applied, Applied{Module: module, File: r.Source.Path, Duration: r.Duration})
	}
	var rows *pgconn.PgError
	if partial != nil && errors.As(err, &rows) && rows.Code == blockedCode {
		return append(
			applied,
			Applied{
				Module:   module,
				File:     partial.Failed.Source.Path,
				Duration: partial.Failed.Duration,
				Blocked:  rows.Message,
			},
		), nil
	}
	return applied, err
}
