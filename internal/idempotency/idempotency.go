// Package idempotency remembers the answers of mutations that were sent with an Idempotency-Key, so that a client that does
// not know whether a mutation was done can send it again (draft-ietf-httpapi-idempotency-key-header).
//
// Key and answer are written in the transaction of the mutation. So a remembered answer is always of a mutation that was
// done, and a mutation that failed leaves nothing behind: its key may be used again.
package idempotency

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// DefaultWindow is how long an answer is repeated if Config says nothing.
const DefaultWindow = 24 * time.Hour

// ErrReused says that a key was used before, for another request.
var ErrReused = errors.New("this Idempotency-Key was used for another request: take a new key for a new request")

// Key identifies a request that may be repeated.
type Key struct {
	Caller  string            // keys of different callers never collide
	Key     string            // the header
	Request [sha256.Size]byte // of the document, the operation's name and the variables
}

// Config configures Answers. The zero value is valid.
type Config struct {
	// Window is how long a key is valid. After that the same key is a new request. 0 means DefaultWindow.
	Window time.Duration
}

// Answers remembers answers in the table linkgraph.idempotency_key, which is one of package bookkeeping.
type Answers struct{ window time.Duration }

// New returns Answers.
func New(cfg Config) *Answers {
	if cfg.Window == 0 {
		cfg.Window = DefaultWindow
	}
	return &Answers{cfg.Window}
}

// Tx is the transaction of a mutation.
type Tx interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	// QueueExec has a statement travel with the next ones.
	QueueExec(fail func(error) error, sql string, args ...any)
}

// Claim takes a key for the mutation that a transaction is about to make. If the mutation was done before, it returns its
// answer, and nothing may be written. Of two transactions with one key, the second waits for the first to end. The error is
// ErrReused if the key is that of another request.
func (a *Answers) Claim(ctx context.Context, tx Tx, k Key) (answer []byte, err error) {
	var request []byte
	// Relies on the primary key. The update locks a row that is there, and returns it. One that is too old is taken over.
	err = tx.QueryRow(ctx, `
		INSERT INTO linkgraph.idempotency_key AS k (caller, key, request) VALUES ($1, $2, $3)
		ON CONFLICT (caller, key) DO UPDATE SET
			request = CASE WHEN k.at < now() - $4::interval THEN excluded.request ELSE k.request END,
			answer = CASE WHEN k.at < now() - $4::interval THEN NULL ELSE k.answer END,
			at = CASE WHEN k.at < now() - $4::interval THEN now() ELSE k.at END
		RETURNING request, answer`, k.Caller, k.Key, k.Request[:], a.window).Scan(&request, &answer)
	switch {
	case err != nil:
		return nil, fmt.Errorf("claim an Idempotency-Key: %w", err)
	case string(request) != string(k.Request[:]):
		return nil, ErrReused
	}
	return answer, nil
}

// Keep remembers the answer of the mutation for which the transaction has claimed a key. It is written with COMMIT.
func (*Answers) Keep(tx Tx, k Key, answer []byte) {
	// Relies on the primary key.
	tx.QueueExec(
		nil,
		`UPDATE linkgraph.idempotency_key SET answer = $3 WHERE caller = $1 AND key = $2`,
		k.Caller,
		k.Key,
		answer,
	)
}

// DB is a database to remove answers from. *pgxpool.Pool is one.
type DB interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// pruneBatch is how many rows one statement of Prune removes.
const pruneBatch = 1000

// Prune removes the answers that are older than a time, a thousand in each transaction, and returns how many.
func Prune(ctx context.Context, db DB, olderThan time.Time) (total int, err error) {
	for {
		// Relies on idempotency_key_at and the primary key.
		tag, err := db.Exec(ctx, `
			DELETE FROM linkgraph.idempotency_key WHERE (caller, key) IN (
				SELECT caller, key FROM linkgraph.idempotency_key WHERE at < $1::timestamptz
				ORDER BY at LIMIT $2::integer FOR UPDATE SKIP LOCKED
			)`, olderThan, pruneBatch)
		if err != nil {
			return total, fmt.Errorf("prune answers of Idempotency-Keys: %w", err)
		}
		total += int(tag.RowsAffected())
		if tag.RowsAffected() == 0 {
			return total, nil
		}
	}
}
