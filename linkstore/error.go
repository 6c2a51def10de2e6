package linkstore

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/linkgraph/linkgraph/linkstore/storeerr"
)

// The classes of errors, for errors.Is. Those of package storeerr are shared with stores of records.
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

// Errors that are shared with stores of records.
type (
	// ItemError is an error of one item of a call. It unwraps to the error of the item.
	ItemError = storeerr.ItemError
	// ItemsError has the errors of all faulty items of a call, up to 100. It unwraps to an *ItemError for each.
	ItemsError = storeerr.ItemsError
	// InvalidError reports invalid input. It unwraps to ErrInvalid.
	InvalidError = storeerr.InvalidError
	// RecordError reports a record that does not exist or is deleted. It unwraps to ErrRecordNotFound.
	RecordError = storeerr.RecordError
	// LimitError reports a call with more items than the store allows. It unwraps to ErrLimit.
	LimitError = storeerr.LimitError
	// LockTimeoutError reports a call that waited too long for a lock. It unwraps to ErrLockTimeout.
	LockTimeoutError = storeerr.LockTimeoutError
)

// ConflictError reports a link that would give a record more links than the definition allows.
type ConflictError struct {
	Link        string
	Left, Right string // the pair that could not be linked
	// Existing is the live link that excludes it. Its ID is "" if the link is not live, but would be restored by the
	// same call.
	Existing Link
}

func (e *ConflictError) Error() string {
	format := "%s: %q and %q cannot be linked: %q is linked to %q"
	if e.Existing.ID == "" {
		format = "%s: %q and %q cannot be linked: the same call would link %q to %q"
	}
	return fmt.Sprintf(format, e.Link, e.Left, e.Right, e.Existing.Left, e.Existing.Right)
}

// Unwrap returns ErrConflict.
func (e *ConflictError) Unwrap() error { return ErrConflict }

// ExclusionError reports two items of one call that exclude each other: together they would give a record more links
// than the definition allows.
type ExclusionError struct {
	Link         string
	Index, Other int    // of the refused item, and of the item before it that excludes it
	Key, ID      string // the record that both name
	To, OtherTo  string // the records that the two items link it to
}

func (e *ExclusionError) Error() string {
	return fmt.Sprintf("%s: items %d and %d exclude each other: %s", e.Link, e.Other, e.Index, e.Reason())
}

// Reason returns the part of the message that names the records and not the items, for callers whose items have other
// names, such as lines of a file.
func (e *ExclusionError) Reason() string {
	return fmt.Sprintf("%s %q cannot be linked to both %q and %q", e.Key, e.ID, e.OtherTo, e.To)
}

// Unwrap returns ErrConflict.
func (e *ExclusionError) Unwrap() error { return ErrConflict }

// UndefinedError reports a name that is not in the catalogue.
type UndefinedError struct {
	What, Name string
	// Choices are the valid names. For two keys that no link joins, they are the links of the two models.
	Choices []string
	// Near are the choices that were probably meant, at most three. For two keys each has the keys that it joins.
	Near  []string
	class error
	// all says that the message lists all choices: they are selected already.
	all bool
}

// manyChoices is how many names a message lists at most. Of more it suggests those that are most like the given one.
const manyChoices = 12

func undefined(what, name string, choices []string, class error) *UndefinedError {
	e := &UndefinedError{What: what, Name: name, Choices: choices, class: class}
	if len(choices) > manyChoices {
		e.Near = nearest(name, choices, maxNear)
	}
	return e
}

func (e *UndefinedError) Error() string {
	text := fmt.Sprintf("no %s %q is defined", e.What, e.Name)
	switch n := len(e.Choices); {
	case n > 0 && (n <= manyChoices || e.all):
		text += "; the choices are " + strings.Join(e.Choices, ", ")
	case n > 0 && len(e.Near) == 0:
		text += fmt.Sprintf("; there are %d", n)
	}
	if len(e.Near) > 0 {
		text += "; did you mean " + strings.Join(e.Near, " or ") + "?"
	}
	return text
}

// Unwrap returns ErrLinkNotDefined for links, ErrInvalid for other names.
func (e *UndefinedError) Unwrap() error { return e.class }

// ReadOnlyError reports an attempt to write a read-only link, which a column of a model holds.
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

// failure says what an error means for the transaction it occurred in.
type failure int

const (
	final     failure = iota
	retryable         // the same transaction may succeed if it is retried
	duplicate         // unique violation: another writer was first, or a live record has the same value
	changed           // what the call had read changed before it was locked
)

// changedCode is the SQLSTATE with which a statement reports that what the call had read has changed.
const changedCode = "LG001"

// changedError ends a transaction that must be retried because another call changed what it had read.
type changedError struct{}

func (changedError) Error() string { return "another call changed what this one had seen" }

// errLockTaken reports an advisory lock that is not free.
var errLockTaken = errors.New("another transaction holds the lock")

// RerunError reports that a call in a joined transaction collided with another transaction. It may succeed if the
// transaction is retried.
type RerunError struct {
	// Err is the error to report if the transaction is not retried.
	Err error
}

func (e *RerunError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *RerunError) Unwrap() error { return e.Err }

// joinedError returns what an error means for the transaction that the store has joined. The error of a statement
// that another call had queued in it is returned as it is.
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

// classify returns what an error means for the transaction. Only classify, refused, missingOf and
// storeerr.LockTimeout look at SQLSTATEs.
func classify(err error) failure {
	if errors.As(err, &changedError{}) {
		return changed
	}
	var others interface{ OfAnotherCall() }
	if errors.As(err, &others) {
		return final // only the other call knows what it means
	}
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return final
	}
	switch pg.Code {
	case changedCode:
		return changed
	case "40001", "40P01":
		return retryable
	case "23505":
		return duplicate
	}
	return final
}

// refused reports whether an error says that others hold locks which the call must not wait for. It does so only
// while some locks are missing, because a later statement that times out ends with the same code.
func (l *lockSet) refused(err error) bool {
	if !l.nowait || err == nil {
		return false
	}
	if errors.Is(err, errLockTaken) {
		return true
	}
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || pg.Code != "55P03" {
		return false
	}
	for _, set := range l.sets {
		if !set.locked {
			return true
		}
	}
	return false
}

// lockTimeoutOf adds to a lock timeout which kind of row the call waited for. It returns other errors unchanged.
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

// duplicateOf returns a unique violation that a retry does not resolve as an error of class ErrConflict.
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

// missingOf returns a not-null violation as an *InvalidError. Declared columns are checked before the statement
// runs, so the column is one that the link does not declare.
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
