package plan

import (
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// FieldKind is how the value of a field is written.
type FieldKind uint8

// The kinds of fields.
const (
	WriteConstant FieldKind = iota
	WriteText
	WriteEnum
	WriteTime
	writePlain // the text as it is: whole numbers, booleans and JSON
	WriteFloat
	WriteOne
	WriteMany
	WriteJoinedOne
	WriteJoinedMany
	WriteLinkEnd // an object of cells of the same row
	WriteTotal
	WritePageInfo
	WriteNodes
	WriteEdges
	WriteCursor
	WriteNode
	WriteLink
	WriteHasNext
	WriteHasPrevious
	WriteStartCursor
	WriteEndCursor
	WriteResults // this and the next are of payloads
	WriteOutcome
	WriteResultLink
	WriteReplaced
	WriteDeletionID
	WriteLinks
	WriteRecordKeys
	WriteModule
	WriteModel
	WriteIDs
	WriteRecords
	WriteLinkCounts
	WriteRecordCounts
	WriteLinkName
	WriteCount
	WriteFault // this and the next are of the error of an item
	WriteFaultCode
	WriteFaultMessage
	WriteOtherIndex
	WriteExisting
	WriteExistingID
	WriteExistingName
	WriteExistingLeft
	WriteExistingRight
)

// Field is how one field of an answer is written.
type Field struct {
	Key     string // the response key as bytes of the answer: `{"id":` or `,"id":`
	Name    string // the response key, for the paths of errors
	NonNull bool
	Kind    FieldKind
	Cell    int // of a column: its cell. Of a joined hop: the cell of the far key, NULL if there is no record
	// Null is written for a NULL. "" means that a NULL is an error.
	Null       string
	Constant   string
	Index      int // of a hop: its index in Node.Hops. Of links and records: the index of their selection set
	Object     *Object
	Connection *Connection
	Fields     []Field // of an object that is no record, such as an edge or pageInfo
}

// Object is how a record is written, for one selection set.
type Object struct{ Fields []Field }

// Connection is how a list is written, for one selection set.
type Connection struct{ Fields []Field }

// layout collects the fields of one object. Like gqlgen, it drops a field whose response key is there already.
type layout []Field

func (l *layout) add(f graphql.CollectedField, field Field) {
	key := `"` + f.Alias + `":`
	for _, other := range *l {
		if other.Key[1:] == key {
			return
		}
	}
	field.Name, field.NonNull = f.Alias, f.Definition.Type.NonNull
	field.Key = "," + key
	if len(*l) == 0 {
		field.Key = "{" + key
	}
	*l = append(*l, field)
}

// typeName is the field __typename.
func typeName(name string) Field {
	return Field{Kind: WriteConstant, Constant: `"` + name + `"`}
}

// object lays out the records of a node.
func (n *Node) object(op *graphql.OperationContext, set ast.SelectionSet) *Object {
	m := n.Selection.Model
	var fields layout
	for _, f := range graphql.CollectFields(op, set, typeNames(m)) {
		if f.Name == "__typename" {
			fields.add(f, typeName(m.Name))
			continue
		}
		if r, ok := m.Relation(f.Name); ok {
			fields.add(f, n.relation(op, f, r))
		} else if i, ok := m.Column(f.Name); ok {
			fields.add(f, columnLayout(&m.Columns[i], f.Definition.Type.NonNull, n.cells[i]))
		} else if e := linkEnd(m, f.Name); e != nil {
			fields.add(f, Field{Kind: WriteLinkEnd, Object: n.end(op, f.Selections, e)})
		} else { // the field `link` of a link row
			fields.add(f, typeName(strings.ToUpper(m.Link)))
		}
	}
	return &Object{fields}
}

// end lays out an end of a link, whose key is in a column of its row.
func (n *Node) end(op *graphql.OperationContext, set ast.SelectionSet, e *recordstore.End) *Object {
	var fields layout
	for _, f := range graphql.CollectFields(op, set, nil) {
		switch f.Name {
		case "__typename":
			fields.add(f, typeName("LinkedRecord"))
		case "module":
			fields.add(f, typeName(e.Module))
		case "model":
			fields.add(f, typeName(e.Model))
		case "id":
			i, _ := n.Selection.Model.Column(e.Field)
			fields.add(f, columnLayout(&n.Selection.Model.Columns[i], true, n.cells[i]))
		}
	}
	return &Object{fields}
}

func (n *Node) relation(op *graphql.OperationContext, f graphql.CollectedField, r *recordstore.Relation) Field {
	index := n.Selection.byField[f.Field]
	h := n.Hops[index]
	l := Field{Kind: WriteOne, Index: index, Cell: h.Node.cells[h.Node.Selection.Model.Primary()]}
	if r.Many {
		l.Kind, l.Connection = WriteMany, connection(op, f.Definition.Type.Name(), f.Selections, h.Node, h.Link)
	} else {
		l.Object = h.Node.object(op, f.Selections)
	}
	if h.Joined {
		l.Kind += WriteJoinedOne - WriteOne
	}
	return l
}

func columnLayout(col *recordstore.Column, nonNull bool, cell int) Field {
	f := Field{Cell: cell, Null: "null"}
	zero := `""`
	switch col.Type {
	case recordstore.Integer:
		f.Kind, zero = writePlain, "0"
	case recordstore.Float:
		f.Kind, zero = WriteFloat, "0"
	case recordstore.Boolean:
		f.Kind, zero = writePlain, "false"
	case recordstore.Time:
		f.Kind, zero = WriteTime, `"0001-01-01T00:00:00Z"`
	case recordstore.JSON:
		f.Kind, zero = writePlain, ""
	case recordstore.Enum:
		f.Kind = WriteEnum
	default: // Text and Decimal
		f.Kind = WriteText
	}
	if nonNull {
		f.Null = zero
	}
	return f
}

// connection lays out a list of records. link is the node of the link rows that lead to them, or nil if these are not read.
func connection(
	op *graphql.OperationContext,
	name string,
	set ast.SelectionSet,
	node, link *Node,
) *Connection {
	var fields layout
	for _, f := range graphql.CollectFields(op, set, nil) {
		switch f.Name {
		case "__typename":
			fields.add(f, typeName(name))
		case "totalCount":
			fields.add(f, Field{Kind: WriteTotal})
		case "pageInfo":
			fields.add(f, Field{Kind: WritePageInfo, Fields: pageInfoLayout(op, f.Selections)})
		case "nodes":
			fields.add(f, Field{Kind: WriteNodes, Object: node.object(op, f.Selections)})
		case "edges":
			fields.add(
				f,
				Field{Kind: WriteEdges, Fields: edgeLayout(op, f.Definition.Type.Name(), f.Selections, node, link)},
			)
		}
	}
	return &Connection{fields}
}

func pageInfoLayout(op *graphql.OperationContext, set ast.SelectionSet) []Field {
	var fields layout
	for _, f := range graphql.CollectFields(op, set, nil) {
		switch f.Name {
		case "__typename":
			fields.add(f, typeName("PageInfo"))
		case "hasNextPage":
			fields.add(f, Field{Kind: WriteHasNext})
		case "hasPreviousPage":
			fields.add(f, Field{Kind: WriteHasPrevious})
		case "startCursor":
			fields.add(f, Field{Kind: WriteStartCursor})
		case "endCursor":
			fields.add(f, Field{Kind: WriteEndCursor})
		}
	}
	return fields
}

func edgeLayout(op *graphql.OperationContext, name string, set ast.SelectionSet, node, link *Node) []Field {
	var fields layout
	for _, f := range graphql.CollectFields(op, set, nil) {
		switch f.Name {
		case "__typename":
			fields.add(f, typeName(name))
		case "cursor":
			fields.add(f, Field{Kind: WriteCursor})
		case "node":
			fields.add(f, Field{Kind: WriteNode, Object: node.object(op, f.Selections)})
		case "link":
			fields.add(f, Field{Kind: WriteLink, Object: link.object(op, f.Selections)})
		}
	}
	return fields
}
