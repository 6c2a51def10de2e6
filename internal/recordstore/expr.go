package recordstore

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// Expr is a condition on the records of a model. Every condition compiles to one SQL expression, so sets of ids
// never pass through Go.
type Expr interface {
	compile(b *builder, m *Model, alias string)
}

// And holds if all its conditions hold. An empty And always holds.
type And []Expr

// Or holds if any of its conditions holds. An empty Or never holds.
type Or []Expr

// Not holds if its condition does not hold, also if that is unknown because a column is NULL.
type Not struct{ Expr Expr }

// Op is a comparison operator.
type Op string

// The operators. A NULL column matches none of them but IsNull.
const (
	Eq     Op = "eq"
	Ne     Op = "ne"
	In     Op = "in"    // Value is []any
	NotIn  Op = "notIn" // Value is []any
	Gt     Op = "gt"
	Gte    Op = "gte"
	Lt     Op = "lt"
	Lte    Op = "lte"
	Like   Op = "like"  // % and _ are wildcards, \ escapes them
	ILike  Op = "ilike" // Like without regard to case
	IsNull Op = "isNull"
)

// Compare compares a column with a value that Normalize has returned.
type Compare struct {
	Column int
	Op     Op
	Value  any
}

// Quantifier says how many related records must match a condition.
type Quantifier string

// The quantifiers. A to-one relation allows Some and None.
const (
	Some  Quantifier = "some"
	None  Quantifier = "none"
	Every Quantifier = "every"
)

// Related holds if some, none or every of a relation's records match Where. nil matches all. Deleted records and
// links never count.
type Related struct {
	Relation   *Relation
	Quantifier Quantifier
	Where      Expr
}

// OnRow is a condition on the join table's row that leads to a record, instead of on the record.
type OnRow struct{ Expr Expr }

// builder builds one statement.
type builder struct {
	strings.Builder
	catalog *Catalog
	args    []any
	names   int
	keys    map[string]map[int]string // by alias: the expressions that replace the primary key's columns
	rows    map[string]rowOf          // by alias: the join table's row that leads to it

	whole   bool // the statement reads the whole set, to count it, not a page
	scoping bool // a scope is being compiled

	pulledUp int // relations that Postgres may turn into joins, in the current subselect
}

type rowOf struct {
	model *Model
	alias string
}

func newBuilder(c *Catalog) *builder {
	return &builder{catalog: c, keys: map[string]map[int]string{}, rows: map[string]rowOf{}}
}

func (b *builder) arg(v any) string {
	b.args = append(b.args, v)
	return "$" + strconv.Itoa(len(b.args))
}

// alias returns a table alias that the statement does not use yet.
func (b *builder) alias(prefix string) string {
	b.names++
	return prefix + strconv.Itoa(b.names)
}

func (b *builder) printf(format string, args ...any) { fmt.Fprintf(b, format, args...) }

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

func tableName(schema, table string) string {
	if schema == "" {
		return quote(table)
	}
	return pgx.Identifier{schema, table}.Sanitize()
}

func (m *Model) table() string { return tableName(m.Schema, m.Table) }

// from returns the table to read, or its replacement in a database that lacks it.
func (m *Model) from() string {
	if m.stand != "" {
		return m.stand
	}
	return m.table()
}

// live returns the condition that a row of the model is not deleted, with a leading AND.
func (m *Model) live(alias string) string {
	if !m.SoftDelete {
		return ""
	}
	return " AND " + alias + ".deleted_at IS NULL"
}

func (t *Through) from() string {
	if t.stand != "" {
		return t.stand
	}
	return tableName(t.Schema, t.Table)
}

func (t *Through) live(alias string) string {
	if !t.SoftDelete {
		return ""
	}
	return " AND " + alias + ".deleted_at IS NULL"
}

func (e And) compile(b *builder, m *Model, alias string) { join(b, m, alias, e, " AND ", "TRUE") }

func (e Or) compile(b *builder, m *Model, alias string) { join(b, m, alias, e, " OR ", "FALSE") }

func join(b *builder, m *Model, alias string, exprs []Expr, word, empty string) {
	if len(exprs) == 0 {
		b.WriteString(empty)
		return
	}
	if len(exprs) == 1 {
		exprs[0].compile(b, m, alias)
		return
	}
	b.WriteByte('(')
	for i, e := range exprs {
		if i > 0 {
			b.WriteString(word)
		}
		e.compile(b, m, alias)
	}
	b.WriteByte(')')
}

func (e Not) compile(b *builder, m *Model, alias string) {
	b.WriteByte('(')
	e.Expr.compile(b, m, alias)
	b.WriteString(") IS NOT TRUE")
}

var operators = map[Op]string{Eq: "=", Ne: "<>", Gt: ">", Gte: ">=", Lt: "<", Lte: "<=", Like: "LIKE", ILike: "ILIKE"}

func (e Compare) compile(b *builder, m *Model, alias string) {
	col := &m.Columns[e.Column]
	if col.parts != nil {
		e.compileKey(b, m, alias)
		return
	}
	name := b.column(m, alias, e.Column)
	switch e.Op {
	case IsNull:
		if e.Value == true {
			b.printf("%s IS NULL", name)
		} else {
			b.printf("%s IS NOT NULL", name)
		}
	case In:
		b.printf("%s = ANY(%s)", name, b.list(col, e.Value))
	case NotIn:
		b.printf("%s <> ALL(%s)", name, b.list(col, e.Value))
	default:
		b.printf("%s %s %s", name, operators[e.Op], b.value(col, textOf(e.Value)))
	}
}

// compileKey compares a composite key column by column with the parts of the value, so that an index on the columns
// can be used.
func (e Compare) compileKey(b *builder, m *Model, alias string) {
	col := &m.Columns[e.Column]
	r := b.ref(m, alias, col.parts)
	switch e.Op {
	case IsNull: // no part of a key is null
		b.WriteString(map[bool]string{true: "FALSE", false: "TRUE"}[e.Value == true])
	case In:
		b.WriteString(b.among(r, textsOf(e.Value)))
	case NotIn:
		b.WriteString("NOT " + b.among(r, textsOf(e.Value)))
	default:
		values := make([]string, len(r))
		for i, part := range rowkey.Split(textOf(e.Value), len(values)) {
			values[i] = b.value(&m.Columns[col.parts[i]], part)
		}
		b.printf("(%s) %s (%s)", r.List(), operators[e.Op], strings.Join(values, ", "))
	}
}

// value adds an argument as text and casts it to the column's type.
func (b *builder) value(col *Column, text any) string { return b.arg(text) + "::" + col.sqlType() }

func (b *builder) list(col *Column, v any) string {
	list := b.arg(textsOf(v)) + "::text[]"
	if t := col.sqlType(); t != "text" {
		list += "::" + t + "[]"
	}
	return list
}

func textsOf(v any) []string {
	values, _ := v.([]any)
	texts := make([]string, len(values))
	for i := range values {
		texts[i] = textOf(values[i])
	}
	return texts
}

func (c *Column) sqlType() string {
	if c.SQLType != "" {
		return c.SQLType
	}
	return [...]string{"text", "integer", "double precision", "numeric", "boolean", "timestamptz", "jsonb", "text"}[c.Type]
}

// textOf returns a normalized value as text that Postgres parses to the same value.
func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	case time.Time:
		return v.Format(time.RFC3339Nano)
	case json.RawMessage:
		return string(v)
	default:
		return fmt.Sprint(v)
	}
}

// maxPulledUp is how many relations of a statement Postgres may turn into joins. Planning time grows faster than
// their number: one second at ten relations with their scopes, minutes at twenty. Postgres cannot be interrupted
// meanwhile.
const maxPulledUp = 10

func (e Related) compile(b *builder, m *Model, alias string) {
	// A set such as the records of a page is small compared to the related records, so look up each record.
	// Otherwise Postgres would join: it estimates how many records a viewer sees by an average, and reads all of a
	// record's many relations for one page.
	probe := b.scoping && !b.whole && e.Quantifier == Some
	if probe || b.pulledUp >= maxPulledUp {
		outer := b.pulledUp
		b.pulledUp = 0 // Postgres plans a lookup on its own
		b.WriteString("(SELECT TRUE FROM")
		e.compileRows(b, m, alias, true)
		b.WriteString(" LIMIT 1)")
		if e.Quantifier != Some {
			b.WriteString(" IS NULL")
		}
		b.pulledUp = outer
		return
	}
	b.pulledUp++
	if e.Quantifier != Some {
		b.WriteString("NOT ")
	}
	b.WriteString("EXISTS (SELECT 1 FROM")
	e.compileRows(b, m, alias, false)
	b.WriteByte(')')
}

// compileRows writes what follows FROM: the related records that decide whether the condition holds.
func (e Related) compileRows(b *builder, m *Model, alias string, lookedUp bool) {
	target := b.catalog.Target(e.Relation)
	src := b.source(m, e.Relation, target, !onlyKey(target, e.Where))
	b.printf(" %s WHERE %s%s", src.from, src.near.Equals(b.ref(m, alias, m.Indexes(e.Relation.Columns))), src.live)
	switch {
	case e.Where != nil && e.Quantifier == Every:
		// Every record matches if none fails.
		b.WriteString(" AND (")
		e.Where.compile(b, target, src.target)
		b.WriteString(") IS NOT TRUE")
	case e.Where != nil:
		b.WriteString(" AND ")
		e.Where.compile(b, target, src.target)
	case e.Quantifier == Every:
		b.WriteString(" AND FALSE") // without a condition, every record matches
	}
	if t := e.Relation.Through; lookedUp && t != nil && t.Row == "" {
		// Any one row decides, and many may match. Without the order of the near key's index Postgres may read all
		// of a join table.
		b.printf(" ORDER BY %s", t.ordered(src.row))
	}
}

func (e OnRow) compile(b *builder, _ *Model, alias string) {
	row := b.rows[alias]
	e.Expr.compile(b, row.model, row.alias)
}

// source is the FROM clause that reaches the far records of a relation.
type source struct {
	from        string
	near        rowkey.Ref // columns to compare with the near record
	live        string     // conditions that a row is visible, with a leading AND
	target, row string     // aliases of the far record and of the join table's row
	// lookUp is the same FROM clause, but it forces Postgres to look up the far record by its key for each row of
	// the join table. It is "" if the far table is not joined.
	lookUp string
}

// ordered returns the columns by which the index of a join table inside a module orders the rows of a near record.
func (t *Through) ordered(alias string) string {
	if t.IDPrefix != "" {
		return alias + ".id"
	}
	return quoted(alias+".", t.TargetColumns)
}

// source returns the FROM clause of a relation. It joins the far table only if withTarget says that more than the
// far record's key is used: a live link has live ends, so its own row is enough. Join tables inside a module and
// tables that another program writes to give no such guarantee, so the far table is always joined there.
func (b *builder) source(near *Model, r *Relation, target *Model, withTarget bool) source {
	return b.sourceOf(near, r, target, withTarget, ExcludeDeleted)
}

// sourceOf is source for lists that may include deleted records.
func (b *builder) sourceOf(near *Model, r *Relation, target *Model, withTarget bool, deleted Deleted) source {
	s := source{target: b.alias("t")}
	var deletable []string // aliases of what may be deleted
	if r.Through == nil {
		s.from = target.from() + " AS " + s.target
		s.near = b.ref(target, s.target, target.Indexes(r.TargetColumns))
		if target.SoftDelete {
			deletable = append(deletable, s.target)
		}
		s.live = deleted.condition(deletable...) + b.seen(target, b.scopeFrom(near, r, target), s.target)
		return s
	}
	t := r.Through
	s.row = b.alias("l")
	b.rows[s.target] = rowOf{b.catalog.Row(r), s.row}
	s.near = throughRef(s.row, t.Columns, near, near.Indexes(r.Columns), t.Text)
	s.from = t.from() + " AS " + s.row
	if t.SoftDelete {
		deletable = append(deletable, s.row)
	}
	columns := target.Indexes(r.TargetColumns)
	far := throughRef(s.row, t.TargetColumns, target, columns, t.TargetText)
	if target.IsKey(r.TargetColumns) {
		// The join table's columns equal the key, and have the index that orders by it.
		b.keys[s.target] = castTo(target, columns, far)
	} else {
		withTarget = true
	}
	scope := b.scopeFrom(near, r, target)
	if withTarget || t.Row == "" || t.Shared || deleted != ExcludeDeleted || !onlyKey(target, scope) {
		s.lookUp = s.from + " CROSS JOIN LATERAL (SELECT * FROM " + target.from() + " AS f WHERE " + tableRef(
			"f.",
			target,
			columns,
		).Equals(far) +
			" OFFSET 0) AS " + s.target
		s.from += " JOIN " + target.from() + " AS " + s.target + " ON " + tableRef(
			s.target+".",
			target,
			columns,
		).Equals(far)
		if target.SoftDelete {
			deletable = append(deletable, s.target)
		}
	}
	s.live = deleted.condition(deletable...) + b.seen(target, scope, s.target)
	return s
}

// column returns the expression for a column of a table in FROM.
func (b *builder) column(m *Model, alias string, i int) string {
	if key, ok := b.keys[alias][i]; ok {
		return key
	}
	return alias + "." + quote(m.Columns[i].Name)
}

// onlyKey reports whether the primary key alone decides a condition on the model.
func onlyKey(m *Model, e Expr) bool {
	switch e := e.(type) {
	case nil, Viewer:
		return true
	case And:
		return allKeys(m, e)
	case Or:
		return allKeys(m, e)
	case Not:
		return onlyKey(m, e.Expr)
	case Compare:
		return m.onlyOf(e.Column)
	case OnRow:
		return true
	case Related:
		return m.onlyOf(m.Indexes(e.Relation.Columns)...)
	default:
		return false
	}
}

func allKeys(m *Model, exprs []Expr) bool {
	for _, e := range exprs {
		if !onlyKey(m, e) {
			return false
		}
	}
	return true
}
