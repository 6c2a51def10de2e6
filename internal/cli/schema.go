package cli

import (
	"io"

	"github.com/linkgraph/linkgraph/graph"
)

type schemaCommand struct {
	Storefront bool `help:"Print the schema of storefronts."`
}

// Run prints the schema in the schema language.
func (c *schemaCommand) Run(s *streams) error {
	schema := graph.Schema
	if c.Storefront {
		schema = graph.StorefrontSchema
	}
	_, err := io.WriteString(s.out, schema())
	return err
}
