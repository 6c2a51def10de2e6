package graph_test

import (
	"testing"

	"github.com/linkgraph/linkgraph/graph"
)

// BenchmarkStorefront asks for pages of a shop in a large store, with a key that sells nearly everything.
func BenchmarkStorefront(b *testing.B) {
	pool := bigDB(b)
	for _, c := range []struct{ name, query string }{
		{"page", `{ products(first: 20) { nodes { title variants { nodes { title priceSet { prices { nodes { amount currencyCode } } } } } } } }`},
		{"choices", `{ products(first: 20) { nodes { title options { nodes { title values { nodes { value } } } } variants { nodes { options { nodes { value } } } } } } }`},
		{"categories", `{ products(first: 20) { nodes { title categories { nodes { name } } images { nodes { url } } } } }`},
		{"product", `{ product(id: "p777") { title variants { nodes { title options { nodes { value } } priceSet { prices { nodes { amount priceList { type } } } } } } } }`},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := &shop{api: newAPI(b, pool, graph.Config{})}
			s.as("k0", graph.HTTPStorefront{})
			for b.Loop() {
				s.ask(nil, c.query, nil)
			}
		})
	}
}
