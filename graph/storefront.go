package graph

import (
	"fmt"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"linkgraph/graph/internal/exec"
	"linkgraph/graph/internal/resolve"
	"linkgraph/modules"
)

// StorefrontSchema returns the schema that storefronts see, in the schema language.
func StorefrontSchema() string { return exec.StorefrontSchema }

func storefrontSchema() (*ast.Schema, error) {
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "storefront", Input: exec.StorefrontSchema})
	if err != nil {
		return nil, fmt.Errorf("graph: schema of storefronts: %w", err)
	}
	return schema, nil
}

// storefrontLimits are what Config.StorefrontLimits is without a word: less than an admin may ask for.
func storefrontLimits(l Limits) Limits {
	for _, f := range []struct {
		limit *int
		value int
	}{{&l.MaxDepth, 12}, {&l.MaxIn, 200}, {&l.MaxConditions, 50}, {&l.MaxCost, 200_000}} {
		if *f.limit == 0 {
			*f.limit = f.value
		}
	}
	return l
}

// narrowed returns the store of what storefronts see.
func (g *Graph) narrowed(models *modules.Catalog, cfg modules.Config) (*modules.Store, error) {
	narrow, err := resolve.Narrow(models, exec.Storefront())
	if err != nil {
		return nil, fmt.Errorf("graph: %w", err)
	}
	return modules.New(g.db, narrow, cfg), nil
}
