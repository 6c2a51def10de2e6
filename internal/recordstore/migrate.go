package recordstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"

	"github.com/linkgraph/linkgraph/internal/bookkeeping"
	"github.com/linkgraph/linkgraph/modules"
)

// Applied is a migration that Migrate ran or left out.
type Applied struct {
	Module, File string
	Duration     time.Duration
	// Blocked names the rows that do not allow the migration. It and the later migrations of its module were left out, so code must not
	// rely on what they create. The next Migrate tries again. "" means that the migration ran.
	Blocked string
}

// blockedCode is the SQLSTATE that a migration raises if rows do not allow it.
const blockedCode = "LG002"

// Migrate brings the tables of all modules up to date, one module after another, and returns the migrations that it ran. Each module
// counts its own versions. Servers that start at the same time wait for each other. bookkeeping.Migrate must have run.
//
// It creates tables. Where another program manages the tables, AddIndexes takes its place.
func Migrate(ctx context.Context, pool *pgxpool.Pool) ([]Applied, error) {
	migrations, err := moduleMigrations()
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close()
	var applied []Applied
	for _, m := range migrations {
		ran, err := m.run(ctx, db)
		applied = append(applied, ran...)
		if err != nil {
			return applied, fmt.Errorf("migrate module %s: %w", m.module, err)
		}
	}
	return applied, nil
}

// migrationsOf are the migrations of a module.
type migrationsOf struct {
	module string
	bookkeeping.Folder
}

// moduleMigrations returns the migrations of all modules, in the order of the modules' names.
func moduleMigrations() ([]migrationsOf, error) {
	all := modules.Migrations()
	folders, err := fs.ReadDir(all, ".")
	if err != nil {
		return nil, err
	}
	migrations := make([]migrationsOf, len(folders))
	for i, folder := range folders {
		module := folder.Name()
		files, err := fs.Sub(all, module+"/migrations")
		if err != nil {
			return nil, err
		}
		migrations[i] = migrationsOf{
			module,
			bookkeeping.Folder{Versions: "migration_" + module, Files: files, Applied: noteTables},
		}
	}
	return migrations, nil
}

// run runs the pending migrations. One that rows do not allow is left out, with all that follow, and is no error.
func (m migrationsOf) run(ctx context.Context, db *sql.DB) ([]Applied, error) {
	results, err := m.Up(ctx, db)
	var partial *goose.PartialError // has what ran before the one that failed
	if errors.As(err, &partial) {
		results = partial.Applied
	}
	var applied []Applied
	for _, r := range results {
		applied = append(applied, Applied{Module: m.module, File: r.Source.Path, Duration: r.Duration})
	}
	var raised *pgconn.PgError
	if partial != nil && errors.As(err, &raised) && raised.Code == blockedCode {
		failed := partial.Failed
		applied = append(
			applied,
			Applied{m.module, failed.Source.Path, failed.Duration, raised.Message},
		)
		return applied, nil
	}
	return applied, err
}

// noteTables notes the tables that a migration created, in its transaction, so that the note is true even if the program is killed. A
// table that another program created before is not noted: CREATE TABLE IF NOT EXISTS skipped it.
//
// Postgres inserts the system column ctid of a table when it creates the table and never changes it, unlike the row of pg_class, which
// ALTER TABLE replaces. A migration must therefore create its tables outside of blocks with EXCEPTION, which are subtransactions with
// ids of their own.
func noteTables(ctx context.Context, tx database.DBTxConn) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO linkgraph.module_table (schema_name, table_name)
		SELECT n.nspname, c.relname FROM pg_attribute AS a
		JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
		WHERE a.attname = 'ctid' AND a.attnum < 0 AND a.xmin = pg_current_xact_id()::xid AND c.relkind IN ('r', 'p')
		ON CONFLICT DO NOTHING`)
	return err
}
