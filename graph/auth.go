package graph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/linkgraph/linkgraph/graph/transport"
	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// Codes of requests that fail authentication or exceed a rate limit.
const (
	codeUnauthenticated = "UNAUTHENTICATED"
	codeTooMany         = "TOO_MANY_REQUESTS"
)

// authGate authenticates requests and passes each to the handler of its caller: storefront, admin or read-only admin.
type authGate struct {
	authenticate func(*http.Request) (Caller, error)
	admin        http.Handler
	reader       http.Handler // of read-only admins
	storefront   http.Handler
	log          *slog.Logger
	endpoint     *transport.Endpoint // writes refusals
}

// ServeHTTP authenticates a request before its body is read.
func (a *authGate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodOptions { // lists the allowed methods, nothing else
		a.admin.ServeHTTP(w, r)
		return
	}
	caller, err := a.authenticate(r)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	ctx := WithCaller(r.Context(), caller)
	if caller.Storefront {
		a.storefront.ServeHTTP(w, r.WithContext(recordstore.WithViewer(ctx, caller.ID)))
		return
	}
	next := a.admin
	if caller.Role != ReadWrite {
		next = a.reader
	}
	next.ServeHTTP(w, r.WithContext(ctx))
}

// AdminsOnly serves next to admins and refuses other callers as the API does.
func (g *Graph) AdminsOnly(authenticate func(*http.Request) (Caller, error), next http.Handler) http.Handler {
	a := &authGate{log: g.cfg.Logger, endpoint: transport.Refuser(transport.Config{})}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller, err := authenticate(r)
		if err == nil && caller.Storefront {
			err = &CredentialsError{
				ErrForbidden,
				"a publishable key gives no access here; send Authorization: Bearer with a secret API key",
			}
		}
		if err != nil {
			a.refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(WithCaller(r.Context(), caller)))
	})
}

func (a *authGate) refuse(w http.ResponseWriter, r *http.Request, err error) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Accept")
	var status int
	var code string
	message := err.Error()
	var tooMany *TooManyRequestsError
	switch {
	case errors.Is(err, ErrUnauthenticated):
		h.Set("WWW-Authenticate", "Bearer") // RFC 6750, section 3
		status, code = http.StatusUnauthorized, codeUnauthenticated
	case errors.Is(err, ErrForbidden):
		status, code = http.StatusForbidden, transport.CodeForbidden
	case errors.As(err, &tooMany):
		h.Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(tooMany.RetryAfter.Seconds())))))
		status, code = http.StatusTooManyRequests, codeTooMany
		message = fmt.Sprintf("too many requests; wait for %s", tooMany.RetryAfter.Round(time.Second))
	case recordstore.IsUnavailable(err),
		recordstore.IsTimeout(err),
		errors.Is(err, context.Canceled),
		errors.Is(err, context.DeadlineExceeded):
		a.log.ErrorContext(r.Context(), "cannot look up credentials", "error", err)
		h.Set("Retry-After", "1")
		status, code, message = http.StatusServiceUnavailable, transport.CodeUnavailable, "credentials cannot be looked up at present; try again"
	default:
		a.log.ErrorContext(r.Context(), "look up credentials", "error", err)
		status, code, message = http.StatusInternalServerError, transport.CodeInternal, "internal error"
	}
	a.endpoint.Deny(w, r, status, code, message)
}
