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
	// Writing is how many requests that write are worked on at a time, beside the others. 0 is one.
	Writing int
	// Queued is how many more may wait, as many dear ones and as many that write.
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

	// NoSession is of one that was let in, and found no session with the database in time.
	NoSession Reason = "session"
)

// Reasons lists those that a Limiter gives.
func Reasons() []Reason { return []Reason{Full, TooLong, Gone} }

// Error says that a request was not let in.
type Error struct{ Reason Reason }

// messages are what clients are told.
var messages = map[Reason]string{
	Full:    "the server has as much to do as it can take; try again",
	TooLong: "the server was busy for as long as the request may wait; try again",
	Gone:    "the request was ended before it was answered",

	NoSession: "all sessions with the database were in use for as long as the request may wait; try again",
}

func (e *Error) Error() string { return messages[e.Reason] }

// Stats is how things stand.
type Stats struct {
	Running, Queued int // dear ones and those that write included
	Dear, Writing   int // of those that run
	Rejected        map[Reason]int64
}

// Limiter lets requests in. Each caller has a queue of its own: one that sends a flood waits for itself. Requests that are
// known to be dear have places apart, and so have those that write, so that they do not take those of the others.
type Limiter struct {
	wait                 time.Duration
	usual, dear, writing *lane
}

// New returns a limiter.
func New(cfg Config) *Limiter {
	return &Limiter{
		wait:    cfg.Wait,
		usual:   newLane(cfg.Running, cfg.Queued),
		dear:    newLane(cfg.Dear, cfg.Queued),
		writing: newLane(cfg.Writing, cfg.Queued),
	}
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
	all := l.usual.stats()
	dear, writing := l.dear.stats(), l.writing.stats()
	all.Dear, all.Writing = dear.Running, writing.Running
	for _, s := range []Stats{dear, writing} {
		all.Running += s.Running
		all.Queued += s.Queued
		for reason, n := range s.Rejected {
			all.Rejected[reason] += n
		}
	}
	return all
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
	return p.move(ctx, p.limiter.dear)
}

// Write changes the place for one of those for requests that write, as Dear does. Dear ones keep theirs.
func (p *Place) Write(ctx context.Context) error {
	if p == nil {
		return nil
	}
	return p.move(ctx, p.limiter.writing)
}

func (p *Place) move(ctx context.Context, to *lane) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lane == nil || p.lane == to || p.lane == p.limiter.dear {
		return nil
	}
	p.lane.leave(p.caller) // before it waits: what is waited for must not be waited for by others
	p.lane = nil
	if reason := to.enter(ctx, p.caller, p.limiter.wait); reason != "" {
		return &Error{reason}
	}
	p.lane = to
	return nil
}
