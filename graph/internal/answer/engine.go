// Package answer answers what the resolvers of root fields start: it reads what lies below them level by level, by dataloaders, and writes it,
// as package plan says.
//
// The way of an operation: Begin (request.go) finds its plan. Each resolver starts its root field (roots.go, payload.go for mutations, links.go
// and shown_links.go for links) and returns an Answer that is not yet written. Finish, after the last root field of a query and after each
// of a mutation, reads for all that were started (load.go) and writes them (write.go).
package answer

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"github.com/linkgraph/linkgraph/graph/internal/plan"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/internal/recordstore/rows"
	"github.com/linkgraph/linkgraph/linkstore"
)

// Config is what an Engine runs on.
type Config struct {
	Records *recordstore.Store
	Links   *linkstore.Store
	Limits  plan.Limits
	// Spent is told of the fields that each root field writes, if every page is full. nil means nobody is.
	Spent func(ctx context.Context, fields int)
}

// Engine answers the fields of the API.
type Engine struct {
	*plan.Compiler
	records *recordstore.Store
	links   *linkstore.Store
	linkCatalog *linkstore.Catalog // of links
	rows    rows.Pool
}

// New returns an engine.
func New(cfg Config) *Engine {
	return &Engine{
		Compiler: plan.NewCompiler(cfg.Records.Catalog(), cfg.Links.Catalog(), cfg.Limits, cfg.Spent),
		records:  cfg.Records, links: cfg.Links, linkCatalog: cfg.Links.Catalog(),
	}
}

// rootArguments are the arguments of the field that is being resolved, as the client wrote them.
func rootArguments(ctx context.Context) map[string]any {
	f := graphql.GetFieldContext(ctx).Field
	return plan.Arguments(f.Field, graphql.GetOperationContext(ctx).Variables)
}
