package heap

import (
	"runtime"
	"runtime/debug"
	"testing"
)

func TestWorthReleasing(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	for _, c := range []struct {
		name      string
		last, now usage
		want      bool
	}{
		{"at rest after a burst", usage{1000 * mib, 500 * mib, 0}, usage{1001 * mib, 500 * mib, 0}, true},
		{"in a burst", usage{1000 * mib, 500 * mib, 0}, usage{2000 * mib, 500 * mib, 0}, false},
		{"little is held", usage{1000 * mib, 50 * mib, 0}, usage{1001 * mib, 50 * mib, 0}, false},
		{"what is held is needed", usage{1000 * mib, 500 * mib, 480 * mib}, usage{1001 * mib, 500 * mib, 0}, false},
	} {
		if got := worthReleasing(c.last, c.now); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

// TestHeldFalls is not parallel because allocations of other tests would disturb it.
func TestHeldFalls(t *testing.T) {
	before := read()
	large := make([]byte, 256<<20)
	for i := 0; i < len(large); i += 4096 {
		large[i] = 1
	}
	full := read()
	runtime.KeepAlive(large)
	if full.held < before.held+200<<20 {
		t.Fatalf("%d bytes are held, %d before 256 MiB were taken", full.held, before.held)
	}
	debug.FreeOSMemory()
	if now := read(); now.held > full.held-200<<20 {
		t.Errorf("%d bytes are held, %d before they were given back", now.held, full.held)
	}
}
