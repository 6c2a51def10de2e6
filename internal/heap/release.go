package heap

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// interval is how often memory is looked at. The collector would otherwise run after two minutes of idleness.
	interval = 15 * time.Second
	// little is how much memory is not worth giving back.
	little = 64 << 20
)

// Release gives memory back to the system once the program has come to rest, until ctx ends. Go keeps what a burst of large answers took
// for minutes: the collector runs when the heap has grown, and after a burst it does not grow.
func Release(ctx context.Context) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for last := read(); ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := read()
		if worthReleasing(last, now) {
			debug.FreeOSMemory()
			now = read()
			now.least = now.held
		} else {
			now.least = last.least
		}
		last = now
	}
}

// usage is the memory of the heap at one moment, in bytes.
type usage struct {
	allocated uint64 // since the start, what was freed too
	held      uint64 // had from the system and not given back
	least     uint64 // held after the last release
}

func read() usage {
	samples := []metrics.Sample{
		{Name: "/gc/heap/allocs:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/unused:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
	}
	metrics.Read(samples)
	u := usage{allocated: samples[0].Value.Uint64()}
	for _, s := range samples[1:] {
		u.held += s.Value.Uint64()
	}
	return u
}

// worthReleasing says whether the program rests, so that a collection disturbs nobody, and holds much more than it needed last.
func worthReleasing(last, now usage) bool {
	resting := now.allocated-last.allocated < now.held/2
	return resting && now.held > 2*last.least+little
}
