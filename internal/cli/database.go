package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/audit"
	"github.com/linkgraph/linkgraph/internal/dbpool"
	"github.com/linkgraph/linkgraph/internal/medusa"
	"github.com/linkgraph/linkgraph/internal/postgres"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

// databaseFlags are flags of every command that uses the database.
type databaseFlags struct {
	DataDir     string `help:"Folder of the private Postgres." default:".data" env:"DATA_DIR" type:"path" complete:"folders"`
	DatabaseURL string `help:"URL of the Postgres to use instead of a private one: postgres://user:password@host/name." env:"DATABASE_URL"`
}

// readOnlyFlags forbid every change of the database.
type readOnlyFlags struct {
	ReadOnly bool `help:"Answer queries only, and change nothing in the database: no tables, no indexes, no rows." env:"READ_ONLY"`
}

// database is a Postgres and the graph over it.
type database struct {
	pool   *pgxpool.Pool
	shop   *pgxpool.Pool // of storefronts; nil unless serving
	aside  *pgxpool.Pool // for probes, API keys and session checks, which must not wait behind requests
	given  givenUp
	graph  *graph.Graph
	config *pgxpool.Config    // of pool, before it was adjusted
	forget context.CancelFunc // stops watching abandoned sessions
	pooled bool               // behind a pooler: sessions start without settings
	// settings are what transactions set behind a pooler.
	settings struct{ admins, storefronts map[string]string }
	log      *slog.Logger
	command  string           // for the audit log
	server   *postgres.Server // nil unless Postgres is private
}

// open connects to the database of the flags, or starts the private one.
func (f *databaseFlags) open(
	ctx context.Context,
	s *streams,
	mode sessionMode,
	options ...func(*pgxpool.Config),
) (*database, error) {
	return f.openBy(ctx, s, postgres.Start, mode, options...)
}

// with runs a command on the database and closes it. It uses the private Postgres of the folder beside a server that runs
// there. It creates none: a command that was given the wrong folder would find nothing, and leave a cluster behind.
func (f *databaseFlags) with(ctx context.Context, s *streams, mode sessionMode, run func(db *database) error) error {
	if dir := f.postgresDir(); f.DatabaseURL == "" && !postgres.Exists(dir) {
		return fmt.Errorf(
			"there is no database in %s: linkgraph serve or linkgraph migrate creates it; --data-dir chooses another folder, --database-url another Postgres",
			f.DataDir,
		)
	}
	return f.withNew(ctx, s, mode, run)
}

func (f *databaseFlags) postgresDir() string { return filepath.Join(f.DataDir, "postgres") }

// withNew is with for a command that may create the private Postgres.
func (f *databaseFlags) withNew(ctx context.Context, s *streams, mode sessionMode, run func(db *database) error) error {
	db, err := f.openBy(ctx, s, postgres.Open, mode)
	if err != nil {
		return err
	}
	defer db.close(s)
	return run(db)
}

// starter starts or finds a private Postgres.
type starter func(context.Context, postgres.Config) (*postgres.Server, error)

func (f *databaseFlags) openBy(
	ctx context.Context,
	s *streams,
	start starter,
	mode sessionMode,
	options ...func(*pgxpool.Config),
) (*database, error) {
	db := &database{log: s.log, command: s.command}
	url := f.DatabaseURL
	if url == "" {
		var err error
		if db.server, err = start(
			ctx,
			postgres.Config{Dir: f.postgresDir(), Log: s.err},
		); err != nil {
			return nil, err
		}
		url = db.server.URL()
	}
	if err := db.connect(ctx, url, mode, options); err != nil {
		db.close(s)
		return nil, err
	}
	return db, nil
}

// sessionMode is whether the sessions of a command may write.
type sessionMode bool

const (
	reads  sessionMode = false // Postgres refuses writes, whatever the program does
	writes sessionMode = true
)

func (db *database) connect(ctx context.Context, url string, mode sessionMode, options []func(*pgxpool.Config)) error {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return fmt.Errorf("--database-url: %w", err)
	}
	// Otherwise the tables of a user named linkgraph would go to the schema linkgraph, which holds our bookkeeping.
	if cfg.ConnConfig.RuntimeParams["search_path"] == "" {
		cfg.ConnConfig.RuntimeParams["search_path"] = "public"
	}
	if mode == reads {
		cfg.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
	}
	if db.server == nil {
		if err := db.meet(ctx, cfg); err != nil {
			return err
		}
	}
	aside := cfg.Copy()
	aside.MaxConns, aside.MinConns, aside.MinIdleConns = asideSessions, 0, 0
	aside.ConnConfig.RuntimeParams["statement_timeout"] = asideTimeout
	db.taken(aside)
	if db.aside, err = pgxpool.NewWithConfig(ctx, aside); err != nil {
		return err
	}
	db.config = cfg.Copy()
	for _, option := range options {
		option(cfg)
	}
	db.settings.admins = db.taken(cfg)
	if db.pool, db.given.admins, err = db.newPool(ctx, cfg); err != nil {
		return err
	}
	ping, cancel := context.WithTimeout(ctx, connecting)
	defer cancel()
	if err := db.pool.Ping(ping); err != nil {
		return fmt.Errorf("connect to the database: %w", err)
	}
	db.graph, err = graph.New(
		db.pool,
		graph.Config{
			Logger:    db.log,
			ManagedBy: medusa.ManagedBy,
			Audit:     audit.New(audit.Config{Who: audit.OfCommand(db.command)}),
		},
	)
	return err
}

// The pool aside.
const (
	asideSessions = 2
	asideTimeout  = "5000" // milliseconds
)

// connecting bounds the time of the first connection.
const connecting = 10 * time.Second

// meet detects a pooler in front of the database.
func (db *database) meet(ctx context.Context, cfg *pgxpool.Config) (err error) {
	plain := cfg.ConnConfig.Copy()
	settings := dbpool.TakeSettings(plain.RuntimeParams)
	ctx, cancel := context.WithTimeout(ctx, connecting)
	defer cancel()
	if db.pooled, err = dbpool.Behind(ctx, plain, settings); err != nil {
		return fmt.Errorf("connect to the database: %w", err)
	}
	if db.pooled {
		db.log.Info("the database is behind a pooler: settings are made in each transaction; see docs/pgbouncer.md")
	}
	return nil
}

// taken removes the settings from a configuration that a pooler would refuse, and returns them. Without a pooler it
// does nothing.
func (db *database) taken(cfg *pgxpool.Config) map[string]string {
	if !db.pooled {
		return nil
	}
	cfg.BeforeConnect = nil
	return dbpool.TakeSettings(cfg.ConnConfig.RuntimeParams)
}

// errPooledMigration refuses to migrate through a pooler: migrations hold a session lock.
var errPooledMigration = errors.New(
	"the tables are not up to date, and cannot be made so through a pooler: run linkgraph migrate with the URL of Postgres itself, then start again",
)

// givenUp watches abandoned sessions that still run a statement.
type givenUp struct{ admins, storefronts *dbpool.Watch }

// newPool opens a pool whose abandoned sessions count against its size until they end.
func (db *database) newPool(ctx context.Context, cfg *pgxpool.Config) (*pgxpool.Pool, *dbpool.Watch, error) {
	until, forget := context.WithCancel(context.WithoutCancel(ctx))
	if earlier := db.forget; earlier != nil {
		db.forget = func() { earlier(); forget() }
	} else {
		db.forget = forget
	}
	var beside dbpool.Asker = db.aside
	if db.pooled {
		beside = nil // its process ids are the pooler's
	}
	watch := dbpool.Keep(until, cfg, beside)
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	return pool, watch, err
}

// openShop opens the read-only pool of storefronts.
func (db *database) openShop(ctx context.Context, options ...func(*pgxpool.Config)) (err error) {
	cfg := db.config.Copy()
	cfg.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
	for _, option := range options {
		option(cfg)
	}
	db.settings.storefronts = db.taken(cfg)
	db.shop, db.given.storefronts, err = db.newPool(ctx, cfg)
	return err
}

func (db *database) private() bool { return db.server != nil }

// exited returns a channel that is closed when the private Postgres ends; nil without one.
func (db *database) exited() <-chan struct{} {
	if db.server == nil {
		return nil
	}
	return db.server.Exited()
}

// close closes the pools and stops the private Postgres.
func (db *database) close(s *streams) {
	if db.forget != nil {
		db.forget()
	}
	for _, pool := range []*pgxpool.Pool{db.pool, db.shop, db.aside} {
		if pool != nil {
			pool.Close()
		}
	}
	if db.server == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	if err := db.server.Stop(ctx); err != nil {
		s.log.Error("stop the private Postgres", "error", err)
	}
}

// errForeign refuses to change a database of another program before anyone has seen the plan.
var errForeign = errors.New(`this database has tables of the modules and was never used by linkgraph.
  linkgraph migrate --plan       shows what would be added to it
  linkgraph migrate              adds it
  linkgraph serve --read-only    serves it and adds nothing`)

// prepareOwn is prepare for commands that do not exist to change tables: it refuses a database of another program.
func (db *database) prepareOwn(ctx context.Context, s *streams) error {
	foreign, err := recordstore.Foreign(ctx, db.pool, db.graph.Records.Catalog())
	if err != nil {
		return err
	}
	if foreign {
		return errForeign
	}
	return db.prepare(ctx, s)
}

// prepare brings the tables up to date: the program's own, those of the modules, then the link tables, leaving out what loses data.
func (db *database) prepare(ctx context.Context, s *streams) error {
	if err := db.migrate(ctx, s); err != nil {
		return err
	}
	plan, err := db.graph.Links.Sync(ctx, linkstore.Safe)
	if err != nil {
		return err
	}
	for _, a := range plan.Actions {
		if a.Kind == linkstore.Blocked {
			s.log.Warn("left out", "link", a.Link, "reason", a.Reason, "in the way", a.Offenders)
		} else if a.Kind != linkstore.Noop {
			s.log.Info("synced", "link", a.Link, "action", a.Kind, "reason", a.Reason)
		}
	}
	return nil
}
