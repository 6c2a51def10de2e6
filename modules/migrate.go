package modules

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Every module folder's migrations: a new module needs no Go.
//
//go:embed */migrations/*.sql
var migrations embed.FS

// Applied is a migration that Migrate has run.
type Applied struct {
	Module, File string
	Duration     time.Duration
}

// Migrate brings the tables of all modules up to date, module by module, and returns what it ran. Each module counts its
// own versions, in a table of the schema linkgraph. Servers that start at the same time wait for each other.
func Migrate(ctx context.Context, pool *pgxpool.Pool) ([]Applied, error) {
	pending, err := pendingFiles(ctx, pool)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", classify(err))
	}
	if len(pending) == 0 {
		return nil, nil
	}
	if _, err := pool.Exec(ctx, `CREATE SCHEMA IF NOT EXISTS linkgraph`); err != nil && !alreadyThere(err) {
		return nil, fmt.Errorf("migrate: %w", classify(err))
	}
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close()
	var applied []Applied
	for i, file := range pending {
		if i > 0 && pending[i-1].module == file.module {
			continue // goose runs all of a module's
		}
		ran, err := migrateModule(ctx, db, file.module, path.Dir(file.path))
		applied = append(applied, ran...)
		if err != nil {
			return applied, fmt.Errorf("migrate module %s: %w", file.module, err)
		}
	}
	return applied, nil
}

// alreadyThere is the race of two servers that both create the schema.
func alreadyThere(err error) bool {
	var constraint *ConstraintError
	return errors.As(classify(err), &constraint)
}

func migrateModule(ctx context.Context, db *sql.DB, module, folder string) ([]Applied, error) {
	files, err := fs.Sub(migrations, folder)
	if err != nil {
		return nil, err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
	if err != nil {
		return nil, err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithTableName("linkgraph.migration_"+module), goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, err
	}
	results, err := provider.Up(ctx)
	var applied []Applied
	for _, r := range results {
		applied = append(applied, Applied{module, r.Source.Path, r.Duration})
	}
	return applied, err
}
