package recordstore

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"
)

// A key travels as one text, whatever its columns are: the text of its one column, or the texts of its columns joined by
// ":". In a composite key "%" is written "%25" and ":" is written "%3A", so that the parts can be told apart.

var (
	escapeKey   = strings.NewReplacer("%", "%25", ":", "%3A")
	unescapeKey = strings.NewReplacer("%25", "%", "%3A", ":", "%3a", ":")
	badEscape   = regexp.MustCompile(`%($|[^23]|2($|[^5])|3($|[^Aa]))`)
)

func joinKey(parts []string) string {
	if len(parts) == 1 {
		return parts[0]
	}
	escaped := make([]string, len(parts))
	for i, p := range parts {
		escaped[i] = escapeKey.Replace(p)
	}
	return strings.Join(escaped, ":")
}

// JoinKey returns a key from the texts of its columns, in the form in which keys travel.
func JoinKey(parts []string) string { return joinKey(parts) }

// splitKey undoes joinKey. A text of another number of parts has empty ones.
func splitKey(key string, n int) []string {
	if n == 1 {
		return []string{key}
	}
	parts := make([]string, n)
	for i, p := range strings.SplitN(key, ":", n) {
		parts[i] = unescapeKey.Replace(p)
	}
	return parts
}

// split returns the values of the parts of a composite column.
func (c *Column) split(key string) ([]any, error) {
	texts := strings.Split(key, ":")
	fields := make([]string, len(c.parts))
	for i, p := range c.parts {
		fields[i] = c.of.Columns[p].Field
	}
	form := "must be of the form " + strings.Join(fields, ":")
	if len(texts) != len(c.parts) {
		return nil, &ValueError{Field: c.Field, Value: key, Reason: form}
	}
	if badEscape.MatchString(key) {
		return nil, &ValueError{
			Field:  c.Field,
			Value:  key,
			Reason: form + ", with % written %25 and : written %3A inside of a value",
		}
	}
	values := make([]any, len(texts))
	for i, p := range c.parts {
		part := &c.of.Columns[p]
		var v any = unescapeKey.Replace(texts[i])
		if part.Type == Integer {
			if n, err := strconv.ParseInt(texts[i], 10, 64); err == nil {
				v = n
			}
		}
		var reason string
		if values[i], reason = normalize(part, v); reason != "" {
			return nil, &ValueError{Field: c.Field, Value: key, Reason: form + ", and " + part.Field + " " + reason}
		}
	}
	return values, nil
}

// canonical is the one spelling of a text that stands for a value of an SQL type, so that equal values are equal texts.
func canonical(sqlType, text string) (string, string) {
	switch sqlType {
	case "uuid":
		uuid, ok := canonicalUUID(text)
		if !ok {
			return "", "must be a UUID, as in 9f3c1c2e-6a1b-4f5d-8e7a-0b1c2d3e4f50"
		}
		return uuid, ""
	case "smallint", "integer", "bigint":
		bits := map[string]int{"smallint": 16, "integer": 32, "bigint": 64}[sqlType]
		n, err := strconv.ParseInt(text, 10, bits)
		if err != nil {
			return "", fmt.Sprintf("must be a whole number of %d bits", bits)
		}
		return strconv.FormatInt(n, 10), ""
	}
	return text, ""
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

// ref is how a statement refers to a key: an expression for each of its columns, and the SQL type of each.
type ref struct{ exprs, types []string }

func textual(sqlType string) bool { return sqlType == "text" || strings.HasPrefix(sqlType, "varchar") }

// equals compares r with another key. r's columns stay as they are, so that an index of theirs can be used.
func (r ref) equals(known ref) string {
	parts := make([]string, len(r.exprs))
	for i, e := range r.exprs {
		parts[i] = e + " = " + known.exprs[i]
		if r.types[i] != known.types[i] && (!textual(r.types[i]) || !textual(known.types[i])) {
			parts[i] += "::" + r.types[i]
		}
	}
	return strings.Join(parts, " AND ")
}

// among compares r with a list of keys.
func (r ref) among(b *builder, keys []string) string { return r.amongArrays(r.arrays(b, keys)) }

func (r ref) amongArrays(arrays string) string {
	if len(r.exprs) == 1 {
		return r.exprs[0] + " = ANY(ARRAY(SELECT unnest(" + arrays + ")))"
	}
	return "(" + r.list() + ") IN (SELECT * FROM unnest(" + arrays + "))"
}

// arrays adds keys as arguments: an array for each column.
func (r ref) arrays(b *builder, keys []string) string {
	return strings.Join(r.columnArrays(b, keys), ", ")
}

func (r ref) columnArrays(b *builder, keys []string) []string {
	args := make([]string, len(r.exprs))
	for i, texts := range keyColumns(keys, len(r.exprs)) {
		args[i] = b.arg(texts) + "::text[]"
		if t := r.types[i]; t != "text" {
			args[i] += "::" + t + "[]"
		}
	}
	return args
}

// unseen is arrays for a statement that Postgres is to plan once, for any number of keys: in a subselect it does not see how many there are.
func (r ref) unseen(b *builder, keys []string) string {
	return "(SELECT " + strings.Join(r.columnArrays(b, keys), "), (SELECT ") + ")"
}

// values adds a key as arguments and refers to them.
func (r ref) values(b *builder, key string) ref {
	known := ref{types: r.types}
	for i, part := range splitKey(key, len(r.exprs)) {
		arg := b.arg(part) + "::text"
		if t := r.types[i]; t != "text" {
			arg += "::" + t
		}
		known.exprs = append(known.exprs, arg)
	}
	return known
}

// keyColumns are the texts of keys of n columns, column by column.
func keyColumns(keys []string, n int) [][]string {
	if n == 1 {
		if keys == nil {
			keys = []string{}
		}
		return [][]string{keys}
	}
	columns := make([][]string, n)
	for i := range columns {
		columns[i] = make([]string, 0, len(keys))
	}
	for _, k := range keys {
		for i, p := range splitKey(k, n) {
			columns[i] = append(columns[i], p)
		}
	}
	return columns
}

func (r ref) list() string { return strings.Join(r.exprs, ", ") }

// texts is r as a select list that keyCells take.
func (r ref) texts() string { return strings.Join(r.exprs, "::text, ") + "::text" }

// order sorts by the bytes of the texts: all writers take the locks of records in this order, whatever the language of the database.
func (r ref) order() string {
	const byBytes = `::text COLLATE "C"`
	return strings.Join(r.exprs, byBytes+", ") + byBytes
}

// alias is a list of column names for a set of keys with as many columns as r, and a reference to them.
func (r ref) alias(table, column string) (string, ref) {
	names := make([]string, len(r.exprs))
	for i := range names {
		names[i] = column
		if len(names) > 1 {
			names[i] += strconv.Itoa(i + 1)
		}
	}
	known := ref{types: r.types}
	for _, n := range names {
		known.exprs = append(known.exprs, table+"."+n)
	}
	return strings.Join(names, ", "), known
}

// ref refers to columns of a model's table, each by its index.
func (b *builder) ref(m *Model, alias string, columns []int) ref {
	var r ref
	for _, i := range columns {
		r.exprs, r.types = append(r.exprs, b.column(m, alias, i)), append(r.types, m.Columns[i].sqlType())
	}
	return r
}

// throughRef refers to the columns of a join table that hold a key of the model.
func throughRef(alias string, names []string, m *Model, columns []int, text bool) ref {
	var r ref
	for i, name := range names {
		t := m.Columns[columns[i]].sqlType()
		if text {
			t = "text"
		}
		r.exprs, r.types = append(r.exprs, alias+"."+quote(name)), append(r.types, t)
	}
	return r
}

// named refers to columns by their names alone.
func named(prefix string, m *Model, columns []int) ref {
	var r ref
	for _, i := range columns {
		r.exprs, r.types = append(r.exprs, prefix+quote(m.Columns[i].Name)), append(r.types, m.Columns[i].sqlType())
	}
	return r
}

// onlyOf reports whether columns are all among those of the primary key.
func (m *Model) onlyOf(columns ...int) bool {
	for _, i := range columns {
		if i != m.primary && !slices.Contains(m.key, i) {
			return false
		}
	}
	return true
}

// asTypes is what stands for columns of a model that r equals, by the index of each.
func (r ref) asTypes(m *Model, columns []int) map[int]string {
	exprs := make(map[int]string, len(columns))
	for i, col := range columns {
		exprs[col] = r.exprs[i]
		if t := m.Columns[col].sqlType(); t != r.types[i] {
			exprs[col] += "::" + t
		}
	}
	return exprs
}
