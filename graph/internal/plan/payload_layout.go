package plan

import (
	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Payload is how the payload of a mutation is written. It is laid out when the field is first resolved.
type Payload struct {
	Fields   []Field
	Links    LinkPlans // how written links are shown
	Replaced LinkPlans // how links are shown that were dismissed to make room
	Records  LinkPlans // how written records are shown
	Field    string    // the name of the field that shows written records
}

// LayOutPayload lays out the payload of a mutation that writes links or answers with a receipt, once.
func (p *Root) LayOutPayload(op *graphql.OperationContext) {
	p.layoutOnce.Do(
		func() { p.Payload.Fields = p.Payload.layout(op, p.Field.Definition.Type.Name(), p.Field.Selections) },
	)
}

// LayOutRecords lays out the payload of a mutation that creates or updates records, once.
func (p *Root) LayOutRecords(op *graphql.OperationContext) {
	p.layoutOnce.Do(func() {
		p.Payload.Fields = p.Payload.recordLayout(op, p.Field.Definition.Type.Name(), p.Field.Selections)
	})
}

// LayOutLinks lays out a field that is a list of links, once.
func (p *Root) LayOutLinks() {
	p.layoutOnce.Do(func() { p.Links.add(p.Field.Selections) })
}

// recordLayout lays out a payload that has one field besides __typename, the records.
func (p *Payload) recordLayout(op *graphql.OperationContext, name string, set ast.SelectionSet) []Field {
	var fields layout
	for _, f := range graphql.CollectFields(op, set, nil) {
		if f.Name == "__typename" {
			fields.add(f, typeName(name))
			continue
		}
		p.Field = f.Name
		fields.add(f, Field{Kind: WriteRecords, Index: p.Records.add(f.Selections)})
	}
	return fields
}

// layout lays out a payload and the objects in it, which have no field names in common.
func (p *Payload) layout(op *graphql.OperationContext, name string, set ast.SelectionSet) []Field {
	var fields layout
	for _, f := range graphql.CollectFields(op, set, nil) {
		l := Field{}
		switch f.Name {
		case "__typename":
			l = typeName(name)
		case "results":
			l.Kind, l.Fields = WriteResults, p.layout(op, f.Definition.Type.Name(), f.Selections)
		case "records":
			l.Kind, l.Fields = WriteRecordKeys, p.layout(op, f.Definition.Type.Name(), f.Selections)
		case "linkCounts":
			l.Kind, l.Fields = WriteLinkCounts, p.layout(op, f.Definition.Type.Name(), f.Selections)
		case "recordCounts":
			l.Kind, l.Fields = WriteRecordCounts, p.layout(op, f.Definition.Type.Name(), f.Selections)
		case "error":
			l.Kind, l.Fields = WriteFault, faultLayout(op, f.Definition.Type.Name(), f.Selections, faultFields)
		case "link":
			l.Kind, l.Index = WriteResultLink, p.Links.add(f.Selections)
		case "links":
			l.Kind, l.Index = WriteLinks, p.Links.add(f.Selections)
		case "replaced":
			l.Kind, l.Index = WriteReplaced, p.Replaced.add(f.Selections)
		default:
			l.Kind = map[string]FieldKind{
				"outcome": WriteOutcome, "deletionId": WriteDeletionID, "module": WriteModule, "model": WriteModel, "ids": WriteIDs,
				"name": WriteLinkName, "count": WriteCount,
			}[f.Name]
		}
		fields.add(f, l)
	}
	return fields
}

// faultFields are the kinds of the fields of an item's error, by name.
var faultFields = map[string]FieldKind{
	"code": WriteFaultCode, "message": WriteFaultMessage, "otherIndex": WriteOtherIndex, "existing": WriteExisting,
}

// existingFields are the kinds of the fields of the link that an item conflicts with, by name.
var existingFields = map[string]FieldKind{
	"id": WriteExistingID, "name": WriteExistingName, "left": WriteExistingLeft, "right": WriteExistingRight,
}

// faultLayout lays out the error of an item, or the link in it.
func faultLayout(
	op *graphql.OperationContext,
	name string,
	set ast.SelectionSet,
	kinds map[string]FieldKind,
) []Field {
	var fields layout
	for _, f := range graphql.CollectFields(op, set, nil) {
		l := Field{Kind: kinds[f.Name]}
		switch {
		case f.Name == "__typename":
			l = typeName(name)
		case l.Kind == WriteExisting:
			l.Fields = faultLayout(op, f.Definition.Type.Name(), f.Selections, existingFields)
		}
		fields.add(f, l)
	}
	return fields
}
