package plan

import (
	"context"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/internal/recordstore/rows"
	"github.com/linkgraph/linkgraph/linkstore"
)

// LinkTrees are the trees of links, which are shown in as many ways as there are selection sets.
type LinkPlans struct {
	Sets  []ast.SelectionSet
	Plans PlansByModel
}

// add adds a way to show the links and returns its number.
func (l *LinkPlans) add(set ast.SelectionSet) int {
	l.Sets = append(l.Sets, set)
	return len(l.Sets) - 1
}

// Links makes the tree of links that are there already.
func (c *Compiler) CompileLinks(ctx context.Context, m *recordstore.Model, rows int, sets []ast.SelectionSet) (*Plan, error) {
	t, err := c.CompileRecords(ctx, m, "links", rows, false, sets...)
	if err != nil {
		return nil, err
	}
	d, _ := c.links.Link(m.Link)
	for _, i := range m.Selected(t.Node.Selection.Columns) {
		t.LinkSources = append(t.LinkSources, newLinkColumn(m, d, i))
	}
	return t, nil
}

// LinkColumn is a column of a link's rows.
type LinkSource struct {
	column *recordstore.Column
	field     linkField
	record func(l *linkstore.Link) any // of fromRecord
}

// linkValue is where the value of a column comes from.
type linkField uint8

const (
	fromRecord linkField = iota // the link as a record
	fromID
	fromLeft
	fromRight
	fromCreated
	fromUpdated
	fromDeleted
	fromData
)

// newLinkColumn finds where the value of a column comes from, as linkRecord does.
func newLinkColumn(m *recordstore.Model, d *linkstore.Definition, i int) LinkSource {
	c := LinkSource{column: &m.Columns[i]}
	values := map[string]linkField{
		"id":         fromID,
		"created_at": fromCreated,
		"updated_at": fromUpdated,
		"deleted_at": fromDeleted,
	}
	values[keyColumn(&d.Left)], values[keyColumn(&d.Right)] = fromLeft, fromRight
	c.field = values[c.column.Name]
	isTime := c.field == fromCreated || c.field == fromUpdated || c.field == fromDeleted
	switch {
	case c.field == fromRecord && slices.ContainsFunc(d.Columns, func(own linkstore.Column) bool { return own.Name == c.column.Name }):
		c.field = fromData
	case c.column.Type == recordstore.Time && !isTime,
		c.column.Type != recordstore.Time && isTime,
		!isTime && c.column.Type != recordstore.Text:
		c.field = fromRecord
	}
	c.record = func(l *linkstore.Link) any { return linkRecord(m, d, *l).Values[i] }
	return c
}

// Add adds the value of a link.
func (c *LinkSource) Add(to *rows.Builder, l *linkstore.Link) {
	switch c.field {
	case fromID:
		to.Text(l.ID)
	case fromLeft:
		to.Text(l.Left)
	case fromRight:
		to.Text(l.Right)
	case fromCreated:
		to.Time(l.CreatedAt)
	case fromUpdated:
		to.Time(l.UpdatedAt)
	case fromDeleted:
		if l.DeletedAt == nil {
			to.Null()
			return
		}
		to.Time(*l.DeletedAt)
	case fromData:
		to.Value(c.column.Kind(), l.Data[c.column.Name])
	default:
		to.Value(c.column.Kind(), c.record(l))
	}
}

// linkRecord shows a link as a record of the model of its rows.
func linkRecord(m *recordstore.Model, d *linkstore.Definition, l linkstore.Link) *recordstore.Record {
	r := &recordstore.Record{Model: m, Values: make([]any, len(m.Columns))}
	set := func(name string, v any) {
		if i, ok := m.Column(name); ok {
			r.Set(i, v)
		}
	}
	for name, v := range l.Data {
		set(name, v)
	}
	set("id", l.ID)
	set(keyColumn(&d.Left), l.Left)
	set(keyColumn(&d.Right), l.Right)
	set("created_at", l.CreatedAt)
	set("updated_at", l.UpdatedAt)
	if l.DeletedAt != nil {
		set("deleted_at", *l.DeletedAt)
	}
	return r
}

// keyColumn names the column of a link's row that is an end's key: its own, or the one that is made of several.
func keyColumn(e *linkstore.End) string {
	if len(e.Columns) == 1 {
		return e.Columns[0]
	}
	return e.Key
}
