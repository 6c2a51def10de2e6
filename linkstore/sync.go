package linkstore

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// ActionKind says what a sync does with a link table.
type ActionKind string

// The kinds of actions.
const (
	CreateTable ActionKind = "create"
	UpdateTable ActionKind = "update"
	Noop        ActionKind = "noop"
	Destructive ActionKind = "destructive" // loses data
	// Blocked is a step that a sync skips: because it would change a table of another program, because the rows of
	// such a table do not allow it, or because another program has not created the tables of the records yet.
	// Offenders says which.
	Blocked ActionKind = "blocked"
)

// Action is one step of a Plan.
type Action struct {
	Kind        ActionKind
	Link, Table string
	Reason      string
	SQL         []string
	// Offenders lists what prevents the step, such as records with more links than the definition allows.
	Offenders []string
}

// Plan lists the steps of a sync.
type Plan struct{ Actions []Action }

// String returns the plan as text: one line an action, with its SQL below.
func (p Plan) String() string {
	var b strings.Builder
	for _, a := range p.Actions {
		fmt.Fprintf(&b, "%-11s %s", a.Kind, a.Link)
		if a.Reason != "" {
			fmt.Fprintf(&b, ": %s", a.Reason)
		}
		b.WriteByte('\n')
		for _, o := range a.Offenders {
			fmt.Fprintf(&b, "            in the way: %s\n", o)
		}
		for _, s := range a.SQL {
			fmt.Fprintf(&b, "            %s;\n", strings.Join(strings.Fields(s), " "))
		}
	}
	return b.String()
}

// SyncMode says whether a sync may lose data.
type SyncMode int

// The modes.
const (
	Safe SyncMode = iota // skips the steps that lose data
	All                  // runs every step
)

// OffendersError reports that existing links violate the new cardinality of their definition.
type OffendersError struct {
	Link      string
	Offenders []string
}

func (e *OffendersError) Error() string {
	return fmt.Sprintf(
		"%s: records have more links than the definition allows: %s",
		e.Link,
		strings.Join(e.Offenders, "; "),
	)
}

// Unwrap returns ErrConflict.
func (e *OffendersError) Unwrap() error { return ErrConflict }

// Sync changes the link tables to match the definitions. It returns the steps that it ran and those that are
// Blocked. All steps run in one transaction, and only one sync runs at a time. Safe mode skips the steps that lose
// data. If a statement fails, the sync fails, and the error includes its SQL. On tables of another program a sync
// only adds indexes, all named linkgraph_*.
func (s *Store) Sync(ctx context.Context, mode SyncMode) (Plan, error) {
	var done Plan
	err := pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('linkgraph sync'))`); err != nil {
			return err
		}
		inTx := s.WithTx(tx)
		if err := inTx.Migrate(ctx); err != nil {
			return err
		}
		plan, err := inTx.Plan(ctx)
		if err != nil {
			return err
		}
		for _, a := range plan.Actions {
			if a.Kind == Destructive && mode == Safe {
				continue
			}
			if a.Kind == Blocked {
				done.Actions = append(done.Actions, a)
				continue
			}
			if len(a.Offenders) > 0 {
				return &OffendersError{a.Link, a.Offenders}
			}
			if err := s.apply(ctx, tx, a); err != nil {
				return err
			}
			done.Actions = append(done.Actions, a)
		}
		return nil
	})
	if err != nil {
		return Plan{}, fmt.Errorf("sync links: %w", err)
	}
	return done, nil
}

// apply runs the statements of an action, and records that a table was created by this store.
func (s *Store) apply(ctx context.Context, tx pgx.Tx, a Action) error {
	for _, statement := range a.SQL {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w: %s", a.Link, err, statement)
		}
	}
	if a.Kind != CreateTable {
		return nil
	}
	d := s.catalog.byLink[a.Link]
	_, err := tx.Exec(ctx, `
		INSERT INTO `+s.own("link_table")+` (link, schema_name, table_name) VALUES ($1, $2, $3)
		ON CONFLICT (link) DO UPDATE SET schema_name = EXCLUDED.schema_name, table_name = EXCLUDED.table_name`,
		d.Name, d.Schema, d.Table)
	return err
}
