package plan

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// Tree is the plan of what stands below a root field, for records of one model. It is not changed once it is made, so that
// requests share it.
type Plan struct {
	Node   *Node
	Objects []*Object    // of records, one for each selection set
	Connection    *Connection  // of a root list; nil of records
	LinkSources []LinkSource // of links

	list     List // of a root list
	varying  varying
	cache    *recordstore.StatementCache
	usage    usage    // by the arguments of the root list
	fixedUsage    usage    // by what stands beside all arguments
	Statement  *Statement // of the records it begins with
	lists    []List
	hops     []*Hop // in the order in which they were planned
	static   bool   // nothing depends on variables but the records it begins with
	rows     int    // how many records it was made for
	Single   bool   // it begins with one record, whatever the input
	totalUsage    usage  // of all that stands in it
	cacheable bool
}

// varying says what of a list's arguments depends on variables.
type varying uint8

const (
	varyingNot  varying = iota
	varyingSize         // how many rows there are
	varyingAll
)

// Place is a position of the answer: what is read there, and where it is found among the cells of a row.
type Node struct {
	Selection *Selection
	cells     map[int]int // by column
	Hops      []*Hop
}

// Hop is a hop of a plan.
type Hop struct {
	*hopSelection
	ID             int // among the lists of the tree
	parent         int // the hop that leads to where this one begins; -1 if that is the root
	field          *ast.Field
	path           string
	usage          usage // by its arguments
	varying        varying
	NearCells           []int // the cells of the near key
	Near           *recordstore.Model
	Node, Link     *Node
	LinkColumns      []int // the columns of the join table's row that are read; nil if it is not
	cache          *recordstore.StatementCache
	batchCache *recordstore.StatementCache // of several such hops at once, if each is from one record
	Statement        *Statement                    // of its statement
	Joined         bool                        // the statement is that of another hop or of the root
	joinedFrom     int                         // the join of the statement that it begins at; -1 if it begins at what is joined to
	statementKey          string                      // of its statement; "" of a join
}

// List makes the tree of a root list.
func (c *Compiler) CompileList(ctx context.Context, m *recordstore.Model, f graphql.CollectedField) (*Plan, error) {
	p := c.planner(ctx)
	l, node, asked, err := p.root(m, f, Arguments(f.Field, p.op.Variables))
	if err != nil {
		return nil, err
	}
	t := &Plan{
		list:    l,
		varying: varies(f.Field),
		rows:    l.Page.Limit,
		cache:   &recordstore.StatementCache{},
		usage:   asked,
	}
	// A list with conditions is planned by Postgres for their values, each time: joins would make that dearer.
	t.build(p, node, l.Where == nil && t.varying != varyingAll)
	t.Connection = t.Node.connection(p.op, f.Definition.Type.Name(), f.Selections, t.Node, nil)
	t.static = t.static && t.varying == varyingNot
	return t, t.commit(p, f.Alias)
}

// Records makes the tree of one record that is read by its key, or of many that are known already. They are shown in as many
// ways as there are selection sets.
func (c *Compiler) CompileRecords(
	ctx context.Context,
	m *recordstore.Model,
	path string,
	rows int,
	read bool,
	sets ...ast.SelectionSet,
) (*Plan, error) {
	p := c.planner(ctx)
	sel := newSelection(m, rows)
	sel.single = read
	for _, set := range sets {
		if err := p.add(sel, path, 1, set); err != nil {
			return nil, err
		}
	}
	t := &Plan{rows: rows, Single: read, cache: &recordstore.StatementCache{}}
	t.build(p, sel, read)
	for _, set := range sets {
		t.Objects = append(t.Objects, t.Node.object(p.op, set))
	}
	return t, t.commit(p, path)
}

// build makes the places of all selections, now that they are complete. read says that the records it begins with are read
// by a statement, which hops can be joined to.
func (t *Plan) build(p *planner, root *Selection, read bool) {
	t.static, t.cacheable = true, true
	top := root.Model.Selected(root.Columns)
	at := map[*Selection]*Node{root: newPlace(root, top, 0)}
	leads := map[*Selection]int{root: -1}
	t.Statement = &Statement{width: len(top)}
	points := map[*Selection]joinPoint{}
	if read {
		points[root] = joinPoint{t.Statement, -1}
	}
	t.Node = at[root]
	t.lists = make([]List, len(p.hops))
	for i, made := range p.hops {
		near := at[made.near]
		h := &Hop{
			hopSelection:    made.hopSelection,
			ID:             i,
			parent:         leads[made.near],
			field:          made.field,
			path:           made.path,
			usage:          made.usage,
			Near:           made.near.Model,
			varying:        varies(made.field),
			cache:          &recordstore.StatementCache{},
			batchCache: &recordstore.StatementCache{},
		}
		for _, col := range h.Near.Indexes(h.Relation.Columns) {
			h.NearCells = append(h.NearCells, near.cells[col])
		}
		h.join(points, made.near)
		columns := h.target.Model.Selected(h.target.Columns)
		h.Node = newPlace(h.target, columns, h.Statement.addCells(len(columns)))
		at[h.target], leads[h.target] = h.Node, i
		if h.targetRow != nil {
			h.LinkColumns = append([]int{h.targetRow.Model.Primary()}, h.targetRow.Columns...)
			h.Link = newPlace(h.targetRow, h.LinkColumns, h.Statement.addCells(len(h.LinkColumns)))
			at[h.targetRow], leads[h.targetRow] = h.Link, i
		}
		t.static = t.static && h.varying == varyingNot
		t.lists[i] = h.list
		t.hops = append(t.hops, h)
		near.Hops = append(near.Hops, h)
	}
	for _, h := range t.hops {
		if !h.Joined {
			h.statementKey = h.newStatementKey()
		}
	}
	for _, pl := range at {
		t.cacheable = t.cacheable && pl.cacheable()
	}
}

func newPlace(sel *Selection, columns []int, first int) *Node {
	pl := &Node{Selection: sel, cells: make(map[int]int, len(columns))}
	for i, col := range columns {
		pl.cells[col] = first + i
	}
	return pl
}

// varies says what of a field's arguments depends on variables.
func varies(f *ast.Field) varying {
	v := varyingNot
	for _, a := range f.Arguments {
		size := a.Name == "first" || a.Name == "last"
		switch {
		case !hasVariable(a.Value):
		case size:
			v = max(v, varyingSize)
		default:
			return varyingAll
		}
	}
	return v
}

func hasVariable(v *ast.Value) bool {
	return v.Kind == ast.Variable ||
		slices.ContainsFunc(v.Children, func(c *ast.ChildValue) bool { return hasVariable(c.Value) })
}

// keepable reports whether the hops of a place are the same for all values of variables. They are not if two fields follow
// one relation, and have the same arguments or not as variables go.
func (pl *Node) cacheable() bool {
	written := map[string]string{} // arguments, by relation
	varying := map[string]bool{}
	several := map[string]bool{}
	for f := range pl.Selection.byField {
		var b strings.Builder
		for _, def := range f.Definition.Arguments {
			if a := f.Arguments.ForName(def.Name); a != nil {
				b.WriteString(a.Name + ":" + a.Value.String() + " ")
				varying[f.Name] = varying[f.Name] || hasVariable(a.Value)
			}
		}
		if other, ok := written[f.Name]; ok && other != b.String() {
			several[f.Name] = true
		}
		written[f.Name] = b.String()
	}
	for name := range several {
		if varying[name] {
			return false
		}
	}
	return true
}

// Trees are those of one position, by model: of some it is not known before which models there are. The zero value is good.
type PlansByModel struct {
	mu      sync.RWMutex
	byModel map[string]*Plan
}

// Bind finds the tree of a model and reads its arguments, or makes it. known is false if it had to be made.
func (ts *PlansByModel) Bind(
	ctx context.Context,
	c *Compiler,
	f graphql.CollectedField,
	m *recordstore.Model,
	rows int,
	compile func() (*Plan, error),
) (b Bound, known bool, err error) {
	ts.mu.RLock()
	t := ts.byModel[m.Name]
	ts.mu.RUnlock()
	if t != nil {
		if b, ok := c.bind(ctx, t, f, rows); ok {
			return b, true, nil
		}
	}
	if t, err = compile(); err != nil {
		return Bound{}, false, err
	}
	if t.cacheable {
		ts.mu.Lock()
		if ts.byModel == nil {
			ts.byModel = map[string]*Plan{}
		}
		ts.byModel[m.Name] = t
		ts.mu.Unlock()
	}
	return Bound{t, t.list, t.lists}, false, nil
}

// Bound is a tree with the lists of one request.
type Bound struct {
	*Plan
	List  List
	Lists []List
}

// bind reads the arguments that depend on variables. ok is false if a limit was passed or an argument is bad: making the
// tree anew tells which.
func (c *Compiler) bind(ctx context.Context, t *Plan, f graphql.CollectedField, rows int) (b Bound, ok bool) {
	p := c.planner(ctx)
	b = Bound{t, t.list, t.lists}
	if t.static && (t.Connection != nil || rows == t.rows) {
		return b, p.commit(f.Alias, t.totalUsage) == nil
	}
	if p.tally.add(f.Alias, t.fixedUsage) != nil {
		return b, false
	}
	if t.Connection != nil {
		if !p.bindList(&b.List, t.Node.Selection.Model, nil, f.Field, f.Alias, t.varying, t.usage) {
			return b, false
		}
		rows = b.List.Page.Limit
	}
	b.Lists = slices.Clone(t.lists)
	for i, h := range t.hops {
		if !h.Relation.Many {
			continue
		}
		if !p.bindList(
			&b.Lists[i],
			p.catalog.Target(h.Relation),
			p.catalog.Row(h.Relation),
			h.field,
			h.path,
			h.varying,
			h.usage,
		) {
			return b, false
		}
	}
	return b, p.commit(f.Alias, usage{fields: b.fields(rows)}) == nil
}

// bindList reads the arguments of one list, if they depend on variables. asked is by those that do not.
func (p *planner) bindList(l *List, m, row *recordstore.Model, f *ast.Field, path string, v varying, asked usage) bool {
	switch v {
	case varyingNot:
		return p.tally.add(path, asked) == nil
	case varyingSize:
		if p.tally.add(path, asked) != nil {
			return false
		}
		page, err := p.page(path, Arguments(f, p.op.Variables))
		if err != nil {
			return false
		}
		l.Page = *page
		return true
	}
	read, err := p.list(path, m, row, Arguments(f, p.op.Variables))
	if err != nil {
		return false
	}
	l.Where, l.Order, l.Page = read.Where, read.Order, read.Page
	return true
}

// Statement is what keeps the statement of the records it begins with, or nil if that depends on variables.
func (t *Plan) StatementCache() *recordstore.StatementCache {
	return cacheOf(t.cache, t.varying, t.Statement)
}

// Statement is what keeps the statement of the hop, from one record alone or from several; nil if it depends on variables.
func (h *Hop) StatementCache(several bool) *recordstore.StatementCache {
	if several && h.Single {
		return cacheOf(h.batchCache, h.varying, h.Statement)
	}
	return cacheOf(h.cache, h.varying, h.Statement)
}

func cacheOf(s *recordstore.StatementCache, v varying, r *Statement) *recordstore.StatementCache {
	if v == varyingAll || slices.ContainsFunc(r.joins, func(h *Hop) bool { return h.varying == varyingAll }) {
		return nil
	}
	return s
}
