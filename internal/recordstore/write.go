package recordstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Create inserts records, all or none, and returns their keys in the order of the input. Records with the same set
// of columns share one statement. Errors name the invalid record.
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

// Created is a created record, and the values that a rule shows only once.
type Created struct {
	Key   string
	Shown Values
}

// CreateShown does what Create does, and also returns what a rule shows only once, such as the token of a secret
// key.
func (s *Store) CreateShown(ctx context.Context, model *Model, records []Values) ([]Created, error) {
	if len(records) > s.cfg.MaxItems {
		return nil, &LimitError{What: "items", Limit: s.cfg.MaxItems, Asked: len(records), Counted: true}
	}
	var created []Created
	err := s.retry(ctx, func() (err error) {
		created, err = s.create(ctx, model, records)
		return err
	})
	return created, err
}

// create runs one attempt.
func (s *Store) create(ctx context.Context, model *Model, records []Values) ([]Created, error) {
	pending := make([]pendingRow, len(records))
	for i, r := range records {
		var err error
		if pending[i], err = s.newPendingRow(model, r, true); err != nil {
			return nil, &ItemError{Index: i, Err: err}
		}
	}
	if err := s.defaultKeys(ctx, model, pending); err != nil {
		return nil, &callError{"create", model.Name, err}
	}
	err := s.transaction(ctx, "create", model, func(w *writer) error {
		if err := w.checkCodes(ctx, pending); err != nil {
			return err
		}
		if err := w.lock(ctx, pending, false); err != nil {
			return err
		}
		if err := w.applyRule(ctx, s.cfg.Rules[model.Name].Create, pending); err != nil {
			return err
		}
		for i := range pending {
			if err := pending[i].complete(model); err != nil {
				return &ItemError{Index: i, Err: err}
			}
		}
		if err := w.checkReferences(pending); err != nil {
			return err
		}
		for _, group := range groupByColumns(pending) {
			sortForInsert(model, pending, group)
			if err := w.insert(pending, group); err != nil {
				return err
			}
		}
		if err := w.writeJoins(pending); err != nil {
			return err
		}
		return s.written(ctx, w, CreateRecords, pending, records)
	})
	if err != nil {
		return nil, err
	}
	created := make([]Created, len(pending))
	for i, d := range pending {
		created[i] = Created{d.key, d.shown}
	}
	return created, nil
}

// verbUpdate is the verb of a writer that updates.
const verbUpdate = "update"

// Update changes the given fields of records, all or none, and returns their keys in the order of the input. Each
// record must name its primary key. A record that already has the given values is not rewritten. A record may have
// a condition, IfUpdatedAt: if it does not hold, nothing is written, and the error is a *StaleError in an
// *ItemError.
func (s *Store) Update(ctx context.Context, model *Model, records []Values) ([]string, error) {
	if len(records) > s.cfg.MaxItems {
		return nil, &LimitError{What: "items", Limit: s.cfg.MaxItems, Asked: len(records), Counted: true}
	}
	var keys []string
	err := s.retry(ctx, func() (err error) {
		keys, err = s.update(ctx, model, records)
		return err
	})
	return keys, err
}

// update runs one attempt.
func (s *Store) update(ctx context.Context, model *Model, records []Values) ([]string, error) {
	pending := make([]pendingRow, len(records))
	seen := map[string]int{}
	for i, r := range records {
		var err error
		if pending[i], err = s.newPendingRow(model, r, false); err != nil {
			return nil, &ItemError{Index: i, Err: err}
		}
		if other, ok := seen[pending[i].key]; ok {
			return nil, &ItemError{
				Index: i,
				Err: &InvalidError{
					Field:  model.PrimaryKey,
					Value:  pending[i].key,
					Reason: fmt.Sprintf("is changed by item %d already", other),
				},
			}
		}
		seen[pending[i].key] = i
	}
	err := s.transaction(ctx, verbUpdate, model, func(w *writer) error {
		if err := w.checkCodes(ctx, pending); err != nil {
			return err
		}
		w.versions = newVersions(pending)
		if err := w.lock(ctx, pending, true); err != nil {
			return err
		}
		if err := w.check(func() error { return w.checkOwn(pending) }); err != nil {
			return err
		}
		if err := w.applyRule(ctx, s.cfg.Rules[model.Name].Update, pending); err != nil {
			return err
		}
		if err := w.checkReferences(pending); err != nil {
			return err
		}
		for _, group := range groupByColumns(pending) {
			if err := w.updateRows(pending, group); err != nil {
				return err
			}
		}
		if err := w.writeJoins(pending); err != nil {
			return err
		}
		return s.written(ctx, w, UpdateRecords, pending, records)
	})
	if err != nil {
		return nil, err
	}
	keys := make([]string, len(pending))
	for i, d := range pending {
		keys[i] = d.key
	}
	return keys, nil
}

// defaultKeys generates the missing keys with the default of the key's column in the database.
func (s *Store) defaultKeys(ctx context.Context, m *Model, pending []pendingRow) error {
	var missing []int
	for i := range pending {
		if pending[i].key == "" {
			missing = append(missing, i)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	col := &m.Columns[m.primary]
	var expression string
	err := s.db.QueryRow(ctx, `
		SELECT COALESCE(pg_get_expr(d.adbin, d.adrelid), 'nextval(' || quote_literal(pg_get_serial_sequence($1, $2)) || ')', '')
		FROM pg_attribute AS a LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
		WHERE a.attrelid = to_regclass($1) AND a.attname = $2`, m.table(), col.Name).Scan(&expression)
	if err != nil {
		return classify(err)
	}
	if expression == "" {
		return &ItemError{
			Index: missing[0],
			Err:   &InvalidError{Field: col.Field, Reason: "is missing, and the table has no default for it"},
		}
	}
	rows, err := s.db.Query(ctx, `SELECT (`+expression+`)::text FROM generate_series(1, $1::integer)`, len(missing))
	if err != nil {
		return classify(err)
	}
	keys, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return classify(err)
	}
	for i, j := range missing {
		pending[j].key = keys[i]
		pending[j].values[col.Name] = keys[i]
	}
	return nil
}

// applyRule lets a module's rule complete the records.
func (w *writer) applyRule(
	ctx context.Context,
	rule func(context.Context, pgx.Tx, []Values) error,
	pending []pendingRow,
) error {
	if rule == nil {
		return nil
	}
	records := make([]Values, len(pending))
	for i := range pending {
		records[i] = pending[i].values
	}
	if err := rule(ctx, w.tx, records); err != nil {
		return classify(err)
	}
	for i := range pending {
		if shown, ok := pending[i].values[Shown].(Values); ok {
			pending[i].shown = shown
		}
		delete(pending[i].values, Shown)
	}
	return nil
}

func quoted(prefix string, names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = prefix + quote(n)
	}
	return strings.Join(out, ", ")
}

func documents(pending []pendingRow, group []int) (string, error) {
	rows := make([]map[string]any, len(group))
	for i, j := range group {
		rows[i] = pending[j].values
	}
	text, err := json.Marshal(rows)
	return string(text), err
}

// insert queues the statement that inserts rows with the same columns. jsonb_populate_recordset gives every value
// the type of its column.
func (w *writer) insert(pending []pendingRow, group []int) error {
	m := w.model
	rows, err := documents(pending, group)
	if err != nil {
		return err
	}
	names := columnsOf(pending[group[0]])
	w.exec(func(err error) error { return atItem(classify(err), m, pending, group) }, fmt.Sprintf(
		`INSERT INTO %[1]s (%[2]s) OVERRIDING SYSTEM VALUE SELECT %[3]s FROM jsonb_populate_recordset(NULL::%[1]s, $1::jsonb) AS r`,
		m.table(),
		quoted("", names),
		quoted("r.", names),
	), rows)
	return nil
}

// updateRows queues the statement that updates rows with the same columns, where a value differs. It relies on the
// primary key.
func (w *writer) updateRows(pending []pendingRow, group []int) error {
	m := w.model
	keys, _ := m.KeyColumns()
	names := slices.DeleteFunc(columnsOf(pending[group[0]]), func(n string) bool { return slices.Contains(keys, n) })
	if len(names) == 0 {
		return nil
	}
	rows, err := documents(pending, group)
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
	if _, ok := m.Column(updatedAt); ok {
		set = append(set, "updated_at = now()")
	}
	w.exec(func(err error) error { return atItem(classify(err), m, pending, group) }, fmt.Sprintf(
		`UPDATE %[1]s AS t SET %[2]s FROM jsonb_populate_recordset(NULL::%[1]s, $1::jsonb) AS r WHERE %[3]s AND (%[4]s)`,
		m.table(),
		strings.Join(set, ", "),
		tableRef("t.", m, m.key).Equals(tableRef("r.", m, m.key)),
		strings.Join(differs, " OR "),
	), rows)
	return nil
}

// atItem adds the index of the invalid row to an error of Postgres, and names the field as the API spells it.
func atItem(err error, m *Model, pending []pendingRow, group []int) error {
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
				values = append(values, textOf(pending[i].values[strings.Trim(n, `"`)]))
			}
			if strings.Join(values, ", ") == constraint.Value {
				return &ItemError{Index: i, Err: err}
			}
		}
	}
	var value *InvalidError
	if errors.As(err, &value) {
		if j, ok := m.Column(value.Field); ok {
			value.Field = m.Columns[j].Field
		}
	}
	if len(group) == 1 {
		return &ItemError{Index: group[0], Err: err}
	}
	return err
}
