package plan

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// Selection is what one selection set, or several at the same position, asks of a record: columns, and hops to related records.
type Selection struct {
	Model   *recordstore.Model
	rows    int  // how many records there are if every page is full
	maxRows int  // the same, if variables ask for the largest pages
	single  bool // there is one record at most, whatever the arguments
	Columns []int
	hops    []*hopSelection
	// byField is the index in hops, by field of the document.
	byField map[*ast.Field]int
}

// hopSelection is a relation and the arguments with which it is followed. Fields with the same ones share it.
type hopSelection struct {
	Relation  *recordstore.Relation
	args      map[string]any
	Single    bool // there is one near record at most
	list      List
	target    *Selection
	targetRow *Selection // of the link rows; nil if they are not selected
}

// List is the arguments of a list, and which parts of it are selected.
type List struct {
	Where   recordstore.Expr
	Order   []recordstore.Order
	Page    recordstore.Page
	Deleted recordstore.Deleted
	rows    bool // edges, nodes or pageInfo are selected
	cursors bool // a cursor is selected
	more    bool // hasNextPage or hasPreviousPage is selected
	Count   bool // totalCount is selected
}

// planner compiles one root field.
type planner struct {
	translator
	compiler *Compiler
	ctx      context.Context //nolint:containedctx // lives as long as one compilation
	budget   *Budget
	op       *graphql.OperationContext
	hops     []plannedHop // parents before children
}

// plannedHop is a hop and where it was found.
type plannedHop struct {
	*hopSelection
	near  *Selection
	field *ast.Field
	path  string
	usage usage // of its arguments
}

func newSelection(m *recordstore.Model, rows int) *Selection {
	return &Selection{Model: m, rows: rows, maxRows: rows, byField: map[*ast.Field]int{}}
}

func (s *Selection) addColumn(i int) {
	if !slices.Contains(s.Columns, i) {
		s.Columns = append(s.Columns, i)
	}
}

// typeNames are the type conditions of fragments that apply to a record.
func typeNames(m *recordstore.Model) []string {
	names := []string{m.Name, "Node"}
	if m.Link != "" {
		names = append(names, "Link")
	}
	return names
}

// linkEnd returns the end of a link that a field of its row shows, or nil.
func linkEnd(m *recordstore.Model, field string) *recordstore.End {
	switch {
	case m.Link == "":
		return nil
	case field == "left":
		return &m.Ends[0]
	case field == "right":
		return &m.Ends[1]
	}
	return nil
}

// add adds a selection set. depth is that of the set in the document.
func (p *planner) add(s *Selection, path string, depth int, set ast.SelectionSet) error {
	if depth > p.limits.MaxDepth {
		return NewLimitError("depth of "+path, p.limits.MaxDepth, depth)
	}
	for _, f := range graphql.CollectFields(p.op, set, typeNames(s.Model)) {
		if r, ok := s.Model.Relation(f.Name); ok {
			if err := p.addHop(s, path+"."+f.Alias, depth, f, r); err != nil {
				return err
			}
		} else if i, ok := s.Model.Column(f.Name); ok {
			s.addColumn(i)
		} else if e := linkEnd(s.Model, f.Name); e != nil {
			if i, ok := s.Model.Column(e.Field); ok {
				s.addColumn(i)
			}
		}
	}
	slices.Sort(s.Columns) // the order in the document must not change the SQL
	return nil
}

func (p *planner) addHop(
	s *Selection,
	path string,
	depth int,
	f graphql.CollectedField,
	r *recordstore.Relation,
) error {
	for _, i := range s.Model.Indexes(r.Columns) {
		s.addColumn(i)
	}
	h, err := p.hop(s, path, f.Field, r)
	if err != nil {
		return err
	}
	if !r.Many {
		return p.add(h.target, path, depth+1, f.Selections)
	}
	return p.addConnection(&h.list, h.target, &h.targetRow, path, depth, f.Selections)
}

// hop returns the hop for a field. A field with the same arguments shares it.
func (p *planner) hop(s *Selection, path string, f *ast.Field, r *recordstore.Relation) (*hopSelection, error) {
	args := Arguments(f, p.op.Variables)
	for i, h := range s.hops {
		if h.Relation == r && reflect.DeepEqual(h.args, args) {
			s.byField[f] = i
			return h, nil
		}
	}
	target, row := p.catalog.Target(r), p.catalog.Row(r)
	h := &hopSelection{Relation: r, args: args, Single: s.single, target: newSelection(target, s.rows)}
	h.target.single, h.target.maxRows = s.single && !r.Many, s.maxRows
	before := p.tally.own
	if r.Many {
		var err error
		if h.list, err = p.list(path, target, row, args); err != nil {
			return nil, err
		}
		h.target.rows = min(h.target.rows*h.list.Page.Limit, usageCap)
		h.target.maxRows = min(h.target.maxRows*p.maxPage(f, h.list.Page.Limit), usageCap)
	}
	s.byField[f] = len(s.hops)
	s.hops = append(s.hops, h)
	p.hops = append(p.hops, plannedHop{h, s, f, path, p.tally.own.minus(before)})
	return h, nil
}

// maxPage is how many rows a page may have for any values of variables. limit is what it has for the present ones.
func (p *planner) maxPage(f *ast.Field, limit int) int {
	if pageVaries(f) {
		return p.limits.MaxPage
	}
	return limit
}

// list translates the arguments of a list.
func (p *planner) list(path string, m, row *recordstore.Model, args map[string]any) (List, error) {
	var l List
	err := p.tally.add(path, usage{search: weightList})
	if err != nil {
		return l, err
	}
	if l.Where, err = p.filter(path+".filter", m, row, ObjectOf(args["filter"])); err != nil {
		return l, err
	}
	if l.Order, err = p.order(path+".orderBy", m, row, ListOf(args["orderBy"])); err != nil {
		return l, err
	}
	page, err := p.page(path, args)
	if err != nil {
		return l, err
	}
	l.Page, l.Deleted = *page, deletedChoices[fmt.Sprint(args["deleted"])]
	return l, nil
}

// deletedChoices are the values of the argument deleted. Its default is the zero value.
var deletedChoices = map[string]recordstore.Deleted{
	"EXCLUDE": recordstore.ExcludeDeleted,
	"INCLUDE": recordstore.IncludeDeleted,
	"ONLY":    recordstore.OnlyDeleted,
}

// addConnection adds the fields of a connection. link is set if the link rows are selected.
func (p *planner) addConnection(
	l *List,
	node *Selection,
	link **Selection,
	path string,
	depth int,
	set ast.SelectionSet,
) error {
	for _, f := range graphql.CollectFields(p.op, set, nil) {
		switch f.Name {
		case "totalCount":
			if !l.Count {
				l.Count = true
				if err := p.tally.add(path+".totalCount", usage{search: weightCount}); err != nil {
					return err
				}
			}
		case "pageInfo":
			l.rows = true
			for _, info := range graphql.CollectFields(p.op, f.Selections, nil) {
				l.cursors = l.cursors || info.Name == "startCursor" || info.Name == "endCursor"
				l.more = l.more || info.Name == "hasNextPage" || info.Name == "hasPreviousPage"
			}
		case "nodes":
			l.rows = true
			if err := p.add(node, path+".nodes", depth+1, f.Selections); err != nil {
				return err
			}
		case "edges":
			l.rows = true
			if err := p.addEdges(l, node, link, path+".edges", depth, f.Selections); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *planner) addEdges(
	l *List,
	node *Selection,
	link **Selection,
	path string,
	depth int,
	set ast.SelectionSet,
) error {
	for _, f := range graphql.CollectFields(p.op, set, nil) {
		var err error
		switch f.Name {
		case "cursor":
			l.cursors = true
		case "node":
			err = p.add(node, path+".node", depth+1, f.Selections)
		case "link":
			if *link == nil {
				model, _ := p.catalog.Model(f.Definition.Type.Name())
				*link = newSelection(model, node.rows)
			}
			err = p.add(*link, path+".link", depth+1, f.Selections)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// PageToRead returns the page to read, or nil if no row is needed.
func (l *List) PageToRead() *recordstore.Page {
	if !l.rows {
		return nil
	}
	page := l.Page
	page.Cursors = l.cursors
	return &page
}
