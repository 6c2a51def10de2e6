package recordstore

import (
	"testing"

	"github.com/linkgraph/linkgraph/internal/recordstore/rows"
)

// TestStatementIsNotCachedIfTheOrderDependsOnTheViewer: cursors of two viewers are then not good for each other.
func TestStatementIsNotCachedIfTheOrderDependsOnTheViewer(t *testing.T) {
	t.Parallel()
	shape := func(signature string) *rowShape {
		return &rowShape{Shape: rows.Shape{SortKeys: 1, Signature: signature}}
	}
	written := 0
	write := func(depends bool) func(c *Catalog, keys []string) (queries, error) {
		return func(c *Catalog, keys []string) (queries, error) {
			written++
			signature := "same"
			if depends {
				signature = c.viewer
			}
			return queries{
				rows: &query{sql: "SELECT", args: []any{keys, c.viewer, 21}, rows: shape(signature), limit: 2},
			}, nil
		}
	}
	catalog := &Catalog{viewer: "me"}
	for _, c := range []struct {
		depends bool
		want    int // how often the statement is written for three requests
	}{{false, 2}, {true, 6}} {
		var s StatementCache
		written = 0
		for range 3 {
			got, err := s.queries(catalog, 1, []string{"k1", "k2"}, &Page{Limit: 5}, write(c.depends))
			if err != nil {
				t.Fatal(err)
			}
			keys, _ := got.rows.args[0].([]string)
			if got.rows.args[1] != "me" || len(keys) != 2 || got.rows.rows.Signature == viewerPlaceholder {
				t.Errorf("%+v", got.rows)
			}
			if !c.depends && (got.rows.args[2] != 6 && written > 2 || got.rows.rows.Signature != "same") {
				t.Errorf("%+v", got.rows)
			}
		}
		if written != c.want {
			t.Errorf("depends on the viewer: %t; written %d times, want %d", c.depends, written, c.want)
		}
	}
}
