package recordstore

import (
	"encoding/json"
	"fmt"
	"slices"
)

// keyed says which keys of a JSON object are seen.
type keyed struct {
	by    int    // the column that names the table whose columns the keys are
	shown string // {"product": ["title", …], …}: what is seen of each table
}

// key finds what is seen in the column of a view that holds values by column.
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

// selected is how a column is written in a select list: as it is, or without the keys that are not seen.
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
