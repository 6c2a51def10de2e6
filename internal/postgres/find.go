package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// minVersion is the oldest supported major version of Postgres.
const minVersion = 13

// binaries are the programs of one Postgres installation.
type binaries struct {
	dir       string
	libraries string // library path for an unpacked installation, "" for none
	version   int
	release   string // what postgres --version prints, with the minor version
}

// command returns a command that runs a program as the owner of the data.
func (b binaries) command(ctx context.Context, o *owner, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(b.dir, name), args...)
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), "LC_ALL=C", "TZ=UTC")
	if b.libraries != "" {
		cmd.Env = append(cmd.Env, "LD_LIBRARY_PATH="+b.libraries)
	}
	o.apply(cmd)
	return cmd
}

// locales returns the initdb arguments to try for a new cluster, in order. All of them sort by code point. All but
// the last, which any system has, know upper and lower case of all of Unicode.
func (b binaries) locales() [][]string {
	all := [][]string{{"--locale=C.UTF-8"}, {"--locale=en_US.UTF-8", "--lc-collate=C"}, {"--locale=C"}}
	if b.version >= 17 {
		all = append([][]string{{"--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"}}, all...)
	}
	return all
}

var versionText = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// inspect checks that a folder has the programs and that they run.
func inspect(ctx context.Context, dir, libraries string, o *owner) (binaries, error) {
	b := binaries{dir: dir, libraries: libraries}
	for _, name := range []string{"initdb", "postgres"} {
		if blocked := o.blockedAt(dir); blocked != "" {
			return b, fmt.Errorf("other users cannot enter %s", blocked)
		}
		out, err := b.command(ctx, o, name, "--version").Output()
		if err != nil {
			return b, fmt.Errorf("%s: %w", filepath.Join(dir, name), err)
		}
		m := versionText.FindSubmatch(out)
		if m == nil {
			return b, fmt.Errorf("%s: unknown version %q", filepath.Join(dir, name), out)
		}
		if b.version, err = strconv.Atoi(string(m[1])); err != nil {
			return b, err
		}
		b.release = strings.TrimSpace(string(out))
	}
	if b.version < minVersion {
		return b, fmt.Errorf("%s: Postgres %d is too old, %d is needed", dir, b.version, minVersion)
	}
	return b, nil
}

// find returns the binaries to use. It tries the folder that the environment names, those of the machine and the
// cache, and at last fetches them.
func find(ctx context.Context, cfg Config, o *owner) (binaries, error) {
	if dir := cfg.Getenv("LINKGRAPH_POSTGRES_BIN"); dir != "" {
		b, err := inspect(ctx, dir, "", o)
		if err != nil {
			return b, fmt.Errorf("LINKGRAPH_POSTGRES_BIN: %w", err)
		}
		return b, nil
	}
	for _, dir := range candidates(cfg) {
		if b, err := inspect(ctx, dir, "", o); err == nil {
			return b, nil
		}
	}
	cache, err := cacheFolder(o)
	if err != nil {
		return binaries{}, err
	}
	if b, err := cached(ctx, cache, o); err == nil {
		return b, nil
	}
	b, err := fetch(ctx, cfg, cache, o)
	if err != nil {
		return b, fmt.Errorf(`no usable Postgres on this machine, and none could be fetched: %w
Do one of these:
  - install Postgres (on Debian: apt-get install postgresql) and start again
  - set LINKGRAPH_POSTGRES_BIN to the folder that holds initdb and postgres
  - set DATABASE_URL to a Postgres server that is to be used instead`, err)
	}
	return b, nil
}

// candidates returns the folders where systems usually install Postgres.
func candidates(cfg Config) []string {
	var dirs []string
	for _, dir := range filepath.SplitList(cfg.Getenv("PATH")) {
		if path, err := filepath.EvalSymlinks(filepath.Join(dir, "postgres")); err == nil {
			dirs = append(dirs, filepath.Dir(path))
		}
	}
	versions, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	more, _ := filepath.Glob("/opt/homebrew/opt/postgresql*/bin")
	versions = append(versions, more...)
	sort.Slice(versions, func(i, j int) bool { return folderVersion(versions[i]) > folderVersion(versions[j]) })
	return append(append(dirs, versions...), "/usr/local/pgsql/bin", "/usr/local/bin", "/usr/bin")
}

func folderVersion(path string) int {
	name := filepath.Base(filepath.Dir(path))
	n, _ := strconv.Atoi(name[strings.LastIndexByte(name, '@')+1:])
	return n
}

// cacheFolder returns the folder for fetched binaries. It is one that the server's user can reach.
func cacheFolder(o *owner) (string, error) {
	if o.switches() {
		return "/var/cache/linkgraph", nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache folder: %w", err)
	}
	return filepath.Join(dir, "linkgraph"), nil
}

// cached returns the binaries of an earlier fetch.
func cached(ctx context.Context, cache string, o *owner) (binaries, error) {
	for _, kind := range []string{"npm", "apt"} {
		root := filepath.Join(cache, "postgres-"+kind)
		dirs, _ := filepath.Glob(filepath.Join(root, "usr/lib/postgresql/*/bin"))
		dirs = append(dirs, filepath.Join(root, "bin"))
		for _, dir := range dirs {
			if b, err := inspect(ctx, dir, libraryFolders(root), o); err == nil {
				return b, nil
			}
		}
	}
	return binaries{}, errors.New("nothing was fetched yet")
}

// libraryFolders returns the library path inside an unpacked package.
func libraryFolders(root string) string {
	dirs, _ := filepath.Glob(filepath.Join(root, "usr/lib/*-linux-gnu*"))
	more, _ := filepath.Glob(filepath.Join(root, "lib"))
	extra, _ := filepath.Glob(filepath.Join(root, "lib/*-linux-gnu*"))
	return strings.Join(append(append(dirs, more...), extra...), ":")
}
