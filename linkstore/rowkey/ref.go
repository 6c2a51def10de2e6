package rowkey

import (
	"strconv"
	"strings"
)

// Expr is an expression of a statement for one column of a key.
type Expr struct {
	SQL  string
	Type string // the SQL type of the expression
}

// Ref is how a statement refers to a key: an expression for each column.
type Ref []Expr

// each writes a piece for every column.
func (r Ref) each(separator string, piece func(i int, e Expr) string) string {
	parts := make([]string, len(r))
	for i, e := range r {
		parts[i] = piece(i, e)
	}
	return strings.Join(parts, separator)
}

// List returns the expressions, separated by commas.
func (r Ref) List() string { return r.each(", ", func(_ int, e Expr) string { return e.SQL }) }

// Texts returns a select list that a [Row] takes. All expressions are cast to text, because the type of one that is
// declared to be text may be another one of characters in the database, or an enum.
func (r Ref) Texts() string {
	return r.each(", ", func(_ int, e Expr) string { return e.SQL + "::text" })
}

// TypedTexts is Texts for columns whose types are certain: what is text already is not cast.
func (r Ref) TypedTexts() string {
	return r.each(", ", func(_ int, e Expr) string {
		if e.Type == "text" {
			return e.SQL
		}
		return e.SQL + "::text"
	})
}

// Order returns an ORDER BY list by the bytes of the texts. All writers lock rows in this order, so it must not depend
// on the language of the database; comparing bytes also costs less than the rules of a language.
func (r Ref) Order() string {
	return r.each(", ", func(_ int, e Expr) string { return e.SQL + `::text COLLATE "C"` })
}

// NotNull returns the condition that no column is null.
func (r Ref) NotNull() string {
	return r.each(" AND ", func(_ int, e Expr) string { return e.SQL + " IS NOT NULL" })
}

// Equals compares two keys. Where the types differ the other side is cast: an index of r's columns can be used, one of
// the other's cannot.
func (r Ref) Equals(other Ref) string {
	return r.each(" AND ", func(i int, e Expr) string {
		o := other[i]
		if e.Type != o.Type && (!IsText(e.Type) || !IsText(o.Type)) {
			o.SQL += "::" + e.Type
		}
		return e.SQL + " = " + o.SQL
	})
}

// Named refers to as many columns of the same types that a statement names itself: alias.name if it is one, or
// alias.name1, alias.name2 and so on. Without an alias they are the names alone.
func (r Ref) Named(alias, name string) Ref {
	if alias != "" {
		alias += "."
	}
	named := make(Ref, len(r))
	for i, e := range r {
		named[i] = Expr{alias + name, e.Type}
		if len(r) > 1 {
			named[i].SQL += strconv.Itoa(i + 1)
		}
	}
	return named
}

// Among compares r with a list of keys, which Arrays returns. Postgres plans it for a list of unknown length.
func (r Ref) Among(arrays string) string {
	if len(r) == 1 {
		return r.List() + " = ANY(ARRAY(SELECT unnest(" + arrays + ")))"
	}
	return r.AmongRows(arrays)
}

// AmongRows is Among as a join, which Postgres plans for the length of the list if it sees it.
func (r Ref) AmongRows(arrays string) string {
	return "(" + r.List() + ") IN (SELECT * FROM unnest(" + arrays + "))"
}
