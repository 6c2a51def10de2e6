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

// Plan is the query plan of what is below a root field, for records of one model. It does not change once it is compiled, so that requests
// can share it.
type Plan struct {
	Node        *Node
	Objects     []*Object    // how a record is written, for each selection set
	Connection  *Connection  // how a root list is written; nil of records
	LinkSources []LinkSource // how the rows of links are filled; nil of other records

	list       List // the arguments of a root list
	varying    varying
	cache      *recordstore.StatementCache
	lookups    map[string]*recordstore.StatementCache // of a record by a unique column
	usage      usage                                  // of the arguments of the root list
	fixedUsage usage                                  // of everything but arguments
	Statement  *Statement                             // that reads the records it begins with
	lists      []List
	hops       []*Hop // parents before children
	static     bool   // no argument depends on a variable
	rows       int    // for how many records it was compiled
	Single     bool   // it begins with one record at most, whatever the variables
	totalUsage usage  // of all of it
	expected   *expectedLists
	cacheable  bool
}

// varying says how far the arguments of a list depend on variables.
type varying uint8

const (
	varyingNot  varying = iota
	varyingSize         // only the page size
	varyingAll
)

// Node is the records of one selection set: which columns are read, and which cells of a row hold them.
type Node struct {
	Selection *Selection
	cells     map[int]int // index of the cell, by index of the column
	Hops      []*Hop
}

// Leads reports whether there is more to read below the records that the hop leads to.
func (h *Hop) Leads() bool { return h.Node.Leads() || h.Link != nil && h.Link.Leads() }

// Leads reports whether there is more to read below the records of the node.
func (n *Node) Leads() bool {
	return slices.ContainsFunc(n.Hops, func(h *Hop) bool { return !h.Joined || h.Leads() })
}

// Hop leads from the records of a node to related ones: along a relation inside a module, or along a link.
type Hop struct {
	*hopSelection
	ID           int // index of its arguments in BoundPlan.Lists
	field        *ast.Field
	path         string
	usage        usage // of its arguments
	varying      varying
	NearCells    []int // that hold the key of the near record
	Near         *recordstore.Model
	Node, Link   *Node
	LinkColumns  []int // of the join table's row; nil if it is not read
	cache        *recordstore.StatementCache
	batchCache   *recordstore.StatementCache // for a batch of hops that each begin at one record
	Statement    *Statement                  // that reads it
	Joined       bool                        // it is read by the statement of another hop or of the root
	joinedFrom   int                         // the join that it begins at; -1 for the main rows of the statement
	statementKey string                      // equal for hops with the same SQL; "" of a joined hop
}

// CompileList compiles a root field that lists a model. The error is an *InputError for a bad argument, or a *LimitError if the operation
// asks for too much.
func (c *Compiler) CompileList(ctx context.Context, m *recordstore.Model, f graphql.CollectedField) (*Plan, error) {
	p := c.newPlanner(ctx)
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
	// Postgres plans a list with conditions anew for each set of values, and joins would make planning slower.
	t.build(p, node, l.Where == nil && t.varying != varyingAll)
	t.Connection = connection(p.op, f.Definition.Type.Name(), f.Selections, t.Node, nil)
	t.static = t.static && t.varying == varyingNot
	return t, t.commit(p, f.Alias)
}

// CompileRecords compiles what is below records: one that is read by its key, if read is set, or up to rows that are known already. The
// plan has an Object for each selection set. Errors are those of CompileList; path names the field in them.
func (c *Compiler) CompileRecords(
	ctx context.Context,
	m *recordstore.Model,
	path string,
	rows int,
	read bool,
	sets ...ast.SelectionSet,
) (*Plan, error) {
	p := c.newPlanner(ctx)
	sel := newSelection(m, rows)
	sel.single = read
	for _, set := range sets {
		if err := p.add(sel, path, 1, set); err != nil {
			return nil, err
		}
	}
	t := &Plan{rows: rows, Single: read, cache: &recordstore.StatementCache{}}
	if read {
		t.lookups = map[string]*recordstore.StatementCache{}
		for _, c := range m.Columns {
			if c.Unique {
				t.lookups[c.Name] = &recordstore.StatementCache{}
			}
		}
	}
	t.build(p, sel, read)
	for _, set := range sets {
		t.Objects = append(t.Objects, t.Node.object(p.op, set))
	}
	return t, t.commit(p, path)
}

// build makes the nodes and hops from the collected selections. It runs after all of them are collected, because only then are the columns
// of a selection complete. With read, the records that the plan begins with come from a statement, and hops can be joined to it.
func (t *Plan) build(p *planner, root *Selection, read bool) {
	t.expected = p.compiler.expect.current()
	t.static, t.cacheable = true, true
	top := root.Model.Selected(root.Columns)
	at := map[*Selection]*Node{root: newPlace(root, top, 0)}
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
			hopSelection: made.hopSelection,
			ID:           i,
			field:        made.field,
			path:         made.path,
			usage:        made.usage,
			Near:         made.near.Model,
			varying:      varies(made.field),
			cache:        &recordstore.StatementCache{},
			batchCache:   &recordstore.StatementCache{},
		}
		for _, col := range h.Near.Indexes(h.Relation.Columns) {
			h.NearCells = append(h.NearCells, near.cells[col])
		}
		h.join(points, made.near)
		columns := h.target.Model.Selected(h.target.Columns)
		h.Node = newPlace(h.target, columns, h.Statement.addCells(len(columns)))
		at[h.target] = h.Node
		if h.targetRow != nil {
			h.LinkColumns = append([]int{h.targetRow.Model.Primary()}, h.targetRow.Columns...)
			h.Link = newPlace(h.targetRow, h.LinkColumns, h.Statement.addCells(len(h.LinkColumns)))
			at[h.targetRow] = h.Link
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
	for _, n := range at {
		t.cacheable = t.cacheable && n.cacheable()
	}
}

func newPlace(sel *Selection, columns []int, first int) *Node {
	n := &Node{Selection: sel, cells: make(map[int]int, len(columns))}
	for i, col := range columns {
		n.cells[col] = first + i
	}
	return n
}

// varies reports how far the arguments of a field depend on variables.
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

// cacheable reports whether the node has the same hops for all values of variables. It has not if two fields follow one relation and the
// values decide whether their arguments are equal: equal fields share a hop.
func (n *Node) cacheable() bool {
	written := map[string]string{} // arguments, by relation
	varying := map[string]bool{}
	several := map[string]bool{}
	for f := range n.Selection.byField {
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

// PlansByModel caches the plans of one root field by model: the model of a field such as node is only known when it is resolved. The zero
// value is ready to use, and safe for concurrent use.
type PlansByModel struct {
	mu      sync.RWMutex
	byModel map[string]*Plan
}

// Bind returns the plan of a model with the arguments of this request. A plan that is not cached yet is made by compile; known is then
// false. Errors are those of compile.
func (ts *PlansByModel) Bind(
	ctx context.Context,
	c *Compiler,
	f graphql.CollectedField,
	m *recordstore.Model,
	rows int,
	compile func() (*Plan, error),
) (b BoundPlan, known bool, err error) {
	ts.mu.RLock()
	t := ts.byModel[m.Name]
	ts.mu.RUnlock()
	if t != nil && t.expected == c.expect.current() {
		if b, ok := c.bind(ctx, t, f, rows); ok {
			return b, true, nil
		}
	}
	if t, err = compile(); err != nil {
		return BoundPlan{}, false, err
	}
	if t.cacheable {
		ts.mu.Lock()
		if ts.byModel == nil {
			ts.byModel = map[string]*Plan{}
		}
		ts.byModel[m.Name] = t
		ts.mu.Unlock()
	}
	return BoundPlan{t, t.list, t.lists}, false, nil
}

// BoundPlan is a plan with the arguments of one request.
type BoundPlan struct {
	*Plan
	List  List
	Lists []List
}

// bind evaluates the arguments that depend on variables. ok is false if an argument is bad or a limit is exceeded: the caller compiles the
// plan again, which gives the error with its path.
func (c *Compiler) bind(ctx context.Context, t *Plan, f graphql.CollectedField, rows int) (b BoundPlan, ok bool) {
	p := c.newPlanner(ctx)
	b = BoundPlan{t, t.list, t.lists}
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

// bindList evaluates the arguments of one list. asked is their usage if no variable changes it.
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
	l.Where, l.Order, l.Page, l.Deleted = read.Where, read.Order, read.Page, read.Deleted
	return true
}

// StatementCache returns the cache for the SQL of the first records, or nil if variables change the SQL. A record that is looked up by a
// unique column has another SQL than one by its primary key, for which by is "".
func (t *Plan) StatementCache(by string) *recordstore.StatementCache {
	if by != "" {
		return cacheOf(t.lookups[by], t.varying, t.Statement)
	}
	return cacheOf(t.cache, t.varying, t.Statement)
}

// StatementCache returns the cache for the SQL of the hop, or nil if variables change the SQL. A hop from one record has another SQL when it
// is batched with hops of other root fields.
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
