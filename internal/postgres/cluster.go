package postgres

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// unfinished is part of the name of a cluster's folder while initdb fills it. The folder lies beside the data folder
// and takes its name once it is complete.
const unfinished = ".new" // earlier versions used it without a suffix

// initialize creates the cluster if there is none.
func (l *layout) initialize(ctx context.Context, cfg Config, bin binaries) error {
	l.sweep()
	if _, err := os.Stat(filepath.Join(l.data, "PG_VERSION")); err == nil {
		return l.checkVersion(bin)
	}
	fmt.Fprintf(cfg.Log, "creating a Postgres %d cluster in %s\n", bin.version, l.data)
	// The name is new each time, because the initdb of a start that was killed may still write into its own folder.
	temp, err := os.MkdirTemp(l.root, filepath.Base(l.data)+unfinished+"-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp) // nothing is left there after the rename
	if err := l.owner.own(temp); err != nil {
		return err
	}
	if err := l.fill(ctx, cfg, bin, temp); err != nil {
		return err
	}
	if err := os.Rename(temp, l.data); err != nil {
		return err
	}
	return syncFolder(l.root)
}

// fill makes a new cluster in an empty folder.
func (l *layout) fill(ctx context.Context, cfg Config, bin binaries, dir string) error {
	if cfg.CopyCluster {
		if cache, err := cacheFolder(l.owner); err == nil {
			return l.fillFrom(ctx, cfg, bin, dir, filepath.Join(cache, "clusters"))
		}
	}
	return l.initdb(ctx, cfg, bin, dir)
}

// sweep removes the folders of starts that ended while they created the cluster. If an initdb is still ending, what
// it writes after this is removed by itself or by the next start.
func (l *layout) sweep() {
	entries, _ := os.ReadDir(l.root)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), filepath.Base(l.data)+unfinished) {
			_ = os.RemoveAll(filepath.Join(l.root, e.Name()))
		}
	}
}

// initdbArgs are the arguments that every cluster is made with.
var initdbArgs = []string{"-U", superuser, "--auth=trust", "--encoding=UTF8"}

// initdb creates a cluster in dir, with the first locale that the system has.
func (l *layout) initdb(ctx context.Context, cfg Config, bin binaries, dir string) (err error) {
	for _, locale := range bin.locales() {
		if err = l.initdbWith(ctx, cfg, bin, dir, locale); err == nil || ctx.Err() != nil {
			break
		}
	}
	return err
}

// initdbWith ends when ctx is cancelled, or when this process is killed.
func (l *layout) initdbWith(ctx context.Context, cfg Config, bin binaries, dir string, locale []string) error {
	args := slices.Concat([]string{"-D", dir}, initdbArgs, locale)
	if cfg.Unsafe {
		args = append(args, "--no-sync")
	}
	cmd := bin.command(ctx, l.owner, "initdb", args...)
	dieWithParent(cmd)
	// The signal goes to the process group, which includes the servers that initdb runs.
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
	cmd.WaitDelay = initdbDelay
	runtime.LockOSThread() // Pdeathsig fires when the thread that started the child ends
	defer runtime.UnlockOSThread()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, lastLines(out))
	}
	return nil
}

// initdbDelay is how long to wait for a cancelled initdb to end.
const initdbDelay = 5 * time.Second

// syncFolder flushes the entries of a folder to disk, so that they survive a power failure.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

func (l *layout) checkVersion(bin binaries) error {
	text, err := os.ReadFile(filepath.Join(l.data, "PG_VERSION"))
	if err != nil {
		return err
	}
	if made := strings.TrimSpace(string(text)); made != strconv.Itoa(bin.version) {
		return fmt.Errorf(
			"the data in %s is of Postgres %s, the binaries in %s are of %d: set LINKGRAPH_POSTGRES_BIN to the folder of Postgres %s, or move the data away",
			l.data,
			made,
			bin.dir,
			bin.version,
			made,
		)
	}
	return nil
}

func lastLines(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], "; ")
}
