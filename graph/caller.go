package graph

import (
	"context"
	"errors"
	"time"
)

// Role says what an admin may do.
type Role string

// The roles.
const (
	ReadOnly  Role = "read-only"
	ReadWrite Role = "read-write"
)

// Caller is who sends a request.
type Caller struct {
	// Storefront says that the caller sees what graph/storefront.graphqls lists and nothing else. Others are admins.
	Storefront bool
	// ID is that of the API key, or the subject of a token.
	ID string
	// Name is the title of the key, or what a token says of its subject. It may be empty.
	Name string
	// Role is an admin's.
	Role Role
	// Address tells the clients of a storefront apart, who all have its key. It may be empty.
	Address string
}

// What Authenticate may answer besides a caller. Any other error is one of the server.
var (
	// ErrUnauthenticated says that there are no credentials, or that they are not good: 401.
	ErrUnauthenticated = errors.New("unauthenticated")
	// ErrForbidden says that the credentials are good and give no access: 403.
	ErrForbidden = errors.New("forbidden")
)

// TooManyRequestsError says that a caller sends more than it may: 429.
type TooManyRequestsError struct{ RetryAfter time.Duration }

func (e *TooManyRequestsError) Error() string { return "too many requests" }

// CredentialsError is ErrUnauthenticated or ErrForbidden with what the client is told.
type CredentialsError struct {
	Is      error
	Message string
}

func (e *CredentialsError) Error() string { return e.Message }

func (e *CredentialsError) Unwrap() error { return e.Is }

type callerKey struct{}

// WithCaller returns a context of a request that the caller sends.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerFrom returns who sends the request. There is none where no one was asked for credentials.
func CallerFrom(ctx context.Context) (Caller, bool) {
	c, ok := ctx.Value(callerKey{}).(Caller)
	return c, ok
}
