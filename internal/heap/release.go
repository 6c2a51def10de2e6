package heap

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// interval is the time between two checks. By itself, Go collects an idle heap after two minutes.
	interval = 15 * time.Second
	// minReleasable is how many bytes must be reclaimable to be worth a collection.
	minReleasable = 64 << 20
)

// Release returns memory to the operating system whenever the program is idle, until ctx ends. Go by itself keeps the
// memory of a burst of large answers for minutes: it collects when the heap grows, and after a burst the heap does
// not grow.
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
			now.baseline = now.held
		} else {
			now.baseline = last.baseline
		}
		last = now
	}
}

// usage is the memory of the heap at one moment, in bytes.
type usage struct {
	allocated uint64 // since the start, freed memory included
	held      uint64 // obtained from the system and not returned
	baseline  uint64 // held after the last release
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

// worthReleasing reports whether the program is idle, so that a collection slows nobody down, and holds much more
// than after the last release.
func worthReleasing(last, now usage) bool {
	resting := now.allocated-last.allocated < now.held/2
	return resting && now.held > 2*last.baseline+minReleasable
}
