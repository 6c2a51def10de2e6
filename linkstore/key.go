package linkstore

import (
	"fmt"
	"strings"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// KeyColumn is a column of a primary key.
type KeyColumn struct {
	Name string
	// Type is the SQL type: text, varchar, smallint, integer, bigint or uuid. "" is text.
	Type string
}

// keyColumns returns the table columns, by their names, that hold a key. If columnType is "text", the columns store
// the key as text, whatever its own types are.
func keyColumns(key []KeyColumn, names []string, columnType string) rowkey.Columns {
	k := make(rowkey.Columns, len(key))
	for i, c := range key {
		k[i] = rowkey.Column{Name: names[i], Type: c.Type, Text: columnType == "text"}
	}
	return k
}

// columnDDL returns the type of a key column in CREATE TABLE.
func columnDDL(c rowkey.Column) string {
	if c.SQLType() == "text" {
		return "varchar(255)"
	}
	return c.Type
}

// JoinKey returns the id of the record with these values of its key columns, each in the text form of Postgres. The
// id for a key of one column is that value. The values of several columns are joined by ":"; inside of a value % is
// written %25 and : is written %3A.
func (m *Model) JoinKey(parts ...string) string { return m.key.Join(parts) }

// SplitKey returns the values of an id's key columns: integers without leading zeros, uuids in lower case with
// hyphens. JoinKey makes the canonical id of them. The error for an invalid id is an *InvalidError.
func (m *Model) SplitKey(id string) ([]string, error) { return splitID(m.key, m.keyName(), id) }

// keyName returns the name of the key in error messages.
func (m *Model) keyName() string {
	if m.Key == "" {
		return m.key.Form()
	}
	return m.Key
}

// amongFew returns the condition that a key is one of those in the parameters from $first on. The number of keys is
// hidden from the planner, so that one plan serves all lengths.
func amongFew(key rowkey.Columns, alias string, first int) string {
	r := key.On(alias)
	return r.Among(r.Arrays(first, 0))
}

// amongMany returns the condition that a key is one of n, in the parameters from $1 on. If n is large, the planner
// sees it.
func amongMany(key rowkey.Columns, alias string, n int) string {
	if n < rowkey.Many {
		return amongFew(key, alias, 1)
	}
	r := key.On(alias)
	return r.AmongRows(r.Arrays(1, n))
}

// amongMany returns the condition that a record is one of n. A key of one column is unique, so the planner can tell
// the number of rows without looking up each id.
func (m *Model) amongMany(alias string, n int) string {
	if len(m.key) == 1 && n >= rowkey.Many {
		return fmt.Sprintf("%s = ANY(%s)", m.key.On(alias).List(), m.key.On(alias).Arrays(1, n))
	}
	return amongMany(m.key, alias, n)
}

// checkID returns an error for an id that no record can have. field is the name of the id in the error.
func checkID(field, id string) error {
	if reason := rowkey.Check(id); reason != "" {
		return &InvalidError{Field: field, Reason: "an id " + reason}
	}
	return nil
}

// canonicalID checks an id from outside and returns it in canonical form.
func canonicalID(key rowkey.Columns, field, id string) (string, error) {
	if key.IsPlain() {
		return id, checkID(field, id)
	}
	parts, err := splitID(key, field, id)
	if err != nil {
		return "", err
	}
	return rowkey.Join(parts), nil
}

// canonicalIDs checks many ids from outside and returns them in canonical form.
func canonicalIDs(key rowkey.Columns, field string, ids []string) ([]string, error) {
	all := make([]string, len(ids))
	for i, id := range ids {
		var err error
		if all[i], err = canonicalID(key, field, id); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// splitID checks an id from outside and returns the values of its key columns.
func splitID(key rowkey.Columns, field, id string) ([]string, error) {
	if err := checkID(field, id); err != nil {
		return nil, err
	}
	invalid := func(format string, args ...any) error {
		return &InvalidError{Field: field, Reason: fmt.Sprintf(format, args...)}
	}
	if len(key) == 1 {
		part, reason := canonicalPart(key[0].Type, id)
		if reason != "" {
			return nil, invalid("%s", reason)
		}
		return []string{part}, nil
	}
	parts := strings.Split(id, ":")
	if len(parts) != len(key) {
		return nil, invalid("must have %d parts, in the form %s", len(key), key.Form())
	}
	for i, c := range key {
		part, ok := rowkey.Unescape(parts[i])
		if !ok {
			return nil, invalid("%s: %% is written %%25 and : is written %%3A, in the form %s", c.Name, key.Form())
		}
		var reason string
		if parts[i], reason = canonicalPart(c.Type, part); reason != "" {
			return nil, invalid("%s %s, in the form %s", c.Name, reason, key.Form())
		}
	}
	return parts, checkID(field, rowkey.Join(parts))
}

// canonicalPart returns the value of a key column in the form of Postgres, or the reason why the type has no such
// value.
func canonicalPart(sqlType, value string) (canonical, reason string) {
	canonical, ok := rowkey.Canonical(sqlType, value)
	switch {
	case ok:
		return canonical, ""
	case sqlType == "uuid":
		return "", "must be a uuid, as 123e4567-e89b-12d3-a456-426614174000 is"
	}
	return "", fmt.Sprintf("must be a whole number of %d bits, as 42 is", rowkey.IntegerBits(sqlType))
}
