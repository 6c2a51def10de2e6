package linkstore

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/linkgraph/linkgraph/linkstore/storeerr"
)

// The classes of errors, for errors.Is. Stores of records answer those of package storeerr too.
var (
	ErrLinkNotDefined   = errors.New("link is not defined")
	ErrReadOnly         = errors.New("link is read-only")
	ErrConflict         = errors.New("link conflicts with another")
	ErrLinkNotFound     = errors.New("link not found")
	ErrDeletionNotFound = errors.New("deletion not found")
	ErrRecordNotFound   = storeerr.ErrRecordNotFound
	ErrInvalid          = storeerr.ErrInvalid
	ErrLimit            = storeerr.ErrLimit
	ErrContended        = storeerr.ErrContended
	ErrLockTimeout      = storeerr.ErrLockTimeout
)

// Errors that stores of records answer too.
type (
	// ItemError is an error of one item of a call. Its class is that of the item's error.
	ItemError = storeerr.ItemError
	// InvalidError is input that cannot be understood. Its class is ErrInvalid.
	InvalidError = storeerr.InvalidError
	// RecordError is a record that does not exist, or is deleted. Its class is ErrRecordNotFound.
	RecordError = storeerr.RecordError
	// LimitError is a call with more items than the store takes at once. Its class is ErrLimit.
	LimitError = storeerr.LimitError
	// LockTimeoutError is a call that waited too long for a lock. Its class is ErrLockTimeout.
	LockTimeoutError = storeerr.LockTimeoutError
)

// ConflictError is a link that would give a record more links than the definition allows.
type ConflictError struct {
	Link        string
	Left, Right string // the pair that was to be linked
	// Existing is the link that stands in the way. Its ID is "" if it is not known, or is part of the same call.
	Existing Link
}

func (e *ConflictError) Error() string {
	if e.Existing.Left == "" {
		return fmt.Sprintf("%s: %q and %q cannot be linked: one of them has a link already", e.Link, e.Left, e.Right)
	}
	return fmt.Sprintf(
		"%s: %q and %q cannot be linked: %q is linked to %q",
		e.Link,
		e.Left,
		e.Right,
		e.Existing.Left,
		e.Existing.Right,
	)
}

// Unwrap returns ErrConflict.
func (e *ConflictError) Unwrap() error { return ErrConflict }

// UndefinedError is a name that is not in the catalogue. Choices are the names that are.
type UndefinedError struct {
	What, Name string
	Choices    []string
	class      error
}

func (e *UndefinedError) Error() string {
	if len(e.Choices) == 0 {
		return fmt.Sprintf("no %s %q is defined", e.What, e.Name)
	}
	return fmt.Sprintf("no %s %q is defined; the choices are %s", e.What, e.Name, strings.Join(e.Choices, ", "))
}

// Unwrap returns ErrLinkNotDefined for links, ErrInvalid for the rest.
func (e *UndefinedError) Unwrap() error { return e.class }

// ReadOnlyError is an attempt to write a link that a column of a model holds.
type ReadOnlyError struct{ Link, Model, Column string }

func (e *ReadOnlyError) Error() string {
	return fmt.Sprintf(
		"link %s is read-only: column %s of %s holds it, so change that record",
		e.Link,
		e.Column,
		e.Model,
	)
}

// Unwrap returns ErrReadOnly.
func (e *ReadOnlyError) Unwrap() error { return ErrReadOnly }

// failure is what an error of Postgres means for a transaction.
type failure int

const (
	final     failure = iota
	retryable         // the same transaction may succeed if it is run again
	duplicate         // a unique index was hit: another writer came first, or a record stands in the way
	changed           // what the call had seen was not so any more when it was locked
)

// overtakenCode is the SQLSTATE by which a statement reports that what the call had seen has changed.
const overtakenCode = "LG001"

// changedError ends a transaction that has to be run again because another one came between.
type changedError struct{}

func (changedError) Error() string { return "another call changed what this one had seen" }

// errRefused says that an advisory lock is not free.
var errRefused = errors.New("another transaction holds the lock")

// RerunError says that the transaction a store has joined came in another one's way: it may succeed if it is run again.
type RerunError struct {
	// Err is what to report if it is not.
	Err error
}

func (e *RerunError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *RerunError) Unwrap() error { return e.Err }

// joinedError says what a failure means for the transaction that the store has joined. The error of a statement that
// somebody else had queued in it is passed on.
func (s *Store) joinedError(err error) error {
	var others interface{ OfAnotherCall() }
	if errors.As(err, &others) {
		return err
	}
	switch classify(err) {
	case retryable, changed:
		return &RerunError{&storeerr.ContendedError{Err: err}}
	case duplicate:
		return &RerunError{duplicateOf(err)}
	default:
		return s.lockTimeoutOf(err)
	}
}

// classify, refused, missingOf and storeerr.LockTimeout are the places that look at an SQLSTATE.
func classify(err error) failure {
	if errors.As(err, &changedError{}) {
		return changed
	}
	var others interface{ OfAnotherCall() }
	if errors.As(err, &others) {
		return final // it is for the other call to say what it means
	}
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return final
	}
	switch pg.Code {
	case overtakenCode:
		return changed
	case "40001", "40P01":
		return retryable
	case "23505":
		return duplicate
	}
	return final
}

// refused reports whether locks that the call must not wait for are held by others. Only locks that are still missing
// count: a later statement that waited too long ends with the same code.
func (l *locks) refused(err error) bool {
	if !l.nowait || err == nil {
		return false
	}
	if errors.Is(err, errRefused) {
		return true
	}
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || pg.Code != "55P03" {
		return false
	}
	for _, set := range l.sets {
		if !set.done {
			return true
		}
	}
	return false
}

// lockTimeoutOf returns the end of a wait for a lock as an error that names what was waited for.
func (s *Store) lockTimeoutOf(err error) error {
	e, ok := storeerr.LockTimeout(err)
	if !ok {
		return err
	}
	if e.Table == "" {
		return e
	}
	for _, model := range s.catalog.models {
		if model.Table == e.Table {
			e.What = "a record of " + model.Name
		}
	}
	for _, d := range s.catalog.byLink {
		if d.Table == e.Table {
			e.What = "a link " + d.Name
		}
	}
	return e
}

// duplicateOf returns a unique violation that no retry resolves as an error of class ErrConflict.
func duplicateOf(err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return err
	}
	return fmt.Errorf(
		"%w: another live record has the same %s",
		ErrConflict,
		strings.TrimSuffix(strings.TrimPrefix(pg.Detail, "Key "), " already exists."),
	)
}

// missingOf returns a NULL in a NOT NULL column as an *InvalidError. Declared columns are checked before the statement,
// so the column is one that the link does not declare.
func missingOf(err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || pg.Code != "23502" {
		return err
	}
	return &InvalidError{
		Field:  pg.ColumnName,
		Reason: "is missing: table " + pg.TableName + " has no default for it, and the link does not declare it",
	}
}
