package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/internal/access/accesstest"
	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/internal/postgres"
	"github.com/linkgraph/linkgraph/internal/servertest"
)

// migrated returns a database with all tables.
func migrated(t *testing.T) *pgtest.DB {
	t.Helper()
	return pgtest.NewFrom(t, "migrated", func(ctx context.Context, pool *pgxpool.Pool) error {
		return Run(ctx, []string{"migrate", "--database-url", pool.Config().ConnString()}, io.Discard, io.Discard)
	})
}

// answer is what the tests look at of an answer.
type answer struct {
	status int
	header http.Header
	raw    string
	Data   json.RawMessage
	Errors []struct {
		Message    string
		Extensions struct{ Code string }
	}
}

func (a *answer) code() string {
	if len(a.Errors) == 0 {
		return ""
	}
	return a.Errors[0].Extensions.Code
}

// ask sends a document. Its error is that of the connection.
func ask(ctx context.Context, t testing.TB, url, query string) (*answer, error) {
	body, err := json.Marshal(map[string]any{"query": query})
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/graphql", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := accesstest.Client(t).Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	a := &answer{status: response.StatusCode, header: response.Header, raw: string(text)}
	return a, json.Unmarshal(text, a)
}

// until waits for something that comes in its own time.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// lockProducts keeps everyone from the table product until the test lets go.
func lockProducts(t *testing.T, db *pgtest.DB) pgx.Tx {
	t.Helper()
	tx, err := db.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	if _, err := tx.Exec(t.Context(), `LOCK TABLE product IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	return tx
}

// stuck counts the statements of a database that wait for a lock.
func stuck(t *testing.T, db *pgtest.DB) int {
	t.Helper()
	var n int
	if err := db.Pool.QueryRow(t.Context(), `
		SELECT count(*) FROM pg_stat_activity
		WHERE datname = current_database() AND state = 'active' AND wait_event_type = 'Lock'`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

var readAndWrite = map[string]string{
	"query":    `query Q { products { nodes { id } } }`,
	"mutation": `mutation M { deleteProducts(ids: ["prod_1"]) { deletionId } }`,
}

// TestCancelledRequestEndsItsSQL hangs up while a statement waits for a lock. The statement is gone before the lock is.
func TestCancelledRequestEndsItsSQL(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	s := serve(t, "--database-url", db.URL)
	lockProducts(t, db)
	for kind, document := range readAndWrite {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			_, err := ask(ctx, t, s.url, document)
			done <- err
		}()
		until(t, "the "+kind+" waits in Postgres", func() bool { return stuck(t, db) == 1 })
		cancel()
		if err := <-done; err == nil {
			t.Errorf("the %s was answered", kind)
		}
		until(t, "the "+kind+" is gone from Postgres", func() bool { return stuck(t, db) == 0 })
	}
	if strings.Contains(s.log.String(), "internal error") {
		t.Errorf("the log:\n%s", s.log)
	}
}

// TestStatementTimeout has Postgres end what takes too long.
func TestStatementTimeout(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	s := serve(t, "--database-url", db.URL, "--statement-timeout", "200ms")
	tx := lockProducts(t, db)
	for kind, document := range readAndWrite {
		a, err := ask(t.Context(), t, s.url, document)
		if err != nil {
			t.Fatal(err)
		}
		if a.code() != "UNAVAILABLE" || !strings.Contains(a.raw, "took too long") {
			t.Errorf("%s: %s", kind, a.raw)
		}
	}
	if log := s.log.String(); strings.Contains(log, "internal error") || !strings.Contains(log, "statement timeout") {
		t.Errorf("the log:\n%s", log)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a, err := ask(t.Context(), t, s.url, readAndWrite["query"]); err != nil || a.code() != "" {
		t.Errorf("afterwards: %v, %+v", err, a)
	}
	unbounded := serve(t, "--database-url", db.URL, "--statement-timeout", "0", "--lock-timeout", "0")
	lockProducts(t, db)
	go func() { _, _ = ask(t.Context(), t, unbounded.url, readAndWrite["query"]) }()
	until(t, "a statement without end waits", func() bool { return stuck(t, db) == 1 })
}

// TestFlood sends many requests while none can be finished. A few run, a few wait, the rest is told to come back at
// once, and the probes answer all the while: that the server lives, and after a while that it answers nobody.
func TestFlood(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	s := serve(
		t,
		"--database-url",
		db.URL,
		"--db-max-conns",
		"2",
		"--max-concurrent",
		"3",
		"--max-queue",
		"4",
		"--queue-timeout",
		"5m",
		"--key-cache",
		"5m",
		"--lock-timeout",
		"0",
	)
	tx := lockProducts(t, db)
	const clients = 200
	var served, refused, other atomic.Int64
	var done sync.WaitGroup
	for range clients {
		done.Go(func() {
			a, err := ask(t.Context(), t, s.url, readAndWrite["query"])
			switch {
			case err != nil:
				other.Add(1)
			case a.status == http.StatusOK && a.code() == "":
				served.Add(1)
			case a.status == http.StatusServiceUnavailable && a.code() == "UNAVAILABLE" && a.header.Get("Retry-After") != "":
				refused.Add(1)
			default:
				other.Add(1)
			}
		})
	}
	until(t, "all but seven are refused", func() bool { return refused.Load() == clients-7 })
	if status, body := s.get(t, "/healthz"); status != http.StatusOK {
		t.Errorf("healthz: %d %s", status, body)
	}
	until(t, "the server says that it is not ready, and for whom", func() bool {
		status, body := s.get(t, "/readyz")
		return status == http.StatusServiceUnavailable && strings.Contains(body, "of an admin")
	})
	var metrics string
	until(t, "both sessions are in use", func() bool { // the subject of the token is looked up before
		_, metrics = s.get(t, "/metrics")
		return strings.Contains(metrics, `linkgraph_pool_sessions_used{api="admin"} 2`+"\n")
	})
	for _, want := range []string{
		`linkgraph_requests_running{api="admin"} 3`, `linkgraph_requests_queued{api="admin"} 4`, `linkgraph_requests_rejected_total{api="admin",reason="full"} 193`,
		`linkgraph_pool_sessions_used{api="admin"} 2`, `linkgraph_pool_sessions_max{api="admin"} 2`,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	done.Wait()
	if status, body := s.get(t, "/readyz"); status != http.StatusOK {
		t.Errorf("readyz afterwards: %d %s", status, body)
	}
	if served.Load() != 7 || other.Load() != 0 {
		t.Errorf("%d served, %d refused, %d otherwise", served.Load(), refused.Load(), other.Load())
	}
}

// TestOneSessionIsEnough has more mutations and queries run than there are sessions: none may need a second one while
// it holds its first.
func TestOneSessionIsEnough(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	s := serve(t, "--database-url", db.URL, "--db-max-conns", "1", "--max-concurrent", "8", "--queue-timeout", "5m")
	var done sync.WaitGroup
	for i := range 16 {
		done.Go(func() {
			for _, document := range []string{
				fmt.Sprintf(`mutation { createProducts(input: [{ title: "P%d", handle: "p-%d" }]) { products { id variants { totalCount } } } }`, i, i),
				`{ products { nodes { id salesChannels { nodes { id } } } } channels: salesChannels { totalCount } }`,
			} {
				if a, err := ask(t.Context(), t, s.url, document); err != nil || a.code() != "" {
					t.Errorf("%v, %+v", err, a)
				}
			}
		})
	}
	done.Wait()
}

// privatePostgres starts a Postgres that the test may stop and start. Unless it is unsafe, what it has acknowledged
// survives its own crash.
func privatePostgres(t *testing.T, dir string, unsafe bool) *postgres.Server {
	t.Helper()
	server, err := postgres.Start(t.Context(), postgres.Config{Dir: filepath.Join(dir, "postgres"), Unsafe: unsafe})
	if err != nil {
		if strings.Contains(err.Error(), "no usable Postgres") && os.Getenv("CI") == "" {
			t.Skip(err)
		}
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop(context.Background()) })
	return server
}

// TestPostgresComesAndGoes ends all sessions under load, has Postgres crash, then stops it and starts it again. Every
// request is answered, what fails says UNAVAILABLE, and the server goes on by itself.
func TestPostgresComesAndGoes(t *testing.T) {
	t.Parallel()
	dir := servertest.DataDir(t)
	pg := privatePostgres(t, dir, false)
	s := serve(t, "--database-url", pg.URL(), "--db-max-conns", "4")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var answered, failed, created atomic.Int64
	var done sync.WaitGroup
	for i := range 4 {
		done.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				document := `{ products(first: 5) { totalCount nodes { variants { nodes { id } } } } }`
				if write := n%2 == 0; write {
					document = fmt.Sprintf(
						`mutation { createSalesChannels(input: [{ name: "%d %d" }]) { salesChannels { id } } }`,
						i,
						n,
					)
				}
				a, err := ask(context.Background(), t, s.url, document)
				switch {
				case err != nil:
					t.Errorf("not answered: %v", err)
				case a.code() == "UNAVAILABLE":
					failed.Add(1)
				case a.code() != "":
					t.Errorf("%s", a.raw)
				default:
					answered.Add(1)
					if n%2 == 0 {
						created.Add(1)
					}
				}
			}
		})
	}
	more := func() func() bool {
		n := answered.Load()
		return func() bool { return answered.Load() > n+20 }
	}
	until(t, "requests are answered", more())
	for range 3 {
		endSessions(t, pg.URL())
		until(t, "requests are answered after their sessions were ended", more())
	}
	before := failed.Load()
	for crashes := 0; failed.Load() == before; crashes++ { // Postgres may recover before any request has to fail
		if crashes == 10 {
			t.Fatal("no request failed in ten crashes")
		}
		crash(t, pg.URL())
		until(t, "requests are answered after a crash", more())
	}

	before = failed.Load()
	if err := pg.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	until(t, "requests fail without Postgres", func() bool { return failed.Load() > before+10 })
	if status, body := s.get(t, "/readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("readyz without Postgres: %d %s", status, body)
	}
	if status, body := s.get(t, "/healthz"); status != http.StatusOK {
		t.Errorf("healthz without Postgres: %d %s", status, body)
	}
	privatePostgres(t, dir, false)
	until(t, "requests are answered again", more())
	if status, body := s.get(t, "/readyz"); status != http.StatusOK {
		t.Errorf("readyz afterwards: %d %s", status, body)
	}
	stop()
	done.Wait()
	a, err := ask(t.Context(), t, s.url, `{ salesChannels { totalCount } }`)
	if err != nil {
		t.Fatal(err)
	}
	var data struct{ SalesChannels struct{ TotalCount int64 } }
	// A commit whose answer was lost counts as failed, so there may be more than were answered, but not fewer.
	if err := json.Unmarshal(a.Data, &data); err != nil || data.SalesChannels.TotalCount < created.Load() {
		t.Errorf("%v: %d were created: %s", err, created.Load(), a.raw)
	}
	if log := s.log.String(); strings.Contains(log, "internal error") {
		at := strings.Index(log, "internal error")
		t.Errorf("the log: %s", log[max(0, at-200):min(len(log), at+600)])
	}
}

// endSessions has Postgres end all sessions but its own.
func endSessions(t *testing.T, url string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), `
		SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`); err != nil {
		t.Fatal(err)
	}
}

// crash kills the process of one session: Postgres then ends all others without a word, and recovers from its log.
func crash(t *testing.T, url string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if err := syscall.Kill(int(conn.PgConn().PID()), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// TestObservedServer looks at what operators see of a running server.
func TestObservedServer(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	s := serve(t, "--database-url", db.URL, "--log-format", "json", "--log-level", "debug", "--explain")
	body := strings.NewReader(`{"query": "query Page { products { nodes { id } } }"}`)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/graphql", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("x-request-id", "of-the-test")
	r.Header.Set("x-linkgraph-explain", "1")
	response, err := accesstest.Client(t).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	text := servertest.Body(t, response)
	if response.Header.Get("x-request-id") != "of-the-test" || !strings.Contains(text, `"statements":1`) ||
		!strings.Contains(text, `"Product list"`) {
		t.Errorf("%v: %s", response.Header, text)
	}
	line := regexp.MustCompile(
		`(?m)^\{.*"msg":"request".*"operation":"Page","statements":1,"request_id":"of-the-test"\}$`,
	)
	until(t, "the request is in the log", func() bool { return line.MatchString(s.log.String()) })
	if status, text := s.get(t, "/metrics"); status != http.StatusOK ||
		!strings.Contains(text, `linkgraph_operations_total{name="Page",outcome="ok",type="query"} 1`) {
		t.Errorf("metrics: %d %s", status, text)
	}
}
