package linkstore_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/linkstore"
	"github.com/linkgraph/linkgraph/linkstore/linktest"
)

// holdHorizon opens a transaction that has written something and stays open until it is rolled back.
func holdHorizon(t *testing.T, url string) (pid uint32, release func()) {
	t.Helper()
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	cfg.RuntimeParams["application_name"] = "nightly report"
	conn, err := pgx.ConnectConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `SELECT pg_current_xact_id()`); err != nil {
		t.Fatal(err)
	}
	return conn.PgConn().PID(), func() { _ = tx.Rollback(context.Background()) }
}

// TestHorizon holds a transaction open and asks what holds events back: its session is named, until it ends. A user without
// rights learns its process, user and application.
func TestHorizon(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db := newDB(t)
	s := newSubject(t, db.Pool)
	s.put(t, "Product", "p1")
	s.put(t, "Channel", "c1")
	pid, release := holdHorizon(t, db.URL)
	s.link(t, sold("p1", "c1"))
	// Tests that run beside this one have transactions that are older. They end soon.
	h := horizonWhen(
		t,
		s.Store,
		func(h linkstore.Horizon) bool { return uint32(h.PID) == pid },
	)
	if h.Waiting != 1 || h.Lag <= 0 || h.Age < h.Lag {
		t.Errorf("got %+v", h)
	}
	for _, want := range []string{"user ", "application nightly report", "database ", "idle in transaction"} {
		if !strings.Contains(h.Holder, want) {
			t.Errorf("%q does not say %q", h.Holder, want)
		}
	}
	if events, err := s.Events(ctx, "", 0); err != nil || len(events) != 0 {
		t.Errorf("events of a transaction that came later: %v, %v", events, err)
	}
	reader := lowly(t, db.URL)
	if h, err := reader.Horizon(
		ctx,
	); err != nil || uint32(h.PID) != pid || h.Waiting != 1 || h.Lag <= 0 || h.Age != 0 ||
		!strings.Contains(h.Holder, "application nightly report") ||
		strings.Contains(h.Holder, "idle") {
		t.Errorf("a user without rights: %+v, %v", h, err)
	}
	release()
	h = horizonWhen(t, s.Store, func(h linkstore.Horizon) bool { return h.Waiting == 0 })
	if uint32(h.PID) == pid || h.Lag != 0 {
		t.Errorf("afterwards: %+v", h)
	}
	waitForEvents(t, s, 1)
}

func horizonWhen(t *testing.T, s *linkstore.Store, is func(linkstore.Horizon) bool) linkstore.Horizon {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		h, err := s.Horizon(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if is(h) {
			return h
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain; now it is %+v", h)
		}
	}
}

// lowly returns a store of a user who may read the events and has no other rights.
func lowly(t *testing.T, url string) *linkstore.Store {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	role := pgx.Identifier{"lowly_" + conn.Config().Database}.Sanitize()
	if _, err := conn.Exec(t.Context(), `
		CREATE ROLE `+role+`;
		GRANT USAGE ON SCHEMA linkgraph TO `+role+`;
		GRANT SELECT ON linkgraph.link_event TO `+role+`;
		SET ROLE `+role); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := conn.Exec(
			context.Background(),
			`RESET ROLE; DROP OWNED BY `+role+`; DROP ROLE `+role,
		); err != nil {
			t.Error(err)
		}
		conn.Close(context.Background())
	})
	catalog, err := linktest.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	return linkstore.New(conn, catalog, linkstore.Config{})
}
