package linktest

// Clone returns an independent copy of the model.
func (m *Model) Clone() *Model { return &Model{m.catalog, m.now.clone()} }

// IsLive reports whether the record exists and is not deleted.
func (m *Model) IsLive(r Record) bool { return m.now.records[r].live }

// SetOwner changes the owner of a record, as an update of the record would.
func (m *Model) SetOwner(r Record, owner string) {
	state := m.now.records[r]
	state.owner = owner
	m.now.records[r] = state
}

// RenameDeletion replaces the id of a deletion, to match the id that another store gave it.
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
