package graph_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/idempotency"
	"github.com/linkgraph/linkgraph/internal/pgtest"
)

// newKeeper returns an endpoint that repeats mutations. The caller is the header X-Caller.
func newKeeper(t *testing.T, db *pgtest.DB, cfg graph.Config) *endpoint {
	t.Helper()
	cfg.Answers = idempotency.New(idempotency.Config{})
	return newEndpointOf(t, newAPI(t, db, cfg), graph.HTTP{
		MaxBatch: 3,
		Authenticate: func(r *http.Request) (graph.Caller, error) {
			return graph.Caller{ID: r.Header.Get("X-Caller"), Role: graph.ReadWrite}, nil
		},
	})
}

// keyed sends a body with an Idempotency-Key.
func (e *endpoint) keyed(t *testing.T, key, body string, headers ...string) reply {
	t.Helper()
	c := call{body: body, headers: map[string]string{"Idempotency-Key": key}}
	for i := 0; i < len(headers); i += 2 {
		c.headers[headers[i]] = headers[i+1]
	}
	return e.call(t, c)
}

func (e *endpoint) products(t *testing.T) (n int) {
	t.Helper()
	if err := e.db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM product`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func isReplay(r reply) bool { return r.header.Get("Idempotent-Replayed") == "true" }

const createTitled = `mutation($title: String!, $more: JSON) {
	createProducts(input: [{ title: $title, metadata: $more }]) { products { id title metadata createdAt variants { totalCount } } }
}`

func titled(title string) string {
	body, _ := json.Marshal(map[string]any{
		"query":     createTitled,
		"variables": map[string]any{"title": title, "more": map[string]string{"html": "<b>&</b>"}},
	})
	return string(body)
}

func TestMutationIsRepeated(t *testing.T) {
	t.Parallel()
	e := newKeeper(t, newDemoDB(t), graph.Config{})
	before := e.products(t)
	first := e.keyed(t, `"8e03978e-40d5-43e8-bc93-6894a57f9324"`, titled("once"))
	if first.status != http.StatusOK || isReplay(first) || !strings.Contains(first.body, `"once"`) {
		t.Fatalf("got %d %v: %s", first.status, first.header, first.body)
	}
	// The variables in another order, and the key without quotes.
	again := fmt.Sprintf(`{"variables": {"title": "once", "more": { "html": "<b>&</b>" }}, "query": %q}`, createTitled)
	for _, body := range []string{titled("once"), strings.ReplaceAll(again, `\t`, `	`)} {
		r := e.keyed(t, "8e03978e-40d5-43e8-bc93-6894a57f9324", strings.ReplaceAll(body, "\t", `\t`))
		if r.status != http.StatusOK || !isReplay(r) || r.body != first.body {
			t.Errorf("got %d %v\n%s\nwant what was answered at first\n%s", r.status, r.header, r.body, first.body)
		}
	}
	if n := e.products(t); n != before+1 {
		t.Errorf("there are %d products more, want 1", n-before)
	}
	if r := e.keyed(t, "another", titled("once")); isReplay(r) || r.body == first.body {
		t.Errorf("another key repeats: %s", r.body)
	}
	if r := e.keyed(t, "8e03978e-40d5-43e8-bc93-6894a57f9324", titled("once"), "X-Caller", "apk_2"); isReplay(r) {
		t.Errorf("the key of another caller repeats: %s", r.body)
	}
}

func TestReusedKeyIsRefused(t *testing.T) {
	t.Parallel()
	e := newKeeper(t, newDemoDB(t), graph.Config{})
	e.keyed(t, "k", titled("once"))
	before := contents(t, e.db)
	for _, body := range []string{titled("twice"), asJSON(`mutation { createPriceSets(input: [{}]) { priceSets { id } } }`)} {
		r := e.keyed(t, "k", body)
		if r.status != http.StatusUnprocessableEntity || !strings.Contains(r.body, `"IDEMPOTENCY_KEY_REUSED"`) ||
			isReplay(r) {
			t.Errorf("got %d: %s", r.status, r.body)
		}
	}
	if after := contents(t, e.db); after != before {
		t.Error("something was written")
	}
}

// TestFailureTakesNoKey has mutations fail in several ways. Nothing is left of them, so that the key can be used.
func TestFailureTakesNoKey(t *testing.T) {
	t.Parallel()
	e := newKeeper(t, newDemoDB(t), graph.Config{Limits: graph.Limits{MaxAnswer: 2000}})
	before := contents(t, e.db)
	for name, query := range map[string]string{
		"an argument":     `mutation { createProducts(input: [{ title: "x", handle: "linen-shirt" }]) { products { id } } }`,
		"a later field":   `mutation { createPriceSets(input: [{}]) { priceSets { id } } createPrices(input: [{ priceSetId: "none", amount: "1", currencyCode: "eur" }]) { prices { id } } }`,
		"a long answer":   `mutation { createPriceSets(input: [{}]) { priceSets { id } } createProducts(input: [` + strings.Repeat(`{ title: "a title that is not short" }`, 100) + `]) { products { title } } }`,
		"a secret":        `mutation { createApiKeys(input: [{ title: "x", type: "secret", createdBy: "me" }]) { apiKeys { token } } }`,
		"a missing field": `mutation { createPriceSets(input: [{}]) { priceSets { idd } } }`,
	} {
		r := e.keyed(t, "k", asJSON(query))
		if !strings.Contains(r.body, `"errors"`) || strings.Contains(r.body, "was done") ||
			strings.Contains(r.body, "INTERNAL") {
			t.Errorf("%s: got %s", name, r.body)
		}
		if after := contents(t, e.db); after != before {
			t.Fatalf("%s: something was written: %s", name, r.body)
		}
	}
	if r := e.keyed(
		t,
		"k",
		titled("then"),
	); r.status != http.StatusOK || isReplay(r) ||
		strings.Contains(r.body, "errors") {
		t.Errorf("got %d: %s", r.status, r.body)
	}
}

// TestKeyAtOnce sends one mutation many times at once.
func TestKeyAtOnce(t *testing.T) {
	t.Parallel()
	e := newKeeper(t, newDemoDB(t), graph.Config{})
	before := e.products(t)
	answers := make([]reply, 8)
	var wait sync.WaitGroup
	for i := range answers {
		wait.Go(func() { answers[i] = e.keyed(t, "k", titled("once")) })
	}
	wait.Wait()
	replays := 0
	for _, r := range answers {
		if r.status != http.StatusOK || r.body != answers[0].body {
			t.Errorf("got %d: %s", r.status, r.body)
		}
		if isReplay(r) {
			replays++
		}
	}
	if n := e.products(t) - before; n != 1 || replays != len(answers)-1 {
		t.Errorf("written %d times, repeated %d times", n, replays)
	}
}

func TestOldKeyIsNew(t *testing.T) {
	t.Parallel()
	e := newKeeper(t, newDemoDB(t), graph.Config{})
	first := e.keyed(t, "k", titled("once"))
	if _, err := e.db.Pool.Exec(
		t.Context(),
		`UPDATE linkgraph.idempotency_key SET at = now() - interval '25 hours'`,
	); err != nil {
		t.Fatal(err)
	}
	second := e.keyed(t, "k", titled("twice"))
	if second.status != http.StatusOK || isReplay(second) || second.body == first.body {
		t.Errorf("got %d: %s", second.status, second.body)
	}
	if r := e.keyed(t, "k", titled("twice")); !isReplay(r) || r.body != second.body {
		t.Errorf("got %d: %s", r.status, r.body)
	}
}

func TestKeysThatAreRefused(t *testing.T) {
	t.Parallel()
	e := newKeeper(t, newDemoDB(t), graph.Config{})
	before := contents(t, e.db)
	for _, key := range []string{" ", `""`, "clé", strings.Repeat("k", 256), "a\tb"} {
		if r := e.keyed(t, key, titled("once")); r.status != http.StatusBadRequest ||
			!strings.Contains(r.body, "Idempotency-Key") {
			t.Errorf("%q: got %d: %s", key, r.status, r.body)
		}
	}
	if r := e.keyed(t, "k", "["+titled("once")+"]"); !strings.Contains(r.body, "not for a list") {
		t.Errorf("a list: got %d: %s", r.status, r.body)
	}
	if r := e.keyed(t, "k", asJSON(`{ products(first: 1) { totalCount } }`)); r.status != http.StatusOK {
		t.Errorf("a query: got %d: %s", r.status, r.body)
	}
	without := newEndpointOf(t, newAPI(t, e.db, graph.Config{}), graph.HTTP{})
	if r := without.keyed(t, "k", titled("once")); r.status != http.StatusBadRequest ||
		!strings.Contains(r.body, "keeps no answers") {
		t.Errorf("a server that keeps no answers: got %d: %s", r.status, r.body)
	}
	if after := contents(t, e.db); after != before {
		t.Error("something was written")
	}
}

// TestKeysChangeNoAnswer runs the mutations of the corpus in two equal stores, in one of them with keys. It then repeats them.
func TestKeysChangeNoAnswer(t *testing.T) {
	t.Parallel()
	kept, err := os.ReadFile(filepath.Join("testdata", "corpus", "mutations_0.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	worlds := [2]*endpoint{}
	for i := range worlds {
		db := newDemoDB(t)
		a := newAPI(t, db, graph.Config{})
		fix(t, a)
		roughen(t, a)
		tameLinks(t, a)
		worlds[i] = newKeeper(t, db, graph.Config{})
	}
	type sent struct {
		key, body string
		answer    reply
	}
	var all []sent
	for i, c := range parseCorpus(txtar.Parse(kept)) {
		if strings.Contains(c.query, "createApiKeys") { // their secrets are not stored
			continue
		}
		if c.variables == "" {
			c.variables = "{}"
		}
		text, _ := json.Marshal(c.query)
		body := fmt.Sprintf(`{"query": %s, "variables": %s}`, text, c.variables)
		plain := worlds[0].call(t, call{body: body})
		with := worlds[1].keyed(t, fmt.Sprint(i), body)
		a, b := maskWritten([]byte(plain.body)), maskWritten([]byte(with.body))
		if !bytes.Equal(a, b) || plain.status != with.status {
			t.Errorf(
				"%s\n%s\nwithout a key: %d %s\nwith one: %d %s",
				c.query,
				c.variables,
				plain.status,
				a,
				with.status,
				b,
			)
		}
		all = append(all, sent{fmt.Sprint(i), body, with})
	}
	before := contents(t, worlds[1].db)
	done := 0
	for _, s := range all {
		if !strings.Contains(s.answer.body, `"data":{`) {
			continue
		}
		done++
		if r := worlds[1].keyed(t, s.key, s.body); !isReplay(r) || r.body != s.answer.body {
			t.Errorf("%s is not repeated: %s\nwant %s", s.body, r.body, s.answer.body)
		}
	}
	if after := contents(t, worlds[1].db); after != before {
		t.Error("a repetition has written something")
	}
	if done < 50 {
		t.Errorf("only %d mutations were done", done)
	}
}
