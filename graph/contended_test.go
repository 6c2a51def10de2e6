package graph_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/linkgraph/linkgraph/graph"
)

// TestContendedRecords has clients write the same records in opposite orders: what they are answered is what became
// of the records, and never that something went wrong inside.
func TestContendedRecords(t *testing.T) {
	t.Parallel()
	a := newAPI(t, newDemoDB(t), graph.Config{})
	created := a.do(`mutation { createProducts(input: [{title: "One"}, {title: "Two"}]) { products { id } } }`, nil)
	var made struct {
		Data struct {
			CreateProducts struct{ Products []struct{ ID string } }
		}
	}
	if err := json.Unmarshal(created, &made); err != nil || len(made.Data.CreateProducts.Products) != 2 {
		t.Fatalf("%s: %v", created, err)
	}
	products := []string{made.Data.CreateProducts.Products[0].ID, made.Data.CreateProducts.Products[1].ID}
	variants := []string{"variant_x1", "variant_x2", "variant_x3", "variant_x4"}
	var input []any
	for i, id := range variants {
		input = append(input, map[string]any{"id": id, "title": id, "productId": products[i%2]})
	}
	if answer := a.do(
		`mutation ($input: [ProductVariantCreateInput!]!) { createProductVariants(input: $input) { productVariants { id } } }`,
		map[string]any{"input": input},
	); strings.Contains(
		string(answer),
		"errors",
	) {
		t.Fatalf("%s", answer)
	}
	ask := func(query string, variables map[string]any) {
		answer := string(a.do(query, variables))
		if strings.Contains(answer, "INTERNAL") || strings.Contains(answer, "UNAVAILABLE") {
			t.Errorf("%s: %s", query, answer)
		}
	}
	updates := func(order []string) map[string]any {
		var input []any
		for _, id := range order {
			input = append(input, map[string]any{"id": id, "title": "again", "productId": products[len(order[0])%2]})
		}
		return map[string]any{"input": input}
	}
	backwards := slices.Clone(variants)
	slices.Reverse(backwards)
	handles := func(n int, order ...string) map[string]any {
		var input []any
		for _, h := range order {
			input = append(input, map[string]any{"title": h, "handle": fmt.Sprintf("%s-%d", h, n)})
		}
		return map[string]any{"input": input}
	}
	var clients sync.WaitGroup
	for _, client := range []func(n int){
		func(int) {
			ask(`mutation ($input: [ProductVariantUpdateInput!]!) { updateProductVariants(input: $input) { productVariants { id } } }`, updates(variants))
		},
		func(int) {
			ask(`mutation ($input: [ProductVariantUpdateInput!]!) { updateProductVariants(input: $input) { productVariants { id } } }`, updates(backwards))
		},
		func(int) {
			ask(`mutation ($ids: [ID!]!) { deleteProducts(ids: $ids) { deletionId } }`, map[string]any{"ids": products})
			ask(`mutation ($ids: [ID!]!) { restoreProducts(ids: $ids) { deletionId } }`, map[string]any{"ids": products})
		},
		func(n int) {
			ask(`mutation ($input: [ProductCreateInput!]!) { createProducts(input: $input) { products { id } } }`, handles(n, "a", "b", "c"))
		},
		func(n int) {
			ask(`mutation ($input: [ProductCreateInput!]!) { createProducts(input: $input) { products { id } } }`, handles(n, "c", "b", "a"))
		},
	} {
		clients.Go(func() {
			for n := range 30 {
				client(n)
			}
		})
	}
	clients.Wait()
}
