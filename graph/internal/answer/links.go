package answer

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/linkgraph/linkgraph/graph/internal/plan"
	"github.com/linkgraph/linkgraph/internal/naming"
	"github.com/linkgraph/linkgraph/linkstore"
)

// The types of linkModules in the schema. Their names are the names of the schema.
type (
	// LinkModule describes a link.
	LinkModule struct {
		Name, Link   string
		Table        *string
		ReadOnly     bool
		Left, Right  *LinkEnd
		ExtraColumns []*LinkColumn
	}
	// LinkEnd describes one end of a link.
	LinkEnd struct {
		Module, Model, Key    string
		Field                 *string
		IsList, DeleteCascade bool
	}
	// LinkColumn describes an extra column of a link.
	LinkColumn struct {
		Name, Type string
		Default    *string
	}
)

// DescribeLinks resolves a root field to the descriptions of links.
func DescribeLinks(ctx context.Context, links []*linkstore.Definition) (Answer, error) {
	r := newRootField(ctx)
	r.writeValue = func() error {
		return r.request.list(len(links), func(i int) error {
			r.request.linkModule(r.request.engine.describe(links[i]), r.Field.Selections)
			return nil
		})
	}
	return r.start(nil)
}

// DescribeLink resolves a root field to the description of a link.
func DescribeLink(ctx context.Context, link *linkstore.Definition) (Answer, error) {
	r := newRootField(ctx)
	r.writeValue = func() error {
		r.request.linkModule(r.request.engine.describe(link), r.Field.Selections)
		return nil
	}
	return r.start(nil)
}

func (e *Engine) describe(d *linkstore.Definition) *LinkModule {
	m := &LinkModule{
		Name: d.Name, Link: strings.ToUpper(d.Name), ReadOnly: d.ReadOnly != "",
		Left: e.describeEnd(&d.Left), Right: e.describeEnd(&d.Right), ExtraColumns: []*LinkColumn{},
	}
	if !m.ReadOnly {
		m.Table = &d.Table
	}
	for _, c := range d.Columns {
		column := &LinkColumn{Name: naming.Camel(c.Name), Type: columnTypes[c.Type]}
		if c.Default != "" || c.EmptyDefault {
			column.Default = &c.Default
		}
		m.ExtraColumns = append(m.ExtraColumns, column)
	}
	return m
}

var columnTypes = map[linkstore.ColumnType]string{
	linkstore.Text: "String", linkstore.Integer: "Int", linkstore.Decimal: "Decimal", linkstore.Boolean: "Boolean",
	linkstore.Timestamp: "DateTime", linkstore.JSON: "JSON", linkstore.Float: "Float",
}

func (e *Engine) describeEnd(end *linkstore.End) *LinkEnd {
	d := &LinkEnd{Model: end.Model, Key: end.Key, IsList: end.IsList, DeleteCascade: end.DeleteCascade}
	if end.Field != "" {
		d.Field = &end.Field
	}
	if m, ok := e.linkCatalog.Model(end.Model); ok {
		d.Module = m.Module
	}
	return d
}

// items returns the links of an argument. A link that cannot be read has its error in Item.Err.
func (e *Engine) items(list []any) []linkstore.Item {
	items := make([]linkstore.Item, len(list))
	for i, v := range list {
		var err error
		items[i], err = e.item(plan.ObjectOf(v))
		items[i].Err = err
	}
	return items
}

// item returns one LinkInput: two records by module and key, or a link with its ends.
func (e *Engine) item(raw map[string]any) (linkstore.Item, error) {
	var item linkstore.Item
	for _, name := range plan.SortedKeys(raw) {
		v := raw[name]
		if v == nil {
			continue
		}
		switch name {
		case "link":
			text, _ := v.(string)
			item.Link = strings.ToLower(text)
		case "ends":
			ends := plan.ObjectOf(v)
			item.Left, item.Right = idText(ends["left"]), idText(ends["right"])
		case "data":
			data, err := dataObject(v)
			if err != nil {
				return item, err
			}
			item.Data = data
		default:
			item.Keys = append(item.Keys, moduleKeys(name, v)...)
		}
	}
	var err error
	item.Data, err = e.data(item)
	return item, err
}

// dataObject returns the values of a link's extra columns.
func dataObject(v any) (map[string]any, error) {
	data, ok := v.(map[string]any)
	if !ok {
		return nil, plan.Invalidf(
			"data",
			"the values of a link's extra columns are an object, as in { requiredQuantity: 2 }",
		)
	}
	return data, nil
}

// moduleKeys returns the keys that an input names under the field of a module.
func moduleKeys(module string, v any) []linkstore.Key {
	var keys []linkstore.Key
	fields := plan.ObjectOf(v)
	for _, name := range plan.SortedKeys(fields) {
		if fields[name] != nil {
			keys = append(keys, linkstore.Key{
				Module: naming.Snake(module), Name: naming.Snake(name), ID: idText(fields[name]),
			})
		}
	}
	return keys
}

// data returns the extra columns of a link under their names in the database.
func (e *Engine) data(item linkstore.Item) (map[string]any, error) {
	if len(item.Data) == 0 {
		return nil, nil
	}
	pair, err := e.linkCatalog.Resolve(item)
	if err != nil {
		return nil, err
	}
	d, _ := e.linkCatalog.Link(pair.Link)
	return columnsOf(d, item.Data)
}

// columnsOf returns the extra columns of a link under their names in the database.
func columnsOf(d *linkstore.Definition, fields map[string]any) (map[string]any, error) {
	data := make(map[string]any, len(fields))
	var choices []string
	for _, c := range d.Columns {
		choices = append(choices, naming.Camel(c.Name))
	}
	for _, name := range plan.SortedKeys(fields) {
		column := naming.Snake(name)
		known := false
		for _, c := range d.Columns {
			known = known || c.Name == column
		}
		if !known && len(choices) == 0 {
			return nil, plan.Invalidf("data."+name, "link %s has no extra columns", d.Name)
		}
		if !known {
			return nil, plan.Invalidf(
				"data."+name,
				"link %s has no such extra column; the choices are %s",
				d.Name,
				strings.Join(choices, ", "),
			)
		}
		data[column] = fields[name]
	}
	return data, nil
}

// idText returns an ID, which may be written as a string or a number.
func idText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return fmt.Sprint(v)
}

// RecordKeys is the argument `records` of a root field, a RecordKeysInput.
type RecordKeys []linkstore.Records

// UnmarshalGQLContext reads the argument from the document, where numbers are as the client wrote them. It never fails.
func (k *RecordKeys) UnmarshalGQLContext(ctx context.Context, _ any) error {
	*k = recordKeys(plan.ObjectOf(rootArguments(ctx)["records"]))
	return nil
}

func recordKeys(raw map[string]any) []linkstore.Records {
	records := []linkstore.Records{}
	for _, module := range plan.SortedKeys(raw) {
		keys := plan.ObjectOf(raw[module])
		for _, key := range plan.SortedKeys(keys) {
			r := linkstore.Records{Module: naming.Snake(module), Key: naming.Snake(key)}
			for _, id := range plan.ListOf(keys[key]) {
				r.IDs = append(r.IDs, idText(id))
			}
			records = append(records, r)
		}
	}
	return records
}

// linkModule writes the description of a link. Speed does not matter here, so there is no layout in the plan.
func (a *Request) linkModule(m *LinkModule, set ast.SelectionSet) {
	a.fields("LinkModule", set, func(f graphql.CollectedField) {
		switch f.Name {
		case "name":
			a.value(m.Name)
		case "link":
			a.value(m.Link)
		case "table":
			a.value(m.Table)
		case "readOnly":
			a.value(m.ReadOnly)
		case "left":
			a.linkEnd(m.Left, f.Selections)
		case "right":
			a.linkEnd(m.Right, f.Selections)
		case "extraColumns":
			writeAll(a, m.ExtraColumns, func(c *LinkColumn) { a.linkColumn(c, f.Selections) })
		}
	})
}

func (a *Request) linkEnd(end *LinkEnd, set ast.SelectionSet) {
	a.fields("LinkEnd", set, func(f graphql.CollectedField) {
		a.value(map[string]any{
			"module": end.Module, "model": end.Model, "key": end.Key, "field": end.Field, "isList": end.IsList, "deleteCascade": end.DeleteCascade,
		}[f.Name])
	})
}

func (a *Request) linkColumn(c *LinkColumn, set ast.SelectionSet) {
	a.fields("LinkColumn", set, func(f graphql.CollectedField) {
		a.value(map[string]any{"name": c.Name, "type": c.Type, "default": c.Default}[f.Name])
	})
}

// fields writes an object of a type by its selection set; write writes the value of one field.
func (a *Request) fields(typeName string, set ast.SelectionSet, write func(graphql.CollectedField)) {
	a.b = append(a.b, '{')
	written := map[string]bool{}
	for _, f := range graphql.CollectFields(a.op, set, []string{typeName}) {
		if written[f.Alias] {
			continue
		}
		if len(written) > 0 {
			a.b = append(a.b, ',')
		}
		written[f.Alias] = true
		a.b = append(a.b, `"`+f.Alias+`":`...)
		if f.Name == "__typename" {
			a.value(typeName)
			continue
		}
		write(f)
	}
	a.b = append(a.b, '}')
}

func (a *Request) value(v any) {
	switch v := v.(type) {
	case string:
		a.b = appendText(a.b, v)
	case *string:
		if v == nil {
			a.b = append(a.b, "null"...)
			return
		}
		a.b = appendText(a.b, *v)
	default: // a bool, a number or nil
		text, _ := json.Marshal(v) //nolint:errchkjson // these can be encoded
		a.b = append(a.b, text...)
	}
}
