package modules

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Create makes records, all or none, and returns their keys in the order of the input. Records with the same set of
// columns are one statement. Errors name the record at fault.
func (s *Store) Create(ctx context.Context, model *Model, records []Values) ([]string, error) {
	rows, err := s.CreateShown(ctx, model, records)
	if err != nil {
		return nil, err
	}
	keys := make([]string, len(rows))
	for i, r := range rows {
		keys[i] = r.Key
	}
	return keys, nil
}

// Created is a record that was made, and what a rule shows of it this once.
type Created struct {
	Key   string
	Shown Values
}

// CreateShown is Create for a caller that can show what a rule makes only once, such as the token of a secret key.
func (s *Store) CreateShown(ctx context.Context, model *Model, records []Values) ([]Created, error) {
	if len(records) > s.cfg.MaxItems {
		return nil, &LimitError{s.cfg.MaxItems, len(records)}
	}
	drafts := make([]draft, len(records))
	for i, r := range records {
		var err error
		if drafts[i], err = s.newDraft(model, r, true); err != nil {
			return nil, &ItemError{i, err}
		}
	}
	if err := s.defaultKeys(ctx, model, drafts); err != nil {
		return nil, fmt.Errorf("create %s: %w", model.Name, err)
	}
	err := pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		if err := s.applyRule(ctx, tx, s.cfg.Rules[model.Name].Create, drafts); err != nil {
			return err
		}
		for i := range drafts {
			if err := drafts[i].complete(model); err != nil {
				return &ItemError{i, err}
			}
		}
		if err := s.checkReferences(ctx, tx, model, drafts); err != nil {
			return err
		}
		for _, group := range groups(drafts) {
			if err := insert(ctx, tx, model, drafts, group); err != nil {
				return err
			}
		}
		return s.writeJoins(ctx, tx, model, drafts)
	})
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", model.Name, err)
	}
	created := make([]Created, len(drafts))
	for i, d := range drafts {
		created[i] = Created{d.key, d.shown}
	}
	return created, nil
}

// Update changes the given fields of records, all or none, and returns their keys in the order of the input. Each names
// its primary key. A record that already is as asked is not rewritten.
func (s *Store) Update(ctx context.Context, model *Model, records []Values) ([]string, error) {
	if len(records) > s.cfg.MaxItems {
		return nil, &LimitError{s.cfg.MaxItems, len(records)}
	}
	drafts := make([]draft, len(records))
	seen := map[string]int{}
	for i, r := range records {
		var err error
		if drafts[i], err = s.newDraft(model, r, false); err != nil {
			return nil, &ItemError{i, err}
		}
		if other, ok := seen[drafts[i].key]; ok {
			return nil, &ItemError{i, &ValueError{Field: model.PrimaryKey, Value: drafts[i].key, Reason: fmt.Sprintf("is changed by item %d already", other)}}
		}
		seen[drafts[i].key] = i
	}
	err := pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		if err := lockLive(ctx, tx, model, drafts); err != nil {
			return err
		}
		if err := s.applyRule(ctx, tx, s.cfg.Rules[model.Name].Update, drafts); err != nil {
			return err
		}
		if err := s.checkReferences(ctx, tx, model, drafts); err != nil {
			return err
		}
		for _, group := range groups(drafts) {
			if err := update(ctx, tx, model, drafts, group); err != nil {
				return err
			}
		}
		return s.writeJoins(ctx, tx, model, drafts)
	})
	if err != nil {
		return nil, fmt.Errorf("update %s: %w", model.Name, err)
	}
	keys := make([]string, len(drafts))
	for i, d := range drafts {
		keys[i] = d.key
	}
	return keys, nil
}

// draft is a record on its way into the table.
type draft struct {
	key    string
	values map[string]any      // by column name
	joins  map[string][]string // by Relation.Settable
	shown  Values
}

// newDraft checks the values of a record that a caller gave.
func (s *Store) newDraft(m *Model, given Values, create bool) (draft, error) {
	d := draft{values: make(map[string]any, len(given))}
	names := make([]string, 0, len(given))
	for name := range given {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
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
			return d, &ValueError{Field: name, Reason: fmt.Sprintf("is no field of %s; the fields are %s", m.Name, m.fields())}
		}
		col := &m.Columns[i]
		if col.ReadOnly && i != m.primary || col.Parts != nil && create {
			return d, &ValueError{Field: col.Field, Reason: "is set by the store alone"}
		}
		if !create && i != m.primary && slices.Contains(m.key, i) {
			return d, &ValueError{Field: col.Field, Reason: "is part of the key, which does not change"}
		}
		if given[name] == nil && col.NotNull && col.Default && create {
			continue // an explicit null asks for the default
		}
		v, err := Normalize(col, given[name])
		if err != nil {
			return d, err
		}
		d.set(col, v)
	}
	return d, s.draftKey(m, &d, create)
}

func (d *draft) set(col *Column, v any) {
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

// draftKey finds the key of a record. It is "" where the database is to make it.
func (s *Store) draftKey(m *Model, d *draft, create bool) error {
	col := &m.Columns[m.primary]
	if col.Parts != nil {
		return d.compositeKey(m, create)
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
		return &ValueError{Field: col.Field, Reason: "is missing"}
	}
	var err error
	d.key, err = normalizeKey(col, given)
	return err
}

// compositeKey joins the key of the parts given, or gives the parts of a key.
func (d *draft) compositeKey(m *Model, create bool) error {
	col := &m.Columns[m.primary]
	if create {
		parts := make([]string, len(m.key))
		for i, j := range m.key {
			part := &m.Columns[j]
			v, ok := d.values[part.Name]
			if !ok {
				return &ValueError{Field: part.Field, Reason: "is missing"}
			}
			var err error
			if parts[i], err = normalizeKey(part, v); err != nil {
				return err
			}
		}
		d.key = joinKey(parts)
		return nil
	}
	given, ok := d.values[col.Name]
	if !ok {
		return &ValueError{Field: col.Field, Reason: "is missing"}
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

// defaultKeys has the database make the keys that drafts lack, by the default of the key's column.
func (s *Store) defaultKeys(ctx context.Context, m *Model, drafts []draft) error {
	var lack []*draft
	for i := range drafts {
		if drafts[i].key == "" {
			lack = append(lack, &drafts[i])
		}
	}
	if len(lack) == 0 {
		return nil
	}
	col := &m.Columns[m.primary]
	var expression string
	err := s.db.QueryRow(ctx, `
		SELECT COALESCE(pg_get_expr(d.adbin, d.adrelid), format('nextval(%L)', pg_get_serial_sequence($1, $2)), '')
		FROM pg_attribute AS a LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
		WHERE a.attrelid = to_regclass($1) AND a.attname = $2`, m.table(), col.Name).Scan(&expression)
	if err != nil {
		return classify(err)
	}
	if expression == "" {
		return &ItemError{0, &ValueError{Field: col.Field, Reason: "is missing, and the table has no default for it"}}
	}
	rows, err := s.db.Query(ctx, `SELECT (`+expression+`)::text FROM generate_series(1, $1::integer)`, len(lack))
	if err != nil {
		return classify(err)
	}
	keys, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return classify(err)
	}
	for i, d := range lack {
		d.key = keys[i]
		d.values[col.Name] = keys[i]
	}
	return nil
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
		return nil, &ValueError{Field: name, Value: v, Reason: "must be a list of keys"}
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

// complete fills in slugs and finds what is missing.
func (d *draft) complete(m *Model) error {
	for i := range m.Columns {
		col := &m.Columns[i]
		v, given := d.values[col.Name]
		if col.SlugOf != "" && (!given || v == "") {
			source, _ := d.values[col.SlugOf].(string)
			if v = slug(source); v == "" {
				return &ValueError{Field: col.Field, Reason: "is missing, and cannot be made from the text given"}
			}
			d.values[col.Name] = v
			given = true
		}
		if col.RawDefault != "" && !given {
			d.set(col, col.RawDefault)
		}
		if col.NotNull && !col.Default && !given {
			return &ValueError{Field: col.Field, Reason: "is missing"}
		}
	}
	return nil
}

// applyRule lets a module complete the records.
func (s *Store) applyRule(ctx context.Context, tx pgx.Tx, rule func(context.Context, pgx.Tx, []Values) error, drafts []draft) error {
	if rule == nil {
		return nil
	}
	records := make([]Values, len(drafts))
	for i := range drafts {
		records[i] = drafts[i].values
	}
	if err := rule(ctx, tx, records); err != nil {
		return classify(err)
	}
	for i := range drafts {
		if shown, ok := drafts[i].values[Shown].(Values); ok {
			drafts[i].shown = shown
		}
		delete(drafts[i].values, Shown)
	}
	return nil
}

// groups are the drafts that set the same columns, which is what one statement can write.
func groups(drafts []draft) [][]int {
	byColumns := map[string][]int{}
	var order []string
	for i, d := range drafts {
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

func columnsOf(d draft) []string {
	names := make([]string, 0, len(d.values))
	for name := range d.values {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func quoted(prefix string, names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = prefix + quote(n)
	}
	return strings.Join(out, ", ")
}

func documents(drafts []draft, group []int) (string, error) {
	rows := make([]map[string]any, len(group))
	for i, j := range group {
		rows[i] = drafts[j].values
	}
	text, err := json.Marshal(rows)
	return string(text), err
}

// insert writes drafts of the same columns. jsonb_populate_recordset gives every value its column's type.
func insert(ctx context.Context, tx pgx.Tx, m *Model, drafts []draft, group []int) error {
	rows, err := documents(drafts, group)
	if err != nil {
		return err
	}
	names := columnsOf(drafts[group[0]])
	_, err = tx.Exec(ctx, fmt.Sprintf(
		`INSERT INTO %[1]s (%[2]s) OVERRIDING SYSTEM VALUE SELECT %[3]s FROM jsonb_populate_recordset(NULL::%[1]s, $1::jsonb) AS r`,
		m.table(), quoted("", names), quoted("r.", names)), rows)
	return atItem(classify(err), m, drafts, group)
}

// update changes drafts of the same columns, where something differs. Relies on the primary key.
func update(ctx context.Context, tx pgx.Tx, m *Model, drafts []draft, group []int) error {
	keys, _ := m.KeyColumns()
	names := slices.DeleteFunc(columnsOf(drafts[group[0]]), func(n string) bool { return slices.Contains(keys, n) })
	if len(names) == 0 {
		return nil
	}
	rows, err := documents(drafts, group)
	if err != nil {
		return err
	}
	var set, differs []string
	for _, n := range names {
		set = append(set, fmt.Sprintf("%[1]s = r.%[1]s", quote(n)))
		cast := ""
		if i, ok := m.Column(n); ok && m.Columns[i].Type == JSON {
			cast = "::jsonb"
		}
		differs = append(differs, fmt.Sprintf("t.%[1]s%[2]s IS DISTINCT FROM r.%[1]s%[2]s", quote(n), cast))
	}
	if _, ok := m.Column("updated_at"); ok {
		set = append(set, "updated_at = now()")
	}
	_, err = tx.Exec(ctx, fmt.Sprintf(
		`UPDATE %[1]s AS t SET %[2]s FROM jsonb_populate_recordset(NULL::%[1]s, $1::jsonb) AS r WHERE %[3]s AND (%[4]s)`,
		m.table(), strings.Join(set, ", "), named("t.", m, m.key).equals(named("r.", m, m.key)), strings.Join(differs, " OR ")), rows)
	return atItem(classify(err), m, drafts, group)
}

// lockLive takes the records that are about to change, in the order of their keys, and finds those that are not there.
// Relies on the primary key.
func lockLive(ctx context.Context, tx pgx.Tx, m *Model, drafts []draft) error {
	keys := make([]string, len(drafts))
	for i, d := range drafts {
		keys[i] = d.key
	}
	found, err := liveKeys(ctx, tx, m, m.key, keys, "FOR NO KEY UPDATE")
	if err != nil {
		return err
	}
	for i, k := range keys {
		if !found[k] {
			return &ItemError{i, &RecordError{m.Module, m.Name, k}}
		}
	}
	return nil
}

// liveKeys locks the live records among the keys and returns which they are.
func liveKeys(ctx context.Context, tx pgx.Tx, m *Model, columns []int, keys []string, strength string) (map[string]bool, error) {
	b := newBuilder(nil)
	key := named("t.", m, columns)
	rows, err := tx.Query(ctx, fmt.Sprintf(`SELECT %s FROM %s AS t WHERE %s%s ORDER BY %s %s`,
		key.texts(), m.table(), key.among(b, keys), m.live("t"), key.list(), strength), b.args...)
	if err != nil {
		return nil, classify(err)
	}
	live := make(map[string]bool, len(keys))
	parts := make(compositeCell, len(columns))
	_, err = pgx.ForEachRow(rows, parts.dests(), func() error {
		live[joinKey(parts)] = true
		return nil
	})
	return live, classify(err)
}

// checkReferences finds records that are referred to but deleted or never there, which a foreign key alone would not.
func (s *Store) checkReferences(ctx context.Context, tx pgx.Tx, m *Model, drafts []draft) error {
	for i := range m.Relations {
		r := &m.Relations[i]
		target := s.catalog.Target(r)
		if r.Through != nil || r.Many || m.isKey(r.Columns) || !target.isKey(r.TargetColumns) || target.Module != m.Module {
			continue
		}
		var keys []string
		for _, d := range drafts {
			if k, ok := d.reference(r); ok {
				keys = append(keys, k)
			}
		}
		if len(keys) == 0 {
			continue
		}
		live, err := liveKeys(ctx, tx, target, target.key, keys, "FOR SHARE")
		if err != nil {
			return err
		}
		if target == m {
			for _, d := range drafts {
				live[d.key] = true // being written here
			}
		}
		for j, d := range drafts {
			if k, ok := d.reference(r); ok && !live[k] {
				return &ItemError{j, &RecordError{target.Module, target.Name, k}}
			}
		}
	}
	return nil
}

// reference is the key that a draft holds in the columns of a relation. There is none if one of them is null.
func (d *draft) reference(r *Relation) (string, bool) {
	parts := make([]string, len(r.Columns))
	for i, name := range r.Columns {
		v := d.values[name]
		if v == nil {
			return "", false
		}
		parts[i] = textOf(v)
	}
	return joinKey(parts), true
}

// atItem names the draft whose value Postgres complains of, and the field as the API spells it.
func atItem(err error, m *Model, drafts []draft, group []int) error {
	if err == nil {
		return nil
	}
	var constraint *ConstraintError
	if errors.As(err, &constraint) {
		columns := strings.Split(constraint.Fields, ", ")
		constraint.Model = m.Name
		for i, c := range columns {
			if j, ok := m.Column(strings.Trim(c, `"`)); ok {
				columns[i] = m.Columns[j].Field
			}
		}
		names := strings.Split(constraint.Fields, ", ")
		constraint.Fields = strings.Join(columns, ", ")
		for _, i := range slices.Backward(group) {
			var values []string
			for _, n := range names {
				values = append(values, textOf(drafts[i].values[strings.Trim(n, `"`)]))
			}
			if strings.Join(values, ", ") == constraint.Value {
				return &ItemError{i, err}
			}
		}
	}
	var value *ValueError
	if errors.As(err, &value) {
		if j, ok := m.Column(value.Field); ok {
			value.Field = m.Columns[j].Field
		}
	}
	if len(group) == 1 {
		return &ItemError{group[0], err}
	}
	return err
}
