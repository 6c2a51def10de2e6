package postgres

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// newCache returns a folder for cached clusters that Postgres may enter, the binaries, and who runs them.
func newCache(t *testing.T) (clusters string, bin binaries, l *layout, cfg Config) {
	t.Helper()
	dir, err := os.MkdirTemp("", "linkgraph-cache-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	cfg = Config{Log: io.Discard, Getenv: os.Getenv}
	l = &layout{owner: currentOwner()}
	bin, err = find(t.Context(), cfg, l.owner)
	if err != nil {
		t.Skipf("no Postgres here: %v", err)
	}
	return filepath.Join(dir, "clusters"), bin, l, cfg
}

// TestCachedClusterIsMadeOnce asks for a cached cluster from several goroutines at once, as test processes do. All of
// them get the same complete one, and nothing else is left in the cache but what a process that may still run makes.
func TestCachedClusterIsMadeOnce(t *testing.T) {
	t.Parallel()
	clusters, bin, l, cfg := newCache(t)
	old, recent := filepath.Join(clusters, "new-old"), filepath.Join(clusters, "new-recent")
	for _, dir := range []string{old, recent} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	before := time.Now().Add(-2 * abandoned)
	if err := os.Chtimes(old, before, before); err != nil {
		t.Fatal(err)
	}
	got := make([]string, 2)
	var all sync.WaitGroup
	for i := range got {
		all.Go(func() {
			var err error
			if got[i], err = l.cachedCluster(t.Context(), cfg, bin, clusters); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got[0] != got[1] {
		t.Errorf("got %q", got)
	}
	if _, err := os.Stat(filepath.Join(got[0], "PG_VERSION")); err != nil {
		t.Error(err)
	}
	left, err := filepath.Glob(filepath.Join(clusters, "*"))
	if err != nil || len(left) != 2 || left[0] != got[0] || left[1] != recent {
		t.Errorf("%v, in the cache: %q", err, left)
	}
	bin.release += " of another build"
	other, err := l.cachedCluster(t.Context(), cfg, bin, clusters)
	if err != nil || other == got[0] {
		t.Errorf("%v, another build uses %s", err, other)
	}
}

// TestCopyFallsBackToInitdb has a cache that cannot be used: the cluster is made without it.
func TestCopyFallsBackToInitdb(t *testing.T) {
	t.Parallel()
	clusters, bin, l, cfg := newCache(t)
	dir := filepath.Dir(clusters)
	broken := filepath.Join(dir, "broken")
	if err := os.WriteFile(broken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cfg.CopyCluster, cfg.Unsafe = true, true
	data, err := os.MkdirTemp(dir, "data")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data, "half"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := l.owner.own(data); err != nil {
		t.Fatal(err)
	}
	if err := l.fillFrom(context.Background(), cfg, bin, data, broken); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(data, "PG_VERSION")); err != nil {
		t.Error(err)
	}
}
