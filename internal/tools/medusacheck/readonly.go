package main

import (
	"context"
	"fmt"
	"strings"
)

// compareReadOnly serves the database read-only, compares everything, and proves that nothing changed.
func (c *check) compareReadOnly(ctx context.Context) error {
	before, err := readState(ctx, c.db)
	if err != nil {
		return err
	}
	db, err := c.open(ctx, checkDatabase, true)
	if err != nil {
		return err
	}
	defer db.Close()
	a, err := serve(ctx, db, true)
	if err != nil {
		return err
	}
	c.showMissing(a)
	if err := (&comparer{api: a, db: db, medusa: c.medusa, report: c.report}).compareAll(ctx); err != nil {
		return err
	}
	c.showTotal()
	c.report.expect(
		a.refused(ctx, `mutation { deleteProducts(ids: ["none"]) { deletionId } }`, "FORBIDDEN"),
		"a mutation is refused",
	)
	after, err := readState(ctx, c.db)
	if err != nil {
		return err
	}
	change := after.since(before)
	c.report.expect(change.none() && before.digest() == after.digest(), fmt.Sprintf(
		"serving read-only changed nothing: %d things of the catalogue and the rows of %d tables, digest %s before and after",
		len(before.objects),
		len(before.contents),
		before.digest(),
	), change.details()...)
	return nil
}

// showMissing reports what the database lacks. Missing tables are fine. A table that lacks columns means that the
// schema is wrong.
func (c *check) showMissing(a *api) {
	var tables, columns []string
	for _, m := range a.missing {
		if m.Columns == nil {
			tables = append(tables, m.Table)
		} else {
			columns = append(columns, fmt.Sprintf("%s: %v", m.Table, m.Columns))
		}
	}
	c.report.note("not in Medusa's database, read as empty: %s", strings.Join(tables, ", "))
	c.report.expect(len(columns) == 0, "the tables of Medusa have all columns of the schema", columns...)
}

// compareAgain compares everything again, after both sides have written.
func (c *check) compareAgain(ctx context.Context) error {
	a, err := serve(ctx, c.db, false)
	if err != nil {
		return err
	}
	c.report.expect(len(a.missing) == 0, "the database lacks nothing of the schema any more", fmt.Sprint(a.missing))
	c.report.round = 1
	if err := (&comparer{api: a, db: c.db, medusa: c.medusa, report: c.report}).compareAll(ctx); err != nil {
		return err
	}
	c.showTotal()
	return nil
}

func (c *check) showTotal() {
	t := c.report.total(c.report.round)
	c.report.expect(t.differences == 0, fmt.Sprintf(
		"%d records, %d linked ones and %d fields are the same on both sides; %d of the fields Medusa does not show, they are the tables'",
		t.records,
		t.linked,
		t.fields,
		t.stored,
	),
		fmt.Sprintf("%d differences: see the table", t.differences))
}
