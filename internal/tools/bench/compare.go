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

// variables are those of the compared requests.
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

// answering is a database, and what answers from it.
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

// comparison compares ways to answer requests. The ways take turns, so that what else the machine does weighs on all of them
// alike.
type comparison struct {
	timed    *answering
	counted  *answering // by counter
	counter  *counter
	out      io.Writer
	rounds   int           // that are measured; one more warms up
	turn     time.Duration // how long a way reads before the next one does
	only     string        // the one way to run, if it is not ""
	queries  *regexp.Regexp
	products int
}

// options say what is compared, and for how long.
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

// compareWays prints, for each query and mutation, what each way takes. Writes are made in a copy of the database, so that the
// store stays as it is.
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

// inCopy runs fn on a copy of the database, and drops it.
func inCopy(ctx context.Context, pool *pgxpool.Pool, fn func(*pgxpool.Pool) error) error {
	const name = "bench_copy"
	pool.Reset() // no one else may be connected to what is copied
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

// bodyOf is a request.
func bodyOf(query string, v any) ([]byte, error) {
	return json.Marshal(map[string]any{"query": query, "variables": v})
}

// skips reports whether a way is not to be run.
func (c *comparison) skips(w way) bool { return c.only != "" && c.only != w.name }
