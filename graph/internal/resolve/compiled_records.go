package resolve

import (
	"context"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"linkgraph/modules"
)

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

// writeRecords makes or changes records, and prepares to read what the payload shows of them.
func (r *rootRun) writeRecords(a *answer) error {
	ctx, m := r.root.context(a.ctx), r.root.model
	input := listOf(rootArguments(ctx)["input"])
	values := make([]modules.Values, len(input))
	for i, v := range input {
		values[i] = objectOf(v)
	}
	p := r.root.payload
	var err error
	r.bound, err = p.records.trees.bind(a, r.root.field, m, len(values), func() (*tree, error) {
		return a.engine.compileRecords(a.ctx, m, p.field, len(values), false, p.records.sets...)
	})
	if err != nil { // it is refused before it is written
		return err
	}
	if err := r.runWrite(ctx, a.engine.records, values); err != nil {
		return err
	}
	r.done.written = true
	for i, k := range r.keys {
		if r.keys[i], err = normalKey(m, p.field, k); err != nil {
			return err
		}
	}
	return nil
}

func (r *rootRun) runWrite(ctx context.Context, records *modules.Store, values []modules.Values) (err error) {
	if r.root.kind == rootUpdate {
		r.keys, err = records.Update(ctx, r.root.model, values)
		return err
	}
	r.done.created, err = records.CreateShown(ctx, r.root.model, values)
	r.keys = make([]string, len(r.done.created))
	for i, c := range r.done.created {
		r.keys[i] = c.Key
	}
	return err
}

// checkRecords finds records that were deleted before they could be read, and puts over what was read what a rule shows once.
func (r *rootRun) checkRecords() error {
	shows := false
	for i := range r.keys {
		if r.list.Spans[i].Len == 0 {
			return fmt.Errorf("%w: %s %q was deleted while it was being written", modules.ErrNotFound, r.root.model.Name, r.keys[i])
		}
		shows = shows || i < len(r.done.created) && len(r.done.created[i].Shown) > 0
	}
	if shows {
		r.showOnce()
	}
	return nil
}

func (r *rootRun) showOnce() {
	m, sel := r.root.model, r.bound.place.sel
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

func (r *rootRun) writeRecord(a *answer, i, way int) error {
	return a.object(r.bound.objects[way], r.top, r.list.Row(&r.list.Spans[i], 0, false))
}
