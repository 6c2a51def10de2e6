// Package bookkeeping creates the program's own tables, in the Postgres schema linkgraph, and runs folders of goose migrations whose
// versions are counted in that schema. Its own migrations are one such folder, those of each module another.
//
// Package linkstore creates its tables itself, because it is a library that is used without this program.
package bookkeeping

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

//go:embed migrations/*.sql
var migrations embed.FS

// own returns the folder of the program's own tables.
func own() (Folder, error) {
	files, err := fs.Sub(migrations, "migrations")
	return Folder{Versions: "bookkeeping_version", Files: files}, err
}

// Migrate brings the program's own tables up to date and returns the names of the files that it ran. It adopts tables of earlier versions,
// which counted no versions for them. Several servers may run it at once.
func Migrate(ctx context.Context, pool *pgxpool.Pool) ([]string, error) {
	folder, err := own()
	if err != nil {
		return nil, fmt.Errorf("bookkeeping: %w", err)
	}
	if err := createSchema(ctx, pool); err != nil {
		return nil, fmt.Errorf("bookkeeping: create schema linkgraph: %w", err)
	}
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close()
	results, err := folder.Up(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("bookkeeping: %w", err)
	}
	var ran []string
	for _, r := range results {
		ran = append(ran, r.Source.Path)
	}
	return ran, nil
}

// Pending returns the files that Migrate would run, in order. It changes nothing and works in read-only sessions.
func Pending(ctx context.Context, pool *pgxpool.Pool) ([]File, error) {
	folder, err := own()
	if err != nil {
		return nil, fmt.Errorf("bookkeeping: %w", err)
	}
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close()
	pending, err := folder.Pending(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("bookkeeping: %w", err)
	}
	return pending, nil
}

// createSchema creates the schema that goose needs for its table of versions.
func createSchema(ctx context.Context, pool *pgxpool.Pool) error {
	var exists bool
	err := pool.QueryRow(ctx, `SELECT to_regnamespace('linkgraph') IS NOT NULL`).Scan(&exists)
	if err != nil || exists {
		return err
	}
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		// CREATE SCHEMA IF NOT EXISTS fails if another transaction creates the schema at the same time. linkstore, which creates the
		// same schema, takes this lock too.
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('linkgraph migrate'))`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `CREATE SCHEMA IF NOT EXISTS linkgraph`)
		return err
	})
}
