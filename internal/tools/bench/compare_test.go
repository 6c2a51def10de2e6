package main

import (
	"bytes"
	"context"
	"io"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/internal/pgtest"
)

// comparisonOf returns a comparison on a store of its own.
func comparisonOf(t *testing.T) *comparison {
	t.Helper()
	const products = 640
	db := pgtest.NewFrom(
		t,
		"bench",
		func(ctx context.Context, pool *pgxpool.Pool) error { return load(ctx, pool, products) },
	)
	c, err := newComparison(t.Context(), db.Pool, options{out: io.Discard, products: products})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	return c
}

func TestWaysReadTheSame(t *testing.T) {
	t.Parallel()
	c := comparisonOf(t)
	for _, q := range comparedQueries() {
		if _, err := c.checkRead(q); err != nil {
			t.Error(err)
		}
	}
}

func TestWaysWriteTheSame(t *testing.T) {
	t.Parallel()
	c := comparisonOf(t)
	if err := c.prepareWrites(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, s := range c.scenarios() {
		if _, err := c.checkWrites(t.Context(), &s); err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
	}
}

// TestHandWritesCarefully compares rare cases: records and links that are named twice, do not exist, or were deleted
// before.
func TestHandWritesCarefully(t *testing.T) {
	t.Parallel()
	c := comparisonOf(t)
	if err := c.prepareWrites(t.Context()); err != nil {
		t.Fatal(err)
	}
	links := func(right ...string) (v variables) {
		for _, id := range right {
			v.Links = append(v.Links, newLinkInput(productID(1), id))
		}
		return v
	}
	all := scenarios(c.products)
	create, dismiss := all[0].writes[0], all[0].writes[2]
	remove, restore := all[3].writes[0], all[3].writes[1]
	shared := variables{IDs: []string{variantID(10), variantID(11), variantID(10)}}
	steps := []struct {
		written
		v variables
	}{
		{create, links("w1", "w2", "w1")},
		{create, links("w2", "w3")},
		{create, links("w1", "nobody")},
		{dismiss, links("w1", "w9", "w1")},
		{create, links("w1", "w2")},
		{remove, shared},
		{remove, shared},
		{restore, shared},
		{restore, shared},
		{remove, variables{IDs: []string{"nobody"}}},
		{restore, variables{IDs: []string{"nobody"}}},
		{restore, variables{IDs: []string{variantID(7)}}},
	}
	var answers [2][][]byte
	var states [2][][]string
	for i, name := range []string{"hand", "api"} {
		for _, s := range steps {
			ways := s.ways(c.timed)
			w := ways[slices.IndexFunc(ways, func(w way) bool { return w.name == name })]
			body, err := bodyOf(s.mutation, s.v)
			if err != nil {
				t.Fatal(err)
			}
			var out sink
			answer := []byte("refused")
			if send(w.handler, body, &out) == nil {
				answer = newIDs.ReplaceAll(out.Bytes(), []byte("${1}_"))
			}
			state, err := c.state(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			answers[i], states[i] = append(answers[i], answer), append(states[i], state)
		}
		if err := c.clean(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for i, s := range steps {
		if !bytes.Equal(answers[0][i], answers[1][i]) {
			t.Errorf("step %d, %s: by hand\n%s\nthe API\n%s", i, s.name, answers[0][i], answers[1][i])
		}
		if !slices.Equal(states[0][i], states[1][i]) {
			t.Errorf("step %d, %s: by hand\n%s\nthe API\n%s", i, s.name, states[0][i], states[1][i])
		}
	}
}
