package overload

import (
	"context"
	"errors"
	"sync"
	"time"
)

// What Grow may answer.
var (
	// ErrSlow says that the memory of this client was needed, and that it was the slowest.
	ErrSlow = errors.New("the client was too slow for how little memory there is")
	// ErrNoRoom says that there is no memory left for the client.
	ErrNoRoom = errors.New("there is no memory left to hold this in")
)

const (
	// patience is how long a client is let be, however slow it seems.
	patience = time.Second
	// roomWait is how long one waits for memory that others hold.
	roomWait = 2 * time.Second
)

// Budget bounds the bytes that are held for clients: of bodies that come in, of answers that go out. When they are all used,
// the client that moves the fewest bytes a second is given up.
type Budget struct {
	max  int64
	mu   sync.Mutex
	used int64
	cut  int64
	of   map[*Hold]struct{}
	room chan struct{} // closed when there is more of it
}

// NewBudget returns a budget of so many bytes.
func NewBudget(bytes int64) *Budget {
	return &Budget{max: max(bytes, 1), of: map[*Hold]struct{}{}, room: make(chan struct{})}
}

// BudgetStats is how a budget stands.
type BudgetStats struct {
	Used int64
	Held int   // clients
	Cut  int64 // clients that were given up
}

// Stats says how it stands.
func (b *Budget) Stats() BudgetStats {
	b.mu.Lock()
	defer b.mu.Unlock()
	return BudgetStats{b.used, len(b.of), b.cut}
}

// Hold is what is held for one client.
type Hold struct {
	budget *Budget
	bytes  int64
	moved  int64
	since  time.Time
	stop   func() // gives the client up
	ended  bool   // that was done
	owed   bool   // the client has done its part
}

// Hold begins to hold for a client, no bytes at first. Stop gives the client up; it is called with the budget locked.
func (b *Budget) Hold(stop func()) *Hold {
	h := &Hold{budget: b, since: time.Now(), stop: stop}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.of[h] = struct{}{}
	return h
}

// Grow adds bytes to what is held, and waits for room if need be. What is larger than the budget counts as all of it.
func (h *Hold) Grow(ctx context.Context, bytes int64) error {
	b := h.budget
	var end <-chan time.Time
	for {
		room, wait, err := b.grow(h, bytes)
		if err != nil || room == nil {
			return err
		}
		if end == nil {
			timer := time.NewTimer(roomWait)
			defer timer.Stop()
			end = timer.C
		}
		retry := time.NewTimer(wait)
		select {
		case <-room:
		case <-retry.C:
		case <-end:
			err = ErrNoRoom
		case <-ctx.Done():
			err = ctx.Err()
		}
		retry.Stop()
		if err != nil {
			return err
		}
	}
}

// grow returns nil if there was room, or else a channel that is closed when there is more, and when to look again at the latest.
func (b *Budget) grow(h *Hold, bytes int64) (room <-chan struct{}, wait time.Duration, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		if h.ended {
			return nil, 0, ErrSlow
		}
		more := min(h.bytes+bytes, b.max) - h.bytes
		if b.used+more <= b.max {
			b.used += more
			h.bytes += more
			return nil, 0, nil
		}
		slowest, wait := b.slowest(time.Now())
		if slowest == nil {
			return b.room, wait, nil
		}
		slowest.ended = true
		slowest.stop()
		b.cut++
		b.free(slowest)
	}
}

// slowest is the client that moves the fewest bytes a second, or nil and when one may be judged.
func (b *Budget) slowest(now time.Time) (*Hold, time.Duration) {
	var worst *Hold
	var least float64
	wait := patience
	for h := range b.of {
		age := now.Sub(h.since)
		switch rate := float64(h.moved) / age.Seconds(); {
		case h.owed || h.ended || h.bytes == 0:
		case age < patience:
			wait = min(wait, patience-age)
		case worst == nil || rate < least:
			worst, least = h, rate
		}
	}
	return worst, max(wait, time.Millisecond)
}

// Moved notes that the client took or sent bytes, and calls renew, unless the client was given up: then it reports false.
func (h *Hold) Moved(bytes int64, renew func()) bool {
	h.budget.mu.Lock()
	defer h.budget.mu.Unlock()
	if h.ended {
		return false
	}
	h.moved += bytes
	renew()
	return true
}

// Owed says that the client has done its part: it is not given up any more.
func (h *Hold) Owed() {
	h.budget.mu.Lock()
	defer h.budget.mu.Unlock()
	h.owed = true
}

// Release gives back what is held. Once more does nothing.
func (h *Hold) Release() {
	if h == nil {
		return
	}
	h.budget.mu.Lock()
	defer h.budget.mu.Unlock()
	h.ended = true
	h.budget.free(h)
}

func (b *Budget) free(h *Hold) {
	b.used -= h.bytes
	h.bytes = 0
	delete(b.of, h)
	close(b.room)
	b.room = make(chan struct{})
}
