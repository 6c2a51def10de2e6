package access_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/access"
)

// flood sends guesses from one address until the test is over, eight at a time, and returns when they are refused.
func flood(t *testing.T, a *access.Authenticator, guess func(i int) *http.Request) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	t.Cleanup(func() { stop(); all.Wait() })
	underWay := make(chan struct{})
	var once sync.Once
	for worker := range 8 {
		all.Go(func() {
			for i := worker; i < 200_000 && ctx.Err() == nil; i += 8 {
				_, err := a.Authenticate(from("192.0.2.1:1", guess(i)).WithContext(ctx))
				var tooMany *graph.TooManyRequestsError
				if errors.As(err, &tooMany) {
					once.Do(func() { close(underWay) })
				}
			}
		})
	}
	select {
	case <-underWay:
	case <-time.After(time.Minute):
		t.Fatal("the guesses are not refused")
	}
}

// TestGoodKeysUnderAFlood uses keys that were never seen while the same address, and another one, guess without end.
func TestGoodKeysUnderAFlood(t *testing.T) {
	t.Parallel()
	for name, guess := range map[string]func(i int) *http.Request{
		"secret":      func(i int) *http.Request { return bearer(fmt.Sprintf("sk_%064x", i)) },
		"publishable": func(i int) *http.Request { return shop(fmt.Sprintf("pk_%064x", i)) },
		"mixed": func(i int) *http.Request {
			return []*http.Request{bearer(fmt.Sprintf("sk_%064x", i)), shop(fmt.Sprintf("pk_%064x", i)), bearer("x")}[i%3]
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := open(t, access.Config{DB: keys(t).Pool})
			flood(t, a, guess)
			accepted(t, a, from("192.0.2.1:2", bearer(medusaToken)), backOffice)
			accepted(t, a, from("192.0.2.1:3", shop(publishable)), webShop)
		})
	}
}

// TestFloodAtOneKey has the guesses of one who knows what is shown of a key: each costs a hash. Another key gets in from the same
// address, and that key itself from another one.
func TestFloodAtOneKey(t *testing.T) {
	t.Parallel()
	db := keys(t)
	exec(
		t,
		db,
		`INSERT INTO api_key (id, token, salt, redacted, title, type, created_by) VALUES ('apk_known', 'a hash', 'salt', 'sk_999***999', 'Known', 'secret', '')`,
	)
	a := open(t, access.Config{DB: db.Pool, Limits: access.Limits{Unknown: 3}})
	flood(t, a, func(i int) *http.Request { return bearer(fmt.Sprintf("sk_999%058x999", i)) })
	accepted(t, a, from("192.0.2.1:2", bearer(medusaToken)), backOffice)
	refused(t, a, from("192.0.2.2:2", bearer("sk_999"+strings.Repeat("f", 58)+"999")), graph.ErrUnauthenticated)
}

// TestGuessesOfThoseWhoHangUp checks that a guess counts although nobody waits for its answer.
func TestGuessesOfThoseWhoHangUp(t *testing.T) {
	t.Parallel()
	a := open(t, access.Config{DB: keys(t).Pool, Limits: access.Limits{Unknown: 4}})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for i := range 4 {
		_, err := a.Authenticate(from("192.0.2.1:1", shop(fmt.Sprintf("pk_%064x", i))).WithContext(gone))
		if err == nil {
			t.Fatal("it is let in")
		}
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		_, err := a.Authenticate(from("192.0.2.1:1", shop("pk_0000000000000")))
		var tooMany *graph.TooManyRequestsError
		if errors.As(err, &tooMany) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("they are not counted")
		}
	}
}

// TestLookUpsTogether checks that a flood takes few statements, and each credential gets its own answer.
func TestLookUpsTogether(t *testing.T) {
	t.Parallel()
	db := keys(t)
	exec(t, db, `INSERT INTO api_key (id, token, salt, redacted, title, type, created_by)
		SELECT 'apk_' || n, 'pk_shop_number_' || n, '', '', 'Shop ' || n, 'publishable', '' FROM generate_series(1, 300) AS n`)
	a := open(t, access.Config{DB: db.Pool, Limits: access.Limits{Unknown: -1}})
	db.ResetStatements()
	lock, err := db.Pool.Begin(t.Context()) // so that all of them wait
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock.Exec(t.Context(), `LOCK TABLE api_key IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for n := range 300 {
		all.Go(func() {
			id := fmt.Sprint(n + 1)
			accepted(
				t,
				a,
				shop("pk_shop_number_"+id),
				graph.Caller{ID: "apk_" + id, Name: "Shop " + id, Storefront: true},
			)
			refused(t, a, shop("pk_shop_nobody_"+id), graph.ErrUnauthenticated)
		})
	}
	time.Sleep(100 * time.Millisecond)
	if err := lock.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	all.Wait()
	asked := 0
	for _, s := range db.Statements() {
		if strings.Contains(s, "FROM api_key") {
			asked++
		}
	}
	if asked > 150 {
		t.Errorf("600 keys are asked for by %d statements", asked)
	}
}
