package graph

import "github.com/linkgraph/linkgraph/linkstore"

// WithoutSnapshots has the statements of an answer read at different moments.
func (g *Graph) WithoutSnapshots() error {
	g.noSnapshots = true
	return g.build(g.Records.Catalog(), g.Links.Catalog(), linkstore.Config{})
}
