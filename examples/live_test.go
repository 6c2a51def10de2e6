// Package examples_test runs the examples against the real server: the program of the parent module, on a private
// Postgres with the demo store.
package examples_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// buffer collects a program's output while a test reads it.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// live is a running server.
type live struct {
	url                 string // of the API
	secret, publishable string
}

// build builds a program and returns its path.
func build(t *testing.T, module, pkg string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", path, pkg)
	cmd.Dir = module
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", pkg, err, out)
	}
	return path
}

// start starts the server, and returns it with the keys that it prints. The server stops when the test ends.
func start(t *testing.T) *live {
	t.Helper()
	// Postgres refuses to run as root, so another user may have to enter the folder.
	dir, err := os.MkdirTemp("", "linkgraph-examples-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	log := &buffer{}
	cmd := exec.Command(build(t, "..", "."), "serve", "--addr", "127.0.0.1:0", "--data-dir", dir)
	cmd.Env = append(os.Environ(), "DATABASE_URL=")
	cmd.Stdout, cmd.Stderr = io.Discard, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	var result error
	go func() { result = cmd.Wait(); close(ended) }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-ended
	})
	printed := regexp.MustCompile(`GraphQL +(http://\S+)\s[\s\S]* (sk_[0-9a-f]+)\s[\s\S]* (pk_[0-9a-f]+)\s`)
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); {
		if m := printed.FindStringSubmatch(log.String()); m != nil {
			return &live{m[1], m[2], m[3]}
		}
		select {
		case <-ended:
			if strings.Contains(log.String(), "no usable Postgres") && os.Getenv("CI") == "" {
				t.Skipf("no Postgres:\n%s", log)
			}
			t.Fatalf("the server ended: %v\n%s", result, log)
		case <-time.After(20 * time.Millisecond):
		}
	}
	t.Fatalf("the server does not start:\n%s", log)
	return nil
}

// ask sends a request as an admin and returns the data. It fails the test if the answer has errors.
func (l *live) ask(t *testing.T, query string, variables map[string]any) string {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, l.url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+l.secret)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct{ Data, Errors json.RawMessage }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || answer.Errors != nil {
		t.Fatalf("%d %s %v\n%s", response.StatusCode, answer.Errors, err, query)
	}
	return string(answer.Data)
}

// program runs a program to its end. Its environment is env, PATH and HOME.
func program(t *testing.T, env []string, path string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// write writes text to a temporary file and returns its path.
func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
