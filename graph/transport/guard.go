package transport

import (
	"net/http"
	"slices"
	"strings"
)

// SecureHeaders sets the security headers that every answer needs: no content sniffing, no referrer, no framing, no
// subresources, no embedding by other origins. next may override them.
func SecureHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// preflightHeaders are headers that a page can send to another origin only after a preflight. The first is ours;
// clients send the others already.
var preflightHeaders = [...]string{
	"GraphQL-Preflight",
	"GraphQL-Require-Preflight",
	"Apollo-Require-Preflight",
	"X-Requested-With",
}

// forged reports whether a page of another origin may have made a browser send the request without a preflight, by an
// image, a form or a link. Such a page cannot read the answer, but it can time it. Requests of other clients than
// browsers pass.
func forged(r *http.Request) bool {
	if isJSON(r.Header.Get("Content-Type")) {
		return false
	}
	for _, name := range preflightHeaders {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site != "same-origin" && site != "none" // none: the user typed the address
	}
	// Browsers before 2023, and all browsers on plain HTTP, send no Sec-Fetch-Site.
	return strings.HasPrefix(r.UserAgent(), "Mozilla/") || r.Header.Get("Origin") != "" ||
		r.Header.Get("Referer") != "" ||
		r.Header.Get("Cookie") != ""
}

// AllowOrigins lets pages of the listed origins read the answers of next.
func AllowOrigins(origins []string, next http.Handler) http.Handler { return cors{origins, next} }

// cors lets pages of the listed origins read answers.
type cors struct {
	origins []string
	next    http.Handler
}

const (
	corsHeaders = "Accept, Authorization, Content-Type, GraphQL-Preflight, GraphQL-Require-Preflight, Apollo-Require-Preflight, " +
		"X-Requested-With, X-Request-Id, Idempotency-Key, X-Linkgraph-Explain, X-Publishable-Api-Key, Traceparent, Tracestate"
	corsExposed = "Retry-After, X-Request-Id, Idempotent-Replayed"
	corsMaxAge  = "7200" // seconds; no browser keeps a preflight for longer
)

// ServeHTTP answers preflights and sets the CORS headers for listed origins.
func (c cors) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h, origin := w.Header(), r.Header.Get("Origin")
	if len(c.origins) > 0 {
		h.Add("Vary", "Origin")
	}
	allowed := origin != "" && slices.Contains(c.origins, origin)
	if allowed {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Expose-Headers", corsExposed)
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	}
	if r.Method != http.MethodOptions || origin == "" || r.Header.Get("Access-Control-Request-Method") == "" {
		c.next.ServeHTTP(w, r)
		return
	}
	if !allowed {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST")
	h.Set("Access-Control-Allow-Headers", corsHeaders)
	h.Set("Access-Control-Max-Age", corsMaxAge)
	w.WriteHeader(http.StatusNoContent)
}
