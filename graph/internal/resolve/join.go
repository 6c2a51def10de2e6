package resolve

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"linkgraph/modules"
)

const (
	// joinedRows is up to how many records a column of theirs that names another record is followed in their own statement.
	// More records are likely to name the same ones, and a hop reads each of these once.
	joinedRows = 100
	// maxJoins bounds the joins of a statement: Postgres takes longer to plan the more there are.
	maxJoins = 6
)

// reading is what one statement reads.
type reading struct {
	width int // cells of a row, without sort keys
	joins []*compiledHop
}

// take adds cells and returns the first.
func (r *reading) take(cells int) int {
	r.width += cells
	return r.width - cells
}

// joinPoint is where records are read, for what is joined to them.
type joinPoint struct {
	*reading
	join int // that the records are of; -1 if they are not of a join
}

// join decides whether a hop is made in the statement that reads the records it begins at. If not, it has a statement of its own.
func (h *compiledHop) join(points map[*selection]joinPoint, near *selection) {
	from, ok := points[near]
	if !ok || len(from.joins) == maxJoins || !h.toOne(near) {
		h.reading = &reading{}
		points[h.hop.node] = joinPoint{h.reading, -1}
		return
	}
	h.reading, h.joined, h.joinedFrom = from.reading, true, from.join
	points[h.hop.node] = joinPoint{h.reading, len(h.reading.joins)}
	h.reading.joins = append(h.reading.joins, h)
}

// toOne reports whether the hop leads each record to one at most, and costs no more as a join.
func (h *compiledHop) toOne(near *selection) bool {
	r, l := h.relation, &h.list
	if r.Many {
		return l.rows && l.page.Limit == 1 && !l.count && !l.cursors && !l.more && !pageVaries(h.field) && l.page.After == "" && l.page.Before == ""
	}
	return r.Through != nil || near.model.IsKey(r.Columns) || near.most <= joinedRows
}

// requests are the joins as the record store takes them.
func (r *reading) requests(lists []listPlan) []modules.Join {
	if len(r.joins) == 0 {
		return nil
	}
	joins := make([]modules.Join, len(r.joins))
	for i, h := range r.joins {
		l := &lists[h.id]
		joins[i] = modules.Join{
			From: h.joinedFrom, Model: h.near, Relation: h.relation, Columns: h.hop.node.columns, RowColumns: h.linkCells,
			Where: l.where, Order: l.order, Backward: l.page.Backward,
		}
	}
	return joins
}

// pageVaries reports whether a variable says which part of a list is read.
func pageVaries(f *ast.Field) bool {
	return slices.ContainsFunc(f.Arguments, func(a *ast.Argument) bool {
		return slices.Contains([]string{"first", "last", "after", "before"}, a.Name) && hasVariable(a.Value)
	})
}
