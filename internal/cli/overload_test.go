package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// askShop sends a document as a storefront.
func askShop(ctx context.Context, url, key, query string) (status int, body string, err error) {
	r, err := http.NewRequestWithContext(
		ctx,
		http.MethodPost,
		url+"/graphql",
		strings.NewReader(fmt.Sprintf(`{"query": %q}`, query)),
	)
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("x-publishable-api-key", key)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

// TestStorefrontsDoNotKeepAdminsOut has all sessions, places and queues of storefronts taken by statements that wait.
// Admins are answered; the statements are ended by their own timeout; then storefronts are answered again.
func TestStorefrontsDoNotKeepAdminsOut(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	s := serve(
		t,
		"--database-url",
		db.URL,
		"--db-max-conns",
		"1",
		"--max-concurrent",
		"1",
		"--storefront-db-conns",
		"2",
		"--storefront-max-concurrent",
		"3",
		"--storefront-max-queue",
		"2",
		"--storefront-statement-timeout",
		"2s",
		"--lock-timeout",
		"0",
		"--queue-timeout",
		"1m",
	)
	key := command(t, "keys", "create", "--database-url", db.URL, "--type", "publishable", "--title", "Shop")
	key = strings.Fields(key)[0]
	const query = `{ products { nodes { id } } }`
	if status, body, err := askShop(t.Context(), s.url, key, query); err != nil || status != http.StatusOK {
		t.Fatalf("%v: %d %s", err, status, body)
	}
	tx := lockProducts(t, db)
	type result struct {
		status int
		body   string
	}
	const clients = 12
	results := make(chan result, clients)
	for range clients {
		go func() {
			status, body, err := askShop(context.Background(), s.url, key, query)
			if err != nil {
				body = err.Error()
			}
			results <- result{status, body}
		}()
	}
	until(t, "both sessions of storefronts are at work", func() bool { return stuck(t, db) == 2 })
	if a, err := ask(t.Context(), t, s.url, `{ regions { nodes { id } } }`); err != nil || a.status != http.StatusOK ||
		a.code() != "" {
		t.Errorf("an admin: %v, %+v", err, a)
	}
	refused, ended := 0, 0
	for range clients {
		switch r := <-results; {
		case r.status == http.StatusServiceUnavailable && strings.Contains(r.body, "OVERLOADED"):
			refused++
		case r.status == http.StatusOK && strings.Contains(r.body, "took too long"):
			ended++
		default:
			t.Errorf("a storefront: %d %s", r.status, r.body)
		}
	}
	if refused == 0 || ended == 0 {
		t.Errorf("%d refused, %d ended by their timeout", refused, ended)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if status, body, err := askShop(t.Context(), s.url, key, query); err != nil || status != http.StatusOK ||
		strings.Contains(body, "errors") {
		t.Errorf("afterwards: %v: %d %s", err, status, body)
	}
}

// TestStorefrontSessionsCannotWrite asks Postgres itself what sessions of storefronts may do.
func TestStorefrontSessionsCannotWrite(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	var open database
	defer open.close(&streams{})
	if err := open.connect(t.Context(), db.URL, writes, nil); err != nil {
		t.Fatal(err)
	}
	if err := open.openShop(
		t.Context(),
		overloadFlags{StatementTimeout: time.Minute, StorefrontStatementTimeout: 3 * time.Second}.shop,
	); err != nil {
		t.Fatal(err)
	}
	for setting, want := range map[string]string{"default_transaction_read_only": "on", "statement_timeout": "3s", "search_path": "public"} {
		var got string
		if err := open.shop.QueryRow(t.Context(), `SELECT current_setting($1)`, setting).Scan(&got); err != nil ||
			got != want {
			t.Errorf("%s: %q, want %q: %v", setting, got, want, err)
		}
	}
	if _, err := open.shop.Exec(t.Context(), `DELETE FROM product`); err == nil {
		t.Error("a session of storefronts wrote")
	}
}

// TestBodiesThatDoNotCome are answered 408, and connections that send nothing make room for others.
func TestBodiesThatDoNotCome(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	s := serve(t, "--database-url", db.URL, "--read-timeout", "300ms", "--max-connections", "8")
	key := strings.Fields(command(t, "keys", "create", "--database-url", db.URL, "--type", "publishable", "--title", "Shop"))[0]
	addr := strings.TrimPrefix(s.url, "http://")
	for range 30 {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := fmt.Fprintf(
		conn,
		"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nx-publishable-api-key: %s\r\nContent-Length: 1000\r\n\r\n{",
		key,
	); err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusRequestTimeout {
		t.Errorf("a body that does not come: %d", r.StatusCode)
	}
	if status, body := s.get(t, "/readyz"); status != http.StatusOK {
		t.Errorf("beside silent connections: %d %s", status, body)
	}
}

// TestNegativeOverloadFlags refuses values without a meaning before a server starts.
func TestNegativeOverloadFlags(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"--max-connections=-1":               "--max-connections=-1: the server needs at least 1",
		"--max-connections=0":                "--max-connections=0: the server needs at least 1",
		"--db-max-conns=-1":                  "--db-max-conns=-1: a negative value",
		"--statement-timeout=-1s":            "--statement-timeout=-1s: a negative value",
		"--lock-timeout=-1s":                 "--lock-timeout=-1s: a negative value",
		"--max-concurrent=-1":                "--max-concurrent=-1: a negative value",
		"--max-queue=-1":                     "--max-queue=-1: a negative value",
		"--queue-timeout=-1s":                "--queue-timeout=-1s: a negative value",
		"--storefront-db-conns=-1":           "--storefront-db-conns=-1: a negative value",
		"--storefront-statement-timeout=-1s": "--storefront-statement-timeout=-1s: a negative value",
		"--storefront-max-concurrent=-1":     "--storefront-max-concurrent=-1: a negative value",
		"--storefront-max-queue=-1":          "--storefront-max-queue=-1: a negative value",
		"--body-memory=-1":                   "--body-memory=-1: a negative value",
		"--answer-memory=-1":                 "--answer-memory=-1: a negative value",
		"--read-timeout=-1s":                 "--read-timeout=-1s: a negative value",
		"--write-timeout=-1s":                "--write-timeout=-1s: a negative value",
	} {
		// The address is taken by nobody, and the database is none: neither is reached.
		_, err := try(t, "serve", "--addr", "127.0.0.1:0", "--database-url", "postgres://127.0.0.1:1/none", args)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", args, err)
		}
	}
}
