package linkstore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// ActionKind is what a sync does with a link table.
type ActionKind string

// The kinds of actions.
const (
	CreateTable ActionKind = "create"
	UpdateTable ActionKind = "update"
	Noop        ActionKind = "noop"
	Destructive ActionKind = "destructive" // loses data
	// Blocked is a step that a sync leaves out, because it would change a table that another program made, because the rows of
	// such a table do not allow it, or because another program has not created the tables of the records yet. Offenders says why.
	Blocked ActionKind = "blocked"
)

// Action is one step of a Plan.
type Action struct {
	Kind        ActionKind
	Link, Table string
	Reason      string
	SQL         []string
	// Offenders say what stands in the way of the step, such as records with more links than the definition allows.
	Offenders []string
}

// Plan says what a sync would do.
type Plan struct{ Actions []Action }

// String returns the plan as text: one line for each action, with its SQL below it.
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
	Safe SyncMode = iota // leaves out the steps that lose data
	All                  // runs every step
)

// index is an index as the database describes it.
type index struct {
	name    string
	unique  bool
	columns []string
	partial string
}

// livePredicate is the predicate of indexes on live links, as Postgres prints it.
const livePredicate = "(deleted_at IS NULL)"

// indexes returns the indexes that the statements of a link rely on. The unique ones enforce how many links a record may have.
func (d *Definition) indexes() []index {
	left, right := d.leftKey.Names(), d.rightKey.Names()
	all := []index{
		{name: d.indexName("left"), columns: slices.Concat(left, right), partial: livePredicate},
		{name: d.indexName("right"), columns: slices.Concat(right, left), partial: livePredicate},
		{name: d.indexName("id"), columns: []string{"id"}},
	}
	if !d.Right.IsList {
		all = append(all, index{name: d.indexName("one_right"), unique: true, columns: left, partial: livePredicate})
	}
	if !d.Left.IsList {
		all = append(all, index{name: d.indexName("one_left"), unique: true, columns: right, partial: livePredicate})
	}
	return all
}

const ownPrefix = "linkgraph_"

func (d *Definition) indexName(part string) string { return shorten(ownPrefix + d.Table + "_" + part) }

func (i index) same(o index) bool {
	return i.unique == o.unique && i.partial == o.partial &&
		strings.Join(i.columns, ",") == strings.Join(o.columns, ",")
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
	return fmt.Sprintf(
		"CREATE %sINDEX %s ON %s (%s)%s",
		unique,
		quote(i.name),
		d.table(),
		strings.Join(columns, ", "),
		where,
	)
}

func (c *Column) ddl() string {
	sql := quote(c.Name) + " " + c.Type.sql()
	if c.NotNull {
		sql += " NOT NULL"
	}
	if c.Default != "" || c.EmptyDefault {
		sql += " DEFAULT '" + strings.ReplaceAll(c.Default, "'", "''") + "'"
	}
	return sql
}

func (d *Definition) createTable() []string {
	var lines []string
	for _, c := range slices.Concat(d.leftKey, d.rightKey) {
		lines = append(lines, quote(c.Name)+" "+columnDDL(c)+" NOT NULL")
	}
	lines = append(lines, "id varchar(255) NOT NULL")
	for i := range d.Columns {
		lines = append(lines, d.Columns[i].ddl())
	}
	lines = append(lines,
		"created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP",
		"updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP",
		"deleted_at timestamptz",
		"PRIMARY KEY ("+d.keys("")+")")
	statements := []string{fmt.Sprintf("CREATE TABLE %s (%s)", d.table(), strings.Join(lines, ", "))}
	for _, i := range d.indexes() {
		statements = append(statements, d.createIndex(i))
	}
	return statements
}

// Plan compares the definitions with the database and returns what a sync would do. It changes nothing: it works in a
// read-only transaction, and before the store's own tables exist.
func (s *Store) Plan(ctx context.Context) (Plan, error) {
	var plan Plan
	made, err := s.madeTables(ctx)
	if err != nil {
		return plan, fmt.Errorf("plan: %w", err)
	}
	for _, d := range s.catalog.links {
		if d.ReadOnly != "" {
			continue
		}
		ours := slices.ContainsFunc(made, func(t madeTable) bool { return t.Schema == d.Schema && t.Table == d.Table })
		actions, err := s.planLink(ctx, d, ours)
		if err != nil {
			return plan, fmt.Errorf("plan %s: %w", d.Name, err)
		}
		plan.Actions = append(plan.Actions, actions...)
	}
	plan.Actions = append(plan.Actions, s.planOrphans(made)...)
	return plan, nil
}

// planLink plans one link. ours means that this store made the table. On other tables it only adds indexes, and drops
// indexes that it added before.
func (s *Store) planLink(ctx context.Context, d *Definition, ours bool) ([]Action, error) {
	columns, err := s.tableColumns(ctx, d)
	if err != nil {
		return nil, err
	}
	if len(columns) == 0 {
		missing, program, err := s.waitsFor(ctx, d)
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

// createSchema returns the statement that creates the schema of a link table, if the schema does not exist.
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
	// IF NOT EXISTS: another link of the same sync may create it first.
	return []string{"CREATE SCHEMA IF NOT EXISTS " + quote(d.Schema)}, nil
}

// checkTable refuses a table that cannot hold this link. A sync could not change it into one that can.
func (d *Definition) checkTable(columns map[string]string) error {
	for _, name := range slices.Concat(d.leftKey.Names(), d.rightKey.Names(), []string{"id", "created_at", "updated_at", "deleted_at"}) {
		if columns[name] == "" {
			return fmt.Errorf(
				"%w: table %s exists and is no table of this link: it has no column %s",
				ErrInvalid,
				d.Table,
				name,
			)
		}
	}
	for _, side := range []struct {
		end *End
		key rowkey.Columns
	}{{&d.Left, d.leftKey}, {&d.Right, d.rightKey}} {
		for _, c := range side.key {
			have := columns[c.Name]
			if holdsKey(c, have) {
				continue
			}
			advice := ""
			if c.SQLType() != "text" && characterTypes[have] {
				advice = fmt.Sprintf(`: set columnType: "text" at the end %s of this link`, side.end.Key)
			}
			return fmt.Errorf(
				"%w: column %s of table %s is %s, and the key it should hold is %s%s",
				ErrInvalid,
				c.Name,
				d.Table,
				have,
				c.SQLType(),
				advice,
			)
		}
	}
	return nil
}

// characterTypes are the names that Postgres has for the types of text columns.
var characterTypes = map[string]bool{"text": true, "character varying": true, "character": true}

// holdsKey reports whether a column of the type have, as Postgres names it, can hold the key of c.
func holdsKey(c rowkey.Column, have string) bool {
	if c.SQLType() == "text" {
		return characterTypes[have]
	}
	bits := rowkey.IntegerBits(c.Type)
	return have == c.Type || rowkey.IntegerBits(have) > bits && bits > 0
}

// linkPlan is the plan of one link while it is made.
type linkPlan struct {
	def     *Definition
	ours    bool
	update  Action
	reasons []string
	others  []Action // steps of their own: they may be left out when the update runs
}

// columns plans the extra columns.
func (p *linkPlan) columns(have map[string]string) error {
	d := p.def
	for i := range d.Columns {
		c := &d.Columns[i]
		switch have := have[c.Name]; {
		case have == "" && !p.ours:
			return fmt.Errorf(
				"%w: table %s has no column %s, and is not this program's to change: add it where the table was made",
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

// catalogName is the name of each type in Postgres.
var catalogName = map[ColumnType]string{
	Text: "text", Integer: "integer", Decimal: "numeric", Boolean: "boolean", Timestamp: "timestamp with time zone",
	JSON: "jsonb", Float: "double precision",
}

// holds reports whether a column can hold the values of the extra column. have is the name of the column's type in Postgres.
// Another program may have chosen a narrower or a wider type.
func (c *Column) holds(have string) bool {
	switch c.Type {
	case Text:
		return characterTypes[have]
	case Integer:
		return rowkey.IntegerBits(have) >= 32
	}
	return have == catalogName[c.Type]
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
			ARRAY(
				SELECT COALESCE(a.attname, pg_get_indexdef(i.indexrelid, k, false)) FROM generate_series(1, i.indnkeyatts) AS k
				LEFT JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k - 1] ORDER BY k
			)
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
func (s *Store) offenders(ctx context.Context, d *Definition, key rowkey.Columns) ([]string, error) {
	rows, err := s.db.Query(ctx, fmt.Sprintf(`
		SELECT %[1]s, count(*) FROM %[2]s AS t WHERE t.deleted_at IS NULL
		GROUP BY %[3]s HAVING count(*) > 1 ORDER BY %[3]s LIMIT 20`, key.On("t").TypedTexts(), d.table(), key.On("t").List()))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		one := key.Row()
		var n int
		err := row.Scan(append(one.Dests(), &n)...)
		return fmt.Sprintf("%s has %d links", one.Key(), n), err
	})
}

// madeTable is a link table that a sync created.
type madeTable struct{ Link, Schema, Table string }

// madeTables lists the link tables that syncs created. Before the first sync there are none.
func (s *Store) madeTables(ctx context.Context) ([]madeTable, error) {
	rows, err := s.db.Query(ctx, `SELECT to_regclass($1) IS NOT NULL`, s.own("link_table"))
	if err != nil {
		return nil, err
	}
	if exists, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[bool]); err != nil || !exists {
		return nil, err
	}
	if rows, err = s.db.Query(
		ctx,
		`SELECT link, schema_name, table_name FROM `+s.own("link_table")+` ORDER BY link`,
	); err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[madeTable])
}

// planOrphans finds tables that an earlier sync created and that no link uses any more.
func (s *Store) planOrphans(made []madeTable) []Action {
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

// OffendersError reports that existing links do not fit the new cardinality of their definition.
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

// Sync changes the link tables to match the definitions. It returns the steps that it ran and those that are Blocked. All
// steps run in one transaction, and only one sync runs at a time. Safe mode leaves out the steps that lose data. If a
// statement fails, the sync fails, and the error has its SQL. Tables that another program made are used as they are: a sync
// adds indexes to them, all named linkgraph_*, and changes nothing else.
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
