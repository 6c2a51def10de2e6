package recordstore

import (
	"strings"
	"testing"
)

// TestViewFaults checks that a view that does not fit its model is refused, with what is wrong of it.
func TestViewFaults(t *testing.T) {
	t.Parallel()
	text := func(name string) Column { return Column{Name: name, Field: name} }
	catalog, err := NewCatalog([]Model{
		{
			Name:       "A",
			Table:      "a",
			PrimaryKey: "id",
			Columns:    []Column{text("id"), text("up_id"), text("b_id"), {Name: "doc", Field: "doc", Type: JSON}},
			Relations: []Relation{
				{Field: "up", Target: "A", Columns: []string{"up_id"}, TargetColumns: []string{"id"}},
				{Field: "down", Target: "A", Many: true, Columns: []string{"id"}, TargetColumns: []string{"up_id"}},
				{Field: "b", Target: "B", Columns: []string{"b_id"}, TargetColumns: []string{"id"}},
			},
		},
		{Name: "B", Table: "b", PrimaryKey: "id", Columns: []Column{text("id")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		view Scope
		want string
	}{
		{Scope{Model: "A", Above: "up", Keyed: "doc", KeyedBy: "up_id"}, ""},
		{Scope{Model: "A", Above: "b"}, `A: above: "b" is no to-one relation of it to itself`},
		{Scope{Model: "A", Above: "down"}, `A: above: "down" is no to-one relation of it to itself`},
		{Scope{Model: "A", Above: "id"}, `A: above: "id" is no to-one relation of it to itself`},
		{Scope{Model: "A", Keyed: "id", KeyedBy: "up_id"}, `A: keyed: "id" and "up_id" must be a JSON and a text column of it`},
		{Scope{Model: "A", Keyed: "doc", KeyedBy: "doc"}, `A: keyed: "doc" and "doc" must be`},
		{Scope{Model: "A", Keyed: "doc"}, `A: keyed: "doc" and "" must be`},
	} {
		_, err := catalog.Narrow([]Scope{c.view})
		switch {
		case err == nil && c.want != "":
			t.Errorf("%+v is accepted, want %q", c.view, c.want)
		case err != nil && (c.want == "" || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%+v: %v, want %q", c.view, err, c.want)
		}
	}
}

// TestScopeFromASeenRecord checks when it need not be asked again whether a record hangs on one that is seen.
func TestScopeFromASeenRecord(t *testing.T) {
	t.Parallel()
	text := func(name string) Column { return Column{Name: name, Field: name} }
	join := func(near, far string) *Through {
		return &Through{Table: "ab", Columns: []string{near}, TargetColumns: []string{far}}
	}
	catalog, err := NewCatalog([]Model{
		{Name: "A", Table: "a", PrimaryKey: "id", Columns: []Column{text("id")}, Relations: []Relation{
			{
				Field:         "bs",
				Target:        "B",
				Many:          true,
				Columns:       []string{"id"},
				TargetColumns: []string{"id"},
				Through:       join("a_id", "b_id"),
			},
			{
				Field:         "turned",
				Target:        "B",
				Many:          true,
				Columns:       []string{"id"},
				TargetColumns: []string{"id"},
				Through:       join("b_id", "a_id"),
			},
			{Field: "owned", Target: "B", Many: true, Columns: []string{"id"}, TargetColumns: []string{"a_id"}},
		}},
		{Name: "B", Table: "b", PrimaryKey: "id", Columns: []Column{text("id"), text("a_id")}, Relations: []Relation{
			{
				Field:         "as",
				Target:        "A",
				Many:          true,
				Columns:       []string{"id"},
				TargetColumns: []string{"id"},
				Through:       join("b_id", "a_id"),
			},
			{Field: "a", Target: "A", Columns: []string{"a_id"}, TargetColumns: []string{"id"}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	a, _ := catalog.Model("A")
	b, _ := catalog.Model("B")
	of := func(m *Model, field string) *Relation {
		r, ok := m.Relation(field)
		if !ok {
			t.Fatalf("%s has no %s", m.Name, field)
		}
		return r
	}
	asked := func(field string, q Quantifier, where Expr) Related { return Related{of(b, field), q, where} }
	for _, c := range []struct {
		way     string
		scope   Expr
		scoping bool
		left    bool
	}{
		{"bs", asked("as", Some, nil), false, false},
		{"owned", asked("a", Some, nil), false, false},
		{"bs", And{asked("as", Some, nil), asked("a", Some, nil)}, false, true},
		{"bs", asked("as", Some, nil), true, true},
		{"bs", asked("a", Some, nil), false, true},
		{"owned", asked("as", Some, nil), false, true},
		{"turned", asked("as", Some, nil), false, true},
		{"bs", asked("as", None, nil), false, true},
		{"bs", asked("as", Some, Compare{Column: 0, Op: Eq, Value: "x"}), false, true},
		{"bs", Not{asked("as", Some, nil)}, false, true},
	} {
		target := *b
		target.scope = c.scope
		sql := newBuilder(catalog)
		sql.scoping = c.scoping
		if left := sql.scopeFrom(a, of(a, c.way), &target); (left != nil) != c.left {
			t.Errorf("by %s, of %+v is left %+v", c.way, c.scope, left)
		}
	}
}
