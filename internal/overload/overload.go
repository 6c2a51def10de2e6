// Package overload lets in as many requests as can be worked on at a time. A few more wait, and those beyond are told at once
// to come back later, so that a flood costs a flood of short answers and nothing else.
package overload

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// Config says how many requests are let in.
type Config struct {
	// Running is how many requests are worked on at a time.
	Running int
	// Queued is how many more may wait.
	Queued int
	// Wait is how long they may.
	Wait time.Duration
}

// Reason says why a request was not let in.
type Reason string

// The reasons.
const (
	Full    Reason = "full"    // too many wait already
	TooLong Reason = "timeout" // it has waited as long as it may
	Gone    Reason = "gone"    // the client hung up while it waited
)

// Reasons lists them.
func Reasons() []Reason { return []Reason{Full, TooLong, Gone} }

// Stats is how things stand.
type Stats struct {
	Running, Queued int
	Rejected        map[Reason]int64
}

// Limiter lets requests in.
type Limiter struct {
	cfg   Config
	slots chan struct{}
	large chan struct{} // of the slots, those that requests with a body yet to come may take

	queued              atomic.Int64
	full, tooLong, gone atomic.Int64
}

// New returns a limiter.
func New(cfg Config) *Limiter {
	cfg.Running = max(cfg.Running, 1)
	return &Limiter{cfg: cfg, slots: make(chan struct{}, cfg.Running), large: make(chan struct{}, max(cfg.Running/2, 1))}
}

// Stats says how things stand.
func (l *Limiter) Stats() Stats {
	return Stats{
		Running: len(l.slots), Queued: int(l.queued.Load()),
		Rejected: map[Reason]int64{Full: l.full.Load(), TooLong: l.tooLong.Load(), Gone: l.gone.Load()},
	}
}

// Handler lets requests in to next. The rest is answered 503 with Retry-After and a GraphQL error. Preflights are answered
// always: they cost nothing, and a browser shows no answer without one.
func (l *Limiter) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			next.ServeHTTP(w, r)
			return
		}
		taken := []chan struct{}{l.slots}
		if !readSmall(r) {
			taken = []chan struct{}{l.large, l.slots}
		}
		if reason := l.enter(r.Context(), taken); reason != "" {
			refuse(w, r, reason)
			return
		}
		defer leave(taken)
		next.ServeHTTP(w, r)
	})
}

// smallBody is how many bytes of a body are read before the request is let in.
const smallBody = 64 << 10

// readSmall reads a small body, so that a client that sends slowly waits for itself. It reports false for a body that the
// handler reads while it holds its slot. These are bounded by half of the slots: slow ones leave the other half alone.
func readSmall(r *http.Request) bool {
	if r.Body == nil || r.Body == http.NoBody {
		return true
	}
	if r.ContentLength < 0 || r.ContentLength > smallBody {
		return false
	}
	text, err := io.ReadAll(r.Body)
	rest := []io.Reader{bytes.NewReader(text)}
	if err != nil {
		rest = append(rest, failing{err})
	}
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(rest...), r.Body}
	return true
}

// failing is a body whose end did not come.
type failing struct{ err error }

// Read fails.
func (f failing) Read([]byte) (int, error) { return 0, f.err }

// enter takes a place in each of the channels, or says why not.
func (l *Limiter) enter(ctx context.Context, places []chan struct{}) Reason {
	var timer <-chan time.Time // nil until the request waits
	for i, place := range places {
		select {
		case place <- struct{}{}:
			continue
		default:
		}
		if timer == nil {
			defer l.queued.Add(-1)
			if l.queued.Add(1) > int64(l.cfg.Queued) {
				leave(places[:i])
				l.full.Add(1)
				return Full
			}
			timer = time.After(l.cfg.Wait)
		}
		select {
		case place <- struct{}{}: // those that wait longest come first
		case <-timer:
			leave(places[:i])
			l.tooLong.Add(1)
			return TooLong
		case <-ctx.Done():
			leave(places[:i])
			l.gone.Add(1)
			return Gone
		}
	}
	return ""
}

func leave(places []chan struct{}) {
	for _, place := range places {
		<-place
	}
}

// retryAfter is when a client that was refused may try again, in seconds.
const retryAfter = "1"

// messages are what clients are told.
var messages = map[Reason]string{
	Full:    "the server has as much to do as it can take; try again",
	TooLong: "the server was busy for as long as the request may wait; try again",
	Gone:    "the request was ended before it was answered",
}

// refuse answers 503 with a GraphQL error.
func refuse(w http.ResponseWriter, r *http.Request, reason Reason) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	if strings.Contains(r.Header.Get("Accept"), "application/graphql-response+json") {
		h.Set("Content-Type", "application/graphql-response+json; charset=utf-8")
	}
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Retry-After", retryAfter)
	w.WriteHeader(http.StatusServiceUnavailable)
	_ = json.NewEncoder(w).Encode(map[string]any{"errors": []any{map[string]any{
		"message": messages[reason], "extensions": map[string]any{"code": "UNAVAILABLE", "reason": "OVERLOADED"},
	}}})
}
