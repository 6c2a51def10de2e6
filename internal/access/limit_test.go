package access

import (
	"errors"
	"testing"
	"time"

	"github.com/linkgraph/linkgraph/graph"
)

// TestShopLimit has one address use up the limit of a key: others have their share all the same, and no more.
func TestShopLimit(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	l := newShopLimit(200)
	through := func(address string, most int) (n int) {
		for range most {
			if l.take("key", address, now) == nil {
				n++
			}
		}
		return n
	}
	if n := through("a", 1000); n != 200 {
		t.Errorf("%d requests of one address, want the whole limit", n)
	}
	if n := through("b", 1000); n != 10 {
		t.Errorf("%d requests of another address, want its share", n)
	}
	var tooMany *graph.TooManyRequestsError
	if err := l.take("key", "b", now); !errors.As(err, &tooMany) || tooMany.RetryAfter <= 0 ||
		tooMany.RetryAfter > time.Minute {
		t.Errorf("%v", err)
	}
	if l.take("another key", "a", now) != nil {
		t.Error("another key is bounded by this one")
	}
	if now = now.Add(4 * time.Minute); through("a", 1000) < 190 {
		t.Error("it does not come back")
	}
}

// TestChargedRequests takes requests that ask for much from the limit of those after them.
func TestChargedRequests(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	l := newShopLimit(200)
	for range 2 {
		if l.take("key", "a", now) != nil {
			t.Fatal("refused")
		}
		l.charge("key", "a", 120, now)
	}
	if l.take("key", "a", now) == nil {
		t.Error("two requests of 121 points are within 200")
	}
	if l.take("key", "b", now) != nil {
		t.Error("another address has lost its share")
	}
	for range 1000 {
		l.charge("key", "a", 1_000_000, now)
	}
	if l.take("key", "a", now.Add(4*time.Minute)) != nil {
		t.Error("what is owed is more than can be waited for")
	}
	var none shopLimit
	none.charge("key", "a", 1000, now)
	if none.take("key", "a", now) != nil {
		t.Error("without a limit")
	}
}
