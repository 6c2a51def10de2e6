package linkfile

// Reject is a row that could not be brought in.
type Reject struct {
	Line int
	Err  error
}

// RejectList keeps the first rejected rows of an import in memory.
type RejectList struct {
	// Max is how many are kept.
	Max int

	rows []Reject
	from int64 // how many an earlier import had, which this one resumes
}

// Rows returns the rejected rows that are kept, without those of an import that was resumed.
func (l *RejectList) Rows() []Reject { return l.rows }

func (l *RejectList) begin(size int64) { l.rows, l.from = nil, size }

// write counts rows as the size.
func (l *RejectList) write(rows []row, faults []error, size int64) (n int, next int64, err error) {
	l.rows = l.rows[:min(int(size-l.from), len(l.rows))]
	for i, fault := range faults {
		if fault == nil {
			continue
		}
		n++
		if len(l.rows) < l.Max {
			l.rows = append(l.rows, Reject{rows[i].line, fault})
		}
	}
	return n, size + int64(n), nil
}

func (*RejectList) location() string { return "" }

func (*RejectList) close() {}
