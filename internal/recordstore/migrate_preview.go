package recordstore

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// Pending is a migration that has not run.
type Pending struct {
	Module, File string
	// Statements are the Up part of the migration, as one text. Objects that exist already stay as they are. Those of IndexPlan are
	// the statements that create missing indexes.
	Statements []string
}

// MigrationPlan returns what Migrate would run. It changes nothing and works in read-only sessions. IndexPlan is its
// counterpart for AddIndexes.
func MigrationPlan(ctx context.Context, pool *pgxpool.Pool) ([]Pending, error) {
	migrations, err := moduleMigrations()
	if err != nil {
		return nil, fmt.Errorf("plan migrations: %w", err)
	}
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close()
	var plan []Pending
	for _, m := range migrations {
		files, err := m.Pending(ctx, db)
		if err != nil {
			return nil, fmt.Errorf("plan migrations of module %s: %w", m.module, classify(err))
		}
		for _, file := range files {
			plan = append(plan, Pending{m.module, file.Name, []string{file.Up}})
		}
	}
	return plan, nil
}
