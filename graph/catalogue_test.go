package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

// side is one end of a link, as a test walks from it.
type side struct {
	model   *recordstore.Model
	verbs   verbs
	end     *linkstore.End
	field   string // leads to the other end
	many    bool   // to many
	records []string
}

func (m *maker) side(end, other *linkstore.End) *side {
	return &side{model: m.model(end.Model), verbs: m.verbs[end.Model], end: end, field: end.Field, many: other.IsList}
}

// fit finds which records of a side fit a condition.
func (s *side) fit(m *maker, condition string) []string {
	m.Helper()
	return m.list(fmt.Sprintf(`{ %s(filter: { %s: { in: [%s] }, %s }) { nodes { key: %s } } }`,
		s.verbs.list, s.verbs.key, quoteAll(s.records), condition, s.verbs.key))
}

// filters checks that exactly the first record of a side leads to a record.
func (s *side) filters(m *maker, far *side, id string) {
	m.Helper()
	it := fmt.Sprintf("{ %s: { eq: %q } }", far.verbs.key, id)
	with, without := s.field+": "+it, s.field+": { isNull: true }"
	if s.many {
		with, without = s.field+": { some: "+it+" }", s.field+": { none: "+it+" }"
	}
	m.same(s.end.Model+" with", s.records[:1], s.fit(m, with))
	m.same(s.end.Model+" without", s.records[1:], s.fit(m, without))
}

// leadsTo checks where the field of a side leads. link is the id of the link, or "" if it has none.
func (s *side) leadsTo(m *maker, from string, far *side, want []string, link string) {
	m.Helper()
	if !s.many {
		row := ""
		if link != "" {
			row = s.field + "Link { id name }"
		}
		var answer map[string]map[string]map[string]string
		m.ask(
			&answer,
			fmt.Sprintf(
				`{ %s(%s: %q) { %s { key: %s } %s } }`,
				s.verbs.one,
				s.verbs.key,
				from,
				s.field,
				far.verbs.key,
				row,
			),
			nil,
		)
		got := []string{}
		if to := answer[s.verbs.one][s.field]; to != nil {
			got = append(got, to["key"])
			if link != "" {
				m.same("link", link, answer[s.verbs.one][s.field+"Link"]["id"])
			}
		}
		m.same(s.end.Model+"."+s.field, want, got)
		return
	}
	type page struct {
		TotalCount int
		Nodes      []map[string]string
		Edges      []struct {
			Node map[string]string
			Link map[string]string
		}
	}
	edge := ""
	if link != "" {
		edge = "link { id name }"
	}
	var answer map[string]map[string]page
	m.ask(
		&answer,
		fmt.Sprintf(
			`{ %[1]s(%[2]s: %[3]q) { %[4]s { totalCount nodes { key: %[5]s } edges { node { key: %[5]s } %[6]s } } } }`,
			s.verbs.one,
			s.verbs.key,
			from,
			s.field,
			far.verbs.key,
			edge,
		),
		nil,
	)
	list := answer[s.verbs.one][s.field]
	got := []string{}
	for i, node := range list.Nodes {
		got = append(got, node["key"])
		m.same("edge", node, list.Edges[i].Node)
		if link != "" {
			m.same("edge's link", link, list.Edges[i].Link["id"])
		}
	}
	m.same(s.end.Model+"."+s.field, want, got)
	m.same("totalCount", len(want), list.TotalCount)
}

func quoteAll(ids []string) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = fmt.Sprintf("%q", id)
	}
	return strings.Join(out, ", ")
}

// camel spells a name of the database as the API does.
func camel(name string) string {
	words := strings.Split(name, "_")
	for i := 1; i < len(words); i++ {
		words[i] = strings.ToUpper(words[i][:1]) + words[i][1:]
	}
	return strings.Join(words, "")
}

// linked is a link under test.
type linked struct {
	*maker
	def         *linkstore.Definition
	left, right *side
}

func newLinked(m *maker, d *linkstore.Definition) *linked {
	return &linked{m, d, m.side(&d.Left, &d.Right), m.side(&d.Right, &d.Left)}
}

func (l *linked) name() string { return strings.ToUpper(l.def.Name) }

// pair is the input of a pair of records: by keys, where these are of two modules.
func (l *linked) pair(left, right string, reversed bool) string {
	a := fmt.Sprintf("%s: { %s: %q }", camel(l.left.model.Module), camel(l.def.Left.Key), left)
	b := fmt.Sprintf("%s: { %s: %q }", camel(l.right.model.Module), camel(l.def.Right.Key), right)
	switch {
	case l.left.model.Module == l.right.model.Module:
		return fmt.Sprintf("{ link: %s, ends: { left: %q, right: %q } }", l.name(), left, right)
	case reversed:
		a, b = b, a
	}
	return "{ " + a + ", " + b + " }"
}

type linkResult struct {
	Outcome  string
	Link     map[string]string
	Replaced []map[string]string
}

// create links a pair and returns the id of the link.
func (l *linked) create(left, right string, reversed, replace bool, outcome string) (id string, replaced []string) {
	l.Helper()
	var answer struct {
		CreateLinks struct{ Results []linkResult }
	}
	l.ask(
		&answer,
		fmt.Sprintf(
			`mutation { createLinks(links: [%s], replace: %v) { results { outcome link { id name } replaced { id } } } }`,
			l.pair(left, right, reversed),
			replace,
		),
		nil,
	)
	r := answer.CreateLinks.Results[0]
	l.same("createLinks", outcome, r.Outcome)
	l.same("name", l.name(), r.Link["name"])
	for _, old := range r.Replaced {
		replaced = append(replaced, old["id"])
	}
	return r.Link["id"], replaced
}

func (l *linked) dismiss(left, right, outcome string) {
	l.Helper()
	var answer struct {
		DismissLinks struct{ Results []linkResult }
	}
	l.ask(
		&answer,
		fmt.Sprintf(`mutation { dismissLinks(links: [%s]) { results { outcome } } }`, l.pair(left, right, true)),
		nil,
	)
	l.same("dismissLinks", outcome, answer.DismissLinks.Results[0].Outcome)
}

// walks checks that the first records of both ends are linked, and no others.
func (l *linked) walks(link string) {
	l.Helper()
	left, right := l.left.records, l.right.records
	l.left.leadsTo(l.maker, left[0], l.right, right[:1], link)
	l.right.leadsTo(l.maker, right[0], l.left, left[:1], link)
	l.left.leadsTo(l.maker, left[1], l.right, []string{}, link)
	l.right.leadsTo(l.maker, right[1], l.left, []string{}, link)
	l.left.filters(l.maker, l.right, right[0])
	l.right.filters(l.maker, l.left, left[0])
}

// rows checks what is asked of the link itself: links, and its list.
func (l *linked) rows(link string) {
	l.Helper()
	left, right := l.left.records, l.right.records
	var answer struct{ Links []map[string]string }
	l.ask(
		&answer,
		fmt.Sprintf(
			`{ links(links: [%s, %s]) { id name } }`,
			l.pair(left[1], right[0], false),
			l.pair(left[0], right[0], true),
		),
		nil,
	)
	want := []map[string]string{}
	if link != "" {
		want = append(want, map[string]string{"id": link, "name": l.name()})
	}
	l.same("links", want, answer.Links)

	row := l.rowModel()
	ends := []string{}
	for _, r := range row.Relations {
		ends = append(ends, fmt.Sprintf("%s { key: %s }", r.Field, l.verbs[r.Target].key))
	}
	var page map[string]struct {
		TotalCount int
		Nodes      []map[string]any
	}
	leftKey, rightKey := camel(l.def.Left.Key), camel(l.def.Right.Key)
	l.ask(&page, fmt.Sprintf(`{ %s(filter: { %s: { in: [%s] } }) { totalCount nodes { id left: %s right: %s %s } } }`,
		l.verbs[row.Name].list, leftKey, quoteAll(left), leftKey, rightKey, strings.Join(ends, " ")), nil)
	list := page[l.verbs[row.Name].list]
	l.same("totalCount of the link's list", len(want), list.TotalCount)
	if len(list.Nodes) != len(want) {
		l.Errorf("the link's list has %v", list.Nodes)
	}
	for _, node := range list.Nodes {
		l.same("row", []any{link, left[0], right[0]}, []any{node["id"], node["left"], node["right"]})
		l.same("ends of the row", 2, len(row.Relations))
		for i, r := range row.Relations {
			end, _ := node[r.Field].(map[string]any)
			l.same("end of the row", []any{left[0], right[0]}[i], end["key"])
		}
	}
}

func (l *linked) rowModel() *recordstore.Model {
	for _, m := range l.graph.Records.Catalog().Models() {
		if m.Link == l.def.Name {
			return m
		}
	}
	l.Fatalf("no model has the rows of %s", l.def.Name)
	return nil
}

// cardinality links a second record. Where the definition allows one it is a conflict that names the link, and replace
// makes room.
func (l *linked) cardinality(link string) {
	l.Helper()
	left, right := l.left.records, l.right.records
	for _, second := range []struct {
		pair  [2]string
		isOne bool
	}{{[2]string{left[0], right[1]}, !l.def.Right.IsList}, {[2]string{left[1], right[0]}, !l.def.Left.IsList}} {
		a, b := second.pair[0], second.pair[1]
		if !second.isOne {
			l.create(a, b, false, false, "CREATED")
			l.dismiss(a, b, "DISMISSED")
			continue
		}
		f := l.fails(fmt.Sprintf(`mutation { createLinks(links: [%s]) { results { outcome } } }`, l.pair(a, b, false)))
		l.same("conflict", "LINK_CONFLICT", f.Extensions.Code)
		existing := f.Extensions.Existing
		l.same(
			"existing",
			[]string{l.def.Name, link, left[0], right[0]},
			[]string{existing.Link, existing.ID, existing.Left, existing.Right},
		)
		other, replaced := l.create(a, b, true, true, "CREATED")
		l.same("replaced", []string{link}, replaced)
		_, replaced = l.create(left[0], right[0], true, true, "REVIVED")
		l.same("replaced", []string{other}, replaced)
	}
	l.walks(link)
}

// cascadeReceipt is what a deletion or a restore answers.
type cascadeReceipt struct {
	Links   []struct{ ID, Name string }
	Records []struct {
		Model string
		IDs   []string
	}
}

func (r cascadeReceipt) has(model, id string) bool {
	for _, records := range r.Records {
		if records.Model == model && slices.Contains(records.IDs, id) {
			return true
		}
	}
	return false
}

func (m *maker) cascade(verb, arg, id string) cascadeReceipt {
	m.Helper()
	var answer map[string]cascadeReceipt
	m.ask(
		&answer,
		fmt.Sprintf(`mutation { %s(%s: [%q]) { links { id name } records { model ids } } }`, verb, arg, id),
		nil,
	)
	return answer[verb]
}

func (s *side) exists(m *maker, id string) bool {
	m.Helper()
	var answer map[string]map[string]string
	m.ask(&answer, fmt.Sprintf(`{ %s(%s: %q) { key: %s } }`, s.verbs.one, s.verbs.key, id, s.verbs.key), nil)
	return answer[s.verbs.one] != nil
}

// elsewhere links a record over another link than the one under test, and returns that link.
func (l *linked) elsewhere(s *side, id string) (other *linked, link string) {
	l.Helper()
	for _, d := range l.graph.Links.Catalog().Links() {
		if d == l.def || d.ReadOnly != "" || d.Left.Model != s.end.Model && d.Right.Model != s.end.Model ||
			d.Left.Model == d.Right.Model {
			continue
		}
		o := newLinked(l.maker, d)
		o.left.records, o.right.records = []string{
			id,
			l.make(d.Left.Model, nil),
		}, []string{
			l.make(d.Right.Model, nil),
			l.make(d.Right.Model, nil),
		}
		if d.Left.Model != s.end.Model {
			o.left.records, o.right.records = []string{
				l.make(d.Left.Model, nil),
				l.make(d.Left.Model, nil),
			}, []string{
				id,
				l.make(d.Right.Model, nil),
			}
		}
		link, _ = o.create(o.left.records[0], o.right.records[0], false, false, "CREATED")
		return o, link
	}
	return nil, ""
}

// deletion deletes one end: the link goes, and what is at the other end if that cascades, with its own links. Restore
// brings exactly that back.
func (l *linked) deletion(s, far *side, link string) {
	l.Helper()
	if s.verbs.remove == "" {
		l.Fatalf("records of %s cannot be deleted", s.end.Model)
	}
	var other *linked
	var otherLink string
	if far.end.DeleteCascade {
		other, otherLink = l.elsewhere(far, far.records[0])
	}
	gone := l.cascade(s.verbs.remove, s.verbs.keys, s.records[0])
	names := []string{}
	for _, g := range gone.Links {
		names = append(names, g.ID)
	}
	want := []string{link}
	if other != nil {
		want = append(want, otherLink)
	}
	slices.Sort(want)
	slices.Sort(names)
	l.same("links removed", want, names)
	l.same("the record is removed", true, gone.has(s.end.Model, s.records[0]))
	l.same("the record at the other end is removed", far.end.DeleteCascade, gone.has(far.end.Model, far.records[0]))
	l.same("the record is there", false, s.exists(l.maker, s.records[0]))
	l.same("the record at the other end is there", !far.end.DeleteCascade, far.exists(l.maker, far.records[0]))
	if !far.end.DeleteCascade {
		far.leadsTo(l.maker, far.records[0], s, []string{}, link)
	}
	l.rows("")
	if other != nil {
		other.rows("")
	}

	l.same("restore", gone, l.cascade(s.verbs.restore, s.verbs.keys, s.records[0]))
	l.walks(link)
	l.rows(link)
	if other != nil {
		other.walks(otherLink)
		other.rows(otherLink)
		other.dismiss(other.left.records[0], other.right.records[0], "DISMISSED")
	}
}

func (l *linked) stored() {
	for range 2 {
		l.left.records = append(l.left.records, l.make(l.def.Left.Model, nil))
		l.right.records = append(l.right.records, l.make(l.def.Right.Model, nil))
	}
	left, right := l.left.records[0], l.right.records[0]
	link, _ := l.create(left, right, false, false, "CREATED")
	again, _ := l.create(left, right, true, false, "UNCHANGED")
	l.same("id", link, again)
	l.walks(link)
	l.rows(link)
	l.cardinality(link)

	l.dismiss(left, right, "DISMISSED")
	l.dismiss(left, right, "NOT_FOUND")
	l.left.leadsTo(l.maker, left, l.right, []string{}, link)
	l.right.leadsTo(l.maker, right, l.left, []string{}, link)
	l.rows("")
	again, _ = l.create(left, right, true, false, "REVIVED")
	l.same("id", link, again)

	l.deletion(l.left, l.right, link)
	l.deletion(l.right, l.left, link)
}

func (l *linked) readOnly() {
	d := l.def
	column, _ := l.left.model.Column(d.ReadOnly)
	for range 2 {
		l.right.records = append(l.right.records, l.make(d.Right.Model, nil))
	}
	key := l.right.records[0]
	if i, _ := l.right.model.Column(d.Right.RecordKey); i != l.right.model.Primary() {
		var answer map[string]map[string]string
		l.ask(
			&answer,
			fmt.Sprintf(
				`{ %s(%s: %q) { key: %s } }`,
				l.right.verbs.one,
				l.right.verbs.key,
				key,
				l.right.model.Columns[i].Field,
			),
			nil,
		)
		key = answer[l.right.verbs.one]["key"]
	}
	l.left.records = []string{
		l.make(d.Left.Model, map[string]any{l.left.model.Columns[column].Field: key}),
		l.make(d.Left.Model, nil),
	}
	if l.left.model.Columns[column].Codes != "" { // no code can be written without a record, so the record goes afterwards
		far := l.right.model
		if _, err := l.db.Pool.Exec(l.Context(), fmt.Sprintf(
			`DELETE FROM %s WHERE %s = (SELECT %s FROM %s WHERE id = $1)`,
			far.Table, far.PrimaryKey, l.left.model.Columns[column].Name, l.left.model.Table,
		), l.left.records[1]); err != nil {
			l.Fatal(err)
		}
	}
	l.walks("")
	for _, pair := range []string{
		l.pair(l.left.records[1], key, false), l.pair(l.left.records[0], key, true),
		fmt.Sprintf("{ link: %s, ends: { left: %q, right: %q } }", l.name(), l.left.records[1], key),
	} {
		f := l.fails(fmt.Sprintf(`mutation { createLinks(links: [%s]) { results { outcome } } }`, pair))
		l.same("createLinks", "BAD_USER_INPUT", f.Extensions.Code)
		if !strings.Contains(f.Message, d.ReadOnly) || !strings.Contains(f.Message, d.Left.Model) {
			l.Errorf("createLinks says %q", f.Message)
		}
	}
	l.walks("")
}

// TestEveryLink does with every link of the catalogue what links are for, on records that it makes through the API.
func TestEveryLink(t *testing.T) {
	t.Parallel()
	a := newAPI(t, newDB(t), graph.Config{})
	m := newMaker(a)
	for _, d := range a.graph.Links.Catalog().Links() {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			l := newLinked(m.of(t), d)
			if d.ReadOnly == "" {
				l.stored()
			} else {
				l.readOnly()
			}
		})
	}
	t.Cleanup(func() {
		if strings.Contains(a.log.String(), "level=ERROR") {
			t.Errorf("logged: %s", a.log)
		}
	})
}
