// Command medusacheck compares this program with a real Medusa. It installs a shop, has Medusa's own workflows fill
// it, serves the shop's database read-only, and asks both sides about every link in every direction. Then it migrates
// the database as a user would, proves from the system catalogue that nothing of Medusa's changed, has Medusa migrate
// beside it, writes from both sides, and compares everything again. Records and fields that Medusa does not return
// are compared with the tables.
//
// `make medusa-check` runs it. It needs Node, npm and the network.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/internal/postgres"
)

func main() {
	dir := flag.String(
		"dir",
		".data/medusa-check",
		"work folder; it is kept, so that a second run does not install again",
	)
	fresh := flag.Bool("fresh", false, "begin with an empty work folder")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *dir, *fresh, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "medusacheck:", err)
		os.Exit(1)
	}
}

// errDiffers says that the two sides differ. The report shows where.
var errDiffers = errors.New("there are differences")

func run(ctx context.Context, dir string, fresh bool, out io.Writer) error {
	c, err := newCheck(dir, fresh, out)
	if err != nil {
		return err
	}
	start := time.Now()
	err = c.run(ctx)
	c.report.print()
	fmt.Fprintf(out, "\n%s in %s\n", c.report.summary(), time.Since(start).Round(time.Second))
	if err == nil && !c.report.clean() {
		err = errDiffers
	}
	return err
}

// check is one run.
type check struct {
	dir    string
	fresh  bool
	out    io.Writer
	report *report
	shop   *shop
	server *postgres.Server
	db     *pgxpool.Pool // the shop's database
	medusa *answer       // the latest answer

	program string // path of the built linkgraph
}

func newCheck(dir string, fresh bool, out io.Writer) (*check, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if fresh {
		if err := os.RemoveAll(dir); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	return &check{dir: dir, fresh: fresh, out: out, report: &report{out: out}, shop: newShop(dir)}, nil
}

func (c *check) run(ctx context.Context) error {
	defer c.stop()
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"start a private Postgres", c.startPostgres},
		{"install Medusa", c.install},
		{"migrate and fill the shop", c.fill},
		{"ask Medusa", c.ask},
		{"serve read-only and compare", c.compareReadOnly},
		{"plan and migrate", c.migrate},
		{"sync and migrate Medusa beside it", c.syncBeside},
		{"write from both sides", c.writeBothWays},
		{"ask Medusa again", c.ask},
		{"compare again", c.compareAgain},
		{"turn modules on later", c.turnOnLater},
	} {
		fmt.Fprintf(c.out, "%s\n", step.name)
		start := time.Now()
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		fmt.Fprintf(c.out, "  took  %s\n", time.Since(start).Round(100*time.Millisecond))
	}
	return nil
}

func (c *check) startPostgres(ctx context.Context) error {
	var err error
	if c.server, err = postgres.Start(
		ctx,
		postgres.Config{Dir: filepath.Join(c.dir, "postgres"), Log: c.out, Unsafe: true},
	); err != nil ||
		!c.fresh {
		return err
	}
	return c.dropAll(ctx) // its data may be outside the work folder
}

func (c *check) install(ctx context.Context) error { return c.shop.install(ctx) }

// ask has Medusa answer for its database as it is now.
func (c *check) ask(ctx context.Context) error {
	file := filepath.Join(c.dir, "ask.json")
	if _, err := c.shop.medusa(ctx, c.medusaEnv(checkDatabase, "ASK_FILE="+file), "exec", "./ask.js"); err != nil {
		return err
	}
	var err error
	c.medusa, err = readAnswer(file)
	return err
}

// stop closes the pool and stops the server.
func (c *check) stop() {
	if c.db != nil {
		c.db.Close()
	}
	if c.server == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := c.server.Stop(ctx); err != nil {
		fmt.Fprintln(c.out, "stop the private Postgres:", err)
	}
}
