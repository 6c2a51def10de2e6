// Package overload keeps a server responsive under more load than it can take, and against clients that are slow on
// purpose.
//
// A Limiter bounds concurrent requests: a few more wait in a fair queue, the rest is refused at once. A Budget bounds
// the memory that is held for clients that send or read slowly. Connections bounds the open sockets.
package overload

import (
	"context"
	"sync"
	"time"
)

// Config configures a Limiter.
type Config struct {
	// Running bounds the concurrent requests.
	Running int
	// Dear bounds the concurrent expensive requests, in addition to the others. 0 means 1.
	Dear int
	// Writing bounds the concurrent writes, in addition to the others. 0 means 1.
	Writing int
	// Queued bounds the requests that wait: as many of each of the three kinds.
	Queued int
	// Wait bounds the time that a request waits.
	Wait time.Duration
}

// Reason is why a request was refused.
type Reason string

// The reasons.
const (
	Full    Reason = "full"    // the queue is full
	TooLong Reason = "timeout" // it waited for Config.Wait
	Gone    Reason = "gone"    // the client hung up while it waited

	// NoSession: the request was admitted but got no database session in time.
	NoSession Reason = "session"
)

// Reasons returns the reasons that a Limiter gives.
func Reasons() []Reason { return []Reason{Full, TooLong, Gone} }

// Error is the error of a request that was refused.
type Error struct{ Reason Reason }

// messages are the messages for clients.
var messages = map[Reason]string{
	Full:    "the server has as much to do as it can take; try again",
	TooLong: "the server was busy for as long as the request may wait; try again",
	Gone:    "the request was ended before it was answered",

	NoSession: "all sessions with the database were in use for as long as the request may wait; try again",
}

func (e *Error) Error() string { return messages[e.Reason] }

// Stats is a snapshot of a Limiter.
type Stats struct {
	Running, Queued int // of all three kinds
	Dear, Writing   int // of those that run
	Rejected        map[Reason]int64
}

// Limiter bounds concurrent requests. Each caller has a queue of its own, so that a flood of one caller delays that
// caller only. Expensive requests and writes have slots of their own, so that they cannot take those of other
// requests.
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

// Enter waits for a slot for a request of a caller. Its error is an *Error.
func (l *Limiter) Enter(ctx context.Context, caller string) (*Place, error) {
	if reason := l.usual.enter(ctx, caller, l.wait); reason != "" {
		return nil, &Error{reason}
	}
	return &Place{limiter: l, caller: caller, lane: l.usual}, nil
}

// Stats returns a snapshot.
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

// Stalled returns for how long no request was admitted although one waited. It is 0 while slots are free or change
// hands.
func (l *Limiter) Stalled() time.Duration { return l.usual.stalled(time.Now()) }

// Place is the slot of a running request. It is not safe for concurrent use.
type Place struct {
	limiter *Limiter
	caller  string
	mu      sync.Mutex
	lane    *lane // nil once it was given back
}

// Leave gives the slot back. Further calls do nothing.
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

// Dear exchanges the slot for one for expensive requests, and waits for it if need be. After an error, an *Error, the
// request has no slot.
func (p *Place) Dear(ctx context.Context) error {
	if p == nil {
		return nil
	}
	return p.move(ctx, p.limiter.dear)
}

// Write exchanges the slot for one for writes, as Dear does. Expensive requests keep theirs.
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
	p.lane.leave(p.caller) // before it waits, so that requests do not wait for each other
	p.lane = nil
	if reason := to.enter(ctx, p.caller, p.limiter.wait); reason != "" {
		return &Error{reason}
	}
	p.lane = to
	return nil
}
