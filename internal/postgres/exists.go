package postgres

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Exists reports whether a folder has a cluster. A folder that may not be read counts as one that has.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "data", "PG_VERSION"))
	return !errors.Is(err, fs.ErrNotExist)
}
