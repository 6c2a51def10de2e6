package plan

import (
	"fmt"
	"reflect"
	"strings"
)

// newStatementKey describes what the hop's statement reads: the relation, the columns and the joins. Hops with equal keys differ in their
// near records and in the arguments of lists at most.
func (h *Hop) newStatementKey() string {
	var b strings.Builder
	write := func(of *Hop) {
		fmt.Fprintf(
			&b,
			"%s.%s %v %v %d;",
			of.Near.Name,
			of.Relation.Field,
			of.target.Columns,
			of.LinkColumns,
			of.joinedFrom,
		)
	}
	write(h)
	for _, joined := range h.Statement.joins {
		write(joined)
	}
	return b.String()
}

// SameStatement reports whether two hops can be read by one statement: they differ in nothing but the keys of their near records. b and of
// hold the arguments of h and other.
func (h *Hop) SameStatement(b *BoundPlan, other *Hop, of *BoundPlan) bool {
	if h.statementKey != other.statementKey || !sameList(&b.Lists[h.ID], &of.Lists[other.ID]) {
		return false
	}
	for i, joined := range h.Statement.joins {
		if !sameList(&b.Lists[joined.ID], &of.Lists[other.Statement.joins[i].ID]) {
			return false
		}
	}
	return true
}

func sameList(a, b *List) bool {
	return a.Page == b.Page && a.Deleted == b.Deleted && a.rows == b.rows && a.cursors == b.cursors &&
		a.more == b.more &&
		a.Count == b.Count &&
		reflect.DeepEqual(a.Where, b.Where) &&
		reflect.DeepEqual(a.Order, b.Order)
}
