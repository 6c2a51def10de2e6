package lazytx

import (
	"context"
	"math/rand/v2"
	"time"
)

// Tries is how often a transaction is run when Postgres ends it for the sake of another one.
const Tries = 10

// Pause waits before a transaction is run again after so many tries: for a while that is random, so that two transactions that
// ran into each other do not do so again. It returns the error of a context that has ended.
func Pause(ctx context.Context, tries int) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(rand.N(time.Millisecond << min(tries, 6))):
		return nil
	}
}
