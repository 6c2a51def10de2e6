package recordstore

import (
	"fmt"
	"time"
)

// IfUpdatedAt is the key in the Values of an Update for its condition: the value that the record's updated_at must
// have. If it has another one, Update returns a *StaleError. nil means no condition.
const IfUpdatedAt = "ifUpdatedAt"

// updatedAt is the column that identifies the version of a record.
const updatedAt = "updated_at"

// StaleError reports that a record was changed by another call since the time in the condition of an update. It
// unwraps to ErrStale.
type StaleError struct {
	Module, Model string
	ID            string
	Field         string     // in the API: "updatedAt"
	Given         time.Time  // in UTC
	Current       *time.Time // in UTC; nil for NULL
}

func (e *StaleError) Error() string {
	current := "null"
	if e.Current != nil {
		current = e.Current.Format(time.RFC3339Nano)
	}
	return fmt.Sprintf("%s %q was changed meanwhile: its %s is %s, not %s",
		e.Model, e.ID, e.Field, current, e.Given.Format(time.RFC3339Nano))
}

// Unwrap returns ErrStale.
func (e *StaleError) Unwrap() error { return ErrStale }

// version returns the column that IfUpdatedAt is compared with. A model without that column has no conditional
// updates. Neither has a model with a column of the condition's name.
func (m *Model) version() (int, bool) {
	if _, taken := m.columns[IfUpdatedAt]; taken {
		return 0, false
	}
	i, ok := m.Column(updatedAt)
	return i, ok && m.Columns[i].Type == Time
}

// condition stores a value of an update as its condition, if it is one. taken reports whether it is.
func (d *pendingRow) condition(m *Model, name string, given any) (taken bool, err error) {
	i, ok := m.version()
	if name != IfUpdatedAt || !ok {
		return false, nil
	}
	col := &m.Columns[i]
	if given == nil {
		return true, nil
	}
	if col.absent {
		return true, &AbsentError{m.Name, m.Table, col.Field}
	}
	v, err := Normalize(&Column{Field: IfUpdatedAt, Type: Time}, given)
	if err != nil {
		return true, err
	}
	if at, isTime := v.(time.Time); isTime {
		d.ifUpdatedAt = &at
	}
	return true, nil
}

// versions holds updated_at of the records that a call updates, by key. They are read with the locks of the
// records, so they cannot change until the transaction ends. nil means that no record has a condition.
type versions map[string]any

// newVersions returns nil if no row has a condition.
func newVersions(pending []pendingRow) versions {
	for _, d := range pending {
		if d.ifUpdatedAt != nil {
			return versions{}
		}
	}
	return nil
}

// check returns a *StaleError if the condition of a row does not hold.
func (v versions) check(m *Model, d *pendingRow) error {
	if d.ifUpdatedAt == nil {
		return nil
	}
	i, _ := m.version()
	e := &StaleError{Module: m.Module, Model: m.Name, ID: d.key, Field: m.Columns[i].Field, Given: *d.ifUpdatedAt}
	if current, ok := v[d.key].(time.Time); ok {
		if current.Equal(e.Given) {
			return nil
		}
		e.Current = &current
	}
	return e
}
