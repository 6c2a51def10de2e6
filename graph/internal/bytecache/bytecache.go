// Package bytecache is an LRU cache that is bounded by the bytes that its entries take, not by their number.
package bytecache

import (
	"container/list"
	"sync"
)

// Cache keeps values by key. It is safe for concurrent use.
type Cache[V any] struct {
	mu      sync.Mutex
	limit   int
	largest int
	used    int
	entries map[string]*list.Element
	recent  list.List // of entry, the most recently used first
}

type entry[V any] struct {
	key   string
	value V
	size  int
}

// New returns an empty cache whose entries take at most limit bytes together and at most largest bytes each.
func New[V any](limit, largest int) *Cache[V] {
	return &Cache[V]{limit: limit, largest: largest, entries: map[string]*list.Element{}}
}

// Get returns the value of a key, and whether the cache has it.
func (c *Cache[V]) Get(key string) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[key]
	if !ok {
		return value, false
	}
	c.recent.MoveToFront(e)
	return e.Value.(entry[V]).value, true //nolint:forcetypeassert // the list has entries alone
}

// Add keeps a value that takes size bytes besides its key, and evicts the least recently used entries to make room. A
// key that is there already keeps its value. An entry that is larger than the cache allows is not kept: it would evict
// what is asked for more often.
func (c *Cache[V]) Add(key string, value V, size int) {
	const overhead = 200 // of the entry itself, by estimate
	size += len(key) + overhead
	if size > c.largest {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.entries[key]; ok {
		return
	}
	c.entries[key] = c.recent.PushFront(entry[V]{key, value, size})
	c.used += size
	for c.used > c.limit {
		evicted := c.recent.Remove(c.recent.Back()).(entry[V]) //nolint:forcetypeassert // as above
		delete(c.entries, evicted.key)
		c.used -= evicted.size
	}
}
