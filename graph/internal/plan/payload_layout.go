package plan

import (
	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Payload is how the payload of a mutation is written.
type Payload struct {
	Fields   []Field
	Links    LinkPlans // what is shown of links
	Replaced LinkPlans // and of those that were dismissed to make room
	Records  LinkPlans // what is shown of records that were written
	Field    string    // that shows these
}

// LayOut lays out the payload of a mutation that writes links, or answers with a receipt.
func (p *Root) LayOutPayload(op *graphql.OperationContext) {
	p.layoutOnce.Do(func() { p.Payload.Fields = p.Payload.layout(op, p.Field.Definition.Type.Name(), p.Field.Selections) })
}

// LayOutRecords lays out the payload of a mutation that makes or changes records.
func (p *Root) LayOutRecords(op *graphql.OperationContext) {
	p.layoutOnce.Do(func() {
		p.Payload.Fields = p.Payload.recordLayout(op, p.Field.Definition.Type.Name(), p.Field.Selections)
	})
}

// LayOutLinks lays out a field that is links.
func (p *Root) LayOutLinks() {
	p.layoutOnce.Do(func() { p.Links.add(p.Field.Selections) })
}

// recordLayout lays out the payload of a mutation that makes or changes records: it has one field, which shows them.
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

// layout lays out a payload, and the objects in it.
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
		case "link":
			l.Kind, l.Index = WriteResultLink, p.Links.add(f.Selections)
		case "links":
			l.Kind, l.Index = WriteLinks, p.Links.add(f.Selections)
		case "replaced":
			l.Kind, l.Index = WriteReplaced, p.Replaced.add(f.Selections)
		default:
			l.Kind = map[string]FieldKind{
				"outcome": WriteOutcome, "deletionId": WriteDeletionID, "module": WriteModule, "model": WriteModel, "ids": WriteIDs,
			}[f.Name]
		}
		fields.add(f, l)
	}
	return fields
}
