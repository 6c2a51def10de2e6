package graph_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/linkgraph/linkgraph/graph/internal/exec"
	"github.com/linkgraph/linkgraph/internal/naming"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

// mutations makes random mutations.
type mutations struct {
	documents
	links     []knownLink
	records   map[string][]string // ids, by model
	deletions []string
}

// knownLink is a link, and records that it may join.
type knownLink struct {
	definition  *linkstore.Definition
	left, right []string
	names       [2]string // the fields that name the modules
}

func newMutations(a *api, seed uint64) *mutations {
	m := &mutations{records: map[string][]string{}}
	m.random, m.schema, m.cursors = rand.New(
		rand.NewPCG(seed, 11),
	), exec.NewExecutableSchema(exec.Config{}).
		Schema(),
		map[string][]string{}
	m.know(a)
	for _, model := range a.graph.Records.Catalog().Models() {
		l := &recordstore.List{Model: model, Page: &recordstore.Page{Limit: 6}}
		if err := a.graph.Records.Read(a.Context(), l); err != nil {
			a.Fatal(err)
		}
		for _, r := range l.Result.Rows {
			m.records[model.Name] = append(m.records[model.Name], r.Record.ID())
		}
	}
	for _, d := range a.graph.Links.Catalog().Links() {
		l := knownLink{definition: d, left: m.records[d.Left.Model], right: m.records[d.Right.Model]}
		for i, end := range []string{d.Left.Model, d.Right.Model} {
			model, _ := a.graph.Links.Catalog().Model(end)
			l.names[i] = naming.Camel(model.Module)
		}
		if len(l.left) > 0 && len(l.right) > 0 {
			m.links = append(m.links, l)
		}
	}
	return m
}

// document makes a mutation, of one root field mostly.
func (m *mutations) document() document {
	def := *m.schema.Mutation
	m.fragments, m.variables, m.names = nil, nil, 0
	n := 1
	if m.one(4) {
		n = 2
	}
	var fields []string
	for range n {
		name := m.name()
		f := def.Fields.ForName(name)
		text := m.aliased(name) + name + m.mutationArguments(f) + m.directive()
		fields = append(fields, text+" "+m.set(m.schema.Types[f.Type.Name()], scope{}, 1, 1+m.random.IntN(3)))
	}
	if m.one(20) {
		fields = append(fields, "__typename")
	}
	return m.finish("mutation", "{ "+strings.Join(fields, " ")+" }")
}

func (m *mutations) name() string {
	names := []string{
		"createLinks",
		"createLinks",
		"createLinks",
		"createLinks",
		"dismissLinks",
		"dismissLinks",
		"deleteLinks",
		"restoreLinks",
		"restoreLinks",
		"deleteProducts",
		"deleteProductVariants",
		"deleteSalesChannels",
		"deleteCurrencies",
		"restoreProducts",
		"restoreProductVariants",
		"restoreSalesChannels",
		"restoreInventoryItems",
		"deleteInventoryItems",
		"createSalesChannels",
		"updateSalesChannels",
		"createProducts",
		"updateProducts",
		"createApiKeys",
		"createProductVariants",
		"updatePrices",
	}
	for {
		name := names[m.random.IntN(len(names))]
		if m.schema.Mutation.Fields.ForName(name) != nil {
			return name
		}
	}
}

func (m *mutations) mutationArguments(f *ast.FieldDefinition) string {
	var args []string
	for _, a := range f.Arguments {
		if a.Name == "dryRun" || !a.Type.NonNull && !m.one(2) {
			continue // TestDryRun has dry runs
		}
		if m.one(3) {
			args = append(args, a.Name+": "+literal(m.mutationArgument(f, a)))
			continue
		}
		v := variable{name: m.variableName(), of: a.Type}
		for range runs {
			v.values = append(v.values, m.mutationArgument(f, a))
		}
		m.variables = append(m.variables, v)
		args = append(args, a.Name+": $"+v.name)
	}
	if args == nil {
		return ""
	}
	return "(" + strings.Join(args, ", ") + ")"
}

func (m *mutations) mutationArgument(f *ast.FieldDefinition, a *ast.ArgumentDefinition) any {
	switch {
	case a.Name == "links":
		list := make([]any, m.random.IntN(6))
		for i := range list {
			list[i] = m.linkInput()
		}
		return list
	case a.Name == "deletionId" && len(m.deletions) > 0:
		return m.deletions[m.random.IntN(len(m.deletions))]
	case a.Name == "ids" && !m.one(10):
		model := naming.Singular(strings.TrimPrefix(strings.TrimPrefix(f.Name, "delete"), "restore"))
		return m.some(m.records[model], 1+m.random.IntN(3))
	case a.Name == "input" && !m.one(10):
		list := make([]any, m.random.IntN(4))
		for i := range list {
			list[i] = m.recordInput(f.Name)
		}
		return list
	case a.Name == "records":
		l := m.links[m.random.IntN(len(m.links))]
		return map[string]any{
			l.names[0]: map[string]any{naming.Camel(l.definition.Left.Key): m.some(l.left, 1+m.random.IntN(2))},
		}
	}
	return m.value(a.Name, a.Type, 2)
}

// recordInput makes the input of a record that is mostly good.
func (m *mutations) recordInput(mutation string) map[string]any {
	model := naming.Singular(strings.TrimPrefix(strings.TrimPrefix(mutation, "create"), "update"))
	in := map[string]any{}
	if strings.HasPrefix(mutation, "update") {
		in["id"] = m.some(m.records[model], 1)[0]
	}
	m.names++
	text := fmt.Sprint(strange[m.random.IntN(len(strange)-4)], m.names, m.random.IntN(1000))
	switch model {
	case "SalesChannel":
		in["name"] = text
	case "Product":
		in["title"], in["metadata"] = text, map[string]any{"a": text}
	case "ApiKey":
		in["title"], in["type"], in["createdBy"] = text, enum([]string{"SECRET", "PUBLISHABLE"}[m.random.IntN(2)]), "me"
	case "ProductVariant":
		in["title"], in["productId"] = text, m.some(m.records["Product"], 1)[0]
	case "Price":
		in["amount"] = json.Number(fmt.Sprint(m.random.IntN(1000)))
	}
	return in
}

func (m *mutations) some(ids []string, n int) []any {
	var list []any
	for range n {
		if len(ids) > 0 {
			list = append(list, ids[m.random.IntN(len(ids))])
		}
	}
	return list
}

// linkInput names a link in one of the ways there are.
func (m *mutations) linkInput() any {
	if m.one(60) {
		return m.value("links", ast.NonNullNamedType("LinkInput", nil), 3)
	}
	l := m.links[m.random.IntN(len(m.links))]
	for l.definition.ReadOnly != "" && !m.one(60) {
		l = m.links[m.random.IntN(len(m.links))]
	}
	var left, right any = l.left[m.random.IntN(len(l.left))], l.right[m.random.IntN(len(l.right))]
	if m.one(60) {
		left = []any{"", "none", json.Number("7"), "esc\"aped"}[m.random.IntN(4)]
	}
	in := map[string]any{}
	if len(l.definition.Columns) > 0 && m.one(2) {
		c := l.definition.Columns[m.random.IntN(len(l.definition.Columns))]
		in["data"] = map[string]any{
			naming.Camel(c.Name): []any{json.Number("2"), json.Number("1.5"), "text", nil}[min(3, m.random.IntN(6))],
		}
	}
	if m.one(3) || l.names[0] == l.names[1] {
		in["link"], in["ends"] = enum(strings.ToUpper(l.definition.Name)), map[string]any{"left": left, "right": right}
		return in
	}
	if m.one(4) {
		in["link"] = enum(strings.ToUpper(l.definition.Name))
	}
	in[l.names[0]] = map[string]any{naming.Camel(l.definition.Left.Key): left}
	in[l.names[1]] = map[string]any{naming.Camel(l.definition.Right.Key): right}
	return in
}
