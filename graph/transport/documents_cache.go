package transport

import (
	ordered "container/list"
	"sync"
)

// byteCache keeps values by key up to a number of bytes, and lets go of those that were asked for longest ago.
type byteCache[V any] struct {
	mu      sync.Mutex
	limit   int
	used    int
	entries map[string]*ordered.Element
	recent  ordered.List // of cacheEntry, the latest first
}

type cacheEntry[V any] struct {
	key   string
	value V
	size  int
}

func newByteCache[V any](limit int) *byteCache[V] {
	return &byteCache[V]{limit: limit, entries: map[string]*ordered.Element{}}
}

func (c *byteCache[V]) get(key string) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[key]
	if !ok {
		return value, false
	}
	c.recent.MoveToFront(e)
	return e.Value.(cacheEntry[V]).value, true //nolint:forcetypeassert // the list has entries alone
}

// add keeps a value that takes size bytes besides the key. One that takes more than a tenth of all is not kept: it would
// drive out what is asked for more often.
func (c *byteCache[V]) add(key string, value V, size int) {
	const overhead = 200 // the entry itself, by estimate
	size += len(key) + overhead
	if size > c.limit/10 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.entries[key]; ok {
		return
	}
	c.entries[key] = c.recent.PushFront(cacheEntry[V]{key, value, size})
	c.used += size
	for c.used > c.limit {
		oldest := c.recent.Back()
		gone := c.recent.Remove(oldest).(cacheEntry[V]) //nolint:forcetypeassert // as above
		delete(c.entries, gone.key)
		c.used -= gone.size
	}
}
