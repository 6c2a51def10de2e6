package medusa

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/internal/naming"
)

// model is a table found for one end of a link, and its declaration.
type model struct {
	name, module, alias string
	schema, table       string
	key                 string // name in inputs
	primary             string // field
	primaryType         string // SQL type
	idPrefix            string
	columns             []column
	comments            []string
}

// column is a column of such a table as the database describes it, and its declaration.
type column struct {
	name, sqlType, expression string // expression is the default, in SQL
	notNull, primary          bool
	generated                 bool     // the database computes the value from other columns
	values                    []string // values of an enum, as the database stores them
	enumType                  bool     // the column's type is an SQL enum
	check                     string

	field   string
	gqlType string
	args    []string // arguments of @column
}

// typesOfAPI are the types of the API whose names a model may not have.
var typesOfAPI = []string{
	"Query",
	"Mutation",
	"Subscription",
	"Node",
	"Link",
	"LinkModule",
	"LinkEnd",
	"LinkColumn",
	"LinkName",
	"PageInfo",
	"RecordIds",
}

// discover looks for the table of a model, by its name, in all schemas. The table must have a primary key of one column. If there
// is none, found is nil and reason says why.
func (w *writer) discover(ctx context.Context, module, alias, key string) (found *model, reason string, err error) {
	rows, err := w.db.Query(ctx, `
		SELECT n.nspname, c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
		WHERE c.relname = ANY($1) AND c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
		ORDER BY array_position($1::text[], c.relname::text), n.nspname <> 'public', n.nspname LIMIT 1`,
		[]string{alias, module + "_" + alias, naming.Plural(alias)})
	if err != nil {
		return nil, "", err
	}
	m := &model{name: naming.Pascal(alias), module: module, alias: alias, key: key}
	if _, err := pgx.ForEachRow(rows, []any{&m.schema, &m.table}, func() error { found = m; return nil }); err != nil {
		return nil, "", err
	}
	if found == nil {
		return nil, fmt.Sprintf(
			"no table was found for %s.%s; declare the model, then run this again",
			module,
			alias,
		), nil
	}
	if _, ok := w.records.Model(m.name); ok || w.find(m.name) != nil || slices.Contains(typesOfAPI, m.name) {
		m.name = naming.Pascal(module) + m.name
	}
	if err := m.read(ctx, w.db); err != nil {
		return nil, "", err
	}
	if m.primary == "" {
		return nil, fmt.Sprintf("table %s has no primary key of one column of a type that keys have", m.table), nil
	}
	return m, "", m.readPrefix(ctx, w.db)
}

// read reads the columns from the system catalogue.
func (m *model) read(ctx context.Context, db DB) error {
	rows, err := db.Query(ctx, `
		SELECT a.attname, format_type(a.atttypid, NULL), a.attnotnull,
			CASE WHEN a.attidentity <> '' THEN 'nextval()' ELSE COALESCE(pg_get_expr(d.adbin, d.adrelid), '') END, a.attgenerated <> '',
			COALESCE((SELECT i.indnkeyatts = 1 AND i.indkey[0] = a.attnum FROM pg_index AS i WHERE i.indrelid = a.attrelid AND i.indisprimary), false),
			ARRAY(SELECT e.enumlabel::text FROM pg_enum AS e WHERE e.enumtypid = a.atttypid ORDER BY e.enumsortorder),
			COALESCE((SELECT pg_get_constraintdef(c.oid) FROM pg_constraint AS c
				WHERE c.conrelid = a.attrelid AND c.contype = 'c' AND c.conkey = ARRAY[a.attnum] ORDER BY c.oid LIMIT 1), '')
		FROM pg_attribute AS a LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
		WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
		pgx.Identifier{m.schema, m.table}.Sanitize())
	if err != nil {
		return err
	}
	columns, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (column, error) {
		var c column
		err := row.Scan(&c.name, &c.sqlType, &c.notNull, &c.expression, &c.generated, &c.primary, &c.values, &c.check)
		return c, err
	})
	if err != nil {
		return err
	}
	for _, c := range columns {
		raw := strings.TrimPrefix(c.name, "raw_")
		if raw != c.name &&
			slices.ContainsFunc(columns, func(o column) bool { return o.name == raw && o.sqlType == "numeric" }) {
			continue // Medusa stores a decimal twice, as numeric and as JSON
		}
		c.field = m.fieldOf(c.name)
		if !c.declare(m.name, slices.ContainsFunc(columns, func(o column) bool { return o.name == "raw_"+c.name })) {
			m.comments = append(m.comments, fmt.Sprintf("%s: columns of type %s are not supported", c.name, c.sqlType))
			continue
		}
		if c.primary && slices.Contains(keyTypes, c.sqlType) {
			m.primary, m.primaryType = c.field, c.sqlType
		}
		m.columns = append(m.columns, c)
	}
	return nil
}

// keyTypes are the SQL types that a key may have.
var keyTypes = []string{"text", "character varying", "smallint", "integer", "bigint", "uuid"}

// fieldOf returns the field of a column: its name in camelCase, in characters that fields may have. It gets a number if another
// column has the field, or the API uses the name.
func (m *model) fieldOf(column string) string {
	words := strings.Split(notInName.ReplaceAllString(column, "_"), "_")
	for i, word := range words {
		if word == strings.ToUpper(word) {
			words[i] = strings.ToLower(word)
		}
	}
	name := naming.Camel(strings.Join(words, "_"))
	if !firstOfName.MatchString(name) {
		name = "column" + name
	}
	clash := taken(name) ||
		slices.Contains([]string{"createdAt", "updatedAt", "deletedAt"}, name) && naming.Snake(name) != column
	for n, base := 2, name; m.has(name) || clash && name == base; n++ {
		name = fmt.Sprintf("%s%d", base, n)
	}
	return name
}

// readPrefix guesses the prefix of ids from one record. The statement uses the primary key.
func (m *model) readPrefix(ctx context.Context, db DB) error {
	if !isText(m.primaryType) {
		return nil
	}
	i := slices.IndexFunc(m.columns, func(c column) bool { return c.primary })
	key := pgx.Identifier{m.columns[i].name}.Sanitize()
	rows, err := db.Query(
		ctx,
		fmt.Sprintf(
			`SELECT %[1]s::text FROM %[2]s WHERE %[1]s ~ '^[a-z0-9_]+_[0-9A-HJKMNP-TV-Z]{26}$' ORDER BY %[1]s LIMIT 1`,
			key,
			pgx.Identifier{m.schema, m.table}.Sanitize(),
		),
	)
	if err != nil {
		return err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, id := range ids {
		m.idPrefix = id[:strings.LastIndexByte(id, '_')]
	}
	if m.idPrefix == "" && m.primary == "id" {
		m.comments = append(
			m.comments,
			"No record shows what its ids begin with: add idPrefix, or ids are to be given.",
		)
	}
	return err
}

// scalar is the declaration of an SQL type.
type scalar struct{ gql, sqlType string } // sqlType is "" if it is the scalar's default

func isText(sqlType string) bool {
	return sqlType == "text" || strings.HasPrefix(sqlType, "varchar") || strings.HasPrefix(sqlType, "character varying")
}

// scalarOf returns how an SQL type is declared. ok is false if it cannot be.
func scalarOf(sqlType string) (s scalar, ok bool) {
	base, _, _ := strings.Cut(sqlType, "(")
	s, ok = map[string]scalar{
		"text": {gql: "String"}, "character varying": {gql: "String"}, "varchar": {gql: "String"}, "boolean": {gql: "Boolean"},
		"integer": {gql: "Int"}, "smallint": {"Int", "smallint"}, "bigint": {"String", "bigint"}, "numeric": {gql: "Decimal"},
		"double precision": {gql: "Float"}, "real": {"Float", "real"}, "timestamp with time zone": {gql: "DateTime"},
		"jsonb": {gql: "JSON"}, "json": {"JSON", "json"}, "uuid": {"ID", "uuid"}, "date": {"String", "date"},
	}[base]
	return s, ok
}

var (
	checkValues = regexp.MustCompile(`ANY \(\(?ARRAY\[(.*?)\]`)
	quotedValue = regexp.MustCompile(`'((?:[^']|'')*)'`)
	enumValue   = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// declare sets the declaration of a column. It reports whether the column can be declared. raw means that Medusa stores the decimal
// as JSON too.
func (c *column) declare(owner string, raw bool) bool {
	if naming.Snake(c.field) != c.name {
		c.args = append(c.args, fmt.Sprintf("name: %q", c.name))
	}
	if c.enumType = len(c.values) > 0; !c.enumType {
		c.values = nil
	}
	if list := checkValues.FindStringSubmatch(c.check); list != nil && !c.enumType && isText(c.sqlType) {
		for _, v := range quotedValue.FindAllStringSubmatch(list[1], -1) {
			c.values = append(c.values, v[1])
		}
	}
	if slices.ContainsFunc(c.values, func(v string) bool { return !enumValue.MatchString(v) }) {
		c.values = nil
	}
	s, ok := scalarOf(c.sqlType)
	switch {
	case c.enumType:
		s, ok = scalar{"String", c.sqlType}, true
		if c.values != nil {
			s.gql = owner + naming.Pascal(c.field)
		}
	case c.values != nil:
		s.gql = owner + naming.Pascal(c.field)
	case c.primary || isText(c.sqlType) && strings.HasSuffix(c.name, "_id"):
		if s.gql == "Int" && s.sqlType == "" {
			s.sqlType = "integer"
		}
		s.gql = "ID"
	}
	c.gqlType = s.gql
	if s.sqlType != "" {
		c.args = append(c.args, fmt.Sprintf("type: %q", s.sqlType))
	}
	if raw && c.gqlType == "Decimal" {
		c.args = append(c.args, fmt.Sprintf("raw: %q", "raw_"+c.name))
	}
	return ok
}

// has reports whether a column of the model has the field.
func (m *model) has(field string) bool {
	return slices.ContainsFunc(m.columns, func(c column) bool { return c.field == field })
}

// String returns the type of the model, and the enums of its columns.
func (m *model) String() string {
	var b strings.Builder
	args := []string{fmt.Sprintf("module: %q", m.module), fmt.Sprintf("table: %q", m.table)}
	if m.schema != "public" {
		args = append(args, fmt.Sprintf("schema: %q", m.schema))
	}
	if m.idPrefix != "" {
		args = append(args, fmt.Sprintf("idPrefix: %q", m.idPrefix))
	}
	args = append(args, fmt.Sprintf("key: %q", m.key))
	if m.primary != "id" {
		args = append(args, fmt.Sprintf("primaryKey: %q", m.primary))
	}
	if naming.Plural(m.name) == m.name {
		args = append(args, fmt.Sprintf("plural: %q", naming.Camel(m.name)+"List"))
	}
	fmt.Fprintf(&b, "%q\ntype %s @model(%s) {\n", words(m.alias)+".", m.name, strings.Join(args, ", "))
	for _, c := range m.columns {
		b.WriteString(c.String())
	}
	for _, c := range m.comments {
		fmt.Fprintf(&b, "  # %s\n", c)
	}
	b.WriteString("}\n")
	for _, c := range m.columns {
		if c.values == nil {
			continue
		}
		fmt.Fprintf(&b, "\n\"%s of %s %s.\"\nenum %s {\n", words(c.name), naming.Article(m.name), m.name, c.gqlType)
		for _, v := range c.values {
			fmt.Fprintf(&b, "  %s\n", strings.ToUpper(v))
		}
		b.WriteString("}\n")
	}
	return b.String()
}

// descriptions are those of columns that every model has.
var descriptions = map[string]string{
	"created_at": "When the record was made",
	"updated_at": "When the record last changed",
	"deleted_at": "Set once the record is deleted",
	"id":         "Identifies the record",
}

// String returns the field of the column, with its description.
func (c *column) String() string {
	text := descriptions[c.name]
	if text == "" {
		text = words(c.name)
	}
	line := fmt.Sprintf("  %q\n  %s: %s", text+".", c.field, c.gqlType)
	if c.notNull {
		line += "!"
	}
	if len(c.args) > 0 {
		line += " @column(" + strings.Join(c.args, ", ") + ")"
	}
	if c.generated {
		line += " @readOnly"
	}
	if value, _ := defaultText(c.expression); c.expression != "" &&
		!slices.Contains([]string{"created_at", "updated_at"}, c.name) {
		line += fmt.Sprintf(" @default(value: %q)", value)
	}
	return line + "\n"
}

var literalDefault = regexp.MustCompile(`^\(?(?:'((?:[^']|'')*)'|(-?[\d.]+)|(true|false))\)?(?:::[\w ]+)?$`)

// defaultText returns the value of a default. literal is false if the expression is not a plain value; the text then describes it.
func defaultText(expression string) (text string, literal bool) {
	if strings.HasPrefix(expression, "nextval(") {
		return "the next number", false
	}
	m := literalDefault.FindStringSubmatch(expression)
	if m == nil {
		return expression, false
	}
	return strings.ReplaceAll(m[1], "''", "'") + m[2] + m[3], true
}
