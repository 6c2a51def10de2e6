package main

import (
	"context"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// count is what a request sends to Postgres: the number of statements, without those that begin and end transactions,
// and the number of round trips, with them. Round trips on several connections at once count separately.
type count struct{ statements, trips int64 }

// counter counts what the connections of a pool send.
type counter struct{ statements, trips atomic.Int64 }

// take returns the count since the last call.
func (c *counter) take() count { return count{c.statements.Swap(0), c.trips.Swap(0)} }

func (c *counter) statement(sql string) {
	word, _, _ := strings.Cut(strings.TrimSpace(sql), " ")
	switch strings.ToLower(word) {
	case "begin", "commit", "rollback":
	default:
		c.statements.Add(1)
	}
}

// TraceQueryStart counts a statement that is sent alone.
func (c *counter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	if data.SQL == "-- ping" { // sent by the pool itself
		return ctx
	}
	c.trips.Add(1)
	c.statement(data.SQL)
	return ctx
}

// TraceQueryEnd does nothing.
func (*counter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TraceBatchStart counts the round trip of a batch.
func (c *counter) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	c.trips.Add(1)
	return ctx
}

// TraceBatchQuery counts a statement of a batch.
func (c *counter) TraceBatchQuery(_ context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	c.statement(data.SQL)
}

// TraceBatchEnd does nothing.
func (*counter) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// counted returns a pool of the same database, and the counter of its statements.
func counted(ctx context.Context, pool *pgxpool.Pool) (*pgxpool.Pool, *counter, error) {
	c := &counter{}
	config := pool.Config()
	config.ConnConfig.Tracer = c
	p, err := pgxpool.NewWithConfig(ctx, config)
	return p, c, err
}
