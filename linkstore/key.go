package linkstore

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// KeyColumn is a column of a primary key.
type KeyColumn struct {
	Name string
	// Type is the SQL type: text, varchar, smallint, integer, bigint or uuid. "" is text.
	Type string
}

var keyTypes = []string{"text", "varchar", "smallint", "integer", "bigint", "uuid"}

// integerBits are how wide the integer types are.
var integerBits = map[string]int{"smallint": 16, "integer": 32, "bigint": 64}

func isText(keyType string) bool { return keyType == "text" || keyType == "varchar" }

// JoinKey makes the id of a record out of the values of its key columns, each as Postgres writes it as text. The id of a key
// of one column is that value. The values of several columns are joined by ":"; inside texts % is then written %25 and : is
// written %3A.
func (m *Model) JoinKey(parts ...string) string { return m.key.join(parts) }

// SplitKey gives the values of the key columns that an id stands for: integers without leading zeros, uuids in lower case
// with hyphens. Joining them gives the id in its canonical form. An id that no record can have is an *InvalidError.
func (m *Model) SplitKey(id string) ([]string, error) { return m.key.split(m.keyName(), id) }

// keyName is what errors call the key.
func (m *Model) keyName() string {
	if m.Key == "" {
		return m.key.form()
	}
	return m.Key
}

// keyColumn is a column of a table that holds a key or a part of one.
type keyColumn struct {
	name string
	typ  string // of the record's key column
	text bool   // the column holds it as text, whatever it is
}

// keyColumns are the columns of a table that hold a key: the primary key of a record, or one end of a link. They write the
// parts of statements that deal with keys. Keys are compared column by column, in the types that the columns have, so that
// ordinary indexes serve; they travel as texts, one array a column, and are joined in Go.
type keyColumns []keyColumn

// columnsOf are the columns of names that hold a key of these types.
func columnsOf(key []KeyColumn, names []string, columnType string) keyColumns {
	k := make(keyColumns, len(key))
	for i, c := range key {
		k[i] = keyColumn{names[i], c.Type, isText(c.Type) || columnType == "text"}
	}
	return k
}

func (c keyColumn) sql() string {
	if c.text {
		return "text"
	}
	return c.typ
}

// ddl is the type of a column of a link table.
func (c keyColumn) ddl() string {
	if c.text {
		return "varchar(255)"
	}
	return c.typ
}

// fromText casts a text to the column's type.
func (c keyColumn) fromText(of string) string {
	if c.text {
		return of
	}
	return of + "::" + c.typ
}

// plain reports whether the key is one text, of which any will do.
func (k keyColumns) plain() bool { return len(k) == 1 && isText(k[0].typ) }

// form is what an id looks like: the names of the columns.
func (k keyColumns) form() string { return strings.Join(k.names(), ":") }

func (k keyColumns) names() []string {
	names := make([]string, len(k))
	for i, c := range k {
		names[i] = c.name
	}
	return names
}

// each writes a piece for every column.
func (k keyColumns) each(separator string, piece func(i int, c keyColumn) string) string {
	parts := make([]string, len(k))
	for i, c := range k {
		parts[i] = piece(i, c)
	}
	return strings.Join(parts, separator)
}

// numbered is the i-th name that a statement gives to its own columns: l, or l1, l2 and so on.
func (k keyColumns) numbered(name string, i int) string {
	if len(k) == 1 {
		return name
	}
	return name + strconv.Itoa(i+1)
}

// list names the columns, with an alias in front unless it is "".
func (k keyColumns) list(alias string) string {
	if alias != "" {
		alias += "."
	}
	return k.each(", ", func(_ int, c keyColumn) string { return alias + quote(c.name) })
}

// order sorts by the bytes of the texts, which costs less than a language's rules and is the same everywhere.
func (k keyColumns) order(alias string) string {
	return k.each(", ", func(_ int, c keyColumn) string { return alias + "." + quote(c.name) + "::text COLLATE \"C\"" })
}

// selected is the select list that a keyScan reads.
func (k keyColumns) selected(alias string) string {
	return k.each(", ", func(_ int, c keyColumn) string {
		if c.text {
			return alias + "." + quote(c.name)
		}
		return alias + "." + quote(c.name) + "::text"
	})
}

// given are the names that a statement gives to its own columns, with an alias in front unless it is "".
func (k keyColumns) given(alias, name string) string {
	if alias != "" {
		alias += "."
	}
	return k.each(", ", func(i int, _ keyColumn) string { return alias + k.numbered(name, i) })
}

// givenText selects such names as texts.
func (k keyColumns) givenText(alias, name string) string {
	return k.each(", ", func(i int, c keyColumn) string {
		if c.text {
			return alias + "." + k.numbered(name, i)
		}
		return alias + "." + k.numbered(name, i) + "::text"
	})
}

// on compares the columns of t with such names of another alias.
func (k keyColumns) on(other, name string) string {
	return k.each(" AND ", func(i int, c keyColumn) string {
		return "t." + quote(c.name) + " = " + other + "." + k.numbered(name, i)
	})
}

// matches compares the columns with those of another table, which is cast where only one of the two holds the key as text.
// The indexes of these columns serve, not those of the other table.
func (k keyColumns) matches(alias string, other keyColumns, otherAlias string) string {
	return k.each(" AND ", func(i int, c keyColumn) string {
		far := otherAlias + "." + quote(other[i].name)
		if c.text != other[i].text {
			far += "::" + c.sql()
		}
		return alias + "." + quote(c.name) + " = " + far
	})
}

// arrays are the parameters that args fills, from $first on, for a statement on a few ids: how many they are is hidden from the
// planner, which would plan for their number again at each call.
func (k keyColumns) arrays(first int) string { return k.arraysOf(first, 0) }

// arraysOf is arrays for a statement that is planned for n ids if they are many.
func (k keyColumns) arraysOf(first, n int) string {
	return k.each(", ", func(i int, c keyColumn) string {
		if c.text {
			return parameter(first+i, "text", "", n)
		}
		return parameter(first+i, "text", c.typ, n)
	})
}

// parameter is an array of n elements of a type, or cast to another.
func parameter(number int, sqlType, to string, n int) string {
	array := fmt.Sprintf("$%d::%s[]", number, sqlType)
	if to != "" {
		array += "::" + to + "[]"
	}
	if n < many {
		array = "(SELECT " + array + ")"
	}
	return array
}

// texts are the first parameters, arrays of n texts.
func texts(arrays, n int) string {
	parts := make([]string, arrays)
	for i := range parts {
		parts[i] = parameter(i+1, "text", "", n)
	}
	return strings.Join(parts, ", ")
}

// idText makes the id of a row, t, as join does.
func (k keyColumns) idText() string {
	return k.each(" || ':' || ", func(_ int, c keyColumn) string {
		text := "t." + quote(c.name) + "::text"
		if len(k) > 1 && isText(c.typ) {
			return "replace(replace(" + text + ", '%', '%25'), ':', '%3A')"
		}
		return text
	})
}

// args are the values of the columns, an array each.
func (k keyColumns) args(ids []string) []any {
	if len(k) == 1 {
		return []any{ids}
	}
	arrays := make([][]string, len(k))
	for i := range arrays {
		arrays[i] = make([]string, len(ids))
	}
	for j, id := range ids {
		for i, part := range k.parts(id) {
			arrays[i][j] = part
		}
	}
	args := make([]any, len(k))
	for i, a := range arrays {
		args[i] = a
	}
	return args
}

// among says that a key is one of those in the parameters from $first on.
func (k keyColumns) among(alias string, first int) string {
	if len(k) == 1 {
		return fmt.Sprintf("%s = ANY(ARRAY(SELECT unnest(%s)))", k.list(alias), k.arrays(first))
	}
	return fmt.Sprintf("(%s) IN (SELECT * FROM unnest(%s))", k.list(alias), k.arrays(first))
}

// amongMany is among for a statement that is planned for the number of ids.
func (k keyColumns) amongMany(alias string, first, n int) string {
	if len(k) == 1 && n < many {
		return k.among(alias, first)
	}
	return fmt.Sprintf("(%s) IN (SELECT * FROM unnest(%s))", k.list(alias), k.arraysOf(first, n))
}

// amongMany says that a record is one of n. Of a unique column the planner need not look at each id to know how many rows they are.
func (m *Model) amongMany(alias string, first, n int) string {
	if len(m.key) == 1 && n >= many {
		return fmt.Sprintf("%s = ANY(%s)", m.key.list(alias), m.key.arraysOf(first, n))
	}
	return m.key.amongMany(alias, first, n)
}

// notNull says that there is a key.
func (k keyColumns) notNull(alias string) string {
	return k.each(" AND ", func(_ int, c keyColumn) string { return alias + "." + quote(c.name) + " IS NOT NULL" })
}

// keyScan is where a row's key is read to.
type keyScan struct {
	columns keyColumns
	parts   []string
}

func (k keyColumns) scan() *keyScan { return &keyScan{k, make([]string, len(k))} }

func (s *keyScan) dests() []any {
	dests := make([]any, len(s.parts))
	for i := range s.parts {
		dests[i] = &s.parts[i]
	}
	return dests
}

func (s *keyScan) id() string { return s.columns.join(s.parts) }

// collect reads rows that are keys alone.
func (k keyColumns) collect(rows pgx.Rows) ([]string, error) {
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		key := k.scan()
		err := row.Scan(key.dests()...)
		return key.id(), err
	})
}

var (
	escape   = strings.NewReplacer("%", "%25", ":", "%3A")
	unescape = strings.NewReplacer("%25", "%", "%3A", ":", "%3a", ":")
)

func (k keyColumns) join(parts []string) string {
	if len(k) == 1 && len(parts) == 1 {
		return parts[0]
	}
	escaped := make([]string, len(parts))
	for i, part := range parts {
		escaped[i] = escape.Replace(part)
	}
	return strings.Join(escaped, ":")
}

// parts takes an id apart that join made.
func (k keyColumns) parts(id string) []string {
	if len(k) == 1 {
		return []string{id}
	}
	parts := strings.Split(id, ":")
	for i := range parts {
		parts[i] = unescape.Replace(parts[i])
	}
	return parts
}

// fits reports whether an id that was written down is one of this key: the key may have been another then.
func (k keyColumns) fits(id string) bool {
	parts := k.parts(id)
	if len(parts) != len(k) {
		return false
	}
	for i, c := range k {
		if _, reason := c.canonical(parts[i]); reason != "" {
			return false
		}
	}
	return true
}

// canonical gives an id that came from outside its canonical form.
func (k keyColumns) canonical(field, id string) (string, error) {
	if k.plain() {
		return id, checkID(field, id)
	}
	parts, err := k.split(field, id)
	if err != nil {
		return "", err
	}
	return k.join(parts), nil
}

// canonicalAll does so for many ids.
func (k keyColumns) canonicalAll(field string, ids []string) ([]string, error) {
	all := make([]string, len(ids))
	for i, id := range ids {
		var err error
		if all[i], err = k.canonical(field, id); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// split checks an id that came from outside and takes it apart.
func (k keyColumns) split(field, id string) ([]string, error) {
	if err := checkID(field, id); err != nil {
		return nil, err
	}
	if len(k) == 1 {
		part, reason := k[0].canonical(id)
		if reason != "" {
			return nil, &InvalidError{Field: field, Reason: reason}
		}
		return []string{part}, nil
	}
	parts := strings.Split(id, ":")
	if len(parts) != len(k) {
		return nil, &InvalidError{
			Field:  field,
			Reason: fmt.Sprintf("must have %d parts, in the form %s", len(k), k.form()),
		}
	}
	for i, c := range k {
		if !escapedWell(parts[i]) {
			return nil, &InvalidError{
				Field:  field,
				Reason: fmt.Sprintf("%s: %% is written %%25 and : is written %%3A, in the form %s", c.name, k.form()),
			}
		}
		part, reason := c.canonical(unescape.Replace(parts[i]))
		if reason != "" {
			return nil, &InvalidError{
				Field:  field,
				Reason: fmt.Sprintf("%s %s, in the form %s", c.name, reason, k.form()),
			}
		}
		parts[i] = part
	}
	return parts, checkID(field, k.join(parts))
}

// escapedWell reports whether each % of a part begins an escape.
func escapedWell(part string) bool {
	pieces := strings.Split(part, "%")
	return !slices.ContainsFunc(pieces[1:], func(s string) bool {
		return !strings.HasPrefix(s, "25") && !strings.HasPrefix(s, "3A") && !strings.HasPrefix(s, "3a")
	})
}

// canonical gives the value of a column the form in which Postgres writes it, or says what a value looks like.
func (c keyColumn) canonical(value string) (canonical, reason string) {
	switch {
	case isText(c.typ):
		return value, ""
	case c.typ == "uuid":
		if canonical, ok := canonicalUUID(value); ok {
			return canonical, ""
		}
		return "", "must be a uuid, as 123e4567-e89b-12d3-a456-426614174000 is"
	}
	n, err := strconv.ParseInt(value, 10, integerBits[c.typ])
	if err != nil {
		return "", fmt.Sprintf("must be a whole number of %d bits, as 42 is", integerBits[c.typ])
	}
	return strconv.FormatInt(n, 10), ""
}

// canonicalUUID takes a UUID in either case, with all of its hyphens or none. (pgx takes anything for a hyphen.)
func canonicalUUID(text string) (string, bool) {
	var uuid pgtype.UUID
	if uuid.Scan(text) != nil {
		return "", false
	}
	canonical := uuid.String()
	return canonical, len(text) == 32 || canonical == strings.ToLower(text)
}
