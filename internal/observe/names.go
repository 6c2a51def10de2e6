package observe

import (
	"context"
	"sync"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/graph/transport"
)

// Names of operations that stand for many.
const (
	anonymousName = "anonymous"
	otherName     = "other"
	// storefrontName stands for all documents that storefronts make up.
	storefrontName = "storefront"
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

// labels are the names that the metrics tell apart. Those of storefronts have places of their own, and only those of documents
// that the server was given: everyone has a publishable key, and could fill the places with names that nobody else uses.
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
