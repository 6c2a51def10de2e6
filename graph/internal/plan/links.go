package plan

import (
	"context"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/internal/recordstore/rows"
	"github.com/linkgraph/linkgraph/linkstore"
)

// LinkPlans is the plans of links that are in memory already, by the model of their rows. They may be selected several times, under
// several aliases: there is a selection set for each.
type LinkPlans struct {
	Sets  []ast.SelectionSet
	Plans PlansByModel
}

// add adds a selection set and returns its index.
func (l *LinkPlans) add(set ast.SelectionSet) int {
	l.Sets = append(l.Sets, set)
	return len(l.Sets) - 1
}

// CompileLinks compiles what is below rows links that are in memory already. m is the model of their rows. Errors are those of CompileList.
func (c *Compiler) CompileLinks(
	ctx context.Context,
	m *recordstore.Model,
	rows int,
	sets []ast.SelectionSet,
) (*Plan, error) {
	t, err := c.CompileRecords(ctx, m, "links", rows, false, sets...)
	if err != nil {
		return nil, err
	}
	d, _ := c.links.Link(m.Link)
	for _, i := range m.Selected(t.Node.Selection.Columns) {
		t.LinkSources = append(t.LinkSources, newLinkSource(m, d, i))
	}
	return t, nil
}

// LinkSource fills one cell of a link's row from a link in memory.
type LinkSource struct {
	column *recordstore.Column
	field  linkField
	record func(l *linkstore.Link) any // for fromRecord
}

// linkField is the field of a link that a cell is filled from.
type linkField uint8

const (
	fromRecord linkField = iota // any value, by way of a record
	fromID
	fromLeft
	fromRight
	fromCreated
	fromUpdated
	fromDeleted
	fromData
)

// newLinkSource finds the field of a link that holds column i, if it has the type of the column. It agrees with linkRecord.
func newLinkSource(m *recordstore.Model, d *linkstore.Definition, i int) LinkSource {
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

// Add appends the cell of a link.
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

// linkRecord returns a link as a record of the model of its rows.
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

// keyColumn names the column of a link's row that holds the key of an end. A composite key has a column of its own, made of the others.
func keyColumn(e *linkstore.End) string {
	if len(e.Columns) == 1 {
		return e.Columns[0]
	}
	return e.Key
}
