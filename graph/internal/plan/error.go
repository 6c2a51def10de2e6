package plan

import (
	"errors"
	"fmt"

	"github.com/linkgraph/linkgraph/linkstore/storeerr"
)

// InputError is an argument that cannot be understood.
type InputError struct {
	Path   string // of the argument: "products.filter.title.eq"
	Reason string
	Err    error // what it was made from, if anything
}

func (e *InputError) Error() string { return e.Path + ": " + e.Reason }

// Unwrap returns storeerr.ErrInvalid, the class, and the cause.
func (e *InputError) Unwrap() []error {
	if e.Err != nil {
		return []error{storeerr.ErrInvalid, e.Err}
	}
	return []error{storeerr.ErrInvalid}
}

// Invalidf returns an InputError of the argument at a path.
func Invalidf(path, format string, args ...any) error {
	return &InputError{Path: path, Reason: fmt.Sprintf(format, args...)}
}

// LimitError is a document that asks for more than its [Limits] allow. The limits of the stores are not meant: those
// end a statement, and not the operation.
type LimitError struct{ storeerr.LimitError }

// NewLimitError returns the error of a limit. asked is 0 if all that is known is that it is more than the limit.
func NewLimitError(what string, limit, asked int) *LimitError {
	return &LimitError{storeerr.LimitError{What: what, Limit: limit, Asked: asked}}
}

// IsLimited reports whether an error is, or wraps, a LimitError.
func IsLimited(err error) bool {
	_, ok := errors.AsType[*LimitError](err)
	return ok
}
