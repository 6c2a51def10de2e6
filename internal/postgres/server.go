// Package postgres runs a private Postgres for a program that has no database configured. It finds or fetches the
// binaries, creates the cluster, starts the server on a Unix socket, and stops it with the program.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Database and user of the private cluster. There is no password, because only the socket's owner can connect.
const (
	database  = "linkgraph"
	superuser = "postgres"
)

// ErrInUse says that another program runs a server on the folder.
var ErrInUse = errors.New("the data folder is in use by another server")

// Config configures a private Postgres.
type Config struct {
	// Dir is the folder of the cluster, its log and its lock. It is created if it is missing.
	Dir string
	// Log gets a line for each step that takes time, such as fetching. nil discards them.
	Log io.Writer
	// Unsafe turns off durability (fsync) for speed. It is for tests.
	Unsafe bool
	// CopyCluster makes a new cluster by copying one that is kept in the cache, which is quicker than initdb. It is for
	// tests.
	CopyCluster bool
	// Getenv reads the environment. nil means os.Getenv.
	Getenv func(string) string
}

// Server is a running private Postgres.
type Server struct {
	url    string
	cmd    *exec.Cmd // nil if another process runs the server
	lock   *os.File
	log    *logFile
	exited chan struct{}
	err    error // how the process ended, valid once exited is closed
}

// layout holds the paths of a cluster's files.
type layout struct {
	root, data, socket string
	owner              *owner
}

// Start starts the private Postgres of a folder and waits until it answers. It returns ErrInUse if another program
// runs a server on the folder.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	cfg = cfg.complete()
	l, err := newLayout(cfg)
	var s *Server
	if err == nil {
		s, err = l.own(ctx, cfg)
	}
	if err != nil {
		return nil, fmt.Errorf("private postgres: %w", err)
	}
	return s, nil
}

// complete fills in the defaults.
func (cfg Config) complete() Config {
	if cfg.Log == nil {
		cfg.Log = io.Discard
	}
	if cfg.Getenv == nil {
		cfg.Getenv = os.Getenv
	}
	return cfg
}

// own starts the server of a folder that no process uses.
func (l *layout) own(ctx context.Context, cfg Config) (*Server, error) {
	lock, err := lockFolder(l.root)
	if err != nil {
		return nil, err
	}
	s, err := l.start(ctx, cfg, lock)
	if err != nil {
		lock.Close()
		return nil, err
	}
	return s, nil
}

func (l *layout) start(ctx context.Context, cfg Config, lock *os.File) (*Server, error) {
	bin, err := find(ctx, cfg, l.owner)
	if err != nil {
		return nil, err
	}
	if err := l.initialize(ctx, cfg, bin); err != nil {
		return nil, err
	}
	// After a crash the shared memory of the old server may linger for a moment. One that was just starting may also
	// write its postmaster.pid after stopOrphan looked for it. So the start is tried again.
	for try := 0; ; try++ {
		if err := stopOrphan(l.data); err != nil {
			return nil, err
		}
		s, err := l.run(ctx, cfg, bin, lock)
		if err == nil || try == 5 || ctx.Err() != nil {
			return s, err
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// newLayout chooses paths that the server's user can reach.
func newLayout(cfg Config) (*layout, error) {
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, err
	}
	l := &layout{root: dir, owner: currentOwner()}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if blocked := l.owner.blockedAt(dir); blocked != "" {
		l.root = filepath.Join("/var/lib/linkgraph", digest(dir))
		fmt.Fprintf(
			cfg.Log,
			"postgres does not run as root, and other users cannot enter %s: the data is kept in %s\n",
			blocked,
			l.root,
		)
		if err := os.MkdirAll(l.root, 0o755); err != nil {
			return nil, err
		}
	}
	l.data = filepath.Join(l.root, "data")
	l.socket = filepath.Join(l.root, "run")
	if len(l.socket) > 80 { // a socket's path may have at most 107 bytes
		l.socket = filepath.Join(os.TempDir(), "linkgraph-"+digest(l.root))
	}
	if err := os.MkdirAll(l.socket, 0o700); err != nil {
		return nil, err
	}
	if err := os.Chmod(l.socket, 0o700); err != nil {
		return nil, fmt.Errorf("socket folder: %w", err)
	}
	return l, l.owner.own(l.socket)
}

func lockFolder(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		pid, _ := io.ReadAll(f)
		f.Close()
		return nil, fmt.Errorf("%w: %s (process %s)", ErrInUse, dir, strings.TrimSpace(string(pid)))
	}
	if err := f.Truncate(0); err != nil {
		return nil, err
	}
	_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())), 0)
	return f, err
}

// stopOrphan stops a server that outlived its program. The caller holds the folder's lock, so no program owns the
// server.
func stopOrphan(data string) error {
	text, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return nil //nolint:nilerr // no server
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil || !isPostgres(pid) {
		return nil //nolint:nilerr // a file without a number names no process
	}
	for i := range 100 {
		switch i {
		case 0:
			_ = syscall.Kill(pid, syscall.SIGINT)
		case 50:
			_ = syscall.Kill(pid, syscall.SIGQUIT)
		}
		if !isPostgres(pid) {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return fmt.Errorf("an earlier server, process %d, does not stop", pid)
}

// isPostgres reports whether the process exists and may be a Postgres. The system reuses process ids.
func isPostgres(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	if name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)); err == nil {
		return strings.Contains(string(name), "postgres")
	}
	return true
}

func (l *layout) run(ctx context.Context, cfg Config, bin binaries, lock *os.File) (*Server, error) {
	path := filepath.Join(l.root, "postgres.log")
	log, err := openLog(path, maxLogBytes)
	if err != nil {
		return nil, err
	}
	args := []string{
		"-D",
		l.data,
		"-k",
		l.socket,
		"-c",
		"listen_addresses=",
		"-c",
		"max_connections=50",
		"-c",
		"shared_buffers=128MB",
		"-c",
		"timezone=UTC",
	}
	args = append(args, quietSettings()...)
	if cfg.Unsafe {
		args = append(
			args,
			"-c",
			"fsync=off",
			"-c",
			"full_page_writes=off",
			"-c",
			"synchronous_commit=off",
			"-c",
			"max_connections=200",
		)
	}
	cmd := bin.command(context.WithoutCancel(ctx), l.owner, "postgres", args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.WaitDelay = logDelay
	cmd.Cancel = nil
	dieWithParent(cmd)
	s := &Server{cmd: cmd, lock: lock, log: log, exited: make(chan struct{})}
	if err := s.spawn(); err != nil {
		log.Close()
		return nil, err
	}
	s.url = l.url(database)
	if err := s.ready(ctx, l.url("postgres"), path); err != nil {
		_ = s.stop(context.WithoutCancel(ctx))
		return nil, err
	}
	return s, nil
}

// url returns the connection string of a database.
func (l *layout) url(database string) string {
	query := url.Values{"host": {l.socket}, "user": {superuser}}
	return "postgres:///" + database + "?" + query.Encode()
}

// logDelay is how long the log stays open for child processes that outlive the postmaster.
const logDelay = 5 * time.Second

// spawn starts the server on a thread that lives as long as the server. The kernel ends a child when the thread that
// started it ends, not the process.
func (s *Server) spawn() error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := s.cmd.Start()
		started <- err
		if err != nil {
			return
		}
		s.err = s.cmd.Wait()
		s.log.Close()
		close(s.exited)
	}()
	return <-started
}

// ready waits until the server answers, and creates the database if it is missing.
func (s *Server) ready(ctx context.Context, admin, logFile string) error {
	deadline := time.Now().Add(60 * time.Second)
	for {
		conn, err := pgx.Connect(ctx, admin)
		if err == nil {
			defer conn.Close(ctx)
			return makeDatabase(ctx, conn)
		}
		select {
		case <-s.exited:
			out, _ := os.ReadFile(logFile)
			return fmt.Errorf("postgres exited: %w: %s", errOr(s.err, "with no error"), lastLines(out))
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("postgres does not answer: %w", err)
		}
	}
}

func errOr(err error, text string) error {
	if err == nil {
		return errors.New(text)
	}
	return err
}

func makeDatabase(ctx context.Context, conn *pgx.Conn) error {
	var exists bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)`, database).
		Scan(&exists); err != nil ||
		exists {
		return err
	}
	_, err := conn.Exec(ctx, `CREATE DATABASE `+pgx.Identifier{database}.Sanitize())
	return err
}

// URL returns the connection string of the server's database.
func (s *Server) URL() string { return s.url }

// Exited is closed once the process has ended, for whatever reason. For another process's server it is never closed.
func (s *Server) Exited() <-chan struct{} { return s.exited }

// Stop shuts the server down: it ends sessions and flushes data. It returns once that is done or ctx ends. It leaves
// another process's server running.
func (s *Server) Stop(ctx context.Context) error {
	if s.cmd == nil {
		return nil
	}
	err := s.stop(ctx)
	return errors.Join(err, s.lock.Close())
}

func (s *Server) stop(ctx context.Context) error {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL} {
		select {
		case <-s.exited:
			return nil
		default:
		}
		_ = s.cmd.Process.Signal(signal)
		patience, cancel := context.WithTimeout(ctx, 15*time.Second)
		select {
		case <-s.exited:
			cancel()
			return nil
		case <-patience.Done():
			cancel()
		}
	}
	return errors.New("postgres does not stop")
}
