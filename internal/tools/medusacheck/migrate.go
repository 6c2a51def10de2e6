package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// migrate plans and migrates with the built program, and proves that nothing of Medusa's changed and that exactly
// what the plan listed was added.
func (c *check) migrate(ctx context.Context) error {
	var err error
	if c.program, err = c.build(ctx); err != nil {
		return err
	}
	before, err := readState(ctx, c.db)
	if err != nil {
		return err
	}
	discovered, err := c.linkgraph(ctx, checkDatabase, "links", "discover")
	if err != nil {
		return err
	}
	c.report.expect(strings.HasPrefix(discovered, "# every link table that Medusa knows of is declared"),
		"links discover finds no link table of Medusa's that is not declared", discovered)
	plan, err := c.linkgraph(ctx, checkDatabase, "migrate", "--plan")
	if err != nil {
		return err
	}
	if err := c.unchanged(ctx, before, "the plan changed nothing"); err != nil {
		return err
	}
	if _, err := c.linkgraph(ctx, checkDatabase, "migrate"); err != nil {
		return err
	}
	after, err := readState(ctx, c.db)
	if err != nil {
		return err
	}
	c.provePlan(plan, before, after)
	return c.migrateTwice(ctx, after)
}

// migrateTwice proves that a second migration does nothing.
func (c *check) migrateTwice(ctx context.Context, after *state) error {
	plan, err := c.linkgraph(ctx, checkDatabase, "migrate", "--plan")
	if err != nil {
		return err
	}
	c.report.expect(len(planned(plan)) == 0, "a second plan has nothing to do", plan)
	if _, err := c.linkgraph(ctx, checkDatabase, "migrate"); err != nil {
		return err
	}
	return c.unchanged(ctx, after, "a second migrate does nothing")
}

// build builds the program from the sources of this checkout.
func (c *check) build(ctx context.Context) (string, error) {
	program := filepath.Join(c.dir, "linkgraph")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "github.com/linkgraph/linkgraph").
		CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w: %s", err, lastLines(out))
	}
	return program, nil
}

// linkgraph runs the program on a database and returns its output.
func (c *check) linkgraph(ctx context.Context, database string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, c.program, args...)
	cmd.Env = append(os.Environ(), "DATABASE_URL="+c.databaseURL(database))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("linkgraph %s: %w: %s", strings.Join(args, " "), err, lastLines([]byte(stderr.String())))
	}
	return string(out), err
}

// unchanged proves that the database is as it was.
func (c *check) unchanged(ctx context.Context, before *state, sentence string) error {
	now, err := readState(ctx, c.db)
	if err != nil {
		return err
	}
	change := now.since(before)
	c.report.expect(change.none(), sentence, change.details()...)
	return nil
}

// provePlan compares what a migration did with its plan.
func (c *check) provePlan(plan string, before, after *state) {
	change := after.since(before)
	c.report.expect(len(change.gone)+len(change.altered) == 0,
		fmt.Sprintf("migrate dropped, altered and rebuilt nothing: %d things are as they were", len(before.objects)),
		append(slices.Clone(change.gone), change.altered...)...)
	c.report.expect(len(change.contents) == 0,
		fmt.Sprintf("migrate changed no row of Medusa's %d tables", len(before.contents)), change.contents...)
	tables, indexes, foreign := sortAdded(change.added)
	c.report.expect(len(foreign) == 0, fmt.Sprintf(
		"migrate added the schema %s, %d indexes %s* and the tables that were not there, and nothing else: %s",
		ownSchema, len(indexes), ownIndexes, strings.Join(tables, ", ")), foreign...)
	done := slices.Concat(tables, indexes)
	said := planned(plan)
	c.report.expect(
		len(without(done, said)) == 0,
		"the plan had listed every table and index that was added",
		without(done, said)...)
	c.report.expect(len(without(said, done)) == 0, "all that the plan had listed was added", without(said, done)...)
	c.report.expect(strings.Contains(plan, "Postgres schema "+ownSchema), "the plan had named the schema "+ownSchema)
}

// sortAdded divides added objects into new tables, our indexes on existing tables, and others. Parts of a new table
// are left out.
func sortAdded(added []object) (tables, indexes, foreign []string) {
	isNew := map[string]bool{}
	for _, o := range added {
		if o.kind == "class" && o.relation == o.table && o.schema != ownSchema {
			isNew[o.table] = true
		}
	}
	for _, o := range added {
		switch {
		case o.schema == ownSchema || o.kind == "namespace" && o.name == ownSchema:
		case isNew[o.table]:
		case !o.own():
			foreign = append(foreign, o.String())
		case o.kind == "index":
			indexes = append(indexes, o.relation)
		}
	}
	tables = sortedKeys(isNew)
	slices.Sort(indexes)
	slices.Sort(foreign)
	return tables, indexes, foreign
}

var createStatement = regexp.MustCompile(
	`(?i)\bCREATE (?:UNIQUE )?(TABLE|INDEX)(?: IF NOT EXISTS)? "?([\w-]+)"?(?: ON "?(\w+)"?)?`,
)

// planned returns the tables that a plan creates, and the indexes it creates on existing tables.
func planned(plan string) []string {
	statements := createStatement.FindAllStringSubmatch(plan, -1)
	isNew := map[string]bool{}
	for _, s := range statements {
		if strings.EqualFold(s[1], "TABLE") {
			isNew[s[2]] = true
		}
	}
	var names []string
	for _, s := range statements {
		if strings.EqualFold(s[1], "TABLE") || !isNew[s[3]] {
			names = append(names, s[2])
		}
	}
	slices.Sort(names)
	return names
}

// without returns the items of list that are not in other.
func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(name string) bool { return slices.Contains(other, name) })
}

// syncBeside has Medusa sync its links and migrate again. It must find nothing to do, and leave our objects alone.
func (c *check) syncBeside(ctx context.Context) error {
	before, err := readState(ctx, c.db)
	if err != nil {
		return err
	}
	for _, args := range [][]string{
		{"db:sync-links", "--execute-safe"}, {"db:sync-links", "--execute-all"}, {"db:migrate", "--execute-safe-links"},
	} {
		out, err := c.shop.medusa(ctx, c.medusaEnv(checkDatabase), args...)
		if err != nil {
			return err
		}
		command := strings.Join(args, " ")
		c.report.expect(
			strings.Contains(out, "Database already up-to-date"),
			"medusa "+command+" says that the links are up to date",
			out,
		)
		if args[0] == "db:migrate" {
			c.report.expect(
				!strings.Contains(out, "Migrated") && strings.Contains(out, "Database is up-to-date for module"),
				"medusa "+command+" finds no migration to run",
				out,
			)
		}
		now, err := readState(ctx, c.db)
		if err != nil {
			return err
		}
		change := now.since(before)
		change.contents = nil // Medusa counts its runs
		c.report.expect(
			change.none(),
			fmt.Sprintf("medusa %s left all %d things of the catalogue, the %d of ours too", command,
				len(before.objects), ours(before)),
			change.details()...)
	}
	return nil
}

// ours counts the objects of this program.
func ours(s *state) int {
	n := 0
	for o := range s.objects {
		if o.own() {
			n++
		}
	}
	return n
}
