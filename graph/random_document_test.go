package graph_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// documents makes random documents from a schema: every field, argument and input that it has may occur, and things
// that are refused when they run.
type documents struct {
	random *rand.Rand
	schema *ast.Schema
	ids    []string // of records of all models
	pairs  []any    // links, as inputs name them
	// cursors are some that answers had, by the field of the list. Some belong to another order.
	cursors map[string][]string

	fragments []string
	variables []variable
	names     int
}

// variable is one of the document, with values for each time it is run.
type variable struct {
	name   string
	of     *ast.Type
	values []any
}

// runs is how often each document is run, with other values of its variables.
const runs = 3

// document is a document and the values of its variables, by run.
type document struct {
	text      string
	variables [runs]map[string]any
}

// scope is what is selected at one position: a field that is selected twice has the same arguments, or the document
// would be invalid.
type scope map[string]*selected

type selected struct {
	text  string // the field with its arguments
	below scope
}

func (d *documents) document() document {
	d.fragments, d.variables, d.names = nil, nil, 0
	at := scope{}
	return d.finish("query", d.set(d.schema.Query, at, 0, 1+d.random.IntN(3)))
}

// finish makes a document of an operation, with the variables and fragments that its selections use.
func (d *documents) finish(kind, body string) document {
	var doc document
	head := kind + " Random"
	var defs []string
	for _, v := range d.variables {
		defs = append(defs, "$"+v.name+": "+v.of.String())
	}
	if defs != nil {
		head += "(" + strings.Join(defs, ", ") + ")"
	}
	doc.text = head + " " + body + strings.Join(d.fragments, "")
	for i := range runs {
		doc.variables[i] = map[string]any{}
		for _, v := range d.variables {
			if v.values[i] != unset {
				doc.variables[i][v.name] = v.values[i]
			}
		}
	}
	return doc
}

type unsetValue struct{}

var unset any = unsetValue{}

func (d *documents) one(of int) bool { return d.random.IntN(of) == 0 }

// set makes a selection set of n fields or more.
func (d *documents) set(def *ast.Definition, at scope, depth, n int) string {
	var b strings.Builder
	b.WriteString("{")
	for range n {
		b.WriteString(" " + d.selection(def, at, depth))
	}
	return b.String() + " }"
}

func (d *documents) selection(def *ast.Definition, at scope, depth int) string {
	if depth > 0 && d.one(12) {
		return d.fragment(def, at, depth)
	}
	if d.one(15) {
		return d.aliased("") + "__typename" + d.directive()
	}
	return d.field(def, at, depth)
}

// fragment spreads some fields, on the type itself or on one that shares objects with it.
func (d *documents) fragment(def *ast.Definition, at scope, depth int) string {
	on := def
	if def.IsAbstractType() || d.one(3) {
		var others []*ast.Definition
		for _, other := range append(slices.Clone(d.schema.PossibleTypes[def.Name]), d.schema.Implements[def.Name]...) {
			if other.Name != def.Name {
				others = append(others, other)
			}
		}
		if len(others) > 0 {
			on = others[d.random.IntN(len(others))]
			at = scope{} // fields of another type: aliases keep them apart
		}
	}
	set := d.set(on, at, depth+1, 1+d.random.IntN(2))
	if d.one(2) {
		return "... on " + on.Name + d.directive() + " " + set
	}
	d.names++
	name := fmt.Sprint("F", d.names)
	d.fragments = append(d.fragments, " fragment "+name+" on "+on.Name+" "+set)
	return "..." + name + d.directive()
}

func (d *documents) aliased(name string) string {
	d.names++
	return fmt.Sprintf("a%d%s: ", d.names, name)
}

func (d *documents) directive() string {
	if !d.one(10) {
		return ""
	}
	name := []string{"skip", "include"}[d.random.IntN(2)]
	if d.one(2) {
		return fmt.Sprintf(" @%s(if: %t)", name, d.one(2))
	}
	v := variable{name: d.variableName(), of: ast.NonNullNamedType("Boolean", nil)}
	for range runs {
		v.values = append(v.values, d.one(2))
	}
	d.variables = append(d.variables, v)
	return fmt.Sprintf(" @%s(if: $%s)", name, v.name)
}

func (d *documents) variableName() string { return fmt.Sprint("v", len(d.variables)) }

// richRoots are root fields that lead to much in the stores of tests.
var richRoots = []string{
	"products",
	"productVariants",
	"priceSets",
	"prices",
	"salesChannels",
	"inventoryItems",
	"orders",
	"carts",
	"productCategories",
	"regions",
	"stockLocations",
	"promotions",
	"customers",
	"node",
	"links",
	"productVariantInventoryItems",
}

// field selects a field. Those that lead further are rarer the deeper they stand.
func (d *documents) field(def *ast.Definition, at scope, depth int) string {
	var f *ast.FieldDefinition
	for {
		f = def.Fields[d.random.IntN(len(def.Fields))]
		if rich := def.Fields.ForName(richRoots[d.random.IntN(len(richRoots))]); depth == 0 && rich != nil &&
			!d.one(3) {
			f = rich
		}
		composite := d.schema.Types[f.Type.Name()].IsCompositeType()
		if strings.HasPrefix(f.Name, "__") || composite && depth > 2 && !d.one(depth) &&
			slices.ContainsFunc(def.Fields, d.isLeaf) {
			continue
		}
		break
	}
	key := f.Name
	alias := ""
	if d.one(4) || at[key] == nil && d.one(6) {
		alias = d.aliased(f.Name)
		key = alias
	}
	s := at[key]
	if s == nil {
		s = &selected{text: alias + f.Name + d.arguments(f), below: scope{}}
		at[key] = s
	}
	text := s.text + d.directive()
	if target := d.schema.Types[f.Type.Name()]; target.IsCompositeType() {
		n := 1 + d.random.IntN(4)
		if depth > 5 {
			n = 1
		}
		text += " " + d.set(target, s.below, depth+1, n)
	}
	return text
}

func (d *documents) isLeaf(f *ast.FieldDefinition) bool {
	return !d.schema.Types[f.Type.Name()].IsCompositeType()
}

func (d *documents) arguments(f *ast.FieldDefinition) string {
	var args []string
	for _, a := range f.Arguments {
		oneOf := map[string]int{"first": 2, "filter": 5, "orderBy": 5, "after": 8, "before": 10, "last": 10}[a.Name]
		if !a.Type.NonNull && !d.one(oneOf) {
			continue
		}
		if d.one(3) {
			v := variable{name: d.variableName(), of: a.Type}
			for range runs {
				value := d.argument(f, a)
				if !a.Type.NonNull && d.one(8) {
					value = unset
				}
				v.values = append(v.values, value)
			}
			d.variables = append(d.variables, v)
			args = append(args, a.Name+": $"+v.name)
			continue
		}
		args = append(args, a.Name+": "+literal(d.argument(f, a)))
	}
	if args == nil {
		return ""
	}
	return "(" + strings.Join(args, ", ") + ")"
}

// argument makes the value of an argument: most cursors are good.
func (d *documents) argument(f *ast.FieldDefinition, a *ast.ArgumentDefinition) any {
	known := d.cursors[f.Name]
	if (a.Name == "after" || a.Name == "before") && len(known) > 0 && !d.one(6) {
		return known[d.random.IntN(len(known))]
	}
	return d.value(a.Name, a.Type, 3)
}

// harvest keeps the cursors of an answer for documents to come.
func (d *documents) harvest(field string, answer any) {
	switch v := answer.(type) {
	case []any:
		for _, item := range v {
			d.harvest(field, item)
		}
	case map[string]any:
		for key, value := range v {
			if text, ok := value.(string); ok && strings.HasSuffix(strings.ToLower(key), "cursor") {
				if d.cursors[field] = append(d.cursors[field], text); len(d.cursors[field]) > 30 {
					d.cursors[field] = d.cursors[field][1:]
				}
				continue
			}
			name := strings.TrimLeft(key, "a0123456789")
			if key != name && !strings.ContainsAny(key, "0123456789") {
				name = key // no alias of ours
			}
			if name == "pageInfo" || name == "edges" || name == "nodes" || name == "node" {
				name = field
			}
			d.harvest(name, value)
		}
	}
}

// enum is a value that is written without quotes in a document.
type enum string

// value makes a value of a type. Lists and inputs are small.
func (d *documents) value(name string, t *ast.Type, depth int) any {
	if !t.NonNull && d.one(30) {
		return nil
	}
	if t.Elem != nil {
		list := make([]any, d.random.IntN(4))
		for i := range list {
			list[i] = d.value(name, t.Elem, depth)
		}
		return list
	}
	def := d.schema.Types[t.NamedType]
	switch def.Kind {
	case ast.Enum:
		return enum(def.EnumValues[d.random.IntN(len(def.EnumValues))].Name)
	case ast.InputObject:
		if def.Name == "LinkInput" && len(d.pairs) > 0 && !d.one(8) {
			return d.pairs[d.random.IntN(len(d.pairs))]
		}
		return d.input(def, depth)
	}
	return d.scalar(name, def.Name)
}

func (d *documents) input(def *ast.Definition, depth int) map[string]any {
	n := 1
	if !strings.HasSuffix(def.Name, "Order") && d.one(4) {
		n = 2
	}
	in := map[string]any{}
	for range n {
		f := def.Fields[d.random.IntN(len(def.Fields))]
		if sub := d.schema.Types[f.Type.Name()]; depth == 0 && sub.Kind == ast.InputObject {
			f = leastInput(d.schema, def)
		}
		in[f.Name] = d.value(f.Name, f.Type, max(0, depth-1))
	}
	return in
}

// leastInput is a field of an input below which inputs end.
func leastInput(s *ast.Schema, def *ast.Definition) *ast.FieldDefinition {
	for _, f := range def.Fields {
		sub := s.Types[f.Type.Name()]
		if sub.Kind != ast.InputObject ||
			slices.ContainsFunc(sub.Fields, func(f *ast.FieldDefinition) bool { return f.Name == "eq" }) {
			return f
		}
	}
	return def.Fields[0]
}

var strange = []string{
	"a",
	"",
	"ä",
	"a%",
	`\`,
	`"`,
	"<b>&",
	"line\nline",
	"\u2028",
	"\x01\x7f",
	"😀",
	"eur",
	"2024-01-01",
}

func (d *documents) scalar(name, of string) any {
	switch of {
	case "Boolean":
		return d.one(2)
	case "Int":
		if (name == "first" || name == "last") && !d.one(12) {
			return json.Number(fmt.Sprint(d.random.IntN(6)))
		}
		return json.Number([]string{"0", "1", "-1", "101", "7", "2147483647", "3"}[d.random.IntN(7)])
	case "Float":
		return json.Number([]string{"0", "1.5", "-2e3"}[d.random.IntN(3)])
	case "Decimal":
		return []any{"1", "1.50", json.Number("2.5"), "x", "NaN"}[d.random.IntN(5)]
	case "DateTime":
		return []any{"2024-01-01T00:00:00Z", "2030-05-05T05:05:05.123456+02:00", "yesterday"}[min(2, d.random.IntN(12))]
	case "JSON":
		return map[string]any{"a": json.Number("1")}
	}
	if d.one(2) && len(d.ids) > 0 || of == "ID" && !d.one(10) {
		return d.ids[d.random.IntN(len(d.ids))]
	}
	return strange[d.random.IntN(len(strange))]
}

// literal is a value as a document writes it.
func literal(v any) string {
	switch v := v.(type) {
	case enum:
		return string(v)
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			items[i] = literal(item)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case map[string]any:
		var fields []string
		for name, value := range v {
			fields = append(fields, name+": "+literal(value))
		}
		slices.Sort(fields)
		return "{" + strings.Join(fields, ", ") + "}"
	default:
		text, _ := json.Marshal(v)
		return string(text)
	}
}

// know reads ids of records and links of all models, a few of each.
func (d *documents) know(a *api) {
	d.ids = []string{"", "none", "prod_01ARZ3NDEKTSV4RRFFQ69G5FAV"}
	for _, m := range a.graph.Records.Catalog().Models() {
		columns := []int{1, 2}[:min(len(m.Columns)-1, 2)]
		l := &recordstore.List{Model: m, Columns: columns, Page: &recordstore.Page{Limit: 3}}
		if err := a.graph.Records.Read(a.Context(), l); err != nil {
			a.Fatal(err)
		}
		for _, r := range l.Result.Rows {
			d.ids = append(d.ids, r.Record.ID())
			if m.Link != "" { // the columns after the id are the ends
				d.pairs = append(d.pairs, map[string]any{
					"link": enum(
						strings.ToUpper(m.Link),
					),
					"ends": map[string]any{"left": r.Record.Values[1], "right": r.Record.Values[2]},
				})
			}
		}
	}
}
