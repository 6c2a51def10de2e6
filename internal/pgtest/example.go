package pgtest

import (
	"context"
	"net/url"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// ForExample returns an empty database and a function that drops it. It is for Examples, which have no testing.TB. It
// panics without a Postgres, because an Example cannot be skipped.
func ForExample(ctx context.Context) (pool *pgxpool.Pool, drop func()) {
	c, err := server()
	must(err)
	name := newName()
	must(admin.execute(ctx, `CREATE DATABASE `+pgx.Identifier{name}.Sanitize()+` TEMPLATE template0`+c.copies))
	u, err := url.Parse(c.url)
	must(err)
	u.Path = "/" + name
	pool, err = pgxpool.New(ctx, u.String())
	must(err)
	return pool, func() {
		pool.Close()
		must(admin.execute(ctx, `DROP DATABASE `+pgx.Identifier{name}.Sanitize()+` WITH (FORCE)`))
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
