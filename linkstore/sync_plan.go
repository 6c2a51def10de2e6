package linkstore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Plan compares the definitions with the database and returns what a sync would do. It changes nothing, so it works
// in a read-only transaction, and before the store's own tables exist.
func (s *Store) Plan(ctx context.Context) (Plan, error) {
	var plan Plan
	made, err := s.createdTables(ctx)
	if err != nil {
		return plan, fmt.Errorf("plan: %w", err)
	}
	for _, d := range s.catalog.links {
		if d.ReadOnly != "" {
			continue
		}
		ours := slices.ContainsFunc(
			made,
			func(t createdTable) bool { return t.Schema == d.Schema && t.Table == d.Table },
		)
		actions, err := s.planLink(ctx, d, ours)
		if err != nil {
			return plan, fmt.Errorf("plan %s: %w", d.Name, err)
		}
		plan.Actions = append(plan.Actions, actions...)
	}
	plan.Actions = append(plan.Actions, s.planOrphans(made)...)
	return plan, nil
}

// planLink plans one link. ours means that this store created the table. On other tables a sync only adds indexes,
// and drops indexes that it added before.
func (s *Store) planLink(ctx context.Context, d *Definition, ours bool) ([]Action, error) {
	columns, err := s.tableColumns(ctx, d)
	if err != nil {
		return nil, err
	}
	if len(columns) == 0 {
		missing, program, err := s.missingRecordTable(ctx, d)
		if err != nil {
			return nil, err
		}
		if missing != "" {
			return []Action{{
				Kind: Blocked, Link: d.Name, Table: d.Table, Reason: "no table yet",
				Offenders: []string{"table " + missing + " does not exist yet: " + program + " creates it"},
			}}, nil
		}
		statements, err := s.createSchema(ctx, d)
		if err != nil {
			return nil, err
		}
		return []Action{
			{
				Kind:   CreateTable,
				Link:   d.Name,
				Table:  d.Table,
				Reason: "no table yet",
				SQL:    append(statements, d.createTable()...),
			},
		}, nil
	}
	if err := d.checkTable(columns); err != nil {
		return nil, err
	}
	p := &linkPlan{def: d, ours: ours, update: Action{Kind: UpdateTable, Link: d.Name, Table: d.Table}}
	if err := p.columns(columns); err != nil {
		return nil, err
	}
	have, err := s.tableIndexes(ctx, d)
	if err != nil {
		return nil, err
	}
	if err := s.planIndexes(ctx, p, have); err != nil {
		return nil, err
	}
	if len(p.update.SQL) == 0 && len(p.update.Offenders) == 0 {
		p.update.Kind = Noop
	}
	p.update.Reason = strings.Join(p.reasons, ", ")
	return append([]Action{p.update}, p.others...), nil
}

// createSchema returns the statement that creates the schema of a link table, or nothing if the schema exists.
func (s *Store) createSchema(ctx context.Context, d *Definition) ([]string, error) {
	if d.Schema == "" {
		return nil, nil
	}
	rows, err := s.db.Query(ctx, `SELECT to_regnamespace($1) IS NOT NULL`, quote(d.Schema))
	if err != nil {
		return nil, err
	}
	if exists, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[bool]); err != nil || exists {
		return nil, err
	}
	// Another link of the same sync may create it first.
	return []string{"CREATE SCHEMA IF NOT EXISTS " + quote(d.Schema)}, nil
}

// linkPlan is the plan of one link while it is built.
type linkPlan struct {
	def     *Definition
	ours    bool
	update  Action
	reasons []string
	others  []Action // separate steps, because they may be skipped when update runs
}

// columns plans the extra columns.
func (p *linkPlan) columns(have map[string]string) error {
	d := p.def
	for i := range d.Columns {
		c := &d.Columns[i]
		switch have := have[c.Name]; {
		case have == "" && !p.ours:
			return fmt.Errorf(
				"%w: table %s has no column %s, and another program created the table: add the column there",
				ErrInvalid,
				d.Table,
				c.Name,
			)
		case have == "":
			p.reasons = append(p.reasons, "add column "+c.Name)
			p.update.SQL = append(p.update.SQL, fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s", d.table(), c.ddl()))
		case !c.holds(have):
			a := Action{
				Kind:   Destructive,
				Link:   d.Name,
				Table:  d.Table,
				Reason: fmt.Sprintf("column %s is %s, not %s", c.Name, have, c.Type.sql()),
			}
			if p.ours {
				a.SQL = []string{
					fmt.Sprintf(
						"ALTER TABLE %[1]s ALTER COLUMN %[2]s TYPE %[3]s USING %[2]s::text::%[3]s",
						d.table(),
						quote(c.Name),
						c.Type.sql(),
					),
				}
			} else {
				a.Kind, a.Offenders = Blocked, []string{"another program made the table"}
			}
			p.others = append(p.others, a)
		}
	}
	return nil
}

// planIndexes plans the missing indexes, and the removal of unique indexes that a sync created and that the
// definition no longer asks for.
func (s *Store) planIndexes(ctx context.Context, p *linkPlan, have []index) error {
	d := p.def
	used := map[string]bool{}
	for _, want := range d.indexes() {
		found := false
		for _, i := range have {
			if i.same(want) {
				found, used[i.name] = true, true
			}
		}
		if found {
			continue
		}
		if want.unique {
			key := d.leftKey
			if !slices.Equal(key.Names(), want.columns) {
				key = d.rightKey
			}
			offenders, err := s.offenders(ctx, d, key)
			if err != nil {
				return err
			}
			if len(offenders) > 0 && !p.ours {
				p.others = append(p.others, Action{
					Kind: Blocked, Link: d.Name, Table: d.Table, Reason: "index " + want.name + " is left out",
					SQL: []string{d.createIndex(want)}, Offenders: offenders,
				})
				continue
			}
			p.update.Offenders = append(p.update.Offenders, offenders...)
		}
		p.reasons = append(p.reasons, "add index "+want.name)
		p.update.SQL = append(p.update.SQL, d.createIndex(want))
	}
	for _, i := range have {
		if i.unique && !used[i.name] && strings.HasPrefix(i.name, ownPrefix) {
			p.reasons = append(p.reasons, "drop index "+i.name)
			p.update.SQL = append(p.update.SQL, "DROP INDEX "+tableName(d.Schema, i.name))
		}
	}
	return nil
}

// planOrphans plans the removal of tables that an earlier sync created and that no link uses any more.
func (s *Store) planOrphans(made []createdTable) []Action {
	var actions []Action
	for _, t := range made {
		if slices.ContainsFunc(s.catalog.links, func(d *Definition) bool {
			return d.ReadOnly == "" && d.Table == t.Table && d.Schema == t.Schema
		}) {
			continue
		}
		actions = append(actions, Action{
			Kind: Destructive, Link: t.Link, Table: t.Table, Reason: "the link is not declared any more",
			SQL: []string{
				"DROP TABLE IF EXISTS " + tableName(t.Schema, t.Table),
				fmt.Sprintf(
					"DELETE FROM %s WHERE link = '%s'",
					s.own("link_table"),
					strings.ReplaceAll(t.Link, "'", "''"),
				),
			},
		})
	}
	return actions
}
