package linkstore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/linkstore"
)

// errUndone rolls a writer's transaction back.
var errUndone = errors.New("undone")

// pairKey is a pair of a kind of link.
type pairKey struct{ link, left, right string }

// TestEventsInOrder has many writers attach and detach the same few pairs, in transactions that stay open for a while after they
// wrote, some of which are rolled back. A reader that keeps a cursor gets every event once, and those of a pair in their
// order. A reader that keeps the last id, as one has to without a cursor, loses some.
func TestEventsInOrder(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	s := newSubject(t, db.Pool)
	for i := range 4 {
		s.put(t, "Product", fmt.Sprintf("p%d", i))
		s.put(t, "Channel", fmt.Sprintf("c%d", i))
	}
	cfg := db.Pool.Config()
	cfg.MaxConns = 20
	wide, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer wide.Close()
	writing, stop := context.WithTimeout(t.Context(), 4*time.Second)
	defer stop()
	var writers sync.WaitGroup
	for range 16 {
		writers.Go(func() { writeForAWhile(t, writing, s, wide) })
	}
	var done atomic.Bool
	go func() {
		writers.Wait()
		done.Store(true)
	}()
	read, byID := readWhile(t, s, &done)
	want := 0
	if err := s.pool.QueryRow(t.Context(), `SELECT count(*) FROM linkgraph.link_event`).Scan(&want); err != nil {
		t.Fatal(err)
	}
	checkEvents(t, s, read, want)
	t.Logf("%d events; a reader by the last id got %d", want, byID)
	if want < 100 {
		t.Errorf("%d events are too few to tell", want)
	}
}

func (s *subject) put(t *testing.T, model, id string) {
	t.Helper()
	if err := s.PutRecord(t.Context(), model, id, ""); err != nil {
		t.Fatal(err)
	}
}

// writeForAWhile attaches and detaches random pairs.
func writeForAWhile(t *testing.T, ctx context.Context, s *subject, pool *pgxpool.Pool) {
	for ctx.Err() == nil {
		item := sold(fmt.Sprintf("p%d", rand.N(4)), fmt.Sprintf("c%d", rand.N(4)))
		before, after := rand.N(3*time.Millisecond), rand.N(30*time.Millisecond)
		err := pgx.BeginFunc(context.WithoutCancel(ctx), pool, func(tx pgx.Tx) error {
			// The number of the transaction is taken long before the pair is locked.
			if _, err := tx.Exec(ctx, `SELECT pg_current_xact_id()`); err != nil {
				return err
			}
			time.Sleep(before)
			var err error
			if rand.N(2) == 0 {
				_, err = s.WithTx(tx).Create(ctx, []linkstore.Item{item}, linkstore.CreateOptions{})
			} else {
				_, err = s.WithTx(tx).Dismiss(ctx, []linkstore.Item{item})
			}
			if err != nil {
				return err
			}
			time.Sleep(after)
			if rand.N(10) == 0 {
				return errUndone
			}
			return nil
		})
		if err != nil && !errors.Is(err, errUndone) && !errors.Is(err, linkstore.ErrContended) && ctx.Err() == nil {
			t.Errorf("write: %v", err)
			return
		}
	}
}

// readWhile reads events until all writers are done and all events are read. It returns them, and how many a reader by the last
// id has got.
func readWhile(t *testing.T, s *subject, done *atomic.Bool) (read []linkstore.Event, byID int) {
	t.Helper()
	cursor, last := "", int64(0)
	for {
		finished := done.Load() && waiting(t, s) == 0
		events, err := s.Events(t.Context(), cursor, 7)
		if err != nil {
			t.Fatal(err)
		}
		read = append(read, events...)
		if len(events) > 0 {
			cursor = events[len(events)-1].Cursor
		}
		var n int
		if err := s.pool.QueryRow(
			t.Context(),
			`SELECT count(*), COALESCE(max(id), $1) FROM linkgraph.link_event WHERE id > $1`,
			last,
		).Scan(&n, &last); err != nil {
			t.Fatal(err)
		}
		byID += n
		if finished && len(events) == 0 {
			return read, byID
		}
	}
}

// waiting counts the events that cannot be read yet: tests of others in the same cluster hold them back.
func waiting(t *testing.T, s *subject) (n int) {
	t.Helper()
	h, err := s.Horizon(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return h.Waiting
}

// checkEvents checks that events are those of the table, each once, and that those of a pair alternate and end as the pair is.
func checkEvents(t *testing.T, s *subject, events []linkstore.Event, want int) {
	t.Helper()
	seen := map[int64]bool{}
	state := map[pairKey]linkstore.EventKind{}
	for _, e := range events {
		if seen[e.ID] {
			t.Errorf("event %d was read twice", e.ID)
		}
		seen[e.ID] = true
		pair := pairKey{e.Link, e.Left, e.Right}
		if was := state[pair]; was == e.Kind || was == "" && e.Kind == linkstore.Detached {
			t.Errorf("event %d: %v is %s after %q", e.ID, pair, e.Kind, was)
		}
		state[pair] = e.Kind
	}
	if len(seen) != want {
		t.Errorf("read %d of %d events", len(seen), want)
	}
	for pair, kind := range state {
		links, err := s.Get(t.Context(), []linkstore.Item{{Link: pair.link, Left: pair.left, Right: pair.right}})
		if err != nil {
			t.Fatal(err)
		}
		if (links[0] != nil) != (kind == linkstore.Attached) {
			t.Errorf("%v is %v, and its last event is %s", pair, links[0], kind)
		}
	}
}

// TestEventCursors tries cursors that cannot be read from.
func TestEventCursors(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, cursor := range []string{"1", "!", "MS4yLjM", "Li4u"} {
		_, err := s.Events(t.Context(), cursor, 1)
		var wrong *linkstore.CursorError
		if !errors.As(err, &wrong) || !errors.Is(err, linkstore.ErrInvalid) {
			t.Errorf("%q: %v", cursor, err)
		}
	}
	s.link(t, sold("p1", "c1"), sold("p1", "c2"), sold("p2", "c1"))
	events := waitForEvents(t, s, 3)
	if err := s.exec(
		t.Context(),
		`UPDATE linkgraph.link_event SET tx = '9223372036854775807'`,
	); err != nil { // as of another cluster
		t.Fatal(err)
	}
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	var wrong *linkstore.CursorError
	if _, err := s.Events(t.Context(), events[0].Cursor, 1); !errors.As(err, &wrong) {
		t.Errorf("a cursor of another cluster: %v", err)
	}
	waitForEvents(t, s, 3)
}

// waitForEvents reads events from the beginning until there are as many as expected: others may hold them back.
func waitForEvents(t *testing.T, s *subject, n int) []linkstore.Event {
	t.Helper()
	for {
		events, err := s.Events(t.Context(), "", 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(events) >= n {
			return events
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// TestPrune removes old events and deletions, and asks for them afterwards.
func TestPrune(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := newShop(t)
	s.link(t, sold("p1", "c1"), sold("p1", "c2"), sold("p2", "c1"))
	receipt, err := s.Delete(ctx, recordsOf("Product", "p1"))
	if err != nil {
		t.Fatal(err)
	}
	events := waitForEvents(t, s, 5)
	if n, err := s.PruneEvents(ctx, events[0].At); n != 0 || err != nil {
		t.Errorf("nothing is old: %d, %v", n, err)
	}
	if n, err := s.PruneEvents(ctx, events[3].At); err != nil || n < 1 || n > 3 {
		t.Errorf("pruned %d, %v", n, err)
	}
	var wrong *linkstore.CursorError
	if _, err := s.Events(ctx, events[0].Cursor, 1); !errors.As(err, &wrong) || wrong.Oldest == "" {
		t.Errorf("a cursor of a pruned event: %v", err)
	} else if left, err := s.Events(ctx, wrong.Oldest, 0); err != nil || left[len(left)-1].ID != events[4].ID {
		t.Errorf("what is kept: %v, %v", left, err)
	}
	if n, err := s.PruneDeletions(ctx, time.Now().Add(time.Hour)); n != 1 || err != nil {
		t.Errorf("pruned %d deletions, %v", n, err)
	}
	var pruned *linkstore.PrunedError
	if _, err := s.RestoreDeletion(
		ctx,
		receipt.DeletionID,
	); !errors.As(err, &pruned) ||
		!errors.Is(err, linkstore.ErrDeletionNotFound) {
		t.Errorf("a pruned deletion: %v", err)
	}
}
