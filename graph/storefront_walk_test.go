package graph_test

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/graph/internal/exec"
)

// walker goes every way through the schema of storefronts and looks at what comes back.
type walker struct {
	*shop
	schema *ast.Schema
	asked  int
}

func newWalker(t testing.TB) *walker {
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "storefront", Input: graph.StorefrontSchema()})
	if err != nil {
		t.Fatal(err)
	}
	return &walker{shop: newShop(t), schema: schema}
}

// look asks and refuses an answer that fails, or in which anything hidden stands, in the clear or in a cursor.
func (w *walker) look(query string) any {
	w.Helper()
	w.asked++
	raw := w.do(query, nil)
	var answer struct {
		Data   any
		Errors []any
	}
	if err := json.Unmarshal(raw, &answer); err != nil || answer.Errors != nil {
		w.Fatalf("%s\n%s", query, raw)
	}
	w.clean(query, answer.Data)
	return answer.Data
}

func (w *walker) clean(query string, v any) {
	w.Helper()
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			w.clean(query, value)
			if text, ok := value.(string); ok && strings.HasSuffix(strings.ToLower(name), "cursor") {
				raw, err := base64.RawURLEncoding.DecodeString(text)
				if err != nil {
					w.Fatal(err)
				}
				w.clean(query, string(raw))
			}
		}
		info, _ := v["pageInfo"].(map[string]any)
		if nodes, ok := v["nodes"].([]any); ok && info["hasNextPage"] == false &&
			v["totalCount"] != float64(len(nodes)) {
			w.Errorf("totalCount counts what is not shown: %v, but %d nodes\n%s", v["totalCount"], len(nodes), query)
		}
	case []any:
		for _, item := range v {
			w.clean(query, item)
		}
	case string:
		if strings.Contains(v, hiddenRecord) || strings.Contains(v, hiddenColumn) || v == "999999" || v == "9999" {
			w.Errorf("reachable: %q\n%s", v, query)
		}
	}
}

// fields of a type: those that are values, and those that lead on.
func (w *walker) fields(typ string) (values, relations []*ast.FieldDefinition) {
	for _, f := range w.schema.Types[typ].Fields {
		switch kind := w.schema.Types[f.Type.Name()].Kind; {
		case strings.HasPrefix(f.Name, "__"):
		case kind == ast.Object:
			relations = append(relations, f)
		default:
			values = append(values, f)
		}
	}
	return values, relations
}

// record is the type of the records that a field leads to.
func record(f *ast.FieldDefinition, schema *ast.Schema) (typ string, many bool) {
	name := f.Type.Name()
	if nodes := schema.Types[name].Fields.ForName("nodes"); nodes != nil {
		return nodes.Type.Name(), true
	}
	return name, false
}

// around writes the selection of a field, with what is asked of its records.
func (w *walker) around(f *ast.FieldDefinition, args, inner string) string {
	typ, many := record(f, w.schema)
	values, _ := w.fields(typ)
	set := "__typename"
	for _, v := range values {
		set += " " + v.Name
	}
	set += " " + inner
	if !many {
		return fmt.Sprintf("%s { %s }", f.Name, set)
	}
	link := ""
	edge := w.schema.Types[w.schema.Types[f.Type.Name()].Fields.ForName("edges").Type.Name()]
	if f := edge.Fields.ForName("link"); f != nil {
		values, _ := w.fields(f.Type.Name())
		link = "link { __typename"
		for _, v := range values {
			link += " " + v.Name
		}
		link += " }"
	}
	return fmt.Sprintf(
		"%s(first: 10%s) { totalCount nodes { %s } edges { cursor node { __typename } %s } pageInfo { startCursor endCursor hasNextPage } }",
		f.Name,
		args,
		set,
		link,
	)
}

const deepest = 4 // relations of one path

// paths calls visit with every path of relations that leads on from a field and passes none of them twice.
func (w *walker) paths(f *ast.FieldDefinition, path []*ast.FieldDefinition, visit func(path []*ast.FieldDefinition)) {
	path = append(slices.Clone(path), f)
	visit(path)
	if len(path) > deepest {
		return
	}
	typ, _ := record(f, w.schema)
	_, relations := w.fields(typ)
	for _, r := range relations {
		if !slices.Contains(path, r) {
			w.paths(r, path, visit)
		}
	}
}

func (w *walker) lists() ast.FieldList {
	return slices.DeleteFunc(slices.Clone(w.schema.Query.Fields), func(f *ast.FieldDefinition) bool {
		_, many := record(f, w.schema)
		return !many
	})
}

// TestStorefrontWalk takes every path of relations from every list, and asks for all values, counts and cursors on
// the way.
func TestStorefrontWalk(t *testing.T) {
	w := newWalker(t)
	taken := map[*ast.FieldDefinition]bool{}
	for _, root := range w.lists() {
		w.paths(root, nil, func(path []*ast.FieldDefinition) {
			if len(path) <= deepest && w.leadsOn(path) {
				return // a longer path asks for this too
			}
			inner := ""
			for _, f := range slices.Backward(path) {
				inner = w.around(f, "", inner)
				taken[f] = true
			}
			w.look("{ " + inner + " }")
		})
	}
	for _, def := range w.schema.Types {
		if _, relations := w.fields(def.Name); def.Kind == ast.Object && w.views[def.Name].Model != "" {
			for _, r := range relations {
				if !taken[r] {
					t.Errorf("%s.%s was not walked", def.Name, r.Name)
				}
			}
		}
	}
	t.Logf("%d paths", w.asked)
}

func (w *walker) leadsOn(path []*ast.FieldDefinition) bool {
	typ, _ := record(path[len(path)-1], w.schema)
	_, relations := w.fields(typ)
	return slices.ContainsFunc(relations, func(f *ast.FieldDefinition) bool { return !slices.Contains(path, f) })
}

// inputs calls visit with every way through a filter or an order that ends at a field, written with the leaf at its
// end.
func (w *walker) inputs(typ string, depth int, leaf func(*ast.FieldDefinition) string, visit func(text string)) {
	for _, f := range w.schema.Types[typ].Fields {
		if slices.Contains([]string{"and", "or", "not", "filter"}, f.Name) {
			continue
		}
		if text := leaf(f); text != "" {
			visit(f.Name + ": " + text)
			continue
		}
		if def := w.schema.Types[f.Type.Name()]; def.Kind == ast.InputObject && depth > 0 {
			less := depth - 1
			if strings.HasSuffix(def.Name, "Many") {
				less = depth // some and none are on the way
			}
			w.inputs(def.Name, less, leaf, func(text string) { visit(f.Name + ": { " + text + " }") })
		}
	}
}

// TestStorefrontFilters asks for what is hidden by every filter that there is.
func TestStorefrontFilters(t *testing.T) {
	w := newWalker(t)
	var hidden []string
	for _, v := range w.hiddenIDs() {
		hidden = append(hidden, fmt.Sprintf("%q", v))
	}
	in := "{ in: [" + strings.Join(hidden, ", ") + "] }"
	leaf := func(f *ast.FieldDefinition) string {
		switch f.Type.Name() {
		case "StringFilter":
			return `{ like: "%` + hiddenRecord + `%" }`
		case "IDFilter":
			return in
		case "DecimalFilter":
			return `{ in: ["999999", "9999"] }`
		}
		return ""
	}
	for _, root := range w.lists() {
		all := w.ids(root.Name, "")
		w.inputs(root.Arguments.ForName("filter").Type.Name(), 3, leaf, func(text string) {
			if strings.Contains(text, "none: ") || strings.Contains(text, "every: ") {
				return // said by some
			}
			if got := w.ids(root.Name, "filter: { "+text+" }"); len(got) > 0 {
				t.Errorf("%s finds %v by %.200s", root.Name, got, text)
			}
			if got := w.ids(root.Name, "filter: { not: { "+text+" } }"); !slices.Equal(got, all) {
				t.Errorf("%s leaves out some by not %.200s", root.Name, text)
			}
		})
	}
	t.Logf("%d filters", w.asked)
}

// key is the field of a type that tells its records apart.
func (w *walker) key(typ string) string {
	if strings.Contains("Country Currency", typ) {
		return map[string]string{"Country": "iso2", "Currency": "code"}[typ]
	}
	return "id"
}

func (w *walker) ids(root, args string) []string {
	w.Helper()
	if args != "" {
		args = ", " + args
	}
	typ, _ := record(w.schema.Query.Fields.ForName(root), w.schema)
	data := w.look(fmt.Sprintf(`{ list: %s(first: 100%s) { nodes { key: %s } } }`, root, args, w.key(typ)))
	var ids []string
	for _, n := range data.(map[string]any)["list"].(map[string]any)["nodes"].([]any) {
		ids = append(ids, n.(map[string]any)["key"].(string))
	}
	return ids
}

func (w *walker) hiddenIDs() []string {
	var ids []string
	for model := range w.views {
		if !w.model(model).IsNode() || w.model(model).Link != "" {
			continue
		}
		rows, err := w.db.Pool.Query(
			w.Context(),
			`SELECT id FROM `+w.model(model).Table+` WHERE id LIKE '%`+hiddenRecord+`%' ORDER BY id LIMIT 11`,
		)
		if err != nil {
			w.Fatal(err)
		}
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				w.Fatal(err)
			}
			ids = append(ids, id)
		}
	}
	return ids
}

// TestStorefrontOrders sorts by everything that there is to sort by. What is sorted by stands in the cursors, and
// counts must be those of the lists that storefronts see.
func TestStorefrontOrders(t *testing.T) {
	w := newWalker(t)
	leaf := func(f *ast.FieldDefinition) string {
		if f.Type.Name() == "OrderDirection" {
			return "DESC"
		}
		return ""
	}
	for _, root := range w.lists() {
		w.inputs(root.Arguments.ForName("orderBy").Type.Name(), 3, leaf, func(text string) {
			w.look(fmt.Sprintf("{ %s }", w.around(root, ", orderBy: [{ "+text+" }]", "")))
		})
	}
	// The counts by which a cursor sorts are those of what is seen.
	data := w.look(
		`{ products(orderBy: [{ variants: { count: DESC } }]) { edges { cursor node { variants { totalCount } } } } }`,
	)
	for _, e := range data.(map[string]any)["products"].(map[string]any)["edges"].([]any) {
		edge := e.(map[string]any)
		raw, _ := base64.RawURLEncoding.DecodeString(edge["cursor"].(string))
		var parts []string
		if err := json.Unmarshal(raw, &parts); err != nil || parts[1] != "1" {
			t.Errorf("sorted by the count %v, want 1: %v", parts, err)
		}
	}
	t.Logf("%d orders", w.asked)
}

// TestStorefrontNodes asks for every record of the database by its id.
func TestStorefrontNodes(t *testing.T) {
	w := newWalker(t)
	found, asked := 0, 0
	for _, m := range w.graph.Records.Catalog().Models() {
		if !m.IsNode() {
			continue
		}
		table := pgx.Identifier{cmp.Or(m.Schema, "public"), m.Table}.Sanitize()
		rows, err := w.db.Pool.Query(t.Context(), `SELECT id::text FROM `+table)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				t.Fatal(err)
			}
			asked++
			want := slices.Contains(w.seen[m.Name], id) && !w.views[m.Name].Nested
			data := w.look(fmt.Sprintf(`{ node(id: %q) { __typename id } }`, id)).(map[string]any)["node"]
			if (data != nil) != want {
				t.Errorf("node %q is %v", id, data)
			}
			if data != nil {
				found++
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	if found < 15 || asked < 200 {
		t.Errorf("%d of %d records found: too few to show anything", found, asked)
	}
}

// TestStorefrontTables looks at the SQL: no statement reads a table of a model that storefronts do not see.
func TestStorefrontTables(t *testing.T) {
	w := newWalker(t)
	allowed := map[string]bool{}
	for _, m := range w.graph.Records.Catalog().Models() {
		if m.Link == "publishable_api_key_sales_channel" || w.views[m.Name].Model != "" {
			allowed[m.Table] = true
		}
		for i := range m.Relations {
			if t := m.Relations[i].Through; t != nil && slices.Contains(w.views[m.Name].Fields, m.Relations[i].Field) {
				allowed[t.Table] = true
			}
		}
	}
	for _, table := range []string{"sales_channel_stock_location", "price_rule", "price_list_rule"} {
		allowed[table] = true // asked of by a scope
	}
	w.db.ResetStatements()
	for _, root := range w.lists() {
		w.paths(root, nil, func(path []*ast.FieldDefinition) {
			if len(path) != 3 {
				return
			}
			w.look("{ " + w.around(path[0], "", w.around(path[1], "", w.around(path[2], "", ""))) + " }")
		})
	}
	from := regexp.MustCompile(`(?:FROM|JOIN) "([^"]+)"`)
	tables := map[string]bool{}
	for _, sql := range w.db.Statements() {
		for _, match := range from.FindAllStringSubmatch(sql, -1) {
			tables[match[1]] = true
			if !allowed[match[1]] {
				t.Errorf("table %s is read: %s", match[1], sql)
			}
		}
	}
	if len(tables) < 20 {
		t.Errorf("%d tables were read, too few to show anything", len(tables))
	}
}

// TestStorefrontNames sends what names something that is not listed, and looks for it in the errors.
func TestStorefrontNames(t *testing.T) {
	w := newWalker(t)
	full := exec.NewExecutableSchema(exec.Config{}).Schema()
	refused := func(document string, variables map[string]any) {
		t.Helper()
		var answer struct {
			Data   any
			Errors []struct{ Message string }
		}
		raw := w.do(document, variables)
		if err := json.Unmarshal(raw, &answer); err != nil || answer.Data != nil || len(answer.Errors) == 0 {
			t.Errorf("%s is answered: %s", document, raw)
		}
		for _, e := range answer.Errors {
			if strings.Contains(e.Message, "Did you mean") || strings.Contains(e.Message, "the fields are") {
				t.Errorf("%s: an error suggests names: %s", document, e.Message)
			}
		}
	}
	for _, f := range full.Query.Fields {
		if w.schema.Query.Fields.ForName(f.Name) == nil && !strings.HasPrefix(f.Name, "__") {
			refused("{ "+f.Name+" { __typename } }", nil)
		}
	}
	for _, f := range full.Mutation.Fields {
		refused("mutation { "+f.Name+" { __typename } }", nil)
	}
	for name, def := range full.Types {
		seen := w.schema.Types[name]
		switch {
		case def.BuiltIn:
		case seen == nil && def.Kind == ast.InputObject:
			refused("query($v: "+name+") { products { totalCount @include(if: true) } node(id: $v) { id } }", nil)
		case seen == nil:
			refused(`{ node(id: "x") { ... on `+name+` { __typename } } }`, nil)
		case def.Kind == ast.Object && w.views[name].Model != "":
			w.hiddenFields(name, def, seen, refused)
		case strings.HasSuffix(name, "Filter") && strings.HasPrefix(name, "Product"):
			for _, f := range def.Fields {
				if seen.Fields.ForName(f.Name) == nil && name == "ProductFilter" {
					refused("{ products(filter: { "+f.Name+": { eq: \"x\" } }) { totalCount } }", nil)
					refused(
						"query($f: ProductFilter) { products(filter: $f) { totalCount } }",
						map[string]any{"f": map[string]any{f.Name: map[string]any{"eq": "x"}}},
					)
				}
			}
		}
	}
	for _, typo := range []string{
		"{ productz { id } }", "{ products { nodes { titel } } }", "{ products(filtr: {}) { totalCount } }",
		"{ products(orderBy: [{ handel: ASC }]) { totalCount } }", "{ products { totalCount } ... on Qery { node } }", "{ products }",
	} {
		refused(typo, nil)
	}
}

func (w *walker) hiddenFields(name string, def, seen *ast.Definition, refused func(string, map[string]any)) {
	for _, f := range def.Fields {
		if seen.Fields.ForName(f.Name) == nil && seen.Interfaces != nil {
			refused(`{ node(id: "x") { ... on `+name+` { `+f.Name+` } } }`, nil)
		}
	}
}

// TestStorefrontIntrospection has storefronts ask for the schema.
func TestStorefrontIntrospection(t *testing.T) {
	w := newWalker(t)
	ask := `{ __schema { types { name fields { name } } mutationType { name } } __type(name: "Order") { name } }`
	if raw := string(w.do(ask, nil)); strings.Contains(raw, "ProductVariant") ||
		!strings.Contains(raw, "introspection") {
		t.Errorf("introspection is off, but the answer is %.300s", raw)
	}
	w.as("apk_seen", graph.HTTPStorefront{Introspection: true})
	var answer struct {
		Schema struct {
			Types []struct {
				Name   string
				Fields []struct{ Name string }
			}
			MutationType any
		} `json:"__schema"`
		Type any `json:"__type"`
	}
	w.ask(&answer, ask, nil)
	if answer.Type != nil || answer.Schema.MutationType != nil {
		t.Errorf("Order is %v, and the type of mutations %v", answer.Type, answer.Schema.MutationType)
	}
	for _, typ := range answer.Schema.Types {
		def := w.schema.Types[typ.Name]
		if def == nil {
			t.Errorf("%s is not in the schema of storefronts", typ.Name)
			continue
		}
		for _, f := range typ.Fields {
			if def.Fields.ForName(f.Name) == nil {
				t.Errorf("%s.%s is not in the schema of storefronts", typ.Name, f.Name)
			}
		}
	}
}

// TestStorefrontSchemaIsPartOfTheWhole compares each type with the one that admins see.
func TestStorefrontSchemaIsPartOfTheWhole(t *testing.T) {
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "storefront", Input: graph.StorefrontSchema()})
	if err != nil {
		t.Fatal(err)
	}
	full := exec.NewExecutableSchema(exec.Config{}).Schema()
	for name, def := range schema.Types {
		whole := full.Types[name]
		if whole == nil {
			t.Errorf("%s is not in the schema", name)
			continue
		}
		for _, f := range def.Fields {
			other := whole.Fields.ForName(f.Name)
			if other == nil || other.Type.String() != f.Type.String() {
				t.Errorf("%s.%s is not as in the schema", name, f.Name)
				continue
			}
			var arguments []string
			for _, a := range other.Arguments {
				if a.Name != "deleted" { // for admins alone
					arguments = append(arguments, a.Name)
				}
			}
			for i, a := range f.Arguments {
				if len(arguments) != len(f.Arguments) || arguments[i] != a.Name {
					t.Errorf("%s.%s: the arguments are not as in the schema: %s", name, f.Name, arguments)
					break
				}
			}
		}
	}
}
