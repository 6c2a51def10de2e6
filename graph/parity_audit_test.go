package graph_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"linkgraph/graph"
	"linkgraph/linkstore"
	"linkgraph/modules"
)

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

func (failing) RecordsWritten(_ context.Context, w modules.Written, _ *pgx.Batch) error {
	if w.Verb == modules.UpdateRecords {
		panic("no audit of changes")
	}
	return nil
}

// TestParityOfFailingMutations compares mutations of which a part fails: what was done before and after stays.
func TestParityOfFailingMutations(t *testing.T) {
	t.Parallel()
	tw := newTwins(t, graph.Config{Audit: failing{}}, false)
	const link = `links: [{ product: { productId: "prod_demo_shirt" }, salesChannel: { salesChannelId: "sc_demo_web" } }]`
	for _, query := range []string{
		`mutation { dismissLinks(` + link + `) { results { outcome } } }`,
		`mutation { a: createLinks(` + link + `) { results { outcome } } b: dismissLinks(` + link + `) { results { outcome } } c: createSalesChannels(input: [{ name: "c" }]) { salesChannels { name } } }`,
		`mutation { a: deleteProducts(ids: ["prod_demo_shirt"]) { deletionId } b: createSalesChannels(input: [{ name: "b" }]) { salesChannels { name } } }`,
		`mutation { a: updateSalesChannels(input: [{ id: "sc_demo_web", name: "a" }]) { salesChannels { name } } b: updateSalesChannels(input: [{ id: "none", name: "b" }]) { salesChannels { name } } }`,
		`mutation { createSalesChannels(input: [{ name: "d" }]) { salesChannels { name products(first: 1000) { totalCount } } } }`,
	} {
		answer := string(tw.check(query, nil))
		if !strings.Contains(answer, `"data":null`) || !strings.Contains(answer, `"errors"`) {
			t.Errorf("%s answers %s", query, answer)
		}
	}
	const list = `{ salesChannels(orderBy: [{ name: ASC }]) { nodes { name } } }`
	if got := string(tw.check(list, nil)); !strings.Contains(got, `{"name":"b"}`) || !strings.Contains(got, `{"name":"c"}`) {
		t.Errorf("what fields beside those that failed have made: %s", got)
	} else if strings.Contains(got, `{"name":"d"}`) {
		t.Errorf("what could not be shown was written: %s", got)
	}
	tw.checkEvents()
}
