package linkstore

import (
	"cmp"
	"hash/fnv"
	"slices"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// setLockOrder ranks the models. A model comes after every model whose records it is deleted with, by ownership or
// by a cascading link. A deletion then reaches records in the order in which it has to lock them. In a cycle of
// models the order of declaration decides.
func (c *Catalog) setLockOrder() {
	predecessors := map[*Model][]*Model{} // the models that must come before each
	for _, m := range c.models {
		for _, o := range m.Owns {
			child := c.byModel[o.Model]
			predecessors[child] = append(predecessors[child], m)
		}
	}
	for _, d := range c.links {
		if d.Right.DeleteCascade {
			predecessors[d.right] = append(predecessors[d.right], d.left)
		}
		if d.Left.DeleteCascade {
			predecessors[d.left] = append(predecessors[d.left], d.right)
		}
		if d.ReadOnly == "" && d.SkipExistence {
			d.left.mayLackRow, d.right.mayLackRow = true, true
		}
	}
	for _, m := range c.models {
		m.mayLackRow = m.mayLackRow || m.Table == ""
	}
	for remaining := slices.Clone(c.models); len(remaining) > 0; {
		next := max(0, slices.IndexFunc(remaining, func(m *Model) bool {
			return !slices.ContainsFunc(
				predecessors[m],
				func(before *Model) bool { return before != m && slices.Contains(remaining, before) },
			)
		}))
		remaining[next].rank = len(c.ordered)
		c.ordered = append(c.ordered, remaining[next])
		remaining = slices.Delete(remaining, next, next+1)
	}
}

// LockOrder returns all models in the order in which a Store locks their records. Other code that locks the same
// records must take them in this order, and the records of one model in the order of the bytes of their keys.
func (c *Catalog) LockOrder() []*Model { return c.ordered }

// compareLocks compares two records by lock order.
func (r record) compareLocks(o record) int {
	if c := cmp.Compare(r.model.rank, o.model.rank); c != 0 {
		return c
	}
	return slices.Compare(rowkey.Split(r.id, len(r.model.key)), rowkey.Split(o.id, len(o.model.key)))
}

// buckets is the number of advisory locks that stand for records without a row. It is small because Postgres has
// room for a few thousand locks.
const buckets = 512

// bucket returns the key of the record's advisory lock.
func (r record) bucket() int32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(r.model.Name + "\x00" + r.id)) // never fails
	return int32(h.Sum32() % buckets)
}

// bucketClass is the first half of the keys of these advisory locks: the letters "link".
const bucketClass = 0x6c696e6b
