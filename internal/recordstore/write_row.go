package recordstore

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// pendingRow is a record to be written: its checked values by column.
type pendingRow struct {
	key    string
	values map[string]any      // by column name
	joins  map[string][]string // keys for join tables, by Relation.Settable
	shown  Values

	unknown []*Column // columns whose codes are not known without a look into the database

	ifUpdatedAt *time.Time // the condition of an update; nil means none
}

// newPendingRow checks the values of a record from a caller.
func (s *Store) newPendingRow(m *Model, given Values, create bool) (pendingRow, error) {
	d := pendingRow{values: make(map[string]any, len(given))}
	switch {
	case m.ReadOnly:
		return d, &InvalidError{Field: m.Name, Reason: "is read-only: another part of the program writes its records"}
	case m.absent:
		return d, &AbsentError{Model: m.Name, Table: m.Table}
	}
	names := make([]string, 0, len(given))
	for name := range given {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if !create {
			if taken, err := d.condition(m, name, given[name]); taken || err != nil {
				if err != nil {
					return d, err
				}
				continue
			}
		}
		if r := m.settable(name); r != nil {
			far := s.catalog.Target(r).Columns[s.catalog.Target(r).primary]
			far.Field = name
			ids, err := joinKeys(name, &far, given[name])
			if err != nil {
				return d, err
			}
			if d.joins == nil {
				d.joins = map[string][]string{}
			}
			d.joins[name] = ids
			continue
		}
		i, ok := m.Column(name)
		if !ok {
			return d, &InvalidError{
				Field:  name,
				Reason: fmt.Sprintf("is no field of %s; the fields are %s", m.Name, m.choices()),
			}
		}
		col := &m.Columns[i]
		if col.absent {
			return d, &AbsentError{m.Name, m.Table, col.Field}
		}
		if col.ReadOnly && i != m.primary || col.Parts != nil && create {
			return d, &InvalidError{Field: col.Field, Reason: "is set by the store alone"}
		}
		if !create && i != m.primary && slices.Contains(m.key, i) {
			return d, &InvalidError{Field: col.Field, Reason: "is part of the key, which does not change"}
		}
		if given[name] == nil && col.NotNull && col.Default && create {
			continue // an explicit null means the default
		}
		v, err := Normalize(col, given[name])
		if err != nil {
			return d, err
		}
		if err := checkMin(col, v); err != nil {
			return d, err
		}
		d.set(col, s.code(&d, col, v))
	}
	return d, s.setKey(m, &d, create)
}

func (d *pendingRow) set(col *Column, v any) {
	d.values[col.Name] = v
	if col.Raw == "" {
		return
	}
	if v == nil {
		d.values[col.Raw] = nil
		return
	}
	d.values[col.Raw] = json.RawMessage(fmt.Sprintf(`{"value": %q, "precision": 20}`, v))
}

// setKey sets the key of a row. It stays "" if the database generates the key.
func (s *Store) setKey(m *Model, d *pendingRow, create bool) error {
	col := &m.Columns[m.primary]
	if col.Parts != nil {
		return d.setCompositeKey(m, create)
	}
	given, ok := d.values[col.Name]
	if !ok && create && m.IDPrefix != "" {
		d.key = s.cfg.NewID(m.IDPrefix)
		d.values[col.Name] = d.key
		return nil
	}
	if !ok && create && col.Default {
		return nil
	}
	if !ok {
		return &InvalidError{Field: col.Field, Reason: "is missing"}
	}
	var err error
	d.key, err = normalizeKey(col, given)
	return err
}

// setCompositeKey joins the key from the given parts when a record is created. For an update, it splits the given
// key into the parts.
func (d *pendingRow) setCompositeKey(m *Model, create bool) error {
	col := &m.Columns[m.primary]
	if create {
		parts := make([]string, len(m.key))
		for i, j := range m.key {
			part := &m.Columns[j]
			v, ok := d.values[part.Name]
			if !ok {
				return &InvalidError{Field: part.Field, Reason: "is missing"}
			}
			var err error
			if parts[i], err = normalizeKey(part, v); err != nil {
				return err
			}
		}
		d.key = rowkey.Join(parts)
		if reason := rowkey.Check(d.key); reason != "" {
			return &InvalidError{Field: col.Field, Value: d.key, Reason: reason}
		}
		return nil
	}
	given, ok := d.values[col.Name]
	if !ok {
		return &InvalidError{Field: col.Field, Reason: "is missing"}
	}
	var err error
	if d.key, err = normalizeKey(col, given); err != nil {
		return err
	}
	delete(d.values, col.Name)
	values, err := col.split(d.key)
	for i, j := range m.key {
		if err == nil {
			d.values[m.Columns[j].Name] = values[i]
		}
	}
	return err
}

func (m *Model) settable(name string) *Relation {
	for i := range m.Relations {
		if r := &m.Relations[i]; r.Settable == name && name != "" {
			return r
		}
	}
	return nil
}

func joinKeys(name string, far *Column, v any) ([]string, error) {
	list, ok := v.([]any)
	if texts, isTexts := v.([]string); isTexts {
		for _, t := range texts {
			list = append(list, t)
		}
		ok = true
	}
	if s, isText := v.(string); isText {
		list, ok = []any{s}, true
	}
	if v == nil {
		ok = true
	}
	if !ok {
		return nil, &InvalidError{Field: name, Value: v, Reason: "must be a list of keys"}
	}
	keys := make([]string, 0, len(list))
	for _, item := range list {
		key, err := normalizeKey(far, item)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// complete fills in slugs and raw values, and returns an error if a mandatory value is missing.
func (d *pendingRow) complete(m *Model) error {
	for i := range m.Columns {
		col := &m.Columns[i]
		v, given := d.values[col.Name]
		if col.SlugOf != "" && (!given || v == "") {
			source, _ := d.values[col.SlugOf].(string)
			if v = slug(source); v == "" {
				return &InvalidError{Field: col.Field, Reason: "is missing, and cannot be made from the text given"}
			}
			d.values[col.Name] = v
			given = true
		}
		if col.RawDefault != "" && !given {
			d.set(col, col.RawDefault)
		}
		if col.NotNull && !col.Default && !given && col.parts == nil {
			return &InvalidError{Field: col.Field, Reason: "is missing"}
		}
	}
	return nil
}

// groupByColumns groups rows by the columns that they set, because one statement can write only rows with the same
// columns.
func groupByColumns(pending []pendingRow) [][]int {
	byColumns := map[string][]int{}
	var order []string
	for i, d := range pending {
		k := strings.Join(columnsOf(d), ",")
		if byColumns[k] == nil {
			order = append(order, k)
		}
		byColumns[k] = append(byColumns[k], i)
	}
	all := make([][]int, len(order))
	for i, k := range order {
		all[i] = byColumns[k]
	}
	return all
}

func columnsOf(d pendingRow) []string {
	names := make([]string, 0, len(d.values))
	for name := range d.values {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// reference returns the key that a row holds in the columns of a relation. ok is false if one of the columns is
// null.
func (d *pendingRow) reference(r *Relation) (string, bool) {
	parts := make([]string, len(r.Columns))
	for i, name := range r.Columns {
		v := d.values[name]
		if v == nil {
			return "", false
		}
		parts[i] = textOf(v)
	}
	return rowkey.Join(parts), true
}
