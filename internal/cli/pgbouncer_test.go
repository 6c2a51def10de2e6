package cli

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
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
	"github.com/linkgraph/linkgraph/internal/servertest"
)

// bouncer is a PgBouncer on the machine.
func bouncer(t *testing.T, major, minor int) string {
	t.Helper()
	path, err := exec.LookPath("pgbouncer")
	if err != nil {
		path = "/usr/sbin/pgbouncer"
	}
	out, err := exec.Command(path, "--version").Output()
	if err != nil {
		t.Skip("there is no PgBouncer on this machine")
	}
	var is, at int
	if _, err := fmt.Sscanf(string(out), "PgBouncer %d.%d", &is, &at); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if is < major || is == major && at < minor {
		t.Skipf("PgBouncer %d.%d is older than %d.%d", is, at, major, minor)
	}
	return path
}

// behind starts a PgBouncer in front of a database, with some settings, and returns the URL of the database through it.
func behind(t *testing.T, db *pgtest.DB, settings ...string) string {
	t.Helper()
	program := bouncer(t, 1, 21)
	cfg, err := pgx.ParseConfig(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	listener.Close()
	dir := servertest.DataDir(t)
	users, ini := filepath.Join(dir, "users.txt"), filepath.Join(dir, "pgbouncer.ini")
	to := fmt.Sprintf("host=%s port=%d user=%s", cfg.Host, cfg.Port, cfg.User)
	if cfg.Password != "" {
		to += " password=" + cfg.Password
	}
	lines := append([]string{
		"[databases]",
		"* = " + to,
		"[pgbouncer]",
		"listen_addr = 127.0.0.1",
		"listen_port = " + port,
		"unix_socket_dir =",
		"auth_type = trust",
		"auth_file = " + users,
	}, settings...)
	for path, text := range map[string]string{users: fmt.Sprintf("%q \"\"\n", cfg.User), ini: strings.Join(lines, "\n") + "\n"} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	log := &servertest.Log{}
	cmd := exec.Command(program, ini)
	cmd.Stderr = log
	if os.Geteuid() == 0 { // which it refuses to run as
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: asOwnerOf(t, cfg.Host)}
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	u := url.URL{Scheme: "postgres", User: url.User(cfg.User), Host: "127.0.0.1:" + port, Path: cfg.Database}
	until(t, "PgBouncer listens", func() bool {
		conn, err := net.DialTimeout("tcp", u.Host, time.Second)
		if err != nil {
			return false
		}
		conn.Close()
		return true
	})
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("PgBouncer:\n%s", log)
		}
	})
	return u.String()
}

// asOwnerOf is the user that the server of a socket runs as, or anybody if it is not a socket.
func asOwnerOf(t *testing.T, host string) *syscall.Credential {
	t.Helper()
	if info, err := os.Stat(host); err == nil {
		if stat, ok := info.Sys().(*syscall.Stat_t); ok && stat.Uid != 0 {
			return &syscall.Credential{Uid: stat.Uid, Gid: stat.Gid}
		}
	}
	return &syscall.Credential{Uid: 65534, Gid: 65534}
}

// inTransactions is how PgBouncer pools transactions, with fewer sessions than clients.
var inTransactions = []string{"pool_mode = transaction", "max_prepared_statements = 200", "default_pool_size = 3"}

// TestBehindPgBouncer reads and writes through PgBouncer, with more clients than it has sessions. It takes none of
// the parameters that sessions usually start with.
func TestBehindPgBouncer(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string][]string{
		"Transaction": inTransactions, "Session": {"pool_mode = session", "max_prepared_statements = 0", "default_pool_size = 40"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := contended(t)
			s := serve(
				t,
				"--database-url",
				behind(t, db, settings...),
				"--db-max-conns",
				"8",
				"--storefront-db-conns",
				"4",
			)
			key := strings.Fields(command(t, "keys", "create", "--database-url", db.URL, "--type", "publishable", "--title", "Shop"))[0]
			var done sync.WaitGroup
			for i := range 12 {
				done.Go(func() {
					for n := range 10 {
						for _, document := range []string{
							fmt.Sprintf(`mutation { createSalesChannels(input: [{ id: "sc_%d_%d", name: "C" }]) { salesChannels { id name } } }`, i, n),
							fmt.Sprintf(`mutation { createLinks(links: [{ product: { productId: "prod_1" }, salesChannel: { salesChannelId: "sc_%d_%d" } }]) { results { outcome link { id } } } }`, i, n),
							`{ products(first: 5) { totalCount nodes { title variants { totalCount nodes { title priceSet { id } } } salesChannels(first: 3) { nodes { id } } } } }`,
							fmt.Sprintf(`mutation { deleteSalesChannels(ids: ["sc_%d_%d"]) { deletionId links { name } } }`, i, n),
						} {
							if a, err := ask(t.Context(), t, s.url, document); err != nil || a.code() != "" ||
								a.status != http.StatusOK {
								t.Errorf("%s: %v, %+v", document, err, a)
							}
						}
						if status, body, err := askShop(
							t.Context(),
							s.url,
							key,
							`{ products { nodes { title } } }`,
						); err != nil ||
							status != http.StatusOK ||
							strings.Contains(body, "errors") {
							t.Errorf("a storefront: %v: %d %s", err, status, body)
						}
					}
				})
			}
			done.Wait()
			var live, dead int
			if err := db.Pool.QueryRow(t.Context(), `SELECT count(*) FILTER (WHERE deleted_at IS NULL), count(deleted_at) FROM product_sales_channel`).
				Scan(&live, &dead); err != nil ||
				live != 0 ||
				dead != 120 {
				t.Errorf("%v: %d links are live, %d dead", err, live, dead)
			}
			if status, body := s.get(t, "/readyz"); status != http.StatusOK {
				t.Errorf("readyz: %d %s", status, body)
			}
			if log := s.log.String(); strings.Contains(log, "internal error") ||
				!strings.Contains(log, "behind a pooler") {
				t.Errorf("the log:\n%s", log)
			}
		})
	}
}

// TestSettingsBehindPgBouncer holds the settings of requests to be what they are without it: how long locks and
// statements are waited for, and that storefronts cannot write. They do not stay behind in the sessions that others
// get.
func TestSettingsBehindPgBouncer(t *testing.T) {
	t.Parallel()
	db := contended(t)
	through := behind(t, db, inTransactions...)
	s := serve(
		t,
		"--database-url",
		through,
		"--lock-timeout",
		"100ms",
		"--statement-timeout",
		"20s",
		"--storefront-statement-timeout",
		"300ms",
		"--db-max-conns",
		"1",
		"--storefront-db-conns",
		"1",
	)
	key := strings.Fields(command(t, "keys", "create", "--database-url", db.URL, "--type", "publishable", "--title", "Shop"))[0]
	const list = `{ products { nodes { title } } }` // a statement is prepared before its transaction: once
	if status, body, err := askShop(t.Context(), s.url, key, list); err != nil || status != http.StatusOK ||
		strings.Contains(body, "errors") {
		t.Fatalf("%v: %d %s", err, status, body)
	}
	if a, err := ask(t.Context(), t, s.url, readAndWrite["query"]); err != nil || a.code() != "" {
		t.Fatalf("%v, %+v", err, a)
	}
	tx := lockRows(t, db, "product_variant", "variant_1")
	for _, document := range []string{
		renameVariant, `mutation { createLinks(links: [{ product: { variantId: "variant_1" }, pricing: { priceSetId: "pset_1" } }]) { results { outcome } } }`,
		`mutation { deleteProductVariants(ids: ["variant_1"]) { deletionId } }`,
	} {
		if a, err := ask(t.Context(), t, s.url, document); err != nil || a.code() != "LOCK_TIMEOUT" {
			t.Errorf("%s: %v, %+v", document, err, a)
		}
	}
	if _, err := tx.Exec(t.Context(), `LOCK TABLE product IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	if a, err := ask(t.Context(), t, s.url, readAndWrite["query"]); err != nil || a.code() != "LOCK_TIMEOUT" {
		t.Errorf("a read: %v, %+v", err, a)
	}
	if status, body, err := askShop(t.Context(), s.url, key, list); err != nil ||
		!strings.Contains(body, "LOCK_TIMEOUT") {
		t.Errorf("a storefront: %v: %d %s", err, status, body)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	cfg, err := pgx.ParseConfig(through)
	if err != nil {
		t.Fatal(err)
	}
	cfg.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	other, err := pgx.ConnectConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close(context.Background())
	for range 20 {
		var settings string
		if err := other.QueryRow(t.Context(), `SELECT current_setting('lock_timeout') || ' ' || current_setting('statement_timeout') || ' ' || current_setting('transaction_read_only')`).
			Scan(&settings); err != nil ||
			settings != "0 0 off" {
			t.Errorf("another program's session: %v: %s", err, settings)
		}
	}
}

// TestStorefrontsCannotWriteBehindPgBouncer asks Postgres itself what storefronts may do.
func TestStorefrontsCannotWriteBehindPgBouncer(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	open := database{log: slog.New(slog.DiscardHandler)}
	defer open.close(&streams{})
	if err := open.connect(t.Context(), behind(t, db, inTransactions...), writes, nil); err != nil {
		t.Fatal(err)
	}
	flags := overloadFlags{
		StatementTimeout:           time.Minute,
		StorefrontStatementTimeout: 3 * time.Second,
		LockTimeout:                time.Second,
	}
	if err := open.openShop(t.Context(), flags.shop); err != nil {
		t.Fatal(err)
	}
	sessions := flags.sessions(open.shop, open.settings.storefronts)
	for setting, want := range map[string]string{"transaction_read_only": "on", "statement_timeout": "3s", "lock_timeout": "1s", "search_path": "public"} {
		var got string
		if err := sessions.QueryRow(t.Context(), `SELECT current_setting($1)`, setting).Scan(&got); err != nil ||
			got != want {
			t.Errorf("%s: %q, want %q: %v", setting, got, want, err)
		}
	}
	if _, err := sessions.Exec(t.Context(), `DELETE FROM product`); err == nil {
		t.Error("a session of storefronts wrote")
	}
	tx, err := sessions.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `DELETE FROM product`); err == nil {
		t.Error("a transaction of storefronts wrote")
	}
	_ = tx.Rollback(t.Context())
}

// TestPgBouncerThatDoesNotDo starts the server behind a PgBouncer that it cannot work behind. It says what to set.
func TestPgBouncerThatDoesNotDo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings []string
		prepare  func(t *testing.T) *pgtest.DB
		says     string
	}{
		"Prepared":  {[]string{"pool_mode = transaction", "max_prepared_statements = 0"}, migrated, "set max_prepared_statements"},
		"Statement": {[]string{"pool_mode = statement", "max_prepared_statements = 200"}, migrated, "set pool_mode"},
		"Migration": {inTransactions, func(t *testing.T) *pgtest.DB { return pgtest.New(t) }, "run linkgraph migrate"},
		"Path": {inTransactions, func(t *testing.T) *pgtest.DB {
			db := migrated(t)
			if _, err := db.Pool.Exec(t.Context(), `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = linkgraph, public', current_database()); END $$`); err != nil {
				t.Fatal(err)
			}
			return db
		}, "SET search_path = public"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := c.prepare(t)
			err := Run(
				t.Context(),
				[]string{"serve", "--addr", "127.0.0.1:0", "--database-url", behind(t, db, c.settings...)},
				io.Discard,
				io.Discard,
			)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("the start says: %v", err)
			}
		})
	}
}
