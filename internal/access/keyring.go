package access

import (
	"context"
	"crypto/subtle"
	"errors"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/semaphore"
	"golang.org/x/sync/singleflight"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/modules/api_key"
)

const (
	// maxSeen bounds what is remembered of keys that were good, maxUnknown of those that were not.
	maxSeen, maxUnknown = 8192, 8192
	// maxHashes is how many secret keys are hashed at a time: each takes a core and 16 MB for tens of milliseconds.
	maxHashes = 2
	// maxSuspects is how many of them, running or waiting, may come from addresses that guess too much: one runs, so that the
	// other place is for the rest, and few wait.
	maxSuspects = 4
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
	now      func() time.Time
	cacheFor time.Duration
	lookUps  *lookUps
	seen     *lru.Cache[digest, sighting]
	unknown  *lru.Cache[digest, time.Time] // until when a key need not be asked for again
	flights  singleflight.Group
	hashes   *semaphore.Weighted
	suspects *suspects
	guesses  *buckets
	uses     *uses
}

func newKeyring(cfg Config, guesses *buckets) *keyring {
	return &keyring{
		now: cfg.Now, cacheFor: cfg.CacheFor, lookUps: &lookUps{db: cfg.DB}, suspects: newSuspects(),
		seen: newLRU[digest, sighting](maxSeen), unknown: newLRU[digest, time.Time](maxUnknown),
		hashes: semaphore.NewWeighted(maxHashes), guesses: guesses, uses: newUses(cfg.DB, cfg.Log),
	}
}

// caller returns whose key it is. A key counts as a guess of the address when it was looked for and is not there: an address
// that guessed too much is then told to wait, and a good key from there gets in all the same, the first time too.
func (k *keyring) caller(ctx context.Context, c credential, address string) (graph.Caller, error) {
	d, now := digestOf(c.kind, c.token), k.now()
	s, seen := k.seen.Get(d)
	if seen && now.Before(s.until) {
		return s.caller, nil
	}
	if until, ok := k.unknown.Get(d); ok && !seen && now.Before(until) {
		return graph.Caller{}, k.guessed(address)
	}
	suspect, end := false, func() {}
	if !seen {
		suspect, end = k.suspects.begin(address, k.guesses.left(address, now))
	}
	// Requests with one key wait for one look-up. It outlives the request that began it, for the others. Those of addresses that
	// guess too much have one of their own: it may be put off.
	from, flight := "", string(d[:])
	if suspect {
		from = address
		flight += address
	}
	answer := k.flights.DoChan(flight, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.Background(), lookupTimeout)
		defer cancel()
		return k.look(ctx, c, d, from)
	})
	select {
	case <-ctx.Done():
		go func() { // a client that hangs up has guessed all the same
			_, _ = k.settle(<-answer, address)
			end()
		}()
		return graph.Caller{}, ctx.Err()
	case r := <-answer:
		end()
		return k.settle(r, address)
	}
}

// settle makes an answer to a request of what was found.
func (k *keyring) settle(r singleflight.Result, address string) (graph.Caller, error) {
	switch {
	case errors.Is(r.Err, errPutOff):
		return graph.Caller{}, k.guesses.refusal(address, k.now())
	case errors.Is(r.Err, graph.ErrUnauthenticated):
		return graph.Caller{}, k.guessed(address)
	}
	caller, _ := r.Val.(graph.Caller)
	return caller, r.Err
}

// guessed counts a guess, and says what it is answered.
func (k *keyring) guessed(address string) error {
	if err := k.guesses.take(address, k.now()); err != nil {
		return err
	}
	return notAccepted()
}

// look asks the database, and remembers its answer from the moment it was asked. suspect is an address that guesses too much, or
// "".
func (k *keyring) look(ctx context.Context, c credential, d digest, suspect string) (graph.Caller, error) {
	until := k.now().Add(k.cacheFor)
	found, ok, err := k.find(ctx, c, d, suspect)
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
func (k *keyring) find(
	ctx context.Context,
	c credential,
	d digest,
	suspect string,
) (found foundKey, ok bool, err error) {
	candidates, err := k.lookUps.find(ctx, c)
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
	if len(candidates) == 0 {
		return foundKey{}, false, nil
	}
	if suspect != "" {
		leave, err := k.suspects.enter(ctx, suspect, candidates[0].Redacted)
		if err != nil {
			return foundKey{}, false, err
		}
		defer leave()
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
