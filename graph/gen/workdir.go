package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// workDir is where code is generated before it takes the place of the old. It is always the same, because the build cache
// knows packages by their folder.
const workDir = ".generate"

// generated are the folders that a run writes.
var generated = []string{"graph/internal/exec", "docs/modules"}

// replace runs generate in a copy of the tree, and then moves what it has written into the tree. If generate fails, the tree
// stays as it was. It returns the files that are not as before.
func replace(generate func() error) (changed []string, err error) {
	if err := os.RemoveAll(workDir); err != nil {
		return nil, err
	}
	defer os.RemoveAll(workDir)
	if err := copyFiles(".", filepath.Join(workDir, "new")); err != nil {
		return nil, fmt.Errorf("copy the tree: %w", err)
	}
	if err := within(filepath.Join(workDir, "new"), generate); err != nil {
		return nil, err
	}
	for _, dir := range generated {
		files, err := differing(dir, filepath.Join(workDir, "new", dir))
		if err != nil {
			return nil, err
		}
		changed = append(changed, files...)
	}
	return changed, swap(generated)
}

func within(dir string, f func() error) error {
	back, err := os.Getwd()
	if err != nil {
		return err
	}
	if err := os.Chdir(dir); err != nil {
		return err
	}
	return errors.Join(f(), os.Chdir(back))
}

// swap moves folders from the copy into the tree: all of them, or none.
func swap(dirs []string) error {
	var undo []func() error
	for _, dir := range dirs {
		old, fresh := filepath.Join(workDir, "old", dir), filepath.Join(workDir, "new", dir)
		err := os.MkdirAll(filepath.Dir(old), 0o755)
		if err == nil {
			err = os.Rename(dir, old)
		}
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			undo = append(undo, func() error { return os.Rename(old, dir) })
			err = os.Rename(fresh, dir)
		}
		if err != nil {
			for _, f := range slices.Backward(undo) {
				err = errors.Join(err, f())
			}
			return err
		}
	}
	return nil
}

// copyFiles copies the files of a tree: gqlgen compiles all packages. It leaves out hidden folders, those of Node, and the data
// of a Postgres.
func copyFiles(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrPermission) && entry.IsDir():
			return fs.SkipDir // the data of a Postgres of another user
		case err != nil:
			return err
		case entry.IsDir() && path != from && leftOut(path):
			return fs.SkipDir
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(to, path), 0o755)
		case !entry.Type().IsRegular():
			return nil
		}
		return copyFile(path, filepath.Join(to, path))
	})
}

func leftOut(dir string) bool {
	if name := filepath.Base(dir); strings.HasPrefix(name, ".") || name == "node_modules" {
		return true
	}
	_, err := os.Stat(filepath.Join(dir, "PG_VERSION"))
	return err == nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// differing returns the files that are in one of two folders alone, or not the same in both.
func differing(before, after string) ([]string, error) {
	contents := map[string][2][]byte{}
	for i, dir := range []string{before, after} {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, e := range entries {
			text, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				return nil, err
			}
			both := contents[e.Name()]
			both[i] = append([]byte("="), text...) // an empty file is there
			contents[e.Name()] = both
		}
	}
	var names []string
	for name, both := range contents {
		if !bytes.Equal(both[0], both[1]) {
			names = append(names, before+"/"+name)
		}
	}
	slices.Sort(names)
	return names, nil
}
