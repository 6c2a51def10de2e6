package recordstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/linkgraph/linkgraph/linkstore/storeerr"
)

// The classes of errors, for errors.Is. Those of package storeerr are answered by the store of links too.
var (
	ErrConflict       = errors.New("conflict with another record")
	ErrStale          = errors.New("the record was changed meanwhile")
	ErrAbsent         = errors.New("not in the database")
	ErrUnavailable    = errors.New("the database cannot be reached")
	ErrTimeout        = errors.New("the database ended a statement that took too long")
	ErrNoWrites       = errors.New("the database takes no writes")
	ErrInvalid        = storeerr.ErrInvalid
	ErrRecordNotFound = storeerr.ErrRecordNotFound
	ErrLimit          = storeerr.ErrLimit
	ErrContended      = storeerr.ErrContended
	ErrLockTimeout    = storeerr.ErrLockTimeout
)

// Errors that the store of links answers too.
type (
	// ItemError is an error of one item of a call. Its class is that of the item's error.
	ItemError = storeerr.ItemError
	// InvalidError is a value that a field cannot hold. Its class is ErrInvalid.
	InvalidError = storeerr.InvalidError
	// RecordError is a record that does not exist, or is deleted. Its class is ErrRecordNotFound.
	RecordError = storeerr.RecordError
	// LimitError is a call with too many items, or a read that takes too much. Its class is ErrLimit.
	LimitError = storeerr.LimitError
	// LockTimeoutError is a call that waited too long for a lock. Its class is ErrLockTimeout.
	LockTimeoutError = storeerr.LockTimeoutError
)

// AbsentError is a write to a table or column that the database does not have.
type AbsentError struct{ Model, Table, Field string } // Field "" means the whole table

func (e *AbsentError) Error() string {
	if e.Field != "" {
		return fmt.Sprintf("%s of %s cannot be written: this database does not have it", e.Field, e.Model)
	}
	return fmt.Sprintf("%s cannot be written: this database does not have it", e.Model)
}

// Unwrap returns ErrAbsent.
func (e *AbsentError) Unwrap() error { return ErrAbsent }

// ConstraintError is a record that has the same values as another one in columns that must be unique.
type ConstraintError struct {
	Model  string
	Fields string
	Value  string
}

func (e *ConstraintError) Error() string {
	return fmt.Sprintf("another %s has the same %s %q", e.Model, e.Fields, e.Value)
}

// Unwrap returns ErrConflict.
func (e *ConstraintError) Unwrap() error { return ErrConflict }

// nameLocked says of which model the record is that was waited for.
func (c *Catalog) nameLocked(e *LockTimeoutError) {
	for _, m := range c.models {
		if e.Table != "" && m.Table == e.Table {
			e.What = "a record of " + m.Name
		}
	}
}

var keyDetail = regexp.MustCompile(`^Key \((.*?)\)=\((.*)\)`)

// classify returns an error of Postgres as one of this package, where the caller can do something about it. It,
// IsConflict and storeerr.LockTimeout are the places that look at an SQLSTATE.
func classify(err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		if lost(err) {
			return fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		return err
	}
	if locked, ok := storeerr.LockTimeout(err); ok {
		return locked
	}
	switch {
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
		return fmt.Errorf("%w: %s", ErrRecordNotFound, "a record that is referred to does not exist")
	case pg.Code == "23502":
		return &InvalidError{Field: pg.ColumnName, Reason: "must not be null"}
	case pg.Code == "23514":
		return &InvalidError{Field: pascal(pg.TableName), Reason: "a value is outside of what the table allows"}
	case len(pg.Code) == 5 && pg.Code[:2] == "22":
		return &InvalidError{Field: "value", Reason: pg.Message}
	case pg.Code[:2] == "54":
		return &InvalidError{Field: "value", Reason: "is too large: " + pg.Message}
	case pg.Code[:2] == "57" || pg.Code[:2] == "08" || pg.Code[:2] == "53":
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

// lost reports whether an error says that the session with Postgres is gone, or could not be opened. A session that its
// caller canceled is not lost.
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

// IsUnavailable reports whether an error, of this package or of Postgres itself, says that the database cannot be
// reached.
func IsUnavailable(err error) bool { return errors.Is(classify(err), ErrUnavailable) }

// IsReadOnly reports whether an error, of this package or of Postgres itself, says that the database takes no writes:
// it became a standby, or was made read-only.
func IsReadOnly(err error) bool { return errors.Is(classify(err), ErrNoWrites) }

// IsConflict reports whether Postgres ended a transaction because of another one, or because of the replay of a
// standby. It can be run again.
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
