package postgres

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestFetch fetches Postgres with each available package client, and runs it. It needs the network, so it runs only
// on request.
func TestFetch(t *testing.T) {
	if os.Getenv("LINKGRAPH_TEST_FETCH") == "" {
		t.Skip("set LINKGRAPH_TEST_FETCH=1 to fetch")
	}
	for client, way := range map[string]struct {
		kind   string
		unpack func(context.Context, Config, string) error
	}{"npm": {"npm", unpackNPM}, "apt-get": {"apt", unpackDebian}} {
		t.Run(client, func(t *testing.T) {
			if _, err := exec.LookPath(client); err != nil {
				t.Skip("not here")
			}
			cache, err := os.MkdirTemp("", "linkgraph-fetch-")
			if err != nil {
				t.Fatal(err)
			}
			defer os.RemoveAll(cache)
			if err := os.Chmod(cache, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := unpackInto(
				t.Context(),
				Config{},
				filepath.Join(cache, "postgres-"+way.kind),
				way.unpack,
			); err != nil {
				t.Fatal(err)
			}
			o := currentOwner()
			b, err := cached(t.Context(), cache, o)
			if err != nil {
				t.Fatal(err)
			}
			l, err := newLayout(Config{Dir: filepath.Join(cache, "server"), Log: os.Stderr})
			if err != nil {
				t.Fatal(err)
			}
			lock, err := lockFolder(l.root)
			if err != nil {
				t.Fatal(err)
			}
			cfg := Config{Unsafe: true, Log: os.Stderr}
			if err := l.initialize(t.Context(), cfg, b); err != nil {
				t.Fatal(err)
			}
			s, err := l.run(t.Context(), cfg, b, lock)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("Postgres %d from %s", b.version, b.dir)
			if err := s.Stop(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestNothingToBeHad asks for Postgres on a machine that has neither Postgres nor a package client.
func TestNothingToBeHad(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := fetch(t.Context(), Config{Log: os.Stderr}, t.TempDir(), currentOwner())
	if err == nil || !strings.Contains(err.Error(), "npm is not installed") ||
		!strings.Contains(err.Error(), "apt-get is not installed") {
		t.Errorf("got %v", err)
	}
}
