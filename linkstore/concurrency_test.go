package linkstore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/linkgraph/linkgraph/linkstore"
	"github.com/linkgraph/linkgraph/linkstore/linktest"
)

// TestConcurrentWriters has eight writers work on the same few records: no call fails but for reasons of its own, and what
// they leave holds together.
func TestConcurrentWriters(t *testing.T) {
	t.Parallel()
	for name, w := range map[string]world{"Texts": texts, "OtherKeys": otherKeys} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			concurrentWriters(t, w)
		})
	}
}

func concurrentWriters(t *testing.T, world world) {
	const writers, calls = 8, 400
	s := newSubject(t, newDB(t).Pool)
	for model, list := range world.ids {
		for _, id := range list {
			if err := s.PutRecord(t.Context(), model, id, ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(uint64(w), 7))
			for range calls {
				if err := randomCall(t.Context(), s, world, random); err != nil && !expected(err) {
					t.Errorf("writer %d: %v", w, err)
					return
				}
			}
		})
	}
	wg.Wait()
	checkInvariants(t, s)
}

// expected are the reasons for which a call may fail while others write.
func expected(err error) bool {
	return errors.Is(err, linkstore.ErrConflict) || errors.Is(err, linkstore.ErrRecordNotFound)
}

func randomCall(ctx context.Context, s *subject, w world, random *rand.Rand) error {
	pick := func(model string) string { return w.ids[model][random.IntN(len(w.ids[model]))] }
	items := make([]linkstore.Item, len(w.links))
	for i, link := range w.links {
		d, _ := s.Catalog().Link(link)
		items[i] = linkstore.Item{Link: link, Left: pick(d.Left.Model), Right: pick(d.Right.Model)}
		if link == linktest.Stocked {
			items[i].Data = map[string]any{"quantity": random.IntN(3)}
		}
	}
	random.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	items = items[:1+random.IntN(3)]
	var err error
	switch random.IntN(10) {
	case 8, 9:
		item := items[0]
		of, to := linkstore.Source{
			Link: item.Link,
			ID:   item.Left,
		}, []linkstore.Target{
			{ID: item.Right, Data: item.Data},
		}
		if random.IntN(2) == 0 {
			of, to[0].ID = linkstore.Source{Link: item.Link, From: linkstore.Right, ID: item.Right}, item.Left
		}
		if random.IntN(3) == 0 {
			to = nil
		}
		_, err = s.SetLinks(ctx, of, to)
	case 0, 1, 2:
		_, err = s.Create(ctx, items, linkstore.CreateOptions{})
	case 3:
		_, err = s.Create(ctx, items, linkstore.CreateOptions{Replace: true})
	case 4:
		_, err = s.Dismiss(ctx, items)
	case 5:
		model := w.models[random.IntN(len(w.models))]
		records := []linkstore.Records{{Model: model, IDs: []string{pick(model)}}}
		if m, _ := s.Catalog().Model(model); m.NoSoftDelete {
			_, err = s.Delete(ctx, records)
		} else {
			_, err = s.DeleteRecords(ctx, records)
		}
	default:
		model := w.models[random.IntN(len(w.models))]
		_, err = s.Restore(ctx, []linkstore.Records{{Model: model, IDs: []string{pick(model)}}})
	}
	return err
}

// checkInvariants checks that no record has a link too many, live links have live ends, and the outbox tells how it came
// to this.
func checkInvariants(t *testing.T, s *subject) {
	t.Helper()
	state, err := s.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	taken := map[string]linkstore.Pair{}
	for p, l := range state.Links {
		if !l.Live {
			continue
		}
		d, _ := s.Catalog().Link(p.Link)
		if !state.Records[linktest.Record{Model: d.Left.Model, ID: p.Left}] ||
			!state.Records[linktest.Record{Model: d.Right.Model, ID: p.Right}] {
			t.Errorf("live link with a deleted end: %v", p)
		}
		var ends []string
		if !d.Right.IsList {
			ends = append(ends, fmt.Sprint(p.Link, " left ", p.Left))
		}
		if !d.Left.IsList {
			ends = append(ends, fmt.Sprint(p.Link, " right ", p.Right))
		}
		for _, e := range ends {
			if other, ok := taken[e]; ok {
				t.Errorf("%s has two links: %v and %v", e, other, p)
			}
			taken[e] = p
		}
	}
	rows, err := s.query(t.Context(), `
		SELECT link, left_key, right_key, sum(CASE event WHEN 'attached' THEN 1 ELSE -1 END)::int
		FROM linkgraph.link_event GROUP BY link, left_key, right_key`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	balance := map[linkstore.Pair]int{}
	for rows.Next() {
		var p linkstore.Pair
		var n int
		if err := rows.Scan(&p.Link, &p.Left, &p.Right, &n); err != nil {
			t.Fatal(err)
		}
		balance[p] = n
	}
	for p, l := range state.Links {
		want := 0
		if l.Live {
			want = 1
		}
		if balance[p] != want {
			t.Errorf("%v: events balance to %d, the link is live: %t", p, balance[p], l.Live)
		}
	}
}
