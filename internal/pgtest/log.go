package pgtest

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
)

// statementLog notes every statement that a pool sends.
type statementLog struct {
	mu         sync.Mutex
	statements []string
}

func (l *statementLog) add(sql string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.statements = append(l.statements, strings.Join(strings.Fields(sql), " "))
}

// TraceQueryStart notes a statement that travels alone.
func (l *statementLog) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	l.add(data.SQL)
	return ctx
}

// TraceQueryEnd has nothing to note.
func (l *statementLog) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TraceBatchStart has nothing to note: each statement is noted by itself.
func (l *statementLog) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

// TraceBatchQuery notes a statement that travels with others.
func (l *statementLog) TraceBatchQuery(_ context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	l.add(data.SQL)
}

// TraceBatchEnd has nothing to note.
func (l *statementLog) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// Statements returns what was sent since the last reset, in order, with white space folded.
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
