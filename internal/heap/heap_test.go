package heap

import (
	"runtime/debug"
	"testing"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// TestSet is not parallel because it changes settings of the process.
func TestSet(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(-1))
	memory := memlimit.Limit(1_000_000_000_000)
	env := func(vars map[string]string) func(string) string {
		return func(name string) string { return vars[name] }
	}
	if got, want := Set(env(nil), memory), (Settings{200, 900_000_000_000}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if limit := debug.SetMemoryLimit(-1); limit != 900_000_000_000 {
		t.Errorf("the limit is %d", limit)
	}
	if got := debug.SetGCPercent(100); got != 200 {
		t.Errorf("GOGC is %d", got)
	}
	if got := Set(env(map[string]string{"GOGC": "50", "GOMEMLIMIT": "1GiB"}), memory); got != (Settings{}) {
		t.Errorf("%+v, although the environment sets both", got)
	}
	none := func() (uint64, error) { return 0, memlimit.ErrNoLimit }
	if got, want := Set(env(nil), none), (Settings{Percent: 200}); got != want {
		t.Errorf("%+v without a limit, want %+v", got, want)
	}
}
