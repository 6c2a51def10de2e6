package buildinfo

import (
	"runtime"
	"runtime/debug"
	"testing"
)

func TestInfo(t *testing.T) {
	t.Parallel()
	revision := debug.BuildSetting{Key: "vcs.revision", Value: "c0ffee"}
	for name, c := range map[string]struct {
		info *debug.BuildInfo
		want string
	}{
		"nothing known": {
			&debug.BuildInfo{},
			"linkgraph (devel) (commit unknown, " + runtime.Version() + ")",
		},
		"a release": {
			&debug.BuildInfo{
				Main:     debug.Module{Version: "v0.1.0"},
				Settings: []debug.BuildSetting{revision, {Key: "vcs.modified", Value: "false"}},
			},
			"linkgraph v0.1.0 (commit c0ffee, " + runtime.Version() + ")",
		},
		"a working copy": {
			&debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "vcs.modified", Value: "true"}, revision}},
			"linkgraph (devel) (commit c0ffee, modified, " + runtime.Version() + ")",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := from(c.info).String(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestReadIsOfThisProgram(t *testing.T) {
	t.Parallel()
	if i := Read(); i.Version == "" || i.Revision == "" || i.Go != runtime.Version() {
		t.Errorf("got %+v", i)
	}
}
