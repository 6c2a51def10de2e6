package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// abandoned is the age at which a cluster in the cache that initdb has not finished is removed. initdb takes seconds.
const abandoned = time.Hour

// fillFrom fills dir with a copy of the cached cluster, or by initdb if the cache cannot be used.
func (l *layout) fillFrom(ctx context.Context, cfg Config, bin binaries, dir, clusters string) error {
	err := l.copyCached(ctx, cfg, bin, dir, clusters)
	if err == nil || ctx.Err() != nil {
		return err
	}
	fmt.Fprintf(cfg.Log, "the cached cluster cannot be copied: %v\n", err)
	if err := empty(dir); err != nil {
		return err
	}
	return l.initdb(ctx, cfg, bin, dir)
}

// copyCached fills dir with a copy of the cached cluster of these binaries. It makes that cluster first if it is missing.
func (l *layout) copyCached(ctx context.Context, cfg Config, bin binaries, dir, clusters string) error {
	cluster, err := l.cachedCluster(ctx, cfg, bin, clusters)
	if err != nil {
		return err
	}
	if err := os.CopyFS(dir, os.DirFS(cluster)); err != nil {
		return err
	}
	return l.owner.own(dir)
}

// empty removes all that is in a folder.
func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, e.Name())))
	}
	return err
}

// cachedCluster returns the folder of the cached cluster. Its name has all that initdb's result depends on. Several
// processes may make it at once: each works in a folder of its own, and the first rename wins.
func (l *layout) cachedCluster(ctx context.Context, cfg Config, bin binaries, clusters string) (string, error) {
	made := filepath.Join(clusters, fmt.Sprintf("%d-%s", bin.version,
		digest(fmt.Sprint(bin.dir, bin.release, l.owner.uid, initdbArgs, bin.locales()))))
	if _, err := os.Stat(filepath.Join(made, "PG_VERSION")); err == nil {
		return made, nil
	}
	if err := os.MkdirAll(clusters, 0o755); err != nil {
		return "", err
	}
	removeAbandoned(clusters)
	temp, err := os.MkdirTemp(clusters, "new-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(temp) // nothing is left there after the rename
	if err := l.owner.own(temp); err != nil {
		return "", err
	}
	cfg.Unsafe = false // the cluster is used after a power failure too, so initdb flushes it
	if err := l.initdb(ctx, cfg, bin, temp); err != nil {
		return "", err
	}
	if err := os.Rename(temp, made); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	return made, syncFolder(clusters)
}

// removeAbandoned removes what processes left that were killed while they made a cluster.
func removeAbandoned(clusters string) {
	left, _ := filepath.Glob(filepath.Join(clusters, "new-*"))
	for _, dir := range left {
		if info, err := os.Stat(dir); err == nil && time.Since(info.ModTime()) > abandoned {
			_ = os.RemoveAll(dir)
		}
	}
}
