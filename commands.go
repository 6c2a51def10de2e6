package main

import (
	"context"
	"fmt"
	"io"

	"linkgraph/graph"
	"linkgraph/internal/discover"
	"linkgraph/internal/shopify"
	"linkgraph/linkstore"
	"linkgraph/modules"
)

type migrateCommand struct {
	databaseFlags
	Plan bool `help:"Show what would be done, and do nothing."`
}

// Run brings the database up to date.
func (c *migrateCommand) Run(ctx context.Context, s *streams) error {
	db, err := c.open(ctx, s, access(!c.Plan))
	if err != nil {
		return err
	}
	defer db.close(s)
	if c.Plan {
		return db.showPlan(ctx, s)
	}
	if err := db.prepare(ctx, s); err != nil {
		return err
	}
	fmt.Fprintln(s.out, "the database is up to date")
	return nil
}

// showPlan prints every statement that prepare would run and that would change something.
func (db *database) showPlan(ctx context.Context, s *streams) error {
	pending, err := modules.MigrationPlan(ctx, db.pool)
	if err != nil {
		return err
	}
	for _, p := range pending {
		if len(p.Statements) == 0 {
			fmt.Fprintf(s.out, "-- module %s, %s: all there\n", p.Module, p.File)
			continue
		}
		fmt.Fprintf(s.out, "-- module %s, %s\n", p.Module, p.File)
		for _, statement := range p.Statements {
			fmt.Fprintf(s.out, "%s;\n", statement)
		}
	}
	plan, err := db.graph.Links.Plan(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "-- links\n%s", plan)
	fmt.Fprintln(s.out, "-- bookkeeping: what deletions removed, the outbox and the versions of the above are in the Postgres schema linkgraph")
	return nil
}

type linksPlanCommand struct{ databaseFlags }

// Run prints the plan.
func (c *linksPlanCommand) Run(ctx context.Context, s *streams) error {
	db, err := c.open(ctx, s, reads)
	if err != nil {
		return err
	}
	defer db.close(s)
	plan, err := db.graph.Links.Plan(ctx)
	if err != nil {
		return err
	}
	fmt.Fprint(s.out, plan)
	return nil
}

type linksSyncCommand struct {
	databaseFlags
	Safe bool `help:"Leave out what loses data (the default)." xor:"mode"`
	All  bool `help:"Also do what loses data: drop tables of links that are not declared any more, change column types." xor:"mode"`
}

// Run syncs, and prints what was done.
func (c *linksSyncCommand) Run(ctx context.Context, s *streams) error {
	db, err := c.open(ctx, s, writes)
	if err != nil {
		return err
	}
	defer db.close(s)
	mode := linkstore.Safe
	if c.All {
		mode = linkstore.All
	}
	done, err := db.graph.Links.Sync(ctx, mode)
	if err != nil {
		return err
	}
	fmt.Fprint(s.out, done)
	return nil
}

type linksDiscoverCommand struct{ databaseFlags }

// Run prints the declarations.
func (c *linksDiscoverCommand) Run(ctx context.Context, s *streams) error {
	db, err := c.open(ctx, s, reads)
	if err != nil {
		return err
	}
	defer db.close(s)
	found, err := discover.Links(ctx, db.pool, db.graph.Links, db.graph.Records.Catalog())
	if err != nil {
		return err
	}
	fmt.Fprint(s.out, found)
	return nil
}

type schemaCommand struct {
	Storefront bool `help:"As storefronts see it."`
}

// Run prints the schema in the schema language.
func (c *schemaCommand) Run(s *streams) error {
	schema := graph.Schema
	if c.Storefront {
		schema = graph.StorefrontSchema
	}
	_, err := io.WriteString(s.out, schema())
	return err
}

type importShopifyCommand struct {
	databaseFlags
	Files         []string `arg:"" help:"CSV files exported from Shopify." type:"existingfile"`
	Currency      string   `help:"Currency of the prices." default:"usd" env:"CURRENCY"`
	StockLocation string   `help:"Stock location of the quantities, by name; made if it is missing." default:"Main warehouse" env:"STOCK_LOCATION"`
	SalesChannel  string   `help:"Sales channel of the products, by name; made if it is missing." default:"Web shop" env:"SALES_CHANNEL"`
}

// Run imports the files one after the other, each in a transaction of its own.
func (c *importShopifyCommand) Run(ctx context.Context, s *streams) error {
	db, err := c.open(ctx, s, writes)
	if err != nil {
		return err
	}
	defer db.close(s)
	if err := db.prepareOwn(ctx, s); err != nil {
		return err
	}
	importer := shopify.Importer{
		DB: db.pool, Records: db.graph.Records, Links: db.graph.Links,
		Currency: c.Currency, StockLocation: c.StockLocation, SalesChannel: c.SalesChannel, Progress: s.err,
	}
	for _, file := range c.Files {
		report, err := importer.File(ctx, file)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "%s: %s\n", file, report)
	}
	return nil
}
