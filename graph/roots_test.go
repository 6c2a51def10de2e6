package graph_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/graph/internal/exec"
)

// TestRootsTogether asks for several lists that share a fragment, and for each of them alone: what is read for all of
// them in one statement is shown where it belongs.
func TestRootsTogether(t *testing.T) {
	t.Parallel()
	w := newWorldIn(t, newDemoDB(t), 77)
	roughen(t, w.api)
	d := &documents{
		random:  rand.New(rand.NewPCG(77, 5)),
		schema:  exec.NewExecutableSchema(exec.Config{}).Schema(),
		cursors: map[string][]string{},
	}
	d.know(w.api)
	lists := map[string]string{
		"products":             "Product",
		"productVariants":      "ProductVariant",
		"priceSets":            "PriceSet",
		"salesChannels":        "SalesChannel",
		"inventoryItems":       "InventoryItem",
		"orders":               "Order",
		"productSalesChannels": "ProductSalesChannel",
	}
	names := []string{
		"products",
		"productVariants",
		"priceSets",
		"salesChannels",
		"inventoryItems",
		"orders",
		"productSalesChannels",
	}
	shown := 0
	for range 150 {
		d.fragments, d.variables, d.names = nil, nil, 0
		list := names[d.random.IntN(len(names))]
		set := d.set(d.schema.Types[lists[list]], scope{}, 1, 2+d.random.IntN(3))
		d.fragments = append(d.fragments, " fragment Shared on "+lists[list]+" "+set)
		document := func(alone int) document {
			var roots []string
			for i := range 3 {
				skip := ""
				if alone >= 0 && i != alone {
					skip = " @skip(if: true)"
				}
				size := []string{"first: 3", "last: 2", "first: 5, orderBy: [{ id: DESC }]"}[i]
				roots = append(roots, fmt.Sprintf("r%d: %s(%s)%s { nodes { ...Shared } }", i, list, size, skip))
			}
			return d.finish("query", "{ "+strings.Join(roots, " ")+" }")
		}
		whole := w.roots(t, document(-1))
		for i := range 3 {
			alone := w.roots(t, document(i))
			name := fmt.Sprint("r", i)
			if whole == nil || alone == nil {
				continue // refused: there is nothing to compare
			}
			shown++
			if !reflect.DeepEqual(whole[name], alone[name]) {
				t.Fatalf("%s\n%s together: %v\nalone: %v", document(-1).text, name, whole[name], alone[name])
			}
		}
	}
	if shown < 200 {
		t.Errorf("%d lists were compared: too few", shown)
	}
}

// roots returns the data of an answer by root field, or nil.
func (w *world) roots(t *testing.T, doc document) map[string]any {
	t.Helper()
	var answer struct{ Data map[string]any }
	if err := json.Unmarshal(w.do(doc.text, doc.variables[0]), &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Data
}

// TestLoadersLeaveNothing counts goroutines. It is not parallel: others have theirs.
func TestLoadersLeaveNothing(t *testing.T) {
	a := newAPI(t, newDemoDB(t), graph.Config{})
	query := `{ products { nodes { variants { nodes { inventoryItems { nodes { levels { nodes { id } } } } } } salesChannels { nodes { stockLocations { nodes { name } } } } } } }`
	a.ask(nil, query, nil)
	before := runtime.NumGoroutine()
	for range 50 {
		a.ask(nil, query, nil)
	}
	// A timer of the loader's would hold one for 16 ms.
	deadline := time.Now().Add(10 * time.Millisecond)
	for runtime.NumGoroutine() > before+2 && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	if now := runtime.NumGoroutine(); now > before+10 {
		t.Errorf("%d goroutines after 50 requests, %d before", now, before)
	}
}
