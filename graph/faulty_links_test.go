package graph_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/linkgraph/linkgraph/graph"
)

// soldIn is a LinkInput that links a product to a sales channel.
func soldIn(product, channel string) map[string]any {
	return map[string]any{
		"product":      map[string]any{"productId": product},
		"salesChannel": map[string]any{"salesChannelId": channel},
	}
}

const createMany = `mutation ($links: [LinkInput!]!, $partial: Boolean, $dryRun: Boolean) {
	createLinks(links: $links, partial: $partial, dryRun: $dryRun) {
		results { outcome link { name } error { code message otherIndex existing { id } } }
	}
}`

// TestErrorsOfManyLinks has more faulty links than an answer has errors. The last error says how many more there are.
// Whether links are in a variable or in the document, and whatever is wrong with them, makes no difference.
func TestErrorsOfManyLinks(t *testing.T) {
	t.Parallel()
	a := newAPI(t, newDemoDB(t), graph.Config{})
	before := contents(t, a.db)
	links := []map[string]any{soldIn("prod_demo_hat", "sc_demo_web")}
	var texts []string
	for i := range 115 {
		link := soldIn(fmt.Sprint("nobody_", i), "sc_demo_web")
		if i%2 == 0 {
			link["data"] = map[string]any{"weight": 1} // there is no such column
		}
		links = append(links, link)
	}
	for _, l := range links {
		text, _ := json.Marshal(l)
		for _, name := range []string{"product", "productId", "salesChannel", "salesChannelId", "data", "weight"} {
			text = []byte(strings.ReplaceAll(string(text), `"`+name+`":`, name+": "))
		}
		texts = append(texts, string(text))
	}
	for _, field := range []string{"createLinks", "dismissLinks"} {
		inVariable := a.do(
			fmt.Sprintf(`mutation ($links: [LinkInput!]!) { %s(links: $links) { results { outcome } } }`, field),
			map[string]any{"links": links},
		)
		inDocument := a.do(
			fmt.Sprintf(`mutation { %s(links: [%s]) { results { outcome } } }`, field, strings.Join(texts, ", ")), nil,
		)
		var answer struct {
			Data   any
			Errors []struct {
				Message    string
				Extensions struct {
					Code  string
					Index *int
					More  int
				}
			}
		}
		if err := json.Unmarshal(inVariable, &answer); err != nil {
			t.Fatal(err)
		}
		want := map[string]int{"createLinks": 101, "dismissLinks": 58}[field] // a pair that is not linked is no error
		if len(answer.Errors) != want || answer.Data != nil {
			t.Fatalf("%s: %d errors: %s", field, len(answer.Errors), inVariable)
		}
		if field == "createLinks" {
			last := answer.Errors[want-1]
			if last.Extensions.More != 15 || last.Extensions.Index != nil || last.Extensions.Code != "BAD_USER_INPUT" ||
				last.Message != "15 more items have errors; nothing was written" {
				t.Errorf("the last error: %+v", last)
			}
		}
		for i, e := range answer.Errors[:58] {
			step := map[string]int{"createLinks": 1, "dismissLinks": 2}[field]
			code := "BAD_USER_INPUT"
			if step*i%2 == 1 {
				code = "RECORD_NOT_FOUND"
			}
			if e.Extensions.Index == nil || *e.Extensions.Index != 1+step*i || e.Extensions.Code != code {
				t.Errorf("%s, error %d: %+v", field, i, e)
			}
		}
		if got, want := maskMade(inDocument), maskMade(inVariable); got != want {
			t.Errorf("%s in the document: %s\nin a variable: %s", field, got, want)
		}
	}
	if contents(t, a.db) != before {
		t.Error("something was written")
	}
}

// TestPartialWritesWhatItSays creates links of which some are faulty: as a dry run, really, and repeated with an
// Idempotency-Key. Rows and events are those of the links that were created.
func TestPartialWritesWhatItSays(t *testing.T) {
	t.Parallel()
	e := newKeeper(t, newDemoDB(t), graph.Config{})
	events := func() (n int) {
		t.Helper()
		if err := e.db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM linkgraph.link_event`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	body := func(dryRun bool) string {
		text, _ := json.Marshal(map[string]any{"query": createMany, "variables": map[string]any{
			"links": []map[string]any{
				soldIn("prod_demo_gift", "sc_demo_new"), soldIn("nobody", "sc_demo_new"),
				{"product": map[string]any{"productId": "prod_demo_gift"}},
			},
			"partial": true, "dryRun": dryRun,
		}})
		return string(text)
	}
	if _, err := e.db.Pool.Exec(
		t.Context(),
		`INSERT INTO sales_channel (id, name) VALUES ('sc_demo_new', 'n')`,
	); err != nil {
		t.Fatal(err)
	}
	before, written := contents(t, e.db), events()
	dry := e.keyed(t, "k", body(true))
	if contents(t, e.db) != before {
		t.Errorf("the dry run has written something: %s", dry.body)
	}
	really := e.keyed(t, "k", body(false))
	if really.status != http.StatusOK || dry.body != really.body || strings.Count(really.body, `"FAILED"`) != 2 ||
		!strings.Contains(really.body, `"outcome":"CREATED"`) {
		t.Errorf("really: %d %s\n   dry: %s", really.status, really.body, dry.body)
	}
	if n := events() - written; n != 1 {
		t.Errorf("%d events", n)
	}
	before = contents(t, e.db)
	if again := e.keyed(
		t,
		"k",
		body(false),
	); !isReplay(again) || again.body != really.body ||
		contents(t, e.db) != before {
		t.Errorf("again: %s", again.body)
	}
}

// TestPartialInADocument has a partial field beside others: they are one transaction, which a faulty item of the partial
// field does not end, and one of another field does.
func TestPartialInADocument(t *testing.T) {
	t.Parallel()
	a := newAPI(t, newDemoDB(t), graph.Config{})
	const document = `mutation ($good: [LinkInput!]!, $bad: [LinkInput!]!, $partial: Boolean!) {
		createPriceSets(input: [{}]) { __typename }
		createLinks(links: $bad, partial: true) { results { outcome } }
		dismissLinks(links: $good) { results { outcome } }
		b: createLinks(links: $bad, partial: $partial) { results { outcome } }
	}`
	variables := map[string]any{
		"good":    []map[string]any{soldIn("prod_demo_hat", "sc_demo_web")},
		"bad":     []map[string]any{soldIn("nobody", "sc_demo_web"), soldIn("prod_demo_hat", "sc_demo_web")},
		"partial": false,
	}
	before := contents(t, a.db)
	if answer := string(a.do(document, variables)); !strings.Contains(answer, `"path":["b"]`) ||
		!strings.HasSuffix(strings.TrimSpace(answer), `"data":null}`) || contents(t, a.db) != before {
		t.Errorf("one fails: %s", answer)
	}
	variables["partial"] = true
	want := `"createLinks":{"results":[{"outcome":"FAILED"},{"outcome":"UNCHANGED"}]},` +
		`"dismissLinks":{"results":[{"outcome":"DISMISSED"}]},"b":{"results":[{"outcome":"FAILED"},{"outcome":"REVIVED"}]}`
	if answer := string(a.do(document, variables)); !strings.Contains(answer, want) {
		t.Errorf("both partial: %s", answer)
	}
}

// TestPartialStatements creates few and many links, with and without faulty ones among them: the statements are the same.
func TestPartialStatements(t *testing.T) {
	t.Parallel()
	a := newAPI(t, newDemoDB(t), graph.Config{})
	if _, err := a.db.Pool.Exec(t.Context(), `
		INSERT INTO sales_channel (id, name) SELECT 'sc_' || n, n FROM generate_series(1, 100) AS n`); err != nil {
		t.Fatal(err)
	}
	next := 0
	create := func(good, bad int, partial bool) []string {
		var links []map[string]any
		for range good {
			next++
			links = append(links, soldIn("prod_demo_hat", fmt.Sprint("sc_", next)))
		}
		for range bad {
			links = append(links, map[string]any{"product": map[string]any{"productId": "x"}}, soldIn("", "sc_1"))
		}
		a.db.ResetStatements()
		answer := string(a.do(createMany, map[string]any{"links": links, "partial": partial}))
		if strings.Count(answer, `"CREATED"`) != good || strings.Count(answer, `"FAILED"`) != 2*bad {
			t.Fatalf("%d and %d: %s", good, bad, answer)
		}
		return a.db.Statements()
	}
	create(2, 0, false)
	want := create(2, 0, false)
	for _, c := range []struct{ good, bad int }{{2, 0}, {2, 2}, {40, 0}, {40, 15}} {
		if got := create(c.good, c.bad, true); !slices.Equal(got, want) {
			t.Errorf(
				"%d good and %d bad: %s\nwant %s",
				c.good,
				c.bad,
				strings.Join(got, "\n"),
				strings.Join(want, "\n"),
			)
		}
	}
}
