package access_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/access"
	"github.com/linkgraph/linkgraph/internal/bookkeeping"
	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// What Medusa 2.21 makes: node's crypto.scrypt(token, salt, 64) with its default cost, as calculateHash of
// api-key-module-service.ts calls it, and redactKey of the same file. The hash is node's.
const (
	medusaToken    = "sk_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	medusaSalt     = "00112233445566778899aabbccddeeff"
	medusaHash     = "af22226b323641a2799e2def6a423fa8172cba40f0480062fe4e4b37d0e214be602f8179645441b48d247b01b27fc15282524b8fa2bb335d8f5a1499aa509c54"
	medusaRedacted = "sk_012***def"
	publishable    = "pk_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
)

// keys is a database with the tables of the modules, a secret key and a publishable one as Medusa makes them, and roles.
func keys(t *testing.T) *pgtest.DB {
	t.Helper()
	return pgtest.NewFrom(t, "access", func(ctx context.Context, pool *pgxpool.Pool) error {
		if _, err := bookkeeping.Migrate(ctx, pool); err != nil {
			return err
		}
		if _, err := recordstore.Migrate(ctx, pool); err != nil {
			return err
		}
		_, err := pool.Exec(ctx, `
			INSERT INTO api_key (id, token, salt, redacted, title, type, created_by, created_at) VALUES
			('apk_secret', '`+medusaHash+`', '`+medusaSalt+`', '`+medusaRedacted+`', 'Back office', 'secret', 'user_1', '2024-01-01'),
			('apk_shop', '`+publishable+`', '', 'pk_012***def', 'Web shop', 'publishable', 'user_1', '2024-01-02')`)
		return err
	})
}

// clock is one that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Now()} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func open(t *testing.T, cfg access.Config) *access.Authenticator {
	t.Helper()
	a, err := access.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func logTo(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

// request has headers, as pairs.
func request(headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

func bearer(token string) *http.Request { return request("Authorization", "Bearer "+token) }

func shop(token string) *http.Request { return request("x-publishable-api-key", token) }

func exec(t *testing.T, db *pgtest.DB, sql string) {
	t.Helper()
	if _, err := db.Pool.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// refused checks that a request is refused with an error of a class, whose message repeats nothing of the request.
func refused(t *testing.T, a *access.Authenticator, r *http.Request, class error) {
	t.Helper()
	caller, err := a.Authenticate(r)
	var told *graph.CredentialsError
	if !errors.Is(err, class) || !errors.As(err, &told) || caller != (graph.Caller{}) {
		t.Errorf("got %+v, %v; want %v", caller, err, class)
		return
	}
	for _, values := range r.Header {
		for _, v := range values {
			if _, token, _ := strings.Cut(v, " "); len(token) > 8 && strings.Contains(told.Message, token) ||
				len(v) > 20 && strings.Contains(told.Message, v) {
				t.Errorf("the message repeats the credential: %s", told.Message)
			}
		}
	}
}

func accepted(t *testing.T, a *access.Authenticator, r *http.Request, want graph.Caller) {
	t.Helper()
	got, err := a.Authenticate(r)
	if got.Storefront != (got.Address != "") {
		t.Errorf("%+v: only storefronts are told apart by address", got)
	}
	if got.Address = want.Address; err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
}

func limited(t *testing.T, a *access.Authenticator, r *http.Request) time.Duration {
	t.Helper()
	caller, err := a.Authenticate(r)
	var tooMany *graph.TooManyRequestsError
	if !errors.As(err, &tooMany) {
		t.Fatalf("got %+v, %v; want too many requests", caller, err)
	}
	return tooMany.RetryAfter
}

var (
	backOffice = graph.Caller{ID: "apk_secret", Name: "Back office", Role: graph.ReadWrite}
	webShop    = graph.Caller{ID: "apk_shop", Name: "Web shop", Storefront: true}
)

func TestKeysThatMedusaMade(t *testing.T) {
	t.Parallel()
	a := open(t, access.Config{DB: keys(t).Pool})
	for range 2 { // the second answer is remembered
		accepted(t, a, bearer(medusaToken), backOffice)
		accepted(t, a, shop(publishable), webShop)
	}
	accepted(t, a, request("authorization", "bEARER   "+medusaToken), backOffice)
	accepted(
		t,
		a,
		request("Authorization", "Bearer "+medusaToken, "X-Publishable-Api-Key", "pk_unknown_key"),
		backOffice,
	)
}

func TestBadCredentials(t *testing.T) {
	t.Parallel()
	db := keys(t)
	a := open(t, access.Config{DB: db.Pool, Limits: access.Limits{Unknown: -1}})
	accepted(t, a, bearer(medusaToken), backOffice) // what is remembered of it must not help others
	accepted(t, a, shop(publishable), webShop)
	for name, r := range map[string]*http.Request{
		"none":                            request(),
		"empty":                           request("Authorization", ""),
		"no token":                        request("Authorization", "Bearer"),
		"no token after spaces":           request("Authorization", "Bearer   "),
		"another scheme":                  request("Authorization", "Basic "+medusaToken),
		"the token alone":                 request("Authorization", medusaToken),
		"a tab":                           request("Authorization", "Bearer\t"+medusaToken),
		"two headers":                     request("Authorization", "Bearer "+medusaToken, "Authorization", "Bearer "+medusaToken),
		"two tokens":                      request("Authorization", "Bearer "+medusaToken+" "+medusaToken),
		"two headers in one":              request("Authorization", "Bearer "+medusaToken+",Bearer"),
		"a space behind":                  request("Authorization", "Bearer "+medusaToken+" "),
		"NUL":                             request("Authorization", "Bearer "+medusaToken+"\x00"),
		"bytes beyond ASCII":              request("Authorization", "Bearer sk_\xff\xfe\xfd0123456789"),
		"huge":                            request("Authorization", "Bearer sk_"+strings.Repeat("0", 1<<20)),
		"long":                            request("Authorization", "Bearer sk_"+strings.Repeat("0", 1000)),
		"short":                           request("Authorization", "Bearer sk_"),
		"another token":                   bearer(medusaToken[:len(medusaToken)-4] + "0def"),
		"the same is shown":               bearer("sk_012" + strings.Repeat("0", 58) + "def"),
		"the hash":                        bearer(medusaHash),
		"the hash as a secret key":        bearer("sk_" + medusaHash),
		"what is shown":                   bearer(medusaRedacted),
		"a publishable key":               bearer(publishable),
		"bad beside a good key":           request("Authorization", "Bearer sk_0123456789", "X-Publishable-Api-Key", publishable),
		"another scheme beside":           request("Authorization", "Basic eA==", "X-Publishable-Api-Key", publishable),
		"empty beside a good key":         request("Authorization", "", "X-Publishable-Api-Key", publishable),
		"a token with nobody to check it": bearer("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0."),
		"shop: empty":                     shop(""),
		"shop: short":                     shop("pk_"),
		"shop: unknown":                   shop(publishable[:len(publishable)-1] + "0"),
		"shop: two headers":               request("X-Publishable-Api-Key", publishable, "X-Publishable-Api-Key", publishable),
		"shop: two in one":                shop(publishable + "," + publishable),
		"shop: NUL":                       shop(publishable + "\x00"),
		"shop: spaces":                    shop(publishable + " "),
		"shop: bytes beyond ASCII":        shop("pk_\xff\xfe0123456789"),
		"shop: huge":                      shop("pk_" + strings.Repeat("0", 1<<20)),
		"shop: a secret key":              shop(medusaToken),
		"shop: the hash of one":           shop(medusaHash),
	} {
		t.Run(name, func(t *testing.T) { refused(t, a, r, graph.ErrUnauthenticated) })
	}
}

// TestSecretsStayOutOfStatements checks that a secret key in the wrong header is not sent to a database, which may log it.
func TestSecretsStayOutOfStatements(t *testing.T) {
	t.Parallel()
	db := keys(t)
	a := open(t, access.Config{DB: db.Pool})
	db.ResetStatements()
	refused(t, a, shop(medusaToken), graph.ErrUnauthenticated)
	if s := db.Statements(); len(s) != 0 {
		t.Errorf("the database is asked: %v", s)
	}
}

// TestOneAnswerForBadKeys checks that a client is not told whether a key ever was.
func TestOneAnswerForBadKeys(t *testing.T) {
	t.Parallel()
	db := keys(t)
	a := open(t, access.Config{DB: db.Pool, CacheFor: -1})
	exec(t, db, `UPDATE api_key SET revoked_at = now()`)
	said := map[string]bool{}
	for _, r := range []*http.Request{bearer(medusaToken), shop(publishable), bearer("sk_0000000000000"), shop("pk_0000000000000")} {
		_, err := a.Authenticate(r)
		if err == nil {
			t.Fatal("a revoked key is accepted")
		}
		said[err.Error()] = true
	}
	if len(said) != 1 {
		t.Errorf("answers differ: %v", said)
	}
}

// TestRevoking goes by authenticate_ of Medusa's api-key-module-service.ts: a key is good if revoked_at is null or to come.
func TestRevoking(t *testing.T) {
	t.Parallel()
	db, now := keys(t), newClock()
	a := open(t, access.Config{DB: db.Pool, CacheFor: 5 * time.Second, Now: now.Now})
	accepted(t, a, bearer(medusaToken), backOffice)
	accepted(t, a, shop(publishable), webShop)
	exec(t, db, `UPDATE api_key SET revoked_at = now() + interval '1 hour'`)
	now.pass(6 * time.Second)
	accepted(t, a, bearer(medusaToken), backOffice)
	accepted(t, a, shop(publishable), webShop)

	exec(t, db, `UPDATE api_key SET revoked_at = now()`)
	db.ResetStatements()
	now.pass(4 * time.Second)
	accepted(t, a, bearer(medusaToken), backOffice) // for as long as is promised
	accepted(t, a, shop(publishable), webShop)
	if s := db.Statements(); len(s) != 0 {
		t.Errorf("the database is asked within the time: %v", s)
	}
	now.pass(time.Second)
	for range 2 {
		refused(t, a, bearer(medusaToken), graph.ErrUnauthenticated)
		refused(t, a, shop(publishable), graph.ErrUnauthenticated)
	}

	exec(t, db, `UPDATE api_key SET revoked_at = NULL, deleted_at = now()`)
	now.pass(6 * time.Second)
	refused(t, a, bearer(medusaToken), graph.ErrUnauthenticated)
	refused(t, a, shop(publishable), graph.ErrUnauthenticated)

	exec(t, db, `UPDATE api_key SET deleted_at = NULL`)
	now.pass(4 * time.Second)
	refused(t, a, bearer(medusaToken), graph.ErrUnauthenticated) // that it is not good is remembered as long
	now.pass(2 * time.Second)
	accepted(t, a, bearer(medusaToken), backOffice)
}

// TestRolledToken checks that a key whose row has the hash of another token is not good for the first.
func TestRolledToken(t *testing.T) {
	t.Parallel()
	db := keys(t)
	a := open(t, access.Config{DB: db.Pool, CacheFor: -1})
	accepted(t, a, bearer(medusaToken), backOffice)
	exec(t, db, `UPDATE api_key SET salt = 'other' WHERE id = 'apk_secret'`)
	accepted(t, a, bearer(medusaToken), backOffice) // its hash is the one that was checked
	exec(t, db, `UPDATE api_key SET token = 'another hash' WHERE id = 'apk_secret'`)
	refused(t, a, bearer(medusaToken), graph.ErrUnauthenticated)
	exec(t, db, `UPDATE api_key SET token = '' WHERE id = 'apk_secret'`)
	refused(t, a, bearer(medusaToken), graph.ErrUnauthenticated)
}

func TestRoles(t *testing.T) {
	t.Parallel()
	db := keys(t)
	a := open(t, access.Config{DB: db.Pool, CacheFor: -1})
	accepted(t, a, bearer(medusaToken), backOffice)
	for _, role := range []graph.Role{graph.ReadOnly, graph.ReadWrite, graph.ReadOnly} {
		if err := access.SetRole(t.Context(), db.Pool, "apk_secret", role); err != nil {
			t.Fatal(err)
		}
		accepted(t, a, bearer(medusaToken), graph.Caller{ID: "apk_secret", Name: "Back office", Role: role})
	}
	if err := access.SetRole(t.Context(), db.Pool, "apk_secret", "owner"); err == nil {
		t.Error("a role that is none is kept")
	}
	exec(
		t,
		db,
		`ALTER TABLE linkgraph.api_key_role DROP CONSTRAINT api_key_role_role_check; UPDATE linkgraph.api_key_role SET role = 'owner'`,
	)
	accepted(t, a, bearer(medusaToken), graph.Caller{ID: "apk_secret", Name: "Back office", Role: graph.ReadOnly})
}

// TestMissingTables has databases of other programs: without roles every key may write, without keys none is known.
func TestMissingTables(t *testing.T) {
	t.Parallel()
	db := keys(t)
	exec(t, db, `DROP SCHEMA linkgraph CASCADE`)
	a := open(t, access.Config{DB: db.Pool, CacheFor: -1})
	accepted(t, a, bearer(medusaToken), backOffice)
	accepted(t, a, shop(publishable), webShop)
	if all, err := access.Keys(t.Context(), db.Pool); err != nil || len(all) != 2 || all[0].Role != graph.ReadWrite {
		t.Errorf("keys: %+v, %v", all, err)
	}
	exec(t, db, `DROP TABLE api_key`)
	refused(t, a, bearer(medusaToken), graph.ErrUnauthenticated)
	refused(t, a, shop(publishable), graph.ErrUnauthenticated)
	if all, err := access.Keys(t.Context(), db.Pool); err != nil || len(all) != 0 {
		t.Errorf("keys: %+v, %v", all, err)
	}
	if err := access.Revoke(t.Context(), db.Pool, "apk_secret", "me"); !errors.Is(err, access.ErrNoKey) {
		t.Errorf("revoke: %v", err)
	}
}

// TestRolesThatCannotBeRead checks that these do not pass for none: a read-only key would write. The user of the database is
// one that Postgres comes with.
func TestRolesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	db := keys(t)
	exec(t, db, `GRANT SELECT ON api_key TO pg_monitor`)
	cfg := db.Pool.Config().Copy()
	cfg.ConnConfig.RuntimeParams["role"] = "pg_monitor"
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	a := open(t, access.Config{DB: pool})
	serverError(t, a, bearer(medusaToken))
	exec(t, db, `GRANT USAGE ON SCHEMA linkgraph TO pg_monitor`)
	serverError(t, a, bearer(medusaToken))
	exec(t, db, `GRANT SELECT ON linkgraph.api_key_role TO pg_monitor`)
	accepted(t, a, bearer(medusaToken), backOffice)
}

// serverError checks that a request fails without its credentials being at fault.
func serverError(t *testing.T, a *access.Authenticator, r *http.Request) {
	t.Helper()
	caller, err := a.Authenticate(r)
	if err == nil || errors.Is(err, graph.ErrUnauthenticated) || errors.Is(err, graph.ErrForbidden) ||
		caller != (graph.Caller{}) {
		t.Errorf("got %+v, %v", caller, err)
	}
}

func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	db, now := keys(t), newClock()
	a := open(t, access.Config{DB: db.Pool, Now: now.Now})
	accepted(t, a, shop(publishable), webShop)
	db.Pool.Close()
	accepted(t, a, shop(publishable), webShop)
	now.pass(time.Minute)
	serverError(t, a, shop(publishable))
	serverError(t, a, bearer(medusaToken))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.Authenticate(bearer(medusaToken).WithContext(ended)); err == nil {
		t.Error("a request that ended is let in")
	}
}

func TestExtraKeys(t *testing.T) {
	t.Parallel()
	token := "lk_" + strings.Repeat("x", 32)
	playground := graph.Caller{ID: "playground", Role: graph.ReadWrite}
	a := open(
		t,
		access.Config{
			DB:     pgtest.New(t).Pool,
			Extra:  []access.Extra{{Token: token, Caller: playground}},
			Limits: access.Limits{Admin: 3},
		},
	)
	accepted(t, a, bearer(token), playground)
	refused(t, a, bearer(token+"x"), graph.ErrUnauthenticated)
	refused(t, a, shop(token), graph.ErrUnauthenticated)
	accepted(t, a, bearer(token), playground)
	accepted(t, a, bearer(token), playground)
	limited(t, a, bearer(token))
	for _, weak := range []string{"", "short", strings.Repeat("x", 40) + "\n"} {
		if _, err := access.New(t.Context(), access.Config{Extra: []access.Extra{{Token: weak}}}); err == nil {
			t.Errorf("a key %q is accepted", weak)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	db, now := keys(t), newClock()
	exec(
		t,
		db,
		`INSERT INTO api_key (id, token, salt, redacted, title, type, created_by) VALUES ('apk_other', 'pk_another_shop', '', '', 'Other', 'publishable', '')`,
	)
	a := open(t, access.Config{DB: db.Pool, Now: now.Now, Limits: access.Limits{Storefront: 6, Admin: 2}})
	for range 6 {
		accepted(t, a, shop(publishable), webShop)
	}
	if wait := limited(t, a, shop(publishable)); wait < 9*time.Second || wait > 10*time.Second {
		t.Errorf("wait %v for one of six a minute", wait)
	}
	accepted(t, a, shop("pk_another_shop"), graph.Caller{ID: "apk_other", Name: "Other", Storefront: true})
	for range 2 {
		accepted(t, a, bearer(medusaToken), backOffice)
	}
	limited(t, a, bearer(medusaToken))
	now.pass(10 * time.Second)
	accepted(t, a, shop(publishable), webShop)
	limited(t, a, shop(publishable))
	limited(t, a, bearer(medusaToken))
	now.pass(time.Hour)
	for range 6 {
		accepted(t, a, shop(publishable), webShop)
	}
	limited(t, a, shop(publishable))
}

func from(addr string, r *http.Request) *http.Request {
	r.RemoteAddr = addr
	return r
}

// TestGuessing checks that what was looked for and is not there is counted by address, and good keys never are.
func TestGuessing(t *testing.T) {
	t.Parallel()
	db, now := keys(t), newClock()
	a := open(t, access.Config{DB: db.Pool, Now: now.Now, Limits: access.Limits{Unknown: 4}})
	accepted(t, a, from("192.0.2.1:1", bearer(medusaToken)), backOffice)
	refused(t, a, from("192.0.2.1:2", bearer("sk_0123456789")), graph.ErrUnauthenticated)
	refused(t, a, from("192.0.2.1:2", bearer("sk_0123456789")), graph.ErrUnauthenticated)
	refused(t, a, from("192.0.2.1:3", shop("pk_0123456789")), graph.ErrUnauthenticated)
	refused(t, a, from("[::ffff:192.0.2.1]:3", bearer("neither")), graph.ErrUnauthenticated)
	limited(t, a, from("192.0.2.1:4", bearer("sk_9876543210")))
	limited(t, a, from("192.0.2.1:5", shop("pk_9876543210")))
	limited(t, a, from("192.0.2.1:7", bearer("neither")))
	db.ResetStatements()
	limited(t, a, from("192.0.2.1:4", bearer("sk_9876543210"))) // it was looked for before
	if s := db.Statements(); len(s) != 0 {
		t.Errorf("the database is asked: %v", s)
	}
	accepted(t, a, from("192.0.2.1:6", shop(publishable)), webShop) // never seen before
	now.pass(
		10 * time.Second,
	) // what is remembered is old, and less than one guess came back
	accepted(t, a, from("192.0.2.1:8", bearer(medusaToken)), backOffice)
	limited(t, a, from("192.0.2.1:9", bearer("sk_9876543210")))
	for i := range 4 {
		refused(t, a, from("[2001:db8::"+string(rune('1'+i))+"]:1", bearer("sk_9876543210")), graph.ErrUnauthenticated)
	}
	limited(t, a, from("[2001:db8::ffff:1]:1", bearer("sk_9876543210")))
	refused(t, a, from("[2001:db8:0:1::1]:1", bearer("sk_9876543210")), graph.ErrUnauthenticated)
	now.pass(16 * time.Second)
	refused(t, a, from("192.0.2.1:9", bearer("sk_9876543210")), graph.ErrUnauthenticated)
}

// TestOneLookUp checks that many requests with one key ask the database once.
func TestOneLookUp(t *testing.T) {
	t.Parallel()
	db := keys(t)
	a := open(t, access.Config{DB: db.Pool, CacheFor: time.Hour})
	db.ResetStatements()
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() { accepted(t, a, bearer(medusaToken), backOffice) })
	}
	all.Wait()
	asked := 0
	for _, s := range db.Statements() {
		if strings.Contains(s, "FROM api_key") {
			asked++
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}

func TestLastUsed(t *testing.T) {
	t.Parallel()
	db := keys(t)
	a := open(t, access.Config{DB: db.Pool, CacheFor: -1})
	lastUsed := func() (at *time.Time) {
		t.Helper()
		if err := db.Pool.QueryRow(t.Context(), `SELECT last_used_at FROM api_key WHERE id = 'apk_shop'`).
			Scan(&at); err != nil {
			t.Fatal(err)
		}
		return at
	}
	used := func() time.Time {
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
			accepted(t, a, shop(publishable), webShop)
			if at := lastUsed(); at != nil && time.Since(*at) < time.Minute {
				return *at
			}
		}
		t.Fatal("last_used_at is not written")
		return time.Time{}
	}
	first := used()
	db.ResetStatements()
	accepted(t, a, shop(publishable), webShop)
	if at := lastUsed(); !at.Equal(first) {
		t.Errorf("written again within a minute: %v, %v", first, at)
	}
	for _, s := range db.Statements() {
		if strings.HasPrefix(s, "UPDATE") {
			t.Errorf("%s", s)
		}
	}
	exec(t, db, `UPDATE api_key SET last_used_at = now() - interval '2 minutes'`)
	used()
}

// TestReadOnlyDatabase checks that nothing is written where nothing may be.
func TestReadOnlyDatabase(t *testing.T) {
	t.Parallel()
	db := keys(t)
	cfg := db.Pool.Config().Copy()
	cfg.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	a := open(t, access.Config{DB: pool, CacheFor: -1})
	accepted(t, a, bearer(medusaToken), backOffice)
	accepted(t, a, shop(publishable), webShop)
	pool.Close() // waits for what runs
	for _, s := range db.Statements() {
		if strings.HasPrefix(s, "UPDATE") {
			t.Errorf("%s", s)
		}
	}
}

func TestListAndRevoke(t *testing.T) {
	t.Parallel()
	db := keys(t)
	all, err := access.Keys(t.Context(), db.Pool)
	if err != nil || len(all) != 2 || all[0].ID != "apk_secret" || all[0].Role != graph.ReadWrite ||
		all[0].Redacted != medusaRedacted || all[1].Role != "" {
		t.Errorf("keys: %+v, %v", all, err)
	}
	exec(t, db, `UPDATE api_key SET revoked_at = now() + interval '1 hour'`)
	if err := access.Revoke(t.Context(), db.Pool, "apk_secret", "me"); err != nil {
		t.Error(err)
	}
	var past bool
	var by string
	if err := db.Pool.QueryRow(t.Context(), `SELECT revoked_at <= now(), revoked_by FROM api_key WHERE id = 'apk_secret'`).
		Scan(&past, &by); err != nil ||
		!past ||
		by != "me" {
		t.Errorf("revoked: %v by %s, %v", past, by, err)
	}
	if err := access.Revoke(t.Context(), db.Pool, "apk_secret", "me"); !errors.Is(err, access.ErrRevoked) {
		t.Errorf("again: %v", err)
	}
	if err := access.Revoke(t.Context(), db.Pool, "apk_none", "me"); !errors.Is(err, access.ErrNoKey) {
		t.Errorf("one that is not there: %v", err)
	}
	refused(t, open(t, access.Config{DB: db.Pool}), bearer(medusaToken), graph.ErrUnauthenticated)
}
