package linkstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// pruneBatch is how many rows one transaction of a prune removes.
const pruneBatch = 5000

// PruneEvents removes the events that are older than a time, and returns how many. Each transaction removes a few thousand, so
// that nobody waits long for its locks. An event that is younger than the time ends it, also if older ones come after it:
// what is removed is always the beginning. A cursor of a removed event is a *CursorError from then on.
func (s *Store) PruneEvents(ctx context.Context, olderThan time.Time) (int, error) {
	// Relies on link_event_order and the primary key. It begins behind what was pruned before: until it is vacuumed, the index still
	// has it.
	sql := fmt.Sprintf(`
		WITH old AS (
			SELECT tx, id FROM (
				SELECT tx, id, bool_and(created_at < $2::timestamptz) OVER (ORDER BY tx, id) AS old FROM (
					SELECT tx, id, created_at FROM %[1]s
					WHERE (tx, id) > ((SELECT pruned_tx FROM %[2]s), (SELECT pruned_id FROM %[2]s))
						AND tx < pg_snapshot_xmin(pg_current_snapshot())
					ORDER BY tx, id LIMIT $1::integer
				) AS page
			) AS page WHERE old
		), gone AS (
			DELETE FROM %[1]s AS t USING old WHERE t.id = old.id
		), marked AS (
			UPDATE %[2]s AS o SET pruned_tx = last.tx, pruned_id = last.id
			FROM (SELECT tx, id FROM old ORDER BY tx DESC, id DESC LIMIT 1) AS last
		)
		SELECT count(*) FROM old`, s.own("link_event"), s.own("event_stream"))
	return s.prune(ctx, "events", func(tx pgx.Tx) (n int, err error) {
		// One prune at a time: two of them would count the same rows.
		if _, err := tx.Exec(ctx, `SELECT FROM `+s.own("event_stream")+` FOR UPDATE`); err != nil {
			return 0, err
		}
		return n, tx.QueryRow(ctx, sql, pruneBatch, olderThan).Scan(&n)
	})
}

// PruneDeletions removes what is kept of deletions that are older than a time, and returns how many there were. They cannot be
// restored from then on: RestoreDeletion fails with a *PrunedError, and Restore finds nothing.
func (s *Store) PruneDeletions(ctx context.Context, olderThan time.Time) (int, error) {
	if _, err := s.db.Exec(ctx, fmt.Sprintf(`
		INSERT INTO %s AS r (what, kept_since) VALUES ('deletions', $1::timestamptz)
		ON CONFLICT (what) DO UPDATE SET kept_since = GREATEST(r.kept_since, excluded.kept_since)`, s.own("retention")),
		olderThan); err != nil {
		return 0, fmt.Errorf("prune deletions: %w", err)
	}
	// Relies on deletion_deleted_at. Rows of records, links and causes go with their deletion, by the indexes of its id. Each
	// transaction begins where the one before ended: until they are vacuumed, the index still has the deletions that are gone.
	sql := fmt.Sprintf(`
		WITH old AS (
			SELECT id, deleted_at FROM %[1]s WHERE deleted_at >= $3::timestamptz AND deleted_at < $1::timestamptz
			ORDER BY deleted_at LIMIT $2::integer FOR UPDATE SKIP LOCKED
		), gone AS (
			DELETE FROM %[1]s AS t USING old WHERE t.id = old.id
		)
		SELECT count(*), COALESCE(max(deleted_at), $3::timestamptz) FROM old`, s.own("deletion"))
	from := time.Time{}
	return s.prune(ctx, "deletions", func(tx pgx.Tx) (n int, err error) {
		var last time.Time
		// Each deletion may have many rows.
		if err = tx.QueryRow(ctx, sql, olderThan, pruneBatch/50, from).Scan(&n, &last); err == nil {
			from = last
		}
		return n, err
	})
}

// prune runs transactions until one of them removes nothing.
func (s *Store) prune(ctx context.Context, what string, fn func(tx pgx.Tx) (int, error)) (total int, err error) {
	for {
		var n int
		err := pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) (err error) {
			n, err = fn(tx)
			return err
		})
		if err != nil {
			return total, fmt.Errorf("prune %s: %w", what, err)
		}
		total += n
		if n == 0 {
			return total, nil
		}
	}
}

// PrunedError is a deletion that is not known. It may have been pruned, as all were that are older than Since.
type PrunedError struct {
	Deletion string
	Since    time.Time
	// Oldest is the oldest deletion that is kept; "" if there is none.
	Oldest string
}

func (e *PrunedError) Error() string {
	text := fmt.Sprintf(
		"%v: %q: deletions of before %s were pruned",
		ErrDeletionNotFound,
		e.Deletion,
		e.Since.UTC().Format(time.RFC3339),
	)
	if e.Oldest != "" {
		text += fmt.Sprintf("; the oldest that is kept is %q", e.Oldest)
	}
	return text
}

// Unwrap gives ErrDeletionNotFound.
func (e *PrunedError) Unwrap() error { return ErrDeletionNotFound }

// deletionNotFound says why a deletion is not there.
func (s *Store) deletionNotFound(ctx context.Context, tx *batchTx, id string) error {
	pruned := &PrunedError{Deletion: id}
	found := false
	// Relies on the primary key, and on deletion_deleted_at.
	tx.queue(1, func(rows pgx.Rows) error {
		var oldest *string
		_, err := pgx.ForEachRow(rows, []any{&pruned.Since, &oldest}, func() error {
			found = true
			if oldest != nil {
				pruned.Oldest = *oldest
			}
			return nil
		})
		return err
	}, fmt.Sprintf(`
		SELECT kept_since, (SELECT id FROM %s ORDER BY deleted_at LIMIT 1) FROM %s WHERE what = 'deletions'`,
		s.own("deletion"), s.own("retention")))
	if err := tx.send(ctx); err != nil {
		return errors.Join(fmt.Errorf("%w: %q", ErrDeletionNotFound, id), err)
	}
	if found {
		return pruned
	}
	return fmt.Errorf("%w: %q", ErrDeletionNotFound, id)
}
