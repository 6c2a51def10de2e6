package postgres_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/internal/postgres"
)

// start starts a Postgres whose cluster is a copy of a cached one. Tests of initdb itself leave CopyCluster unset.
func start(t *testing.T, dir string) *postgres.Server {
	t.Helper()
	s, err := postgres.Start(t.Context(), postgres.Config{Dir: dir, Unsafe: true, CopyCluster: true})
	if err != nil {
		t.Skipf("no Postgres here: %v", err)
	}
	t.Cleanup(func() { _ = s.Stop(context.Background()) })
	return s
}

// tryPostgres starts a Postgres, once for all tests, and stops it.
var tryPostgres = sync.OnceValue(func() error {
	dir, err := os.MkdirTemp(pgtest.TempRoot(), "linkgraph-postgres-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	s, err := postgres.Start(context.Background(), postgres.Config{Dir: dir, Unsafe: true})
	if err != nil {
		return err
	}
	return s.Stop(context.Background())
})

// needPostgres skips the test if there is no Postgres.
func needPostgres(t *testing.T) {
	t.Helper()
	if err := tryPostgres(); err != nil {
		t.Skipf("no Postgres here: %v", err)
	}
}

// folder returns a folder that another user may enter. Postgres needs that when the tests run as root.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp(pgtest.TempRoot(), "linkgraph-postgres-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func query(t *testing.T, url, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var text string
	if err := conn.QueryRow(t.Context(), sql).Scan(&text); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return text
}

func TestDataSurvivesARestart(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	s := start(t, dir)
	conn, err := pgx.Connect(t.Context(), s.URL())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), `CREATE TABLE kept AS SELECT 'here'::text AS v`); err != nil {
		t.Fatal(err)
	}
	_ = conn.Close(t.Context())
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := query(t, start(t, dir).URL(), `SELECT v FROM kept`); got != "here" {
		t.Errorf("got %q", got)
	}
}

// TestLogTellsNoData runs statements that fail and carry data. The log must record the failures, be readable by its
// owner only, and hold no data.
func TestLogTellsNoData(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	conn, err := pgx.Connect(t.Context(), start(t, dir).URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for _, sql := range []string{`CREATE TABLE t (a text PRIMARY KEY)`, `INSERT INTO t VALUES ('hidden')`} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := conn.Exec(t.Context(), `INSERT INTO t VALUES ($1)`, "hidden"); err == nil {
		t.Fatal("a key twice")
	}
	if _, err := conn.Exec(t.Context(), `SELECT 1 / 0 AS `+strings.Repeat("hidden", 10)); err == nil {
		t.Fatal("divided by zero")
	}
	path := filepath.Join(dir, "postgres.log")
	var text []byte
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(string(text), "division by zero"); time.Sleep(10 * time.Millisecond) {
		if text, err = os.ReadFile(path); err != nil || time.Now().After(deadline) {
			t.Fatalf("%v: %s", err, text)
		}
	}
	if strings.Contains(string(text), "hidden") {
		t.Errorf("the log has data:\n%s", text)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v: %v", err, info.Mode())
	}
}

func TestSecondServerIsRefused(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	start(t, dir)
	_, err := postgres.Start(t.Context(), postgres.Config{Dir: dir})
	if !errors.Is(err, postgres.ErrInUse) {
		t.Errorf("got %v", err)
	}
}

func TestUnicodeSortsAndFolds(t *testing.T) {
	t.Parallel()
	s := start(t, folder(t))
	if got := query(t, s.URL(), `SELECT ('GRÖSSE' ILIKE 'größe%' OR 'ÄPFEL' ILIKE 'äpfel')::text`); got != "true" {
		t.Errorf("upper and lower case of letters with accents differ")
	}
}

func TestLongPath(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(folder(t), strings.Repeat("a-long-name/", 8))
	if got := query(t, start(t, dir).URL(), `SELECT 'yes'`); got != "yes" {
		t.Errorf("got %q", got)
	}
}

// TestOpenUsesTheRunningServer opens a folder whose server another process runs, and one without a server. Only the
// second server may stop with Stop.
func TestOpenUsesTheRunningServer(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	needPostgres(t)
	cmd, url := hold(t, dir, 0)
	joined, err := postgres.Open(t.Context(), postgres.Config{Dir: dir, Unsafe: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := query(
		t,
		joined.URL(),
		`SELECT pg_postmaster_start_time()::text`,
	); got != query(
		t,
		url,
		`SELECT pg_postmaster_start_time()::text`,
	) {
		t.Errorf("it is another server: %s", got)
	}
	if err := joined.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if got := query(t, url, `SELECT 'on'`); got != "on" {
		t.Error("the server of the other process was stopped")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	own, err := postgres.Open(t.Context(), postgres.Config{Dir: dir, Unsafe: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := query(t, own.URL(), `SELECT 'own'`); got != "own" {
		t.Errorf("got %q", got)
	}
	if err := own.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	select {
	case <-own.Exited():
	default:
		t.Error("a server of its own is left running")
	}
}

// TestOpenWaitsForAServerThatStarts opens a folder repeatedly while another process creates its cluster.
func TestOpenWaitsForAServerThatStarts(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	dir := folder(t)
	urls := make(chan string, 3)
	var all sync.WaitGroup
	for range cap(urls) {
		all.Go(func() {
			s, err := postgres.Open(t.Context(), postgres.Config{Dir: dir, Unsafe: true})
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() { _ = s.Stop(context.Background()) })
			urls <- query(t, s.URL(), `SELECT pg_postmaster_start_time()::text`)
		})
	}
	all.Wait()
	close(urls)
	first, n := <-urls, 1
	for other := range urls {
		if n++; other != first {
			t.Errorf("servers of %s and %s", first, other)
		}
	}
	if n != cap(urls) {
		t.Errorf("%d of %d were let in", n, cap(urls))
	}
}

// TestInitdbEndsWithItsParent kills a program while it creates a cluster. Its initdb must end, a new start must
// succeed at once, and nothing of the first may be left.
func TestInitdbEndsWithItsParent(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	dir := folder(t)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), "LINKGRAPH_HOLD="+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var initdb string
	wait(t, "initdb runs", func() bool {
		initdb = processOn(dir)
		return initdb != ""
	})
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	s := start(t, dir)
	if got := query(t, s.URL(), `SELECT 'made'`); got != "made" {
		t.Errorf("got %q", got)
	}
	wait(t, "the initdb of the killed program ends", func() bool {
		_, err := os.Stat(filepath.Join("/proc", initdb))
		return errors.Is(err, os.ErrNotExist)
	})
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	start(t, dir)
	if left, _ := filepath.Glob(filepath.Join(dir, "data.new*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// processOn returns the process id of an initdb that works in a folder, "" if there is none.
func processOn(dir string) string {
	lists, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, list := range lists {
		args, _ := os.ReadFile(list)
		if name, rest, _ := strings.Cut(string(args), "\x00"); filepath.Base(name) == "initdb" &&
			strings.Contains(rest, dir+"/") {
			return filepath.Base(filepath.Dir(list))
		}
	}
	return ""
}

// wait polls until condition holds.
func wait(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// TestMain lets a test run this binary again as a process that holds a server until it is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("LINKGRAPH_HOLD"); dir != "" {
		s, err := postgres.Start(context.Background(), postgres.Config{Dir: dir, Unsafe: true})
		if err != nil {
			_, _ = os.Stdout.WriteString("error: " + err.Error() + "\n")
			os.Exit(1)
		}
		_, _ = os.Stdout.WriteString(s.URL() + "\n")
		<-s.Exited()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// hold starts a process that runs a server on the folder, as another user if uid is not 0.
func hold(t *testing.T, dir string, uid uint32) (*exec.Cmd, string) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if uid != 0 {
		// The test binary is in a folder that other users cannot enter, so it is copied.
		text, err := os.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		program = filepath.Join(folder(t), "hold")
		if err := os.WriteFile(program, text, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(program)
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), "LINKGRAPH_HOLD="+dir, "HOME="+dir)
	if uid != 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	buf := make([]byte, 4096)
	n, _ := out.Read(buf)
	line := strings.TrimSpace(string(buf[:n]))
	if strings.HasPrefix(line, "error:") {
		t.Fatal(line)
	}
	return cmd, line
}

func TestSurvivesKill(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	needPostgres(t)
	cmd, url := hold(t, dir, 0)
	if got := query(t, url, `SELECT 'yes'`); got != "yes" {
		t.Fatalf("got %q", got)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if got := query(t, start(t, dir).URL(), `SELECT 'again'`); got != "again" {
		t.Errorf("got %q", got)
	}
}

func TestOrdinaryUser(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("these tests are an ordinary user's already")
	}
	needPostgres(t)
	dir := folder(t)
	if err := os.Chown(dir, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	_, url := hold(t, dir, 65534)
	if url == "" {
		t.Error("the server did not start")
	}
}

func TestServerEndsWithItsParent(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	dir := folder(t)
	cmd, _ := hold(t, dir, 0)
	pid, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil || len(pid) == 0 {
		t.Fatalf("no pid: %v", err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	deadline := time.Now().Add(20 * time.Second)
	for {
		if _, err := os.Stat(filepath.Join(dir, "data", "postmaster.pid")); errors.Is(err, os.ErrNotExist) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the server outlives its parent")
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func TestNoBinariesSaysWhatToDo(t *testing.T) {
	t.Parallel()
	env := map[string]string{"LINKGRAPH_POSTGRES_BIN": t.TempDir()}
	_, err := postgres.Start(
		t.Context(),
		postgres.Config{Dir: folder(t), Getenv: func(k string) string { return env[k] }},
	)
	if err == nil || !strings.Contains(err.Error(), "LINKGRAPH_POSTGRES_BIN") {
		t.Errorf("got %v", err)
	}
}
