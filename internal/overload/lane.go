package overload

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// lane is a number of slots with a queue for each caller.
type lane struct {
	places, mostQueued int

	mu       sync.Mutex
	running  int
	queued   int
	arrived  int64 // requests that ever waited: defines their order
	callers  map[string]*caller
	rejected map[Reason]int64
	moved    time.Time // when a slot was last taken or given back
	wanted   bool      // a request found none free since then
}

// caller is the requests of one caller.
type caller struct {
	running int
	waiting []*waiter
}

// waiter is a request that waits.
type waiter struct {
	order  int64
	answer chan Reason // "" admits the request
}

func newLane(places, queued int) *lane {
	return &lane{
		places:     max(places, 1),
		mostQueued: queued,
		callers:    map[string]*caller{},
		rejected:   map[Reason]int64{},
		moved:      time.Now(),
	}
}

// enter takes a slot, and waits for it if need be. It returns "" or the reason of a refusal.
func (l *lane) enter(ctx context.Context, name string, wait time.Duration) Reason {
	w, reason := l.ask(name)
	if w == nil {
		return reason
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case reason = <-w.answer:
		return reason
	case <-timer.C:
		reason = TooLong
	case <-ctx.Done():
		reason = Gone
	}
	return l.giveUp(name, w, reason)
}

// ask takes a slot, or else a position in the queue, which it returns. If both are full it returns the reason.
func (l *lane) ask(name string) (*waiter, Reason) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.callers[name]
	if c == nil {
		c = &caller{}
	}
	if l.running < l.places {
		l.callers[name] = c
		l.take(c)
		return nil, ""
	}
	l.wanted = true
	if l.queued >= l.mostQueued && !l.makeRoom(c) {
		l.rejected[Full]++
		return nil, Full
	}
	l.callers[name] = c
	l.queued++
	l.arrived++
	w := &waiter{order: l.arrived, answer: make(chan Reason, 1)}
	c.waiting = append(c.waiting, w)
	return w, ""
}

// makeRoom refuses the newest request of the caller with the longest queue, if that queue is longer than the one of c
// would be: the caller that floods the server is the one that is refused.
func (l *lane) makeRoom(c *caller) bool {
	var longest *caller
	for _, other := range l.callers {
		if longest == nil || len(other.waiting) > len(longest.waiting) {
			longest = other
		}
	}
	if longest == nil || len(longest.waiting) <= len(c.waiting)+1 {
		return false
	}
	last := len(longest.waiting) - 1
	longest.waiting[last].answer <- Full
	longest.waiting = longest.waiting[:last]
	l.queued--
	l.rejected[Full]++
	return true
}

// giveUp removes a request from the queue. It may have been admitted or refused in the meantime.
func (l *lane) giveUp(name string, w *waiter, reason Reason) Reason {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.callers[name]
	select {
	case answer := <-w.answer:
		if answer != "" || reason == TooLong { // admitted at the last moment
			return answer
		}
		l.giveBack(name, c)
	default:
		c.waiting = slices.DeleteFunc(c.waiting, func(other *waiter) bool { return other == w })
		l.queued--
		l.forget(name, c)
	}
	l.rejected[reason]++
	return reason
}

// leave gives a slot back.
func (l *lane) leave(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.giveBack(name, l.callers[name])
}

func (l *lane) giveBack(name string, c *caller) {
	l.running--
	c.running--
	l.forget(name, c)
	l.moved = time.Now()
	l.wanted = l.queued > 0
	if next := l.next(); next != nil {
		w := next.waiting[0]
		next.waiting = next.waiting[1:]
		l.queued--
		l.take(next)
		w.answer <- ""
	}
}

// next returns the caller whose request is admitted next: the one with the fewest running requests, and of these the
// one that waits longest.
func (l *lane) next() *caller {
	var best *caller
	for _, c := range l.callers {
		if len(c.waiting) == 0 {
			continue
		}
		if best == nil || c.running < best.running || c.running == best.running &&
			c.waiting[0].order < best.waiting[0].order {
			best = c
		}
	}
	return best
}

func (l *lane) take(c *caller) {
	l.running++
	c.running++
	l.moved = time.Now()
	l.wanted = l.queued > 0
}

func (l *lane) forget(name string, c *caller) {
	if c.running == 0 && len(c.waiting) == 0 {
		delete(l.callers, name)
	}
}

func (l *lane) stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Stats{Running: l.running, Queued: l.queued, Rejected: maps.Clone(l.rejected)}
}

func (l *lane) stalled(now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.running < l.places || !l.wanted {
		return 0
	}
	return now.Sub(l.moved)
}
