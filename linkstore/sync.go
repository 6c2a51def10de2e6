package linkstore

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// ActionKind is what a sync does with a link table.
type ActionKind string

// The kinds of actions.
const (
	CreateTable ActionKind = "create"
	UpdateTable ActionKind = "update"
	Noop        ActionKind = "noop"
	Destructive ActionKind = "destructive" // loses data
)

// Action is one step of a Plan.
type Action struct {
	Kind        ActionKind
	Link, Table string
	Reason      string
	SQL         []string
	// Offenders are rows that do not allow the step: keys with more links than the definition lets them have.
	Offenders []string
}

// Plan says what a sync would do.
type Plan struct{ Actions []Action }

// String shows the plan, a line an action, with its SQL below.
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

// SyncMode says how far a sync goes.
type SyncMode int

// The modes.
const (
	Safe SyncMode = iota // leaves out what loses data
	All
)

// index is an index as the database describes it.
type index struct {
	name    string
	unique  bool
	columns []string
	partial string
}

// live is the predicate of the indexes that serve live links, as Postgres prints it.
const livePredicate = "(deleted_at IS NULL)"

// indexes are those that the statements of a link rely on. The unique ones enforce how many links a record may have.
func (d *Definition) indexes() []index {
	left, right := d.Left.Key, d.Right.Key
	all := []index{
		{name: d.indexName("left"), columns: []string{left, right}, partial: livePredicate},
		{name: d.indexName("right"), columns: []string{right, left}, partial: livePredicate},
		{name: d.indexName("id"), columns: []string{"id"}},
	}
	if !d.Right.IsList {
		all = append(all, index{name: d.indexName("one_right"), unique: true, columns: []string{left}, partial: livePredicate})
	}
	if !d.Left.IsList {
		all = append(all, index{name: d.indexName("one_left"), unique: true, columns: []string{right}, partial: livePredicate})
	}
	return all
}

const ownPrefix = "linkgraph_"

func (d *Definition) indexName(part string) string { return shorten(ownPrefix + d.Table + "_" + part) }

func (i index) same(o index) bool {
	return i.unique == o.unique && i.partial == o.partial && strings.Join(i.columns, ",") == strings.Join(o.columns, ",")
}

func (d *Definition) createIndex(i index) string {
	unique, where := "", ""
	if i.unique {
		unique = "UNIQUE "
	}
	if i.partial != "" {
		where = " WHERE deleted_at IS NULL"
	}
	columns := make([]string, len(i.columns))
	for j, c := range i.columns {
		columns[j] = quote(c)
	}
	return fmt.Sprintf("CREATE %sINDEX %s ON %s (%s)%s", unique, quote(i.name), d.table(), strings.Join(columns, ", "), where)
}

func (c *Column) ddl() string {
	sql := quote(c.Name) + " " + c.Type.sql()
	if c.NotNull {
		sql += " NOT NULL"
	}
	if c.Default != "" {
		sql += " DEFAULT '" + strings.ReplaceAll(c.Default, "'", "''") + "'"
	}
	return sql
}

func (d *Definition) createTable() []string {
	lines := []string{
		quote(d.Left.Key) + " varchar(255) NOT NULL",
		quote(d.Right.Key) + " varchar(255) NOT NULL",
		"id varchar(255) NOT NULL",
	}
	for i := range d.Columns {
		lines = append(lines, d.Columns[i].ddl())
	}
	lines = append(lines,
		"created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP",
		"updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP",
		"deleted_at timestamptz",
		fmt.Sprintf("PRIMARY KEY (%s, %s)", quote(d.Left.Key), quote(d.Right.Key)))
	statements := []string{fmt.Sprintf("CREATE TABLE %s (%s)", d.table(), strings.Join(lines, ", "))}
	for _, i := range d.indexes() {
		statements = append(statements, d.createIndex(i))
	}
	return statements
}

// Plan compares the definitions with the database and says what a sync would do. It changes nothing.
func (s *Store) Plan(ctx context.Context) (Plan, error) {
	var plan Plan
	for _, d := range s.catalog.links {
		if d.ReadOnly != "" {
			continue
		}
		actions, err := s.planLink(ctx, d)
		if err != nil {
			return plan, fmt.Errorf("plan %s: %w", d.Name, err)
		}
		plan.Actions = append(plan.Actions, actions...)
	}
	orphans, err := s.planOrphans(ctx)
	if err != nil {
		return plan, fmt.Errorf("plan: %w", err)
	}
	plan.Actions = append(plan.Actions, orphans...)
	return plan, nil
}

func (s *Store) planLink(ctx context.Context, d *Definition) ([]Action, error) {
	columns, err := s.tableColumns(ctx, d)
	if err != nil {
		return nil, err
	}
	if len(columns) == 0 {
		return []Action{{Kind: CreateTable, Link: d.Name, Table: d.Table, Reason: "no table yet", SQL: d.createTable()}}, nil
	}
	for _, name := range []string{d.Left.Key, d.Right.Key, "id", "created_at", "updated_at", "deleted_at"} {
		if columns[name] == "" {
			return nil, fmt.Errorf("%w: table %s exists and is no table of this link: it has no column %s", ErrInvalid, d.Table, name)
		}
	}
	update := Action{Kind: UpdateTable, Link: d.Name, Table: d.Table}
	var actions []Action
	var reasons []string
	for i := range d.Columns {
		c := &d.Columns[i]
		switch have := columns[c.Name]; {
		case have == "":
			reasons = append(reasons, "add column "+c.Name)
			update.SQL = append(update.SQL, fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s", d.table(), c.ddl()))
		case have != catalogName[c.Type]:
			actions = append(actions, Action{
				Kind: Destructive, Link: d.Name, Table: d.Table, Reason: fmt.Sprintf("column %s is %s, not %s", c.Name, have, c.Type.sql()),
				SQL: []string{fmt.Sprintf("ALTER TABLE %[1]s ALTER COLUMN %[2]s TYPE %[3]s USING %[2]s::text::%[3]s", d.table(), quote(c.Name), c.Type.sql())},
			})
		}
	}
	have, err := s.tableIndexes(ctx, d)
	if err != nil {
		return nil, err
	}
	if err := s.planIndexes(ctx, d, have, &update, &reasons); err != nil {
		return nil, err
	}
	if len(update.SQL) == 0 && len(update.Offenders) == 0 {
		update.Kind = Noop
	}
	update.Reason = strings.Join(reasons, ", ")
	return append([]Action{update}, actions...), nil
}

func (s *Store) planIndexes(ctx context.Context, d *Definition, have []index, update *Action, reasons *[]string) error {
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
			offenders, err := s.offenders(ctx, d, want.columns[0])
			if err != nil {
				return err
			}
			update.Offenders = append(update.Offenders, offenders...)
		}
		*reasons = append(*reasons, "add index "+want.name)
		update.SQL = append(update.SQL, d.createIndex(want))
	}
	for _, i := range have {
		if i.unique && !used[i.name] && strings.HasPrefix(i.name, ownPrefix) {
			*reasons = append(*reasons, "drop index "+i.name)
			update.SQL = append(update.SQL, "DROP INDEX "+tableName(d.Schema, i.name))
		}
	}
	return nil
}

// catalogName is how information_schema calls the types.
var catalogName = map[ColumnType]string{
	Text: "text", Integer: "integer", Decimal: "numeric", Boolean: "boolean", Timestamp: "timestamp with time zone",
	JSON: "jsonb", Float: "double precision",
}

func (s *Store) tableColumns(ctx context.Context, d *Definition) (map[string]string, error) {
	rows, err := s.db.Query(ctx, `
		SELECT a.attname, format_type(a.atttypid, NULL) FROM pg_attribute AS a
		WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped`, d.table())
	if err != nil {
		return nil, err
	}
	columns := map[string]string{}
	var name, typ string
	_, err = pgx.ForEachRow(rows, []any{&name, &typ}, func() error {
		columns[name] = typ
		return nil
	})
	return columns, err
}

func (s *Store) tableIndexes(ctx context.Context, d *Definition) ([]index, error) {
	rows, err := s.db.Query(ctx, `
		SELECT c.relname, i.indisunique, COALESCE(pg_get_expr(i.indpred, i.indrelid), ''),
			ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, false) FROM generate_series(1, i.indnkeyatts) AS k)
		FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
		WHERE i.indrelid = to_regclass($1) AND i.indisvalid ORDER BY c.relname`, d.table())
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (index, error) {
		var i index
		err := row.Scan(&i.name, &i.unique, &i.partial, &i.columns)
		return i, err
	})
}

// offenders lists records with more live links than a unique index would allow. Relies on a scan: it runs before the index
// is there.
func (s *Store) offenders(ctx context.Context, d *Definition, column string) ([]string, error) {
	rows, err := s.db.Query(ctx, fmt.Sprintf(`
		SELECT t.%[1]s || ' has ' || count(*) || ' links' FROM %[2]s AS t WHERE t.deleted_at IS NULL
		GROUP BY t.%[1]s HAVING count(*) > 1 ORDER BY t.%[1]s LIMIT 20`, quote(column), d.table()))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// planOrphans finds tables that an earlier sync made for links that are not declared any more.
func (s *Store) planOrphans(ctx context.Context) ([]Action, error) {
	var exists bool
	rows, err := s.db.Query(ctx, `SELECT to_regclass($1) IS NOT NULL`, s.own("link_table"))
	if err != nil {
		return nil, err
	}
	if exists, err = pgx.CollectExactlyOneRow(rows, pgx.RowTo[bool]); err != nil || !exists {
		return nil, err
	}
	if rows, err = s.db.Query(ctx, `SELECT link, schema_name, table_name FROM `+s.own("link_table")+` ORDER BY link`); err != nil {
		return nil, err
	}
	var actions []Action
	var link, schema, table string
	_, err = pgx.ForEachRow(rows, []any{&link, &schema, &table}, func() error {
		if d := s.catalog.byLink[link]; d != nil && d.Table == table && d.Schema == schema {
			return nil
		}
		actions = append(actions, Action{
			Kind: Destructive, Link: link, Table: table, Reason: "the link is not declared any more",
			SQL: []string{
				"DROP TABLE IF EXISTS " + tableName(schema, table),
				fmt.Sprintf("DELETE FROM %s WHERE link = '%s'", s.own("link_table"), strings.ReplaceAll(link, "'", "''")),
			},
		})
		return nil
	})
	return actions, err
}

// OffendersError says that rows stand in the way of a changed cardinality.
type OffendersError struct {
	Link      string
	Offenders []string
}

func (e *OffendersError) Error() string {
	return fmt.Sprintf("%s: records have more links than the definition allows: %s", e.Link, strings.Join(e.Offenders, "; "))
}

// Unwrap gives ErrConflict.
func (e *OffendersError) Unwrap() error { return ErrConflict }

// Sync makes the database hold what the definitions say and returns what it did: all of it in one transaction, one sync at a
// time. In Safe mode it leaves out what loses data. A statement that fails fails the sync, with its SQL.
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
