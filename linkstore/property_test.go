package linkstore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/linkgraph/linkgraph/linkstore"
	"github.com/linkgraph/linkgraph/linkstore/linktest"
)

// world is which records and links random sequences are made of.
type world struct {
	models []string
	links  []string
	ids    map[string][]string
	owners map[string]string // by id
}

var (
	texts = world{
		[]string{"Product", "Variant", "PriceSet", "Price", "Item", "Location", "Set", "Channel"},
		[]string{
			linktest.Priced,
			linktest.Stocked,
			linktest.Sold,
			linktest.Served,
			linktest.Related,
			linktest.Paired,
			linktest.Shown,
		},
		map[string][]string{
			"Product": {
				"p1",
				"p2",
			},
			"Variant":  {"v1", "v2"},
			"PriceSet": {"s1", "s2"},
			"Price":    {"r1", "r2"},
			"Item":     {"i1"},
			"Location": {"l1", "l2"},
			"Set":      {"f1", "f2"},
			"Channel":  {"c1", "c2"},
		},
		map[string]string{"v1": "p1", "v2": "p1", "r1": "s1", "r2": "s2"},
	}
	otherKeys = world{
		[]string{"Item", "Bin", "Shelf", "Channel", "Customer", "Contract", "Region"},
		[]string{
			linktest.Signed,
			linktest.Rented,
			linktest.Stowed,
			linktest.Courted,
			linktest.Visited,
			linktest.Adjoined,
		},
		map[string][]string{
			"Item": {
				"i1",
				"i2",
			},
			"Bin":      {"A:1", "A:20", "%3A%25:-3"},
			"Shelf":    {"1", "20", "-3"},
			"Channel":  {"c1", "c2"},
			"Customer": {"9", "10"},
			"Contract": {
				"00000000-0000-0000-0000-00000000000a",
				"ffffffff-0000-4000-8000-000000000000",
			},
			"Region": {"9007199254740993", "-1"},
		},
		map[string]string{"1": "A:1", "20": "A:1", "-3": "%3A%25:-3"},
	}
)

// TestRandomSequences runs random calls on Postgres and on the model in memory, and compares outcomes, receipts, errors and
// everything that is stored after each.
func TestRandomSequences(t *testing.T) {
	t.Parallel()
	for name, w := range map[string]world{"Texts": texts, "OtherKeys": otherKeys} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			randomSequences(t, w)
		})
	}
}

func randomSequences(t *testing.T, w world) {
	pool := newDB(t).Pool
	catalog, err := linktest.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	var tables []string
	for _, name := range w.models {
		m, _ := catalog.Model(name)
		tables = append(tables, tableOf(m.Schema, m.Table))
	}
	for _, name := range w.links {
		d, _ := catalog.Link(name)
		tables = append(tables, tableOf(d.Schema, d.Table))
	}
	rapid.Check(t, func(rt *rapid.T) {
		ctx := context.Background()
		_, err := pool.Exec(
			ctx,
			`TRUNCATE linkgraph.deletion, linkgraph.link_event, `+strings.Join(tables, ", ")+` CASCADE`,
		)
		if err != nil {
			rt.Fatal(err)
		}
		p := &pairing{
			T:         rt,
			world:     w,
			catalog:   catalog,
			real:      newSubject(t, pool),
			model:     linktest.NewModel(catalog),
			deletions: map[string]string{},
		}
		p.seed()
		for range rapid.IntRange(3, 20).Draw(rt, "steps") {
			p.step()
			p.compareStates()
		}
	})
}

// pairing drives the two stores side by side.
type pairing struct {
	*rapid.T
	world
	catalog   *linkstore.Catalog
	real      *subject
	model     *linktest.Model
	deletions map[string]string // ids of the real store's deletions to the model's
	order     []string
}

func (p *pairing) seed() {
	for _, m := range p.models {
		for _, id := range p.ids[m] {
			for _, s := range []linktest.Subject{p.real, p.model} {
				owner := p.owners[id]
				if of, _ := linktest.Owner(p.catalog, m); of == nil {
					owner = ""
				}
				if err := s.PutRecord(context.Background(), m, id, owner); err != nil {
					p.Fatal(err)
				}
			}
		}
	}
}

func (p *pairing) items() []linkstore.Item {
	items := make([]linkstore.Item, rapid.IntRange(1, 5).Draw(p.T, "items"))
	for i := range items {
		if rapid.IntRange(0, 15).Draw(p.T, "faulty") == 0 {
			items[i] = rapid.SampledFrom([]linkstore.Item{
				{Link: "nothing", Left: "v1", Right: "s1"}, {Link: p.links[0]}, {Err: linkstore.ErrInvalid},
			}).Draw(p.T, "fault")
			continue
		}
		link := rapid.SampledFrom(p.links).Draw(p.T, "link")
		d, _ := p.catalog.Link(link)
		items[i] = linkstore.Item{
			Link:  link,
			Left:  rapid.SampledFrom(p.ids[d.Left.Model]).Draw(p.T, "left"),
			Right: rapid.SampledFrom(p.ids[d.Right.Model]).Draw(p.T, "right"),
		}
		if link == linktest.Stocked && rapid.Bool().Draw(p.T, "with data") {
			items[i].Data = map[string]any{
				"quantity": rapid.SampledFrom([]string{"1", "2", "2.5"}).Draw(p.T, "quantity"),
			}
		}
	}
	return items
}

// set is a record of a random link, and what it is to be linked to: none to all of the records of the other end.
func (p *pairing) set() (linkstore.Source, []linkstore.Target) {
	link := rapid.SampledFrom(p.links).Draw(p.T, "link")
	d, _ := p.catalog.Link(link)
	near, far, of := d.Left.Model, d.Right.Model, linkstore.Source{Link: link}
	if rapid.Bool().Draw(p.T, "from the right") {
		near, far, of.From = far, near, linkstore.Right
	}
	of.ID = rapid.SampledFrom(p.ids[near]).Draw(p.T, "of")
	to := make([]linkstore.Target, rapid.IntRange(0, len(p.ids[far])).Draw(p.T, "targets"))
	for i := range to {
		to[i].ID = rapid.SampledFrom(p.ids[far]).Draw(p.T, "to")
		if link == linktest.Stocked && rapid.Bool().Draw(p.T, "with data") {
			to[i].Data = map[string]any{"quantity": rapid.SampledFrom([]string{"1", "2.5"}).Draw(p.T, "quantity")}
		}
	}
	return of, to
}

func (p *pairing) compareSets(got, want []linkstore.SetResult) {
	if len(got) != len(want) {
		p.Fatalf("set: got %+v, want %+v", got, want)
	}
	for i := range want {
		if got[i].Outcome != want[i].Outcome || got[i].Link.Pair() != want[i].Link.Pair() ||
			(got[i].Link.DeletedAt != nil) != (want[i].Outcome == linkstore.Dismissed) || got[i].Link.ID == "" {
			p.Fatalf("set, result %d: got %+v, want %+v", i, got[i], want[i])
		}
	}
}

func (p *pairing) records() []linkstore.Records {
	m := rapid.SampledFrom(p.models).Draw(p.T, "model")
	ids := rapid.SliceOfNDistinct(rapid.SampledFrom(p.ids[m]), 1, len(p.ids[m]), rapid.ID).Draw(p.T, "ids")
	return []linkstore.Records{{Model: m, IDs: ids}}
}

func (p *pairing) step() {
	ctx := context.Background()
	switch rapid.IntRange(0, 11).Draw(p.T, "call") {
	case 0, 1, 2, 3:
		items := p.items()
		opts := linkstore.CreateOptions{
			Replace: rapid.IntRange(0, 3).Draw(p.T, "replace") == 0, Partial: rapid.Bool().Draw(p.T, "partial"),
		}
		got, err := p.real.Create(ctx, items, opts)
		want, wantErr := p.model.Create(ctx, items, opts)
		if p.sameError("create", err, wantErr) {
			p.compareResults(got, want)
		}
	case 4:
		items := p.items()
		opts := linkstore.DismissOptions{Partial: rapid.Bool().Draw(p.T, "partial")}
		got, err := p.real.DismissWith(ctx, items, opts)
		want, wantErr := p.model.DismissWith(ctx, items, opts)
		if p.sameError("dismiss", err, wantErr) {
			for i := range want {
				p.sameClass(fmt.Sprintf("dismiss, item %d", i), got[i].Err, want[i].Err)
				if got[i].Outcome != want[i].Outcome {
					p.Fatalf("dismiss %+v: got %s, want %s", items[i], got[i].Outcome, want[i].Outcome)
				}
			}
		}
	case 10, 11:
		of, to := p.set()
		got, err := p.real.SetLinks(ctx, of, to)
		want, wantErr := p.model.SetLinks(ctx, of, to)
		if p.sameError("set", err, wantErr) {
			p.compareSets(got, want)
		}
	case 5:
		r := p.records()
		got, err := p.real.Delete(ctx, r)
		want, wantErr := p.model.Delete(ctx, r)
		p.sameDeletion("delete", got, want, err, wantErr)
	case 6, 7:
		r := p.records()
		got, err := p.real.DeleteRecords(ctx, r)
		want, wantErr := p.model.DeleteRecords(ctx, r)
		p.sameDeletion("delete records", got, want, err, wantErr)
	case 8:
		r := p.records()
		got, err := p.real.Restore(ctx, r)
		want, wantErr := p.model.Restore(ctx, r)
		if p.sameError("restore", err, wantErr) {
			p.sameReceipt("restore", got, want)
		}
	case 9:
		if len(p.order) == 0 {
			return
		}
		id := rapid.SampledFrom(p.order).Draw(p.T, "deletion")
		got, err := p.real.RestoreDeletion(ctx, id)
		want, wantErr := p.model.RestoreDeletion(ctx, p.deletions[id])
		if p.sameError("restore deletion", err, wantErr) {
			p.sameReceipt("restore deletion", got, want)
		}
	}
}

var classes = []error{
	linkstore.ErrInvalid,
	linkstore.ErrConflict,
	linkstore.ErrRecordNotFound,
	linkstore.ErrReadOnly,
	linkstore.ErrDeletionNotFound,
	linkstore.ErrLinkNotDefined,
}

// sameError compares errors, also item by item, and reports whether there was none.
func (p *pairing) sameError(call string, got, want error) bool {
	var gotItems, wantItems *linkstore.ItemsError
	if errors.As(got, &gotItems) && errors.As(want, &wantItems) {
		if len(gotItems.Items) != len(wantItems.Items) {
			p.Fatalf("%s: got error %v, want %v", call, got, want)
		}
		for i, item := range wantItems.Items {
			if gotItems.Items[i].Index != item.Index {
				p.Fatalf("%s: got error %v, want %v", call, got, want)
			}
			p.sameClass(fmt.Sprintf("%s, item %d", call, item.Index), gotItems.Items[i].Err, item.Err)
		}
	}
	return p.sameClass(call, got, want)
}

// sameClass compares the classes of errors, and which items exclude each other. It reports whether there was no error.
func (p *pairing) sameClass(call string, got, want error) bool {
	var exclusion, wantExclusion *linkstore.ExclusionError
	if errors.As(got, &exclusion) != errors.As(want, &wantExclusion) ||
		exclusion != nil && (exclusion.Index != wantExclusion.Index || exclusion.Other != wantExclusion.Other) {
		p.Fatalf("%s: got error %v, want %v", call, got, want)
	}
	for _, c := range classes {
		if errors.Is(got, c) != errors.Is(want, c) {
			p.Fatalf("%s: got error %v, want %v", call, got, want)
		}
	}
	if (got == nil) != (want == nil) {
		p.Fatalf("%s: got error %v, want %v", call, got, want)
	}
	return got == nil
}

func (p *pairing) compareResults(got, want []linkstore.CreateResult) {
	for i := range want {
		if !p.sameClass(fmt.Sprintf("create, item %d", i), got[i].Err, want[i].Err) {
			continue
		}
		if got[i].Outcome != want[i].Outcome || len(got[i].Replaced) != len(want[i].Replaced) {
			p.Fatalf(
				"create, item %d: got %s, %d replaced; want %s, %d",
				i,
				got[i].Outcome,
				len(got[i].Replaced),
				want[i].Outcome,
				len(want[i].Replaced),
			)
		}
		if l := got[i].Link; l.DeletedAt != nil || l.ID == "" {
			p.Fatalf("create, item %d: %+v", i, l)
		}
	}
}

func (p *pairing) sameDeletion(call string, got, want linkstore.Receipt, err, wantErr error) {
	if !p.sameError(call, err, wantErr) {
		return
	}
	p.sameReceipt(call, got, want)
	if got.DeletionID != "" {
		p.deletions[got.DeletionID] = want.DeletionID
		p.order = append(p.order, got.DeletionID)
	}
}

// flat lists what a receipt holds.
func flat(r linkstore.Receipt) []string {
	var all []string
	for _, l := range r.Links {
		all = append(all, fmt.Sprint(l.Pair()))
	}
	for _, records := range r.Records {
		for _, id := range records.IDs {
			all = append(all, records.Model+" "+id)
		}
	}
	slices.Sort(all)
	return all
}

func (p *pairing) sameReceipt(call string, got, want linkstore.Receipt) {
	if diff := cmp.Diff(flat(want), flat(got)); diff != "" || (got.DeletionID == "") != (want.DeletionID == "") {
		p.Fatalf("%s: receipts differ (-want +got), ids %q %q:\n%s", call, want.DeletionID, got.DeletionID, diff)
	}
}

func (p *pairing) compareStates() {
	got, err := p.real.State(context.Background())
	if err != nil {
		p.Fatal(err)
	}
	want, _ := p.model.State(context.Background())
	if diff := cmp.Diff(want, got); diff != "" {
		p.Fatalf("states differ (-want +got):\n%s", diff)
	}
}
