package plan

import (
	"fmt"
	"reflect"
	"strings"
)

// signature tells hops apart by what they read: from where, over which relation, which columns, and what is joined to it. Two that have
// the same one read the same but for their keys and the arguments of their lists.
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

// Same reports whether two hops read the same but for their keys: their arguments are the same too, and what is looked at of their lists.
func (h *Hop) SameStatement(b *Bound, other *Hop, of *Bound) bool {
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
	return a.Page == b.Page && a.rows == b.rows && a.cursors == b.cursors && a.more == b.more && a.Count == b.Count &&
		reflect.DeepEqual(a.Where, b.Where) && reflect.DeepEqual(a.Order, b.Order)
}
