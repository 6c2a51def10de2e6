package resolve

import (
	"context"
	"slices"
	"strings"

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

// mutationPlan decides how a mutation is answered, and refuses those that the generated code is to answer. What it takes is run
// once: nothing may turn up then that has no place in the answer.
func (e *Engine) mutationPlan(r *root, op *graphql.OperationContext) error {
	kinds := map[string]rootKind{
		"createLinks": rootCreateLinks, "dismissLinks": rootDismissLinks, "deleteLinks": rootDeleteLinks, "restoreLinks": rootRestoreLinks,
	}
	f := r.field
	r.kind = kinds[f.Name]
	if r.kind == 0 {
		r.kind, r.model = e.recordKind(f.Field)
	}
	if r.kind == 0 {
		return ErrField
	}
	if hasRareValues(f.Selections) {
		return ErrValue
	}
	r.payload = &payload{}
	if r.kind == rootCreate || r.kind == rootUpdate {
		r.payload.fields = r.payload.recordLayout(op, f.Definition.Type.Name(), f.Selections)
		return nil
	}
	r.payload.fields = r.payload.layout(op, f.Definition.Type.Name(), f.Selections)
	return nil
}

// recordKind knows the mutations of records of a model. The one that makes records of it names the model.
func (e *Engine) recordKind(f *ast.Field) (rootKind, *modules.Model) {
	for verb, kind := range map[string]rootKind{"create": rootCreate, "update": rootUpdate, "delete": rootDelete, "restore": rootRestore} {
		plural, ok := strings.CutPrefix(f.Name, verb)
		create := f.ObjectDefinition.Fields.ForName("create" + plural)
		if !ok || create == nil || len(create.Arguments) != 1 || len(f.Definition.Arguments) != 1 {
			continue
		}
		if m, ok := e.records.Catalog().Model(strings.TrimSuffix(create.Arguments[0].Type.Name(), "CreateInput")); ok {
			return kind, m
		}
	}
	return 0, nil
}

// hasRareValues reports whether a selection may meet values that are errors: numbers that are not finite, and null where JSON must
// not be null.
func hasRareValues(set ast.SelectionSet) bool {
	return slices.ContainsFunc(set, func(s ast.Selection) bool {
		switch s := s.(type) {
		case *ast.Field:
			t := s.Definition.Type
			return t.NamedType == "Float" || t.NamedType == "JSON" && t.NonNull || hasRareValues(s.SelectionSet)
		case *ast.InlineFragment:
			return hasRareValues(s.SelectionSet)
		case *ast.FragmentSpread:
			return hasRareValues(s.Definition.SelectionSet)
		}
		return true
	})
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

// mutate runs a mutation.
func (r *rootRun) mutate(a *answer) error {
	ctx := r.root.context(a.ctx)
	switch r.root.kind {
	case rootCreateLinks:
		return r.createLinks(ctx, a)
	case rootDismissLinks:
		return r.dismissLinks(ctx, a)
	case rootDelete, rootRestore:
		return r.cascade(ctx, a)
	default:
		receipt, err := r.cascadeLinks(ctx, a)
		if err != nil {
			return err
		}
		return r.receipt(a, receipt.DeletionID, receipt.Links, recordIDs(receipt.Records))
	}
}

func (r *rootRun) createLinks(ctx context.Context, a *answer) error {
	items, err := a.engine.items(ctx)
	if err != nil {
		return err
	}
	if err := a.affordLinks(&r.links, r.root, &r.root.payload.links, items); err != nil {
		return err
	}
	results, err := a.engine.links.Create(ctx, items, linkstore.CreateOptions{Replace: rootArguments(ctx)["replace"] == true})
	if err != nil {
		return err
	}
	r.done.written = true
	links := make([]*linkstore.Link, len(results))
	r.done.outcomes = make([]linkstore.Outcome, len(results))
	for i := range results {
		links[i], r.done.outcomes[i] = &results[i].Link, results[i].Outcome
	}
	if err := a.showLinks(&r.links, r.root, &r.root.payload.links, links); err != nil {
		return err
	}
	for i := range results {
		if len(results[i].Replaced) == 0 {
			continue
		}
		if r.done.replaced == nil {
			r.done.replaced = make([]shownLinks, len(results))
		}
		if err := a.showLinks(&r.done.replaced[i], r.root, &r.root.payload.replaced, pointers(results[i].Replaced)); err != nil {
			return err
		}
	}
	return nil
}

func (r *rootRun) dismissLinks(ctx context.Context, a *answer) error {
	items, err := a.engine.items(ctx)
	if err != nil {
		return err
	}
	if err := a.affordLinks(&r.links, r.root, &r.root.payload.links, items); err != nil {
		return err
	}
	results, err := a.engine.links.Dismiss(ctx, items)
	if err != nil {
		return err
	}
	r.done.written = true
	links := make([]*linkstore.Link, len(results))
	r.done.outcomes = make([]linkstore.Outcome, len(results))
	for i := range results {
		links[i], r.done.outcomes[i] = results[i].Link, results[i].Outcome
	}
	return a.showLinks(&r.links, r.root, &r.root.payload.links, links)
}

// cascadeLinks runs deleteLinks or restoreLinks.
func (r *rootRun) cascadeLinks(ctx context.Context, a *answer) (linkstore.Receipt, error) {
	records := objectOf(rootArguments(ctx)["records"])
	if r.root.kind == rootDeleteLinks {
		return a.engine.links.Delete(ctx, recordKeys(records))
	}
	var deletionID *string
	if v := r.root.field.ArgumentMap(a.op.Variables)["deletionId"]; v != nil {
		id, err := graphql.UnmarshalID(v)
		if err != nil {
			return linkstore.Receipt{}, err
		}
		deletionID = &id
	}
	return a.engine.restoreLinks(ctx, records, deletionID)
}

// cascade deletes or restores records.
func (r *rootRun) cascade(ctx context.Context, a *answer) error {
	arg := r.root.field.ArgumentMap(a.op.Variables)[r.root.field.Definition.Arguments[0].Name]
	list := graphql.CoerceList(arg)
	keys := make([]string, len(list))
	for i, v := range list {
		var err error
		if keys[i], err = graphql.UnmarshalID(v); err != nil {
			return err
		}
	}
	run := a.engine.records.Delete
	if r.root.kind == rootRestore {
		run = a.engine.records.Restore
	}
	receipt, err := run(ctx, r.root.model, keys)
	if err != nil {
		return err
	}
	links, _ := receipt.Links.([]linkstore.Link)
	return r.receipt(a, receipt.DeletionID, links, receipt.Records)
}

// receipt shows what was deleted or restored.
func (r *rootRun) receipt(a *answer, deletionID string, links []linkstore.Link, records []modules.RecordIDs) error {
	r.done.deletionID, r.done.records, r.done.written = deletionID, records, true
	return a.showLinks(&r.links, r.root, &r.root.payload.links, pointers(links))
}

func pointers(links []linkstore.Link) []*linkstore.Link {
	all := make([]*linkstore.Link, len(links))
	for i := range links {
		all[i] = &links[i]
	}
	return all
}

// writePayload writes what a mutation did.
func (r *rootRun) writePayload(a *answer, fields []fieldLayout) error {
	if r.list != nil {
		if err := r.checkRecords(); err != nil {
			return err
		}
	}
	return a.each(fields, func(f *fieldLayout) error {
		switch f.kind {
		case writeResults:
			return a.list(len(r.done.outcomes), func(i int) error { return r.writeResult(a, f.fields, i) })
		case writeDeletionID:
			a.text(r.done.deletionID, r.done.deletionID != "")
		case writeLinks:
			return a.links(&r.links, f.hop)
		case writeWritten:
			return a.list(len(r.keys), func(i int) error { return r.writeRecord(a, i, f.hop) })
		case writeRecords:
			return a.list(len(r.done.records), func(i int) error { return a.recordIDs(f.fields, &r.done.records[i]) })
		}
		return nil
	})
}

func (r *rootRun) writeResult(a *answer, fields []fieldLayout, i int) error {
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

func (a *answer) recordIDs(fields []fieldLayout, records *modules.RecordIDs) error {
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
		if err := value(f); err != nil {
			return err
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
