package pgtest_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/linkgraph/linkgraph/internal/pgtest"
)

// TestFolderGoesWithTheProcess runs a test process that makes a database, and ends it in two ways.
func TestFolderGoesWithTheProcess(t *testing.T) {
	t.Parallel()
	if os.Getenv("LINKGRAPH_TEST_DATABASE_URL") != "" {
		t.Skip("the tests have a server that was there before")
	}
	for name, end := range map[string]string{"it ends": "return", "it is killed": "kill"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProcessThatEnds$", "-test.v")
			cmd.Env = append(os.Environ(), "LINKGRAPH_TEST_END="+end)
			out, err := cmd.CombinedOutput()
			if !bytes.Contains(out, []byte("has a database")) || (err == nil) != (end == "return") {
				t.Fatalf("%v: %s", err, out)
			}
			dir := filepath.Join(pgtest.TempRoot(), "linkgraph-test-"+strconv.Itoa(cmd.Process.Pid))
			for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
				if _, err := os.Stat(dir); os.IsNotExist(err) {
					return
				}
				if time.Now().After(deadline) {
					t.Fatalf("%s is still there", dir)
				}
			}
		})
	}
}

// TestProcessThatEnds is the process of the test above.
func TestProcessThatEnds(t *testing.T) {
	t.Parallel()
	end := os.Getenv("LINKGRAPH_TEST_END")
	if end == "" {
		t.Skip("for TestFolderGoesWithTheProcess")
	}
	pgtest.New(t)
	dir := filepath.Join(pgtest.TempRoot(), "linkgraph-test-"+strconv.Itoa(os.Getpid()))
	if _, err := os.Stat(dir); err != nil {
		t.Fatal(err)
	}
	t.Log("has a database")
	if end == "kill" {
		self, err := os.FindProcess(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		_ = self.Kill()
		select {} // until the signal arrives
	}
}
