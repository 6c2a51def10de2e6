package recordstore

import (
	"fmt"
	"time"
)

// IfUpdatedAt is the name under which Values of Update may give a condition: the time that the record's updated_at must
// have, as it was read. Update returns a *StaleError if it has another one. nil means no condition.
const IfUpdatedAt = "ifUpdatedAt"

// updatedAt is the column that tells one version of a record from another.
const updatedAt = "updated_at"

// StaleError is an update under the condition of a time at which the record was not updated last: somebody else changed
// it. Its class is ErrStale.
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

// version returns the column that IfUpdatedAt is compared with. A model without one has no conditional updates, and
// neither has one with a column of the name of the condition.
func (m *Model) version() (int, bool) {
	if _, taken := m.columns[IfUpdatedAt]; taken {
		return 0, false
	}
	i, ok := m.Column(updatedAt)
	return i, ok && m.Columns[i].Type == Time
}

// condition takes a value of an update as its condition, if it is one.
func (d *draft) condition(m *Model, name string, given any) (taken bool, err error) {
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

// versions are the values of updated_at of the records that a call changes, by key. They are read with the locks of the
// records, so they stay as they are until the transaction ends. nil if no record is changed under a condition.
type versions map[string]any

// newVersions returns nil if no draft has a condition.
func newVersions(drafts []draft) versions {
	for _, d := range drafts {
		if d.ifUpdatedAt != nil {
			return versions{}
		}
	}
	return nil
}

// check returns a *StaleError if the condition of a draft does not hold.
func (v versions) check(m *Model, d *draft) error {
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
