//go:build !linux

package pgtest

const memoryRoot = "/dev/shm"

// room returns 0: only Linux promises files in memory at a fixed place.
func room(string) uint64 { return 0 }
