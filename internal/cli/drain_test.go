package cli

import (
	"context"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/linkgraph/linkgraph/internal/access/accesstest"
	"github.com/linkgraph/linkgraph/internal/pgtest"
)

// TestNotReadyBeforeThePortCloses asks /readyz from SIGTERM on: it says no before nobody answers, and requests are
// answered meanwhile.
func TestNotReadyBeforeThePortCloses(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	p := process(t, "--drain-delay 3s --database-url "+db.URL)
	url := p.MustAddress(t)
	if err := p.Cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	until(t, "it is not ready", func() bool {
		r, err := accesstest.Client(t).Get(url + "/readyz")
		if err != nil {
			t.Fatalf("the port was closed before /readyz said so: %v", err)
		}
		defer r.Body.Close()
		return r.StatusCode == http.StatusServiceUnavailable
	})
	if a, err := ask(t.Context(), t, url, `{ regions { totalCount } }`); err != nil || a.code() != "" {
		t.Errorf("a request before the port closes: %v, %+v", err, a)
	}
	if <-p.Ended; p.Err != nil {
		t.Errorf("the end: %v", p.Err)
	}
}

// slowCommits has transactions that write a table wait in their COMMIT for an advisory lock, which the test holds
// until it lets go.
func slowCommits(t *testing.T, db *pgtest.DB, table string) (letGo func()) {
	t.Helper()
	if _, err := db.Pool.Exec(t.Context(), `
		CREATE FUNCTION wait_`+table+`() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared(42); RETURN NULL; END $$;
		CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON `+table+` DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait_`+table+`()`); err != nil {
		t.Fatal(err)
	}
	tx, err := db.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	if _, err := tx.Exec(t.Context(), `SELECT pg_advisory_xact_lock(42)`); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := tx.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// TestDrainThatRunsOutOfTime stops the server while requests wait for locks and others commit. Those that wait are
// told so and wrote nothing; those that commit learn that they did.
func TestDrainThatRunsOutOfTime(t *testing.T) {
	t.Parallel()
	for name, committing := range map[string]struct{ table, document, count string }{
		"Records": {"sales_channel", `mutation { createSalesChannels(input: [{ name: "Kept" }]) { salesChannels { name } } }`, `SELECT count(*) FROM sales_channel`},
		"Links": {
			"product_variant_price_set",
			`mutation { createLinks(links: [{ product: { variantId: "variant_2" }, pricing: { priceSetId: "pset_2" } }]) { results { outcome } } }`,
			`SELECT count(*) FROM product_variant_price_set`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := contended(t)
			s := serve(
				t,
				"--database-url",
				db.URL,
				"--db-max-conns",
				"4",
				"--lock-timeout",
				"0",
				"--drain-timeout",
				"100ms",
			)
			letGo := slowCommits(t, db, committing.table)
			lockRows(t, db, "product_variant", "variant_1")
			tx := lockRows(t, db, "product")
			if _, err := tx.Exec(t.Context(), `LOCK TABLE region IN ACCESS EXCLUSIVE MODE`); err != nil {
				t.Fatal(err)
			}
			asked := func(document string) chan *answer {
				out := make(chan *answer, 1)
				go func() {
					a, err := ask(context.Background(), t, s.url, document)
					if err != nil {
						t.Errorf("not answered: %v", err)
					}
					out <- a
				}()
				return out
			}
			commits := asked(committing.document)
			waiting := []chan *answer{asked(renameVariant), asked(`{ regions { nodes { id } } }`)}
			until(t, "all wait in Postgres", func() bool { return stuck(t, db) == 3 })
			stopped := make(chan error, 1)
			go func() { stopped <- s.stop() }()
			for _, w := range waiting {
				if a := <-w; a == nil || a.status != http.StatusServiceUnavailable || a.code() != "UNAVAILABLE" {
					t.Errorf("one that waited: %+v", a)
				}
			}
			letGo()
			if a := <-commits; a == nil || a.status != http.StatusOK || a.code() != "" ||
				!strings.Contains(a.raw, "Kept") && !strings.Contains(a.raw, "CREATED") {
				t.Errorf("one that committed: %+v", a)
			}
			if err := <-stopped; err != nil {
				t.Errorf("the end: %v", err)
			}
			var n int
			if err := db.Pool.QueryRow(t.Context(), committing.count).Scan(&n); err != nil || n != 1 {
				t.Errorf("%v: %d rows", err, n)
			}
			var title string
			if err := db.Pool.QueryRow(t.Context(), `SELECT title FROM product_variant WHERE id = 'variant_1'`).
				Scan(&title); err != nil ||
				title != "One" {
				t.Errorf("%v: what was not committed: %s", err, title)
			}
		})
	}
}

// TestDatabaseThatTakesNoWrites makes the database read-only under the server, as a switch-over does.
func TestDatabaseThatTakesNoWrites(t *testing.T) {
	t.Parallel()
	db := contended(t)
	s := serve(t, "--database-url", db.URL)
	reader := serve(t, "--database-url", db.URL, "--read-only")
	turn := func(mode string) {
		t.Helper()
		for _, statement := range []string{
			`SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE`,
			`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = ` + mode + `', current_database()); END $$`,
			`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database() AND backend_type = 'client backend'`,
		} {
			if _, err := db.Pool.Exec(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		db.Pool.Reset()
	}
	tx, err := db.Pool.Begin(t.Context()) // a session that may turn it back
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	turn("on")
	until(t, "the server says that it is not ready", func() bool {
		status, body := s.get(t, "/readyz")
		return status == http.StatusServiceUnavailable && strings.Contains(body, "takes no writes")
	})
	until(
		t,
		"one that only reads is ready",
		func() bool { status, _ := reader.get(t, "/readyz"); return status == http.StatusOK },
	)
	for _, document := range []string{
		renameVariant, `mutation { createLinks(links: [{ product: { variantId: "variant_1" }, pricing: { priceSetId: "pset_1" } }]) { results { outcome } } }`,
		`mutation { deleteProductVariants(ids: ["variant_1"]) { deletionId } }`, `mutation { createSalesChannels(input: [{ name: "No" }]) { salesChannels { id } } }`,
	} {
		until(t, "the sessions that were ended are gone", func() bool {
			a, err := ask(t.Context(), t, s.url, document)
			if err != nil || a.code() != "UNAVAILABLE" {
				t.Fatalf("%s: %v, %+v", document, err, a)
			}
			return strings.Contains(a.raw, "takes no writes")
		})
	}
	if a, err := ask(t.Context(), t, s.url, `{ productVariants { nodes { title } } }`); err != nil || a.code() != "" {
		t.Errorf("a read: %v, %+v", err, a)
	}
	turn("off")
	until(t, "it is ready again", func() bool { status, _ := s.get(t, "/readyz"); return status == http.StatusOK })
	until(t, "it writes again", func() bool {
		a, err := ask(t.Context(), t, s.url, renameVariant)
		return err == nil && a.code() == ""
	})
	if log := s.log.String(); strings.Contains(log, "internal error") {
		t.Errorf("the log:\n%s", log)
	}
}

// TestReadsThatAreEndedForOthers has Postgres end reads as a standby does for the sake of what it has to repeat. They
// are run again, and are UNAVAILABLE if that does not help.
func TestReadsThatAreEndedForOthers(t *testing.T) {
	t.Parallel()
	for code, document := range map[string]string{
		"40001": `{ regions { nodes { name } } }`, "40P01": `{ regions { nodes { name } } currencies: regions { totalCount } }`,
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			db := migrated(t)
			if _, err := db.Pool.Exec(t.Context(), `
				ALTER TABLE region RENAME TO region_rows;
				-- A transaction that only reads can count by advisory locks of its session, which outlive it.
				CREATE FUNCTION conflicts() RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
				DECLARE most integer := (SELECT count FROM conflicting);
				DECLARE n integer := (SELECT count(*) FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database AND d.datname = current_database()
					WHERE locktype = 'advisory' AND classid = most);
				BEGIN
					IF n < most THEN
						PERFORM pg_advisory_lock(most, n + 1);
						RAISE 'canceling statement due to conflict with recovery' USING ERRCODE = '`+code+`';
					END IF;
					RETURN true;
				END $$;
				CREATE TABLE conflicting AS SELECT 0 AS count;
				CREATE VIEW region AS SELECT r.* FROM region_rows AS r, (SELECT conflicts() AS ok OFFSET 0) AS c WHERE c.ok;
				INSERT INTO region_rows (id, name, currency_code) VALUES ('reg_1', 'North', 'eur')`); err != nil {
				t.Fatal(err)
			}
			s := serve(t, "--database-url", db.URL)
			for _, conflicts := range []int{1, 2, 1000} {
				if _, err := db.Pool.Exec(
					t.Context(),
					`UPDATE conflicting SET count = `+map[int]string{1: "1", 2: "2", 1000: "1000"}[conflicts],
				); err != nil {
					t.Fatal(err)
				}
				a, err := ask(t.Context(), t, s.url, document)
				if err != nil {
					t.Fatal(err)
				}
				if conflicts == 1000 {
					if a.code() != "UNAVAILABLE" {
						t.Errorf("always: %s", a.raw)
					}
				} else if a.code() != "" || !strings.Contains(a.raw, "North") {
					t.Errorf("%d times: %s", conflicts, a.raw)
				}
			}
			if strings.Contains(s.log.String(), "internal error") {
				t.Errorf("the log:\n%s", s.log)
			}
		})
	}
}
