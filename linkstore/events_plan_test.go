package linkstore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/linkstore"
	"github.com/linkgraph/linkgraph/linkstore/linktest"
)

// manyEventsDB has a hundred thousand events of two links, of which one is rare.
func manyEventsDB(t *testing.T) *pgtest.DB {
	t.Helper()
	return pgtest.NewFrom(t, "many events", func(ctx context.Context, pool *pgxpool.Pool) error {
		if _, err := pool.Exec(ctx, linktest.Tables); err != nil {
			return err
		}
		catalog, err := linktest.Catalog()
		if err != nil {
			return err
		}
		if err := linkstore.New(pool, catalog, linkstore.Config{}).Migrate(ctx); err != nil {
			return err
		}
		_, err = pool.Exec(ctx, fmt.Sprintf(`
			INSERT INTO linkgraph.link_event (event, cause, link, left_key, right_key, data)
				SELECT 'attached', 'create', CASE WHEN n %% 1000 = 0 THEN '%s' ELSE '%s' END, 'p' || n %% 1000, 'p' || n %% 7777, '{}'
				FROM generate_series(1, 100000) AS n;
			ANALYZE`, linktest.Related, linktest.Sold))
		return err
	})
}

// TestEventStatementsUseIndexes reads and prunes many events and looks at the plans: each statement uses the index that is meant for
// it, and sorts no more than a page.
func TestEventStatementsUseIndexes(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	catalog, err := linktest.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		index string
		call  func(s *linkstore.Store) error
	}{
		"all": {"link_event_order", func(s *linkstore.Store) error {
			_, err := s.Events(ctx, "", 100)
			return err
		}},
		"of a link": {"link_event_link", func(s *linkstore.Store) error {
			_, err := s.EventsOf(ctx, linkstore.EventFilter{Link: linktest.Sold}, "", 100)
			return err
		}},
		"of a rare link": {"link_event_link", func(s *linkstore.Store) error {
			_, err := s.EventsOf(ctx, linkstore.EventFilter{Link: linktest.Related}, "", 100)
			return err
		}},
		"of a left record": {"link_event_left", func(s *linkstore.Store) error {
			_, err := s.EventsOf(ctx, linkstore.EventFilter{Link: linktest.Sold, Left: "p7"}, "", 100)
			return err
		}},
		"of a right record": {"link_event_right", func(s *linkstore.Store) error {
			_, err := s.EventsOf(ctx, linkstore.EventFilter{Link: linktest.Sold, Right: "c7"}, "", 100)
			return err
		}},
		"of a pair": {"link_event_", func(s *linkstore.Store) error {
			_, err := s.EventsOf(ctx, linkstore.EventFilter{Link: linktest.Sold, Left: "p7", Right: "c7"}, "", 100)
			return err
		}},
		"horizon": {"link_event_order", func(s *linkstore.Store) error {
			_, err := s.Horizon(ctx)
			return err
		}},
		"prune": {"link_event_order", func(s *linkstore.Store) error {
			_, err := s.PruneEvents(ctx, time.Unix(0, 0))
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tx, err := manyEventsDB(t).Pool.Begin(ctx)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = tx.Rollback(context.Background()) }()
			db := &explained{tx, map[string]string{}}
			if err := c.call(linkstore.New(db, catalog, linkstore.Config{})); err != nil {
				t.Fatal(err)
			}
			looked := 0
			for sql, plan := range db.plans {
				if !strings.Contains(sql, `"link_event"`) {
					continue
				}
				looked++
				if !strings.Contains(plan, "Scan using "+c.index) {
					t.Errorf("%s does not use %s:\n%s", sql, c.index, plan)
				}
				if name == "prune" {
					continue // a page is a large part of this table, and of no real one
				}
				sorts := strings.Contains(plan, "Sort") && name != "of a pair" // one of a pair has few events
				if sorts || strings.Contains(plan, "Seq Scan on link_event ") {
					t.Errorf("%s reads or sorts everything:\n%s", sql, plan)
				}
			}
			if looked == 0 {
				t.Error("no statement was looked at")
			}
		})
	}
}

// TestEventsOf reads the events of a link, of records and of a pair.
func TestEventsOf(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.link(t, sold("p1", "c1"), sold("p1", "c2"), sold("p2", "c1"))
	if _, err := s.Dismiss(t.Context(), []linkstore.Item{sold("p1", "c1")}); err != nil {
		t.Fatal(err)
	}
	all := waitForEvents(t, s, 4)
	for name, c := range map[string]struct {
		of   linkstore.EventFilter
		want string
	}{
		"all":      {linkstore.EventFilter{}, "+p1-c1 +p1-c2 +p2-c1 -p1-c1"},
		"a link":   {linkstore.EventFilter{Link: linktest.Sold}, "+p1-c1 +p1-c2 +p2-c1 -p1-c1"},
		"another":  {linkstore.EventFilter{Link: linktest.Priced}, ""},
		"a left":   {linkstore.EventFilter{Link: linktest.Sold, Left: "p1"}, "+p1-c1 +p1-c2 -p1-c1"},
		"a right":  {linkstore.EventFilter{Link: linktest.Sold, Right: "c1"}, "+p1-c1 +p2-c1 -p1-c1"},
		"a pair":   {linkstore.EventFilter{Link: linktest.Sold, Left: "p1", Right: "c1"}, "+p1-c1 -p1-c1"},
		"not such": {linkstore.EventFilter{Link: linktest.Sold, Left: "p"}, ""},
	} {
		// One at a time, from cursor to cursor.
		var got []string
		for cursor := ""; ; {
			events, err := s.EventsOf(t.Context(), c.of, cursor, 1)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if len(events) == 0 {
				break
			}
			cursor = events[0].Cursor
			sign := map[linkstore.EventKind]string{linkstore.Attached: "+", linkstore.Detached: "-"}[events[0].Kind]
			got = append(got, sign+events[0].Left+"-"+events[0].Right)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: got %v, want %s; all are %+v", name, got, c.want, all)
		}
	}
	for _, c := range []struct {
		of   linkstore.EventFilter
		want error
	}{
		{linkstore.EventFilter{Left: "p1"}, linkstore.ErrInvalid},
		{linkstore.EventFilter{Right: "c1"}, linkstore.ErrInvalid},
		{linkstore.EventFilter{Link: "sole"}, linkstore.ErrLinkNotDefined},
		{linkstore.EventFilter{Link: linktest.Sold, Left: "\x00"}, linkstore.ErrInvalid},
	} {
		if _, err := s.EventsOf(t.Context(), c.of, "", 0); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v", c.of, err)
		}
	}
}

// TestPruneInManyTransactions removes more than one transaction of a prune does, and keeps what is young.
func TestPruneInManyTransactions(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := newShop(t)
	for _, sql := range []string{
		`INSERT INTO linkgraph.link_event (event, cause, link, left_key, right_key, data, created_at)
			SELECT 'attached', 'create', 'product_channel', 'p' || n, 'c', '{}', now() - interval '2 days' FROM generate_series(1, 11000) AS n`,
		`INSERT INTO linkgraph.link_event (event, cause, link, left_key, right_key, data) VALUES ('attached', 'create', 'product_channel', 'p', 'c', '{}')`,
		`INSERT INTO linkgraph.deletion (id, deleted_at) SELECT 'del_' || n, now() - interval '2 days' - interval '1 second' * (n / 120) FROM generate_series(1, 350) AS n`,
		`INSERT INTO linkgraph.deletion (id, deleted_at) VALUES ('del_young', now())`,
	} {
		if err := s.exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	horizonWhen(t, s.Store, func(h linkstore.Horizon) bool { return h.Waiting == 0 })
	yesterday := time.Now().Add(-24 * time.Hour)
	if n, err := s.PruneEvents(ctx, yesterday); n != 11000 || err != nil {
		t.Errorf("pruned %d events, %v", n, err)
	}
	if events, err := s.Events(ctx, "", 0); err != nil || len(events) != 1 || events[0].Left != "p" {
		t.Errorf("kept %v, %v", events, err)
	}
	if n, err := s.PruneDeletions(ctx, yesterday); n != 350 || err != nil {
		t.Errorf("pruned %d deletions, %v", n, err)
	}
	var kept string
	if err := s.pool.QueryRow(ctx, `SELECT string_agg(id, ' ') FROM linkgraph.deletion`).
		Scan(&kept); err != nil ||
		kept != "del_young" {
		t.Errorf("kept %s, %v", kept, err)
	}
}
