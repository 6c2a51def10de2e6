package rows

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/internal/pgtest"
)

func joined(parts []string) string { return strings.Join(parts, ":") }

// read runs a statement and reads its rows into a set of lists.
func read(t *testing.T, db *pgtest.DB, s *Set, shape *Shape, index map[string]int, sql string, args ...any) error {
	t.Helper()
	src, err := db.Pool.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if err := s.Read(src, shape, index); err != nil {
		return err
	}
	return src.Err()
}

// cells are all cells of a set, row by row.
func cells(s *Set) (all [][]string) {
	for row := range s.Len() {
		var line []string
		for i := range s.width {
			text, ok := s.Cell(row, i)
			if !ok {
				text = "NULL"
			}
			line = append(line, text)
		}
		all = append(all, line)
	}
	return all
}

// TestReadGivesOneTextWhateverTheFormat: the cells are the same for binary and text formats, for types with a decoder and for those that
// pgx converts.
func TestReadGivesOneTextWhateverTheFormat(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	one := func(kinds ...Kind) (all []Column) {
		for _, k := range kinds {
			all = append(all, Column{Name: "c", Kind: k, Fields: 1})
		}
		return all
	}
	shape := &Shape{
		Columns: append(
			one(
				Text,
				Text,
				Text,
				Integer,
				Integer,
				Integer,
				Integer,
				Float,
				Float,
				Boolean,
				Time,
				Time,
				Time,
				JSON,
				JSON,
			),
			Column{Name: "key", Kind: Key, Fields: 2},
			Column{Name: "none", Kind: Key, Fields: 2},
		),
		Joined: one(Text), SortKeys: 2, Limit: 1, JoinKey: joined,
	}
	const sql = `SELECT 'ä'::text, 'n'::name, '1.50'::numeric::text, 1::smallint, -2::integer, 3::bigint, 4::numeric, '1.1'::real::text,
		'1e300'::float8, true, '2026-01-02T03:04:05.5+01'::timestamptz, 'infinity'::timestamptz, '2026-01-02T03:04:05'::timestamp,
		'{"a": 1}'::jsonb::text, '[1]'::json, 'a'::text, 'b'::text, 'a'::text, NULL::text, 's'::text, NULL::text, 'j'::text`
	want := [][]string{
		{
			"ä",
			"n",
			"1.50",
			"1",
			"-2",
			"3",
			"4",
			"1.1",
			"1e+300",
			"true",
			"2026-01-02T02:04:05.5Z",
			"0001-01-01T00:00:00Z",
			"2026-01-02T03:04:05Z",
			`{"a": 1}`,
			"[1]",
			"a:b",
			"NULL",
			"j",
			"s",
			"NULL",
		},
	}
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeCacheStatement, pgx.QueryExecModeSimpleProtocol} {
		s := (&Pool{}).NewSet(nil)
		s.Ranges = make([]Range, 1)
		if err := read(t, db, s, shape, nil, sql, mode); err != nil {
			t.Fatalf("%s: %v", mode, err)
		}
		if diff := cmp.Diff(want, cells(s)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", mode, diff)
		}
		if s.sortKeys != 18 {
			t.Errorf("%s: the sort keys begin at %d", mode, s.sortKeys)
		}
	}
}

// TestReadFindsTheListOfARow for each way in which a row says where it belongs.
func TestReadFindsTheListOfARow(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	text := Column{Name: "id", Kind: Text, Fields: 1}
	index := map[string]int{"a": 0, "b": 1, "a:1": 0, "b:2": 1}
	for name, c := range map[string]struct {
		shape Shape
		index map[string]int
		sql   string
		want  [][]string // the records of the lists
		more  []bool
	}{
		"number": {
			Shape{Lead: 1, Numbered: true, Columns: []Column{text}, Limit: 2},
			nil,
			`SELECT * FROM (VALUES (1::bigint, 'x'), (2, 'y'), (1, 'z'), (1, 'one more')) AS v`,
			[][]string{{"x", "z"}, {"y"}},
			[]bool{true, false},
		},
		"key": {
			Shape{Lead: 1, Columns: []Column{text}},
			index,
			`SELECT * FROM (VALUES ('b', 'x'), ('unknown', 'y'), ('a', 'z')) AS v`,
			[][]string{{"z"}, {"x"}},
			[]bool{false, false},
		},
		"composite key": {
			Shape{Lead: 2, Columns: []Column{text}, JoinKey: joined},
			index,
			`SELECT * FROM (VALUES ('b', '2', 'x'), ('b', '1', 'y'), ('a', '1', 'z')) AS v`,
			[][]string{{"z"}, {"x"}},
			[]bool{false, false},
		},
		"own key": {
			Shape{Columns: []Column{text, text}, Primary: 1},
			index,
			`SELECT * FROM (VALUES ('x', 'b'), ('y', 'unknown'), ('z', 'a')) AS v`,
			[][]string{{"z"}, {"x"}},
			[]bool{false, false},
		},
		"one list": {
			Shape{Columns: []Column{text}, Limit: 2},
			nil,
			`SELECT * FROM (VALUES ('x'), ('y'), ('z')) AS v`,
			[][]string{{"x", "y"}, nil},
			[]bool{true, false},
		},
	} {
		s := (&Pool{}).NewSet(nil)
		s.Ranges = make([]Range, 2)
		if err := read(t, db, s, &c.shape, c.index, c.sql); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i := range s.Ranges {
			var got []string
			for entry := range s.Ranges[i].Len {
				v, _ := s.Cell(s.Row(&s.Ranges[i], entry, false), 0)
				got = append(got, v)
			}
			if diff := cmp.Diff(c.want[i], got); diff != "" || s.Ranges[i].More != c.more[i] {
				t.Errorf("%s, list %d: more %t (-want +got):\n%s", name, i, s.Ranges[i].More, diff)
			}
		}
	}
}

func TestReadRefusesRowsAboveTheQuotaAndRowsThatLackColumns(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	shape := &Shape{Columns: []Column{{Name: "id", Kind: Text, Fields: 1}}, Limit: 100}
	quota := NewQuota(100)
	var pool Pool
	for _, c := range []struct{ bytes, limit int }{{50, 0}, {60, 100}} { // together they are above it
		s := pool.NewSet(quota)
		s.Ranges = make([]Range, 1)
		err := read(t, db, s, shape, nil, `SELECT repeat('x', $1)`, c.bytes)
		full, ok := errors.AsType[*QuotaError](err)
		if ok != (c.limit > 0) || ok && full.Limit != c.limit || !ok && err != nil {
			t.Errorf("%d bytes: %v", c.bytes, err)
		}
	}
	s := pool.NewSet(nil)
	s.Ranges = make([]Range, 1)
	shape.SortKeys = 1
	if err := read(t, db, s, shape, nil, `SELECT 'x'::text`); !errors.Is(err, errFewFields) {
		t.Errorf("a column is missing: %v", err)
	}
	if err := db.Pool.QueryRow(t.Context(), `SELECT 1`).Scan(new(int)); err != nil {
		t.Errorf("the connection is not free: %v", err)
	}
}

func TestReadCounts(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for name, c := range map[string]struct {
		shape Shape
		sql   string
		want  []int
	}{
		"of one list":    {Shape{}, `SELECT count(*) FROM generate_series(1, 300)`, []int{300, 0}},
		"by a key":       {Shape{Lead: 1}, `SELECT * FROM (VALUES ('b', 2::bigint), ('c', 5)) AS v`, []int{0, 2}},
		"by several":     {Shape{Lead: 2, JoinKey: joined}, `SELECT 'a', 'x', 7::bigint`, []int{7, 0}},
		"of no list yet": {Shape{Lead: 1}, `SELECT 'a', 0::bigint WHERE false`, []int{0, 0}},
	} {
		s := Set{Ranges: make([]Range, 2)}
		src, err := db.Pool.Query(t.Context(), c.sql)
		if err != nil {
			t.Fatal(err)
		}
		s.ReadCounts(src, &c.shape, map[string]int{"a:x": 0, "b": 1})
		if err := src.Err(); err != nil {
			t.Fatal(err)
		}
		if got := []int{s.Ranges[0].Total, s.Ranges[1].Total}; !cmp.Equal(c.want, got) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
