package linkstore

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// The classes of errors.
var (
	ErrLinkNotDefined   = errors.New("link is not defined")
	ErrReadOnly         = errors.New("link is read-only")
	ErrConflict         = errors.New("link conflicts with another")
	ErrRecordNotFound   = errors.New("record not found")
	ErrInvalid          = errors.New("invalid input")
	ErrLimit            = errors.New("limit exceeded")
	ErrLinkNotFound     = errors.New("link not found")
	ErrDeletionNotFound = errors.New("deletion not found")
	ErrContended        = errors.New("other calls kept changing the same records: try again")
	ErrLockTimeout      = errors.New("waited too long for a lock that another transaction holds")
)

// ItemError is an error of one item of a call.
type ItemError struct {
	Index int
	Err   error
}

func (e *ItemError) Error() string { return fmt.Sprintf("item %d: %v", e.Index, e.Err) }

func (e *ItemError) Unwrap() error { return e.Err }

// ConflictError is a link that would be one too many for a record.
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

// Unwrap gives ErrConflict.
func (e *ConflictError) Unwrap() error { return ErrConflict }

// RecordError is a record that does not exist, or not any more.
type RecordError struct{ Module, Model, Key, ID string }

func (e *RecordError) Error() string {
	return fmt.Sprintf("there is no %s with %s %q", e.Model, e.Key, e.ID)
}

// Unwrap gives ErrRecordNotFound.
func (e *RecordError) Unwrap() error { return ErrRecordNotFound }

// UndefinedError is a name that the catalogue does not know.
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

// Unwrap gives ErrLinkNotDefined for links, ErrInvalid for the rest.
func (e *UndefinedError) Unwrap() error { return e.class }

// InvalidError is input that cannot be understood.
type InvalidError struct {
	Field, Reason string
	Choices       []string
}

func (e *InvalidError) Error() string {
	text := e.Field + ": " + e.Reason
	if len(e.Choices) > 0 {
		text += "; the choices are " + strings.Join(e.Choices, ", ")
	}
	return text
}

// Unwrap gives ErrInvalid.
func (e *InvalidError) Unwrap() error { return ErrInvalid }

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

// Unwrap gives ErrReadOnly.
func (e *ReadOnlyError) Unwrap() error { return ErrReadOnly }

// LimitError is a call with more items than the store takes at once.
type LimitError struct {
	What         string
	Limit, Asked int
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("%d %s are above the limit of %d", e.Asked, e.What, e.Limit)
}

// Unwrap gives ErrLimit.
func (e *LimitError) Unwrap() error { return ErrLimit }

// LockTimeoutError is a call that waited for a lock for as long as its session lets it (lock_timeout). It wrote nothing, and can be made
// again.
type LockTimeoutError struct {
	// What is what was waited for: "a record of ProductVariant".
	What  string
	cause error
}

func (e *LockTimeoutError) Error() string {
	return "the call waited too long for " + e.What + ", which another transaction has locked; nothing was written: try again"
}

// Unwrap gives ErrLockTimeout, and what Postgres said.
func (e *LockTimeoutError) Unwrap() []error { return []error{ErrLockTimeout, e.cause} }

// failure is what an error of Postgres means for a transaction.
type failure int

const (
	final     failure = iota
	retryable         // the same transaction may succeed if it is run again
	duplicate         // a unique index was hit: another writer came first, or a record stands in the way
	changed           // what the call had seen was not so any more when it was locked
)

// overtakenCode is the SQLSTATE with which a statement says so.
const overtakenCode = "LG001"

// changedError ends a transaction that has to be run again because another one came between.
type changedError struct{}

func (changedError) Error() string { return "another call changed what this one had seen" }

// errRefused is an advisory lock that could not be had at once.
var errRefused = errors.New("another transaction holds the lock")

// contendedError is a call that was run again as often as it may be.
type contendedError struct{ cause error }

func (contendedError) Error() string { return ErrContended.Error() }

// Unwrap gives ErrContended, and what ended the last try.
func (e contendedError) Unwrap() []error { return []error{ErrContended, e.cause} }

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
	if err == nil || errors.As(err, &others) {
		return err
	}
	switch classify(err) {
	case retryable, changed:
		return &RerunError{contendedError{err}}
	case duplicate:
		return &RerunError{duplicateOf(err)}
	default:
		return s.lockTimeoutOf(err)
	}
}

// classify, refused, lockTimeoutOf and missingOf are the places that look at an SQLSTATE.
func classify(err error) failure {
	if errors.As(err, &changedError{}) {
		return changed
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

// refused reports whether locks that were not to be waited for could not be had. A wait of a later statement may have ended with the same
// code.
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

// lockedRelation is where Postgres says whose row was waited for.
var lockedRelation = regexp.MustCompile(`in relation "([^"]+)"`)

// lockTimeoutOf turns the end of a wait for a lock into a typed error.
func (s *Store) lockTimeoutOf(err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || pg.Code != "55P03" {
		return err
	}
	what := "a record"
	if m := lockedRelation.FindStringSubmatch(pg.Where); m != nil {
		for _, model := range s.catalog.models {
			if model.Table == m[1] {
				what = "a record of " + model.Name
			}
		}
		for _, d := range s.catalog.byLink {
			if d.Table == m[1] {
				what = "a link " + d.Name
			}
		}
	}
	return &LockTimeoutError{what, err}
}

// duplicateOf turns a unique violation that stays into a typed error.
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

// missingOf turns a NULL that a column does not take into a typed error. Columns that are declared are checked before; this one
// is not.
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
