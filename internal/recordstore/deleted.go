package recordstore

// Deleted says which records a list has: those that are there, deleted ones, or both. A list across a join table has a deleted
// record if the record or the row that leads to it is deleted.
type Deleted int

// The choices.
const (
	ExcludeDeleted Deleted = iota
	IncludeDeleted
	OnlyDeleted
)

// condition is the condition on rows, given by their aliases, of which each is deleted by itself. It has a leading AND.
func (d Deleted) condition(aliases ...string) string {
	all, or := "", ""
	for i, alias := range aliases {
		all += " AND " + alias + ".deleted_at IS NULL"
		if i > 0 {
			or += " OR "
		}
		or += alias + ".deleted_at IS NOT NULL"
	}
	switch {
	case d == ExcludeDeleted:
		return all
	case d == IncludeDeleted:
		return ""
	case or == "": // nothing that is here can be deleted
		return " AND FALSE"
	}
	return " AND (" + or + ")"
}
