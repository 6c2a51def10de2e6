package graph_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/linkgraph/linkgraph/graph"
)

// secretFields are the fields that are @secret, as Model.field, with the list that has records of the model.
func secretFields(t *testing.T, g *graph.Graph) (fields []string, lists map[string]string) {
	t.Helper()
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "admin", Input: graph.Schema()})
	if err != nil {
		t.Fatal(err)
	}
	lists = map[string]string{}
	for _, f := range schema.Query.Fields {
		if nodes := schema.Types[f.Type.Name()].Fields.ForName("nodes"); nodes != nil {
			lists[nodes.Type.Name()] = f.Name
		}
	}
	for _, m := range g.Records.Catalog().Models() {
		for _, c := range m.Columns {
			if c.Secret {
				fields = append(fields, m.Name+"."+c.Field)
			}
		}
	}
	return fields, lists
}

const roleHeader = "X-Test-Role"

func byRole(r *http.Request) (graph.Caller, error) {
	return graph.Caller{ID: "apk_1", Role: graph.Role(r.Header.Get(roleHeader))}, nil
}

// TestSecretsAreForThoseWhoMayWrite asks for each secret in every way in which a column can be named: those who may
// write are answered, those who may only read are told that there is no such field.
func TestSecretsAreForThoseWhoMayWrite(t *testing.T) {
	t.Parallel()
	a := newAPI(t, newDemoDB(t), graph.Config{})
	e := newEndpointOf(t, a, graph.HTTP{Authenticate: byRole})
	fields, lists := secretFields(t, a.graph)
	if len(fields) < 10 || !slices.Contains(fields, "Invite.token") {
		t.Fatalf("secrets: %v", fields)
	}
	send := func(role graph.Role, query string, variables any) string {
		t.Helper()
		body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
		if err != nil {
			t.Fatal(err)
		}
		return e.call(t, call{body: string(body), headers: map[string]string{roleHeader: string(role)}}).body
	}
	for _, name := range fields {
		model, field, _ := strings.Cut(name, ".")
		list := lists[model]
		m, _ := a.graph.Records.Catalog().Model(model)
		i, _ := m.Column(field)
		condition, prefix := fmt.Sprintf(
			"{ %s: { isNull: false } }",
			field,
		), map[string]any{
			field: map[string]any{"isNull": true},
		}
		asked := map[string]string{
			"selection": fmt.Sprintf("{ %s { nodes { %s } edges { node { %s } } } }", list, field, field),
			"alias":     fmt.Sprintf("{ %s { nodes { title: %s } } }", list, field),
			"fragment":  fmt.Sprintf("{ %s { nodes { ...f } } } fragment f on %s { %s }", list, model, field),
			"node":      fmt.Sprintf(`{ node(id: "x") { ... on %s { %s } } }`, model, field),
			"filter":    fmt.Sprintf("{ %s(filter: %s) { totalCount } }", list, condition),
			"filter, nested": fmt.Sprintf(
				"{ %s(filter: { or: [{ not: { and: [%s] } }] }) { totalCount } }",
				list,
				condition,
			),
			"variable": fmt.Sprintf("query ($f: %sFilter) { %s(filter: $f) { totalCount } }", model, list),
			"default": fmt.Sprintf(
				"query ($f: %sFilter = %s) { %s(filter: $f) { totalCount } }",
				model,
				condition,
				list,
			),
		}
		if m.Columns[i].Type.String() != "json" {
			asked["sort key"] = fmt.Sprintf("{ %s(orderBy: [{ %s: ASC }]) { nodes { id } } }", list, field)
			asked["sort key, variable"] = fmt.Sprintf(
				"query ($o: [%sOrder!]) { %s(orderBy: $o) { nodes { id } } }",
				model,
				list,
			)
		}
		for _, owner := range a.graph.Records.Catalog().Models() {
			for _, r := range owner.Relations {
				if r.Target != model || lists[owner.Name] == "" || owner.Link != "" {
					continue
				}
				selected := fmt.Sprintf("%s { %s }", r.Field, field)
				path := fmt.Sprintf("{ %s: %s }", r.Field, condition)
				if r.Many {
					selected = fmt.Sprintf("%s { nodes { %s } }", r.Field, field)
					path = fmt.Sprintf("{ %s: { some: %s } }", r.Field, condition)
				}
				asked["from "+owner.Name+"."+r.Field] = fmt.Sprintf(
					"{ %s { nodes { %s } } }",
					lists[owner.Name],
					selected,
				)
				asked["filter of "+owner.Name+"."+r.Field] = fmt.Sprintf(
					"{ %s(filter: %s) { totalCount } }",
					lists[owner.Name],
					path,
				)
				if r.Many {
					asked["filter in "+owner.Name+"."+r.Field] = fmt.Sprintf(
						"{ %s { nodes { %s(filter: %s) { totalCount } } } }",
						lists[owner.Name],
						r.Field,
						condition,
					)
				}
			}
		}
		for how, query := range asked {
			variables := map[string]any{}
			switch how {
			case "variable":
				variables["f"] = prefix
			case "sort key, variable":
				variables["o"] = []any{map[string]any{field: "DESC"}}
			}
			if got := send(graph.ReadWrite, query, variables); strings.Contains(got, `"errors"`) {
				t.Errorf("%s, %s, read-write: %s", name, how, got)
			}
			for _, role := range []graph.Role{graph.ReadOnly, ""} {
				if got := send(role, query, variables); !strings.Contains(got, `"errors"`) ||
					strings.Contains(got, `"data":`) || !strings.Contains(got, field) {
					t.Errorf("%s, %s, %q: %s\n%s", name, how, role, got, query)
				}
			}
		}
	}
}

// TestSchemaOfReaders compares the two schemas as introspection tells them: they differ by the secrets alone.
func TestSchemaOfReaders(t *testing.T) {
	t.Parallel()
	a := newAPI(t, newDemoDB(t), graph.Config{})
	e := newEndpointOf(t, a, graph.HTTP{Authenticate: byRole})
	secrets, _ := secretFields(t, a.graph)
	named := func(role graph.Role) (all []string) {
		t.Helper()
		got := e.call(
			t,
			call{
				body:    `{"query":"{ __schema { types { name possibleTypes { name } fields { name } inputFields { name } } } }"}`,
				headers: map[string]string{roleHeader: string(role)},
			},
		)
		var answer struct {
			Data struct {
				Schema struct {
					Types []struct {
						Name                               string
						Fields, InputFields, PossibleTypes []struct{ Name string }
					}
				} `json:"__schema"`
			}
		}
		if err := json.Unmarshal([]byte(got.body), &answer); err != nil {
			t.Fatal(err)
		}
		for _, of := range answer.Data.Schema.Types {
			for _, f := range slices.Concat(of.Fields, of.InputFields, of.PossibleTypes) {
				all = append(all, of.Name+"."+f.Name)
			}
		}
		return all
	}
	whole, narrow := named(graph.ReadWrite), named(graph.ReadOnly)
	hidden := map[string]bool{}
	for _, name := range whole {
		hidden[name] = !slices.Contains(narrow, name)
		if model, field, _ := strings.Cut(name, "."); hidden[name] {
			ok := slices.ContainsFunc(secrets, func(s string) bool { return strings.HasSuffix(s, "."+field) })
			if ok = ok && !strings.HasSuffix(model, "Input"); !ok {
				t.Errorf("%s is hidden", name)
			}
		}
	}
	for _, name := range narrow {
		if !slices.Contains(whole, name) {
			t.Errorf("%s is new", name)
		}
	}
	for _, name := range secrets {
		model, field, _ := strings.Cut(name, ".")
		if !hidden[name] || !hidden[model+"Filter."+field] ||
			slices.Contains(whole, model+"Order."+field) != hidden[model+"Order."+field] {
			t.Errorf("%s is not hidden", name)
		}
	}
}

// TestTrustedDocumentsOfReaders checks that a document which asks for a secret is no fault of the server, and not run
// for them.
func TestTrustedDocumentsOfReaders(t *testing.T) {
	t.Parallel()
	e := newEndpointOf(t, newAPI(t, newDemoDB(t), graph.Config{}), graph.HTTP{
		Authenticate: byRole,
		Trusted: map[string]string{
			"invites":  "{ invites { nodes { token } } }",
			"products": "{ products { totalCount } }",
		},
		Storefront: graph.HTTPStorefront{Trusted: map[string]string{"products": "{ products { totalCount } }"}},
	})
	for name, c := range map[string]struct {
		id   string
		role graph.Role
		want string
	}{
		"writer": {"invites", graph.ReadWrite, `{"data":`}, "reader": {"invites", graph.ReadOnly, "DOCUMENT_NOT_TRUSTED"},
		"reader of another": {"products", graph.ReadOnly, `{"data":`},
	} {
		got := e.call(
			t,
			call{body: `{"documentId":"` + c.id + `"}`, headers: map[string]string{roleHeader: string(c.role)}},
		)
		if !strings.Contains(got.body, c.want) {
			t.Errorf("%s: %s", name, got.body)
		}
	}
}

// telling are names of columns that may hold what gives access elsewhere.
var telling = regexp.MustCompile(
	`(?i)token|salt|hash|secret|password|credential|otp|signature|context|details|^data$|url$`,
)

// TestSecretsAreListed compares docs/access.md with the schema: every secret is in its list, and every column whose
// name sounds like one is in that list or in the one of those that were looked at and are shown.
func TestSecretsAreListed(t *testing.T) {
	t.Parallel()
	a := newAPI(t, newDemoDB(t), graph.Config{})
	text, err := os.ReadFile("../docs/access.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := func(heading string) (names []string) {
		_, section, ok := strings.Cut(string(text), heading)
		if !ok {
			t.Fatalf("docs/access.md has no %q", heading)
		}
		section, _, _ = strings.Cut(section, "\n#")
		for _, row := range regexp.MustCompile("(?m)^\\| (`.*?) \\|").FindAllStringSubmatch(section, -1) {
			for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[1], -1) {
				names = append(names, name[1])
			}
		}
		slices.Sort(names)
		return names
	}
	hidden, shown := listed("\n## Secrets\n"), listed("\n### Looked at, and shown\n")
	var secrets []string
	for _, m := range a.graph.Records.Catalog().Models() {
		for _, c := range m.Columns {
			name := m.Name + "." + c.Field
			switch {
			case c.Secret:
				secrets = append(secrets, name)
			case telling.MatchString(c.Field) && !slices.Contains(shown, name):
				t.Errorf("%s sounds like a secret: declare it @secret, or say in docs/access.md why it is shown", name)
			}
			if c.Secret && slices.Contains(shown, name) {
				t.Errorf("%s is in both lists", name)
			}
		}
	}
	slices.Sort(secrets)
	if !slices.Equal(secrets, hidden) {
		t.Errorf("docs/access.md lists %v\nthe schema has %v", hidden, secrets)
	}
}
