package answer

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"

	"github.com/linkgraph/linkgraph/graph/internal/plan"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/internal/recordstore/rows"
	"github.com/linkgraph/linkgraph/linkstore"
)

// mutationResult is what a mutation did.
type mutationResult struct {
	outcomes   []linkstore.Outcome // of links, by index of the input
	faults     []*Fault            // of links, by index of the input; nil if there are none
	replaced   []shownLinks        // links that made room, by index of the input; nil if there are none
	deletionID string
	records    []linkstore.Records
	linkCounts []linkCount           // by name
	created    []recordstore.Created // records, by index of the input
	committed  bool                  // the mutation was done: later errors concern the answer alone
}

// newPayload starts the payload of a mutation that was done. Later errors say so.
func newPayload(ctx context.Context) *rootField {
	r := newRootField(ctx)
	r.LayOutPayload(r.request.op)
	r.result.committed = true
	r.links, r.request.payloadLinks = r.request.payloadLinks, shownLinks{}
	r.writeValue = func() error { return r.writePayload(r.Payload.Fields) }
	_, _ = r.start(nil)
	return r
}

// CheckPayload returns a *plan.LimitError if the payload for the items would exceed a limit. Resolvers call it before they write.
func CheckPayload(ctx context.Context, items []linkstore.Item) error {
	return checkPayload(ctx, requestFrom(ctx).engine.LinkNames(items), len(items))
}

// checkPayload is CheckPayload for a number of links of the given names.
func checkPayload(ctx context.Context, names []string, links int) error {
	r := newRootField(ctx)
	r.LayOutPayload(r.request.op)
	for _, name := range names {
		if _, err := r.groupOf(&r.links, &r.Payload.Links, name, links); err != nil {
			return err
		}
	}
	r.request.payloadLinks = r.links
	return nil
}

// newOutcomes starts the payload of a mutation that answers with an outcome and a link for each item.
func newOutcomes(ctx context.Context, n int, of func(i int) (*linkstore.Link, linkstore.Outcome)) *rootField {
	r := newPayload(ctx)
	r.result.outcomes = make([]linkstore.Outcome, n)
	links := make([]*linkstore.Link, n)
	for i := range links {
		links[i], r.result.outcomes[i] = of(i)
	}
	r.err = r.showLinks(&r.links, &r.Payload.Links, links)
	return r
}

// failed is the outcome of an item that was skipped.
const failed linkstore.Outcome = "FAILED"

// skipped gives the items with an error the outcome of an item that was skipped, and the error as fault
// describes it.
func (r *rootField) skipped(ctx context.Context, of func(i int) error, fault func(context.Context, error) *Fault) {
	for i := range r.result.outcomes {
		err := of(i)
		if err == nil {
			continue
		}
		if r.result.faults == nil {
			r.result.faults = make([]*Fault, len(r.result.outcomes))
		}
		r.result.outcomes[i], r.result.faults[i] = failed, fault(ctx, err)
	}
}

// LinksCreated resolves createLinks to the results of the store. fault describes the error of an item.
func LinksCreated(
	ctx context.Context,
	results []linkstore.CreateResult,
	fault func(context.Context, error) *Fault,
) (Answer, error) {
	r := newOutcomes(ctx, len(results), func(i int) (*linkstore.Link, linkstore.Outcome) {
		if results[i].Err != nil {
			return nil, ""
		}
		return &results[i].Link, results[i].Outcome
	})
	r.skipped(ctx, func(i int) error { return results[i].Err }, fault)
	for i := range results {
		if len(results[i].Replaced) == 0 || r.err != nil {
			continue
		}
		if r.result.replaced == nil {
			r.result.replaced = make([]shownLinks, len(results))
		}
		r.err = r.showLinks(&r.result.replaced[i], &r.Payload.Replaced, pointers(results[i].Replaced))
	}
	return r, nil
}

// LinksDismissed resolves dismissLinks to the results of the store. fault describes the error of an item.
func LinksDismissed(
	ctx context.Context,
	results []linkstore.DismissResult,
	fault func(context.Context, error) *Fault,
) (Answer, error) {
	r := newOutcomes(ctx, len(results), func(i int) (*linkstore.Link, linkstore.Outcome) {
		return results[i].Link, results[i].Outcome
	})
	r.skipped(ctx, func(i int) error { return results[i].Err }, fault)
	return r, nil
}

// Receipt resolves a mutation that deletes or restores to the receipt of the store.
func Receipt(ctx context.Context, receipt linkstore.Receipt) (Answer, error) {
	r := newPayload(ctx)
	r.result.records, r.result.linkCounts = receipt.Records, countLinks(receipt.Links)
	if !r.request.dryRun {
		r.result.deletionID = receipt.DeletionID
	}
	r.err = r.showLinks(&r.links, &r.Payload.Links, pointers(receipt.Links))
	return r, nil
}

// linkCount is how many links of one kind a receipt has.
type linkCount struct {
	name string
	n    int
}

// countLinks counts links by kind, in the order of the names.
func countLinks(links []linkstore.Link) []linkCount {
	byName := map[string]int{}
	for i := range links {
		byName[links[i].Name]++
	}
	counts := make([]linkCount, 0, len(byName))
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		counts = append(counts, linkCount{name, byName[name]})
	}
	return counts
}

func pointers(links []linkstore.Link) []*linkstore.Link {
	all := make([]*linkstore.Link, len(links))
	for i := range links {
		all[i] = &links[i]
	}
	return all
}

// Delete resolves a mutation that deletes records of a model, with their links and what cascades. The keys are its only argument.
func Delete(ctx context.Context, model string) (Answer, error) {
	return cascade(ctx, model, requestFrom(ctx).linkStore.DeleteRecords)
}

// Restore resolves a mutation that restores deleted records of a model, and what was deleted with them.
func Restore(ctx context.Context, model string) (Answer, error) {
	return cascade(ctx, model, requestFrom(ctx).linkStore.Restore)
}

func cascade(
	ctx context.Context,
	model string,
	run func(context.Context, []linkstore.Records) (linkstore.Receipt, error),
) (Answer, error) {
	list := graphql.CoerceList(firstArgument(ctx))
	keys := make([]string, len(list))
	for i, v := range list {
		var err error
		if keys[i], err = graphql.UnmarshalID(v); err != nil {
			return nil, err
		}
	}
	receipt, err := run(ctx, []linkstore.Records{{Model: model, IDs: keys}})
	if err != nil {
		return nil, err
	}
	return Receipt(ctx, receipt)
}

// Create resolves a mutation that creates records of a model.
func Create(ctx context.Context, model string) (Answer, error) {
	return writeRecords(ctx, model, func(r *rootField, values []recordstore.Values) (err error) {
		r.result.created, err = r.request.recordStore.CreateShown(ctx, r.model, values)
		if err == nil && r.request.commitLast && !r.request.dryRun &&
			slices.ContainsFunc(r.result.created, showsSecret) {
			return plan.Invalidf(
				r.Field.Alias,
				"the answer has a secret that is shown once and must not be stored: send this without Idempotency-Key",
			)
		}
		r.keys = make([]string, len(r.result.created))
		for i, c := range r.result.created {
			r.keys[i] = c.Key
		}
		return err
	})
}

func showsSecret(c recordstore.Created) bool { return len(c.Shown) > 0 }

// Update resolves a mutation that updates records of a model.
func Update(ctx context.Context, model string) (Answer, error) {
	return writeRecords(ctx, model, func(r *rootField, values []recordstore.Values) (err error) {
		r.keys, err = r.request.recordStore.Update(ctx, r.model, values)
		return err
	})
}

// writeRecords binds the plan of the payload before it writes: a payload that exceeds a limit is refused while nothing is written.
func writeRecords(
	ctx context.Context,
	model string,
	run func(r *rootField, values []recordstore.Values) error,
) (Answer, error) {
	r := newRootField(ctx)
	r.LayOutRecords(r.request.op)
	r.writeValue = func() error { return r.writePayload(r.Payload.Fields) }
	input := plan.ListOf(rootArguments(ctx)["input"])
	values := make([]recordstore.Values, len(input))
	for i, v := range input {
		values[i] = plan.ObjectOf(v)
	}
	p := &r.Payload
	err := r.bindPlan(model, len(values), func() (*plan.Plan, error) {
		return r.request.engine.CompileRecords(ctx, r.model, p.Field, len(values), false, p.Records.Sets...)
	})
	if err == nil {
		err = run(r, values)
	}
	for i, k := range r.keys {
		if err == nil {
			r.keys[i], err = normalKey(&r.model.Columns[r.model.Primary()], p.Field, k)
		}
	}
	r.result.committed = true
	return r.start(err)
}

// checkRecords returns an error if a written record was deleted before it was read. It then replaces cells by the values that a rule shows
// once, such as a new secret key.
func (r *rootField) checkRecords() error {
	shows := false
	for i := range r.keys {
		if r.set.Ranges[i].Len == 0 {
			return fmt.Errorf(
				"%w: %s %q was deleted while it was being written",
				recordstore.ErrRecordNotFound,
				r.model.Name,
				r.keys[i],
			)
		}
		shows = shows || i < len(r.result.created) && showsSecret(r.result.created[i])
	}
	if shows {
		r.showOnce()
	}
	return nil
}

func (r *rootField) showOnce() {
	m, sel := r.model, r.bound.Node.Selection
	shown := make([]recordstore.Values, r.set.Len()) // by row
	for i, c := range r.result.created {
		shown[r.set.Row(&r.set.Ranges[i], 0, false)] = c.Shown
	}
	columns := m.Selected(sel.Columns)
	var b rows.Builder
	for row := range shown {
		for cell, i := range columns {
			if v, ok := shownValue(shown[row], &m.Columns[i]); ok {
				b.Value(m.Columns[i].Kind(), v)
			} else if text, ok := r.set.Cell(row, cell); ok {
				b.Text(text)
			} else {
				b.Null()
			}
		}
	}
	r.set.Buffer = b.Buffer(len(columns))
}

// shownValue returns the value of a column, which may be under either of its names.
func shownValue(values recordstore.Values, col *recordstore.Column) (v any, ok bool) {
	if v, ok = values[col.Name]; !ok {
		v, ok = values[col.Field]
	}
	return v, ok
}

// writePayload writes the payload of a mutation.
func (r *rootField) writePayload(fields []plan.Field) error {
	a := r.request
	if r.set != nil {
		if err := r.checkRecords(); err != nil {
			return err
		}
	}
	return a.eachField(fields, func(f *plan.Field) error {
		switch f.Kind {
		case plan.WriteResults:
			return a.list(len(r.result.outcomes), func(i int) error { return r.writeResult(f.Fields, i) })
		case plan.WriteDeletionID:
			a.stringOrNull(r.result.deletionID, r.result.deletionID != "")
		case plan.WriteLinks:
			return a.links(&r.links, f.Index)
		case plan.WriteRecords:
			return a.list(len(r.keys), func(i int) error {
				return a.object(r.bound.Objects[f.Index], r.top, r.set.Row(&r.set.Ranges[i], 0, false))
			})
		case plan.WriteLinkCounts:
			return a.list(len(r.result.linkCounts), func(i int) error {
				c := &r.result.linkCounts[i]
				return a.count(f.Fields, &linkstore.Records{}, strings.ToUpper(c.name), c.n)
			})
		case plan.WriteRecordCounts:
			return a.list(len(r.result.records), func(i int) error {
				records := &r.result.records[i]
				return a.count(f.Fields, records, "", len(records.IDs))
			})
		case plan.WriteRecordKeys:
			return a.list(
				len(r.result.records),
				func(i int) error { return a.recordIDs(f.Fields, &r.result.records[i]) },
			)
		}
		return nil
	})
}

func (r *rootField) writeResult(fields []plan.Field, i int) error {
	a := r.request
	return a.eachField(fields, func(f *plan.Field) error {
		switch f.Kind {
		case plan.WriteOutcome:
			a.stringOrNull(string(r.result.outcomes[i]), true)
		case plan.WriteResultLink:
			return a.link(r.links.entries[i], f.Index)
		case plan.WriteFault:
			if r.result.faults == nil {
				return a.writeFault(f.Fields, nil)
			}
			return a.writeFault(f.Fields, r.result.faults[i])
		case plan.WriteReplaced:
			if r.result.replaced == nil {
				a.b = append(a.b, "[]"...)
				return nil
			}
			return a.links(&r.result.replaced[i], f.Index)
		}
		return nil
	})
}

func (a *Request) recordIDs(fields []plan.Field, records *linkstore.Records) error {
	return a.eachField(fields, func(f *plan.Field) error {
		switch f.Kind {
		case plan.WriteModule:
			a.stringOrNull(records.Module, true)
		case plan.WriteModel:
			a.stringOrNull(records.Model, true)
		case plan.WriteIDs:
			return a.list(len(records.IDs), func(i int) error {
				a.stringOrNull(records.IDs[i], true)
				return nil
			})
		}
		return nil
	})
}

// count writes how many links of a name there are, or records of a model.
func (a *Request) count(fields []plan.Field, records *linkstore.Records, link string, n int) error {
	return a.eachField(fields, func(f *plan.Field) error {
		switch f.Kind {
		case plan.WriteModule:
			a.stringOrNull(records.Module, true)
		case plan.WriteModel:
			a.stringOrNull(records.Model, true)
		case plan.WriteLinkName:
			a.stringOrNull(link, true)
		case plan.WriteCount:
			a.b = strconv.AppendInt(a.b, int64(n), 10)
		}
		return nil
	})
}

// stringOrNull writes a string, or null if ok is false.
func (o *Output) stringOrNull(s string, ok bool) {
	if !ok {
		o.b = append(o.b, "null"...)
		return
	}
	o.b = appendText(o.b, s)
}
