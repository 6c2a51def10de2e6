package cli

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// metric returns the value of a metric without labels.
func (s *server) metric(t *testing.T, name string) float64 {
	t.Helper()
	_, text := s.get(t, "/metrics")
	m := regexp.MustCompile(`(?m)^` + name + ` (\S+)$`).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no %s in %s", name, text)
	}
	value, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// TestHeldHorizonIsReported keeps a transaction open that has written something. The server logs whose session it is, once, and the
// metrics say how late events are; when it ends, that is logged too.
func TestHeldHorizonIsReported(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	s := serve(t, "--database-url", db.URL, "--events-lag-warning", "100ms")
	if a, err := ask(t.Context(), t, s.url, `mutation {
		createProducts(input: [{ id: "prod_1", title: "P", handle: "p" }]) { products { id } }
		createSalesChannels(input: [{ id: "sc_1", name: "C" }]) { salesChannels { id } } }`); err != nil || a.code() != "" {
		t.Fatalf("%v, %+v", err, a)
	}
	holder, err := pgx.Connect(t.Context(), db.URL+"&application_name=nightly")
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close(context.Background())
	tx, err := holder.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `UPDATE product SET title = 'Q' WHERE id = 'prod_1'`); err != nil {
		t.Fatal(err)
	}
	pid := holder.PgConn().PID()
	if _, err := db.Pool.Exec(t.Context(), `
		INSERT INTO linkgraph.link_event (event, cause, link, left_key, right_key, data)
		VALUES ('attached', 'create', 'product_sales_channel', 'prod_1', 'sc_1', '{}')`); err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(fmt.Sprintf(
		`level=WARN msg="a transaction that stays open holds events back[^"]*" pid=%d session="user [^"]+, application nightly, [^"]*, [^",]+" since=\S+Z events=\d+\n`,
		pid,
	))
	defer func() {
		if t.Failed() {
			t.Log(s.log)
		}
	}()
	until(t, "the log names the session", func() bool { return line.MatchString(s.log.String()) })
	until(t, "the metrics say that an event waits", func() bool { return s.metric(t, "linkgraph_events_waiting") == 1 })
	if lag, held := s.metric(
		t,
		"linkgraph_events_lag_seconds",
	), s.metric(
		t,
		"linkgraph_events_held_seconds",
	); lag <= 0 ||
		held <= 0 {
		t.Errorf("an event is late by %v s, and its transaction is held for %v s", lag, held)
	}
	before := s.metric(t, "linkgraph_events_held_seconds")
	until(
		t,
		"the server has looked again",
		func() bool { return s.metric(t, "linkgraph_events_held_seconds") > before },
	)
	if n := len(line.FindAllString(s.log.String(), -1)); n != 1 {
		t.Errorf("the session is named %d times", n)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	until(t, "the event can be read", func() bool { return s.metric(t, "linkgraph_events_lag_seconds") == 0 })
	until(
		t,
		"the log says so",
		func() bool { return strings.Contains(s.log.String(), "events are no longer held back") },
	)
}
