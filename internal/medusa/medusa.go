// Package medusa is everything this program knows about Medusa 2 as the owner of a database: how to recognise such a database,
// what to leave to Medusa's migrations, and how Medusa describes link tables.
//
// A shop that runs Medusa can point this program at its database. Medusa then goes on to create and change the tables, and its
// migrations fail on tables that they did not create. So [Migrate] creates no table there, and [ManagedBy] has syncs wait for the
// tables of records. [Discover] declares the links and models that the shop defined itself.
//
// The stores know only that another program may manage the tables. They do not import this package.
package medusa

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

// DB is a database to read from. *pgxpool.Pool, *pgx.Conn and pgx.Tx satisfy it.
type DB interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// Migrate brings the tables of all modules up to date, and returns what it ran. In a database of Medusa it only adds the indexes
// that are missing, as [recordstore.AddIndexes] does. In others it is [recordstore.Migrate].
func Migrate(ctx context.Context, pool *pgxpool.Pool) ([]recordstore.Applied, error) {
	managed, err := manages(ctx, pool)
	switch {
	case err != nil:
		return nil, fmt.Errorf("migrate: %w", err)
	case managed:
		return recordstore.AddIndexes(ctx, pool)
	}
	return recordstore.Migrate(ctx, pool)
}

// MigrationPlan returns what [Migrate] would do, and changes nothing.
func MigrationPlan(ctx context.Context, pool *pgxpool.Pool) ([]recordstore.Pending, error) {
	managed, err := manages(ctx, pool)
	switch {
	case err != nil:
		return nil, fmt.Errorf("plan migrations: %w", err)
	case managed:
		return recordstore.IndexPlan(ctx, pool)
	}
	return recordstore.MigrationPlan(ctx, pool)
}

// ManagedBy returns "Medusa" in a database of Medusa, and "" in others. It is for [linkstore.Config].
func ManagedBy(ctx context.Context, db linkstore.DB) (string, error) {
	if managed, err := manages(ctx, db); err != nil || !managed {
		return "", err
	}
	return "Medusa", nil
}

// manages reports whether Medusa creates and changes the tables of the database. If it does, its table of migrations exists.
func manages(ctx context.Context, db DB) (bool, error) {
	return exists(ctx, db, "mikro_orm_migrations")
}

// exists reports whether there is a table of a name that needs no quotes.
func exists(ctx context.Context, db DB, table string) (bool, error) {
	rows, err := db.Query(ctx, `SELECT to_regclass($1) IS NOT NULL`, table)
	if err != nil {
		return false, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowTo[bool])
}
