package graph_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// sqlLog keeps the SQL of what is read.
type sqlLog struct {
	recordstore.DB
	sql []string
}

func (s *sqlLog) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	s.sql = append(s.sql, sql)
	return s.DB.Query(ctx, sql, args...)
}

// TestManyRelations crosses more relations in one filter than Postgres can plan as joins: it takes minutes for twenty
// with the scopes of storefronts, and nothing stops it while it plans. The rest is looked up, and finds the same.
func TestManyRelations(t *testing.T) {
	t.Parallel()
	db := newDemoDB(t)
	seen := &sqlLog{DB: db.Pool}
	g, err := graph.New(seen, graph.Config{})
	if err != nil {
		t.Fatal(err)
	}
	a := &api{TB: t, db: db, graph: g, handler: g.Handler(), log: &bytes.Buffer{}}
	list := func(filter string) []string {
		t.Helper()
		var data struct {
			Products struct{ Nodes []struct{ ID string } }
		}
		a.ask(&data, `{ products(orderBy: [{ id: ASC }], filter: `+filter+`) { nodes { id } } }`, nil)
		var ids []string
		for _, n := range data.Products.Nodes {
			ids = append(ids, n.ID)
		}
		return ids
	}
	for _, condition := range []string{
		`{ variants: { some: { title: { eq: "M" } } } }`,
		`{ variants: { none: { title: { eq: "M" } } } }`,
		`{ variants: { every: { title: { gt: "A" } } } }`,
		`{ variants: { some: { priceSet: { isNull: true } } } }`,
		`{ variants: { none: { priceSet: { prices: { some: { currencyCode: { eq: "eur" } } } } } } }`,
		`{ not: { salesChannels: { some: { name: { eq: "Web shop" } } } } }`,
		`{ collection: { isNull: true } }`,
		`{ or: [{ type: { value: { eq: "Shirt" } } }, { variants: { some: { sku: { like: "SHIRT%" } } } }] }`,
	} {
		want := list(condition)
		seen.sql = nil
		for _, word := range []string{"and", "or"} {
			many := fmt.Sprintf(`{ %s: [%s] }`, word, strings.Repeat(condition+" ", 30))
			if got := list(many); !slices.Equal(got, want) {
				t.Errorf("%s, thirty times with %s: %v, want %v", condition, word, got, want)
			}
		}
		for _, sql := range seen.sql {
			if n := pulledUp(sql); n > 10 {
				t.Errorf("%s: Postgres plans %d relations as one", condition, n)
			}
		}
	}
}

// pulledUp is how many relations Postgres may make joins of, in the part of a statement that has most: those that
// EXISTS asks for, outside of what is looked up by a subselect of its own.
func pulledUp(sql string) int {
	most := 0
	parts := []int{0}     // of each subselect that is open
	opens := []bool{true} // by parenthesis: it opens a part
	for i := range len(sql) {
		switch sql[i] {
		case '(':
			part := strings.HasPrefix(sql[i:], "(SELECT TRUE")
			if part {
				parts = append(parts, 0)
			}
			if strings.HasSuffix(sql[:i], "EXISTS ") {
				parts[len(parts)-1]++
				most = max(most, parts[len(parts)-1])
			}
			opens = append(opens, part)
		case ')':
			if opens[len(opens)-1] {
				parts = parts[:len(parts)-1]
			}
			opens = opens[:len(opens)-1]
		}
	}
	return most
}
