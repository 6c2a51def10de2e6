package observe

import "sync"

// Names of operations that stand for many.
const (
	anonymousName = "anonymous"
	otherName     = "other"
)

// longestName is the longest name that the metrics carry, in bytes.
const longestName = 100

// names keeps the names of operations that the metrics tell apart: the first that come. Clients make names up, and each is a
// set of time series.
type names struct {
	max  int
	seen sync.Map // string to nothing

	mu    sync.Mutex
	count int
}

// label is what the metrics call an operation.
func (n *names) label(name string) string {
	if name == "" {
		return anonymousName
	}
	if _, ok := n.seen.Load(name); ok {
		return name
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.count >= n.max || len(name) > longestName {
		return otherName
	}
	if _, loaded := n.seen.LoadOrStore(name, nil); !loaded {
		n.count++
	}
	return name
}
