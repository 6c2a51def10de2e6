package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/graph"
)

// variables are the variables of the compared requests.
type variables struct {
	First int         `json:"first,omitempty"`
	ID    string      `json:"id,omitempty"`
	Most  string      `json:"most,omitempty"`
	Links []linkInput `json:"links,omitempty"`
	IDs   []string    `json:"ids,omitempty"`
}

// linkInput is a pair of a product and a sales channel.
type linkInput struct {
	Product struct {
		ProductID string `json:"productId"`
	} `json:"product"`
	SalesChannel struct {
		SalesChannelID string `json:"salesChannelId"`
	} `json:"salesChannel"`
}

func newLinkInput(product, channel string) linkInput {
	var l linkInput
	l.Product.ProductID, l.SalesChannel.SalesChannelID = product, channel
	return l
}

// answering is a database and the handlers over it.
type answering struct {
	pool *pgxpool.Pool
	hand hand
	api  http.Handler
}

func newAnswering(pool *pgxpool.Pool) (*answering, error) {
	g, err := graph.New(pool, graph.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	api, err := g.HTTPHandler(graph.HTTP{CompressFrom: -1})
	return &answering{pool, hand{pool}, api}, err
}

// comparison compares ways to answer requests. The ways take turns, so that other load on the machine affects all of
// them alike.
type comparison struct {
	timed    *answering
	counted  *answering // statements are counted by counter
	counter  *counter
	out      io.Writer
	rounds   int           // measured rounds; one more warms up
	turn     time.Duration // how long each way runs per round
	only     string        // name of the only way to run; "" runs all
	queries  *regexp.Regexp
	products int
}

// options are the flags of a comparison.
type options struct {
	out           io.Writer
	rounds        int
	turn          time.Duration
	only, queries string
	products      int
}

func newComparison(ctx context.Context, pool *pgxpool.Pool, o options) (*comparison, error) {
	c := &comparison{out: o.out, rounds: o.rounds, turn: o.turn, only: o.only, products: o.products}
	var err error
	if c.queries, err = regexp.Compile(o.queries); err != nil {
		return nil, err
	}
	var counting *pgxpool.Pool
	if counting, c.counter, err = counted(ctx, pool); err != nil {
		return nil, err
	}
	if c.timed, err = newAnswering(pool); err == nil {
		c.counted, err = newAnswering(counting)
	}
	if err != nil {
		counting.Close()
		return nil, err
	}
	return c, nil
}

// close closes the connections that the comparison opened.
func (c *comparison) close() { c.counted.pool.Close() }

// compareWays prints what each query and mutation costs in each way. Writes run on a copy of the database, so that
// the store does not change.
func compareWays(ctx context.Context, pool *pgxpool.Pool, o options) error {
	fmt.Fprintf(o.out, "%d products; %d connections to Postgres; %d processors; %d turns a way\n",
		o.products, pool.Config().MaxConns, runtime.GOMAXPROCS(0), o.rounds)
	c, err := newComparison(ctx, pool, o)
	if err != nil {
		return err
	}
	err = c.reads(ctx)
	c.close()
	if err != nil || len(c.scenarios()) == 0 {
		return err
	}
	return inCopy(ctx, pool, func(pool *pgxpool.Pool) error {
		c, err := newComparison(ctx, pool, o)
		if err != nil {
			return err
		}
		defer c.close()
		return c.writes(ctx)
	})
}

// inCopy runs fn on a copy of the database, and drops the copy.
func inCopy(ctx context.Context, pool *pgxpool.Pool, fn func(*pgxpool.Pool) error) error {
	const name = "bench_copy"
	pool.Reset() // CREATE DATABASE needs a template without sessions
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	from := pgx.Identifier{pool.Config().ConnConfig.Database}.Sanitize()
	for _, sql := range []string{`DROP DATABASE IF EXISTS ` + name + ` WITH (FORCE)`, `CREATE DATABASE ` + name + ` TEMPLATE ` + from} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("copy the store: %w", err)
		}
	}
	config := pool.Config()
	config.ConnConfig.Database = name
	written, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return err
	}
	err = fn(written)
	written.Close()
	_, dropErr := conn.Exec(ctx, `DROP DATABASE `+name+` WITH (FORCE)`)
	return errors.Join(err, dropErr)
}

// bodyOf returns the JSON body of a request.
func bodyOf(query string, v any) ([]byte, error) {
	return json.Marshal(map[string]any{"query": query, "variables": v})
}

// skips reports whether a way is not to be run.
func (c *comparison) skips(w way) bool { return c.only != "" && c.only != w.name }
