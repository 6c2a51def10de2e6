package graph_test

import (
	"encoding/json"
	"flag"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/linkgraph/linkgraph/graph"
)

var dryRuns = flag.Int("dry-runs", 60, "how many random mutations TestDryRun runs")

// asDryRun returns a mutation with dryRun on every root field.
func asDryRun(t *testing.T, text string) string {
	t.Helper()
	doc, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range doc.Operations[0].SelectionSet {
		if f := s.(*ast.Field); f.Name != "__typename" {
			f.Arguments = append(f.Arguments, &ast.Argument{
				Name: "dryRun", Value: &ast.Value{Kind: ast.BooleanValue, Raw: "true"},
			})
		}
	}
	var b strings.Builder
	formatter.NewFormatter(&b).FormatQueryDocument(doc)
	return b.String()
}

var (
	newIDs    = regexp.MustCompile(`_\d{6}\b`)
	positions = regexp.MustCompile(`"locations":\[[^\]]*\]`)
	deletions = regexp.MustCompile(`"(\w*[dD]eletionId)":("[^"]*"|null)`)
)

// maskMade hides what two runs of one mutation give differently: ids and times that are made, and where fields stand.
func maskMade(answer []byte) string {
	answer = positions.ReplaceAll(newIDs.ReplaceAll(maskWritten(answer), []byte("_<id>")), nil)
	return string(deletions.ReplaceAll(answer, []byte(`"$1":null`)))
}

// TestDryRun runs random mutations, each dry and then really: the dry run writes nothing, and answers what the real one does.
func TestDryRun(t *testing.T) {
	t.Parallel()
	a := newAPI(t, newDemoDB(t), graph.Config{})
	fix(t, a)
	roughen(t, a)
	tameLinks(t, a)
	m := newMutations(a, 77)
	done := 0
	for range *dryRuns {
		doc := m.document()
		before := contents(t, a.db)
		dry := post(a.handler, t.Context(), asDryRun(t, doc.text), doc.variables[0])
		if contents(t, a.db) != before {
			t.Fatalf("the dry run has written something: %s\n%s", doc.text, dry)
		}
		really := post(a.handler, t.Context(), doc.text, doc.variables[0])
		if got, want := maskMade(dry), maskMade(really); got != want {
			t.Errorf("%s\n%v\n dry: %s\nreal: %s", doc.text, doc.variables[0], got, want)
		}
		if strings.Contains(string(really), `"data":{`) {
			done++
		}
		for _, id := range deletionIDs.FindAllSubmatch(really, -1) {
			m.deletions = append(m.deletions, string(id[1]))
		}
		m.deletions = m.deletions[max(0, len(m.deletions)-5):]
	}
	if done < *dryRuns/4 {
		t.Errorf("only %d of %d mutations were done", done, *dryRuns)
	}
}

// TestDryRunOfDocuments looks at what is special about documents: all of their fields are dry runs or none, later fields see
// what earlier ones would have written, and a key is not used up.
func TestDryRunOfDocuments(t *testing.T) {
	t.Parallel()
	e := newKeeper(t, newDemoDB(t), graph.Config{})
	before := contents(t, e.db)
	r := e.call(
		t,
		call{
			body: asJSON(
				`mutation { a: createPriceSets(input: [{}], dryRun: true) { __typename } b: createPriceSets(input: [{}]) { __typename } }`,
			),
		},
	)
	if !strings.Contains(r.body, `b.dryRun: the fields of a mutation are one transaction`) ||
		!strings.Contains(r.body, "BAD_USER_INPUT") {
		t.Errorf("one of two: %s", r.body)
	}
	const linked = `mutation($dry: Boolean!) {
		createPriceSets(input: [{ id: "pset_dry" }], dryRun: $dry) { priceSets { id variant { id } } }
		createLinks(links: [{ product: { variantId: "variant_demo_gift_box" }, pricing: { priceSetId: "pset_dry" } }], replace: true, dryRun: $dry) {
			results { outcome link { left: id } replaced { name } }
		}
		deletePriceSets(ids: ["pset_demo_shirt_s"], dryRun: $dry) { deletionId linkCounts { name count } recordCounts { module model count } records { model ids } links { name } }
	}`
	body := func(dry bool) string {
		text, _ := json.Marshal(map[string]any{"query": linked, "variables": map[string]any{"dry": dry}})
		return string(text)
	}
	dry := e.keyed(t, "k", body(true))
	if contents(t, e.db) != before {
		t.Errorf("something was written: %s", dry.body)
	}
	for _, want := range []string{
		`"linkCounts":[{"name":"PRODUCT_VARIANT_PRICE_SET","count":1}]`,
		`"recordCounts":[{"module":"pricing","model":"PriceSet","count":1},{"module":"pricing","model":"Price","count":2}]`, `"deletionId":null`,
	} {
		if !strings.Contains(dry.body, want) {
			t.Errorf("got %s\nwant %s", dry.body, want)
		}
	}
	really := e.keyed(t, "k", body(false))
	if really.status != http.StatusOK || maskMade([]byte(really.body)) != maskMade([]byte(dry.body)) {
		t.Errorf("really: %d %s\n   dry: %s", really.status, really.body, dry.body)
	}
	if !strings.Contains(really.body, `"deletionId":"del_`) {
		t.Errorf("a real receipt names its deletion: %s", really.body)
	}
}
