package pgtest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const folderPrefix = "linkgraph-test-"

// leastRoom is the free space, in bytes, that clusters are kept in memory from.
const leastRoom = 4 << 30

// TempRoot returns the folder for the data of clusters that tests start: one in memory where there is room, else that for
// temporary files. A database has a thousand files; on a disk most of a test's time went into making and removing them.
func TempRoot() string {
	if room(memoryRoot) >= leastRoom {
		return memoryRoot
	}
	return os.TempDir()
}

// removeAtExit removes a folder when this process ends, however it ends: a shell waits until the kernel closes its standard
// input. Postgres ends at the same moment and may still write, so the shell tries more than once.
func removeAtExit(dir string) error {
	const script = `cat; for try in $(seq 60); do rm -rf "$1"; [ -e "$1" ] || exit 0; sleep 1; done`
	cmd := exec.CommandContext(context.Background(), "sh", "-c", script, "sh", dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // an interrupt at the terminal is for the tests alone
	if _, err := cmd.StdinPipe(); err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { _ = cmd.Wait() }() // keeps the pipe open
	return nil
}

// sweep removes the folders of test processes that have ended and whose shell has not come to it.
func sweep() {
	for _, root := range []string{memoryRoot, os.TempDir()} {
		dirs, _ := filepath.Glob(filepath.Join(root, folderPrefix+"*"))
		for _, dir := range dirs {
			pid, err := strconv.Atoi(strings.TrimPrefix(filepath.Base(dir), folderPrefix))
			if err == nil && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
				_ = os.RemoveAll(dir)
			}
		}
	}
}
