// Command bench measures representative queries on a large store in a private Postgres: statements, rows read, and
// time. `make bench-data` creates the store, `make bench-queries` measures.
//
// `make bench-compare` compares the API with hand-written code for each query and mutation, and with a single
// statement for each.
package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/bookkeeping"
	"github.com/linkgraph/linkgraph/internal/postgres"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/internal/tools/explain"
	"github.com/linkgraph/linkgraph/linkstore"
)

func main() {
	products := flag.Int("products", 10_000, "how many products the store has; five times as many variants")
	dir := flag.String("dir", ".data", "folder of the private Postgres")
	runs := flag.Int("runs", 0, "how often each query is run: 30; with -compare, how many turns each way has: 4")
	loadOnly := flag.Bool("load", false, "create the store and exit")
	compare := flag.Bool(
		"compare",
		false,
		"compare the API with code written for each query and with one statement a query",
	)
	memory := flag.Bool("memory", false, "measure memory and settings of the garbage collector")
	only := flag.String("only", "", "with -compare, the one way to run, for a profile")
	names := flag.String("queries", "", "with -compare, a regular expression: the queries and mutations to run")
	turn := flag.Duration("turn", 0, "how long each way runs per round: 500ms; with -memory 2s")
	profile := flag.String("profile", "", "file to write a CPU profile to")
	flag.Parse()
	answer := func(ctx context.Context, pool *pgxpool.Pool) error {
		return measure(ctx, pool, os.Stdout, *products, cmp.Or(*runs, 30))
	}
	switch {
	case *loadOnly:
		answer = func(context.Context, *pgxpool.Pool) error { return nil }
	case *memory:
		answer = func(ctx context.Context, pool *pgxpool.Pool) error {
			return measureMemory(ctx, pool, os.Stdout, cmp.Or(*turn, 2*time.Second))
		}
	case *compare:
		answer = func(ctx context.Context, pool *pgxpool.Pool) error {
			return compareWays(ctx, pool, options{
				out:      os.Stdout,
				rounds:   cmp.Or(*runs, 4),
				turn:     cmp.Or(*turn, 500*time.Millisecond),
				only:     *only,
				queries:  *names,
				products: *products,
			})
		}
	}
	if err := run(context.Background(), *dir, *products, profiled(*profile, answer)); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// profiled wraps fn to write a CPU profile to file, unless file is "".
func profiled(file string, fn func(context.Context, *pgxpool.Pool) error) func(context.Context, *pgxpool.Pool) error {
	if file == "" {
		return fn
	}
	return func(ctx context.Context, pool *pgxpool.Pool) error {
		f, err := os.Create(file)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
		return fn(ctx, pool)
	}
}

func run(ctx context.Context, dir string, products int, then func(context.Context, *pgxpool.Pool) error) error {
	server, err := postgres.Start(
		ctx,
		postgres.Config{Dir: filepath.Join(dir, fmt.Sprintf("bench-%d", products)), Log: os.Stderr, Unsafe: true},
	)
	if err != nil {
		return err
	}
	defer func() { _ = server.Stop(ctx) }()
	pool, err := pgxpool.New(ctx, server.URL())
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := load(ctx, pool, products); err != nil {
		return fmt.Errorf("make the store: %w", err)
	}
	return then(ctx, pool)
}

// load creates the store if it does not exist.
func load(ctx context.Context, pool *pgxpool.Pool, products int) error {
	g, err := graph.New(pool, graph.Config{})
	if err != nil {
		return err
	}
	if _, err := bookkeeping.Migrate(ctx, pool); err != nil {
		return err
	}
	if _, err := recordstore.Migrate(ctx, pool); err != nil {
		return err
	}
	if _, err := g.Links.Sync(ctx, linkstore.Safe); err != nil {
		return err
	}
	var there bool
	if err := pool.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM product)`).Scan(&there); err != nil || there {
		return err
	}
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	// The data is consistent by construction, so foreign keys need not be checked row by row.
	if _, err := conn.Exec(ctx, `SET session_replication_role = replica`); err != nil {
		return err
	}
	start := time.Now()
	for _, step := range steps(products) {
		if _, err := conn.Exec(ctx, step.sql); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
		fmt.Fprintf(os.Stderr, "%-20s %s\n", step.what, time.Since(start).Round(time.Second))
	}
	_, err = conn.Exec(ctx, `RESET session_replication_role`)
	return err
}

// answer sends a query and returns an error unless it succeeds.
func answer(h http.Handler, query string) error {
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		return err
	}
	r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if bytes.Contains(w.Body.Bytes(), []byte(`"errors"`)) {
		return fmt.Errorf("%s: %s", query, w.Body)
	}
	return nil
}

// measure prints a row of a Markdown table for each query.
func measure(ctx context.Context, pool *pgxpool.Pool, out io.Writer, products, runs int) error {
	quiet := graph.Config{Logger: slog.New(slog.DiscardHandler)}
	g, err := graph.New(pool, quiet)
	if err != nil {
		return err
	}
	h := g.Handler()
	fmt.Fprintf(out, "| query, %d products | statements | rows read | median |\n|---|---|---|---|\n", products)
	for _, q := range queries(products) {
		explained := explain.New(pool)
		e, err := graph.New(explained, quiet)
		if err != nil {
			return err
		}
		if err := answer(e.Handler(), q.query); err != nil {
			return err
		}
		read := 0
		for _, plan := range explained.Plans() {
			read += explain.Read(plan)
		}
		times := make([]time.Duration, runs)
		for i := range times {
			start := time.Now()
			if err := answer(h, q.query); err != nil {
				return err
			}
			times[i] = time.Since(start)
		}
		slices.Sort(times)
		fmt.Fprintf(
			out,
			"| %s | %d | %d | %.1f ms |\n",
			q.name,
			len(explained.Plans()),
			read,
			float64(times[runs/2].Microseconds())/1000,
		)
	}
	return ctx.Err()
}
