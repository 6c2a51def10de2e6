// Package audit records every mutation in a table: the caller, the operation and its result. The row is inserted in the transaction of
// the mutation, so a write without a row, or a row without a write, cannot occur even if the server crashes.
//
// A row has no variables and no values of records, because these may be personal or secret. The SHA-256 of the document identifies what
// was sent; GraphQL clients keep variables apart from the document.
package audit

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

// Entry is the caller and the operation of a mutation.
type Entry struct {
	CallerKind string // see the kinds
	CallerID   string // of the API key, or the subject of a token
	CallerName string
	CallerRole string // of an admin
	RequestID  string
	Operation  string // the operation's name; "" if it has none
	Field      string // the root field, after its alias if it has one: "first: createLinks"
	// DocumentHash is the SHA-256 of the document, in hexadecimal.
	DocumentHash string
}

// The kinds of callers.
const (
	Admin      = "admin"
	Storefront = "storefront"
	Anonymous  = "anonymous" // a request of which no credentials were asked
	Command    = "command"   // a command of the program; CallerName is its name
	Library    = "library"   // none of these: the stores were called directly
)

// Config configures a Log. The zero value is valid.
type Config struct {
	// Who returns the caller. nil means Request without ids of requests.
	Who func(ctx context.Context) Entry
	// MaxEntries limits the entries of each list in a receipt. 0 means 1,000.
	MaxEntries int
}

// Log inserts the rows. LinksWritten and RecordsWritten are the Written hooks of the two stores.
type Log struct{ cfg Config }

// New returns a log. Its table linkgraph.audit is one of package bookkeeping.
func New(cfg Config) *Log {
	if cfg.Who == nil {
		cfg.Who = Request(nil)
	}
	if cfg.MaxEntries == 0 {
		cfg.MaxEntries = 1000
	}
	return &Log{cfg}
}

// LinksWritten queues the row for a call of a link store.
func (l *Log) LinksWritten(ctx context.Context, w linkstore.Written, last *pgx.Batch) error {
	return l.queue(ctx, string(w.Verb), receiptOfLinks(w, l.cfg.MaxEntries), last)
}

// RecordsWritten queues the row for a call of a record store.
func (l *Log) RecordsWritten(ctx context.Context, w recordstore.Written, last *pgx.Batch) error {
	return l.queue(ctx, string(w.Verb), receiptOfRecords(w, l.cfg.MaxEntries), last)
}

func (l *Log) queue(ctx context.Context, action string, r *receipt, last *pgx.Batch) error {
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	e := l.cfg.Who(ctx)
	last.Queue(`
		INSERT INTO linkgraph.audit (
			caller_kind, caller_id, caller_name, caller_role, request_id, operation, field, document_hash, action, receipt, truncated,
			deletion_id
		) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::text::jsonb, $11, NULLIF($12, ''))`,
		e.CallerKind, e.CallerID, e.CallerName, e.CallerRole, e.RequestID, e.Operation, e.Field, e.DocumentHash,
		action, string(text), r.truncated, r.DeletionID)
	return nil
}
