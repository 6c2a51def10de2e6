package storeerr_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/linkgraph/linkgraph/linkstore/storeerr"
)

// TestErrors checks what callers read of each error, and its class.
func TestErrors(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	for _, c := range []struct {
		err   error
		class error
		want  string
	}{
		{&storeerr.ItemError{Index: 2, Err: cause}, cause, "item 2: cause"},
		{&storeerr.InvalidError{Field: "title", Reason: "must not be null"}, storeerr.ErrInvalid, "title: must not be null"},
		{
			&storeerr.InvalidError{Field: "op", Reason: "is unknown", Choices: []string{"=", "<>"}},
			storeerr.ErrInvalid,
			"op: is unknown; the choices are =, <>",
		},
		{&storeerr.RecordError{Model: "Cart", ID: "c1"}, storeerr.ErrRecordNotFound, `there is no Cart "c1"`},
		{
			&storeerr.RecordError{Model: "Cart", Key: "cart_id", ID: "c1"},
			storeerr.ErrRecordNotFound,
			`there is no Cart with cart_id "c1"`,
		},
		{
			&storeerr.LimitError{What: "items", Limit: 10, Asked: 12, Counted: true},
			storeerr.ErrLimit,
			"12 items are above the limit of 10",
		},
		{
			&storeerr.LimitError{What: "bytes of a statement", Limit: 10, Asked: 12, Advice: "ask for less"},
			storeerr.ErrLimit,
			"bytes of a statement: 12 is above the limit of 10; ask for less",
		},
		{
			&storeerr.LimitError{What: "bytes of the answer", Limit: 10},
			storeerr.ErrLimit,
			"bytes of the answer: there are more than the limit of 10",
		},
		{&storeerr.ContendedError{Err: cause}, storeerr.ErrContended, storeerr.ErrContended.Error()},
		{&storeerr.ContendedError{Err: cause}, cause, storeerr.ErrContended.Error()},
	} {
		if got := c.err.Error(); got != c.want || !errors.Is(fmt.Errorf("call: %w", c.err), c.class) {
			t.Errorf("got %q of class %v, want %q of %v", got, errors.Unwrap(c.err), c.want, c.class)
		}
	}
}

func TestLockTimeout(t *testing.T) {
	t.Parallel()
	pg := &pgconn.PgError{Code: "55P03", Where: `while locking tuple (0,1) in relation "cart"`}
	e, ok := storeerr.LockTimeout(fmt.Errorf("lock: %w", pg))
	if !ok || e.Table != "cart" || !errors.Is(e, storeerr.ErrLockTimeout) || !errors.Is(e, pg) {
		t.Errorf("got %#v, %v", e, ok)
	}
	if e, ok = storeerr.LockTimeout(&pgconn.PgError{Code: "55P03"}); !ok || e.Table != "" || e.What != "a record" {
		t.Errorf("without a table: got %#v, %v", e, ok)
	}
	for _, err := range []error{nil, errors.New("other"), &pgconn.PgError{Code: "40001"}} {
		if e, ok := storeerr.LockTimeout(err); ok {
			t.Errorf("%v is taken for %v", err, e)
		}
	}
}
