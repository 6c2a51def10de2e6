package graph

import (
	"context"

	"github.com/linkgraph/linkgraph/graph/internal/answer"
	"github.com/linkgraph/linkgraph/graph/internal/exec"
	"github.com/linkgraph/linkgraph/graph/internal/plan"
	"github.com/linkgraph/linkgraph/internal/naming"
	"github.com/linkgraph/linkgraph/internal/overload"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

// resolver resolves the root fields about links. Those of models are generated, in graph/internal/exec. A resolver
// checks its arguments, calls a store and returns an Answer; package answer reads and writes what is below the field.
type resolver struct {
	records   *recordstore.Store
	links     *linkstore.Store
	examining chan struct{} // holds one element while links are examined
	// fault describes the error of an item that a partial call skipped.
	fault func(context.Context, error) *answer.Fault
}

// Query returns the resolvers of queries.
func (r resolver) Query() exec.QueryResolver { return queries{r, exec.Queries{}} }

// Mutation returns the resolvers of mutations.
func (r resolver) Mutation() exec.MutationResolver { return mutations{r, exec.Mutations{}} }

type queries struct {
	resolver
	exec.Queries // those of models
}

type mutations struct {
	resolver
	exec.Mutations // those of models
}

// Links resolves `links`: the links of the given pairs, in the order given. Pairs that are not linked are left out.
func (q queries) Links(ctx context.Context, links answer.Links) (answer.Answer, error) {
	return answer.ShowLinks(ctx, links.Items())
}

// LinkModule resolves `linkModule`: the link between two keys, in either order.
func (q queries) LinkModule(ctx context.Context, moduleA, keyA, moduleB, keyB string) (answer.Answer, error) {
	found := q.links.Catalog().
		Find(naming.Snake(moduleA), naming.Snake(keyA), naming.Snake(moduleB), naming.Snake(keyB))
	if len(found) == 0 {
		return answer.Null()
	}
	return answer.DescribeLink(ctx, found[0])
}

// LinkModules resolves `linkModules`: all links.
func (q queries) LinkModules(ctx context.Context) (answer.Answer, error) {
	return answer.DescribeLinks(ctx, q.links.Catalog().Links())
}

// Node resolves `node`: any record or link by its id.
func (q queries) Node(ctx context.Context, id string) (answer.Answer, error) {
	if _, err := recordstore.Normalize(&recordstore.Column{Field: "id", Type: recordstore.Text}, id); err != nil {
		return nil, plan.Invalidf("node.id", "%v", err)
	}
	model, ok, err := q.records.Locate(ctx, id)
	if err != nil {
		return nil, err
	}
	if !ok {
		return answer.Null()
	}
	return answer.RecordOf(ctx, model.Name, id)
}

// maxExamples is how many rows of a finding linkHealth shows at most.
const maxExamples = 100

// LinkHealth resolves `linkHealth`: what is wrong with links and their tables. It reads every link table, so one call runs at
// a time, and another one is refused.
func (q queries) LinkHealth(
	ctx context.Context,
	link *answer.NamedLink,
	examples, hubSize *int,
) (answer.Answer, error) {
	options := linkstore.ExamineOptions{Link: link.Name(), Examples: -1}
	if examples != nil && *examples > 0 {
		options.Examples = *examples
	}
	if hubSize != nil {
		options.HubSize = int64(*hubSize)
	}
	switch {
	case examples != nil && *examples < 0, options.Examples > maxExamples:
		return nil, plan.Invalidf("linkHealth.examples", "must be from 0 to %d", maxExamples)
	case hubSize != nil && *hubSize < 1:
		return nil, plan.Invalidf("linkHealth.hubSize", "must be at least 1")
	}
	select {
	case q.examining <- struct{}{}:
		defer func() { <-q.examining }()
	default:
		return nil, &overload.Error{Reason: overload.Full}
	}
	report, err := q.links.Examine(ctx, options)
	if err != nil {
		return nil, err
	}
	return answer.LinkHealth(ctx, report)
}

// CreateLinks resolves `createLinks`: all links in one transaction. The payload is checked against the limits before
// anything is written.
func (m mutations) CreateLinks(
	ctx context.Context,
	links answer.Links,
	replace, partial, _ *bool,
) (answer.Answer, error) {
	items := links.Items()
	if err := answer.CheckPayload(ctx, items); err != nil {
		return nil, err
	}
	results, err := answer.LinksFrom(ctx).
		Create(ctx, items, linkstore.CreateOptions{Replace: isSet(replace), Partial: isSet(partial)})
	if err != nil {
		return nil, answer.FailItems(ctx, err)
	}
	return answer.LinksCreated(ctx, results, m.fault)
}

// DismissLinks resolves `dismissLinks`: it removes exactly the given links, and no record.
func (m mutations) DismissLinks(ctx context.Context, links answer.Links, partial, _ *bool) (answer.Answer, error) {
	items := links.Items()
	if err := answer.CheckPayload(ctx, items); err != nil {
		return nil, err
	}
	results, err := answer.LinksFrom(ctx).DismissWith(ctx, items, linkstore.DismissOptions{Partial: isSet(partial)})
	if err != nil {
		return nil, answer.FailItems(ctx, err)
	}
	return answer.LinksDismissed(ctx, results, m.fault)
}

// isSet reports whether an optional argument is true.
func isSet(b *bool) bool { return b != nil && *b }

// SetLinks resolves `setLinks`: it makes the links of a record exactly the given ones.
func (m mutations) SetLinks(
	ctx context.Context,
	of answer.RecordKey,
	link answer.NamedLink,
	to answer.LinkTargets,
	_ *bool,
) (answer.Answer, error) {
	set, err := answer.NewLinkSet(ctx, of, link, to)
	if err != nil {
		return nil, answer.FailItems(ctx, err)
	}
	results, err := answer.LinksFrom(ctx).SetLinks(ctx, set.Of, set.To)
	if err != nil {
		return nil, answer.FailItems(ctx, err)
	}
	return answer.LinksSet(ctx, results)
}

// DeleteLinks resolves `deleteLinks`: it removes all links of the given records, the records on ends that cascade, the
// links of these, and so on.
func (m mutations) DeleteLinks(ctx context.Context, records answer.RecordKeys, _ *bool) (answer.Answer, error) {
	receipt, err := answer.LinksFrom(ctx).Delete(ctx, records)
	if err != nil {
		return nil, err
	}
	return answer.Receipt(ctx, receipt)
}

// RestoreLinks resolves `restoreLinks`: it restores what the latest deletion of the given records, or the named
// deletion, removed.
func (m mutations) RestoreLinks(
	ctx context.Context,
	records *answer.RecordKeys,
	deletionID *string,
	_ *bool,
) (answer.Answer, error) {
	var receipt linkstore.Receipt
	var err error
	switch {
	case records != nil && deletionID != nil:
		err = plan.Invalidf("restoreLinks", "records and deletionId exclude each other")
	case deletionID != nil:
		receipt, err = answer.LinksFrom(ctx).RestoreDeletion(ctx, *deletionID)
	case records != nil:
		receipt, err = answer.LinksFrom(ctx).Restore(ctx, *records)
	default:
		err = plan.Invalidf("restoreLinks", "give records or a deletionId")
	}
	if err != nil {
		return nil, err
	}
	return answer.Receipt(ctx, receipt)
}
