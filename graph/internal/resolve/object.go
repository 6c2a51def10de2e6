package resolve

import (
	"encoding/json"
	"strings"
	"time"

	"linkgraph/modules"
)

// Object is one record or link in an answer, with what was loaded of the relations its selection follows.
type Object struct {
	record *modules.Record
	sel    *selection
	// hops holds, by the index of the hop in sel, a *Connection or an *Object. nil until the hops are loaded.
	hops []any
}

// Model is the model the object is a record of.
func (o *Object) Model() *modules.Model { return o.record.Model }

func value[T any](o *Object, i int) T {
	v, _ := o.record.Values[i].(T)
	return v
}

func nullable[T any](o *Object, i int) *T {
	if v, ok := o.record.Values[i].(T); ok {
		return &v
	}
	return nil
}

// Text returns a text or decimal column, by its index in the model.
func (o *Object) Text(i int) string { return value[string](o, i) }

// NullText is Text for a column that may be null.
func (o *Object) NullText(i int) *string { return nullable[string](o, i) }

// Integer returns an integer column.
func (o *Object) Integer(i int) int { return int(value[int64](o, i)) }

// NullInteger is Integer for a column that may be null.
func (o *Object) NullInteger(i int) *int {
	if v, ok := o.record.Values[i].(int64); ok {
		n := int(v)
		return &n
	}
	return nil
}

// Float returns a float column.
func (o *Object) Float(i int) float64 { return value[float64](o, i) }

// NullFloat is Float for a column that may be null.
func (o *Object) NullFloat(i int) *float64 { return nullable[float64](o, i) }

// Boolean returns a boolean column.
func (o *Object) Boolean(i int) bool { return value[bool](o, i) }

// NullBoolean is Boolean for a column that may be null.
func (o *Object) NullBoolean(i int) *bool { return nullable[bool](o, i) }

// Time returns a timestamp column.
func (o *Object) Time(i int) time.Time { return value[time.Time](o, i) }

// NullTime is Time for a column that may be null.
func (o *Object) NullTime(i int) *time.Time { return nullable[time.Time](o, i) }

// JSON returns a JSON column; nil is null.
func (o *Object) JSON(i int) json.RawMessage { return value[json.RawMessage](o, i) }

// Enum returns an enum column as the schema spells it.
func (o *Object) Enum(i int) string { return strings.ToUpper(o.Text(i)) }

// NullEnum is Enum for a column that may be null.
func (o *Object) NullEnum(i int) *string {
	v := o.NullText(i)
	if v == nil {
		return nil
	}
	s := strings.ToUpper(*v)
	return &s
}

// Node is a record or link that has an id.
type Node interface{ IsNode() }

// Link is a link between two records.
type Link interface {
	Node
	IsLink()
}

// Connection is a page of a list.
type Connection struct {
	edges []*Edge
	info  PageInfo
	total int
}

// Edge is one entry of a page. Link is nil unless the list crosses a link and it was asked for.
type Edge struct {
	Cursor     string
	Node, Link *Object
}

// PageInfo says where a page stands in its list.
type PageInfo struct {
	HasNextPage, HasPreviousPage bool
	StartCursor, EndCursor       *string
}

// Edges shows the entries of a page.
func Edges[T any](c *Connection, wrap func(*Edge) T) []T {
	edges := make([]T, len(c.edges))
	for i, e := range c.edges {
		edges[i] = wrap(e)
	}
	return edges
}

// Nodes shows the records of a page.
func Nodes[T any](c *Connection, wrap func(*Object) T) []T {
	nodes := make([]T, len(c.edges))
	for i, e := range c.edges {
		nodes[i] = wrap(e.Node)
	}
	return nodes
}

// PageInfo says where the page stands.
func (c *Connection) PageInfo() *PageInfo { return &c.info }

// TotalCount is the length of the whole list.
func (c *Connection) TotalCount() int { return c.total }
