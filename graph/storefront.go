package graph

import (
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"

	"github.com/linkgraph/linkgraph/graph/internal/exec"
	"github.com/linkgraph/linkgraph/graph/internal/plan"
	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// Schema returns the schema that admins see, in the schema language.
func Schema() string {
	var b strings.Builder
	formatter.NewFormatter(&b, formatter.WithIndent("  ")).
		FormatSchema(exec.NewExecutableSchema(exec.Config{}).Schema())
	return b.String()
}

// StorefrontSchema returns the schema that storefronts see, in the schema language.
func StorefrontSchema() string { return exec.StorefrontSchema }

func storefrontSchema() (*ast.Schema, error) {
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "storefront", Input: exec.StorefrontSchema})
	if err != nil {
		return nil, fmt.Errorf("graph: schema of storefronts: %w", err)
	}
	return schema, nil
}

// DefaultLimits returns what the zero values of Config.Limits and Config.StorefrontLimits stand for.
func DefaultLimits() (admins, storefronts Limits) {
	storefronts = storefrontLimits(Limits{})
	admins.Complete()
	storefronts.Complete()
	return admins, storefronts
}

// storefrontLimits sets the zero fields that have lower defaults for storefronts than for admins.
func storefrontLimits(l Limits) Limits {
	l.OrDefault(Limits{
		MaxDepth:      12,
		MaxIn:         200,
		MaxConditions: 100,
		MaxValues:     2000,
		MaxValueBytes: 64 << 10,
		MaxSearch:     1000,
		MaxCost:       2_000_000,
		MaxAnswer:     32 << 20,
	})
	return l
}

// narrowed returns a record store that has only what storefronts see.
func (g *Graph) narrowed(models *recordstore.Catalog, cfg recordstore.Config) (*recordstore.Store, error) {
	narrow, err := plan.Narrow(models, exec.Storefront())
	if err != nil {
		return nil, fmt.Errorf("graph: %w", err)
	}
	return recordstore.New(g.storefrontDB(), narrow, cfg), nil
}
