package rowkey

import (
	"strings"

	"github.com/jackc/pgx/v5"
)

// Column is a column of a table that holds a key, or a part of one.
type Column struct {
	Name string
	Type string // the SQL type of the key, one of Types
	Text bool   // the column is of type text, whatever Type is
}

// SQLType returns the type of the column: text for all texts.
func (c Column) SQLType() string {
	if c.Text || IsText(c.Type) {
		return "text"
	}
	return c.Type
}

// Columns are the columns of a table that hold a key: the primary key of a row, or the key of a row of another table.
type Columns []Column

// Names returns the names of the columns.
func (k Columns) Names() []string {
	names := make([]string, len(k))
	for i, c := range k {
		names[i] = c.Name
	}
	return names
}

// Form returns what a key looks like, as "aisle:number".
func (k Columns) Form() string { return strings.Join(k.Names(), ":") }

// IsPlain reports whether the key is a single text, of which any will do.
func (k Columns) IsPlain() bool { return len(k) == 1 && IsText(k[0].Type) }

// Join returns the key that has these values of the columns.
func (k Columns) Join(parts []string) string {
	if len(k) > 1 && len(parts) == 1 {
		return escaper.Replace(parts[0]) // too few parts must not pass for all of them
	}
	return Join(parts)
}

// Fits reports whether a stored key is one of these columns: it may be from a time when the table had another key.
func (k Columns) Fits(key string) bool {
	if len(k) > 1 && strings.Count(key, ":") != len(k)-1 {
		return false
	}
	for i, part := range Split(key, len(k)) {
		if _, ok := Canonical(k[i].Type, part); !ok {
			return false
		}
	}
	return true
}

// On refers to the columns of a table by its alias, or by the names alone if the alias is "".
func (k Columns) On(alias string) Ref {
	if alias != "" {
		alias += "."
	}
	r := make(Ref, len(k))
	for i, c := range k {
		r[i] = Expr{alias + pgx.Identifier{c.Name}.Sanitize(), c.SQLType()}
	}
	return r
}

// Named refers to columns that a statement names itself: alias.name, or alias.name1, alias.name2 and so on.
func (k Columns) Named(alias, name string) Ref { return k.On("").Named(alias, name) }

// Arrays returns parameters that hold keys of these columns, as [Ref.Arrays] does.
func (k Columns) Arrays(first, n int) string { return k.On("").Arrays(first, n) }

// KeyOf returns an expression for the key of a row of the alias, as Join writes it.
func (k Columns) KeyOf(alias string) string {
	parts := make([]string, len(k))
	for i, e := range k.On(alias) {
		parts[i] = e.SQL + "::text"
		if len(k) > 1 && IsText(k[i].Type) {
			parts[i] = "replace(replace(" + parts[i] + ", '%', '%25'), ':', '%3A')"
		}
	}
	return strings.Join(parts, " || ':' || ")
}

// Row is where the key of a row is scanned to. It serves one row after the other.
type Row []string

// Row returns a place for a key.
func (k Columns) Row() Row { return make(Row, len(k)) }

// Dests returns the arguments of Scan, one a column.
func (r Row) Dests() []any {
	dests := make([]any, len(r))
	for i := range r {
		dests[i] = &r[i]
	}
	return dests
}

// Key returns the key that was scanned last.
func (r Row) Key() string { return Join(r) }

// Collect reads rows that are keys alone, and closes them.
func (k Columns) Collect(rows pgx.Rows) ([]string, error) {
	row := k.Row()
	dests := row.Dests()
	return pgx.CollectRows(rows, func(one pgx.CollectableRow) (string, error) {
		err := one.Scan(dests...)
		return row.Key(), err
	})
}
