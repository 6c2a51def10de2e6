package cli

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/access"
	"github.com/linkgraph/linkgraph/internal/pgtest"
)

// TestKeysCommand makes, lists and revokes keys in a database that someone else uses at the time.
func TestKeysCommand(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	keys := func(args ...string) (out, told string, err error) {
		t.Helper()
		var stdout, stderr bytes.Buffer
		err = Run(t.Context(), append([]string{"keys"}, append(args, "--database-url", db.URL)...), &stdout, &stderr)
		return stdout.String(), stderr.String(), err
	}
	if out, _, err := keys("list"); err != nil || strings.Count(out, "\n") != 1 {
		t.Errorf("list without tables: %q, %v", out, err)
	}
	if _, _, err := keys("revoke", "apk_none"); err == nil || !strings.Contains(err.Error(), "no such API key") {
		t.Errorf("revoke without tables: %v", err)
	}
	made := regexp.MustCompile(`key (apk_\w+) is made`)
	create := func(prefix string, args ...string) (token, id string) {
		t.Helper()
		out, told, err := keys(append([]string{"create"}, args...)...)
		if err != nil {
			t.Fatal(err)
		}
		m := made.FindStringSubmatch(told)
		if m == nil || !regexp.MustCompile(`^`+prefix+`[0-9a-f]{64}\n$`).MatchString(out) ||
			strings.Contains(told, strings.TrimSpace(out)) {
			t.Fatalf("stdout %q, stderr %q", out, told)
		}
		return strings.TrimSpace(out), m[1]
	}
	writer, writerID := create("sk_", "--type", "secret", "--title", "Imports")
	reader, readerID := create("sk_", "--type", "secret", "--title", "Re\x1bports", "--role", "read-only")
	if _, err := db.Pool.Exec(
		t.Context(),
		`INSERT INTO sales_channel (id, name, is_disabled) VALUES ('sc_1', 'Web', false), ('sc_2', 'POS', false)`,
	); err != nil {
		t.Fatal(err)
	}
	shop, shopID := create(
		"pk_",
		"--type",
		"publishable",
		"--title",
		"Web shop",
		"--channel",
		"sc_1",
		"--channel",
		"sc_2",
	)
	var channels string
	if err := db.Pool.QueryRow(t.Context(), `
		SELECT string_agg(sales_channel_id, ' ' ORDER BY sales_channel_id) FROM publishable_api_key_sales_channel
		WHERE publishable_key_id = $1 AND deleted_at IS NULL`, shopID).Scan(&channels); err != nil || channels != "sc_1 sc_2" {
		t.Errorf("channels: %s, %v", channels, err)
	}

	a, err := access.New(t.Context(), access.Config{DB: db.Pool, CacheFor: -1})
	if err != nil {
		t.Fatal(err)
	}
	send := func(header, token string) (graph.Caller, error) {
		r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
		r.Header.Set(header, token)
		return a.Authenticate(r)
	}
	for _, c := range []struct {
		header, token string
		want          graph.Caller
	}{
		{"Authorization", "Bearer " + writer, graph.Caller{ID: writerID, Name: "Imports", Role: graph.ReadWrite}},
		{"Authorization", "Bearer " + reader, graph.Caller{ID: readerID, Name: "Re\x1bports", Role: graph.ReadOnly}},
		{"X-Publishable-Api-Key", shop, graph.Caller{ID: shopID, Name: "Web shop", Storefront: true, Address: "192.0.2.1"}},
	} {
		if got, err := send(c.header, c.token); err != nil || got != c.want {
			t.Errorf("got %+v, %v; want %+v", got, err, c.want)
		}
	}

	out, _, err := keys("list")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		writerID + ` +secret +read-write +sk_\w{3}\*\*\*\w{3} +20\S+Z +\S+ +- +Imports\n`,
		readerID + ` +secret +read-only +sk_\w{3}\*\*\*\w{3} +20\S+Z +\S+ +- +"Re\\x1bports"\n`,
		shopID + ` +publishable +- +pk_\w{3}\*\*\*\w{3} +20\S+Z +\S+ +- +Web shop\n`,
	} {
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("list lacks %s:\n%s", want, out)
		}
	}
	var hash string
	if err := db.Pool.QueryRow(t.Context(), `SELECT token FROM api_key WHERE id = $1`, writerID).
		Scan(&hash); err != nil ||
		hash == writer {
		t.Fatalf("kept: %s, %v", hash, err)
	}
	for _, secret := range []string{writer, reader, hash} {
		if strings.Contains(out, secret) {
			t.Errorf("list shows a token:\n%s", out)
		}
	}

	if out, _, err := keys("revoke", writerID); err != nil || out != writerID+" is revoked\n" {
		t.Errorf("revoke: %q, %v", out, err)
	}
	if _, err := send("Authorization", "Bearer "+writer); err == nil {
		t.Error("a revoked key is let in")
	}
	if _, _, err := keys("revoke", writerID); err == nil || !strings.Contains(err.Error(), "revoked already") {
		t.Errorf("revoke again: %v", err)
	}
	if out, _, err := keys("list"); err != nil ||
		!regexp.MustCompile(writerID+`.* 20\S+Z +Imports\n`).MatchString(out) {
		t.Errorf("list after revoking: %v\n%s", err, out)
	}
}

// TestKeysCommandMakesAllOrNothing checks that there is no key when its links cannot be made, and that flags must go
// together.
func TestKeysCommandMakesAllOrNothing(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for _, c := range []struct{ args, want string }{
		{"--type publishable --title A --channel sc_none", "sc_none"},
		{"--type publishable --title A --role read-only", "--role is for secret keys"},
		{"--type secret --title A --channel sc_1", "--channel is for publishable keys"},
		{"--type secret --title A --role owner", "--role"},
		{"--type other --title A", "--type"},
		{"--type secret", "--title"},
		{"--title A", "--type"},
		{"--type secret --title=", "--title is empty"},
	} {
		out, err := try(t, append([]string{"keys", "create", "--database-url", db.URL}, strings.Fields(c.args)...)...)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(out, "pk_") ||
			strings.Contains(out, "sk_") {
			t.Errorf("%s: %v\n%s", c.args, err, out)
		}
	}
	var n int
	if err := db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM api_key`).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d keys, %v", n, err)
	}
}

// TestKeysOfAForeignDatabase checks that another program's database is not given tables for a key unasked.
func TestKeysOfAForeignDatabase(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	if _, err := db.Pool.Exec(t.Context(), foreign); err != nil {
		t.Fatal(err)
	}
	before := relations(t, db)
	if _, err := try(t, "keys", "create", "--type", "secret", "--title", "A", "--database-url", db.URL); err == nil ||
		!strings.Contains(err.Error(), "migrate --plan") {
		t.Errorf("create: %v", err)
	}
	if _, err := try(t, "keys", "list", "--database-url", db.URL); err != nil {
		t.Errorf("list: %v", err)
	}
	if after := relations(t, db); after != before {
		t.Errorf("the database has changed: %s", after)
	}
}
