package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// target is the server under attack.
type target struct {
	program, url    string
	database        string // URL
	pid, postmaster int
	own             http.Header // key of the probing admin
	shop            http.Header // key of the probing shopper and of the attackers
	db              *pgx.Conn
	stop            func() error
}

// startTarget creates the store and the keys, and starts the server.
func startTarget(ctx context.Context, o options) (*target, error) {
	temp, err := os.MkdirTemp("", "siege")
	if err != nil {
		return nil, err
	}
	t := &target{stop: func() error { return os.RemoveAll(temp) }}
	if err := t.start(ctx, o, temp); err != nil {
		return nil, errors.Join(err, t.stop())
	}
	return t, nil
}

func (t *target) start(ctx context.Context, o options, temp string) error {
	if err := os.Chmod(temp, 0o711); err != nil { // Postgres runs as another user if we are root
		return err
	}
	program, data := o.server, o.data
	if data == "" {
		data = filepath.Join(temp, "data")
	}
	if program == "" {
		program = filepath.Join(temp, "linkgraph")
		if _, err := output(ctx, "go", "build", "-o", program, "."); err != nil {
			return err
		}
	}
	if err := makeStore(ctx, data, o.products); err != nil {
		return err
	}
	t.program = program
	if err := t.serve(ctx, data, filepath.Join(temp, "log")); err != nil {
		return err
	}
	var err error
	if t.own, err = t.newKey(ctx, true); err != nil {
		return err
	}
	t.shop, err = t.newKey(ctx, false)
	return err
}

// newKey creates a key and returns the header that carries it.
func (t *target) newKey(ctx context.Context, admin bool) (http.Header, error) {
	args := []string{"keys", "create", "--title", "Siege", "--database-url", t.database}
	if admin {
		token, err := output(ctx, t.program, append(args, "--type", "secret")...)
		return secret(strings.TrimSpace(token)), err
	}
	token, err := output(ctx, t.program, append(args, "--type", "publishable", "--channel", "c0", "--channel", "c1")...)
	return publishable(strings.TrimSpace(token)), err
}

// makeStore creates the store in the layout of the server's data folder.
func makeStore(ctx context.Context, data string, products int) error {
	made := filepath.Join(data, "postgres")
	if _, err := os.Stat(made); err == nil {
		return nil
	}
	if _, err := output(
		ctx,
		"go",
		"run",
		"./internal/tools/bench",
		"-products",
		strconv.Itoa(products),
		"-dir",
		data,
		"-load",
	); err != nil {
		return err
	}
	return os.Rename(filepath.Join(data, fmt.Sprintf("bench-%d", products)), made)
}

func output(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, said.String())
	}
	return string(out), nil
}

// serve starts the server and finds its Postgres.
func (t *target) serve(ctx context.Context, data, log string) error {
	file, err := os.Create(log)
	if err != nil {
		return err
	}
	defer file.Close()
	cmd := exec.Command(
		t.program,
		"serve",
		"--addr",
		"127.0.0.1:0",
		"--data-dir",
		data,
		"--no-demo",
		"--no-tryout",
		"--log-level",
		"error",
	)
	cmd.Stderr = file
	if err := cmd.Start(); err != nil {
		return err
	}
	t.pid = cmd.Process.Pid
	remove := t.stop
	t.stop = func() error {
		if t.db != nil {
			_ = t.db.Close(context.Background())
		}
		_ = cmd.Process.Signal(syscall.SIGTERM)
		return errors.Join(cmd.Wait(), remove())
	}
	address := regexp.MustCompile(`GraphQL +(http://\S+)/graphql`)
	for range 600 {
		said, err := os.ReadFile(log)
		if err != nil {
			return err
		}
		if m := address.FindSubmatch(said); m != nil {
			t.url = string(m[1])
			return t.findPostgres(ctx)
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
	said, _ := os.ReadFile(log)
	return fmt.Errorf("the server does not start: %s", said)
}

// findPostgres finds the server's child process, whose arguments contain the socket's folder.
func (t *target) findPostgres(ctx context.Context) error {
	for _, pid := range children(t.pid) {
		line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		args := strings.Split(string(line), "\x00")
		at := slices.Index(args, "-k")
		if err != nil || at < 0 {
			continue
		}
		t.postmaster = pid
		t.database = "postgres:///linkgraph?" + url.Values{"host": {args[at+1]}, "user": {"postgres"}}.Encode()
		t.db, err = pgx.Connect(ctx, t.database)
		return err
	}
	return errors.New("the server has no Postgres of its own")
}

// children returns the processes whose parent is pid.
func children(pid int) []int {
	var found []int
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		if len(fields) > 1 && fields[1] == strconv.Itoa(pid) {
			child, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
			found = append(found, child)
		}
	}
	return found
}

// memory reads a value from a file of /proc, in bytes. The file reports kB.
func memory(pid int, file, line string) int64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
	for l := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(l, line+":"); ok {
			kB, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kB << 10
		}
	}
	return 0
}

// sessionMemory returns the private memory of all Postgres processes, in bytes.
func (t *target) sessionMemory() int64 {
	var sum int64
	for _, pid := range children(t.postmaster) {
		sum += memory(pid, "smaps_rollup", "Pss_Anon")
	}
	return sum
}

// atWork counts the sessions that are busy, other than with the query of a probe.
func (t *target) atWork(ctx context.Context) int {
	n := -1
	_ = t.db.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'
		AND state = 'active' AND query_start < now() - interval '1 second' AND pid <> pg_backend_pid()`).
		Scan(&n)
	return n
}
