package access

import (
	"context"
	"crypto/subtle"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/semaphore"
	"golang.org/x/sync/singleflight"

	"linkgraph/graph"
	"linkgraph/modules/api_key"
)

const (
	// maxSeen bounds what is remembered of keys that were good, maxUnknown of those that were not.
	maxSeen, maxUnknown = 8192, 8192
	// maxHashes is how many secret keys are hashed at a time: each takes a core and 16 MB for tens of milliseconds.
	maxHashes = 2
	// lookupTimeout ends a look-up that nobody may be waiting for any more.
	lookupTimeout = 10 * time.Second
)

// sighting is a key that was good.
type sighting struct {
	caller graph.Caller
	until  time.Time // it need not be asked for again before
	kept   string    // the hash that the database has of a secret key: while it has it, the token need not be hashed again
}

// keyring knows API keys.
type keyring struct {
	db       DB
	now      func() time.Time
	cacheFor time.Duration
	seen     *lru.Cache[digest, sighting]
	unknown  *lru.Cache[digest, time.Time] // until when a key need not be asked for again
	flights  singleflight.Group
	hashes   *semaphore.Weighted
	guesses  *buckets
	uses     *uses
}

func newKeyring(cfg Config, guesses *buckets) *keyring {
	return &keyring{
		db: cfg.DB, now: cfg.Now, cacheFor: cfg.CacheFor,
		seen: newLRU[digest, sighting](maxSeen), unknown: newLRU[digest, time.Time](maxUnknown),
		hashes: semaphore.NewWeighted(maxHashes), guesses: guesses, uses: newUses(cfg.DB, cfg.Log),
	}
}

// caller returns whose key it is. A key that was never seen to be good counts as a guess of the address, before anything is
// spent on it.
func (k *keyring) caller(ctx context.Context, c credential, address string) (graph.Caller, error) {
	d, now := digestOf(c.kind, c.token), k.now()
	s, seen := k.seen.Get(d)
	if seen && now.Before(s.until) {
		return s.caller, nil
	}
	if !seen {
		if err := k.guesses.take(address, now); err != nil {
			return graph.Caller{}, err
		}
		if until, ok := k.unknown.Get(d); ok && now.Before(until) {
			return graph.Caller{}, notAccepted()
		}
	}
	// Requests with one key wait for one look-up. It outlives the request that began it, for the others.
	answer := k.flights.DoChan(string(d[:]), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.Background(), lookupTimeout)
		defer cancel()
		return k.look(ctx, c, d)
	})
	select {
	case <-ctx.Done():
		return graph.Caller{}, ctx.Err()
	case r := <-answer:
		caller, _ := r.Val.(graph.Caller)
		return caller, r.Err
	}
}

// look asks the database, and remembers its answer from the moment it was asked.
func (k *keyring) look(ctx context.Context, c credential, d digest) (graph.Caller, error) {
	until := k.now().Add(k.cacheFor)
	found, ok, err := k.find(ctx, c, d)
	if err != nil {
		return graph.Caller{}, err
	}
	if !ok {
		k.seen.Remove(d)
		k.unknown.Add(d, until)
		return graph.Caller{}, notAccepted()
	}
	s := sighting{caller: found.caller(), until: until}
	if c.kind == secretKey {
		s.kept = found.Token
	}
	k.seen.Add(d, s)
	k.uses.note(found)
	return s.caller, nil
}

// find returns the key with this token.
func (k *keyring) find(ctx context.Context, c credential, d digest) (found foundKey, ok bool, err error) {
	candidates, err := findKeys(ctx, k.db, c)
	if err != nil {
		return foundKey{}, false, err
	}
	if c.kind == publishableKey {
		if len(candidates) == 0 {
			return foundKey{}, false, nil
		}
		return candidates[0], true, nil
	}
	s, _ := k.seen.Peek(d)
	for _, key := range candidates {
		if s.kept != "" && s.kept == key.Token {
			return key, true, nil
		}
	}
	for _, key := range candidates {
		hash, err := k.hash(ctx, c.token, key.Salt)
		if err != nil {
			return foundKey{}, false, err
		}
		if subtle.ConstantTimeCompare([]byte(hash), []byte(key.Token)) == 1 {
			return key, true, nil
		}
	}
	return foundKey{}, false, nil
}

// hash is api_key.Hash, a few at a time.
func (k *keyring) hash(ctx context.Context, token, salt string) (string, error) {
	if err := k.hashes.Acquire(ctx, 1); err != nil {
		return "", err
	}
	defer k.hashes.Release(1)
	return api_key.Hash(token, salt)
}
