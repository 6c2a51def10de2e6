package observe

import (
	"context"
	"sync"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/graph/transport"
)

// Labels that stand for many operations.
const (
	anonymousName = "anonymous"
	otherName     = "other"
	// storefrontName labels every storefront operation that is not a trusted document.
	storefrontName = "storefront"
)

// longestName is the length of the longest operation name that becomes a label, in bytes.
const longestName = 100

// names holds the operation names that get labels of their own: the first ones seen, up to a maximum. Clients choose
// names, and each name adds a set of time series.
type names struct {
	max  int
	seen sync.Map // set of strings

	mu    sync.Mutex
	count int
}

// labels holds the labels of operations. Storefronts have a set of their own, and only trusted documents enter it: a
// publishable key is public, so its holders could otherwise use up all labels.
type labels struct{ admins, storefronts names }

func (l *labels) label(ctx context.Context, name string) string {
	switch c, _ := graph.CallerFrom(ctx); {
	case !c.Storefront:
		return l.admins.label(name)
	case transport.Trusted(ctx):
		return l.storefronts.label(name)
	}
	return storefrontName
}

// label returns the label for an operation's name.
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
