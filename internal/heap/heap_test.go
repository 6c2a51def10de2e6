package heap

import (
	"runtime/debug"
	"testing"
	"testing/fstest"
)

func files(pairs ...string) fstest.MapFS {
	fs := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		fs[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return fs
}

func TestContainerLimit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		root fstest.MapFS
		want int64
	}{
		{"no control groups", files(), 0},
		{"version 2, in a container", files("proc/self/cgroup", "0::/\n", "sys/fs/cgroup/memory.max", "536870912\n"), 536870912},
		{"no limit", files("proc/self/cgroup", "0::/\n", "sys/fs/cgroup/memory.max", "max\n"), 0},
		{"the least on the way up", files("proc/self/cgroup", "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max", "max\n", "sys/fs/cgroup/a/memory.max", "1000\n", "sys/fs/cgroup/memory.max", "2000\n"), 1000},
		{"the path is the host's", files("proc/self/cgroup", "0::/kubepods/pod1\n", "sys/fs/cgroup/memory.max", "3000\n"), 3000},
		{"version 1", files("proc/self/cgroup", "4:cpu,memory:/x\n3:pids:/x\n", "sys/fs/cgroup/memory/x/memory.limit_in_bytes", "4000\n"), 4000},
		{"version 1 without a limit", files("proc/self/cgroup", "4:memory:/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"), 0},
		{"nonsense", files("proc/self/cgroup", "x\n0::\n", "sys/fs/cgroup/memory.max", "-1\n"), 0},
	} {
		if got := containerLimit(c.root); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// TestSet is not parallel: what it sets is the process's.
func TestSet(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(-1))
	root := files("proc/self/cgroup", "0::/\n", "sys/fs/cgroup/memory.max", "1000000000000\n")
	env := func(vars map[string]string) func(string) string {
		return func(name string) string { return vars[name] }
	}
	if got, want := Set(env(nil), root), (Settings{200, 900_000_000_000}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if limit := debug.SetMemoryLimit(-1); limit != 900_000_000_000 {
		t.Errorf("the limit is %d", limit)
	}
	if got := debug.SetGCPercent(100); got != 200 {
		t.Errorf("GOGC is %d", got)
	}
	if got := Set(env(map[string]string{"GOGC": "50", "GOMEMLIMIT": "1GiB"}), root); got != (Settings{}) {
		t.Errorf("%+v, although the environment sets both", got)
	}
}
