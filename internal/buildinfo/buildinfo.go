// Package buildinfo tells which build of the program runs.
package buildinfo

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// Info identifies a build. Its texts are never empty.
type Info struct {
	Version  string // the module's version, "(devel)" for a build from a working copy without a tag
	Revision string // the commit; "unknown" outside of a repository
	Modified bool   // files of the working copy differed from the commit
	Go       string // the version of Go that compiled it, as in "go1.26.8"
}

// Read returns what the Go toolchain wrote into the running binary.
func Read() Info {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return from(info)
}

func from(info *debug.BuildInfo) Info {
	i := Info{Version: "(devel)", Revision: "unknown", Go: runtime.Version()}
	if info.Main.Version != "" {
		i.Version = info.Main.Version
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if revision := settings["vcs.revision"]; revision != "" {
		i.Revision = revision
		i.Modified = settings["vcs.modified"] == "true"
	}
	return i
}

// String is the line that --version prints.
func (i Info) String() string {
	modified := ""
	if i.Modified {
		modified = ", modified"
	}
	return fmt.Sprintf("linkgraph %s (commit %s%s, %s)", i.Version, i.Revision, modified, i.Go)
}
