package recordstore

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/linkgraph/linkgraph/internal/bookkeeping"
)

// Missing is a part of a catalogue that a database lacks.
type Missing struct {
	Module, Model, Table string
	Columns              []string // nil means the whole table
	// Foreign says that another program created the table.
	Foreign bool
}

// MissingError says that the database lacks what a migration of a module creates, or should create.
type MissingError struct {
	Missing
	// File is the migration that creates it, relative to the module's folder; "" if none does.
	File string
}

func (e *MissingError) Error() string {
	what := "table " + e.Table + " is not in the database"
	if e.Columns != nil {
		what = fmt.Sprintf("table %s has no column %s", e.Table, strings.Join(e.Columns, ", "))
	}
	if e.File == "" {
		folder := path.Join("modules", e.Module, "migrations")
		return fmt.Sprintf(
			"model %s: %s, and no migration of module %s creates it: add one to %s",
			e.Model,
			what,
			e.Module,
			folder,
		)
	}
	return fmt.Sprintf("model %s: %s; %s creates it, and has run, so it was removed afterwards", e.Model, what, e.File)
}

// Explain returns a *MissingError that names the migration at fault. It returns nil where the module has no migrations: its
// tables are another program's.
func (m Missing) Explain() error {
	migrations, err := moduleMigrations()
	if err != nil {
		return err
	}
	for _, of := range migrations {
		if of.module != m.Module {
			continue
		}
		files, err := of.All()
		if err != nil {
			return err
		}
		return &MissingError{m, m.madeBy(files)}
	}
	return nil
}

// madeBy returns the migration that creates what is missing, or "".
func (m Missing) madeBy(files []bookkeeping.File) string {
	word := func(name string) string { return `\b` + regexp.QuoteMeta(name) + `\b` }
	creates := regexp.MustCompile(`(?i)CREATE TABLE (IF NOT EXISTS )?("?\w+"?\.)?"?` + word(m.Table))
	for _, file := range files {
		text := file.Up
		found := creates.MatchString(text)
		for _, column := range m.Columns {
			adds := regexp.MustCompile(`(?is)ALTER TABLE [^;]*` + word(m.Table) + `[^;]*ADD COLUMN[^;]*` + word(column))
			inTable := regexp.MustCompile(creates.String() + `[^;]*` + word(column))
			found = adds.MatchString(text) || inTable.MatchString(text)
			if found {
				break
			}
		}
		if found {
			return path.Join("modules", m.Module, "migrations", file.Name)
		}
	}
	return ""
}
