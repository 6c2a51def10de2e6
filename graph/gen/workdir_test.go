package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tree returns the files below the working directory, with their contents.
func tree(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(".", func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		files[filepath.ToSlash(path)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func write(t *testing.T, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestReplace generates in a small tree, with success and without.
func TestReplace(t *testing.T) {
	t.Chdir(t.TempDir())
	before := map[string]string{
		"go.mod":                       "module x",
		"schema.graphqls":              "type A",
		"asset.css":                    "a",
		"graph/internal/exec/a_gen.go": "old",
		"graph/internal/exec/b_gen.go": "same",
		"docs/modules/by_hand.md":      "mine",
		".data/postgres/PG_VERSION":    "17",
		"shop/PG_VERSION":              "17",
	}
	write(t, before)
	generate := func() error {
		if _, err := os.Stat("shop"); err == nil {
			t.Error("the data of a Postgres is copied")
		}
		write(t, map[string]string{"graph/internal/exec/a_gen.go": "new", "docs/modules/a.md": "new"})
		return os.Remove("asset.css")
	}
	fault := errors.New("a fault")
	if _, err := replace(func() error { return errors.Join(generate(), fault) }); !errors.Is(err, fault) {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, tree(t)); diff != "" {
		t.Errorf("after a run that failed (-want +got):\n%s", diff)
	}
	changed, err := replace(generate)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"graph/internal/exec/a_gen.go", "docs/modules/a.md"}, changed); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
	before["graph/internal/exec/a_gen.go"], before["docs/modules/a.md"] = "new", "new"
	if diff := cmp.Diff(before, tree(t)); diff != "" {
		t.Errorf("after a run (-want +got):\n%s", diff)
	}
}
