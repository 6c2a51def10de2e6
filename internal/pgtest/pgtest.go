// Package pgtest gives each test its own database on a real Postgres: the one at LINKGRAPH_TEST_DATABASE_URL, or a
// private one that lives as long as the test process.
package pgtest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/internal/postgres"
)

// DB is the database of one test. It is dropped when the test ends.
type DB struct {
	Pool *pgxpool.Pool
	URL  string

	log *statementLog
}

// cluster is the Postgres that the databases of a test process are made on.
type cluster struct {
	url    string
	copies string // the clause of CREATE DATABASE that says how a template is copied; "" leaves it to Postgres
}

// server starts the private Postgres of the test process, once. The kernel ends it with the process.
var server = sync.OnceValues(func() (cluster, error) {
	if u := os.Getenv("LINKGRAPH_TEST_DATABASE_URL"); u != "" {
		return cluster{url: u}, nil
	}
	sweep()
	dir := filepath.Join(TempRoot(), folderPrefix+strconv.Itoa(os.Getpid()))
	ctx := context.Background()
	s, err := postgres.Start(ctx, postgres.Config{Dir: dir, Unsafe: true, CopyCluster: true})
	if err != nil {
		return cluster{}, err
	}
	if err := removeAtExit(dir); err != nil {
		return cluster{}, err
	}
	copies, err := fastCopies(ctx, s.URL())
	return cluster{s.URL(), copies}, err
})

// fastCopies returns the clause for copies by file, which are quicker than those through the write-ahead log once nothing
// is synchronized to a disk. Postgres 15 made the log the default; before, there is no choice and no clause.
func fastCopies(ctx context.Context, url string) (string, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	var since15 bool
	err = conn.QueryRow(ctx, `SELECT current_setting('server_version_num')::integer >= 150000`).Scan(&since15)
	if !since15 {
		return "", err
	}
	return " STRATEGY file_copy", err
}

// New returns an empty database. Without a Postgres it skips the test, or fails it in CI.
func New(t testing.TB) *DB {
	t.Helper()
	return open(t, "template0")
}

// templates holds the prepared databases of the process, by key.
var templates sync.Map

type template struct {
	once sync.Once
	name string
	err  error
}

// NewFrom returns a copy of a database that prepare has filled. prepare runs once per key and process.
func NewFrom(t testing.TB, key string, prepare func(ctx context.Context, pool *pgxpool.Pool) error) *DB {
	t.Helper()
	v, _ := templates.LoadOrStore(key, &template{})
	tmpl, _ := v.(*template)
	tmpl.once.Do(func() {
		tmpl.name = newName()
		tmpl.err = makeTemplate(t, tmpl.name, prepare)
	})
	if tmpl.err != nil {
		t.Fatalf("prepare database %s: %v", key, tmpl.err)
	}
	return open(t, tmpl.name)
}

func makeTemplate(t testing.TB, name string, prepare func(ctx context.Context, pool *pgxpool.Pool) error) error {
	ctx := context.Background()
	u := create(t, name, "template0")
	pool, err := pgxpool.New(ctx, u)
	if err != nil {
		return err
	}
	defer pool.Close() // CREATE DATABASE needs a template without sessions
	return prepare(ctx, pool)
}

func newName() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails
	return "test_" + hex.EncodeToString(b)
}

// create creates a database and returns its connection string.
func create(t testing.TB, name, from string) string {
	t.Helper()
	c, err := server()
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("no Postgres for tests: %v", err)
		}
		t.Skipf("no Postgres for tests: %v", err)
	}
	execute(
		t,
		`CREATE DATABASE `+pgx.Identifier{name}.Sanitize()+` TEMPLATE `+pgx.Identifier{from}.Sanitize()+c.copies,
	)
	u, err := url.Parse(c.url)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// administration is the session that creates and drops the databases of the process. It stays open, because opening a
// session takes more time than to create a database. mu also serializes CREATE DATABASE, which locks its template.
type administration struct {
	mu   sync.Mutex
	conn *pgx.Conn
}

func (a *administration) execute(ctx context.Context, sql string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.conn == nil || a.conn.IsClosed() {
		c, err := server()
		if err != nil {
			return err
		}
		if a.conn, err = pgx.Connect(ctx, c.url); err != nil {
			return err
		}
	}
	_, err := a.conn.Exec(ctx, sql)
	return err
}

var admin administration

func execute(t testing.TB, sql string) {
	t.Helper()
	if err := admin.execute(context.Background(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func open(t testing.TB, from string) *DB {
	t.Helper()
	name := newName()
	db := &DB{URL: create(t, name, from), log: &statementLog{}}
	cfg, err := pgxpool.ParseConfig(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	cfg.MaxConns = 8
	cfg.ConnConfig.Tracer = db.log
	if db.Pool, err = pgxpool.NewWithConfig(context.Background(), cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		db.Pool.Close()
		execute(t, `DROP DATABASE IF EXISTS `+pgx.Identifier{name}.Sanitize()+` WITH (FORCE)`)
	})
	return db
}
