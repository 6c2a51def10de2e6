package linkstore

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// FindingKind is a kind of damage, or of neglect.
type FindingKind string

// The kinds of findings.
const (
	// KeyForm is live links whose key cannot be that of a record: empty, too long, or no number or uuid where the record has one.
	KeyForm FindingKind = "key_form"
	// MissedCascade is live links whose owner is gone although the record on the cascading end is live.
	MissedCascade FindingKind = "missed_cascade"
	// EndGone is live links to a record that does not exist.
	EndGone FindingKind = "end_gone"
	// EndDeleted is live links to a soft-deleted record.
	EndDeleted FindingKind = "end_deleted"
	// DuplicatePair is live links beyond the first of the same pair.
	DuplicatePair FindingKind = "duplicate_pair"
	// TooManyLinks is live links beyond the one that the definition allows a record.
	TooManyLinks FindingKind = "too_many_links"
	// WrongTable is a table that cannot hold the link.
	WrongTable FindingKind = "wrong_table"
	// MissingTable is a link without its table.
	MissingTable FindingKind = "missing_table"
	// MissingIndex is a link table without an index that statements, or the cardinality of the link, rely on.
	MissingIndex FindingKind = "missing_index"
	// UnownedRecord is live records on a cascading end whose owner is gone, and that no live link of any kind reaches.
	UnownedRecord FindingKind = "unowned_record"
	// UndeclaredTable is a table that a sync created for a link that is not declared any more.
	UndeclaredTable FindingKind = "undeclared_table"
	// StaleStatistics is a table that was never analysed, or has grown far beyond what the planner knows of.
	StaleStatistics FindingKind = "stale_statistics"
	// Hub is records with very many live links.
	Hub FindingKind = "hub"
)

// Severity says how bad a finding is.
type Severity string

// The severities.
const (
	Damage Severity = "damage" // answers are wrong, or may become wrong
	Notice Severity = "notice" // answers are right; queries may be slow, or space is wasted
)

// Example is a row that a finding is about. A hub has the record's key at its end of the link, and Links.
type Example struct {
	ID    string `json:"id,omitempty"`
	Left  string `json:"left,omitempty"`
	Right string `json:"right,omitempty"`
	Links int64  `json:"links,omitempty"`
}

// Finding is what is wrong with a link.
type Finding struct {
	Kind     FindingKind `json:"kind"`
	Severity Severity    `json:"severity"`
	Link     string      `json:"link,omitempty"`
	Subject  string      `json:"subject"` // the table, index, model or key
	Count    int64       `json:"count"`
	Advice   string      `json:"advice"` // what to do
	Fixable  bool        `json:"fixable"`
	Examples []Example   `json:"examples,omitempty"`
}

// Report is the result of Examine.
type Report struct {
	Findings []Finding `json:"findings"`
	Tables   int       `json:"tables"` // link tables that were read
	Links    int64     `json:"links"`  // live rows in them
}

// Damaged reports whether a finding is damage.
func (r Report) Damaged() bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Severity == Damage })
}

// ExamineOptions limits Examine. The zero value is good.
type ExamineOptions struct {
	Link     string // examine this link alone, and what needs no other link: neither UnownedRecord nor UndeclaredTable
	Examples int    // rows of each finding. 0 means 5, a negative number none
	HubSize  int64  // links that make a record a hub. 0 means 100,000
}

// Examine looks for damage in all link tables. It works in one snapshot and changes nothing; the database may be
// read-only, and never used by this store before. A link takes a constant number of statements, and Postgres counts: the memory used
// does not depend on how many links there are. In a caller's transaction (WithTx) the snapshot is that transaction's.
// An unknown link is an *UndefinedError.
func (s *Store) Examine(ctx context.Context, options ExamineOptions) (Report, error) {
	if options.Examples == 0 {
		options.Examples = 5
	}
	if options.HubSize == 0 {
		options.HubSize = 100_000
	}
	if _, ok := s.catalog.byLink[options.Link]; options.Link != "" && !ok {
		return Report{}, undefined("link", options.Link, s.catalog.linkNames(), ErrLinkNotDefined)
	}
	var report Report
	err := s.read(ctx, func() error {
		return pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
			if !s.inTx {
				if _, err := tx.Exec(ctx, `SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY`); err != nil {
					return err
				}
			}
			e := &examination{Store: s.WithTx(tx), options: options, live: map[string]int64{}}
			err := e.run(ctx)
			report = e.report
			return err
		})
	})
	if err != nil {
		return Report{}, fmt.Errorf("examine links: %w", err)
	}
	return report, nil
}

// examination is an Examine under way.
type examination struct {
	*Store
	options ExamineOptions
	records recordTables
	made    []createdTable
	synced  bool             // a sync has run on this database
	live    map[string]int64 // links that were examined, and how many live rows they have
	report  Report
}

func (e *examination) find(f Finding) {
	switch f.Kind {
	case KeyForm, MissedCascade, EndGone, EndDeleted, DuplicatePair, TooManyLinks:
		f.Severity, f.Fixable = Damage, true
	case WrongTable:
		f.Severity = Damage
	case MissingIndex: // the caller knows
	default:
		f.Severity = Notice
	}
	e.report.Findings = append(e.report.Findings, f)
}

func (e *examination) run(ctx context.Context) (err error) {
	if e.records, err = e.readRecordTables(ctx); err != nil {
		return err
	}
	if e.made, err = e.createdTables(ctx); err != nil {
		return err
	}
	if err := e.db.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, e.own("link_table")).
		Scan(&e.synced); err != nil {
		return err
	}
	for _, d := range e.catalog.links {
		if d.ReadOnly != "" || e.options.Link != "" && e.options.Link != d.Name {
			continue
		}
		if err := e.examineLink(ctx, d); err != nil {
			return fmt.Errorf("%s: %w", d.Name, err)
		}
	}
	if err := e.findStale(ctx); err != nil || e.options.Link != "" {
		return err
	}
	if err := e.findUnowned(ctx); err != nil {
		return err
	}
	return e.findUndeclared(ctx)
}

func (e *examination) examineLink(ctx context.Context, d *Definition) error {
	columns, err := e.tableColumns(ctx, d)
	if err != nil {
		return err
	}
	if len(columns) == 0 {
		return e.findMissingTable(ctx, d)
	}
	if fault := d.tableFault(columns); fault != "" {
		e.find(Finding{Kind: WrongTable, Link: d.Name, Subject: d.Table, Count: 1, Advice: fault})
		return nil
	}
	have, err := e.tableIndexes(ctx, d)
	if err != nil {
		return err
	}
	e.findMissingIndexes(d, have)
	if err := e.findBadEnds(ctx, d); err != nil {
		return err
	}
	e.report.Tables++
	e.report.Links += e.live[d.Name]
	return e.findSurplus(ctx, d, have)
}

// tableFault returns why a table cannot hold the link, or "".
func (d *Definition) tableFault(columns map[string]string) string {
	if err := d.checkTable(columns); err != nil {
		return err.Error()
	}
	return ""
}

// findMissingTable passes over tables that another program creates when the link's module is switched on.
func (e *examination) findMissingTable(ctx context.Context, d *Definition) error {
	if missing, _, err := e.missingRecordTable(ctx, d); err != nil || missing != "" {
		return err
	}
	e.find(Finding{
		Kind: MissingTable, Link: d.Name, Subject: d.Table, Count: 1,
		Advice: "run migrate, which creates the table",
	})
	return nil
}

// examples runs a statement that selects id, left, right and a number of links.
func (e *examination) examples(ctx context.Context, sql string, args ...any) ([]Example, error) {
	if e.options.Examples <= 0 {
		return nil, nil
	}
	rows, err := e.db.Query(ctx, fmt.Sprintf("%s LIMIT %d", sql, e.options.Examples), args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Example])
}
