package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"linkgraph/internal/pgtest"
)

// settings are what the playground is told.
type settings struct{ Admin, Storefront map[string]string }

func (s *server) settings(t *testing.T) (found settings) {
	t.Helper()
	status, body := s.get(t, "/playground/settings.json")
	if err := json.Unmarshal([]byte(body), &found); err != nil || status != http.StatusOK {
		t.Fatalf("%d %s: %v", status, body, err)
	}
	return found
}

// TestTryout looks at who is let in by the pages of this machine.
func TestTryout(t *testing.T) {
	t.Parallel()
	private := serve(t, "--data-dir", dataDir(t))
	found := private.settings(t)
	private.lets(t, "Authorization", found.Admin["Authorization"], `{"data":{"products":{"totalCount":3}}}`)
	private.lets(t, "x-publishable-api-key", found.Storefront["x-publishable-api-key"], `{"data":{"products":{"totalCount":2}}}`)
	if strings.Contains(private.log.String(), strings.TrimPrefix(found.Admin["Authorization"], "Bearer ")) {
		t.Error("the key of the pages is in the log")
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, private.url+"/playground/settings.json", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "attacker.example"
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("a request for another host: %d", response.StatusCode)
	}

	db := migrated(t)
	for _, args := range [][]string{{"--database-url", db.URL}, {"--database-url", db.URL, "--no-tryout"}} {
		if found := serve(t, args...).settings(t); len(found.Admin)+len(found.Storefront) > 0 {
			t.Errorf("%v: the pages carry keys", args[2:])
		}
	}
	found = serve(t, "--database-url", db.URL, "--tryout", "--read-only").settings(t)
	if len(found.Admin) == 0 {
		t.Error("--tryout: the pages carry no key")
	}
}

// TestTryoutIsForThisMachine starts servers that others can reach.
func TestTryoutIsForThisMachine(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	err := run(t.Context(), []string{"serve", "--addr", "0.0.0.0:0", "--tryout", "--database-url", db.URL}, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "--tryout") {
		t.Errorf("--tryout on every address: %v", err)
	}
	everywhere := &net.TCPAddr{IP: net.IPv4zero, Port: 80}
	if key, err := (tryoutFlags{}).tryout(false, true, everywhere); err != nil || key.secret != "" {
		t.Errorf("the private Postgres on every address: %v, %v", key, err)
	}
}
