package cli

import (
	"context"
	"fmt"

	"github.com/linkgraph/linkgraph/internal/shopify"
)

type importShopifyCommand struct {
	databaseFlags
	Files         []string `arg:"" help:"CSV files exported from Shopify." type:"existingfile"`
	Currency      string   `help:"Currency of the prices." default:"usd" env:"CURRENCY"`
	StockLocation string   `help:"Stock location of the quantities, by name. It is created if it does not exist." default:"Main warehouse" env:"STOCK_LOCATION"`
	SalesChannel  string   `help:"Sales channel of the products, by name. It is created if it does not exist." default:"Web shop" env:"SALES_CHANNEL"`
}

// Run imports the files in order, each in its own transaction.
func (c *importShopifyCommand) Run(ctx context.Context, s *streams) error {
	return c.with(ctx, s, writes, func(db *database) error {
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
	})
}
