// Package storeerr has the errors that every store of the project answers, whether it holds links or records: one type
// and one class for each, so that a caller handles them once.
//
// A class is a sentinel for errors.Is. The types say more, and unwrap to their class.
package storeerr

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// The classes of errors.
var (
	ErrInvalid        = errors.New("invalid input")
	ErrRecordNotFound = errors.New("record not found")
	ErrLimit          = errors.New("limit exceeded")
	ErrContended      = errors.New("other calls kept changing the same records: try again")
	ErrLockTimeout    = errors.New("waited too long for a lock that another transaction holds")
)

// ItemError is an error of one item of a call. Unless the call is a partial one, nothing of it was written.
type ItemError struct {
	Index int // of the item, from 0
	Err   error
}

func (e *ItemError) Error() string { return fmt.Sprintf("item %d: %v", e.Index, e.Err) }

// Unwrap returns the error of the item.
func (e *ItemError) Unwrap() error { return e.Err }

// MaxItemErrors is the maximum number of items that an ItemsError describes.
const MaxItemErrors = 100

// ItemsError has the errors of all faulty items of a call. Nothing of the call was written.
type ItemsError struct {
	Items []*ItemError // by index, at least one and at most MaxItemErrors
	More  int          // how many more items are faulty
}

// NewItemsError returns the errors of items as an *ItemsError, or nil if there are none. n is the number of items; of
// returns the error of one item, or nil.
func NewItemsError(n int, of func(i int) error) error {
	var e *ItemsError
	for i := range n {
		err := of(i)
		if err == nil {
			continue
		}
		if e == nil {
			e = &ItemsError{}
		}
		if len(e.Items) == MaxItemErrors {
			e.More++
			continue
		}
		e.Items = append(e.Items, &ItemError{Index: i, Err: err})
	}
	if e == nil {
		return nil
	}
	return e
}

func (e *ItemsError) Error() string {
	if len(e.Items) == 1 && e.More == 0 {
		return e.Items[0].Error()
	}
	texts := make([]string, len(e.Items), len(e.Items)+1)
	for i, item := range e.Items {
		texts[i] = item.Error()
	}
	if e.More > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", e.More))
	}
	return fmt.Sprintf("%d items have errors: %s", len(e.Items)+e.More, strings.Join(texts, "; "))
}

// Unwrap returns the errors of the items, so that errors.As finds the first of a type.
func (e *ItemsError) Unwrap() []error {
	errs := make([]error, len(e.Items))
	for i, item := range e.Items {
		errs[i] = item
	}
	return errs
}

// InvalidError is input that cannot be understood, or a value that a field cannot hold.
type InvalidError struct {
	Field   string
	Value   any // the value, if it is known
	Reason  string
	Choices []string // the valid values, if they are few
	Nearest []string // valid values that are most like the given one, if there are many
}

func (e *InvalidError) Error() string {
	text := e.Field + ": " + e.Reason
	if len(e.Choices) > 0 {
		text += "; the choices are " + strings.Join(e.Choices, ", ")
	}
	if len(e.Nearest) > 0 {
		text += "; did you mean " + strings.Join(e.Nearest, ", ") + "?"
	}
	return text
}

// Unwrap returns ErrInvalid.
func (e *InvalidError) Unwrap() error { return ErrInvalid }

// RecordError is a record that does not exist, or is deleted.
type RecordError struct {
	Module, Model string
	Key           string // what the module calls the id; "" if there is but one
	ID            string
}

func (e *RecordError) Error() string {
	if e.Key == "" {
		return fmt.Sprintf("there is no %s %q", e.Model, e.ID)
	}
	return fmt.Sprintf("there is no %s with %s %q", e.Model, e.Key, e.ID)
}

// Unwrap returns ErrRecordNotFound.
func (e *RecordError) Unwrap() error { return ErrRecordNotFound }

// LimitError is a call that asks for more than a limit allows.
type LimitError struct {
	What   string // what is bounded, as "items" or "bytes of a statement"
	Limit  int
	Asked  int    // 0 if all that is known is that it is more than Limit
	Advice string // what the caller can do, if it is not plain
	// Counted says that What is what the call consists of, as its items: "12 items are above the limit of 10".
	Counted bool
}

func (e *LimitError) Error() string {
	text := fmt.Sprintf("%s: %d is above the limit of %d", e.What, e.Asked, e.Limit)
	switch {
	case e.Asked == 0:
		text = fmt.Sprintf("%s: there are more than the limit of %d", e.What, e.Limit)
	case e.Counted:
		text = fmt.Sprintf("%d %s are above the limit of %d", e.Asked, e.What, e.Limit)
	}
	if e.Advice != "" {
		text += "; " + e.Advice
	}
	return text
}

// Unwrap returns ErrLimit.
func (e *LimitError) Unwrap() error { return ErrLimit }

// ContendedError is a call that was run again as often as it may be, and each time lost against other calls.
type ContendedError struct{ Err error } // of the last try

func (*ContendedError) Error() string { return ErrContended.Error() }

// Unwrap returns ErrContended and the error of the last try.
func (e *ContendedError) Unwrap() []error { return []error{ErrContended, e.Err} }

// LockTimeoutError is a call that waited for a lock for as long as its session lets it (lock_timeout). It wrote
// nothing, and can be made again.
type LockTimeoutError struct {
	What  string // what was waited for, as "a record of ProductVariant"
	Table string // whose row was waited for; "" if Postgres does not say
	Err   error  // of Postgres
}

func (e *LockTimeoutError) Error() string {
	return "the call waited too long for " + e.What + ", which another transaction has locked; nothing was written: try again"
}

// Unwrap returns ErrLockTimeout and the error of Postgres.
func (e *LockTimeoutError) Unwrap() []error { return []error{ErrLockTimeout, e.Err} }

// lockedRelation is where Postgres says whose row was waited for.
var lockedRelation = regexp.MustCompile(`in relation "([^"]+)"`)

// LockTimeout returns err as a *LockTimeoutError if Postgres ended a wait for a lock. Its What is "a record": who knows
// the tables can say more.
func LockTimeout(err error) (*LockTimeoutError, bool) {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || pg.Code != "55P03" {
		return nil, false
	}
	e := &LockTimeoutError{What: "a record", Err: err}
	if m := lockedRelation.FindStringSubmatch(pg.Where); m != nil {
		e.Table = m[1]
	}
	return e, true
}
