package linkstore

import (
	"fmt"
	"slices"
	"strings"
)

// index describes an index of a link table.
type index struct {
	name    string
	unique  bool
	columns []string
	partial string
}

// livePredicate is the predicate of an index on live links, in the form that Postgres prints.
const livePredicate = "(deleted_at IS NULL)"

// indexes returns the indexes that the link's statements rely on. The unique ones enforce how many links a record
// may have.
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

// ownPrefix marks the indexes that a sync created.
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

// createTable returns the statements that create the link table and its indexes.
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
