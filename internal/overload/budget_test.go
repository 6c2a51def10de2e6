package overload

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"
)

func TestBudgetGivesUpTheSlowest(t *testing.T) {
	t.Parallel()
	b := NewBudget(100)
	var stopped [4]atomic.Bool
	hold := func(i int, bytes, moved int64) *Hold {
		h := b.Hold(func() { stopped[i].Store(true) })
		if err := h.Grow(t.Context(), bytes); err != nil {
			t.Fatal(err)
		}
		h.Moved(moved, func() {})
		return h
	}
	quick, slow, owed := hold(0, 40, 1000), hold(1, 40, 1), hold(2, 10, 0)
	owed.Owed()
	newest := b.Hold(func() { stopped[3].Store(true) })
	if err := newest.Grow(t.Context(), 50); err != nil { // waits until one may be judged
		t.Fatal(err)
	}
	if stopped[0].Load() || !stopped[1].Load() || stopped[2].Load() || stopped[3].Load() {
		t.Errorf("given up: %v", []bool{stopped[0].Load(), stopped[1].Load(), stopped[2].Load(), stopped[3].Load()})
	}
	renewed := false
	if slow.Moved(1, func() { renewed = true }) || renewed {
		t.Error("who was given up goes on")
	}
	if err := slow.Grow(t.Context(), 1); !errors.Is(err, ErrSlow) {
		t.Errorf("who was given up holds more: %v", err)
	}
	for _, h := range []*Hold{quick, slow, owed, newest, newest, nil} {
		h.Release()
	}
	if s := b.Stats(); s != (BudgetStats{Cut: 1}) {
		t.Errorf("in the end: %+v", s)
	}
}

func TestBudgetIsNeverPassed(t *testing.T) {
	t.Parallel()
	b := NewBudget(10)
	all := b.Hold(func() { t.Error("given up though it has done its part") })
	if err := all.Grow(t.Context(), 1000); err != nil || b.Stats().Used != 10 {
		t.Fatalf("more than there is counts as all: %v, %+v", err, b.Stats())
	}
	all.Owed()
	other := b.Hold(func() {})
	if err := other.Grow(t.Context(), 1); !errors.Is(err, ErrNoRoom) {
		t.Errorf("without room: %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := other.Grow(gone, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("a client that is gone: %v", err)
	}
	got := make(chan error, 1)
	go func() { got <- other.Grow(t.Context(), 1) }()
	time.Sleep(10 * time.Millisecond)
	all.Release()
	if err := <-got; err != nil || b.Stats().Used != 1 {
		t.Errorf("with room again: %v, %+v", err, b.Stats())
	}
}
