// Package heap sets how the garbage collector of the program works: as measured, and within the memory of the container.
package heap

import (
	"bufio"
	"bytes"
	"io/fs"
	"math"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
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

// Set sets GOGC and GOMEMLIMIT, each unless the environment does. root is the file system, os.DirFS("/") but in tests.
func Set(getenv func(string) string, root fs.FS) Settings {
	var s Settings
	if getenv("GOGC") == "" {
		s.Percent = percent
		debug.SetGCPercent(s.Percent)
	}
	if limit := containerLimit(root); getenv("GOMEMLIMIT") == "" && limit > 0 {
		s.Limit = limit / 100 * share
		debug.SetMemoryLimit(s.Limit)
	}
	return s
}

// containerLimit is the memory that the control groups of the process leave it, the least of them and of those above. 0 means
// that there is no limit, or no control group.
func containerLimit(root fs.FS) int64 {
	groups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return 0
	}
	least := int64(math.MaxInt64)
	lines := bufio.NewScanner(bytes.NewReader(groups))
	for lines.Scan() {
		// 0::/path of version 2, 4:memory:/path of version 1.
		parts := strings.SplitN(lines.Text(), ":", 3)
		if len(parts) < 3 {
			continue
		}
		base, file := "sys/fs/cgroup", "memory.max"
		if parts[0] != "0" {
			if !strings.Contains(","+parts[1]+",", ",memory,") {
				continue
			}
			base, file = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		}
		// In a container the path may be that of the host: what is not there is passed over.
		for dir := path.Join("/", parts[2]); ; dir = path.Dir(dir) {
			if limit, ok := readLimit(root, path.Join(base, dir, file)); ok {
				least = min(least, limit)
			}
			if dir == "/" {
				break
			}
		}
	}
	const none = math.MaxInt64 / 2 // version 1 writes a number near the largest
	if least > none {
		return 0
	}
	return least
}

func readLimit(root fs.FS, name string) (int64, bool) {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return 0, false
	}
	limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64) // or "max"
	return limit, err == nil && limit > 0
}
