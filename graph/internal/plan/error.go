package plan

import (
	"errors"
	"fmt"
)

// Classes of errors that this package makes itself. Those of the stores pass through unchanged.
var (
	ErrInput = errors.New("bad input")
	ErrLimit = errors.New("limit exceeded")
)

// InputError is an argument that cannot be understood.
type InputError struct {
	Path   string // of the argument: "products.filter.title.eq"
	Reason string
	Err    error // what it was made from, if anything
}

func (e *InputError) Error() string { return e.Path + ": " + e.Reason }

// Unwrap gives ErrInput and the cause.
func (e *InputError) Unwrap() []error {
	if e.Err != nil {
		return []error{ErrInput, e.Err}
	}
	return []error{ErrInput}
}

// Invalidf is an InputError of a root field.
func Invalidf(path, format string, args ...any) error {
	return &InputError{Path: path, Reason: fmt.Sprintf(format, args...)}
}

// LimitError is a request for more than a limit lets through.
type LimitError struct {
	What         string
	Limit, Asked int // Asked 0: more than the limit; it is not known how many
}

func (e *LimitError) Error() string {
	if e.Asked == 0 {
		return fmt.Sprintf("%s: there are more than the limit of %d", e.What, e.Limit)
	}
	return fmt.Sprintf("%s: %d is above the limit of %d", e.What, e.Asked, e.Limit)
}

// Unwrap gives ErrLimit.
func (e *LimitError) Unwrap() error { return ErrLimit }
