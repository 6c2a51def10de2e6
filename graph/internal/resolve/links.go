package resolve

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"linkgraph/internal/naming"
	"linkgraph/linkstore"
	"linkgraph/modules"
)

// The payloads of the link mutations, and what is shown of link modules. Their fields are those of the schema.
type (
	// CreateLinksPayload has a result for each link of the input, in its order.
	CreateLinksPayload struct{ Results []*CreateLinkResult }
	// CreateLinkResult is what became of one link.
	CreateLinkResult struct {
		Outcome  string
		Link     Link
		Replaced []Link
	}
	// DismissLinksPayload has a result for each link of the input, in its order.
	DismissLinksPayload struct{ Results []*DismissLinkResult }
	// DismissLinkResult is what became of one link.
	DismissLinkResult struct {
		Outcome string
		Link    Link
	}
	// CascadePayload is the receipt of a deletion or a restore.
	CascadePayload struct {
		DeletionID *string
		Links      []Link
		Records    []*RecordIDs
	}
	// RecordIDs are records of one model.
	RecordIDs struct {
		Module, Model string
		IDs           []string
	}
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

// LinkModules answers the field `linkModules`.
func (e *Engine) LinkModules() []*LinkModule {
	links := e.catalog.Links()
	all := make([]*LinkModule, len(links))
	for i, d := range links {
		all[i] = e.describe(d)
	}
	return all
}

// LinkModule answers the field `linkModule`: the link between two keys, in either order, or nil.
func (e *Engine) LinkModule(moduleA, keyA, moduleB, keyB string) (*LinkModule, error) {
	found := e.catalog.Find(naming.Snake(moduleA), naming.Snake(keyA), naming.Snake(moduleB), naming.Snake(keyB))
	if len(found) == 0 {
		return nil, nil
	}
	return e.describe(found[0]), nil
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
	if m, ok := e.catalog.Model(end.Model); ok {
		d.Module = m.Module
	}
	return d
}

// items reads the links of a mutation's input.
func (e *Engine) items(ctx context.Context) ([]linkstore.Item, error) {
	arg := rootArguments(ctx)["links"]
	if read, ok := arg.(Links); ok {
		return e.readLinks(read)
	}
	list := listOf(arg)
	items := make([]linkstore.Item, len(list))
	for i, v := range list {
		item, err := e.item(objectOf(v))
		if err != nil {
			return nil, &linkstore.ItemError{Index: i, Err: err}
		}
		items[i] = item
	}
	return items, nil
}

// item reads one LinkInput: its two records by module and key, or its link and ends.
func (e *Engine) item(raw map[string]any) (linkstore.Item, error) {
	var item linkstore.Item
	for _, name := range sortedKeys(raw) {
		v := raw[name]
		if v == nil {
			continue
		}
		switch name {
		case "link":
			text, _ := v.(string)
			item.Link = strings.ToLower(text)
		case "ends":
			ends := objectOf(v)
			item.Left, item.Right = text(ends["left"]), text(ends["right"])
		case "data":
			data, ok := v.(map[string]any)
			if !ok {
				return item, invalid("data", "the values of a link's extra columns are an object, as in { requiredQuantity: 2 }")
			}
			item.Data = data
		default:
			keys := objectOf(v)
			for _, key := range sortedKeys(keys) {
				if keys[key] != nil {
					item.Keys = append(item.Keys, linkstore.Key{Module: naming.Snake(name), Name: naming.Snake(key), ID: text(keys[key])})
				}
			}
		}
	}
	var err error
	item.Data, err = e.data(item)
	return item, err
}

// data spells the extra columns as the database does.
func (e *Engine) data(item linkstore.Item) (map[string]any, error) {
	if len(item.Data) == 0 {
		return nil, nil
	}
	pair, err := e.catalog.Resolve(item)
	if err != nil {
		return nil, err
	}
	d, _ := e.catalog.Link(pair.Link)
	data := make(map[string]any, len(item.Data))
	var choices []string
	for _, c := range d.Columns {
		choices = append(choices, naming.Camel(c.Name))
	}
	for _, name := range sortedKeys(item.Data) {
		column := naming.Snake(name)
		known := false
		for _, c := range d.Columns {
			known = known || c.Name == column
		}
		if !known && len(choices) == 0 {
			return nil, invalid("data."+name, "link %s has no extra columns", d.Name)
		}
		if !known {
			return nil, invalid("data."+name, "link %s has no such extra column; the choices are %s", d.Name, strings.Join(choices, ", "))
		}
		data[column] = item.Data[name]
	}
	return data, nil
}

// text reads an ID: a string, or a number that was written as one.
func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return fmt.Sprint(v)
}

// CreateLinks answers the mutation `createLinks`.
func (e *Engine) CreateLinks(ctx context.Context, _ []Input, replace bool) (*CreateLinksPayload, error) {
	items, err := e.items(ctx)
	if err != nil {
		return nil, err
	}
	again, err := e.affordableLinks(ctx, items, selectionsAt(ctx, "results", "link"))
	if err != nil {
		return nil, err
	}
	results, err := e.links.Create(ctx, items, linkstore.CreateOptions{Replace: replace})
	if err != nil {
		return nil, err
	}
	again()
	links := make([]linkstore.Link, len(results))
	payload := &CreateLinksPayload{Results: make([]*CreateLinkResult, len(results))}
	for i, r := range results {
		links[i] = r.Link
	}
	shown, err := e.showLinks(ctx, links, selectionsAt(ctx, "results", "link")...)
	if err != nil {
		return nil, err
	}
	for i, r := range results {
		payload.Results[i] = &CreateLinkResult{Outcome: string(r.Outcome), Link: shown[i]}
		if payload.Results[i].Replaced, err = e.showLinks(ctx, r.Replaced, selectionsAt(ctx, "results", "replaced")...); err != nil {
			return nil, err
		}
	}
	return payload, nil
}

// DismissLinks answers the mutation `dismissLinks`.
func (e *Engine) DismissLinks(ctx context.Context, _ []Input) (*DismissLinksPayload, error) {
	items, err := e.items(ctx)
	if err != nil {
		return nil, err
	}
	again, err := e.affordableLinks(ctx, items, selectionsAt(ctx, "results", "link"))
	if err != nil {
		return nil, err
	}
	results, err := e.links.Dismiss(ctx, items)
	if err != nil {
		return nil, err
	}
	again()
	payload := &DismissLinksPayload{Results: make([]*DismissLinkResult, len(results))}
	var links []linkstore.Link
	for i, r := range results {
		payload.Results[i] = &DismissLinkResult{Outcome: string(r.Outcome)}
		if r.Link != nil {
			links = append(links, *r.Link)
		}
	}
	shown, err := e.showLinks(ctx, links, selectionsAt(ctx, "results", "link")...)
	if err != nil {
		return nil, err
	}
	for i, r := range results {
		if r.Link != nil {
			payload.Results[i].Link, shown = shown[0], shown[1:]
		}
	}
	return payload, nil
}

// recordKeys reads a RecordKeysInput.
func recordKeys(raw map[string]any) []linkstore.Records {
	var records []linkstore.Records
	for _, module := range sortedKeys(raw) {
		keys := objectOf(raw[module])
		for _, key := range sortedKeys(keys) {
			r := linkstore.Records{Module: naming.Snake(module), Key: naming.Snake(key)}
			for _, id := range listOf(keys[key]) {
				r.IDs = append(r.IDs, text(id))
			}
			records = append(records, r)
		}
	}
	return records
}

// DeleteLinks answers the mutation `deleteLinks`.
func (e *Engine) DeleteLinks(ctx context.Context, _ Input) (*CascadePayload, error) {
	receipt, err := e.links.Delete(ctx, recordKeys(objectOf(rootArguments(ctx)["records"])))
	if err != nil {
		return nil, err
	}
	return e.linkReceipt(ctx, receipt)
}

// RestoreLinks answers the mutation `restoreLinks`.
func (e *Engine) RestoreLinks(ctx context.Context, _ Input, deletionID *string) (*CascadePayload, error) {
	receipt, err := e.restoreLinks(ctx, objectOf(rootArguments(ctx)["records"]), deletionID)
	if err != nil {
		return nil, err
	}
	return e.linkReceipt(ctx, receipt)
}

func (e *Engine) restoreLinks(ctx context.Context, records map[string]any, deletionID *string) (linkstore.Receipt, error) {
	switch {
	case records != nil && deletionID != nil:
		return linkstore.Receipt{}, invalid("restoreLinks", "records and deletionId exclude each other")
	case deletionID != nil:
		return e.links.RestoreDeletion(ctx, *deletionID)
	case records != nil:
		return e.links.Restore(ctx, recordKeys(records))
	default:
		return linkstore.Receipt{}, invalid("restoreLinks", "give records or a deletionId")
	}
}

func (e *Engine) linkReceipt(ctx context.Context, receipt linkstore.Receipt) (*CascadePayload, error) {
	return e.cascadePayload(ctx, receipt.DeletionID, receipt.Links, recordIDs(receipt.Records))
}

func recordIDs(of []linkstore.Records) []modules.RecordIDs {
	records := make([]modules.RecordIDs, len(of))
	for i, r := range of {
		records[i] = modules.RecordIDs{Module: r.Module, Model: r.Model, IDs: r.IDs}
	}
	return records
}

// Links answers the field `links`: those of the given pairs that are linked.
func (e *Engine) Links(ctx context.Context, _ []Input) ([]Link, error) {
	items, err := e.items(ctx)
	if err != nil {
		return nil, err
	}
	found, err := e.links.Get(ctx, items)
	if err != nil {
		return nil, err
	}
	var links []linkstore.Link
	for _, l := range found {
		if l != nil {
			links = append(links, *l)
		}
	}
	return e.showLinks(ctx, links, selectionsAt(ctx)...)
}

// showLinks gives links the types of the schema, with all that the selections ask of them.
func (e *Engine) showLinks(ctx context.Context, links []linkstore.Link, sets ...ast.SelectionSet) ([]Link, error) {
	shown := make([]Link, len(links))
	works := map[string]*work{}
	var level []work
	var order []string
	for i, l := range links {
		w := works[l.Name]
		if w == nil {
			sel, err := e.linkSelection(ctx, l.Name, len(links), sets)
			if err != nil {
				return nil, err
			}
			w = &work{sel: sel}
			works[l.Name] = w
			order = append(order, l.Name)
		}
		d, _ := e.catalog.Link(l.Name)
		o := &Object{record: linkRecord(w.sel.model, d, l), sel: w.sel}
		w.objects = append(w.objects, o)
		link, ok := e.wrap(o).(Link)
		if !ok {
			return nil, fmt.Errorf("model %s is no link", w.sel.model.Name)
		}
		shown[i] = link
	}
	for _, name := range order {
		level = append(level, *works[name])
	}
	return shown, e.lookAhead(ctx, level...)
}

func (e *Engine) linkSelection(ctx context.Context, name string, rows int, sets []ast.SelectionSet) (*selection, error) {
	m, err := e.linkModel(name)
	if err != nil {
		return nil, err
	}
	sel := newSelection(m, rows)
	p := e.planner(ctx)
	for _, set := range sets {
		if err := p.add(sel, "links", 1, set); err != nil {
			return nil, err
		}
	}
	return sel, p.affordRecords(sel, "links", rows, sets)
}

// linkModel is the model of a link's rows.
func (e *Engine) linkModel(name string) (*modules.Model, error) {
	for _, m := range e.records.Catalog().Models() {
		if m.Link == name {
			return m, nil
		}
	}
	return nil, errors.New("no model for the rows of link " + name)
}

// linkRecord shows a link as a record of the model of its rows.
func linkRecord(m *modules.Model, d *linkstore.Definition, l linkstore.Link) *modules.Record {
	r := &modules.Record{Model: m, Values: make([]any, len(m.Columns))}
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
