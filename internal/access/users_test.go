package access_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/access"
	"github.com/linkgraph/linkgraph/internal/pgtest"
)

// signed has a token of the shop's secret.
func signed(t *testing.T, claims jwt.MapClaims) *http.Request {
	t.Helper()
	return bearer(sign(t, jwt.SigningMethodHS256, []byte(jwtSecret), "", claims))
}

// TestTokensOfDeletedUsers checks that a token ends with its user, within the time that is promised.
func TestTokensOfDeletedUsers(t *testing.T) {
	t.Parallel()
	db, now := keys(t), newClock()
	exec(t, db, `INSERT INTO "user" (id, email) VALUES ('user_1', 'a@example.com'), ('user_2', 'b@example.com')`)
	a := open(
		t,
		access.Config{
			DB:     db.Pool,
			Now:    now.Now,
			JWT:    access.JWT{Secret: jwtSecret},
			Limits: access.Limits{Unknown: -1},
		},
	)
	admin := graph.Caller{ID: "user_1", Role: graph.ReadWrite}
	medusa := func() *http.Request { return signed(t, medusaUser()) }
	ofRole := func(sub string) *http.Request {
		return signed(t, jwt.MapClaims{"sub": sub, "exp": in(time.Hour), "linkgraph_role": "read-only"})
	}
	accepted(t, a, medusa(), admin)
	accepted(t, a, ofRole("user_1"), graph.Caller{ID: "user_1", Role: graph.ReadOnly})
	accepted(t, a, ofRole("auth0|7"), graph.Caller{ID: "auth0|7", Role: graph.ReadOnly}) // another provider's
	refused(t, a, signed(t, with(medusaUser(), jwt.MapClaims{"actor_id": "user_9"})), graph.ErrUnauthenticated)
	refused(
		t,
		a,
		signed(t, with(medusaUser(), jwt.MapClaims{"actor_id": "user_9", "linkgraph_role": "read-only"})),
		graph.ErrUnauthenticated,
	)

	exec(t, db, `UPDATE "user" SET deleted_at = now() WHERE id = 'user_1'`)
	db.ResetStatements()
	now.pass(4 * time.Second)
	accepted(t, a, medusa(), admin)
	if s := db.Statements(); len(s) != 0 {
		t.Errorf("the database is asked within the time: %v", s)
	}
	now.pass(time.Second)
	refused(t, a, medusa(), graph.ErrUnauthenticated)
	refused(t, a, ofRole("user_1"), graph.ErrUnauthenticated)
	accepted(t, a, ofRole("auth0|7"), graph.Caller{ID: "auth0|7", Role: graph.ReadOnly})

	exec(t, db, `DELETE FROM "user" WHERE id = 'user_1'`)
	now.pass(6 * time.Second)
	refused(t, a, medusa(), graph.ErrUnauthenticated)

	exec(t, db, `INSERT INTO "user" (id, email) VALUES ('user_1', 'a@example.com')`)
	now.pass(6 * time.Second)
	accepted(t, a, medusa(), admin)
	db.Pool.Close()
	now.pass(6 * time.Second)
	serverError(t, a, medusa())
}

// TestDatabasesWithoutUsers has those whose admins are elsewhere, and one with a table of another program.
func TestDatabasesWithoutUsers(t *testing.T) {
	t.Parallel()
	admin := graph.Caller{ID: "user_1", Role: graph.ReadWrite}
	for name, sql := range map[string]string{
		"no table":              `SELECT 1`,
		"another's table":       `CREATE TABLE "user" (id bigint, name text); INSERT INTO "user" VALUES (1, 'a')`,
		"one with numbers":      `CREATE TABLE "user" (id bigint, deleted_at timestamptz); INSERT INTO "user" VALUES (1, NULL)`,
		"nobody is in it":       `CREATE TABLE "user" (id text, deleted_at timestamptz)`,
		"a column that is gone": `CREATE TABLE "user" (id text, deleted_at timestamptz); ALTER TABLE "user" DROP COLUMN deleted_at; INSERT INTO "user" VALUES ('a')`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.New(t)
			exec(t, db, sql)
			a := open(t, access.Config{DB: db.Pool, JWT: access.JWT{Secret: jwtSecret}})
			accepted(t, a, signed(t, medusaUser()), admin)
		})
	}
}
