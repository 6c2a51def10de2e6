package graph_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"

	"linkgraph/graph"
	"linkgraph/graph/internal/exec"
	"linkgraph/internal/naming"
	"linkgraph/linkstore"
	"linkgraph/modules"
)

// twins are two equal stores: of one the mutations are answered by plans, of the other by the generated code.
type twins struct {
	testing.TB
	plans, code *api
	hows        hows
}

func newTwins(t testing.TB, cfg graph.Config, rough bool) *twins {
	tw := &twins{TB: t}
	for _, side := range []**api{&tw.plans, &tw.code} {
		db := newDemoDB(t)
		if rough {
			a := newAPI(t, db, graph.Config{})
			roughen(t, a)
			tameLinks(t, a)
		}
		cfg.Observer, cfg.NoCompiled = &tw.hows, false
		if side == &tw.code {
			cfg.Observer, cfg.NoCompiled = nil, true
		}
		*side = newAPI(t, db, cfg)
	}
	return tw
}

// tameLinks takes the times from links that no Go program can read.
func tameLinks(t testing.TB, a *api) {
	for _, m := range a.graph.Records.Catalog().Models() {
		if m.Link == "" {
			continue
		}
		for _, column := range []string{"created_at", "updated_at"} {
			_, _ = a.db.Pool.Exec(t.Context(), fmt.Sprintf(`UPDATE %s SET %s = '1999-12-31T23:59:59Z' WHERE NOT isfinite(%s)`, m.Table, column, column))
		}
	}
}

var cursors = regexp.MustCompile(`("\w*[cC]ursor":)"[^"]*"`)

// answer returns the answer of both stores, without what differs between two runs.
func (tw *twins) answer(query string, variables map[string]any) (plans, code []byte) {
	mask := func(answer []byte) []byte {
		answer = redacted.ReplaceAll(tokens.ReplaceAll(answer, []byte(`"<$1 token>"`)), []byte(`"<$1 redacted>"`))
		return cursors.ReplaceAll(timestamps.ReplaceAll(answer, []byte(`"<time>"`)), []byte(`$1"<cursor>"`))
	}
	return mask(post(tw.plans.handler, tw.Context(), query, variables)), mask(post(tw.code.handler, tw.Context(), query, variables))
}

// check compares the answers to a mutation.
func (tw *twins) check(query string, variables map[string]any) []byte {
	tw.Helper()
	plans, code := tw.answer(query, variables)
	if !same(plans, code) {
		text, _ := json.Marshal(variables)
		tw.Fatalf("%s\nwith %s (-generated code +plan):\n%s", query, text, cmp.Diff(string(code), string(plans)))
	}
	return plans
}

// checkEvents compares what the stores were told to do, in its order.
func (tw *twins) checkEvents() (n int) {
	tw.Helper()
	var events [2]string
	for i, a := range []*api{tw.plans, tw.code} {
		err := a.db.Pool.QueryRow(tw.Context(), `
			SELECT count(*), string_agg(concat_ws(' ', event, cause, link, left_key, right_key, data), E'\n' ORDER BY id) FROM linkgraph.link_event`).Scan(&n, &events[i])
		if err != nil {
			tw.Fatal(err)
		}
	}
	if events[0] != events[1] {
		tw.Errorf("events (-generated code +plan):\n%s", cmp.Diff(events[1], events[0]))
	}
	return n
}

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
	m.random, m.schema, m.cursors = rand.New(rand.NewPCG(seed, 11)), exec.NewExecutableSchema(exec.Config{}).Schema(), map[string][]string{}
	m.know(a)
	for _, model := range a.graph.Records.Catalog().Models() {
		l := &modules.List{Model: model, Page: &modules.Page{Limit: 6}}
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
		"createLinks", "createLinks", "createLinks", "createLinks", "dismissLinks", "dismissLinks", "deleteLinks", "restoreLinks", "restoreLinks",
		"deleteProducts", "deleteProductVariants", "deleteSalesChannels", "deleteCurrencies", "restoreProducts", "restoreProductVariants",
		"restoreSalesChannels", "restoreInventoryItems", "deleteInventoryItems", "createSalesChannels", "updateSalesChannels", "createProducts",
		"updateProducts", "createApiKeys", "createProductVariants", "updatePrices",
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
		if !a.Type.NonNull && !m.one(2) {
			continue
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
		return map[string]any{l.names[0]: map[string]any{naming.Camel(l.definition.Left.Key): m.some(l.left, 1+m.random.IntN(2))}}
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
		in["data"] = map[string]any{naming.Camel(c.Name): []any{json.Number("2"), json.Number("1.5"), "text", nil}[min(3, m.random.IntN(6))]}
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

// TestParityOfLinkInputs names links in all the ways in which a request can be written.
func TestParityOfLinkInputs(t *testing.T) {
	t.Parallel()
	tw := newTwins(t, graph.Config{MaxItems: 4}, false)
	const shirt, channel = `"product": {"productId": "prod_demo_shirt"}`, `"salesChannel": {"salesChannelId": "sc_demo_web"}`
	const variant, item = `"product": {"variantId": "variant_demo_shirt_s"}`, `"inventory": {"inventoryItemId": "iitem_demo_shirt_s"}`
	const pair = `{` + shirt + `, ` + channel + `}`
	inputs := []string{
		`[` + pair + `]`, `[` + pair + `,` + pair + `]`, `[{` + channel + `,` + shirt + `}]`, pair, `[]`, `null`, `[null]`, `7`, `"x"`, `[[]]`, `{}`, `[{}]`, `[` + pair + `, {}]`,
		`[{` + shirt + `}]`, `[{` + shirt + `, ` + shirt + `}]`, `[{` + shirt + `, ` + channel + `, ` + item + `}]`, `[{` + shirt + `, ` + item + `}]`,
		`[{"product": null, ` + channel + `}]`, `[{"product": {}, ` + channel + `}]`, `[{"product": {"productId": null}, ` + channel + `}]`,
		`[{"product": {"productId": "a", "productId": "prod_demo_shirt"}, ` + channel + `}]`, `[{"product": {"productId": "prod_demo_shirt", "variantId": "x"}, ` + channel + `}]`,
		`[{"product": {"productId": "prod_demo_shirt", "variantId": "x"}}]`, `[{"product": {"productId": ""}, ` + channel + `}]`, `[{"product": {"productId": 7}, ` + channel + `}]`,
		`[{"product": {"productId": 7.5}, ` + channel + `}]`, `[{"product": {"productId": true}, ` + channel + `}]`, `[{"product": {"id": "x"}, ` + channel + `}]`,
		`[{"products": {"productId": "x"}, ` + channel + `}]`, `[{"product": "x", ` + channel + `}]`, `[{"product": {"productId": "prod_\u0064emo_shirt"}, ` + channel + `}]`,
		`[{"product": {"productId": "a\u0000"}, ` + channel + `}]`, `[{"pro\u0064uct": {"productId": "prod_demo_shirt"}, ` + channel + `}]`,
		`[{"__typename": "LinkInput", ` + shirt + `, ` + channel + `}]`, `[{"link": "PRODUCT_SALES_CHANNEL", ` + shirt + `, ` + channel + `}]`,
		`[{"link": "PRODUCT_VARIANT_PRICE_SET", ` + shirt + `, ` + channel + `}]`, `[{"link": "product_sales_channel", ` + shirt + `, ` + channel + `}]`,
		`[{"link": "NO_LINK", ` + shirt + `, ` + channel + `}]`, `[{"link": null, ` + shirt + `, ` + channel + `}]`, `[{"link": ""}]`, `[{"link": 7}]`,
		`[{"link": "PRODUCT_SALES_CHANNEL"}]`, `[{"link": "PRODUCT_SALES_CHANNEL", "ends": {"left": "prod_demo_shirt", "right": "sc_demo_web"}}]`,
		`[{"link": "PRODUCT_SALES_CHANNEL", "ends": {"left": "prod_demo_shirt"}}]`, `[{"link": "PRODUCT_SALES_CHANNEL", "ends": {"left": "", "right": "x"}}]`,
		`[{"link": "PRODUCT_SALES_CHANNEL", "ends": {"left": 7, "right": "x"}}]`, `[{"link": "PRODUCT_SALES_CHANNEL", "ends": null}]`,
		`[{"link": "PRODUCT_SALES_CHANNEL", "ends": {"left": "a", "left": "b", "right": "x"}}]`, `[{"ends": {"left": "a", "right": "b"}}]`,
		`[{"link": "PRODUCT_SALES_CHANNEL", "ends": {"left": "a", "right": "b"}, ` + shirt + `}]`,
		`[{` + variant + `, ` + item + `}]`, `[{` + variant + `, ` + item + `, "data": {"requiredQuantity": 3}}]`, `[{` + variant + `, ` + item + `, "data": {}}]`,
		`[{` + variant + `, ` + item + `, "data": null}]`, `[{` + variant + `, ` + item + `, "data": 7}]`, `[{` + variant + `, ` + item + `, "data": {"requiredQuantity": null}}]`,
		`[{` + variant + `, ` + item + `, "data": {"required_quantity": 4}}]`, `[{` + variant + `, ` + item + `, "data": {"other": 4}}]`, `[{` + shirt + `, ` + channel + `, "data": {"a": 4}}]`,
		`[{"link": "PRODUCT_VARIANT_INVENTORY_ITEM", ` + variant + `, ` + item + `, "data": {"requiredQuantity": 5}}]`,
		`[` + pair + `, {` + variant + `, ` + item + `}]`, `[` + pair + `, {"link": "PRODUCT_SALES_CHANNEL", ` + shirt + `, ` + channel + `}, ` + pair + `]`,
		`[` + pair + `,` + pair + `,` + pair + `,` + pair + `,` + pair + `]`,
	}
	const of = `{ __typename id ... on ProductSalesChannel { productId salesChannelId product { title } } ... on ProductVariantInventoryItem { requiredQuantity variantId inventoryItemId variant { sku } } }`
	answered := 0
	for _, document := range []string{
		`query Q($l: [LinkInput!]!) { a: links(links: $l) ` + of + ` b: links(links: $l) { name } }`,
		`mutation M($l: [LinkInput!]!) { createLinks(links: $l, replace: true) { results { outcome link ` + of + ` replaced ` + of + ` } } b: createLinks(links: $l) { results { outcome } } }`,
		`mutation M($l: [LinkInput!]!) { dismissLinks(links: $l) { results { outcome link ` + of + ` } } }`,
		`mutation M($l: [LinkInput!]) { createLinks(links: [` + `{ product: { productId: "prod_demo_mug" }, salesChannel: { salesChannelId: "sc_demo_web" } }]) { results { outcome again: link ` + of + ` link { id } } } }`,
		`mutation M($l: [LinkInput!]! = []) { dismissLinks(links: $l) { __typename results { __typename outcome } } }`,
	} {
		for _, input := range inputs {
			answer := tw.check(document, map[string]any{"l": json.RawMessage(input)})
			if bytes.Contains(answer, []byte(`"data":{`)) {
				answered++
			}
		}
		if !strings.Contains(document, "!]!") || strings.Contains(document, "= []") {
			tw.check(document, nil)
		}
	}
	if n := tw.checkEvents(); n < 10 || answered < 50 {
		t.Errorf("%d events, %d requests with data: too few", n, answered)
	}
}

var deletionIDs = regexp.MustCompile(`"(del_\w+)"`)

// TestParityOfMutations answers random mutations by plans and by the generated code, in two equal stores.
func TestParityOfMutations(t *testing.T) {
	t.Parallel()
	for seed := range 2 {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			tw := newTwins(t, graph.Config{MaxItems: 5, Limits: graph.Limits{MaxCost: 2000}}, true)
			m := newMutations(tw.plans, uint64(seed))
			data, failed := 0, 0
			for range *parityCases / 10 {
				doc := m.document()
				for _, variables := range doc.variables {
					answer := tw.check(doc.text, variables)
					if bytes.Contains(answer, []byte(`"data":{`)) {
						data++
					} else {
						failed++
					}
					for _, id := range deletionIDs.FindAllSubmatch(answer, -1) {
						m.deletions = append(m.deletions, string(id[1]))
					}
					m.deletions = m.deletions[max(0, len(m.deletions)-5):]
				}
			}
			n := tw.checkEvents()
			t.Logf("%d with data, %d without, %d events; %v", data, failed, n, tw.hows.counts)
			if data < *parityCases/20 || failed == 0 || n < 50 || tw.hows.counts["plan"] < *parityCases/20 {
				t.Errorf("the mutations show too little")
			}
		})
	}
}
