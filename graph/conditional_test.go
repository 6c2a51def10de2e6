package graph_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/linkgraph/linkgraph/graph"
)

// conditionalAnswer is an answer to an update under a condition.
type conditionalAnswer struct {
	Data struct {
		UpdateProducts struct {
			Products []struct{ UpdatedAt, Title string }
		}
	}
	Errors []struct {
		Message    string
		Extensions struct {
			Code    string
			Index   *int
			ID      string
			Current struct{ UpdatedAt string }
		}
	}
}

func (a *api) update(input ...map[string]any) (c conditionalAnswer) {
	a.Helper()
	raw := a.do(
		`mutation ($input: [ProductUpdateInput!]!) { updateProducts(input: $input) { products { title updatedAt } } }`,
		map[string]any{"input": input},
	)
	if err := json.Unmarshal(raw, &c); err != nil {
		a.Fatalf("%v: %s", err, raw)
	}
	return c
}

// TestUpdateUnderCondition updates a record by the time that each answer shows, and is told the current one when it is
// another.
func TestUpdateUnderCondition(t *testing.T) {
	t.Parallel()
	a := newAPI(t, newDemoDB(t), graph.Config{})
	var read struct{ Product struct{ UpdatedAt string } }
	a.ask(&read, `{ product(id: "prod_demo_shirt") { updatedAt } }`, nil)
	first, last := read.Product.UpdatedAt, read.Product.UpdatedAt
	for n := range 5 { // a value that was read matches itself, however many digits it has
		c := a.update(map[string]any{"id": "prod_demo_shirt", "title": fmt.Sprint("Shirt ", n), "ifUpdatedAt": last})
		if len(c.Errors) > 0 {
			t.Fatalf("update %d under %s: %+v", n, last, c.Errors)
		}
		last = c.Data.UpdateProducts.Products[0].UpdatedAt
	}
	before := contents(t, a.db)
	a.db.ResetStatements()
	c := a.update(
		map[string]any{"id": "prod_demo_hat", "title": "x"},
		map[string]any{"id": "prod_demo_shirt", "title": "x", "ifUpdatedAt": first},
	)
	if len(c.Errors) != 1 {
		t.Fatalf("an old time was taken: %+v", c)
	}
	e := c.Errors[0]
	want := fmt.Sprintf("Product %q was changed meanwhile: its updatedAt is %s, not %s", "prod_demo_shirt", last, first)
	if e.Message != want || e.Extensions.Code != "CONFLICT" || e.Extensions.Index == nil || *e.Extensions.Index != 1 ||
		e.Extensions.ID != "prod_demo_shirt" || e.Extensions.Current.UpdatedAt != last {
		t.Errorf("got %+v, want %s", e, want)
	}
	if contents(t, a.db) != before {
		t.Error("something was written")
	}
	if c := a.update(map[string]any{
		"id": "prod_demo_shirt", "title": "y", "ifUpdatedAt": e.Extensions.Current.UpdatedAt,
	}); len(c.Errors) > 0 {
		t.Errorf("the current time is not taken: %+v", c.Errors)
	}
}

// TestConditionInDocument has a field of a document depend on what an earlier one has changed, and another on what it has
// left alone.
func TestConditionInDocument(t *testing.T) {
	t.Parallel()
	a := newAPI(t, newDemoDB(t), graph.Config{})
	var read struct{ Product struct{ UpdatedAt string } }
	a.ask(&read, `{ product(id: "prod_demo_shirt") { updatedAt } }`, nil)
	before := contents(t, a.db)
	for mutation, want := range map[string]string{
		`a: updateProducts(input: [{ id: "prod_demo_shirt", title: "A" }]) { products { id } }
		 b: updateProducts(input: [{ id: "prod_demo_shirt", title: "B", ifUpdatedAt: $at }]) { products { id } }`: `"path":["b"]`,
		`a: updateProducts(input: [{ id: "prod_demo_shirt", title: "A", ifUpdatedAt: "2001-01-01T00:00:00Z" }]) { products { id } }
		 b: updateProducts(input: [{ id: "prod_demo_shirt", title: "B", ifUpdatedAt: $at }]) { products { id } }`: `"path":["a"]`,
	} {
		got := string(a.do("mutation ($at: DateTime) { "+mutation+" }", map[string]any{"at": read.Product.UpdatedAt}))
		if !strings.Contains(got, `"CONFLICT"`) || !strings.Contains(got, want) ||
			!strings.HasSuffix(got, `"data":null}`) {
			t.Errorf("got %s, want a conflict at %s", got, want)
		}
		if contents(t, a.db) != before {
			t.Error("something was written")
		}
	}
	a.ask(nil, `mutation ($at: DateTime) {
		a: updateProducts(input: [{ id: "prod_demo_hat", title: "A" }]) { products { id } }
		b: updateProducts(input: [{ id: "prod_demo_shirt", title: "B", ifUpdatedAt: $at }]) { products { id } } }`,
		map[string]any{"at": read.Product.UpdatedAt})
}

// TestConditionCostsNoRoundTrip compares an update with one under a condition.
func TestConditionCostsNoRoundTrip(t *testing.T) {
	t.Parallel()
	a, trips := newCountedAPI(t)
	cost := func(product string, under bool) int64 {
		input := map[string]any{"id": product, "title": "warm", "ifUpdatedAt": nil}
		for _, title := range []string{"warm", "cold"} {
			var read struct{ Product struct{ UpdatedAt string } }
			a.ask(&read, `query ($id: ID!) { product(id: $id) { updatedAt } }`, map[string]any{"id": product})
			if input["title"] = title; under {
				input["ifUpdatedAt"] = read.Product.UpdatedAt
			}
			trips.n.Store(0)
			if c := a.update(input); len(c.Errors) > 0 {
				t.Fatalf("%+v", c.Errors)
			}
		}
		return trips.n.Load()
	}
	plain, under := cost("prod_demo_shirt", false), cost("prod_demo_hat", true)
	if plain != under || plain == 0 {
		t.Errorf("%d round trips under a condition, %d without", under, plain)
	}
}

// TestConcurrentConditions has clients change a record by what they have read: each change is made on the state that its
// client saw, and none is lost.
func TestConcurrentConditions(t *testing.T) {
	t.Parallel()
	const clients, changes = 6, 15
	a := newAPI(t, newDemoDB(t), graph.Config{})
	a.update(map[string]any{"id": "prod_demo_shirt", "title": "0"})
	var refused atomic.Int64
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for range changes {
				for done := false; !done; {
					var read struct {
						Product struct{ Title, UpdatedAt string }
					}
					a.ask(&read, `{ product(id: "prod_demo_shirt") { title updatedAt } }`, nil)
					c := a.update(map[string]any{
						"id":          "prod_demo_shirt",
						"title":       read.Product.Title + "+",
						"ifUpdatedAt": read.Product.UpdatedAt,
					})
					switch {
					case len(c.Errors) == 0:
						done = true
					case c.Errors[0].Extensions.Code == "CONFLICT":
						refused.Add(1)
					default:
						t.Errorf("%+v", c.Errors)
						return
					}
				}
			}
		})
	}
	all.Wait()
	var read struct{ Product struct{ Title string } }
	a.ask(&read, `{ product(id: "prod_demo_shirt") { title } }`, nil)
	if got := strings.Count(read.Product.Title, "+"); got != clients*changes {
		t.Errorf("%d changes are there, %d were made", got, clients*changes)
	}
	t.Logf("%d refused", refused.Load())
}

// TestConditionWaitsForTheLock updates a record that another transaction is changing: what counts is what that leaves.
func TestConditionWaitsForTheLock(t *testing.T) {
	t.Parallel()
	a := newAPI(t, newDemoDB(t), graph.Config{})
	var read struct{ Product struct{ UpdatedAt string } }
	a.ask(&read, `{ product(id: "prod_demo_shirt") { updatedAt } }`, nil)
	tx, err := a.db.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(t.Context()) //nolint:errcheck // it was committed
	if _, err := tx.Exec(
		t.Context(),
		`UPDATE product SET updated_at = now() WHERE id = 'prod_demo_shirt'`,
	); err != nil {
		t.Fatal(err)
	}
	answered := make(chan conditionalAnswer, 1)
	go func() {
		answered <- a.update(map[string]any{"id": "prod_demo_shirt", "title": "x", "ifUpdatedAt": read.Product.UpdatedAt})
	}()
	for waits := false; !waits; time.Sleep(time.Millisecond) {
		select {
		case c := <-answered:
			t.Fatalf("answered before the other transaction ended: %+v", c)
		default:
		}
		if err := a.db.Pool.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock')`).Scan(&waits); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c := <-answered; len(c.Errors) != 1 || c.Errors[0].Extensions.Code != "CONFLICT" {
		t.Errorf("got %+v, want a conflict", c)
	}
}
