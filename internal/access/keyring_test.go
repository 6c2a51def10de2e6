package access

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/linkgraph/linkgraph/internal/bookkeeping"
	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/modules/api_key"
)

// TestTokensAreNotKept looks at all that is remembered of a key.
func TestTokensAreNotKept(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	if _, err := bookkeeping.Migrate(t.Context(), db.Pool); err != nil {
		t.Fatal(err)
	}
	if _, err := recordstore.Migrate(t.Context(), db.Pool); err != nil {
		t.Fatal(err)
	}
	token, unknown, extra := "sk_"+strings.Repeat(
		"ab",
		32,
	), "sk_"+strings.Repeat(
		"cd",
		32,
	), "lk_"+strings.Repeat(
		"ef",
		32,
	)
	hash, err := api_key.Hash(token, "salt")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Pool.Exec(
		t.Context(),
		`INSERT INTO api_key (id, token, salt, redacted, title, type, created_by) VALUES ('apk', $1, 'salt', $2, 'A', 'secret', '')`,
		hash,
		api_key.Redact(token),
	); err != nil {
		t.Fatal(err)
	}
	a, err := New(t.Context(), Config{DB: db.Pool, Extra: []Extra{{Token: extra}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{token, unknown, extra} {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		if _, err := a.Authenticate(r); (err == nil) == (token == unknown) {
			t.Fatalf("%v", err)
		}
	}
	if a.keys.seen.Len() != 1 || a.keys.unknown.Len() != 1 {
		t.Fatalf("remembered: %d good, %d unknown", a.keys.seen.Len(), a.keys.unknown.Len())
	}
	kept := fmt.Sprintf("%s %+v %+v %s", a.keys.seen.Keys(), a.keys.seen.Values(), a.extra, a.keys.unknown.Keys())
	for _, token := range []string{token, unknown, extra} {
		if strings.Contains(kept, token) || strings.Contains(kept, token[3:]) ||
			strings.Contains(kept, hex.EncodeToString([]byte(token))) {
			t.Errorf("a token is kept: %s", kept)
		}
	}
}

// TestBounds checks that what clients send does not fill the memory.
func TestBounds(t *testing.T) {
	t.Parallel()
	b := newBuckets(1)
	for i := range 2 * maxBuckets {
		if err := b.take(fmt.Sprint(i), time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if n := b.of.Len(); n != maxBuckets {
		t.Errorf("%d buckets", n)
	}
}

// TestDigestsOfTwoHeaders checks that what is remembered of a token in one header says nothing of it in the other.
func TestDigestsOfTwoHeaders(t *testing.T) {
	t.Parallel()
	if digestOf(secretKey, "token") == digestOf(publishableKey, "token") {
		t.Error("they are the same")
	}
}
