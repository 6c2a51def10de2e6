package graph_test

import (
	"context"
	"errors"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

// panicking is an observer that panics when customer groups are read.
type panicking struct{}

func (panicking) ExtensionName() string                   { return "panicking" }
func (panicking) Validate(graphql.ExecutableSchema) error { return nil }
func (panicking) Spent(context.Context, int)              {}
func (panicking) Planned(context.Context, bool)           {}

func (panicking) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	return next(ctx)
}

func (panicking) StartRead(
	ctx context.Context,
	requests []recordstore.Request,
	_ []int,
) (context.Context, func(error)) {
	for _, r := range requests {
		switch r := r.(type) {
		case *recordstore.List:
			if r.Model.Name == "CustomerGroup" {
				panic("customer groups")
			}
		case *recordstore.Hop:
			if r.Model.Name == "Customer" {
				panic("from customers")
			}
		}
	}
	return ctx, func(error) {}
}

// failing is an audit that cannot write what was dismissed, and panics at what was deleted.
type failing struct{}

func (failing) LinksWritten(_ context.Context, w linkstore.Written, _ *pgx.Batch) error {
	switch w.Verb {
	case linkstore.DismissLinks:
		return errors.New("no space for the audit")
	case linkstore.DeleteRecords:
		panic("no audit of deletions")
	}
	return nil
}

func (failing) RecordsWritten(_ context.Context, w recordstore.Written, _ *pgx.Batch) error {
	if w.Verb == recordstore.UpdateRecords {
		panic("no audit of changes")
	}
	return nil
}

// panickyAudit fails as failing does, but for changes of products.
type panickyAudit struct{ failing }

func (a panickyAudit) RecordsWritten(ctx context.Context, w recordstore.Written, last *pgx.Batch) error {
	if w.Model.Name == "Product" {
		return nil
	}
	return a.failing.RecordsWritten(ctx, w, last)
}

// TestCorpusOfEdges runs documents of which a part fails, or whose values have no place in the schema. Their
// documents were written by hand: to add one, write its .graphql into the file and run with -update.
func TestCorpusOfEdges(t *testing.T) {
	t.Parallel()
	db := newDemoDB(t)
	a := newAPI(t, db, graph.Config{})
	fix(t, a)
	for _, sql := range []string{
		`UPDATE product SET weight = 'NaN' WHERE id = 'prod_demo_shirt'`,
		`UPDATE product_variant SET weight = 'Infinity', length = '-Infinity' WHERE id = 'variant_demo_shirt_s'`,
		`ALTER TABLE translation ALTER COLUMN translations DROP NOT NULL`,
		`UPDATE translation SET translations = NULL WHERE id = (SELECT id FROM translation ORDER BY id LIMIT 1)`,
		`UPDATE product SET metadata = 'null' WHERE id = 'prod_demo_gift'`,
		`ALTER TABLE region RENAME COLUMN name TO gone`,
	} {
		if _, err := db.Pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	a = newAPI(t, db, graph.Config{Limits: graph.Limits{MaxCost: 50_000}, Audit: panickyAudit{}, Observer: panicking{}})
	c := &corpus{t, "edges", a.handler, db, maskWritten, nil}
	c.check(0, nil, nil)
}
