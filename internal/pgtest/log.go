package pgtest

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
)

// statementLog records every statement that a pool sends.
type statementLog struct {
	mu         sync.Mutex
	statements []string
}

// It leaves out ROLLBACK: a snapshot that nobody needs any more is ended in the background, at no fixed time.
func (l *statementLog) add(sql string) {
	if sql == "rollback" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.statements = append(l.statements, strings.Join(strings.Fields(sql), " "))
}

// TraceQueryStart records a statement that is sent alone.
func (l *statementLog) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	l.add(data.SQL)
	return ctx
}

// TraceQueryEnd does nothing.
func (l *statementLog) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TraceBatchStart does nothing: TraceBatchQuery records each statement.
func (l *statementLog) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

// TraceBatchQuery records a statement of a batch.
func (l *statementLog) TraceBatchQuery(_ context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	l.add(data.SQL)
}

// TraceBatchEnd does nothing.
func (l *statementLog) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// Statements returns the statements sent since the last reset, in order, with runs of white space folded to one
// space.
func (db *DB) Statements() []string {
	db.log.mu.Lock()
	defer db.log.mu.Unlock()
	return slices.Clone(db.log.statements)
}

// ResetStatements empties the log.
func (db *DB) ResetStatements() {
	db.log.mu.Lock()
	defer db.log.mu.Unlock()
	db.log.statements = nil
}
