package linktest

import (
	"context"
	"fmt"
	"maps"

	"github.com/linkgraph/linkgraph/linkstore"
)

// asked is a pair that a call asks for, by one item or by several.
type asked struct {
	pair  linkstore.Pair
	first int // the first item that names it
	data  map[string]any
	err   error
}

// Create links pairs.
func (m *Model) Create(
	_ context.Context,
	items []linkstore.Item,
	opts linkstore.CreateOptions,
) ([]linkstore.CreateResult, error) {
	all, of, errs := m.ask(items)
	for _, a := range all {
		if left, right := m.ends(a.pair); !m.now.records[left].live || !m.now.records[right].live {
			fail(&a.err, linkstore.ErrRecordNotFound)
		}
	}
	for _, a := range all {
		if len(m.conflicts(a.pair)) > 0 && !opts.Replace {
			fail(&a.err, linkstore.ErrConflict)
		}
	}
	m.excludeWithin(all, opts)
	for i, a := range of {
		if a != nil {
			errs[i] = a.errorFor(i)
		}
	}
	if err := itemsError(errs); err != nil && !opts.Partial {
		return nil, err
	}
	results := make([]linkstore.CreateResult, len(items))
	m.dismissConflicts(all, results)
	for _, a := range all {
		if a.err == nil {
			results[a.first].Outcome = m.link(a.pair, a.data)
		}
	}
	for i, a := range of {
		if results[i].Err = errs[i]; errs[i] == nil && a.first != i {
			results[i].Outcome = linkstore.Unchanged // the first item with this pair reports the outcome
		}
	}
	return results, nil
}

// ask returns the pairs that items ask for, in the order of the items, and the pair of each item. errs has the errors of
// the items that have none.
func (m *Model) ask(items []linkstore.Item) (all, of []*asked, errs []error) {
	pairs, errs := m.resolve(items)
	of = make([]*asked, len(items))
	for i, p := range pairs {
		if errs[i] != nil {
			continue
		}
		for _, a := range all {
			if a.pair == p {
				of[i] = a
			}
		}
		switch {
		case of[i] == nil:
			of[i] = &asked{pair: p, first: i, data: maps.Clone(items[i].Data)}
			all = append(all, of[i])
		case differ(of[i].data, items[i].Data):
			of[i], errs[i] = nil, linkstore.ErrInvalid
		case of[i].data == nil:
			of[i].data = maps.Clone(items[i].Data)
		default:
			maps.Copy(of[i].data, items[i].Data)
		}
	}
	return all, of, errs
}

func differ(a, b map[string]any) bool {
	x, inA := a["quantity"]
	y, inB := b["quantity"]
	return inA && inB && x != y
}

// conflicts returns the live links that exclude a pair.
func (m *Model) conflicts(p linkstore.Pair) []linkstore.Pair {
	var found []linkstore.Pair
	for q, l := range m.now.links {
		if l.live && m.excludes(p, q) {
			found = append(found, q)
		}
	}
	return found
}

// excludeWithin fails pairs that exclude an earlier one. A pair that a partial call skips excludes no other. A pair that
// is linked already is not failed, unless it may be replaced.
func (m *Model) excludeWithin(all []*asked, opts linkstore.CreateOptions) {
	for i, a := range all {
		if m.now.links[a.pair].live && !opts.Replace {
			continue
		}
		for _, b := range all[:i] {
			if m.excludes(a.pair, b.pair) && (b.err == nil || !opts.Partial) {
				fail(&a.err, &linkstore.ExclusionError{Index: a.first, Other: b.first})
			}
		}
	}
}

// errorFor returns the error of one of the items that name the pair.
func (a *asked) errorFor(item int) error {
	if e, ok := a.err.(*linkstore.ExclusionError); ok { //nolint:errorlint // fail was called with it
		return &linkstore.ExclusionError{Index: item, Other: e.Other}
	}
	return a.err
}

// dismissConflicts dismisses the live links that exclude pairs, and adds them to the results of those pairs.
func (m *Model) dismissConflicts(all []*asked, results []linkstore.CreateResult) {
	gone := map[linkstore.Pair]bool{}
	for _, a := range all {
		if a.err != nil {
			continue
		}
		for _, q := range m.conflicts(a.pair) {
			gone[q] = true
			results[a.first].Replaced = append(
				results[a.first].Replaced,
				linkstore.Link{Name: q.Link, Left: q.Left, Right: q.Right},
			)
		}
	}
	for q := range gone {
		m.now.links[q] = linkState{quantity: m.now.links[q].quantity}
	}
}

func (m *Model) link(p linkstore.Pair, data map[string]any) linkstore.Outcome {
	old, existed := m.now.links[p]
	quantity := old.quantity
	if !existed && p.Link == Stocked {
		quantity = "1"
	}
	if v, ok := data["quantity"]; ok {
		quantity = fmt.Sprint(v)
	}
	m.now.links[p] = linkState{live: true, quantity: quantity}
	switch {
	case !existed:
		return linkstore.Created
	case !old.live:
		return linkstore.Revived
	case old.quantity != quantity:
		return linkstore.Updated
	}
	return linkstore.Unchanged
}
