package linkstore

import (
	"cmp"
	"hash/fnv"
	"slices"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// setLockOrder ranks the models: one whose records go with those of another, because these own them or a link cascades to them, comes
// after it. A deletion then finds what it reaches in the order in which it has to lock it. Where models lead back to each other the
// order of declaration decides.
func (c *Catalog) setLockOrder() {
	after := map[*Model][]*Model{} // what has to come before
	for _, m := range c.models {
		for _, o := range m.Owns {
			child := c.byModel[o.Model]
			after[child] = append(after[child], m)
		}
	}
	for _, d := range c.links {
		if d.Right.DeleteCascade {
			after[d.right] = append(after[d.right], d.left)
		}
		if d.Left.DeleteCascade {
			after[d.left] = append(after[d.left], d.right)
		}
		if d.ReadOnly == "" && d.SkipExistence {
			d.left.loose, d.right.loose = true, true
		}
	}
	for _, m := range c.models {
		m.loose = m.loose || m.Table == ""
	}
	for left := slices.Clone(c.models); len(left) > 0; {
		next := max(0, slices.IndexFunc(left, func(m *Model) bool {
			return !slices.ContainsFunc(
				after[m],
				func(before *Model) bool { return before != m && slices.Contains(left, before) },
			)
		}))
		left[next].rank = len(c.ordered)
		c.ordered = append(c.ordered, left[next])
		left = slices.Delete(left, next, next+1)
	}
}

// LockOrder returns all models in the order in which their records are locked. Who locks records beside a Store takes them in this
// order, and those of one model in the order of the bytes of their keys.
func (c *Catalog) LockOrder() []*Model { return c.ordered }

// compareLocks is the order in which records are locked.
func (r record) compareLocks(o record) int {
	if c := cmp.Compare(r.model.rank, o.model.rank); c != 0 {
		return c
	}
	return slices.Compare(rowkey.Split(r.id, len(r.model.key)), rowkey.Split(o.id, len(o.model.key)))
}

// buckets is how many advisory locks stand for the records that no row stands for: few, as Postgres has room for a few thousand.
const buckets = 512

// bucket is the advisory lock of a record.
func (r record) bucket() int32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(r.model.Name + "\x00" + r.id)) // never fails
	return int32(h.Sum32() % buckets)
}

// bucketClass is the first half of these locks' keys: the letters "link".
const bucketClass = 0x6c696e6b
