// Package heap configures the garbage collector: GOGC as measured, and GOMEMLIMIT by the container's memory.
package heap

import (
	"math"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

const (
	// gcPercent is the default for GOGC; docs/performance.md has the measurements.
	gcPercent = 200
	// memoryPercent is how much of the container's memory Go may use. The rest is for kernel buffers and what the Go
	// runtime does not count.
	memoryPercent = 90
)

// Settings are the values that Set applied.
type Settings struct {
	Percent int   // GOGC; 0 means unchanged
	Limit   int64 // GOMEMLIMIT in bytes; 0 means unchanged
}

// Set sets GOGC and GOMEMLIMIT, each unless the environment sets it, and returns what it set. memory returns the
// container's memory, such as memlimit.FromCgroup; if it fails, as it does without a limit, GOMEMLIMIT stays
// unchanged.
func Set(getenv func(string) string, memory memlimit.Provider) Settings {
	var s Settings
	if getenv("GOGC") == "" {
		s.Percent = gcPercent
		debug.SetGCPercent(s.Percent)
	}
	if getenv("GOMEMLIMIT") != "" {
		return s
	}
	if limit, err := memory(); err == nil && limit > 0 && limit <= math.MaxInt64 {
		s.Limit = int64(limit) / 100 * memoryPercent
		debug.SetMemoryLimit(s.Limit)
	}
	return s
}
