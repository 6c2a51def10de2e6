package access

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/sync/semaphore"
)

// errPutOff says that a key was not looked at, because its address guesses too much and others wait already.
var errPutOff = errors.New("put off")

// suspects bound the hashing of keys from addresses that guess too much. A guess costs a hash only where the database has a key
// of which the same is shown, so this is a flood by one who knows that of a key: of each such key one guess is at work for an
// address, and other keys go on beside it.
type suspects struct {
	running *semaphore.Weighted

	mu      sync.Mutex
	pending map[string]int  // look-ups of keys that were never seen, by address
	waiting map[string]bool // by address and what is shown of the key
}

func newSuspects() *suspects {
	return &suspects{running: semaphore.NewWeighted(1), pending: map[string]int{}, waiting: map[string]bool{}}
}

// begin says whether a key that was never seen comes from an address that guesses too much. What is looked up for it counts as
// guesses until it is found. end is to be called when this one is.
func (s *suspects) begin(address string, left float64) (suspect bool, end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	suspect = left-float64(s.pending[address]) < 1
	s.pending[address]++
	return suspect, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.pending[address]--; s.pending[address] == 0 {
			delete(s.pending, address)
		}
	}
}

// enter waits until a key from an address that guesses too much may be hashed. leave is to be called then.
func (s *suspects) enter(ctx context.Context, address, shown string) (leave func(), err error) {
	key := address + " " + shown
	s.mu.Lock()
	if s.waiting[key] || len(s.waiting) >= maxSuspects {
		s.mu.Unlock()
		return nil, errPutOff
	}
	s.waiting[key] = true
	s.mu.Unlock()
	if err := s.running.Acquire(ctx, 1); err != nil {
		s.forget(key)
		return nil, err
	}
	return func() {
		s.running.Release(1)
		s.forget(key)
	}, nil
}

func (s *suspects) forget(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.waiting, key)
}
