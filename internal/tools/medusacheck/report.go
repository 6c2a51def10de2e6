package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// shownDifferences is how many differences of one line are shown.
const shownDifferences = 5

// report collects what was compared and proved: a table with a line per direction of a link, model or part of an
// order, and statements that hold or do not.
type report struct {
	out    io.Writer
	lines  []*line
	round  int // of the comparison, which runs twice
	proofs int
	failed int
}

// line is one line of the table.
type line struct {
	link, field, medusa string
	note                string
	rounds              [2]counts
	differences         []string

	now *counts
}

// counts counts what was compared in one round.
type counts struct {
	records, linked, fields int
	stored                  int // fields compared with a table, because Medusa does not return them
	differences             int
}

// line returns the line of a field of our API, to count comparisons of this round.
func (r *report) line(link, field string) *line {
	for _, l := range r.lines {
		if l.link == link && l.field == field {
			l.now = &l.rounds[r.round]
			return l
		}
	}
	l := &line{link: link, field: field}
	l.now = &l.rounds[r.round]
	r.lines = append(r.lines, l)
	return l
}

// differ records a difference.
func (l *line) differ(format string, args ...any) {
	l.now.differences++
	l.differences = append(l.differences, fmt.Sprintf(format, args...))
}

// expect prints a statement and whether it holds. It prints details if it does not.
func (r *report) expect(holds bool, sentence string, details ...string) {
	r.proofs++
	if holds {
		fmt.Fprintf(r.out, "  ok    %s\n", sentence)
		return
	}
	r.failed++
	fmt.Fprintf(r.out, "  FALSE %s\n", sentence)
	for _, d := range details {
		fmt.Fprintf(r.out, "        %s\n", d)
	}
}

// note prints a remark.
func (r *report) note(format string, args ...any) {
	fmt.Fprintf(r.out, "  note  "+format+"\n", args...)
}

// total sums up a round.
func (r *report) total(round int) counts {
	var sum counts
	for _, l := range r.lines {
		c := l.rounds[round]
		sum.records += c.records
		sum.linked += c.linked
		sum.fields += c.fields
		sum.stored += c.stored
		sum.differences += c.differences
	}
	return sum
}

func (r *report) clean() bool {
	return r.failed == 0 && r.total(0).differences == 0 && r.total(1).differences == 0
}

// print prints the table and the differences.
func (r *report) print() {
	if len(r.lines) == 0 {
		return
	}
	fmt.Fprintln(r.out)
	w := tabwriter.NewWriter(r.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(
		w,
		"link\tdirection\tMedusa's\trecords\tlinked\tfields\tdiffer\tagain: records\tlinked\tfields\tdiffer\t",
	)
	for _, l := range r.lines {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", l.link, l.field, l.medusa, l.rounds[0], l.rounds[1], l.note)
	}
	fmt.Fprintf(w, "all\t\t\t%s\t%s\t\n", r.total(0), r.total(1))
	_ = w.Flush() // the underlying writer reports errors
	for _, l := range r.lines {
		l.printDifferences(r.out)
	}
}

func (c counts) String() string {
	return fmt.Sprintf("%d\t%d\t%d\t%d", c.records, c.linked, c.fields, c.differences)
}

func (l *line) printDifferences(out io.Writer) {
	if len(l.differences) == 0 {
		return
	}
	fmt.Fprintf(out, "\n%s %s differs:\n", l.link, l.field)
	for _, d := range l.differences[:min(shownDifferences, len(l.differences))] {
		fmt.Fprintf(out, "  %s\n", strings.ReplaceAll(d, "\n", " "))
	}
	if more := len(l.differences) - shownDifferences; more > 0 {
		fmt.Fprintf(out, "  and %d more\n", more)
	}
}

// summary returns the last sentence of the report.
func (r *report) summary() string {
	first, again := r.total(0), r.total(1)
	return fmt.Sprintf("%d lines, %d and %d fields compared, %d and %d differences; %d of %d statements do not hold",
		len(r.lines), first.fields, again.fields, first.differences, again.differences, r.failed, r.proofs)
}
