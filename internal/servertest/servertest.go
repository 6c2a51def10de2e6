// Package servertest starts the program for tests, waits until it serves, and reads what it answers.
package servertest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linkgraph/linkgraph/internal/access/accesstest"
	"github.com/linkgraph/linkgraph/internal/pgtest"
)

// Log collects what a program writes while a test reads it.
type Log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write appends to the log.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// String returns what was written so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// startTime is how long a server may take until it serves: it may have to fetch Postgres first.
const startTime = 2 * time.Minute

// Serving reports whether the server that writes the log serves, and its URL without a path.
func (l *Log) Serving() (url string, ok bool) {
	m := regexp.MustCompile(`GraphQL +(http://\S+)/graphql`).FindStringSubmatch(l.String())
	if m == nil {
		return "", false
	}
	return m[1], true
}

// Address waits until the server that writes the log serves, and returns its URL without a path. It fails if the server
// ends first.
func (l *Log) Address(ended <-chan struct{}) (url string, err error) {
	for deadline := time.After(startTime); ; {
		if url, ok := l.Serving(); ok {
			return url, nil
		}
		select {
		case <-ended:
			return "", fmt.Errorf("the server ended:\n%s", l)
		case <-deadline:
			return "", fmt.Errorf("the server does not start:\n%s", l)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// DataDir returns a folder that Postgres may enter when the tests run as root. It is removed when the test ends.
func DataDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp(pgtest.TempRoot(), "linkgraph-server-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// Process is a server in a process of its own.
type Process struct {
	Cmd   *exec.Cmd
	Log   *Log
	Ended chan struct{} // closed when the process has ended
	Err   error         // how it ended
}

// Start starts a server that lets in accesstest.Client. It is killed when the test ends.
func Start(t testing.TB, cmd *exec.Cmd) *Process {
	t.Helper()
	p := &Process{Cmd: cmd, Log: &Log{}, Ended: make(chan struct{})}
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Env = append(cmd.Env, "JWT_SECRET="+accesstest.Secret)
	cmd.Stderr = p.Log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.Err = cmd.Wait()
		close(p.Ended)
	}()
	t.Cleanup(p.Kill)
	return p
}

// Kill ends the process at once. Once more does nothing.
func (p *Process) Kill() {
	_ = p.Cmd.Process.Kill()
	<-p.Ended
}

// Interrupt stops the server as Ctrl-C does, and waits until it has ended.
func (p *Process) Interrupt() {
	_ = p.Cmd.Process.Signal(os.Interrupt)
	<-p.Ended
}

// Address waits until the process serves, and returns its URL without a path.
func (p *Process) Address() (url string, err error) { return p.Log.Address(p.Ended) }

// MustAddress is Address for a server that has to come up.
func (p *Process) MustAddress(t testing.TB) string {
	t.Helper()
	url, err := p.Address()
	if err != nil {
		SkipWithoutPostgres(t, err)
		t.Fatal(err)
	}
	return url
}

// SkipWithoutPostgres skips a test whose server found no Postgres, except in CI.
func SkipWithoutPostgres(t testing.TB, err error) {
	t.Helper()
	if strings.Contains(fmt.Sprint(err), "no usable Postgres") && os.Getenv("CI") == "" {
		t.Skip(err)
	}
}

// Body reads the body of an answer and closes it.
func Body(t testing.TB, r *http.Response) string {
	t.Helper()
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
