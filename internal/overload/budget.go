package overload

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Errors of Hold.Grow.
var (
	// ErrSlow: the memory was needed for others, and this client was the slowest.
	ErrSlow = errors.New("the client was too slow for how little memory there is")
	// ErrNoRoom: no memory became free in time.
	ErrNoRoom = errors.New("there is no memory left to hold this in")
)

const (
	// patience is how long a client is safe from being cut off, however slow it is.
	patience = time.Second
	// roomWait bounds the wait for memory that others hold.
	roomWait = 2 * time.Second
)

// Budget bounds the bytes that are held for clients, of request bodies or of answers. When the budget is used up, the
// client with the lowest throughput is cut off.
type Budget struct {
	max  int64
	mu   sync.Mutex
	used int64
	cut  int64
	of   map[*Hold]struct{}
	room chan struct{} // closed when bytes are released
}

// NewBudget returns a budget of a number of bytes.
func NewBudget(bytes int64) *Budget {
	return &Budget{max: max(bytes, 1), of: map[*Hold]struct{}{}, room: make(chan struct{})}
}

// BudgetStats is a snapshot of a Budget.
type BudgetStats struct {
	Used int64
	Held int   // clients
	Cut  int64 // clients that were cut off
}

// Stats returns a snapshot.
func (b *Budget) Stats() BudgetStats {
	b.mu.Lock()
	defer b.mu.Unlock()
	return BudgetStats{b.used, len(b.of), b.cut}
}

// Hold is the memory that is held for one client.
type Hold struct {
	budget *Budget
	bytes  int64
	moved  int64
	since  time.Time
	stop   func() // cuts the client off
	ended  bool   // stop was called, or the hold released
	owed   bool   // the client is not waited for any more
}

// Hold returns a hold of no bytes. stop cuts the client off; it is called with the budget locked.
func (b *Budget) Hold(stop func()) *Hold {
	h := &Hold{budget: b, since: time.Now(), stop: stop}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.of[h] = struct{}{}
	return h
}

// Grow adds bytes to the hold, and waits for room if need be. A hold larger than the budget counts as the whole budget.
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

// grow returns a nil channel if there was room. Otherwise room is closed when bytes are released, and wait is when to
// try again at the latest.
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

// slowest returns the client with the lowest throughput, or nil and how long until one may be judged.
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

// Moved counts bytes that the client sent or took, and calls renew. It reports false if the client was cut off.
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

// Owed marks that the server, not the client, is to act next: the client is not cut off any more.
func (h *Hold) Owed() {
	h.budget.mu.Lock()
	defer h.budget.mu.Unlock()
	h.owed = true
}

// Release returns the bytes to the budget. Further calls do nothing.
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
