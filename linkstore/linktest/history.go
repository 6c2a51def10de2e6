package linktest

// Clone returns a model that holds the same and goes its own way.
func (m *Model) Clone() *Model { return &Model{m.catalog, m.now.clone()} }

// IsLive reports whether a record is there and not deleted.
func (m *Model) IsLive(r Record) bool { return m.now.records[r].live }

// SetOwner gives a record to another owner, as an update of the record does.
func (m *Model) SetOwner(r Record, owner string) {
	state := m.now.records[r]
	state.owner = owner
	m.now.records[r] = state
}

// RenameDeletion gives a deletion the id that another store gave it.
func (m *Model) RenameDeletion(from, to string) {
	for _, d := range m.now.deletions {
		if d.id == from {
			d.id = to
		}
	}
	for r, state := range m.now.records {
		if state.deletedBy == from {
			state.deletedBy = to
			m.now.records[r] = state
		}
	}
	for p, l := range m.now.links {
		if l.deletedBy == from {
			l.deletedBy = to
			m.now.links[p] = l
		}
	}
}
