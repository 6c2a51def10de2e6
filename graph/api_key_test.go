package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/linkgraph/linkgraph/graph"
)

// TestRevokingIsFinal goes through the ways in which a key that was revoked could become good again.
func TestRevokingIsFinal(t *testing.T) {
	t.Parallel()
	a := newAPI(t, newDemoDB(t), graph.Config{})
	var made struct {
		CreateAPIKeys struct{ APIKeys []struct{ ID string } }
	}
	a.ask(
		&made,
		`mutation { createApiKeys(input: [{ title: "A", type: SECRET }, { title: "B", type: PUBLISHABLE }, { title: "C", type: SECRET }]) { apiKeys { id } } }`,
		nil,
	)
	secret, public, other := made.CreateAPIKeys.APIKeys[0].ID, made.CreateAPIKeys.APIKeys[1].ID, made.CreateAPIKeys.APIKeys[2].ID
	update := func(id, fields string) string {
		return string(
			a.do(
				fmt.Sprintf(
					`mutation { updateApiKeys(input: [{ id: %q, %s }]) { apiKeys { id revokedAt } } }`,
					id,
					fields,
				),
				nil,
			),
		)
	}
	goes := func(id, fields string) {
		t.Helper()
		if got := update(id, fields); strings.Contains(got, "errors") {
			t.Errorf("%s: %s", fields, got)
		}
	}
	refused := func(id, fields, why string) {
		t.Helper()
		got := update(id, fields)
		if !strings.Contains(got, why) || !strings.Contains(got, `"code":"BAD_USER_INPUT"`) ||
			!strings.Contains(got, `"index":0`) {
			t.Errorf("%s: %s, want %s", fields, got, why)
		}
	}
	later := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	goes(secret, `revokedAt: "`+later+`", revokedBy: "me"`) // to come: it may be taken back
	goes(secret, `revokedAt: null, revokedBy: null`)
	for _, id := range []string{secret, public} {
		goes(id, `revokedAt: "2024-05-06T07:08:09.123456Z", revokedBy: "me"`)
		final := "revoked, which is final"
		refused(id, `revokedAt: null`, final)
		refused(id, `revokedAt: "`+later+`"`, final)
		refused(id, `revokedAt: "2024-05-06T07:08:09Z"`, final)
		refused(id, `revokedBy: "you"`, final)
		refused(id, `revokedBy: null`, final)
		goes(id, `title: "Old", revokedAt: "2024-05-06T09:08:09.123456+02:00", revokedBy: "me"`) // as it is
	}
	refused(secret, `type: PUBLISHABLE`, "does not change")
	refused(public, `type: SECRET`, "does not change")
	refused(other, `type: PUBLISHABLE`, "does not change")
	goes(other, `type: SECRET`)
	if got := update(other, `token: "sk_x"`); !strings.Contains(got, "is not defined by type") {
		t.Errorf("another token: %s", got)
	}
	if got := string(
		a.do(
			fmt.Sprintf(
				`mutation { updateApiKeys(input: [{ id: %q, title: "x" }, { id: %q, revokedAt: null }]) { apiKeys { id } } }`,
				other,
				public,
			),
			nil,
		),
	); !strings.Contains(
		got,
		`"index":1`,
	) {
		t.Errorf("the second of two: %s", got)
	}
	// Deleting and restoring brings back a key that is revoked.
	a.do(fmt.Sprintf(`mutation { deleteApiKeys(ids: [%q]) { deletionId } }`, secret), nil)
	a.do(fmt.Sprintf(`mutation { restoreApiKeys(ids: [%q]) { deletionId } }`, secret), nil)
	var key struct {
		APIKey struct{ RevokedAt, Title string }
	}
	a.ask(&key, `query ($id: ID!) { apiKey(id: $id) { revokedAt title } }`, map[string]any{"id": secret})
	if key.APIKey.RevokedAt != "2024-05-06T07:08:09.123456Z" || key.APIKey.Title != "Old" {
		t.Errorf("restored: %+v", key)
	}
}

// TestRevokedWhileItChanges revokes a key after a change of it began.
func TestRevokedWhileItChanges(t *testing.T) {
	t.Parallel()
	a := newAPI(t, newDemoDB(t), graph.Config{})
	var made struct {
		CreateAPIKeys struct{ APIKeys []struct{ ID string } }
	}
	a.ask(&made, `mutation { createApiKeys(input: [{ title: "A", type: SECRET }]) { apiKeys { id } } }`, nil)
	id := made.CreateAPIKeys.APIKeys[0].ID
	tx, err := a.db.Pool.Begin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `UPDATE api_key SET revoked_at = now() WHERE id = $1`, id); err != nil {
		t.Fatal(err)
	}
	answer := make(chan json.RawMessage)
	go func() {
		answer <- a.do(fmt.Sprintf(`mutation { updateApiKeys(input: [{ id: %q, revokedAt: null }]) { apiKeys { id } } }`, id), nil)
	}()
	time.Sleep(50 * time.Millisecond) // it waits for the row
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := string(<-answer); !strings.Contains(got, "final") {
		t.Errorf("%s", got)
	}
}
