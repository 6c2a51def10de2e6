package answer

import (
	"context"
	"fmt"

	"github.com/99designs/gqlgen/graphql"

	"github.com/linkgraph/linkgraph/graph/internal/plan"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/internal/recordstore/rows"
	"github.com/linkgraph/linkgraph/linkstore"
)

// done is what a mutation did.
type done struct {
	outcomes   []linkstore.Outcome // of links, in the order of the input
	replaced   []shownLinks        // by the same order; nil if none were
	deletionID string
	records    []linkstore.Records
	created    []recordstore.Created // records, in the order of the input
	written    bool
}

// written begins the answer to a mutation that has been run. What goes wrong from now on is told together with that.
func written(ctx context.Context) *root {
	r := newRoot(ctx)
	r.LayOut(r.request.op)
	r.done.written = true
	r.links, r.request.afforded = r.request.afforded, shownLinks{}
	r.tell = func() error { return r.writePayload(r.Payload.Fields) }
	_, _ = r.start(nil)
	return r
}

// Afford refuses to write links if the payload of the field that is being resolved would then be above a limit.
func Afford(ctx context.Context, items []linkstore.Item) error {
	r := newRoot(ctx)
	r.LayOut(r.request.op)
	for _, name := range r.request.engine.LinksOf(items) {
		if _, err := r.workOf(&r.links, &r.Payload.Links, name, len(items)); err != nil {
			return err
		}
	}
	r.request.afforded = r.links
	return nil
}

// Created resolves a field to what became of links that were to be created.
func Created(ctx context.Context, results []linkstore.CreateResult) (Answer, error) {
	r := written(ctx)
	r.done.outcomes = make([]linkstore.Outcome, len(results))
	links := make([]*linkstore.Link, len(results))
	for i := range results {
		links[i], r.done.outcomes[i] = &results[i].Link, results[i].Outcome
	}
	r.err = r.showLinks(&r.links, &r.Payload.Links, links)
	for i := range results {
		if len(results[i].Replaced) == 0 || r.err != nil {
			continue
		}
		if r.done.replaced == nil {
			r.done.replaced = make([]shownLinks, len(results))
		}
		r.err = r.showLinks(&r.done.replaced[i], &r.Payload.Replaced, pointers(results[i].Replaced))
	}
	return r, nil
}

// Dismissed resolves a field to what became of links that were to be dismissed.
func Dismissed(ctx context.Context, results []linkstore.DismissResult) (Answer, error) {
	r := written(ctx)
	r.done.outcomes = make([]linkstore.Outcome, len(results))
	links := make([]*linkstore.Link, len(results))
	for i := range results {
		links[i], r.done.outcomes[i] = results[i].Link, results[i].Outcome
	}
	r.err = r.showLinks(&r.links, &r.Payload.Links, links)
	return r, nil
}

// Receipt resolves a field to what was deleted or restored.
func Receipt(ctx context.Context, receipt linkstore.Receipt) (Answer, error) {
	r := written(ctx)
	r.done.deletionID, r.done.records = receipt.DeletionID, receipt.Records
	r.err = r.showLinks(&r.links, &r.Payload.Links, pointers(receipt.Links))
	return r, nil
}

func pointers(links []linkstore.Link) []*linkstore.Link {
	all := make([]*linkstore.Link, len(links))
	for i := range links {
		all[i] = &links[i]
	}
	return all
}

// Delete resolves a mutation that deletes records of a model, what hangs on them and their links.
func Delete(ctx context.Context, model string) (Answer, error) {
	return cascade(ctx, model, requestFrom(ctx).engine.links.DeleteRecords)
}

// Restore resolves a mutation that brings records of a model back, and what went with them.
func Restore(ctx context.Context, model string) (Answer, error) {
	return cascade(ctx, model, requestFrom(ctx).engine.links.Restore)
}

func cascade(
	ctx context.Context,
	model string,
	run func(context.Context, []linkstore.Records) (linkstore.Receipt, error),
) (Answer, error) {
	list := graphql.CoerceList(onlyArgument(ctx))
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

// Create resolves a mutation that makes records of a model.
func Create(ctx context.Context, model string) (Answer, error) {
	return writing(ctx, model, func(r *root, values []recordstore.Values) (err error) {
		r.done.created, err = r.request.engine.records.CreateShown(ctx, r.model, values)
		r.keys = make([]string, len(r.done.created))
		for i, c := range r.done.created {
			r.keys[i] = c.Key
		}
		return err
	})
}

// Update resolves a mutation that changes records of a model.
func Update(ctx context.Context, model string) (Answer, error) {
	return writing(ctx, model, func(r *root, values []recordstore.Values) (err error) {
		r.keys, err = r.request.engine.records.Update(ctx, r.model, values)
		return err
	})
}

// writing writes records, and prepares to read what the payload shows of them: it is refused before it is written if that is above a limit.
func writing(ctx context.Context, model string, run func(r *root, values []recordstore.Values) error) (Answer, error) {
	r := newRoot(ctx)
	r.LayOutRecords(r.request.op)
	r.tell = func() error { return r.writePayload(r.Payload.Fields) }
	input := plan.ListOf(rootArguments(ctx)["input"])
	values := make([]recordstore.Values, len(input))
	for i, v := range input {
		values[i] = plan.ObjectOf(v)
	}
	p := &r.Payload
	err := r.plan(model, len(values), func() (*plan.Tree, error) {
		return r.request.engine.Records(ctx, r.model, p.Field, len(values), false, p.Records.Sets...)
	})
	if err == nil {
		err = run(r, values)
	}
	for i, k := range r.keys {
		if err == nil {
			r.keys[i], err = normalKey(r.model, p.Field, k)
		}
	}
	r.done.written = true
	return r.start(err)
}

// checkRecords finds records that were deleted before they could be read, and puts over what was read what a rule shows once.
func (r *root) checkRecords() error {
	shows := false
	for i := range r.keys {
		if r.list.Ranges[i].Len == 0 {
			return fmt.Errorf(
				"%w: %s %q was deleted while it was being written",
				recordstore.ErrNotFound,
				r.model.Name,
				r.keys[i],
			)
		}
		shows = shows || i < len(r.done.created) && len(r.done.created[i].Shown) > 0
	}
	if shows {
		r.showOnce()
	}
	return nil
}

func (r *root) showOnce() {
	m, sel := r.model, r.bound.Place.Selection
	shown := make([]recordstore.Values, r.list.Len()) // by row
	for i, c := range r.done.created {
		shown[r.list.Row(&r.list.Ranges[i], 0, false)] = c.Shown
	}
	columns := m.Selected(sel.Columns)
	var b rows.Builder
	for row := range shown {
		for cell, i := range columns {
			if v, ok := valueOf(shown[row], &m.Columns[i]); ok {
				b.Value(m.Columns[i].Kind(), v)
			} else if text, ok := r.list.Cell(row, cell); ok {
				b.Text(text)
			} else {
				b.Null()
			}
		}
	}
	r.list.Buffer = b.Buffer(len(columns))
}

// valueOf is the value that is shown of a column, by either of its names.
func valueOf(values recordstore.Values, col *recordstore.Column) (v any, ok bool) {
	if v, ok = values[col.Name]; !ok {
		v, ok = values[col.Field]
	}
	return v, ok
}

// writePayload writes what a mutation did.
func (r *root) writePayload(fields []plan.Field) error {
	a := r.request
	if r.list != nil {
		if err := r.checkRecords(); err != nil {
			return err
		}
	}
	return a.each(fields, func(f *plan.Field) error {
		switch f.Kind {
		case plan.WriteResults:
			return a.list(len(r.done.outcomes), func(i int) error { return r.writeResult(f.Fields, i) })
		case plan.WriteDeletionID:
			a.text(r.done.deletionID, r.done.deletionID != "")
		case plan.WriteLinks:
			return a.links(&r.links, f.Hop)
		case plan.WriteWritten:
			return a.list(len(r.keys), func(i int) error {
				return a.object(r.bound.Objects[f.Hop], r.top, r.list.Row(&r.list.Ranges[i], 0, false))
			})
		case plan.WriteRecords:
			return a.list(len(r.done.records), func(i int) error { return a.recordIDs(f.Fields, &r.done.records[i]) })
		}
		return nil
	})
}

func (r *root) writeResult(fields []plan.Field, i int) error {
	a := r.request
	return a.each(fields, func(f *plan.Field) error {
		switch f.Kind {
		case plan.WriteOutcome:
			a.text(string(r.done.outcomes[i]), true)
		case plan.WriteResultLink:
			return a.link(r.links.entries[i], f.Hop)
		case plan.WriteReplaced:
			if r.done.replaced == nil {
				a.b = append(a.b, "[]"...)
				return nil
			}
			return a.links(&r.done.replaced[i], f.Hop)
		}
		return nil
	})
}

func (a *Request) recordIDs(fields []plan.Field, records *linkstore.Records) error {
	return a.each(fields, func(f *plan.Field) error {
		switch f.Kind {
		case plan.WriteModule:
			a.text(records.Module, true)
		case plan.WriteModel:
			a.text(records.Model, true)
		case plan.WriteIDs:
			return a.list(len(records.IDs), func(i int) error {
				a.text(records.IDs[i], true)
				return nil
			})
		}
		return nil
	})
}

// text writes a text, or null.
func (o *Output) text(s string, ok bool) {
	if !ok {
		o.b = append(o.b, "null"...)
		return
	}
	o.b = appendText(o.b, s)
}
