package pgtest

import (
	"context"
	"net/url"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// ForExample returns an empty database for an Example, which has no testing.TB, and a function that drops it. It panics
// where there is no Postgres: an Example cannot be skipped.
func ForExample(ctx context.Context) (pool *pgxpool.Pool, drop func()) {
	c, err := server()
	must(err)
	name := newName()
	run := func(sql string) {
		conn, err := pgx.Connect(ctx, c.url)
		must(err)
		_, err = conn.Exec(ctx, sql)
		must(err)
		must(conn.Close(ctx))
	}
	creating.Lock()
	run(`CREATE DATABASE ` + pgx.Identifier{name}.Sanitize())
	creating.Unlock()
	u, err := url.Parse(c.url)
	must(err)
	u.Path = "/" + name
	pool, err = pgxpool.New(ctx, u.String())
	must(err)
	return pool, func() {
		pool.Close()
		run(`DROP DATABASE ` + pgx.Identifier{name}.Sanitize() + ` WITH (FORCE)`)
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
