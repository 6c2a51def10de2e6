// Package heap sets how the garbage collector of the program works: as measured, and within the memory of the container.
package heap

import (
	"math"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

const (
	// percent is GOGC of its own accord: docs/performance.md has the measurements.
	percent = 200
	// share is how much of the container's memory the heap may take, in percent: the rest is for stacks, buffers of the
	// kernel and what is not the heap.
	share = 90
)

// Settings are those that were made.
type Settings struct {
	Percent int   // GOGC; 0 means that it was left alone
	Limit   int64 // GOMEMLIMIT in bytes; 0 means that it was left alone
}

// Set sets GOGC and GOMEMLIMIT, each unless the environment does. memory tells the memory of the container: memlimit.FromCgroup. An error of
// it, as where there is no limit, leaves GOMEMLIMIT alone.
func Set(getenv func(string) string, memory memlimit.Provider) Settings {
	var s Settings
	if getenv("GOGC") == "" {
		s.Percent = percent
		debug.SetGCPercent(s.Percent)
	}
	if getenv("GOMEMLIMIT") != "" {
		return s
	}
	if limit, err := memory(); err == nil && limit > 0 && limit <= math.MaxInt64 {
		s.Limit = int64(limit) / 100 * share
		debug.SetMemoryLimit(s.Limit)
	}
	return s
}
