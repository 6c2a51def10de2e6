package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// shopFiles are the shop's package.json, its configuration, and the scripts that Medusa runs.
//
//go:embed shop/*.js shop/package.json shop/.npmrc
var shopFiles embed.FS

// shop is an installed Medusa.
type shop struct {
	dir string
	log string // path of the file for all output of Medusa and npm
}

func newShop(dir string) *shop {
	return &shop{dir: filepath.Join(dir, "shop"), log: filepath.Join(dir, "shop.log")}
}

// install writes the shop's files, and has npm fetch its packages unless the same packages are there.
func (s *shop) install(ctx context.Context) error {
	if err := s.writeFiles(); err != nil {
		return err
	}
	wanted, err := shopFiles.ReadFile("shop/package.json")
	if err != nil {
		return err
	}
	mark := filepath.Join(s.dir, "node_modules", ".installed")
	if have, err := os.ReadFile(mark); err == nil && bytes.Equal(have, wanted) {
		return nil
	}
	if _, err := s.command(ctx, nil, "npm", "install"); err != nil {
		return err
	}
	return os.WriteFile(mark, wanted, 0o644)
}

func (s *shop) writeFiles() error {
	files, err := fs.Sub(shopFiles, "shop")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return err
	}
	return fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(s.dir, path), text, 0o644)
	})
}

// databaseName returns the name of a kept database. It contains a digest of what fills the database.
func (s *shop) databaseName(prefix string) (string, error) {
	sum := sha256.New()
	for _, name := range []string{"package.json", "medusa-config.js", "seed.js"} {
		text, err := shopFiles.ReadFile("shop/" + name)
		if err != nil {
			return "", err
		}
		sum.Write(text)
	}
	return prefix + hex.EncodeToString(sum.Sum(nil)[:6]), nil
}

// medusa runs a command of Medusa and returns its output.
func (s *shop) medusa(ctx context.Context, env []string, args ...string) (string, error) {
	return s.command(ctx, env, s.program(), args...)
}

func (s *shop) program() string { return filepath.Join(s.dir, "node_modules", ".bin", "medusa") }

// withoutFlags leaves out the modules behind feature flags.
const withoutFlags = "SHOP_FLAGS=off"

// medusaEnv returns the environment that points Medusa to a database.
func (c *check) medusaEnv(database string, more ...string) []string {
	return append(more, "DATABASE_URL="+c.nodeURL(database), "MEDUSA_DISABLE_TELEMETRY=true")
}

// command runs a program in the shop's folder and returns its output.
func (s *shop) command(ctx context.Context, env []string, name string, args ...string) (string, error) {
	log, err := os.OpenFile(s.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return "", err
	}
	defer log.Close()
	title := filepath.Base(name) + " " + strings.Join(args, " ")
	fmt.Fprintf(log, "\n$ %s\n", title)
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = s.dir, append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if _, logErr := log.Write(out); logErr != nil {
		return "", logErr
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w; see %s: %s", title, err, s.log, errorLines(out))
	}
	return string(out), nil
}

// errorLines returns the lines of Node's output that name an error, or else the last lines. Most lines are of stack
// traces.
func errorLines(out []byte) string {
	var lines []string
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "Error: ") &&
			!strings.Contains(line, "'ts-node'") { // Medusa tries to load it and continues without
			lines = append(lines, line)
		}
	}
	if len(lines) > 0 {
		out = []byte(strings.Join(lines, ""))
	}
	return lastLines(out)
}

func lastLines(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], "; ")
}
