package plan

import (
	"errors"
	"fmt"
)

// Classes of the errors of this package, for errors.Is. Errors of the stores are passed on as they are.
var (
	ErrInput = errors.New("bad input")
	ErrLimit = errors.New("limit exceeded")
)

// InputError is a bad argument.
type InputError struct {
	Path   string // of the argument: "products.filter.title.eq"
	Reason string
	Err    error // the cause; may be nil
}

func (e *InputError) Error() string { return e.Path + ": " + e.Reason }

// Unwrap returns ErrInput and the cause.
func (e *InputError) Unwrap() []error {
	if e.Err != nil {
		return []error{ErrInput, e.Err}
	}
	return []error{ErrInput}
}

// Invalidf returns an *InputError with a formatted reason.
func Invalidf(path, format string, args ...any) error {
	return &InputError{Path: path, Reason: fmt.Sprintf(format, args...)}
}

// LimitError is an operation that exceeds a limit.
type LimitError struct {
	What         string
	Limit, Asked int // Asked is 0 if it is only known that it is above Limit
}

func (e *LimitError) Error() string {
	if e.Asked == 0 {
		return fmt.Sprintf("%s: there are more than the limit of %d", e.What, e.Limit)
	}
	return fmt.Sprintf("%s: %d is above the limit of %d", e.What, e.Asked, e.Limit)
}

// Unwrap returns ErrLimit.
func (e *LimitError) Unwrap() error { return ErrLimit }
