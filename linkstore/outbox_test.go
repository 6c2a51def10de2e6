package linkstore_test

import (
	"testing"

	"github.com/linkgraph/linkgraph/linkstore"
)

// TestOutboxIsOfTheStore checks what docs/medusa.md says of the outbox: what another program writes to the tables makes no event, and so
// a link that it made can be detached without ever having been attached.
func TestOutboxIsOfTheStore(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := newSubject(t, newDB(t).Pool)
	events := func() (text string) {
		t.Helper()
		if err := s.pool.QueryRow(ctx, `SELECT COALESCE(string_agg(concat_ws(' ', event, cause, left_key, right_key), ', ' ORDER BY id), '') FROM linkgraph.link_event`).
			Scan(&text); err != nil {
			t.Fatal(err)
		}
		return text
	}
	for _, sql := range []string{ // the other program
		`INSERT INTO product (id) VALUES ('p1'), ('p2')`,
		`INSERT INTO channel (id) VALUES ('c1'), ('c2')`,
		`INSERT INTO product_channel (product_id, channel_id, id) VALUES ('p1', 'c1', 'other_1'), ('p1', 'c2', 'other_2'), ('p2', 'c1', 'other_3')`,
		`UPDATE product_channel SET deleted_at = now() WHERE id = 'other_2'`,
		`UPDATE product SET deleted_at = now() WHERE id = 'p2'`,
	} {
		if err := s.exec(ctx, sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	if got := events(); got != "" {
		t.Errorf("of another program's writes: %s", got)
	}
	results, err := s.Dismiss(ctx, []linkstore.Item{{Link: "product_channel", Left: "p1", Right: "c1"}})
	if err != nil || len(results) != 1 || results[0].Outcome != linkstore.Dismissed {
		t.Fatalf("%+v, %v", results, err)
	}
	if got := events(); got != "detached dismiss p1 c1" {
		t.Errorf("of a link that another program made: %q", got)
	}
}
