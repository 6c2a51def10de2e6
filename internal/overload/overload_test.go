package overload

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func waitFor(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

func enter(t *testing.T, l *Limiter, caller string) *Place {
	t.Helper()
	p, err := l.Enter(t.Context(), caller)
	if err != nil {
		t.Fatalf("%s: %v", caller, err)
	}
	return p
}

func reasonOf(err error) Reason {
	var e *Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

func TestQueue(t *testing.T) {
	t.Parallel()
	l := New(Config{Running: 2, Queued: 1, Wait: time.Minute})
	first, second := enter(t, l, "a"), enter(t, l, "a")
	var done sync.WaitGroup
	done.Go(func() {
		p, err := l.Enter(t.Context(), "a")
		if err != nil {
			t.Errorf("one that waited: %v", err)
		}
		p.Leave()
		p.Leave() // once more does nothing
	})
	waitFor(t, "one waits", func() bool { return l.Stats().Queued == 1 })
	if _, err := l.Enter(t.Context(), "a"); reasonOf(err) != Full || err.Error() == "" {
		t.Errorf("one too many: %v", err)
	}
	first.Leave()
	done.Wait()
	second.Leave()
	if s := l.Stats(); s.Running != 0 || s.Queued != 0 || s.Rejected[Full] != 1 {
		t.Errorf("in the end: %+v", s)
	}
}

func TestWaitEnds(t *testing.T) {
	t.Parallel()
	l := New(Config{Running: 1, Queued: 5, Wait: 20 * time.Millisecond})
	p := enter(t, l, "a")
	if _, err := l.Enter(t.Context(), "b"); reasonOf(err) != TooLong {
		t.Errorf("past the time: %v", err)
	}
	patient := New(Config{Running: 1, Queued: 5, Wait: time.Minute})
	enter(t, patient, "a")
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := patient.Enter(gone, "b"); reasonOf(err) != Gone || patient.Stats().Rejected[Gone] != 1 {
		t.Errorf("a client that is gone: %v", err)
	}
	p.Leave()
	if s := l.Stats(); s.Rejected[TooLong] != 1 || s.Queued != 0 || s.Running != 0 {
		t.Errorf("in the end: %+v", s)
	}
	enter(t, l, "c").Leave()
}

// TestFairness has one caller send a flood. The other gets the next place, and room in the queue.
func TestFairness(t *testing.T) {
	t.Parallel()
	l := New(Config{Running: 2, Queued: 4, Wait: time.Minute})
	one, _ := enter(t, l, "flood"), enter(t, l, "flood")
	var refused atomic.Int64
	for range 6 {
		go func() {
			if _, err := l.Enter(t.Context(), "flood"); reasonOf(err) == Full {
				refused.Add(1)
			}
		}()
	}
	waitFor(t, "the queue is full", func() bool { return l.Stats().Queued == 4 && refused.Load() == 2 })
	let := make(chan *Place, 1)
	go func() {
		p, err := l.Enter(t.Context(), "other")
		if err != nil {
			t.Errorf("the other: %v", err)
		}
		let <- p
	}()
	waitFor(t, "one of the flood made room", func() bool { return refused.Load() == 3 && l.Stats().Queued == 4 })
	one.Leave()
	(<-let).Leave() // before those of the flood, which came earlier
}

// TestDearRequests take places of their own, however many there are.
func TestDearRequests(t *testing.T) {
	t.Parallel()
	l := New(Config{Running: 2, Dear: 1, Queued: 1, Wait: time.Minute})
	first := enter(t, l, "a")
	if err := first.Dear(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := first.Dear(t.Context()); err != nil { // it is one already
		t.Fatal(err)
	}
	second, got := enter(t, l, "a"), make(chan error, 1)
	go func() { got <- second.Dear(t.Context()) }()
	waitFor(t, "a dear one waits", func() bool { return l.Stats().Queued == 1 })
	third := enter(t, l, "a")
	if err := third.Dear(t.Context()); reasonOf(err) != Full {
		t.Errorf("one too many: %v", err)
	}
	third.Leave()
	if s := l.Stats(); s.Running != 1 || s.Dear != 1 || s.Rejected[Full] != 1 {
		t.Errorf("dear ones took places of others: %+v", s)
	}
	for range 2 {
		defer enter(t, l, "a").Leave()
	}
	first.Leave()
	if err := <-got; err != nil {
		t.Error(err)
	}
	second.Leave()
	if s := l.Stats(); s.Dear != 0 || s.Queued != 0 {
		t.Errorf("in the end: %+v", s)
	}
}

func TestNoGate(t *testing.T) {
	t.Parallel()
	for _, g := range []*Gate{nil, {}} {
		p, err := g.Enter(t.Context(), "a")
		if err != nil || p.Dear(t.Context()) != nil {
			t.Errorf("%v", err)
		}
		p.Leave()
	}
}

// TestStalled counts from when places last changed hands, and only while somebody asked for one in vain.
func TestStalled(t *testing.T) {
	t.Parallel()
	l := New(Config{Running: 1, Queued: 0, Wait: time.Minute})
	p := enter(t, l, "a")
	later := func() time.Duration { return l.usual.stalled(time.Now().Add(time.Hour)) }
	if later() != 0 {
		t.Error("nobody asked")
	}
	if _, err := l.Enter(t.Context(), "b"); reasonOf(err) != Full {
		t.Error(err)
	}
	if later() < time.Hour/2 || l.Stalled() > time.Minute {
		t.Errorf("an hour later: %s", later())
	}
	p.Leave()
	if later() != 0 {
		t.Error("a place is free")
	}
	enter(t, l, "a")
	if later() != 0 {
		t.Error("nobody asked since")
	}
}

// TestFlood sends far more than can be taken, of several callers. Everyone is answered, no more run than may, nothing
// is left.
func TestFlood(t *testing.T) {
	t.Parallel()
	var running, most, served, refused, gone atomic.Int64
	l := New(Config{Running: 4, Dear: 2, Queued: 8, Wait: time.Minute})
	var done sync.WaitGroup
	for i := range 2000 {
		done.Go(func() {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			if i%7 == 0 {
				go cancel()
			}
			p, err := l.Enter(ctx, string(rune('a'+i%3)))
			if err == nil && i%5 == 0 {
				err = p.Dear(ctx)
			}
			switch reasonOf(err) {
			case "":
				n := running.Add(1)
				for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
				}
				time.Sleep(time.Millisecond)
				running.Add(-1)
				served.Add(1)
				p.Leave()
			case Gone:
				gone.Add(1)
			default:
				refused.Add(1)
			}
		})
	}
	done.Wait()
	s := l.Stats()
	if most.Load() > 6 || served.Load() == 0 || s.Rejected[Full] != refused.Load() || s.Rejected[Gone] != gone.Load() {
		t.Errorf(
			"at most %d ran, %d served, %d refused, %d gone: %+v",
			most.Load(),
			served.Load(),
			refused.Load(),
			gone.Load(),
			s,
		)
	}
	if s.Running != 0 || s.Queued != 0 || len(l.usual.callers) != 0 || len(l.dear.callers) != 0 {
		t.Errorf("left behind: %+v, %v", s, l.usual.callers)
	}
}
