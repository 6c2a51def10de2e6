package linkstore

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Get returns the live links of pairs, in the order of the items. The link of a pair that is not linked is nil. If items
// are invalid, the error is an *ItemsError.
func (s *Store) Get(ctx context.Context, items []Item) ([]*Link, error) {
	if err := s.checkCount("links", len(items)); err != nil {
		return nil, err
	}
	kinds := map[string][]int{} // the indexes of the items of each link
	pairs, faults := make([]Pair, len(items)), itemFaults{}
	var name string
	var kind []int
	for i, item := range items {
		d, pair, err := s.stored(item)
		if err != nil {
			faults[i] = err
			continue
		}
		if d.Name != name {
			kinds[name] = kind
			name, kind = d.Name, kinds[d.Name]
		}
		pairs[i], kind = pair, append(kind, i)
	}
	if err := faults.err(len(items)); err != nil {
		return nil, err
	}
	kinds[name] = kind
	out := make([]*Link, len(items))
	for _, name := range sortedKeys(kinds) {
		d := s.catalog.byLink[name]
		if d == nil || s.absent(d) {
			continue
		}
		if err := s.getKind(ctx, d, pairs, kinds[name], out); err != nil {
			return nil, fmt.Errorf("get links: %w", err)
		}
	}
	return out, nil
}

// getKind reads the live links of the items in kind, which must all be of one kind, into out.
func (s *Store) getKind(ctx context.Context, d *Definition, pairs []Pair, kind []int, out []*Link) error {
	left, right := make([]string, len(kind)), make([]string, len(kind))
	for i, at := range kind {
		left[i], right[i] = pairs[at].Left, pairs[at].Right
	}
	// The query relies on the primary key. It returns the link of a repeated pair more than once.
	var links []Link
	err := s.read(ctx, func() error {
		rows, err := s.db.Query(ctx, fmt.Sprintf(`
			SELECT %s FROM unnest(%s) AS p(%s) JOIN %s AS t ON %s WHERE t.deleted_at IS NULL`,
			d.columns(), d.pairArrays(len(kind)), d.pairNames(""), d.table(), d.pairOn()), d.pairArgs(left, right)...)
		if err != nil {
			return err
		}
		links, err = pgx.CollectRows(rows, d.scanner())
		return err
	})
	if err != nil {
		return err
	}
	type ends struct{ left, right string }
	found := make(map[ends]*Link, len(links))
	for i := range links {
		found[ends{links[i].Left, links[i].Right}] = &links[i]
	}
	for _, at := range kind {
		out[at] = found[ends{pairs[at].Left, pairs[at].Right}]
	}
	return nil
}
