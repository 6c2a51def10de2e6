package graph

import (
	"context"
	"errors"
	"time"
)

// Role is what an admin may do.
type Role string

// The roles.
const (
	ReadOnly  Role = "read-only"
	ReadWrite Role = "read-write"
)

// Caller is the authenticated sender of a request.
type Caller struct {
	// Storefront callers see only what graph/storefront.graphqls lists. All others are admins.
	Storefront bool
	// ID is the id of the API key, or the subject of the token.
	ID string
	// Name is the title of the API key, or the name in the token. It may be empty.
	Name string
	// Role is set for admins only.
	Role Role
	// Address is the client's IP address. It tells the clients of a storefront apart, who share one key. It may be
	// empty.
	Address string
}

// Errors that HTTP.Authenticate may return. Any other error is a fault of the server: 500 or 503.
var (
	// ErrUnauthenticated says that the credentials are missing or invalid: 401.
	ErrUnauthenticated = errors.New("unauthenticated")
	// ErrForbidden says that the credentials are valid but give no access: 403.
	ErrForbidden = errors.New("forbidden")
)

// TooManyRequestsError says that the caller exceeded its rate limit: 429, with Retry-After.
type TooManyRequestsError struct{ RetryAfter time.Duration }

func (e *TooManyRequestsError) Error() string { return "too many requests" }

// CredentialsError is ErrUnauthenticated or ErrForbidden with the message for the client.
type CredentialsError struct {
	Is      error
	Message string
}

func (e *CredentialsError) Error() string { return e.Message }

func (e *CredentialsError) Unwrap() error { return e.Is }

type callerKey struct{}

// WithCaller returns a context that carries the caller.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerFrom returns the caller of the request. ok is false where requests are not authenticated.
func CallerFrom(ctx context.Context) (Caller, bool) {
	c, ok := ctx.Value(callerKey{}).(Caller)
	return c, ok
}
