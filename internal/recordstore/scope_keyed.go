package recordstore

import (
	"encoding/json"
	"fmt"
	"slices"
)

// keyed says which keys of a JSON object are visible.
type keyed struct {
	by    int    // the column that holds the table name
	shown string // {"product": ["title", …], …}: the visible columns of each table
}

// key sets the visible keys of a scope's Keyed column.
func (c *Catalog) key(v Scope) error {
	m := c.byName[v.Model]
	if v.Keyed == "" {
		return nil
	}
	at, ok := m.columns[v.Keyed]
	by, known := m.columns[v.KeyedBy]
	if !ok || !known || m.Columns[at].Type != JSON || m.Columns[by].Type != Text {
		return fmt.Errorf("%s: keyed: %q and %q must be a JSON and a text column of it", v.Model, v.Keyed, v.KeyedBy)
	}
	shown := map[string][]string{}
	for _, seen := range c.models {
		names := []string{}
		for _, col := range seen.Columns {
			if seen.fields[col.Field] {
				names = append(names, col.Name, col.Field)
			}
		}
		slices.Sort(names)
		shown[seen.Table] = slices.Compact(names)
	}
	text, err := json.Marshal(shown)
	m.Columns[at].keyed = &keyed{by, string(text)}
	return err
}

// selected returns a column for a select list, without the keys that are not visible.
func (b *builder) selected(m *Model, alias string, i int) string {
	name := b.column(m, alias, i)
	k := m.Columns[i].keyed
	if k == nil {
		return name
	}
	return fmt.Sprintf("(SELECT COALESCE(jsonb_object_agg(e.key, e.value), '{}') FROM"+
		" jsonb_each(CASE jsonb_typeof(%[1]s::jsonb) WHEN 'object' THEN %[1]s::jsonb ELSE '{}' END) AS e WHERE (%[2]s::text::jsonb -> %[3]s) ? e.key)",
		name, b.arg(k.shown), b.column(m, alias, k.by))
}
