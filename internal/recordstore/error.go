package recordstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"

	"github.com/jackc/pgx/v5/pgconn"
)

// The classes of errors.
var (
	ErrInvalid     = errors.New("invalid value")
	ErrNotFound    = errors.New("record not found")
	ErrConflict    = errors.New("conflict with another record")
	ErrLimit       = errors.New("limit exceeded")
	ErrAbsent      = errors.New("not in the database")
	ErrUnavailable = errors.New("the database cannot be reached")
	ErrTimeout     = errors.New("the database ended a statement that took too long")
	ErrContended   = errors.New("other calls kept changing the same records: try again")
	ErrLockTimeout = errors.New("waited too long for a lock that another transaction holds")
	ErrNoWrites    = errors.New("the database takes no writes")
)

// ItemError is an error of one item of a call.
type ItemError struct {
	Index int
	Err   error
}

func (e *ItemError) Error() string { return fmt.Sprintf("item %d: %v", e.Index, e.Err) }

func (e *ItemError) Unwrap() error { return e.Err }

// ValueError is a value that a field cannot hold.
type ValueError struct {
	Field  string
	Value  any
	Reason string
}

func (e *ValueError) Error() string { return fmt.Sprintf("%s: %s", e.Field, e.Reason) }

// Unwrap gives ErrInvalid.
func (e *ValueError) Unwrap() error { return ErrInvalid }

// AbsentError is a write to what the database lacks.
type AbsentError struct{ Model, Table, Field string } // Field "" means the whole table

func (e *AbsentError) Error() string {
	if e.Field != "" {
		return fmt.Sprintf("%s of %s cannot be written: this database does not have it", e.Field, e.Model)
	}
	return fmt.Sprintf("%s cannot be written: this database does not have it", e.Model)
}

// Unwrap gives ErrAbsent.
func (e *AbsentError) Unwrap() error { return ErrAbsent }

// RecordError is a record that does not exist, or not any more.
type RecordError struct{ Module, Model, ID string }

func (e *RecordError) Error() string { return fmt.Sprintf("there is no %s %q", e.Model, e.ID) }

// Unwrap gives ErrNotFound.
func (e *RecordError) Unwrap() error { return ErrNotFound }

// ConstraintError is a record that would break a rule of the database that spans records.
type ConstraintError struct {
	Model  string
	Fields string
	Value  string
}

func (e *ConstraintError) Error() string {
	return fmt.Sprintf("another %s has the same %s %q", e.Model, e.Fields, e.Value)
}

// Unwrap gives ErrConflict.
func (e *ConstraintError) Unwrap() error { return ErrConflict }

// contendedError is a call that was run again as often as it may be.
type contendedError struct{ cause error }

func (contendedError) Error() string { return ErrContended.Error() }

// Unwrap gives ErrContended, and what ended the last try.
func (e contendedError) Unwrap() []error { return []error{ErrContended, e.cause} }

// LockTimeoutError is a call that waited for a lock for as long as its session lets it (lock_timeout). It wrote nothing, and can be made
// again.
type LockTimeoutError struct {
	Model string // whose record was waited for; "" if it is not known
	table string
	cause error
}

func (e *LockTimeoutError) Error() string {
	what := "a record"
	if e.Model != "" {
		what += " of " + e.Model
	}
	return "the call waited too long for " + what + ", which another transaction has locked; nothing was written: try again"
}

// Unwrap gives ErrLockTimeout, and what Postgres said.
func (e *LockTimeoutError) Unwrap() []error { return []error{ErrLockTimeout, e.cause} }

// name finds the model of the table that was waited for.
func (e *LockTimeoutError) name(c *Catalog) {
	for _, m := range c.models {
		if m.Table == e.table && e.table != "" {
			e.Model = m.Name
		}
	}
}

// lockedRelation is where Postgres says whose row was waited for.
var lockedRelation = regexp.MustCompile(`in relation "([^"]+)"`)

func lockTimeoutOf(pg *pgconn.PgError, err error) *LockTimeoutError {
	e := &LockTimeoutError{cause: err}
	if m := lockedRelation.FindStringSubmatch(pg.Where); m != nil {
		e.table = m[1]
	}
	return e
}

// LimitError is a call with more items than the store takes at once.
type LimitError struct{ Limit, Asked int }

func (e *LimitError) Error() string {
	return fmt.Sprintf("%d items are above the limit of %d", e.Asked, e.Limit)
}

// Unwrap gives ErrLimit.
func (e *LimitError) Unwrap() error { return ErrLimit }

// SizeError is a read that takes more than it may.
type SizeError struct {
	What         string
	Limit, Asked int // Asked 0: more than the limit; it is not known how many
}

func (e *SizeError) Error() string {
	if e.Asked == 0 {
		return fmt.Sprintf("%s: there are more than the limit of %d", e.What, e.Limit)
	}
	return fmt.Sprintf("%s: %d is above the limit of %d; ask for less", e.What, e.Asked, e.Limit)
}

// Unwrap gives ErrLimit.
func (e *SizeError) Unwrap() error { return ErrLimit }

var keyDetail = regexp.MustCompile(`^Key \((.*?)\)=\((.*)\)`)

// classify turns an error of Postgres into one of this package where the caller can do something about it. It and IsConflict
// are the places that look at an SQLSTATE.
func classify(err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		if lost(err) {
			return fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		return err
	}
	switch {
	case pg.Code == "55P03":
		return lockTimeoutOf(pg, err)
	case pg.Code == "25006":
		return fmt.Errorf("%w: %w", ErrNoWrites, err)
	case pg.Code == "57014":
		return fmt.Errorf("%w: %w", ErrTimeout, err)
	case pg.Code == "23505":
		e := &ConstraintError{Model: pascal(pg.TableName), Fields: "key"}
		if m := keyDetail.FindStringSubmatch(pg.Detail); m != nil {
			e.Fields, e.Value = m[1], m[2]
		}
		return e
	case pg.Code == "23503":
		return fmt.Errorf("%w: %s", ErrNotFound, "a record that is referred to does not exist")
	case pg.Code == "23502":
		return &ValueError{Field: pg.ColumnName, Reason: "must not be null"}
	case pg.Code == "23514":
		return &ValueError{Field: pascal(pg.TableName), Reason: "a value is outside of what the table allows"}
	case len(pg.Code) == 5 && pg.Code[:2] == "22":
		return &ValueError{Field: "value", Reason: pg.Message}
	case pg.Code[:2] == "54":
		return &ValueError{Field: "value", Reason: "is too large: " + pg.Message}
	case pg.Code[:2] == "57" || pg.Code[:2] == "08" || pg.Code[:2] == "53":
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

// lost reports whether an error says that the session with Postgres is gone, or could not be made. One that its caller ended
// is not lost.
func lost(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	for _, gone := range []error{io.EOF, io.ErrUnexpectedEOF, pgconn.ErrConnClosed} {
		if errors.Is(err, gone) {
			return true
		}
	}
	var network net.Error
	var connect *pgconn.ConnectError
	return errors.As(err, &network) || errors.As(err, &connect)
}

// IsUnavailable reports whether an error, of this package or of Postgres itself, says that the database cannot be reached.
func IsUnavailable(err error) bool { return errors.Is(classify(err), ErrUnavailable) }

// IsReadOnly reports whether an error, of this package or of Postgres itself, says that the database takes no writes: it is a standby by
// now, or was made read-only.
func IsReadOnly(err error) bool { return errors.Is(classify(err), ErrNoWrites) }

// IsConflict reports whether Postgres ended a transaction for the sake of another, or of what a standby has to repeat: it can be run
// again.
func IsConflict(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

// IsTimeout reports whether an error, of this package or of Postgres itself, says that a statement took longer than its
// session allows, or was ended by an administrator.
func IsTimeout(err error) bool { return errors.Is(classify(err), ErrTimeout) }

func pascal(table string) string {
	out := make([]byte, 0, len(table))
	up := true
	for i := range len(table) {
		c := table[i]
		if c == '_' {
			up = true
			continue
		}
		if up && c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		up = false
		out = append(out, c)
	}
	return string(out)
}
