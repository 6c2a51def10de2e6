package postgres

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestLogIsBounded writes far more than the limit. The newest lines must be kept, in files that only the owner can
// read.
func TestLogIsBounded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "postgres.log")
	if err := os.WriteFile(path, []byte("of an earlier version\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	l, err := openLog(path, 1000)
	if err != nil {
		t.Fatal(err)
	}
	line := append(bytes.Repeat([]byte("x"), 98), "\n"...)
	for range 100 {
		if n, err := l.Write(line); n != len(line) || err != nil {
			t.Fatal(n, err)
		}
	}
	if _, err := l.Write([]byte("the end\n")); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + ".1"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > 1000 || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %d bytes, %s", name, info.Size(), info.Mode())
		}
	}
	if text, _ := os.ReadFile(path); !bytes.HasSuffix(text, []byte("x\nthe end\n")) {
		t.Errorf("the end is lost: %q", text)
	}
}
