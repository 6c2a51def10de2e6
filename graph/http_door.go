package graph

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"linkgraph/internal/recordstore"
)

// The codes of requests whose sender is not let in.
const (
	codeUnauthenticated = "UNAUTHENTICATED"
	codeTooMany         = "TOO_MANY_REQUESTS"
)

// door asks who sends a request and leads storefronts, admins and those of them who may only read to what is theirs.
type door struct {
	authenticate func(*http.Request) (Caller, error)
	admin        http.Handler
	reader       http.Handler // of admins who may only read
	storefront   http.Handler
	endpoint     *endpoint // refuses
}

// ServeHTTP lets a request in, or refuses it before anything of it is read.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodOptions { // tells methods alone
		d.admin.ServeHTTP(w, r)
		return
	}
	caller, err := d.authenticate(r)
	if err != nil {
		d.refuse(w, r, err)
		return
	}
	ctx := WithCaller(r.Context(), caller)
	if caller.Storefront {
		d.storefront.ServeHTTP(w, r.WithContext(recordstore.WithViewer(ctx, caller.ID)))
		return
	}
	next := d.admin
	if caller.Role != ReadWrite {
		next = d.reader
	}
	next.ServeHTTP(w, r.WithContext(ctx))
}

// AdminsOnly serves next to admins, and refuses others as the API does.
func (g *Graph) AdminsOnly(authenticate func(*http.Request) (Caller, error), next http.Handler) http.Handler {
	d := &door{endpoint: &endpoint{graph: g}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller, err := authenticate(r)
		if err == nil && caller.Storefront {
			err = &CredentialsError{ErrForbidden, "a publishable key gives no access here; send Authorization: Bearer with a secret API key"}
		}
		if err != nil {
			d.refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(WithCaller(r.Context(), caller)))
	})
}

func (d *door) refuse(w http.ResponseWriter, r *http.Request, err error) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Accept")
	var no *refusal
	var tooMany *TooManyRequestsError
	switch {
	case errors.Is(err, ErrUnauthenticated):
		h.Set("WWW-Authenticate", "Bearer") // RFC 6750, section 3
		no = refuse(http.StatusUnauthorized, codeUnauthenticated, "%s", err)
	case errors.Is(err, ErrForbidden):
		no = refuse(http.StatusForbidden, codeForbidden, "%s", err)
	case errors.As(err, &tooMany):
		h.Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(tooMany.RetryAfter.Seconds())))))
		no = refuse(http.StatusTooManyRequests, codeTooMany, "too many requests; wait for %s", tooMany.RetryAfter.Round(time.Second))
	case recordstore.IsUnavailable(err), recordstore.IsTimeout(err), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		d.endpoint.graph.cfg.Logger.ErrorContext(r.Context(), "cannot look up credentials", "error", err)
		h.Set("Retry-After", "1")
		no = refuse(http.StatusServiceUnavailable, codeUnavailable, "credentials cannot be looked up at present; try again")
	default:
		d.endpoint.graph.cfg.Logger.ErrorContext(r.Context(), "look up credentials", "error", err)
		no = refuse(http.StatusInternalServerError, codeInternal, "internal error")
	}
	d.endpoint.refuse(w, negotiate(r.Header.Values("Accept")), no)
}
