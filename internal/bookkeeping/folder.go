package bookkeeping

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"
)

// Folder is a folder of goose migrations.
type Folder struct {
	// Versions is the table of the schema linkgraph that counts the versions.
	Versions string
	// Files has the migrations at its top.
	Files fs.FS
	// Applied is called after each file, in the transaction that ran it. nil means that nothing is.
	Applied func(ctx context.Context, tx database.DBTxConn) error
}

// File is a migration.
type File struct {
	Name string
	// Up is the text of the file without its Down part.
	Up string
}

// downPart begins the statements that take a migration back, which this program never runs.
const downPart = "-- +goose Down"

// All returns every file of the folder, in the order of their names.
func (f Folder) All() ([]File, error) {
	names, err := fs.Glob(f.Files, "*.sql")
	if err != nil {
		return nil, err
	}
	files := make([]File, len(names))
	for i, name := range names {
		text, err := fs.ReadFile(f.Files, name)
		if err != nil {
			return nil, err
		}
		up, _, _ := strings.Cut(string(text), downPart)
		files[i] = File{name, strings.TrimSpace(up)}
	}
	return files, nil
}

// Pending returns the files that Up would run. It changes nothing and works in read-only sessions.
func (f Folder) Pending(ctx context.Context, db *sql.DB) ([]File, error) {
	files, err := f.All()
	if err != nil {
		return nil, err
	}
	// Status creates the table of versions where there is none, and must not be asked then.
	var counted bool
	if err := db.QueryRowContext(ctx, `SELECT to_regclass($1) IS NOT NULL`, f.versions()).Scan(&counted); err != nil ||
		!counted {
		return files, err
	}
	provider, err := f.provider(db)
	if err != nil {
		return nil, err
	}
	states, err := provider.Status(ctx)
	if err != nil {
		return nil, err
	}
	pending := map[string]bool{}
	for _, s := range states {
		pending[s.Source.Path] = s.State == goose.StatePending
	}
	var out []File
	for _, file := range files {
		if pending[file.Name] {
			out = append(out, file)
		}
	}
	return out, nil
}

// Up runs the files that have not run, each in a transaction, and returns what it ran. Servers that start at the same time wait for each
// other. If a file fails, the error is a *goose.PartialError, which has those that ran before.
func (f Folder) Up(ctx context.Context, db *sql.DB) ([]*goose.MigrationResult, error) {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
	if err != nil {
		return nil, err
	}
	provider, err := f.provider(db, goose.WithSessionLocker(locker))
	if err != nil {
		return nil, err
	}
	return provider.Up(ctx)
}

func (f Folder) versions() string { return "linkgraph." + f.Versions }

func (f Folder) provider(db *sql.DB, options ...goose.ProviderOption) (*goose.Provider, error) {
	base, err := database.NewStore(goose.DialectPostgres, f.versions())
	if err != nil {
		return nil, err
	}
	extended, ok := base.(database.StoreExtender)
	if !ok {
		return nil, fmt.Errorf("goose's store of versions in Postgres: %w", errors.ErrUnsupported)
	}
	return goose.NewProvider(goose.DialectCustom, db, f.Files, append(options,
		goose.WithStore(store{extended, f.Applied}), goose.WithDisableGlobalRegistry(true))...)
}

// store is goose's table of versions. A version is inserted in the transaction of its migration, which is where Applied belongs.
type store struct {
	database.StoreExtender
	applied func(ctx context.Context, tx database.DBTxConn) error
}

// Insert notes that a version ran. Version 0 is not a migration: goose inserts it when it creates the table.
func (s store) Insert(ctx context.Context, tx database.DBTxConn, r database.InsertRequest) error {
	if err := s.StoreExtender.Insert(ctx, tx, r); err != nil || s.applied == nil || r.Version == 0 {
		return err
	}
	return s.applied(ctx, tx)
}
