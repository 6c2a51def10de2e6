package access

import (
	"context"
	"sync"

	"github.com/linkgraph/linkgraph/modules/api_key"
)

const (
	// maxLookUps is how many statements ask about keys at a time. Another one goes on where one waits for a lock.
	maxLookUps = 2
	// maxAsked is how many keys one statement asks about.
	maxAsked = 256
)

// lookUps ask the database about keys: all that wait are asked about in one statement, so that a flood of keys that are made up
// takes two sessions at most, and none of them stands in the way of another.
type lookUps struct {
	db DB

	mu      sync.Mutex
	waiting []*lookUp
	running int
}

// lookUp is a credential that waits for its keys.
type lookUp struct {
	credential credential
	done       chan struct{}
	found      []foundKey
	err        error
}

// find returns the live keys that a credential may be.
func (l *lookUps) find(ctx context.Context, c credential) ([]foundKey, error) {
	asked := &lookUp{credential: c, done: make(chan struct{})}
	l.mu.Lock()
	l.waiting = append(l.waiting, asked)
	if l.running < maxLookUps {
		l.running++
		go l.run()
	}
	l.mu.Unlock()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-asked.done:
		return asked.found, asked.err
	}
}

// run asks until nobody waits.
func (l *lookUps) run() {
	for {
		l.mu.Lock()
		batch := l.waiting[:min(len(l.waiting), maxAsked)]
		l.waiting = l.waiting[len(batch):]
		if len(batch) == 0 {
			l.waiting = nil
			l.running--
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
		l.ask(batch)
	}
}

func (l *lookUps) ask(batch []*lookUp) {
	ctx, cancel := context.WithTimeout(context.Background(), lookupTimeout)
	defer cancel()
	var tokens, redacted []string
	for _, asked := range batch {
		if asked.credential.kind == publishableKey {
			tokens = append(tokens, asked.credential.token)
		} else {
			redacted = append(redacted, api_key.Redact(asked.credential.token))
		}
	}
	keys, err := findKeys(ctx, l.db, tokens, redacted)
	for _, asked := range batch {
		asked.err = err
		for _, key := range keys {
			if key.mayBe(asked.credential) {
				asked.found = append(asked.found, key)
			}
		}
		close(asked.done)
	}
}
