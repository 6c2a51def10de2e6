package main

import (
	"context"
	"fmt"
	"net/url"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Databases of the private Postgres. Those that take long to create are kept, and every run works on copies.
const (
	checkDatabase = "shop_check"
	laterDatabase = "shop_later"
	halfDatabase  = "shop_half"
)

// databaseURL returns the URL of a database for Go programs.
func (c *check) databaseURL(database string) string {
	u, _ := url.Parse(c.server.URL()) // the server's URL is valid
	u.Path = "/" + database
	return u.String()
}

// nodeURL returns the URL of a database for Node programs, in which the socket's folder is the host.
func (c *check) nodeURL(database string) string {
	u, _ := url.Parse(c.server.URL())
	return fmt.Sprintf("postgres://%s@%s/%s", u.Query().Get("user"), url.PathEscape(u.Query().Get("host")), database)
}

// open returns a pool on a database. If readOnly is set, its sessions cannot change the database.
func (c *check) open(ctx context.Context, database string, readOnly bool) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(c.databaseURL(database))
	if err != nil {
		return nil, err
	}
	cfg.ConnConfig.RuntimeParams["search_path"] = "public"
	if readOnly {
		cfg.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
	}
	return pgxpool.NewWithConfig(ctx, cfg)
}

// dropAll drops the databases of earlier runs.
func (c *check) dropAll(ctx context.Context) error {
	admin, err := pgx.Connect(ctx, c.server.URL())
	if err != nil {
		return err
	}
	defer admin.Close(ctx)
	rows, err := admin.Query(ctx, `SELECT datname FROM pg_database WHERE datname LIKE 'shop\_%'`)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, err := admin.Exec(ctx, "DROP DATABASE "+quote(name)); err != nil {
			return err
		}
	}
	return nil
}

// fill creates the shop's database, and has Medusa migrate and fill it.
func (c *check) fill(ctx context.Context) error {
	err := c.copyOf(ctx, checkDatabase, "shop_filled_", func() error {
		if _, err := c.shop.medusa(ctx, c.medusaEnv(halfDatabase), "db:migrate", "--execute-safe-links"); err != nil {
			return err
		}
		_, err := c.shop.medusa(ctx, c.medusaEnv(halfDatabase), "exec", "./seed.js")
		return err
	})
	if err != nil {
		return err
	}
	c.db, err = c.open(ctx, checkDatabase, false)
	return err
}

// copyOf creates a database as a copy of a kept one. It creates the kept one if it is missing, under a temporary name
// first, so that an incomplete database is never mistaken for it.
func (c *check) copyOf(ctx context.Context, database, prefix string, make func() error) error {
	admin, err := pgx.Connect(ctx, c.server.URL())
	if err != nil {
		return err
	}
	defer admin.Close(ctx)
	kept, err := c.shop.databaseName(prefix)
	if err != nil {
		return err
	}
	var there bool
	if err := admin.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)`, kept).
		Scan(&there); err != nil {
		return err
	}
	if !there {
		if err := remake(ctx, admin, halfDatabase, "template1"); err != nil {
			return err
		}
		if err := make(); err != nil {
			return err
		}
		if _, err := admin.Exec(ctx, "ALTER DATABASE "+quote(halfDatabase)+" RENAME TO "+quote(kept)); err != nil {
			return err
		}
	}
	return remake(ctx, admin, database, kept)
}

func remake(ctx context.Context, admin *pgx.Conn, name, template string) error {
	if _, err := admin.Exec(ctx, "DROP DATABASE IF EXISTS "+quote(name)+" WITH (FORCE)"); err != nil {
		return err
	}
	_, err := admin.Exec(ctx, "CREATE DATABASE "+quote(name)+" TEMPLATE "+quote(template))
	return err
}

func quote(names ...string) string { return pgx.Identifier(names).Sanitize() }
