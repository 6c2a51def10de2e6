package plan

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/linkgraph/linkgraph/internal/recordstore"
)

const (
	// joinedRows is up to how many records a foreign key is followed by a join. More records are likely to share the records that they
	// refer to: a hop reads each of those once, a join once per row.
	joinedRows = 100
	// maxJoins bounds the joins of a statement, because the time that Postgres takes to plan grows with them.
	maxJoins = 6
)

// Statement is what one SQL statement reads: the rows of a node, and records that are joined to each row.
type Statement struct {
	width int // cells of a row, without sort keys
	joins []*Hop
}

// addCells adds cells to the rows and returns the index of the first.
func (r *Statement) addCells(cells int) int {
	r.width += cells
	return r.width - cells
}

// joinPoint is where records are read, for what is joined to them.
type joinPoint struct {
	*Statement
	join int // that the records are of; -1 if they are not of a join
}

// join decides whether the hop is joined to the statement that reads its near records. Otherwise it gets a statement of its own.
func (h *Hop) join(points map[*Selection]joinPoint, near *Selection) {
	from, ok := points[near]
	if !ok || len(from.joins) == maxJoins || !h.toOne(near) {
		h.Statement = &Statement{}
		points[h.target] = joinPoint{h.Statement, -1}
		return
	}
	h.Statement, h.Joined, h.joinedFrom = from.Statement, true, from.join
	points[h.target] = joinPoint{h.Statement, len(h.Statement.joins)}
	h.Statement.joins = append(h.Statement.joins, h)
}

// toOne reports whether the hop leads each record to one other at most, and is no slower as a join.
func (h *Hop) toOne(near *Selection) bool {
	r, l := h.Relation, &h.list
	if r.Many {
		return l.rows && l.Page.Limit == 1 && !l.Count && !l.cursors && !l.more && !pageVaries(h.field) &&
			l.Page.After == "" &&
			l.Page.Before == ""
	}
	return r.Through != nil || near.Model.IsKey(r.Columns) || near.maxRows <= joinedRows
}

// Joins returns the joins of the statement for the record store. lists are those of a BoundPlan.
func (r *Statement) Joins(lists []List) []recordstore.Join {
	if len(r.joins) == 0 {
		return nil
	}
	joins := make([]recordstore.Join, len(r.joins))
	for i, h := range r.joins {
		l := &lists[h.ID]
		joins[i] = recordstore.Join{
			From:       h.joinedFrom,
			Model:      h.Near,
			Relation:   h.Relation,
			Columns:    h.target.Columns,
			RowColumns: h.LinkColumns,
			Where:      l.Where,
			Order:      l.Order,
			Backward:   l.Page.Backward,
			Deleted:    l.Deleted,
		}
	}
	return joins
}

// pageVaries reports whether a variable decides which part of a list is read.
func pageVaries(f *ast.Field) bool {
	return slices.ContainsFunc(f.Arguments, func(a *ast.Argument) bool {
		return slices.Contains([]string{"first", "last", "after", "before"}, a.Name) && hasVariable(a.Value)
	})
}
