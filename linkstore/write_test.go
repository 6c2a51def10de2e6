package linkstore_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/linkstore"
	"github.com/linkgraph/linkgraph/linkstore/linktest"
)

// told notes what a store tells of, in memory and in a table, as the hook of an audit would.
type told struct {
	calls []linkstore.Written
	fail  error  // the hook's own
	extra string // a statement that the first call queues
}

func (n *told) written(_ context.Context, w linkstore.Written, last *pgx.Batch) error {
	n.calls = append(n.calls, w)
	last.Queue(`INSERT INTO told (verb) VALUES ($1)`, string(w.Verb))
	if n.extra != "" {
		last.Queue(n.extra)
		n.extra = ""
	}
	return n.fail
}

// newTold returns a store that tells, on a database with two variants, two price sets, two items and two products.
func newTold(t *testing.T) (*subject, *told) {
	t.Helper()
	db := newDB(t)
	s := newSubject(t, db.Pool)
	for model, ids := range map[string][]string{"Variant": {"v1", "v2"}, "PriceSet": {"s1", "s2"}, "Item": {"i1"}} {
		for _, id := range ids {
			if err := s.PutRecord(t.Context(), model, id, ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.exec(t.Context(), `CREATE TABLE told (n bigint GENERATED ALWAYS AS IDENTITY, verb text)`); err != nil {
		t.Fatal(err)
	}
	n := &told{}
	s.Store = linkstore.New(db.Pool, s.Catalog(), linkstore.Config{Written: n.written})
	return s, n
}

// rows are what is in the table, in order.
func (s *subject) rows(t *testing.T) []string {
	t.Helper()
	rows, err := s.query(t.Context(), `SELECT verb FROM told ORDER BY n`)
	if err != nil {
		t.Fatal(err)
	}
	verbs, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return verbs
}

// TestWritten runs every call that writes, and looks at what is told of it.
func TestWritten(t *testing.T) {
	t.Parallel()
	s, n := newTold(t)
	ctx := t.Context()
	tell := func(err error) linkstore.Written {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if len(n.calls) != 1 {
			t.Fatalf("told %d times of one call: %+v", len(n.calls), n.calls)
		}
		w := n.calls[0]
		n.calls = nil
		return w
	}
	outcomes := func(w linkstore.Written, want ...string) {
		t.Helper()
		var got []string
		for _, i := range w.Items {
			got = append(got, string(i.Outcome)+" "+i.Link+" "+i.Left+" "+i.Right)
			if (i.ID == "") != (i.Outcome == linkstore.NotFound) {
				t.Errorf("%+v: the id is %q", i, i.ID)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", w.Verb, diff)
		}
	}

	_, err := s.Create(
		ctx,
		[]linkstore.Item{priced("v2", "s2"), {Link: linktest.Stocked, Left: "v1", Right: "i1"}, priced("v2", "s2")},
		linkstore.CreateOptions{},
	)
	outcomes(
		tell(err),
		"CREATED "+linktest.Priced+" v2 s2",
		"CREATED "+linktest.Stocked+" v1 i1",
		"UNCHANGED "+linktest.Priced+" v2 s2",
	)
	_, err = s.Create(ctx, []linkstore.Item{priced("v2", "s2")}, linkstore.CreateOptions{})
	outcomes(tell(err), "UNCHANGED "+linktest.Priced+" v2 s2")
	_, err = s.Create(ctx, []linkstore.Item{priced("v1", "s2")}, linkstore.CreateOptions{Replace: true})
	w := tell(err)
	outcomes(w, "CREATED "+linktest.Priced+" v1 s2")
	if len(w.Replaced) != 1 || w.Replaced[0].Left != "v2" {
		t.Errorf("replaced: %+v", w.Replaced)
	}
	_, err = s.Dismiss(ctx, []linkstore.Item{{Link: linktest.Stocked, Left: "v1", Right: "i1"}, priced("v2", "s1")})
	outcomes(tell(err), "DISMISSED "+linktest.Stocked+" v1 i1", "NOT_FOUND "+linktest.Priced+" v2 s1")

	variant := []linkstore.Records{{Module: "product", Key: "variant_id", IDs: []string{"v1", "v1"}}}
	wantGiven := []linkstore.Records{{Module: "product", Model: "Variant", Key: "variant_id", IDs: []string{"v1"}}}
	receipt := func(w linkstore.Written, verb linkstore.Verb, got linkstore.Receipt, given []linkstore.Records) {
		t.Helper()
		if w.Verb != verb || len(got.Links) != 1 || got.DeletionID == "" {
			t.Errorf("%s: %+v", w.Verb, got)
		}
		if diff := cmp.Diff(got, w.Receipt); diff != "" {
			t.Errorf("%s: the receipt (-returned +told):\n%s", w.Verb, diff)
		}
		if diff := cmp.Diff(given, w.Given); diff != "" {
			t.Errorf("%s: given (-want +got):\n%s", w.Verb, diff)
		}
	}
	deleted, err := s.Delete(ctx, variant)
	receipt(tell(err), linkstore.DeleteLinks, deleted, wantGiven)
	restored, err := s.Restore(ctx, variant)
	receipt(tell(err), linkstore.RestoreRecords, restored, wantGiven)
	deleted, err = s.DeleteRecords(ctx, variant)
	receipt(tell(err), linkstore.DeleteRecords, deleted, wantGiven)
	restored, err = s.RestoreDeletion(ctx, deleted.DeletionID)
	w = tell(err)
	receipt(w, linkstore.RestoreDeletion, restored, nil)
	if w.GivenDeletion != deleted.DeletionID {
		t.Errorf("the deletion is %q, want %q", w.GivenDeletion, deleted.DeletionID)
	}
	_, err = s.RestoreDeletion(ctx, deleted.DeletionID) // again: nothing to do, and told
	if w = tell(err); w.GivenDeletion != deleted.DeletionID || w.Receipt.DeletionID != "" {
		t.Errorf("a restore of what is back: %+v", w)
	}

	want := []string{
		"create_links",
		"create_links",
		"create_links",
		"dismiss_links",
		"delete_links",
		"restore",
		"delete_records",
		"restore_deletion",
		"restore_deletion",
	}
	if diff := cmp.Diff(want, s.rows(t)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// TestWrittenIsOneWithTheWrite fails the write, the hook, and a statement of the hook's: there is a row where there is a write.
func TestWrittenIsOneWithTheWrite(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	for name, c := range map[string]struct {
		item  linkstore.Item
		fail  error
		extra string
		inTx  bool
		rows  []string
		live  bool
	}{
		"TheWriteFails":       {item: priced("v1", "nobody")},
		"TheHookFails":        {item: priced("v1", "s1"), fail: refused},
		"AStatementFails":     {item: priced("v1", "s1"), extra: `SELECT 1 / 0`},
		"AllIsWell":           {item: priced("v1", "s1"), rows: []string{"create_links"}, live: true},
		"TheCallIsTriedAgain": {item: priced("v1", "s1"), extra: deadlock, rows: []string{"create_links"}, live: true},
		"TheCallerRollsBack":  {item: priced("v1", "s1"), inTx: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, n := newTold(t)
			n.fail, n.extra = c.fail, c.extra
			tried := 1
			if c.extra == deadlock {
				tried = 2
			}
			store := s.Store
			if c.inTx {
				tx, err := s.pool.Begin(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				store = store.WithTx(tx)
				t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
				if _, err := store.Create(
					t.Context(),
					[]linkstore.Item{c.item},
					linkstore.CreateOptions{},
				); err != nil {
					t.Fatal(err)
				}
				var told int
				if err := tx.QueryRow(t.Context(), `SELECT count(*) FROM told`).Scan(&told); err != nil || told != 1 {
					t.Errorf("%d rows in the caller's transaction: %v", told, err)
				}
				if err := tx.Rollback(t.Context()); err != nil {
					t.Fatal(err)
				}
			} else {
				_, err := store.Create(t.Context(), []linkstore.Item{c.item}, linkstore.CreateOptions{})
				if c.live != (err == nil) || c.fail != nil && !errors.Is(err, c.fail) {
					t.Errorf("the call: %v", err)
				}
				if c.live && len(n.calls) != tried {
					t.Errorf("told %d times, want %d", len(n.calls), tried)
				}
			}
			if got := s.rows(t); !slices.Equal(got, c.rows) {
				t.Errorf("rows: %v, want %v", got, c.rows)
			}
			state, err := s.State(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if got := state.Links[linkstore.Pair{Link: linktest.Priced, Left: "v1", Right: "s1"}].Live; got != c.live {
				t.Errorf("the link is live: %t, want %t", got, c.live)
			}
		})
	}
}

// deadlock ends a transaction as Postgres does for the sake of another.
const deadlock = `DO $$ BEGIN RAISE EXCEPTION 'made up' USING ERRCODE = 'deadlock_detected'; END $$`
