package rowkey_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// TestEquals checks which side of a comparison is cast: never the columns whose index is to be used.
func TestEquals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		near, known rowkey.Ref
		want        string
	}{
		{rowkey.Ref{{"a.x", "text"}}, rowkey.Ref{{"b.y", "text"}}, "a.x = b.y"},
		{rowkey.Ref{{"a.x", "text"}}, rowkey.Ref{{"b.y", "varchar(255)"}}, "a.x = b.y"},
		{rowkey.Ref{{"a.x", "varchar"}}, rowkey.Ref{{"b.y", "text"}}, "a.x = b.y"},
		{rowkey.Ref{{"a.x", "integer"}}, rowkey.Ref{{"b.y", "integer"}}, "a.x = b.y"},
		{rowkey.Ref{{"a.x", "integer"}}, rowkey.Ref{{"b.y", "text"}}, "a.x = b.y::integer"},
		{rowkey.Ref{{"a.x", "text"}}, rowkey.Ref{{"b.y", "uuid"}}, "a.x = b.y::text"},
		{
			rowkey.Ref{{"a.x", "text"}, {"a.n", "integer"}},
			rowkey.Ref{{"b.x", "text"}, {"b.n", "text"}},
			"a.x = b.x AND a.n = b.n::integer",
		},
	} {
		if got := c.near.Equals(c.known); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

// TestArrays checks from which number on the planner sees how many keys there are.
func TestArrays(t *testing.T) {
	t.Parallel()
	k := rowkey.Columns{
		{Name: "aisle", Type: "varchar"},
		{Name: "no", Type: "integer"},
		{Name: "held", Type: "uuid", Text: true},
	}
	for n, want := range map[int]string{
		0:               "(SELECT $3::text[]), (SELECT $4::text[]::integer[]), (SELECT $5::text[])",
		rowkey.Many - 1: "(SELECT $3::text[]), (SELECT $4::text[]::integer[]), (SELECT $5::text[])",
		rowkey.Many:     "$3::text[], $4::text[]::integer[], $5::text[]",
	} {
		if got := k.Arrays(3, n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}

// parts are values that must not be confused with each other, however they are joined.
func parts(sqlType string) []string {
	switch {
	case rowkey.IsText(sqlType):
		return []string{"", "a", ":", "%", "%3A", "%25", "a:b", "Ä", "a%3"}
	case sqlType == "uuid":
		return []string{"9f3c1c2e-6a1b-4f5d-8e7a-0b1c2d3e4f50", "123e4567-e89b-12d3-a456-426614174000"}
	}
	return []string{"-7", "0", "10", "9"}
}

// TestStatements sends keys of every shape to Postgres, as a list and one by one, and reads them back.
func TestStatements(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).Pool
	types := rowkey.Types()
	for i := range types {
		for width := 1; width <= 3; width++ {
			for _, asText := range []bool{false, true} {
				k := make(rowkey.Columns, width)
				for j := range k {
					k[j] = rowkey.Column{
						Name: fmt.Sprintf(`Odd "%d"`, j),
						Type: types[(i+j)%len(types)],
						Text: asText && j == 0,
					}
				}
				checkStatements(t, db, k)
			}
		}
	}
}

func checkStatements(t *testing.T, db *pgxpool.Pool, k rowkey.Columns) {
	t.Helper()
	keys := []string{}
	for i := range 9 {
		values := make([]string, len(k))
		for j, c := range k {
			values[j] = parts(c.Type)[(i+j)%len(parts(c.Type))]
		}
		if key := k.Join(values); !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	given := "(SELECT * FROM unnest(" + k.Arrays(1, 0) + ") AS p(" + k.Named("", "l").List() + "))"
	t1 := given + " AS t(" + k.On("").List() + ")"
	args := rowkey.Args(keys, len(k))
	read := func(sql string, args ...any) []string {
		t.Helper()
		rows, err := db.Query(t.Context(), sql, args...)
		if err != nil {
			t.Fatalf("%v: %v\n%s", k, err, sql)
		}
		got, err := k.Collect(rows)
		if err != nil {
			t.Fatalf("%v: %v\n%s", k, err, sql)
		}
		slices.Sort(got)
		return got
	}
	slices.Sort(keys)
	r := k.On("t")
	for _, c := range []struct{ name, sql string }{
		{"texts", "SELECT " + r.Texts() + " FROM " + t1},
		{"typed texts", "SELECT " + r.TypedTexts() + " FROM " + t1},
		{"among", "SELECT " + r.Texts() + " FROM " + t1 + " WHERE " + r.Among(r.Arrays(1, rowkey.Many))},
		{"among few", "SELECT " + r.Texts() + " FROM " + t1 + " WHERE " + r.Among(r.Arrays(1, 0))},
		{"among rows", "SELECT " + r.Texts() + " FROM " + t1 + " WHERE " + r.AmongRows(r.Arrays(1, rowkey.Many))},
		{"equals", "SELECT " + r.Texts() + " FROM " + t1 + ", " + given + " AS p WHERE " + r.Equals(k.Named("p", "l"))},
		{"not null, ordered", "SELECT " + r.Texts() + " FROM " + t1 + " WHERE " + r.NotNull() + " ORDER BY " + r.Order()},
	} {
		if diff := cmp.Diff(keys, read(c.sql, args...)); diff != "" {
			t.Errorf("%s of %v (-want +got):\n%s\n%s", c.name, k, diff, c.sql)
		}
	}
	var joined []string
	sql := "SELECT array_agg(" + k.KeyOf("t") + ") FROM " + t1
	if err := db.QueryRow(t.Context(), sql, args...).Scan(&joined); err != nil {
		t.Fatalf("%v: %v\n%s", k, err, sql)
	}
	slices.Sort(joined)
	if diff := cmp.Diff(keys, joined); diff != "" {
		t.Errorf("keys of %v (-want +got):\n%s", k, diff)
	}
	for _, key := range keys {
		one := slices.Clone(args)
		for _, part := range rowkey.Split(key, len(k)) {
			one = append(one, part)
		}
		sql := "SELECT " + r.Texts() + " FROM " + t1 + " WHERE " + r.Equals(r.Params(1+len(k)))
		if got := read(sql, one...); !slices.Equal(got, []string{key}) {
			t.Errorf("%v: %q finds %q", k, key, got)
		}
		if !k.Fits(key) {
			t.Errorf("%v: %q does not fit", k, key)
		}
	}
}

func TestArgsOfNoKeysAreEmptyArrays(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 2; n++ {
		for _, arg := range rowkey.Args(nil, n) {
			if texts, ok := arg.([]string); !ok || texts == nil || len(texts) != 0 {
				t.Errorf("%d columns: got %#v, which Postgres would take for NULL", n, arg)
			}
		}
	}
}

// TestFits tells a key that was stored from one of another time, when the table had other key columns.
func TestFits(t *testing.T) {
	t.Parallel()
	k := rowkey.Columns{{Name: "aisle", Type: "text"}, {Name: "no", Type: "smallint"}}
	for key, want := range map[string]bool{
		"A:1": true, "%3A:1": true, "A": false, "A:1:2": false, "A:x": false, "A:40000": false, ":1": true,
	} {
		if got := k.Fits(key); got != want {
			t.Errorf("%s %q: got %v", k.Form(), key, got)
		}
	}
	if got := k.Join([]string{"A:1"}); strings.Contains(got, ":") {
		t.Errorf("one part of two is joined to %q, which passes for a whole key", got)
	}
}
