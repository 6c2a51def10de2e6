package plan

import (
	"maps"
	"math"
	"sync/atomic"

	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// Expectations say how long lists are expected to be, so that a page costs what it is likely to hold and not what it could.
// The zero value expects every page to be full. They are safe for concurrent use.
type Expectations struct{ lists atomic.Pointer[expectedLists] }

// expectedLists does not change. Plans remember which one they were counted with.
type expectedLists struct {
	atMost map[recordstore.ListOf]int
}

// margin is how much longer than expected a list counts: the sizes are means.
const margin = 1.5

// Set replaces the expectations. Sizes are rounded up in coarse steps, so that they, and the plans counted with them, stay the
// same while a table grows a little.
func (e *Expectations) Set(sizes map[recordstore.ListOf]float64) {
	next := &expectedLists{make(map[recordstore.ListOf]int, len(sizes))}
	for list, size := range sizes {
		next.atMost[list] = coarse(size * margin)
	}
	if old := e.lists.Load(); old == nil || !maps.Equal(old.atMost, next.atMost) {
		e.lists.Store(next)
	}
}

// coarse rounds up to a number of the series 2, 3, 5, 8, 12, 18, 27 and so on.
func coarse(size float64) int {
	n := 2.0
	for n < size && n < usageCap {
		n = math.Ceil(n * 1.5)
	}
	return int(n)
}

func (e *Expectations) current() *expectedLists {
	if e == nil {
		return nil
	}
	return e.lists.Load()
}

// page returns how many records a page of a list is expected to hold.
func (l *expectedLists) page(near *recordstore.Model, r *recordstore.Relation, limit int) int {
	if l == nil {
		return limit
	}
	if most, ok := l.atMost[recordstore.ListOf{Model: near.Name, Field: r.Field}]; ok {
		return min(limit, most)
	}
	return limit
}
