package resolve

import (
	"fmt"
	"reflect"
	"strings"
)

// signature tells hops apart by what they read: from where, over which relation, which columns, and what is joined to it. Two that have
// the same one read the same but for their keys and the arguments of their lists.
func (h *compiledHop) signature() string {
	var b strings.Builder
	write := func(of *compiledHop) {
		fmt.Fprintf(&b, "%s.%s %v %v %d;", of.near.Name, of.relation.Field, of.hop.node.columns, of.linkCells, of.joinedFrom)
	}
	write(h)
	for _, joined := range h.reading.joins {
		write(joined)
	}
	return b.String()
}

// same returns the hops among others that are the same as f but for their keys, f among them.
func (f *fetch) same(others []*fetch) []*fetch {
	same := others[:1:1]
	for _, other := range others[1:] {
		if other.hop != nil && other.followed().rows == nil && f.sameAs(other) {
			same = append(same, other)
		}
	}
	return same
}

func (f *fetch) sameAs(other *fetch) bool {
	if f.hop.shape != other.hop.shape || !sameList(f, other, f.hop, other.hop) {
		return false
	}
	for i, joined := range f.hop.reading.joins {
		if !sameList(f, other, joined, other.hop.reading.joins[i]) {
			return false
		}
	}
	return true
}

// sameList reports whether the arguments of two hops are the same, and what is looked at of their lists.
func sameList(f, other *fetch, of, as *compiledHop) bool {
	a, b := &f.bound.lists[of.id], &other.bound.lists[as.id]
	return a.page == b.page && a.rows == b.rows && a.cursors == b.cursors && a.more == b.more && a.count == b.count &&
		reflect.DeepEqual(a.where, b.where) && reflect.DeepEqual(a.order, b.order)
}
