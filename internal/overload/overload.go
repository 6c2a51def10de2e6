// Package overload keeps a server answering when more is asked of it than it can do, or when clients are slow on purpose.
//
// A Limiter lets in as many requests as can be worked on at a time. A few more wait, fairly among their callers, and those
// beyond are told at once to come back later. A Budget bounds the memory that is held for clients that send or read slowly.
// Connections bounds the sockets. None of them holds for one client what another one needs.
package overload

import (
	"context"
	"sync"
	"time"
)

// Config says how many requests are let in.
type Config struct {
	// Running is how many requests are worked on at a time.
	Running int
	// Dear is how many dear requests are worked on at a time, beside the others. 0 is one.
	Dear int
	// Queued is how many more may wait, and as many dear ones.
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

// Error says that a request was not let in.
type Error struct{ Reason Reason }

// messages are what clients are told.
var messages = map[Reason]string{
	Full:    "the server has as much to do as it can take; try again",
	TooLong: "the server was busy for as long as the request may wait; try again",
	Gone:    "the request was ended before it was answered",
}

func (e *Error) Error() string { return messages[e.Reason] }

// Stats is how things stand.
type Stats struct {
	Running, Queued int // dear ones included
	Dear            int // of those that run
	Rejected        map[Reason]int64
}

// Limiter lets requests in. Each caller has a queue of its own: one that sends a flood waits for itself. Requests that are
// known to be dear have places apart, so that they do not take those of the others.
type Limiter struct {
	wait        time.Duration
	usual, dear *lane
}

// New returns a limiter.
func New(cfg Config) *Limiter {
	return &Limiter{wait: cfg.Wait, usual: newLane(cfg.Running, cfg.Queued), dear: newLane(cfg.Dear, cfg.Queued)}
}

// Enter waits for a place for a request of a caller. Its error is an *Error.
func (l *Limiter) Enter(ctx context.Context, caller string) (*Place, error) {
	if reason := l.usual.enter(ctx, caller, l.wait); reason != "" {
		return nil, &Error{reason}
	}
	return &Place{limiter: l, caller: caller, lane: l.usual}, nil
}

// Stats says how things stand.
func (l *Limiter) Stats() Stats {
	usual, dear := l.usual.stats(), l.dear.stats()
	usual.Dear = dear.Running
	usual.Running += dear.Running
	usual.Queued += dear.Queued
	for reason, n := range dear.Rejected {
		usual.Rejected[reason] += n
	}
	return usual
}

// Stalled is for how long nobody was let in although somebody asked to be. It is 0 while places are free or change hands.
func (l *Limiter) Stalled() time.Duration { return l.usual.stalled(time.Now()) }

// Place is that of a request which is worked on. It is good for one goroutine at a time.
type Place struct {
	limiter *Limiter
	caller  string
	mu      sync.Mutex
	lane    *lane // nil: it was given back
}

// Leave gives the place back. Once more does nothing.
func (p *Place) Leave() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lane != nil {
		p.lane.leave(p.caller)
		p.lane = nil
	}
}

// Dear changes the place for one of those for dear requests, and waits for it if need be. With an error, an *Error, there is
// no place any more.
func (p *Place) Dear(ctx context.Context) error {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	dear := p.limiter.dear
	if p.lane == nil || p.lane == dear {
		return nil
	}
	p.lane.leave(p.caller) // before it waits: what is waited for must not be waited for by others
	p.lane = nil
	if reason := dear.enter(ctx, p.caller, p.limiter.wait); reason != "" {
		return &Error{reason}
	}
	p.lane = dear
	return nil
}
