package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// roughen puts values into columns that a store seldom has: nulls, controls, large numbers, times that are not in any
// year. What a constraint refuses is left as it is.
func roughen(t testing.TB, a *api) {
	pools := map[recordstore.Type]string{
		recordstore.Text:    `'plain', E'tab\tnew\nline', '"quoted\\"', 'ünï😀', E'\x01\x1f\x7f', '<b>&amp;', E'\u2028', '', NULL`,
		recordstore.Integer: `0, -1, 2147483647, NULL`,
		recordstore.Float:   `0, 1.1, -2.5e20, 1e-7, 100000, 12345678, NULL`,
		recordstore.Decimal: `0, 1.50, -0.000000001, 12345678901234567890.123456789, NULL`,
		recordstore.Boolean: `TRUE, FALSE, NULL`,
		recordstore.Time:    `'2024-02-29 23:59:59.999999Z', '1969-12-31 23:59:59.1Z', 'infinity', '10000-01-01', NULL`,
		recordstore.JSON:    `'{"b": [1, 2.50, "x"], "a": null}', 'null', '"text \u00fc \\n"', '[]', NULL`,
	}
	for _, m := range a.graph.Records.Catalog().Models() {
		for _, c := range m.Columns {
			pool, ok := pools[c.Type]
			if !ok || c.Parts != nil || c.Name == m.PrimaryKey || c.Name == "deleted_at" || foreign(m, c.Name) ||
				strings.HasSuffix(c.Name, "_id") {
				continue
			}
			kind := c.SQLType
			if kind == "" {
				kind = map[recordstore.Type]string{recordstore.Text: "text", recordstore.Integer: "integer", recordstore.Float: "double precision", recordstore.Decimal: "numeric", recordstore.Boolean: "boolean", recordstore.Time: "timestamptz", recordstore.JSON: "jsonb"}[c.Type]
			}
			table := m.Table
			if m.Schema != "" {
				table = m.Schema + `"."` + table
			}
			names, _ := m.KeyColumns()
			key := `concat_ws(' ', "` + strings.Join(names, `", "`) + `")`
			_, _ = a.db.Pool.Exec(t.Context(), fmt.Sprintf(`
				UPDATE "%s" SET "%s" = (ARRAY[%s]::text[])[1 + abs(hashtext(%s || '%s')) %% array_length(ARRAY[%s]::text[], 1)]::%s
				WHERE abs(hashtext(%s || '%s')) %% 3 > 0`, table, c.Name, asTexts(pool), key, c.Name, asTexts(pool), kind, key, c.Field))
		}
	}
}

// asTexts quotes the values of a pool that are not.
func asTexts(pool string) string {
	if strings.Contains(pool, "'") {
		return pool
	}
	parts := strings.Split(pool, ", ")
	for i, p := range parts {
		if p != "NULL" {
			parts[i] = "'" + p + "'"
		}
	}
	return strings.Join(parts, ", ")
}

// tameLinks takes the times from links that no Go program can read.
func tameLinks(t testing.TB, a *api) {
	for _, m := range a.graph.Records.Catalog().Models() {
		if m.Link == "" {
			continue
		}
		for _, column := range []string{"created_at", "updated_at"} {
			_, _ = a.db.Pool.Exec(
				t.Context(),
				fmt.Sprintf(
					`UPDATE %s SET %s = '1999-12-31T23:59:59Z' WHERE NOT isfinite(%s)`,
					m.Table,
					column,
					column,
				),
			)
		}
	}
}
