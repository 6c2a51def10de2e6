package linktest

import (
	"context"
	"slices"
	"strings"

	"github.com/linkgraph/linkgraph/linkstore"
)

// SetLinks makes the links of a record exactly the given ones.
func (m *Model) SetLinks(
	_ context.Context,
	of linkstore.Source,
	to []linkstore.Target,
) ([]linkstore.SetResult, error) {
	record, pairs, err := m.resolveSet(of, to)
	if err != nil {
		return nil, err
	}
	var results []linkstore.SetResult
	err = m.atomically(func() error {
		if !m.now.records[record].live {
			return linkstore.ErrRecordNotFound
		}
		near := []linkstore.Pair{}
		for q, l := range m.now.links {
			if l.live && q.Link == of.Link && m.near(of, q) == record.ID {
				near = append(near, q)
			}
		}
		errs := make([]error, len(pairs))
		for i, p := range pairs {
			if left, right := m.ends(p); !m.now.records[left].live || !m.now.records[right].live {
				errs[i] = linkstore.ErrRecordNotFound
			}
			for _, q := range m.conflicts(p) {
				if !slices.Contains(near, q) { // the others of the record are dismissed
					fail(&errs[i], linkstore.ErrConflict)
				}
			}
		}
		if err := itemsError(errs); err != nil {
			return err
		}
		dismissed := m.dismissOthers(of, record.ID, pairs)
		for i, p := range pairs {
			results = append(results, linkstore.SetResult{
				Outcome: m.link(p, to[i].Data),
				Link:    linkstore.Link{Name: p.Link, Left: p.Left, Right: p.Right},
			})
		}
		results = append(results, dismissed...)
		return nil
	})
	return results, err
}

// resolveSet returns the record and the pairs, and refuses pairs that are named twice or exclude each other.
func (m *Model) resolveSet(
	of linkstore.Source,
	to []linkstore.Target,
) (record Record, pairs []linkstore.Pair, err error) {
	d, known := m.catalog.Link(of.Link)
	if !known {
		return record, nil, linkstore.ErrLinkNotDefined
	}
	if d.ReadOnly != "" {
		return record, nil, linkstore.ErrReadOnly
	}
	record = Record{d.Left.Model, of.ID}
	if of.From == linkstore.Right {
		record.Model = d.Right.Model
	}
	model, _ := m.catalog.Model(record.Model)
	parts, err := model.SplitKey(of.ID)
	if err != nil {
		return record, nil, err
	}
	record.ID = model.JoinKey(parts...)
	items := make([]linkstore.Item, len(to))
	for i, t := range to {
		items[i] = linkstore.Item{Link: of.Link, Left: record.ID, Right: t.ID}
		if of.From == linkstore.Right {
			items[i].Left, items[i].Right = t.ID, record.ID
		}
	}
	pairs, errs := m.resolve(items)
	if err := itemsError(errs); err != nil {
		return record, nil, err
	}
	for i, p := range pairs {
		if slices.Contains(pairs[:i], p) {
			errs[i] = linkstore.ErrInvalid
		}
	}
	for i, p := range pairs {
		for j, q := range pairs[:i] {
			if m.excludes(p, q) {
				fail(&errs[i], &linkstore.ExclusionError{Index: i, Other: j})
			}
		}
	}
	return record, pairs, itemsError(errs)
}

// near returns the id of a pair at the end of the source.
func (m *Model) near(of linkstore.Source, p linkstore.Pair) string {
	if of.From == linkstore.Right {
		return p.Right
	}
	return p.Left
}

// dismissOthers dismisses the links of a record that are not among the pairs.
func (m *Model) dismissOthers(of linkstore.Source, id string, pairs []linkstore.Pair) []linkstore.SetResult {
	var results []linkstore.SetResult
	for p, l := range m.now.links {
		if !l.live || p.Link != of.Link || m.near(of, p) != id || slices.Contains(pairs, p) {
			continue
		}
		m.now.links[p] = linkState{quantity: l.quantity}
		results = append(results, linkstore.SetResult{
			Outcome: linkstore.Dismissed,
			Link:    linkstore.Link{Name: p.Link, Left: p.Left, Right: p.Right},
		})
	}
	slices.SortFunc(results, func(a, b linkstore.SetResult) int {
		return strings.Compare(a.Link.Left+"\x00"+a.Link.Right, b.Link.Left+"\x00"+b.Link.Right)
	})
	return results
}
