package resolve

import (
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"linkgraph/modules"
)

// fieldKind is how a field is written.
type fieldKind uint8

const (
	writeConstant fieldKind = iota
	writeText
	writeEnum
	writeTime
	writePlain // as it is: whole numbers, booleans and JSON
	writeFloat
	writeOne
	writeMany
	writeJoinedOne
	writeJoinedMany
	writeTotal
	writeInfo
	writeNodes
	writeEdges
	writeCursor
	writeNode
	writeLink
	writeHasNext
	writeHasPrevious
	writeStartCursor
	writeEndCursor
	// Of payloads.
	writeResults
	writeOutcome
	writeResultLink
	writeReplaced
	writeDeletionID
	writeLinks
	writeRecords
	writeModule
	writeModel
	writeIDs
	writeWritten
)

// fieldLayout is a field of an answer.
type fieldLayout struct {
	key     string // with what comes before it: `{"id":` or `,"id":`
	name    string // of the field in the answer
	nonNull bool
	kind    fieldKind
	cell    int // of a column; of a join, the key of its record
	// null is what is written for a NULL; "" means that the field is never null.
	null     string
	constant string
	hop      int // among those of the place; of links, the way in which they are shown
	object   *objectLayout
	conn     *connLayout
	fields   []fieldLayout // of an edge or of a pageInfo
}

// objectLayout is how records of a place are written.
type objectLayout struct{ fields []fieldLayout }

// connLayout is how a list is written.
type connLayout struct{ fields []fieldLayout }

// layout is the fields of one object. As gqlgen does, it leaves out a field whose key was written already.
type layout []fieldLayout

func (l *layout) add(f graphql.CollectedField, field fieldLayout) {
	key := `"` + f.Alias + `":`
	for _, other := range *l {
		if other.key[1:] == key {
			return
		}
	}
	field.name, field.nonNull = f.Alias, f.Definition.Type.NonNull
	field.key = "," + key
	if len(*l) == 0 {
		field.key = "{" + key
	}
	*l = append(*l, field)
}

// typeName is the field __typename.
func typeName(name string) fieldLayout {
	return fieldLayout{kind: writeConstant, constant: `"` + name + `"`}
}

// object lays out the records of a place.
func (pl *place) object(op *graphql.OperationContext, set ast.SelectionSet) *objectLayout {
	m := pl.sel.model
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
	return &objectLayout{fields}
}

func (pl *place) relation(op *graphql.OperationContext, f graphql.CollectedField, r *modules.Relation) fieldLayout {
	index := pl.sel.byField[f.Field]
	h := pl.hops[index]
	l := fieldLayout{kind: writeOne, hop: index, cell: h.node.cells[h.node.sel.model.Primary()]}
	if r.Many {
		l.kind, l.conn = writeMany, h.node.connection(op, f.Definition.Type.Name(), f.Selections, h.node, h.link)
	} else {
		l.object = h.node.object(op, f.Selections)
	}
	if h.joined {
		l.kind += writeJoinedOne - writeOne
	}
	return l
}

func columnLayout(col *modules.Column, nonNull bool, cell int) fieldLayout {
	f := fieldLayout{cell: cell, null: "null"}
	zero := `""`
	switch col.Type {
	case modules.Integer:
		f.kind, zero = writePlain, "0"
	case modules.Float:
		f.kind, zero = writeFloat, "0"
	case modules.Boolean:
		f.kind, zero = writePlain, "false"
	case modules.Time:
		f.kind, zero = writeTime, `"0001-01-01T00:00:00Z"`
	case modules.JSON:
		f.kind, zero = writePlain, ""
	case modules.Enum:
		f.kind = writeEnum
	default: // Text and Decimal
		f.kind = writeText
	}
	if nonNull {
		f.null = zero
	}
	return f
}

// connection lays out a list of records, and of the link rows that lead to them if they are read.
func (*place) connection(op *graphql.OperationContext, name string, set ast.SelectionSet, node, link *place) *connLayout {
	var fields layout
	for _, f := range graphql.CollectFields(op, set, nil) {
		switch f.Name {
		case "__typename":
			fields.add(f, typeName(name))
		case "totalCount":
			fields.add(f, fieldLayout{kind: writeTotal})
		case "pageInfo":
			fields.add(f, fieldLayout{kind: writeInfo, fields: infoLayout(op, f.Selections)})
		case "nodes":
			fields.add(f, fieldLayout{kind: writeNodes, object: node.object(op, f.Selections)})
		case "edges":
			fields.add(f, fieldLayout{kind: writeEdges, fields: edgeLayout(op, f.Definition.Type.Name(), f.Selections, node, link)})
		}
	}
	return &connLayout{fields}
}

func infoLayout(op *graphql.OperationContext, set ast.SelectionSet) []fieldLayout {
	var fields layout
	for _, f := range graphql.CollectFields(op, set, nil) {
		switch f.Name {
		case "__typename":
			fields.add(f, typeName("PageInfo"))
		case "hasNextPage":
			fields.add(f, fieldLayout{kind: writeHasNext})
		case "hasPreviousPage":
			fields.add(f, fieldLayout{kind: writeHasPrevious})
		case "startCursor":
			fields.add(f, fieldLayout{kind: writeStartCursor})
		case "endCursor":
			fields.add(f, fieldLayout{kind: writeEndCursor})
		}
	}
	return fields
}

func edgeLayout(op *graphql.OperationContext, name string, set ast.SelectionSet, node, link *place) []fieldLayout {
	var fields layout
	for _, f := range graphql.CollectFields(op, set, nil) {
		switch f.Name {
		case "__typename":
			fields.add(f, typeName(name))
		case "cursor":
			fields.add(f, fieldLayout{kind: writeCursor})
		case "node":
			fields.add(f, fieldLayout{kind: writeNode, object: node.object(op, f.Selections)})
		case "link":
			fields.add(f, fieldLayout{kind: writeLink, object: link.object(op, f.Selections)})
		}
	}
	return fields
}
