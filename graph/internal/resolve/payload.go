package resolve

import (
	"context"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"linkgraph/linkstore"
	"linkgraph/modules"
)

// payload is how the payload of a mutation is written.
type payload struct {
	fields   []fieldLayout
	links    linkTrees // what is shown of links
	replaced linkTrees // and of those that were dismissed to make room
	records  linkTrees // what is shown of records that were written
	field    string    // that shows these
}

// done is what a mutation did.
type done struct {
	outcomes   []linkstore.Outcome // of links, in the order of the input
	replaced   []shownLinks        // by the same order; nil if none were
	deletionID string
	records    []modules.RecordIDs
	created    []modules.Created // records, in the order of the input
	written    bool
}

// layOut lays out the payload of a mutation that writes links, or answers with a receipt.
func (p *rootPlan) layOut(op *graphql.OperationContext) {
	p.laid.Do(func() { p.payload.fields = p.payload.layout(op, p.field.Definition.Type.Name(), p.field.Selections) })
}

// written begins the answer to a mutation that has been run. What goes wrong from now on is told together with that.
func written(ctx context.Context) *root {
	r := newRoot(ctx)
	r.layOut(r.request.op)
	r.done.written = true
	r.links, r.request.afforded = r.request.afforded, shownLinks{}
	r.tell = func() error { return r.writePayload(r.payload.fields) }
	_, _ = r.start(nil)
	return r
}

// Afford refuses to write links if the payload of the field that is being resolved would then be above a limit.
func Afford(ctx context.Context, items []linkstore.Item) error {
	r := newRoot(ctx)
	r.layOut(r.request.op)
	for _, name := range r.request.engine.linksOf(items) {
		if _, err := r.workOf(&r.links, &r.payload.links, name, len(items)); err != nil {
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
	r.err = r.showLinks(&r.links, &r.payload.links, links)
	for i := range results {
		if len(results[i].Replaced) == 0 || r.err != nil {
			continue
		}
		if r.done.replaced == nil {
			r.done.replaced = make([]shownLinks, len(results))
		}
		r.err = r.showLinks(&r.done.replaced[i], &r.payload.replaced, pointers(results[i].Replaced))
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
	r.err = r.showLinks(&r.links, &r.payload.links, links)
	return r, nil
}

// Receipt resolves a field to what was deleted or restored.
func Receipt(ctx context.Context, receipt linkstore.Receipt) (Answer, error) {
	records := make([]modules.RecordIDs, len(receipt.Records))
	for i, of := range receipt.Records {
		records[i] = modules.RecordIDs{Module: of.Module, Model: of.Model, IDs: of.IDs}
	}
	return written(ctx).receipt(receipt.DeletionID, receipt.Links, records), nil
}

func (r *root) receipt(deletionID string, links []linkstore.Link, records []modules.RecordIDs) *root {
	r.done.deletionID, r.done.records = deletionID, records
	r.err = r.showLinks(&r.links, &r.payload.links, pointers(links))
	return r
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
	return cascade(ctx, model, requestFrom(ctx).engine.records.Delete)
}

// Restore resolves a mutation that brings records of a model back, and what went with them.
func Restore(ctx context.Context, model string) (Answer, error) {
	return cascade(ctx, model, requestFrom(ctx).engine.records.Restore)
}

func cascade(ctx context.Context, model string, run func(context.Context, *modules.Model, []string) (modules.Receipt, error)) (Answer, error) {
	m, err := requestFrom(ctx).engine.model(model)
	if err != nil {
		return nil, err
	}
	list := graphql.CoerceList(onlyArgument(ctx))
	keys := make([]string, len(list))
	for i, v := range list {
		if keys[i], err = graphql.UnmarshalID(v); err != nil {
			return nil, err
		}
	}
	receipt, err := run(ctx, m, keys)
	if err != nil {
		return nil, err
	}
	links, _ := receipt.Links.([]linkstore.Link)
	return written(ctx).receipt(receipt.DeletionID, links, receipt.Records), nil
}

// Create resolves a mutation that makes records of a model.
func Create(ctx context.Context, model string) (Answer, error) {
	return writing(ctx, model, func(r *root, values []modules.Values) (err error) {
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
	return writing(ctx, model, func(r *root, values []modules.Values) (err error) {
		r.keys, err = r.request.engine.records.Update(ctx, r.model, values)
		return err
	})
}

// writing writes records, and prepares to read what the payload shows of them: it is refused before it is written if that is above a limit.
func writing(ctx context.Context, model string, run func(r *root, values []modules.Values) error) (Answer, error) {
	r := newRoot(ctx)
	op := r.request.op
	r.laid.Do(func() {
		r.payload.fields = r.payload.recordLayout(op, r.field.Definition.Type.Name(), r.field.Selections)
	})
	r.tell = func() error { return r.writePayload(r.payload.fields) }
	input := listOf(rootArguments(ctx)["input"])
	values := make([]modules.Values, len(input))
	for i, v := range input {
		values[i] = objectOf(v)
	}
	p := &r.payload
	err := r.plan(model, len(values), func() (*tree, error) {
		return r.request.engine.compileRecords(ctx, r.model, p.field, len(values), false, p.records.sets...)
	})
	if err == nil {
		err = run(r, values)
	}
	for i, k := range r.keys {
		if err == nil {
			r.keys[i], err = normalKey(r.model, p.field, k)
		}
	}
	r.done.written = true
	return r.start(err)
}

// recordLayout lays out the payload of a mutation that makes or changes records: it has one field, which shows them.
func (p *payload) recordLayout(op *graphql.OperationContext, name string, set ast.SelectionSet) []fieldLayout {
	var fields layout
	for _, f := range graphql.CollectFields(op, set, nil) {
		if f.Name == "__typename" {
			fields.add(f, typeName(name))
			continue
		}
		p.field = f.Name
		fields.add(f, fieldLayout{kind: writeWritten, hop: p.records.add(f.Selections)})
	}
	return fields
}

// checkRecords finds records that were deleted before they could be read, and puts over what was read what a rule shows once.
func (r *root) checkRecords() error {
	shows := false
	for i := range r.keys {
		if r.list.Spans[i].Len == 0 {
			return fmt.Errorf("%w: %s %q was deleted while it was being written", modules.ErrNotFound, r.model.Name, r.keys[i])
		}
		shows = shows || i < len(r.done.created) && len(r.done.created[i].Shown) > 0
	}
	if shows {
		r.showOnce()
	}
	return nil
}

func (r *root) showOnce() {
	m, sel := r.model, r.bound.place.sel
	shown := make([]modules.Values, r.list.Len()) // by row
	for i, c := range r.done.created {
		shown[r.list.Row(&r.list.Spans[i], 0, false)] = c.Shown
	}
	columns := m.Selected(sel.columns)
	var b modules.CellBuilder
	for row := range shown {
		for cell, i := range columns {
			if v, ok := valueOf(shown[row], &m.Columns[i]); ok {
				b.Value(&m.Columns[i], v)
			} else if text, ok := r.list.Cell(row, cell); ok {
				b.Text(text)
			} else {
				b.Null()
			}
		}
	}
	r.list.Cells = b.Cells(len(columns))
}

// valueOf is the value that is shown of a column, by either of its names.
func valueOf(values modules.Values, col *modules.Column) (v any, ok bool) {
	if v, ok = values[col.Name]; !ok {
		v, ok = values[col.Field]
	}
	return v, ok
}

// layout lays out a payload, and the objects in it.
func (p *payload) layout(op *graphql.OperationContext, name string, set ast.SelectionSet) []fieldLayout {
	var fields layout
	for _, f := range graphql.CollectFields(op, set, nil) {
		l := fieldLayout{}
		switch f.Name {
		case "__typename":
			l = typeName(name)
		case "results":
			l.kind, l.fields = writeResults, p.layout(op, f.Definition.Type.Name(), f.Selections)
		case "records":
			l.kind, l.fields = writeRecords, p.layout(op, f.Definition.Type.Name(), f.Selections)
		case "link":
			l.kind, l.hop = writeResultLink, p.links.add(f.Selections)
		case "links":
			l.kind, l.hop = writeLinks, p.links.add(f.Selections)
		case "replaced":
			l.kind, l.hop = writeReplaced, p.replaced.add(f.Selections)
		default:
			l.kind = map[string]fieldKind{
				"outcome": writeOutcome, "deletionId": writeDeletionID, "module": writeModule, "model": writeModel, "ids": writeIDs,
			}[f.Name]
		}
		fields.add(f, l)
	}
	return fields
}

// writePayload writes what a mutation did.
func (r *root) writePayload(fields []fieldLayout) error {
	a := r.request
	if r.list != nil {
		if err := r.checkRecords(); err != nil {
			return err
		}
	}
	return a.each(fields, func(f *fieldLayout) error {
		switch f.kind {
		case writeResults:
			return a.list(len(r.done.outcomes), func(i int) error { return r.writeResult(f.fields, i) })
		case writeDeletionID:
			a.text(r.done.deletionID, r.done.deletionID != "")
		case writeLinks:
			return a.links(&r.links, f.hop)
		case writeWritten:
			return a.list(len(r.keys), func(i int) error {
				return a.object(r.bound.objects[f.hop], r.top, r.list.Row(&r.list.Spans[i], 0, false))
			})
		case writeRecords:
			return a.list(len(r.done.records), func(i int) error { return a.recordIDs(f.fields, &r.done.records[i]) })
		}
		return nil
	})
}

func (r *root) writeResult(fields []fieldLayout, i int) error {
	a := r.request
	return a.each(fields, func(f *fieldLayout) error {
		switch f.kind {
		case writeOutcome:
			a.text(string(r.done.outcomes[i]), true)
		case writeResultLink:
			return a.link(r.links.entries[i], f.hop)
		case writeReplaced:
			if r.done.replaced == nil {
				a.b = append(a.b, "[]"...)
				return nil
			}
			return a.links(&r.done.replaced[i], f.hop)
		}
		return nil
	})
}

func (a *Request) recordIDs(fields []fieldLayout, records *modules.RecordIDs) error {
	return a.each(fields, func(f *fieldLayout) error {
		switch f.kind {
		case writeModule:
			a.text(records.Module, true)
		case writeModel:
			a.text(records.Model, true)
		case writeIDs:
			return a.list(len(records.IDs), func(i int) error {
				a.text(records.IDs[i], true)
				return nil
			})
		}
		return nil
	})
}

// each writes an object field by field.
func (o *Output) each(fields []fieldLayout, value func(f *fieldLayout) error) error {
	if len(fields) == 0 {
		o.b = append(o.b, "{}"...)
		return nil
	}
	for i := range fields {
		f := &fields[i]
		o.b = append(o.b, f.key...)
		if f.kind == writeConstant {
			o.b = append(o.b, f.constant...)
			continue
		}
		begin, mark := len(o.b), len(o.faults)
		err := value(f)
		if err != nil || len(o.faults) > mark {
			if err = o.settle(ast.PathName(f.name), f.nonNull, begin, mark, err); err != nil {
				return err
			}
		}
	}
	o.b = append(o.b, '}')
	return nil
}

// text writes a text, or null.
func (o *Output) text(s string, ok bool) {
	if !ok {
		o.b = append(o.b, "null"...)
		return
	}
	o.b = appendText(o.b, s)
}
