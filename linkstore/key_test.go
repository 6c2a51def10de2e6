package linkstore_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/linkgraph/linkgraph/linkstore"
	"github.com/linkgraph/linkgraph/linkstore/linktest"
)

// keyed returns a model with this key.
func keyed(t testing.TB, key ...linkstore.KeyColumn) *linkstore.Model {
	t.Helper()
	catalog, err := linkstore.NewCatalog(
		[]linkstore.Model{{Module: "stock", Name: "Bin", Table: "bin", Key: "bin_id", PrimaryKey: key}},
		nil,
	)
	if err != nil {
		t.Fatal(err)
	}
	return catalog.Models()[0]
}

func TestKeysAreSplitAndJoined(t *testing.T) {
	t.Parallel()
	column := func(typ string) linkstore.KeyColumn { return linkstore.KeyColumn{Name: "c_" + typ, Type: typ} }
	text, integer, uuid := column("text"), column("integer"), column("uuid")
	const id = "123e4567-e89b-12d3-a456-426614174000"
	for _, c := range []struct {
		key   []linkstore.KeyColumn
		id    string
		parts []string // nil if the id is refused
		fault string
	}{
		{nil, "a:b%", []string{"a:b%"}, ""},
		{nil, "", nil, "bin_id: an id must not be empty"},
		{[]linkstore.KeyColumn{column("varchar")}, "007", []string{"007"}, ""},
		{[]linkstore.KeyColumn{integer}, "-007", []string{"-7"}, ""},
		{[]linkstore.KeyColumn{integer}, "-0", []string{"0"}, ""},
		{[]linkstore.KeyColumn{integer}, "seven", nil, "bin_id: must be a whole number of 32 bits, as 42 is"},
		{[]linkstore.KeyColumn{column("smallint")}, "32768", nil, "whole number of 16 bits"},
		{[]linkstore.KeyColumn{column("bigint")}, "9223372036854775807", []string{"9223372036854775807"}, ""},
		{[]linkstore.KeyColumn{column("bigint")}, "9223372036854775808", nil, "whole number of 64 bits"},
		{[]linkstore.KeyColumn{uuid}, strings.ToUpper(id), []string{id}, ""},
		{[]linkstore.KeyColumn{uuid}, strings.ReplaceAll(id, "-", ""), []string{id}, ""},
		{[]linkstore.KeyColumn{uuid}, strings.Replace(id, "-", "", 1), nil, "bin_id: must be a uuid, as 123e"},
		{[]linkstore.KeyColumn{text, integer}, "A:1", []string{"A", "1"}, ""},
		{[]linkstore.KeyColumn{text, integer}, ":1", []string{"", "1"}, ""},
		{[]linkstore.KeyColumn{text, integer}, "%3a%3A%2525:01", []string{"::%25", "1"}, ""},
		{[]linkstore.KeyColumn{text, integer}, "A", nil, "bin_id: must have 2 parts, in the form c_text:c_integer"},
		{[]linkstore.KeyColumn{text, integer}, "A:B:1", nil, "bin_id: must have 2 parts, in the form c_text:c_integer"},
		{[]linkstore.KeyColumn{text, integer}, "A%2:1", nil, "% is written %25 and : is written %3A"},
		{[]linkstore.KeyColumn{text, integer}, "A:", nil, "bin_id: c_integer must be a whole number of 32 bits, as 42 is, in the form c_text:c_integer"},
		{[]linkstore.KeyColumn{uuid, text, integer}, strings.ToUpper(id) + ":x:2", []string{id, "x", "2"}, ""},
	} {
		m := keyed(t, c.key...)
		parts, err := m.SplitKey(c.id)
		var invalid *linkstore.InvalidError
		if c.parts == nil {
			if !errors.As(err, &invalid) || !strings.Contains(err.Error(), c.fault) {
				t.Errorf("%q: got %q, %v; want an error with %q", c.id, parts, err, c.fault)
			}
			continue
		}
		if diff := cmp.Diff(c.parts, parts); err != nil || diff != "" {
			t.Errorf("%q: %v (-want +got):\n%s", c.id, err, diff)
		}
		again, err := m.SplitKey(m.JoinKey(parts...))
		if diff := cmp.Diff(c.parts, again); err != nil || diff != "" {
			t.Errorf("%q, joined: %v (-want +got):\n%s", c.id, err, diff)
		}
	}
}

func FuzzSplitKey(f *testing.F) {
	m := keyed(
		f,
		linkstore.KeyColumn{Name: "aisle"},
		linkstore.KeyColumn{Name: "number", Type: "integer"},
		linkstore.KeyColumn{Name: "side", Type: "varchar"},
	)
	f.Add("A", "1", "left")
	f.Add("%:", "-0", "%3A%25")
	f.Add("", "+7", "")
	f.Fuzz(func(t *testing.T, aisle, number, side string) {
		// What is joined is split into the same parts.
		joined := m.JoinKey(aisle, "7", side)
		parts, err := m.SplitKey(joined)
		valid := utf8.ValidString(joined) && !strings.ContainsRune(joined, 0) && len(joined) <= 255
		if valid != (err == nil) || valid && !slices.Equal(parts, []string{aisle, "7", side}) {
			t.Errorf("%q is split into %q, %v", joined, parts, err)
		}
		// Whatever is taken has one form.
		raw := aisle + ":" + number + ":" + side
		if parts, err = m.SplitKey(raw); err != nil {
			return
		}
		again, err := m.SplitKey(m.JoinKey(parts...))
		if err != nil || !slices.Equal(again, parts) {
			t.Errorf("%q is split into %q, and these, joined, into %q, %v", raw, parts, again, err)
		}
	})
}

func TestCatalogReportsFaultsOfKeys(t *testing.T) {
	t.Parallel()
	bin := []linkstore.KeyColumn{{Name: "aisle"}, {Name: "number", Type: "integer"}}
	_, err := linkstore.NewCatalog([]linkstore.Model{
		{
			Module:     "a",
			Name:       "A",
			Table:      "a",
			Key:        "a_id",
			PrimaryKey: []linkstore.KeyColumn{{Name: "id", Type: "money"}},
		},
		{
			Module:     "a",
			Name:       "B",
			Table:      "b",
			Key:        "b_id",
			PrimaryKey: bin,
			Owns:       []linkstore.Owned{{Model: "C", Column: "b_id"}},
		},
		{Module: "a", Name: "C", Table: "c", Key: "c_id", PrimaryKey: []linkstore.KeyColumn{{Name: "x"}, {Name: "x"}}},
		{Module: "a", Name: "D", Table: "d", Key: "d_id"},
	}, []linkstore.Definition{
		{
			Name:     "count",
			IDPrefix: "x",
			Left:     linkstore.End{Model: "D"},
			Right:    linkstore.End{Model: "B", Columns: []string{"b"}},
		},
		{
			Name:     "clash",
			IDPrefix: "x",
			Left:     linkstore.End{Model: "D"},
			Right:    linkstore.End{Model: "B", Columns: []string{"d_id", "number"}},
		},
		{
			Name:     "extra",
			IDPrefix: "x",
			Left:     linkstore.End{Model: "D"},
			Right:    linkstore.End{Model: "B"},
			Columns:  []linkstore.Column{{Name: "b_aisle"}},
		},
		{
			Name:     "type",
			IDPrefix: "x",
			Left:     linkstore.End{Model: "D", ColumnType: "char"},
			Right:    linkstore.End{Model: "B"},
		},
		{
			Name:     "other",
			IDPrefix: "x",
			Left:     linkstore.End{Model: "D"},
			Right:    linkstore.End{Model: "B", RecordKey: "aisle"},
		},
		{Name: "held", Left: linkstore.End{Model: "D"}, Right: linkstore.End{Model: "B"}, ReadOnly: "b_id"},
		{
			Name:     "tableless",
			Left:     linkstore.End{Model: "D"},
			Right:    linkstore.End{Model: "B", Columns: []string{"x", "y"}},
			ReadOnly: "x, y",
		},
	})
	for _, want := range []string{
		`key column id has unknown type "money"; the choices are text, varchar, smallint, integer, bigint, uuid`,
		`model B owns C by "b_id", which does not name 2 columns`, "model C: key column 2 has no name of its own",
		"link count: right: 1 columns cannot hold a key of 2: aisle:number", "link clash: two columns are called d_id",
		"link extra: two columns are called b_aisle", `link type: left: unknown column type "char"`,
		"link other: right: a stored link holds primary keys, not aisle", `link held: "b_id" does not name 2 columns`,
		"link tableless: right: a read-only link has no table",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not reported by:\n%v", want, err)
		}
	}
}

// seedKeys makes records with keys of every kind and links between them.
func seedKeys(t *testing.T, s *subject) {
	t.Helper()
	for _, m := range otherKeys.models {
		for _, id := range otherKeys.ids[m] {
			if err := s.PutRecord(t.Context(), m, id, ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	var items []linkstore.Item
	for _, bin := range otherKeys.ids["Bin"] {
		items = append(
			items,
			linkstore.Item{Link: linktest.Stowed, Left: "i1", Right: bin},
			linkstore.Item{Link: linktest.Adjoined, Left: bin, Right: "A:20"},
		)
	}
	for _, customer := range otherKeys.ids["Customer"] {
		items = append(items, linkstore.Item{Link: linktest.Courted, Left: "c1", Right: customer})
	}
	if _, err := s.Create(t.Context(), items, linkstore.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

func TestLinkedByKeysOfEveryKind(t *testing.T) {
	t.Parallel()
	s := newSubject(t, newDB(t).Pool)
	seedKeys(t, s)
	if err := s.exec(t.Context(), `UPDATE item SET home_aisle = 'A', home_number = 20`); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		link string
		from linkstore.Side
		ids  []string
		want map[string][]string // the ids of the other side
	}{
		// Keys are sorted by their columns: numbers as numbers, unless the link keeps them as texts.
		{linktest.Stowed, linkstore.Left, []string{"i1", "i2", "i1"}, map[string][]string{"i1": {"%3A%25:-3", "A:1", "A:20"}}},
		{linktest.Stowed, linkstore.Right, []string{"A:020", "A:20"}, map[string][]string{"A:020": {"i1"}, "A:20": {"i1"}}},
		{linktest.Adjoined, linkstore.Right, []string{"A:20"}, map[string][]string{"A:20": {"%3A%25:-3", "A:1", "A:20"}}},
		{linktest.Courted, linkstore.Left, []string{"c1"}, map[string][]string{"c1": {"10", "9"}}},
		{linktest.Courted, linkstore.Right, []string{"9"}, map[string][]string{"9": {"c1"}}},
		{linktest.Lies, linkstore.Left, []string{"i1"}, map[string][]string{"i1": {"A:20"}}},
		{linktest.Lies, linkstore.Right, []string{"A:20", "A:1"}, map[string][]string{"A:20": {"i1", "i2"}}},
	} {
		found, err := s.Linked(t.Context(), c.link, c.from, c.ids, linkstore.LinkedOptions{Limit: 5})
		if err != nil {
			t.Fatalf("%s: %v", c.link, err)
		}
		got := map[string][]string{}
		for id, links := range found {
			for _, l := range links {
				other := l.Right
				if c.from == linkstore.Right {
					other = l.Left
				}
				got[id] = append(got[id], other)
			}
		}
		for _, ids := range got {
			if c.link != linktest.Courted { // the order of texts is the database's
				slices.Sort(ids)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s %v (-want +got):\n%s", c.link, c.ids, diff)
		}
	}
	if _, err := s.Linked(
		t.Context(),
		linktest.Stowed,
		linkstore.Right,
		[]string{"A"},
		linkstore.LinkedOptions{},
	); !errors.Is(
		err,
		linkstore.ErrInvalid,
	) {
		t.Errorf("linked to half a key: %v", err)
	}
	got, err := s.Get(
		t.Context(),
		[]linkstore.Item{
			{Link: linktest.Stowed, Left: "i1", Right: "A:01"},
			{Link: linktest.Stowed, Left: "i2", Right: "A:1"},
		},
	)
	if err != nil || got[0] == nil || got[0].Right != "A:1" || got[1] != nil {
		t.Errorf("get: %v, %v", got, err)
	}
}

func TestListByKeysOfEveryKind(t *testing.T) {
	t.Parallel()
	s := newSubject(t, newDB(t).Pool)
	seedKeys(t, s)
	for _, c := range []struct {
		link string
		opts linkstore.ListOptions
		want []string // the right ids
	}{
		{linktest.Stowed, linkstore.ListOptions{Where: []linkstore.Condition{{Column: "bin_id", Op: linkstore.Eq, Value: "A:01"}}}, []string{"A:1"}},
		{linktest.Stowed, linkstore.ListOptions{Where: []linkstore.Condition{{Column: "bin_id", Op: linkstore.Ne, Value: "A:1"}}}, []string{"%3A%25:-3", "A:20"}},
		{linktest.Stowed, linkstore.ListOptions{Where: []linkstore.Condition{{Column: "bin_id", Op: linkstore.In, Value: []string{"A:20", "A:1"}}}}, []string{"A:1", "A:20"}},
		{linktest.Stowed, linkstore.ListOptions{Where: []linkstore.Condition{{Column: "bin_id", Op: linkstore.Gt, Value: "A:1"}}}, []string{"A:20"}},
		{linktest.Stowed, linkstore.ListOptions{Where: []linkstore.Condition{{Column: "bin", Op: linkstore.Lt, Value: 2}}}, []string{"%3A%25:-3", "A:1"}},
		{linktest.Stowed, linkstore.ListOptions{Where: []linkstore.Condition{{Column: "bin_id", Op: linkstore.IsNull, Value: true}}}, nil},
		{linktest.Courted, linkstore.ListOptions{Where: []linkstore.Condition{{Column: "customer_id", Op: linkstore.In, Value: []string{"09"}}}}, []string{"9"}},
	} {
		m, err := s.Module(c.link)
		if err != nil {
			t.Fatal(err)
		}
		c.opts.OrderBy = []linkstore.Order{{Column: m.Definition().Right.Key}}
		all, n, err := m.ListAndCount(t.Context(), c.opts)
		if err != nil || n != len(c.want) {
			t.Fatalf("%+v: %d, %v", c.opts, n, err)
		}
		// The same, a page of one at a time.
		paged := make([]linkstore.Link, 0, len(all))
		c.opts.Limit = 1
		for range all {
			page, err := m.List(t.Context(), c.opts)
			if err != nil || len(page) != 1 {
				t.Fatalf("page after %+v: %+v, %v", c.opts.After, page, err)
			}
			paged = append(paged, page[0])
			c.opts.After = &page[0]
		}
		if diff := cmp.Diff(all, paged); diff != "" {
			t.Errorf("%+v: pages (-want +got):\n%s", c.opts.Where, diff)
		}
		var got []string
		for _, l := range all {
			got = append(got, l.Right)
		}
		slices.Sort(got)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", c.opts.Where, diff)
		}
	}
	m, _ := s.Module(linktest.Stowed)
	for _, opts := range []linkstore.ListOptions{
		{Where: []linkstore.Condition{{Column: "bin_id", Op: linkstore.Eq, Value: "A"}}},
		{Where: []linkstore.Condition{{Column: "bin", Op: linkstore.In, Value: []string{"x"}}}},
		{OrderBy: []linkstore.Order{{Column: "bin_id"}}, After: &linkstore.Link{ID: "lw_1", Left: "i1", Right: "A"}},
	} {
		if _, err := m.List(t.Context(), opts); !errors.Is(err, linkstore.ErrInvalid) {
			t.Errorf("%+v: %v", opts, err)
		}
	}
}
