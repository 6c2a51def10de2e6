package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/internal/postgres"
	"github.com/linkgraph/linkgraph/internal/servertest"
)

// killsVariable says at how many moments TestFirstStartIsKilled ends a first start. TestKillDocuments kills half as often.
const killsVariable = "LINKGRAPH_TEST_KILLS"

// kills returns at how many moments a first start is killed. There are few by default, because each takes two starts.
func kills(t *testing.T) int {
	t.Helper()
	text := os.Getenv(killsVariable)
	switch {
	case text == "" && testing.Short():
		return 2
	case text == "":
		return 8
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s is %q: a number of moments is wanted", killsVariable, text)
	}
	return n
}

// starting is a start of the program in a process of its own, which may be ended before it serves.
type starting struct{ *servertest.Process }

// begin starts the program on a folder, in a process group of its own as a shell does.
func begin(t *testing.T, dir string) *starting {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), runVariable+"=serve --addr 127.0.0.1:0 --data-dir "+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return &starting{servertest.Start(t, cmd)}
}

func (s *starting) kill() { s.Kill() }

// interrupt is Ctrl-C: the whole group gets the signal.
func (s *starting) interrupt() {
	sig := syscall.SIGINT
	if signal.Ignored(sig) { // by a shell that runs the tests in the background, and so by what they start
		sig = syscall.SIGTERM
	}
	_ = syscall.Kill(-s.Cmd.Process.Pid, sig)
	<-s.Ended
}

// rowCounts counts the rows of each table of the database in a data folder.
func rowCounts(ctx context.Context, dir string) (map[string]int, error) {
	running, err := postgres.Open(ctx, postgres.Config{Dir: filepath.Join(dir, "postgres")})
	if err != nil {
		return nil, err
	}
	defer func() { _ = running.Stop(ctx) }()
	conn, err := pgx.Connect(ctx, running.URL())
	if err != nil {
		return nil, err
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, `
		SELECT table_schema || '.' || table_name,
			(xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %I.%I', table_schema, table_name), false, true, '')))[1]::text::int
		FROM information_schema.tables
		WHERE table_schema IN ('public', 'linkgraph') AND table_type = 'BASE TABLE'`)
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	var table string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&table, &n}, func() error {
		counts[table] = n
		return nil
	})
	return counts, err
}

// phases are the parts of a first start. Moments are spread over each of them, because the shortest matter most.
var phases = [...]struct {
	name  string
	share int // of the moments, in tenths
}{{"looks for Postgres", 1}, {"makes the cluster", 2}, {"makes the modules' tables", 2}, {"makes link tables", 2}, {"makes the demo store", 3}}

// course is how an undisturbed start went.
type course struct {
	links int // that were synced
	took  [len(phases)]time.Duration
	rows  map[string]int
}

// reached reports whether a start is in a phase, by its log and its folder.
func (c *course) reached(phase int, log, dir string) bool {
	switch phase {
	case 0:
		return true
	case 1:
		return strings.Contains(log, "creating a Postgres")
	case 2:
		_, err := os.Stat(filepath.Join(dir, "postgres", "data", "PG_VERSION"))
		return err == nil
	case 3:
		return strings.Contains(log, "msg=migrated")
	}
	return strings.Count(log, "msg=synced") >= c.links
}

// undisturbed starts on a folder without disturbing it, twice: links are counted in the first start.
func undisturbed(t *testing.T) *course {
	t.Helper()
	c := &course{links: 1}
	for range 2 {
		dir := servertest.DataDir(t)
		s := begin(t, dir)
		var at [len(phases)]time.Time
		until(t, "the start serves", func() bool {
			log := s.Log.String()
			for i := range phases {
				if at[i].IsZero() && c.reached(i, log, dir) {
					at[i] = time.Now()
				}
			}
			select {
			case <-s.Ended:
				t.Fatalf("a first start: %v\n%s", s.Err, log)
			default:
			}
			_, ok := s.Log.Serving()
			return ok
		})
		c.links = strings.Count(s.Log.String(), "msg=synced")
		for i := range phases {
			end := time.Now()
			if i+1 < len(phases) {
				end = at[i+1]
			}
			c.took[i] = end.Sub(at[i])
		}
		var err error
		if c.rows, err = rowCounts(t.Context(), dir); err != nil || c.rows["public.product"] != 3 ||
			c.rows["public.api_key"] != 2 {
			t.Fatalf("an undisturbed start: %v, %v", c.rows, err)
		}
		s.Kill()
	}
	return c
}

// instant is when a start is ended: some time after a phase began.
type instant struct {
	phase int
	after time.Duration
}

func (m instant) String() string {
	return fmt.Sprintf("%v after it %s", m.after.Round(time.Millisecond), phases[m.phase].name)
}

// moments spreads n of them.
func (c *course) moments(n int) []instant {
	var all []instant
	for i := range n {
		at, tenth := float64(2*i+1)*5/float64(n), 0.0 // in tenths of all moments
		for p := range phases {
			share := float64(phases[p].share)
			if at < tenth+share {
				all = append(all, instant{p, time.Duration((at - tenth) / share * float64(c.took[p]))})
				break
			}
			tenth += share
		}
	}
	return all
}

// quickPostgres has private servers not wait for the disk, for the rest of the test: what is ended here are
// processes, not machines.
func quickPostgres(t *testing.T) {
	t.Helper()
	var real string
	if err := pgtest.New(t).
		Pool.QueryRow(t.Context(), `SELECT setting FROM pg_config WHERE name = 'BINDIR'`).
		Scan(&real); err != nil {
		t.Fatal(err)
	}
	bin := servertest.DataDir(t)
	for name, flags := range map[string]string{"initdb": "--no-sync", "postgres": "-c fsync=off -c full_page_writes=off"} {
		script := fmt.Sprintf("#!/bin/sh\nexec '%s' \"$@\" %s\n", filepath.Join(real, name), flags)
		if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := exec.Command(filepath.Join(bin, "postgres"), "--version").Run(); err != nil {
		t.Logf(
			"Postgres as it is, which is slower: %v",
			err,
		) // one that was fetched may need libraries that were fetched with it
		return
	}
	t.Setenv("LINKGRAPH_POSTGRES_BIN", bin)
}

// TestFirstStartIsKilled ends a first start at moments that are spread over all it does, by kill -9 and by Ctrl-C.
// The start right after has all that an undisturbed one has, row by row, and keys can be had beside it.
func TestFirstStartIsKilled(t *testing.T) {
	quickPostgres(t)
	c := undisturbed(t)
	t.Logf("what a first start does takes %v", c.took)
	var jobs []func() error
	for _, m := range c.moments(kills(t)) {
		jobs = append(jobs, func() error { return c.endedAt(t, m, (*starting).kill) })
	}
	for p := range phases {
		if testing.Short() && p != 1 { // the one interrupt comes while the cluster is made
			continue
		}
		m := instant{p, c.took[p] / 2}
		jobs = append(jobs, func() error { return c.endedAt(t, m, (*starting).interrupt) })
	}
	queue := make(chan func() error, len(jobs))
	for _, job := range jobs {
		queue <- job
	}
	close(queue)
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			for job := range queue {
				if err := job(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	workers.Wait()
}

// endedAt ends a start at a moment and looks at the one right after.
func (c *course) endedAt(t *testing.T, m instant, end func(*starting)) (err error) {
	dir := servertest.DataDir(t)
	defer os.RemoveAll(dir)
	defer func() {
		if err != nil {
			err = fmt.Errorf("ended %v: %w", m, err)
		}
	}()
	first := begin(t, dir)
	for !c.reached(m.phase, first.Log.String(), dir) {
		select {
		case <-first.Ended:
			return fmt.Errorf("the first start: %w\n%s", first.Err, first.Log)
		case <-time.After(time.Millisecond):
		}
	}
	time.Sleep(m.after)
	end(first)
	second := begin(t, dir)
	defer second.Kill()
	url, err := second.Address()
	if err != nil {
		return fmt.Errorf("the next start: %w\nthe first one:\n%s", err, first.Log)
	}
	got, err := rowCounts(t.Context(), dir)
	if err != nil {
		return err
	}
	if diff := cmp.Diff(c.rows, got); diff != "" {
		return fmt.Errorf("rows (-undisturbed +next start):\n%s\nthe first start:\n%s", diff, first.Log)
	}
	left, _ := filepath.Glob(filepath.Join(dir, "postgres", "data.new*"))
	if len(left) > 1 { // one may be given up just now
		return fmt.Errorf("what an initdb left stays: %v", left)
	}
	return keyBeside(t, dir, url)
}

// keyBeside makes a key while a server runs on the folder, and uses it.
func keyBeside(t *testing.T, dir, url string) error {
	var token, told bytes.Buffer
	if err := Run(
		t.Context(),
		[]string{"keys", "create", "--type", "secret", "--title", "Again", "--data-dir", dir},
		&token,
		&told,
	); err != nil {
		return fmt.Errorf("keys create: %w\n%s", err, &told)
	}
	r, err := http.NewRequestWithContext(
		t.Context(),
		http.MethodPost,
		url+"/graphql",
		strings.NewReader(`{"query":"{ products { totalCount } }"}`),
	)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(token.String()))
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var text bytes.Buffer
	_, err = text.ReadFrom(response.Body)
	if err == nil && !strings.Contains(text.String(), `"totalCount":3`) {
		err = errors.New("the key that was made: " + text.String())
	}
	return err
}
