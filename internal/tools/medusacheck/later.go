package main

import (
	"context"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5/pgxpool"
)

// turnOnLater checks a shop without the modules behind feature flags. Served read-only, their tables must read as
// empty. After this program's migration the shop turns the modules on, and Medusa's migrations must still run.
func (c *check) turnOnLater(ctx context.Context) error {
	if err := c.copyOf(ctx, laterDatabase, "shop_plain_", func() error {
		_, err := c.shop.medusa(ctx, c.medusaEnv(halfDatabase, withoutFlags), "db:migrate", "--execute-safe-links")
		return err
	}); err != nil {
		return err
	}
	db, err := c.open(ctx, laterDatabase, false)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := c.compareTables(ctx, db, "without these modules"); err != nil {
		return err
	}
	before, err := readState(ctx, db)
	if err != nil {
		return err
	}
	plan, err := c.linkgraph(ctx, laterDatabase, "migrate", "--plan")
	if err != nil {
		return err
	}
	if _, err := c.linkgraph(ctx, laterDatabase, "migrate"); err != nil {
		return err
	}
	after, err := readState(ctx, db)
	if err != nil {
		return err
	}
	c.provePlan(plan, before, after)
	_, err = c.shop.medusa(ctx, c.medusaEnv(laterDatabase), "db:migrate", "--execute-safe-links")
	c.report.expect(err == nil, "medusa db:migrate turns the modules on", fmt.Sprint(err))
	return c.compareTables(ctx, db, "with them")
}

// compareTables serves a database and compares everything with the tables. Its lines are not part of the report,
// because no records of Medusa are compared.
func (c *check) compareTables(ctx context.Context, db *pgxpool.Pool, when string) error {
	a, err := serve(ctx, db, true)
	if err != nil {
		return err
	}
	r := &report{out: io.Discard}
	if err := (&comparer{api: a, db: db, medusa: &answer{}, report: r}).compareAll(ctx); err != nil {
		return err
	}
	var details []string
	for _, l := range r.lines {
		details = append(details, l.differences...)
	}
	t := r.total(0)
	c.report.expect(
		t.differences == 0,
		fmt.Sprintf(
			"%s %d fields are as in the tables; what is not there, %d tables, reads as empty",
			when,
			t.fields,
			len(a.missing),
		),
		details...)
	return nil
}
