package plan

import (
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// Kind is how a field is written.
type Kind uint8

// Kinds of fields.
const (
	WriteConstant Kind = iota
	WriteText
	WriteEnum
	WriteTime
	writePlain // as it is: whole numbers, booleans and JSON
	WriteFloat
	WriteOne
	WriteMany
	WriteJoinedOne
	WriteJoinedMany
	WriteTotal
	WriteInfo
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
	WriteRecords
	WriteModule
	WriteModel
	WriteIDs
	WriteWritten
)

// Field is a field of an answer.
type Field struct {
	Key     string // with what comes before it: `{"id":` or `,"id":`
	Name    string // of the field in the answer
	NonNull bool
	Kind    Kind
	Cell    int // of a column; of a join, the key of its record
	// null is what is written for a NULL; "" means that the field is never null.
	Null     string
	Constant string
	Hop      int // among those of the place; of links, the way in which they are shown
	Object   *Object
	Conn     *Connection
	Fields   []Field // of an edge or of a pageInfo
}

// Object is how records of a place are written.
type Object struct{ Fields []Field }

// Connection is how a list is written.
type Connection struct{ Fields []Field }

// layout is the fields of one object. As gqlgen does, it leaves out a field whose key was written already.
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

// object lays out the records of a place.
func (pl *Place) object(op *graphql.OperationContext, set ast.SelectionSet) *Object {
	m := pl.Selection.Model
	var fields layout
	for _, f := range graphql.CollectFields(op, set, typeNames(m)) {
		if f.Name == "__typename" {
			fields.add(f, typeName(m.Name))
			continue
		}
		if r, ok := m.Relation(f.Name); ok {
			fields.add(f, pl.relation(op, f, r))
		} else if i, ok := m.Column(f.Name); ok {
			fields.add(f, columnLayout(&m.Columns[i], f.Definition.Type.NonNull, pl.cells[i]))
		} else { // a link has a name besides its columns
			fields.add(f, typeName(strings.ToUpper(m.Link)))
		}
	}
	return &Object{fields}
}

func (pl *Place) relation(op *graphql.OperationContext, f graphql.CollectedField, r *recordstore.Relation) Field {
	index := pl.Selection.byField[f.Field]
	h := pl.Hops[index]
	l := Field{Kind: WriteOne, Hop: index, Cell: h.Node.cells[h.Node.Selection.Model.Primary()]}
	if r.Many {
		l.Kind, l.Conn = WriteMany, h.Node.connection(op, f.Definition.Type.Name(), f.Selections, h.Node, h.Link)
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

// connection lays out a list of records, and of the link rows that lead to them if they are read.
func (*Place) connection(
	op *graphql.OperationContext,
	name string,
	set ast.SelectionSet,
	node, link *Place,
) *Connection {
	var fields layout
	for _, f := range graphql.CollectFields(op, set, nil) {
		switch f.Name {
		case "__typename":
			fields.add(f, typeName(name))
		case "totalCount":
			fields.add(f, Field{Kind: WriteTotal})
		case "pageInfo":
			fields.add(f, Field{Kind: WriteInfo, Fields: infoLayout(op, f.Selections)})
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

func infoLayout(op *graphql.OperationContext, set ast.SelectionSet) []Field {
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

func edgeLayout(op *graphql.OperationContext, name string, set ast.SelectionSet, node, link *Place) []Field {
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
