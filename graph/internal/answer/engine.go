// Package answer runs query plans: it reads what an operation asks for and writes the answer as JSON.
//
// The way of an operation:
//
//  1. [Engine.Begin] finds the plan of the operation and makes a [Request] (request.go).
//  2. The resolver of each root field calls a function of this package: [List], [Record], [Create] and the others. It checks the
//     arguments, runs what a mutation does, and returns an [Answer] that is not written yet (roots.go, payload.go, shown_links.go).
//  3. [Finish] is called after each root field. After the last one it commits what a mutation of several fields has written
//     (writing.go), and reads and writes all fields that were started, in one snapshot (snapshot.go). Reading them together
//     saves round trips.
//  4. load.go reads level by level: all hops of a level are keys of one dataloader, whose batch is one round trip.
//  5. write.go writes the fields in the order of the plan, from the cells of row buffers.
package answer

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"github.com/linkgraph/linkgraph/graph/internal/plan"
	"github.com/linkgraph/linkgraph/internal/lazytx"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/internal/recordstore/rows"
	"github.com/linkgraph/linkgraph/linkstore"
)

// Config says what an Engine reads from. Records and Links are required.
type Config struct {
	Records *recordstore.Store
	Links   *linkstore.Store
	Limits  plan.Limits
	// Expect says how long lists are expected to be. nil means that every page is full.
	Expect *plan.Expectations
	// Spent is called for each root field with the number of fields that it is expected to write. It may be nil.
	Spent func(ctx context.Context, fields int)
	// NoSnapshot has each statement read what is there when it runs. It is for tests of what snapshots are good for.
	NoSnapshot bool
}

// Engine answers operations. It is safe for concurrent use.
type Engine struct {
	*plan.Compiler
	records     *recordstore.Store
	links       *linkstore.Store
	linkCatalog *linkstore.Catalog // what links there are
	rows        rows.Pool
	reading     lazytx.Options // of the transaction in which an answer is read
}

// New returns an engine. A limit of zero takes its default.
func New(cfg Config) *Engine {
	reading := lazytx.Snapshot()
	if cfg.NoSnapshot {
		reading = lazytx.Moments()
	}
	return &Engine{
		Compiler: plan.NewCompiler(cfg.Records.Catalog(), cfg.Links.Catalog(), cfg.Limits, cfg.Expect, cfg.Spent),
		records:  cfg.Records, links: cfg.Links, linkCatalog: cfg.Links.Catalog(), reading: reading,
	}
}

// rootArguments are the arguments of the field that is being resolved. Numbers are as the client wrote them.
func rootArguments(ctx context.Context) map[string]any {
	f := graphql.GetFieldContext(ctx).Field
	return plan.Arguments(f.Field, graphql.GetOperationContext(ctx).Variables)
}
