package pgtest

import "syscall"

// memoryRoot is where Linux keeps files in memory. Containers make it small unless told otherwise.
const memoryRoot = "/dev/shm"

// room returns the free bytes of a file system, 0 where it is not known.
func room(path string) uint64 {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(path, &fs); err != nil {
		return 0
	}
	return fs.Bavail * uint64(fs.Bsize) //nolint:gosec // the size of a block
}
