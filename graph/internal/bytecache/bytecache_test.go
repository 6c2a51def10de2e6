package bytecache

import (
	"fmt"
	"testing"
)

// TestCache fills a cache far beyond its limit.
func TestCache(t *testing.T) {
	t.Parallel()
	c := New[int](10_000, 1000)
	for i := range 1000 {
		c.Add(fmt.Sprint("key", i), i, 300)
		if _, ok := c.Get("key0"); !ok { // asked for again and again, so it stays
			t.Fatalf("key0 is gone after %d", i)
		}
		if c.used > 10_000 || len(c.entries) != c.recent.Len() {
			t.Fatalf("%d bytes in %d entries", c.used, len(c.entries))
		}
	}
	if _, ok := c.Get("key1"); ok {
		t.Error("key1 is there still")
	}
	if v, ok := c.Get("key999"); !ok || v != 999 {
		t.Error("key999 is not there")
	}
	c.Add("large", 1, 1000)
	if _, ok := c.Get("large"); ok {
		t.Error("an entry that is too large is kept")
	}
	c.Add("key999", 1, 1)
	if v, _ := c.Get("key999"); v != 999 {
		t.Error("an entry was replaced")
	}
}
