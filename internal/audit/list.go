package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// Row is a row of the table.
type Row struct {
	ID           int64           `json:"id" db:"id"`
	At           time.Time       `json:"at" db:"at"`
	CallerKind   string          `json:"caller_kind" db:"caller_kind"`
	CallerID     string          `json:"caller_id" db:"caller_id"`
	CallerName   string          `json:"caller_name" db:"caller_name"`
	CallerRole   string          `json:"caller_role" db:"caller_role"`
	RequestID    string          `json:"request_id" db:"request_id"`
	Operation    string          `json:"operation" db:"operation"`
	Field        string          `json:"field" db:"field"`
	DocumentHash string          `json:"document_hash" db:"document_hash"`
	Action       string          `json:"action" db:"action"`
	Receipt      json.RawMessage `json:"receipt" db:"receipt"`
	Truncated    bool            `json:"truncated" db:"truncated"`
}

// Filter says which rows are listed. The zero value lists all.
type Filter struct {
	Since    time.Duration // 0 means from the beginning
	CallerID string
	Limit    int // the last rows; 0 means all
}

// List returns rows in order, the newest last. Relies on audit_at, or with a caller on audit_caller. It returns none where the
// table has not been made.
func List(ctx context.Context, db recordstore.DB, f Filter) ([]Row, error) {
	var there bool
	if err := db.QueryRow(ctx, `SELECT to_regclass('linkgraph.audit') IS NOT NULL`).Scan(&there); err != nil || !there {
		return nil, err
	}
	conditions := []string{"TRUE"}
	var args []any
	add := func(condition string, v any) {
		args = append(args, v)
		conditions = append(conditions, fmt.Sprintf(condition, len(args)))
	}
	if f.Since > 0 {
		add("at >= now() - $%d::interval", f.Since)
	}
	if f.CallerID != "" {
		add("caller_id = $%d", f.CallerID)
	}
	limit := ""
	if f.Limit > 0 {
		args = append(args, f.Limit)
		limit = fmt.Sprintf(" LIMIT $%d", len(args))
	}
	rows, err := db.Query(ctx, `
		SELECT id, at, caller_kind, caller_id, caller_name, caller_role, request_id, operation, field, document_hash, action, receipt, truncated
		FROM linkgraph.audit WHERE `+strings.Join(conditions, " AND ")+` ORDER BY at DESC, id DESC`+limit, args...)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Row])
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	for i := range found {
		found[i].At = found[i].At.UTC()
	}
	slices.Reverse(found)
	return found, nil
}

// String shows a row on a line: when, who, what, and how many links and records by what became of them.
func (r Row) String() string {
	parts := []string{r.At.Format(time.RFC3339), r.CallerKind}
	if r.CallerID != "" {
		parts = append(parts, quoteOdd(r.CallerID))
	}
	if r.CallerName != "" {
		parts = append(parts, fmt.Sprintf("%q", r.CallerName))
	}
	parts = append(parts, r.Action)
	if r.Field != "" {
		parts = append(parts, "by "+strings.TrimSpace(r.Operation+" { "+r.Field+" }"))
	}
	var known receipt
	if json.Unmarshal(r.Receipt, &known) == nil {
		if text := known.Counts.String(); text != "" {
			parts = append(parts, text)
		}
		if known.DeletionID != "" {
			parts = append(parts, "deletion "+quoteOdd(known.DeletionID))
		}
	}
	if r.RequestID != "" {
		parts = append(parts, "request "+quoteOdd(r.RequestID))
	}
	return strings.Join(parts, "  ")
}

// quoteOdd quotes a text that would not stand on one line by itself.
func quoteOdd(s string) string {
	if quoted := fmt.Sprintf("%q", s); quoted != `"`+s+`"` || strings.ContainsRune(s, ' ') {
		return quoted
	}
	return s
}

func (c counts) String() string {
	var parts []string
	list := func(m map[string]int) {
		var names []string
		for name := range m {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			parts = append(parts, fmt.Sprintf("%d %s", m[name], name))
		}
	}
	list(c.Outcomes)
	list(c.Links)
	list(c.Records)
	if c.Replaced > 0 {
		parts = append(parts, fmt.Sprintf("%d replaced", c.Replaced))
	}
	return strings.Join(parts, ", ")
}
