package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/KimMachineGun/automemlimit/memlimit"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/graph/transport"
	"github.com/linkgraph/linkgraph/internal/audit"
	"github.com/linkgraph/linkgraph/internal/demo"
	"github.com/linkgraph/linkgraph/internal/heap"
	"github.com/linkgraph/linkgraph/internal/importhttp"
	"github.com/linkgraph/linkgraph/internal/medusa"
	"github.com/linkgraph/linkgraph/internal/observe"
	"github.com/linkgraph/linkgraph/internal/overload"
	"github.com/linkgraph/linkgraph/playground"
)

type serveCommand struct {
	// The help lists the groups of serveGroups in the order of these fields.
	Addr          string `group:"listening" help:"Address to listen on. Requests are plain HTTP: put a proxy with TLS before any but a loopback address." default:"127.0.0.1:8080" env:"ADDR"`
	databaseFlags `group:"database"`
	readOnlyFlags `group:"database"`
	Demo          bool `group:"database" help:"Load the demo store when a private Postgres starts for the first time." default:"true" negatable:"" env:"DEMO"`
	accessFlags   `group:"access"`
	tryoutFlags   `group:"access"`
	httpFlags     `group:"documents"`
	overloadFlags `group:"overload"`
	drainFlags    `group:"listening"`
	importFlags   `group:"imports"`
	observeFlags  `group:"observability"`
	retainFlags   `group:"retention"`
	Limits        limitFlags `embed:"" group:"limits"`
	MaxItems      int        `group:"limits" help:"Most links or records of a mutation." default:"10000" env:"MAX_ITEMS"`
	Storefront    limitFlags `embed:"" group:"storefront limits" prefix:"storefront-" envprefix:"STOREFRONT_"`
}

// newServeCommand returns the command with the defaults of package graph.
func newServeCommand() serveCommand {
	http := graph.DefaultHTTP()
	admins, storefronts := graph.DefaultLimits()
	return serveCommand{
		Limits: newLimitFlags(admins, http.Documents, http.Timeout, http.MaxBody),
		Storefront: newLimitFlags(
			storefronts, http.Storefront.Documents, http.Storefront.Timeout, http.Storefront.MaxBody,
		),
	}
}

const (
	stopTimeout   = 20 * time.Second // for the private Postgres, and for flushing traces
	headerTimeout = 10 * time.Second
	idleTimeout   = 120 * time.Second
)

// Validate refuses flags before anything is started.
func (c *serveCommand) Validate() error { return errors.Join(c.refuseNegative(), c.refuseUnusable()) }

// Run serves until the context is cancelled, then drains requests and stops the private Postgres.
func (c *serveCommand) Run(ctx context.Context, s *streams) error {
	settings := heap.Set(os.Getenv, memlimit.FromCgroup)
	s.log.Debug("garbage collector", "gogc", settings.Percent, "gomemlimit", settings.Limit)
	go heap.Release(ctx)
	// The listener comes first: a second server on the same address must not touch the database.
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf(
			"another program listens on %s: choose an address with --addr, such as 127.0.0.1:8081",
			c.Addr,
		)
	}
	if err != nil {
		return err
	}
	defer listener.Close()
	tryout, err := c.tryout(c.ReadOnly, c.DatabaseURL == "", listener.Addr())
	if err != nil {
		return err
	}
	observer, stop, err := c.observer(ctx, s, c.DatabaseURL == "")
	if err != nil {
		return err
	}
	defer stop()
	var serving atomic.Bool
	db, err := c.open(ctx, s, sessionMode(!c.ReadOnly), observer.WatchStatements, c.pool(&serving))
	if err != nil {
		return err
	}
	defer db.close(s)
	if err := db.openShop(ctx, observer.WatchStatements, c.shop); err != nil {
		return err
	}
	sessions := c.sessions(db.pool, c.requestSettings(db))
	if db.graph, err = graph.New(sessions, graph.Config{
		StorefrontDB: c.sessions(
			db.shop,
			db.settings.storefronts,
		),
		ManagedBy:        medusa.ManagedBy,
		Logger:           s.log,
		Limits:           c.Limits.limits(),
		StorefrontLimits: c.Storefront.limits(),
		MaxItems:         c.MaxItems,
		ReadOnly:         c.ReadOnly,
		Observer:         observer,
		Audit:            audit.New(audit.Config{Who: audit.Request(observe.RequestID)}),
		Answers:          c.answers(),
	}); err != nil {
		return err
	}
	if err := c.ready(ctx, db, s); err != nil {
		return err
	}
	gates := c.gates(db)
	observer.WatchPool("admin", db.pool, db.given.admins)
	observer.WatchPool("storefront", db.shop, db.given.storefronts)
	observer.WatchGate("admin", gates.admins)
	observer.WatchGate("storefront", gates.storefronts)
	door, err := c.authenticator(ctx, db, tryout.keys()...)
	if err != nil {
		return err
	}
	api, err := c.api(db.graph, &c.Limits, &c.Storefront, gates, c.WriteTimeout, door)
	if err != nil {
		return err
	}
	var made demo.Credentials
	if db.private() && c.Demo && !c.ReadOnly {
		if made, err = demo.Load(ctx, db.pool, db.graph.Records, db.graph.Links); errors.Is(err, demo.ErrInTheWay) {
			s.log.Warn("the demo store is not made; --no-demo leaves it out", "reason", err)
		} else if err != nil {
			return fmt.Errorf("load the demo store: %w", err)
		}
	}
	if err := tryout.find(ctx, db.graph); err != nil {
		return err
	}
	go db.readStatistics(ctx, s.log)
	if !c.ReadOnly {
		go c.keepPruning(ctx, db, s.log)
		c.watchHorizon(ctx, db, observer, s.log)
	}
	serving.Store(true)
	db.pool.Reset()
	connections := c.listener(listener, s)
	observer.WatchConnections(connections)
	ready := &readiness{db: db, gates: gates, writes: !c.ReadOnly}
	routes := routes{api: api, ready: ready, imports: c.imports(db, sessions, door)}
	server := c.server(c.handler(db, routes, observer, door.Authenticate, tryout), connections)
	end := requests(ctx, server)
	server.MaxHeaderBytes, server.ErrorLog = c.MaxHeader, slog.NewLogLogger(s.log.Handler(), slog.LevelWarn)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(connections) }()
	greet(s, listener.Addr(), tryout, made)
	select {
	case err := <-failed:
		return err
	case <-db.exited():
		err = errors.New("the private Postgres ended; see postgres.log in the data folder")
	case <-ctx.Done():
		s.log.Info("shutting down")
	}
	ready.stopping.Store(true)
	return errors.Join(err, c.drain(ctx, server, end))
}

// ready migrates the database, unless the server is read-only, and adapts the graph to its tables. What is missing from a table
// of another program, or from a database that this server may not migrate, reads as empty. Anything else that is missing is a
// fault: a migration that was forgotten, or a table that was changed by hand.
func (c *serveCommand) ready(ctx context.Context, db *database, s *streams) error {
	if !c.ReadOnly {
		if err := db.prepareOwn(ctx, s); err != nil {
			return err
		}
	}
	missing, err := db.graph.Adapt(ctx)
	if err != nil {
		return err
	}
	keeper, err := medusa.ManagedBy(ctx, db.pool)
	if err != nil {
		return err
	}
	var faults []error
	for _, m := range missing {
		if !m.Foreign && keeper == "" && !c.ReadOnly {
			if err := m.Explain(); err != nil {
				faults = append(faults, err)
				continue
			}
		}
		s.log.Warn(
			"not in the database: reads as empty, is not written",
			"model",
			m.Model,
			"table",
			m.Table,
			"columns",
			m.Columns,
		)
	}
	return errors.Join(faults...)
}

// greet prints the addresses and, after the first start, the keys of the demo store.
func greet(s *streams, addr net.Addr, tryout *tryout, made demo.Credentials) {
	s.log.Info("serving", "addr", addr.String())
	fmt.Fprintf(
		s.err,
		"\n  Playground   http://%[1]s%[2]s\n  Map          http://%[1]s%[3]s\n  GraphQL      http://%[1]s/graphql\n",
		addr,
		tryout.link("/"),
		tryout.link("/map"),
	)
	if made.SecretKey == "" {
		fmt.Fprint(s.err, "  Keys         linkgraph keys create --type secret --title NAME\n")
	} else {
		fmt.Fprintf(
			s.err,
			"\n  The demo store is loaded. These keys are shown this once:\n  Admin        Authorization: Bearer %s\n  Storefront   x-publishable-api-key: %s\n",
			made.SecretKey,
			made.PublishableKey,
		)
	}
	fmt.Fprintln(s.err)
}

// routes are handlers that a server has besides its pages. imports may be nil.
type routes struct{ api, ready, imports http.Handler }

// handler routes the API, imports, the pages, the metrics and the probes.
func (c *serveCommand) handler(
	db *database,
	routes routes,
	observer *observe.Observer,
	authenticate authenticate,
	tryout *tryout,
) http.Handler {
	admins := func(next http.Handler) http.Handler { return db.graph.AdminsOnly(authenticate, next) }
	mux := http.NewServeMux()
	mux.Handle("/graphql", routes.api) // has write timeouts of its own
	timed := func(next http.Handler) http.Handler {
		if c.WriteTimeout <= 0 {
			return next
		}
		return overload.TimedWrites(c.WriteTimeout, next)
	}
	if routes.imports != nil {
		mux.Handle(importhttp.Path, timed(admins(routes.imports)))
	}
	mux.Handle("/metrics", timed(admins(observer.MetricsHandler())))
	mux.Handle("/", timed(playground.Handler(playground.Config{
		Endpoint:   "/graphql",
		Models:     db.graph.Records.Catalog(),
		Guard:      admins,
		Admin:      tryout.admin(),
		Storefront: tryout.storefront(),
		Trust:      tryout.trust(),
	})))
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.Handle("/readyz", routes.ready)
	return observer.Handler(transport.SecureHeaders(tryout.guard(mux)))
}
