package access

import (
	"math"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"

	"github.com/linkgraph/linkgraph/graph"
)

// maxBuckets bounds the memory of a limit. The caller that was idle the longest is forgotten first, and starts afresh.
const maxBuckets = 16384

// buckets bound the requests of each caller by themselves. nil bounds nothing.
type buckets struct {
	perMinute int
	of        *lru.Cache[string, *rate.Limiter]
}

func newBuckets(perMinute int) *buckets {
	if perMinute <= 0 {
		return nil
	}
	return &buckets{perMinute, newLRU[string, *rate.Limiter](maxBuckets)}
}

// take counts a request. Its error is *graph.TooManyRequestsError.
func (b *buckets) take(key string, now time.Time) error {
	if b == nil {
		return nil
	}
	limiter := b.limiter(key)
	if limiter.AllowN(now, 1) {
		return nil
	}
	return tooMany(limiter, now)
}

// charge counts more of a request that was let through, whether there is as much left or not: what is missing is missing to the
// requests after it.
func (b *buckets) charge(key string, points int, now time.Time) {
	if b == nil || points <= 0 {
		return
	}
	limiter := b.limiter(key)
	if limiter.TokensAt(now) > -float64(limiter.Burst()) { // a minute's worth is enough to wait for
		limiter.ReserveN(now, min(points, limiter.Burst()))
	}
}

// shares is in how many addresses the limit of a publishable key is divided once it is used up.
const shares = 20

// shopLimit bounds the requests with each publishable key. Everyone has such a key: what one address uses up must not be missing to
// the others, so each address has a share of its own where nothing is left for all.
type shopLimit struct{ all, each *buckets }

func newShopLimit(perMinute int) shopLimit {
	if perMinute <= 0 {
		return shopLimit{}
	}
	return shopLimit{newBuckets(perMinute), newBuckets(max(perMinute/shares, 1))}
}

// take counts a request of a key from an address. Its error is *graph.TooManyRequestsError, with the shorter of the two times to wait.
func (l shopLimit) take(key, address string, now time.Time) error {
	share := key + " " + address
	if l.all.left(key, now) < 1 && l.each.left(share, now) < 1 {
		if l.all.wait(key, now) < l.each.wait(share, now) {
			return l.all.refusal(key, now)
		}
		return l.each.refusal(share, now)
	}
	l.charge(key, address, 1, now)
	return nil
}

func (l shopLimit) charge(key, address string, points int, now time.Time) {
	l.all.charge(key, points, now)
	l.each.charge(key+" "+address, points, now)
}

// left is how many requests take would let through at once.
func (b *buckets) left(key string, now time.Time) float64 {
	if b == nil {
		return math.Inf(1)
	}
	return b.limiter(key).TokensAt(now)
}

// refusal is what take says of a request that it refuses.
func (b *buckets) refusal(key string, now time.Time) error { return tooMany(b.limiter(key), now) }

func (b *buckets) limiter(key string) *rate.Limiter {
	limiter, ok := b.of.Get(key)
	if !ok {
		limiter = rate.NewLimiter(rate.Limit(float64(b.perMinute)/60), b.perMinute)
		if other, ok, _ := b.of.PeekOrAdd(key, limiter); ok {
			limiter = other
		}
	}
	return limiter
}

// wait is how long it takes until take lets a request through.
func (b *buckets) wait(key string, now time.Time) time.Duration { return waitOf(b.limiter(key), now) }

func waitOf(limiter *rate.Limiter, now time.Time) time.Duration {
	missing := max(0, 1-limiter.TokensAt(now))
	return time.Duration(missing / float64(limiter.Limit()) * float64(time.Second))
}

func tooMany(limiter *rate.Limiter, now time.Time) error {
	return &graph.TooManyRequestsError{RetryAfter: waitOf(limiter, now)}
}

// newLRU returns a cache of a fixed size that is above zero.
func newLRU[K comparable, V any](size int) *lru.Cache[K, V] {
	cache, err := lru.New[K, V](size)
	if err != nil {
		panic(err) // a size below one
	}
	return cache
}
