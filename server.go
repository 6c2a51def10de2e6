// Command linkgraph serves the GraphQL API of linked modules, and looks after its database.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"linkgraph/graph"
	"linkgraph/internal/demo"
	"linkgraph/internal/observe"
	"linkgraph/playground"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "linkgraph:", err)
		os.Exit(1)
	}
}

// commands are what the program does. Each flag is an environment variable too.
type commands struct {
	logFlags
	Serve   serveCommand   `cmd:"" default:"withargs" help:"Serve the API and the playground (the default)."`
	Migrate migrateCommand `cmd:"" help:"Bring the modules' tables and the link tables up to date."`
	Links   struct {
		Plan     linksPlanCommand     `cmd:"" help:"Show what sync would do to the link tables."`
		Sync     linksSyncCommand     `cmd:"" help:"Make the link tables what the schema says."`
		Discover linksDiscoverCommand `cmd:"" help:"Print stanzas for link tables that are not declared, to paste into the schema."`
	} `cmd:"" help:"Compare the declared links with the database."`
	Import struct {
		Shopify importShopifyCommand `cmd:"" help:"Bring a Shopify product export into the store."`
	} `cmd:"" help:"Bring data into the store."`
}

// streams are where a command writes.
type streams struct {
	out, err io.Writer
	log      *slog.Logger
}

// run owns the arguments, the signals and the streams, so that a test can call it.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	var cli commands
	exited := false
	parser, err := kong.New(&cli,
		kong.Name("linkgraph"),
		kong.Description("A GraphQL API over linked modules. Without --database-url it runs a private Postgres under --data-dir."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { exited = true }),
		kong.UsageOnError(),
	)
	if err != nil {
		return err
	}
	selected, err := parser.Parse(args)
	if exited { // --help has been printed
		return nil
	}
	if err != nil {
		return err
	}
	log, err := cli.logger(stderr)
	if err != nil {
		return err
	}
	s := &streams{stdout, stderr, log}
	selected.BindTo(ctx, (*context.Context)(nil))
	return selected.Run(s)
}

type serveCommand struct {
	databaseFlags
	readOnlyFlags
	limitFlags
	observeFlags
	overloadFlags
	httpFlags
	Addr string `help:"Address to listen on. A loopback address: there is no access control yet." default:"127.0.0.1:8080" env:"ADDR"`
	Demo bool   `help:"Load the demo store when a private Postgres starts for the first time." default:"true" negatable:"" env:"DEMO"`
}

// limitFlags bound what one request may ask for.
type limitFlags struct {
	MaxPage       int `help:"Most records of one page." default:"100" env:"MAX_PAGE"`
	MaxDepth      int `help:"Most levels of a selection." default:"16" env:"MAX_DEPTH"`
	MaxIn         int `help:"Most values of one in list." default:"1000" env:"MAX_IN"`
	MaxConditions int `help:"Most conditions of all filters of a field." default:"200" env:"MAX_CONDITIONS"`
	MaxCost       int `help:"Most records that the lists of a field may answer with, if every page is full." default:"5000000" env:"MAX_COST"`
}

func (f limitFlags) limits() graph.Limits {
	return graph.Limits{MaxPage: f.MaxPage, MaxDepth: f.MaxDepth, MaxIn: f.MaxIn, MaxConditions: f.MaxConditions, MaxCost: f.MaxCost}
}

const (
	drainTimeout  = 20 * time.Second
	headerTimeout = 10 * time.Second
	readTimeout   = 60 * time.Second
	idleTimeout   = 120 * time.Second
)

// Run serves until the context ends, then lets requests finish and stops the database.
func (c *serveCommand) Run(ctx context.Context, s *streams) error {
	if err := checkLoopback(c.Addr); err != nil {
		return err
	}
	// The listener comes first: a second server on the same address must not touch the database.
	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	observer, stop, err := c.observer(ctx, s, c.DatabaseURL == "")
	if err != nil {
		return err
	}
	defer stop()
	var serving atomic.Bool
	db, err := c.open(ctx, s, access(!c.ReadOnly), observer.WatchStatements, c.pool(&serving))
	if err != nil {
		return err
	}
	defer db.close(s)
	if db.graph, err = graph.New(db.pool, graph.Config{Logger: s.log, Limits: c.limits(), ReadOnly: c.ReadOnly, Observer: observer}); err != nil {
		return err
	}
	if err := c.ready(ctx, db, s); err != nil {
		return err
	}
	limiter := c.limiter(db.pool)
	observer.WatchPool(db.pool)
	observer.WatchQueue(limiter)
	api, err := c.api(db.graph, limiter.Handler)
	if err != nil {
		return err
	}
	var tryout demo.Credentials
	if db.private() && c.Demo && !c.ReadOnly {
		if tryout, err = demo.Load(ctx, db.graph.Records, db.graph.Links); err != nil {
			return fmt.Errorf("load the demo store: %w", err)
		}
	}
	serving.Store(true)
	db.pool.Reset()
	server := &http.Server{
		Handler:           c.handler(db, api, observer),
		ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: c.MaxHeader,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	greet(s, listener.Addr(), tryout)
	select {
	case err := <-failed:
		return err
	case <-db.exited():
		err = errors.New("the private Postgres ended; see postgres.log in the data folder")
	case <-ctx.Done():
		s.log.Info("shutting down")
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	return errors.Join(err, server.Shutdown(drain))
}

// ready brings the database up to date, unless it is not to be changed, and the graph in line with the database.
func (c *serveCommand) ready(ctx context.Context, db *database, s *streams) error {
	if !c.ReadOnly {
		if err := db.prepareOwn(ctx, s); err != nil {
			return err
		}
	}
	missing, err := db.graph.Adapt(ctx)
	for _, m := range missing {
		s.log.Info("not in the database: reads as empty, is not written", "model", m.Model, "table", m.Table, "columns", m.Columns)
	}
	return err
}

// checkLoopback refuses addresses that others can reach.
func checkLoopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("--addr: %w", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("--addr %s: there is no access control yet, so only loopback addresses are served, such as 127.0.0.1:8080", addr)
	}
	return nil
}

// greet says where to go.
func greet(s *streams, addr net.Addr, tryout demo.Credentials) {
	s.log.Info("serving", "addr", addr.String())
	fmt.Fprintf(s.err, "\n  Playground   http://%[1]s/\n  Map          http://%[1]s/map\n  GraphQL      http://%[1]s/graphql\n", addr)
	if tryout.PublishableKey != "" {
		fmt.Fprintf(s.err, "  Demo store   loaded; publishable key %s\n               secret key      %s (shown this once)\n", tryout.PublishableKey, tryout.SecretKey)
	}
	fmt.Fprintln(s.err)
}

func (c *serveCommand) handler(db *database, api http.Handler, observer *observe.Observer) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/graphql", api)
	mux.Handle("/metrics", observer.MetricsHandler())
	mux.Handle("/", playground.Handler(playground.Config{Endpoint: "/graphql", Models: db.graph.Records.Catalog()}))
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if err := db.probe.Ping(ctx); err != nil {
			http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	return observer.Handler(graph.SecureHeaders(localOnly(mux)))
}

// localOnly answers requests that name this machine. Others come from a page that had its own name point here.
func localOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "this server answers to localhost alone", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}
