package graph_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/linkgraph/linkgraph/graph/internal/exec"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/modules/currency"
)

// verbs are the root fields of a model.
type verbs struct{ one, list, create, created, remove, restore, key, keys string }

// apiVerbs reads the root fields of every model from the schema.
func apiVerbs() map[string]verbs {
	schema := exec.NewExecutableSchema(exec.Config{}).Schema()
	all := map[string]verbs{}
	for _, f := range schema.Query.Fields {
		name := f.Type.Name()
		if model, ok := strings.CutSuffix(name, "Connection"); ok {
			v := all[model]
			v.list = f.Name
			all[model] = v
		} else if def := schema.Types[name]; def.Kind == ast.Object && schema.Types[name+"Connection"] != nil {
			v := all[name]
			v.one, v.key = f.Name, f.Arguments[0].Name
			all[name] = v
		}
	}
	for _, f := range schema.Mutation.Fields {
		suffix, ok := strings.CutPrefix(f.Name, "create")
		if !ok || f.Name == "createLinks" {
			continue
		}
		payload := schema.Types[f.Type.Name()].Fields[0]
		v := all[payload.Type.Name()]
		v.create, v.created = f.Name, payload.Name
		if remove := schema.Mutation.Fields.ForName("delete" + suffix); remove != nil {
			v.remove, v.restore, v.keys = remove.Name, "restore"+suffix, remove.Arguments[0].Name
		}
		all[payload.Type.Name()] = v
	}
	return all
}

// maker makes records of any model through the API.
type maker struct {
	*api
	verbs map[string]verbs
	n     *atomic.Int64
}

func newMaker(a *api) *maker { return &maker{a, apiVerbs(), &atomic.Int64{}} }

// of is the maker for a test of its own.
func (m *maker) of(t *testing.T) *maker {
	a := *m.api
	a.TB = t
	return &maker{&a, m.verbs, m.n}
}

func (m *maker) model(name string) *recordstore.Model {
	m.Helper()
	model, ok := m.graph.Records.Catalog().Model(name)
	if !ok {
		m.Fatalf("there is no model %s", name)
	}
	return model
}

// make makes a record with the given values, and what it must have besides: owners are made too. It returns its key.
func (m *maker) make(model string, given map[string]any) string {
	m.Helper()
	v := m.verbs[model]
	input := map[string]any{}
	schema := exec.NewExecutableSchema(exec.Config{}).Schema()
	for _, f := range schema.Types[model+"CreateInput"].Fields {
		if value, ok := given[f.Name]; ok {
			input[f.Name] = value
		} else if f.Type.NonNull {
			input[f.Name] = m.value(m.model(model), schema.Types[f.Type.Name()], f)
		}
	}
	var made map[string]map[string][]map[string]string
	m.ask(
		&made,
		fmt.Sprintf(
			`mutation($input: [%sCreateInput!]!) { %s(input: $input) { %s { key: %s } } }`,
			model,
			v.create,
			v.created,
			v.key,
		),
		map[string]any{"input": []any{input}},
	)
	return made[v.create][v.created][0]["key"]
}

// value is a value of a field that must be given: the key of a new owner, or one that no other record has.
func (m *maker) value(model *recordstore.Model, typ *ast.Definition, f *ast.FieldDefinition) any {
	m.Helper()
	i, _ := model.Column(f.Name)
	for _, r := range model.Relations {
		target := m.model(r.Target)
		if r.Through == nil && !r.Many && target.Module == model.Module &&
			slices.Equal(r.Columns, []string{model.Columns[i].Name}) {
			return m.make(r.Target, nil)
		}
	}
	switch n := m.n.Add(1); {
	case model.Columns[i].Codes != "":
		known := currency.Codes().Known
		return known[int(n)%len(known)]
	case typ.Kind == ast.Enum:
		return typ.EnumValues[0].Name
	case typ.Name == "Decimal":
		return "1"
	case typ.Name == "Int" || typ.Name == "Float":
		return 1
	case typ.Name == "Boolean":
		return true
	case typ.Name == "JSON":
		return map[string]any{}
	case typ.Name == "DateTime":
		return "2026-01-31T12:00:00Z"
	default:
		return fmt.Sprintf("%s %d", f.Name, n)
	}
}

// failure is the answer to a document that must fail.
type failure struct {
	Message    string
	Extensions struct {
		Code     string
		Existing struct{ Link, ID, Left, Right string }
	}
}

func (m *maker) fails(document string) failure {
	m.Helper()
	var answer struct{ Errors []failure }
	raw := m.do(document, nil)
	if err := json.Unmarshal(raw, &answer); err != nil || len(answer.Errors) != 1 {
		m.Fatalf("%s\n%s", document, raw)
	}
	return answer.Errors[0]
}

// list asks for the keys in a list: of records, or of what a relation of one record leads to.
func (m *maker) list(query string) []string {
	m.Helper()
	var answer map[string]struct{ Nodes []map[string]string }
	m.ask(&answer, query, nil)
	keys := []string{}
	for _, list := range answer {
		for _, node := range list.Nodes {
			keys = append(keys, node["key"])
		}
	}
	return keys
}

func (m *maker) same(what string, want, got any) {
	m.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		m.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
